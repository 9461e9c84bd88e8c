"""Storage commitment (PS3.4 annex J): what is answered when some or none of the images are here, and to no question."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from pydicom import Dataset
from pydicom.uid import MRImageStorage
from pynetdicom import AE, evt
from pynetdicom.sop_class import (  # type: ignore[attr-defined] # made from a table at import
    CTImageStorage,
    StorageCommitmentPushModel,
    StorageCommitmentPushModelInstance,
)

from server.dicom.commitment import judge
from server.dicom.listener import Listener
from server.dicom.settings import DicomSettings, May, Peer
from server.services import image_receiving
from server.services.hospital import Hospital
from server.services.image_receiving import Outcome
from tests.server.pictures import a_slice, as_file, uid

CT = a_slice().SOPClassUID
HERE, OTHER = uid("study", "series", 1), uid("study", "series", 2)


def a_question(*named: tuple[str, str], transaction: str = "1.2.3") -> Dataset:
    question = Dataset()
    question.TransactionUID = transaction
    question.ReferencedSOPSequence = []
    for sop_class, instance in named:
        item = Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class, instance
        question.ReferencedSOPSequence.append(item)
    return question


def told(reply: Dataset) -> tuple[list[str], dict[str, int]]:
    """What is safe, and what is not with its reason; a sequence of nothing is not sent."""
    assert all(reply[name].value for name in ("ReferencedSOPSequence", "FailedSOPSequence") if name in reply)
    return ([one.ReferencedSOPInstanceUID for one in reply.get("ReferencedSOPSequence", ())],
            {one.ReferencedSOPInstanceUID: one.FailureReason for one in reply.get("FailedSOPSequence", ())})


def test_each_image_is_answered_for_by_itself(hospital: Hospital) -> None:
    for number in (1, 2):
        image_receiving.receive(hospital, as_file(a_slice(number=number)), sender="CT1")
    assert told(judge(hospital, a_question((CT, HERE), (CT, OTHER)))) == ([HERE, OTHER], {})
    assert told(judge(hospital, a_question((CT, HERE), (MRImageStorage, OTHER), (CT, "1.2.9")))) == (
        [HERE], {OTHER: 0x0119, "1.2.9": 0x0112})
    assert told(judge(hospital, a_question((CT, "1.2.9"), (CT, "1.2.a")))) == ([], {"1.2.9": 0x0112, "1.2.a": 0x0112})


def test_an_image_that_is_kept_apart_is_as_safe(hospital: Hospital) -> None:
    """Its device would send it for ever, or keep it until its disk is full."""
    image_receiving.receive(hospital, as_file(a_slice(number=1)), sender="CT1")
    other = as_file(a_slice(number=2, PatientID="TEST-2", PatientName="Trần^Thị Sen"))
    assert image_receiving.receive(hospital, other, sender="CT1").outcome is Outcome.STRAY
    assert told(judge(hospital, a_question((CT, HERE), (CT, OTHER)))) == ([HERE, OTHER], {})
    for file in hospital.settings.home.glob("images/??/??/*"):
        file.unlink()
    assert told(judge(hospital, a_question((CT, OTHER)))) == ([], {OTHER: 0x0112})


@pytest.mark.filterwarnings("ignore")
def test_what_is_no_question_is_refused_and_not_forgotten(hospital: Hospital) -> None:
    listener = Listener(hospital, DicomSettings(host="127.0.0.1", port=0, peers=(
        Peer(aet="CT1", host="127.0.0.1", may=frozenset({May.COMMIT})),)))
    port = listener.start()
    device = AE("CT1")
    device.add_requested_context(StorageCommitmentPushModel)
    association = device.associate("127.0.0.1", port, ae_title="BENHAN")

    def answered(question: Dataset | None, action: int = 1, instance: Any = StorageCommitmentPushModelInstance) -> int:
        status, _ = association.send_n_action(question, action, StorageCommitmentPushModel, instance)
        return int(status.Status)

    try:
        assert answered(a_question()) == 0x0115
        assert answered(a_question((CT, ""))) == 0x0115
        assert answered(a_question((CT, HERE), transaction="")) == 0x0115
        assert answered(None) == 0x0115
        assert answered(a_question((CT, HERE)), action=2) == 0x0123
        assert answered(a_question((CT, HERE)), instance="1.2.3") == 0x0112
    finally:
        association.release()
        listener.stop()


def test_a_device_that_waits_on_its_own_association_hears_there_and_goes_on_sending(hospital: Hospital) -> None:
    """PS3.4 J.3.3: many modalities have no port of their own. It stores its next image before it says that it heard."""
    listener = Listener(hospital, DicomSettings(host="127.0.0.1", port=0, peers=(
        Peer(aet="CT1", host="127.0.0.1", port=1, may=frozenset({May.COMMIT, May.STORE})),)))
    heard: list[tuple[int | None, Dataset]] = []
    came, stored, telling = threading.Event(), threading.Event(), list[threading.Thread]()

    def report(event: evt.Event) -> tuple[int, None]:
        heard.append((event.event_type, event.event_information))
        telling.append(threading.current_thread())
        came.set()
        stored.wait(20)
        return 0x0000, None

    device = AE("CT1")
    device.add_requested_context(StorageCommitmentPushModel)
    device.add_requested_context(CTImageStorage)
    association = device.associate("127.0.0.1", listener.start(), ae_title="BENHAN",
                                   evt_handlers=[(evt.EVT_N_EVENT_REPORT, report)])
    try:
        assert association.send_c_store(a_slice(number=1)).Status == 0x0000
        for kind, named, safe in ((1, ((CT, HERE),), [HERE]), (2, ((CT, HERE), (CT, OTHER)), [HERE])):
            came.clear()
            stored.clear()
            status, _ = association.send_n_action(
                a_question(*named), 1, StorageCommitmentPushModel, StorageCommitmentPushModelInstance)
            assert status.Status == 0x0000
            assert came.wait(20)
            assert association.send_c_store(a_slice(number=kind + 5)).Status == 0x0000
            stored.set()
            telling.pop().join(20)
            event, reply = heard.pop()
            assert (event, told(reply)[0]) == (kind, safe)
        association.release()
        assert association.is_released
    finally:
        listener.stop()
