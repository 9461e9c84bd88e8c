"""Images that are refused, of a class that is no UID or of no study: the others of their association arrive."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from pydicom import Dataset, dcmread
from pydicom.uid import UID, ExplicitVRLittleEndian, JPEGLSNearLossless
from pynetdicom import AE, evt
from pynetdicom.dimse_messages import C_STORE_RQ
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.dsutils import encode
from pynetdicom.sop_class import (  # type: ignore[attr-defined] # made from a table at import
    CTImageStorage,
    MRImageStorage,
    SecondaryCaptureImageStorage,
    StudyRootQueryRetrieveInformationModelMove,
)
from sqlalchemy import select

from server.dicom.listener import Listener
from server.dicom.settings import DicomSettings, May, Peer
from server.services import image_receiving
from server.services.hospital import Hospital
from server.store import base
from server.store.tables import image_instances
from tests.imaging.samples import public_files
from tests.server.dicom.devices import tool
from tests.server.pictures import a_slice, as_file, uid

GOOD = (str(CTImageStorage), "1.2.3")
"""Well formed; what the data set says is another UID."""
WRONG = (("31", "1.2.3"), ("", "1.2.3"), ("1.2.x", "1.2.3"), ("1.2." + "3" * 70, "1.2.3"), (GOOD[0], ""),
         (GOOD[0], "1." * 40 + "1"), (GOOD[0], "x"))


@pytest.fixture
def port(hospital: Hospital, device_port: int) -> Iterator[int]:
    listener = Listener(hospital, DicomSettings(host="127.0.0.1", port=0, peers=(
        Peer(aet="CT1", host="127.0.0.1", port=device_port, may=frozenset(May)),)))
    yield listener.start()
    listener.stop()


def a_request(number: int, told: tuple[str, str], data: Dataset | None = None) -> C_STORE_RQ:
    """A C-STORE request that says these words, whatever its data set says."""
    request = C_STORE()
    request.MessageID, request.Priority = number, 2
    request.AffectedSOPClassUID, request.AffectedSOPInstanceUID = UID(GOOD[0]), UID(GOOD[1])
    written = encode(data or a_slice(number=number), is_implicit_vr=False, is_little_endian=True)
    assert written is not None
    request.DataSet = BytesIO(written)
    message = C_STORE_RQ()
    message.primitive_to_message(request)
    message.command_set.AffectedSOPClassUID, message.command_set.AffectedSOPInstanceUID = told
    return message


@pytest.mark.filterwarnings("ignore")
def test_a_message_that_names_its_image_wrong_is_refused_and_those_after_it_are_kept(
    port: int, hospital: Hospital,
) -> None:
    device = AE("CT1")
    device.add_requested_context(CTImageStorage, ExplicitVRLittleEndian)
    association = device.associate("127.0.0.1", port, ae_title="BENHAN")
    [context] = association.accepted_contexts
    association._reactor_checkpoint.clear()  # the test reads the answers itself
    answers = []
    for number, told in enumerate((GOOD, *WRONG, GOOD), 1):
        for part in a_request(number, told).encode_msg(context.context_id or 0, 16000):
            association.dul.send_pdu(part)
        answers.append(association.dimse.get_msg(block=True)[1])
    association._reactor_checkpoint.set()
    association.release()
    assert association.is_released
    assert [one and one.Status for one in answers] == [0xB007, *[0x0122] * 4, *[0x0117] * 3, 0xB007]
    with base.single(hospital.engine) as db:
        kept = db.execute(select(image_instances.c.number).order_by(image_instances.c.number)).scalars()
        assert list(kept) == [1, len(WRONG) + 2]


@pytest.mark.filterwarnings("ignore")
def test_an_image_that_is_another_than_its_message_says_is_kept_with_a_warning(port: int, hospital: Hospital) -> None:
    """PS3.4 table B.2-1: its device would ask in vain whether the image that it named is safe."""
    device = AE("CT1")
    device.add_requested_context(CTImageStorage, ExplicitVRLittleEndian)
    association = device.associate("127.0.0.1", port, ae_title="BENHAN")
    [context] = association.accepted_contexts
    association._reactor_checkpoint.clear()
    answers = []
    for number, (told, changes) in enumerate((
            ((GOOD[0], uid("study", "series", 1)), {}), (GOOD, {}),
            ((GOOD[0], uid("study", "series", 3)), {"SOPClassUID": MRImageStorage})), 1):
        for part in a_request(number, told, a_slice(number=number, **changes)).encode_msg(
                context.context_id or 0, 16000):
            association.dul.send_pdu(part)
        answers.append(association.dimse.get_msg(block=True)[1])
    association._reactor_checkpoint.set()
    association.release()
    assert [one and (one.Status, one.ErrorComment) for one in answers] == [
        (0x0000, None), *[(0xB007, "Kept under the UIDs of its data set")] * 2]
    with base.single(hospital.engine) as db:
        kept = db.execute(select(image_instances.c.uid, image_instances.c.sop_class)
                          .order_by(image_instances.c.number)).all()
    assert kept == [(uid("study", "series", 1), CTImageStorage), (uid("study", "series", 2), CTImageStorage),
                    (uid("study", "series", 3), MRImageStorage)]


@pytest.mark.filterwarnings("ignore")
def test_a_device_that_hangs_up_over_an_image_of_a_class_that_nobody_knows_has_the_others(
    port: int, hospital: Hospital, device_port: int,
) -> None:
    """pynetdicom's own receiver takes a context for the class «31» and aborts at its first image."""
    for number in (1, 2, 3):
        data = a_slice(number=number)
        if number == 2:
            data.SOPClassUID = data.file_meta.MediaStorageSOPClassUID = UID("31")
        image_receiving.receive(hospital, as_file(data), sender="CT1")
    came: list[int] = []

    def store(event: evt.Event) -> int:
        came.append(int(event.dataset.InstanceNumber))
        return 0

    receiver = AE("CT1")
    receiver.add_supported_context(CTImageStorage)
    receiver.add_supported_context("31")
    server = receiver.start_server(("127.0.0.1", device_port), block=False, evt_handlers=[(evt.EVT_C_STORE, store)])
    device = AE("CT1")
    device.add_requested_context(StudyRootQueryRetrieveInformationModelMove)
    association = device.associate("127.0.0.1", port, ae_title="BENHAN")
    asked = Dataset()
    asked.QueryRetrieveLevel, asked.StudyInstanceUID = "STUDY", uid("study")
    *_, (status, identifier) = association.send_c_move(asked, "CT1", StudyRootQueryRetrieveInformationModelMove)
    association.release()
    server.shutdown()  # type: ignore[union-attr]
    assert came == [1, 3]
    assert (status.Status, status.NumberOfFailedSuboperations) == (0xB000, 1)
    assert identifier is not None
    assert identifier.FailedSOPInstanceUIDList == uid("study", "series", 2)


NEAR_LOSSLESS = ("JPEGLSNearLossless_08.dcm", "JPEGLSNearLossless_16.dcm", "SC_rgb_jls_lossy_line.dcm",
                 "SC_rgb_jls_lossy_sample.dcm")
"""Public files that cannot be filed as they are: they bear neither a Study nor a Series Instance UID. Their transfer
syntax (JPEG-LS near-lossless) is taken."""


def test_an_image_of_no_study_is_refused_with_the_reason_and_taken_once_it_says_its_own(
    port: int, tmp_path: Path,
) -> None:
    device = AE("CT1")
    device.add_requested_context(SecondaryCaptureImageStorage, JPEGLSNearLossless)
    association = device.associate("127.0.0.1", port, ae_title="BENHAN")
    for number, name in enumerate(NEAR_LOSSLESS):
        data = dcmread(public_files()[name])
        assert "StudyInstanceUID" not in data
        status = association.send_c_store(data)
        assert (status.Status, status.ErrorComment) == (0xC000, "The image has no valid StudyInstanceUID.")
        data.StudyInstanceUID, data.SeriesInstanceUID = uid("study"), uid("study", "series")
        data.save_as(tmp_path / f"{number}.dcm")
    association.release()
    done = tool("dcmsend", "127.0.0.1", str(port), *sorted(tmp_path.iterdir()))
    assert done.stderr.count("Received C-STORE Response (Success)") == len(NEAR_LOSSLESS), done.stderr
