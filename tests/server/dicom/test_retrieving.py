"""What a C-GET or C-MOVE may name: UIDs in a list at its own level, one or none above it; else it is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydicom import Dataset, dcmread
from pynetdicom import AE
from pynetdicom.pdu_primitives import SOPClassExtendedNegotiation
from pynetdicom.sop_class import (  # type: ignore[attr-defined] # made at import
    StudyRootQueryRetrieveInformationModelGet,
    StudyRootQueryRetrieveInformationModelMove,
)

from server.dicom.listener import Listener
from server.dicom.settings import DicomSettings, May, Peer
from server.services import image_receiving
from server.services.hospital import Hospital
from tests.server.dicom.devices import c_get, tool
from tests.server.pictures import a_slice, as_file, uid

IMAGES = [("one", "a", 1), ("one", "a", 2), ("one", "b", 3), ("two", "c", 4)]
"""Study, series and number of what is here."""
ONE, A, B = str(uid("one")), str(uid("one", "a")), str(uid("one", "b"))
SOME = [str(uid(*IMAGES[number])) for number in (0, 1, 3)]
MALFORMED: dict[str, dict[str, Any]] = {
    "no level": {"StudyInstanceUID": ONE},
    "a level of another model": {"QueryRetrieveLevel": "PATIENT", "PatientID": "TEST-1"},
    "no key of its level": {"QueryRetrieveLevel": "SERIES", "StudyInstanceUID": ONE},
    "two studies above a series": {
        "QueryRetrieveLevel": "SERIES", "StudyInstanceUID": [ONE, str(uid("two"))], "SeriesInstanceUID": A},
    "a key below its level": {
        "QueryRetrieveLevel": "STUDY", "StudyInstanceUID": ONE, "SeriesInstanceUID": A},
    "a wildcard": {"QueryRetrieveLevel": "STUDY", "StudyInstanceUID": "1.2.*"},
}


@pytest.fixture
def port(hospital: Hospital, device_port: int) -> Iterator[str]:
    for study, series, number in IMAGES:
        image_receiving.receive(hospital, as_file(a_slice(study, series, number, SeriesInstanceUID=uid(study, series))),
                                sender="CT1")
    listener = Listener(hospital, DicomSettings(host="127.0.0.1", port=0, peers=(
        Peer(aet="CT1", host="127.0.0.1", port=device_port, may=frozenset(May)),)))
    yield str(listener.start())
    listener.stop()


def got(port: str, *, relational: bool = False, **asked: Any) -> tuple[int, list[int]]:
    """C-GET: the last status, and the numbers of the images that came."""
    more = SOPClassExtendedNegotiation()
    more.sop_class_uid = StudyRootQueryRetrieveInformationModelGet
    more.service_class_application_information = b"\x01"
    question = Dataset()
    for keyword, value in asked.items():
        setattr(question, keyword, value)
    answers, came, agreed = c_get(port, question, negotiated=[more] if relational else [])
    assert agreed == ({StudyRootQueryRetrieveInformationModelGet: b"\x01"} if relational else {})
    return answers[-1][0].Status, sorted(int(one.InstanceNumber) for one in came)


def test_a_list_at_the_level_that_is_asked_for_brings_all_that_it_names(port: str) -> None:
    assert got(port, QueryRetrieveLevel="STUDY", StudyInstanceUID=[ONE, str(uid("two"))]) == (0, [1, 2, 3, 4])
    assert got(port, QueryRetrieveLevel="SERIES", StudyInstanceUID=ONE, SeriesInstanceUID=[A, B]) == (0, [1, 2, 3])
    assert got(port, QueryRetrieveLevel="IMAGE", StudyInstanceUID=ONE, SeriesInstanceUID=A,
               SOPInstanceUID=SOME) == (0, [1, 2]), "the last one is in another study than that which is named"


def test_what_is_above_may_be_missing_a_uid_is_enough(port: str) -> None:
    image: dict[str, Any] = {"QueryRetrieveLevel": "IMAGE"}
    for relational in (True, False):
        assert got(port, relational=relational, **image, SOPInstanceUID=SOME) == (0, [1, 2, 4])
        assert got(port, relational=relational, **image, StudyInstanceUID=ONE, SOPInstanceUID=SOME) == (0, [1, 2])
        assert got(port, relational=relational, **image, SeriesInstanceUID=A, SOPInstanceUID=SOME[0]) == (0, [1])
        assert got(port, relational=relational, QueryRetrieveLevel="SERIES", SeriesInstanceUID=B) == (0, [3])


def test_an_identifier_that_is_none_is_refused_with_a900(port: str) -> None:
    device = AE("CT1")
    device.add_requested_context(StudyRootQueryRetrieveInformationModelMove)
    association = device.associate("127.0.0.1", int(port), ae_title="BENHAN")
    for name, asked in MALFORMED.items():
        assert got(port, **asked) == (0xA900, []), name
        question = Dataset()
        for keyword, value in asked.items():
            setattr(question, keyword, value)
        [(told, _)] = association.send_c_move(question, "CT1", StudyRootQueryRetrieveInformationModelMove)
        assert told.Status == 0xA900, name
    association.release()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # pynetdicom leaves the socket open
def test_a_device_that_does_not_listen_is_no_unknown_one(port: str) -> None:
    ours, nobody = (tool("movescu", "-S", "-aem", to, "-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={ONE}",
                         "127.0.0.1", port) for to in ("CT1", "CT9"))
    assert "OutOfResourcesSubOperations" in ours.stderr
    assert "MoveDestinationUnknown" in nobody.stderr


def test_dcmtk_has_a_list_moved(port: str, tmp_path: Path, device_port: int) -> None:
    back = tmp_path / "back"
    back.mkdir()
    asked = ["-k", "QueryRetrieveLevel=IMAGE", "-k", f"StudyInstanceUID={ONE}", "-k", f"SeriesInstanceUID={A}"]
    done = tool("movescu", "-S", "-aem", "CT1", "+P", str(device_port), "-od", back, *asked, "-k",
                "SOPInstanceUID=" + "\\".join(SOME), "127.0.0.1", port)
    assert done.returncode == 0, done.stderr
    assert sorted(dcmread(file).InstanceNumber for file in back.iterdir()) == [1, 2]
    for file in back.iterdir():
        file.unlink()
    alone = tool("movescu", "-S", "-aem", "CT1", "+P", str(device_port), "-od", back, "-k", "QueryRetrieveLevel=IMAGE",
                 "-k", f"SOPInstanceUID={SOME[2]}", "127.0.0.1", port)
    assert alone.returncode == 0, alone.stderr
    assert [dcmread(file).InstanceNumber for file in back.iterdir()] == [4]
