"""C-FIND at every level, by every key that the model demands (PS3.4 C.6.2.1), and by names as they are typed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pydicom import Dataset
from pynetdicom import AE
from pynetdicom.sop_class import (  # type: ignore[attr-defined] # made from a table at import
    StudyRootQueryRetrieveInformationModelFind,
)

from server.dicom.listener import Listener
from server.dicom.settings import DicomSettings, Letters, May, Peer
from server.services import image_receiving
from server.services.hospital import Hospital
from tests.server.dicom.devices import tool
from tests.server.pictures import a_slice, as_file, uid

HUONG: dict[str, Any] = {
    "PatientName": "Đỗ^Thị Hường", "PatientID": "26000001", "StudyID": "7", "AccessionNumber": "2600000007",
    "StudyDate": "20261120", "StudyTime": "071500.250", "StudyDescription": "CT sọ não"}
BINH: dict[str, Any] = {
    "PatientName": "NGUYEN^VAN BINH", "StudyDate": "20261125", "Modality": "MR", "SeriesNumber": 4}


def requested(step: str) -> list[Dataset]:
    item = Dataset()
    item.ScheduledProcedureStepID = step
    return [item]



HERS: tuple[dict[str, Any], ...] = (
    {"StudyDate": "20261120"}, {"StudyDate": "-20261121"}, {"StudyDate": "20261101-20261120"}, {"StudyTime": "06-07"},
    {"StudyTime": "-0715"}, {"PatientID": "2600*"}, {"PatientID": "26000001"}, {"AccessionNumber": "260000000?"},
    {"StudyID": "7"}, {"StudyInstanceUID": uid("huong")}, {"StudyInstanceUID": [uid("huong"), uid("x")]},
    {"StudyDescription": "*não"}, {"ModalitiesInStudy": "CT"}, {"ModalitiesInStudy": "?T"},
    {"StudyDate": "20261101-", "StudyTime": "0700-0730"})
NOBODYS: tuple[dict[str, Any], ...] = (
    {"StudyDate": "20261121-20261124"}, {"PatientID": "26"}, {"ModalitiesInStudy": "US"}, {"ModalitiesInStudy": "U*"},
    {"StudyDate": "nonsense"},
    {"StudyID": "7*8"})


@pytest.fixture
def port(hospital: Hospital) -> Iterator[int]:
    for number in (1, 2):
        image_receiving.receive(hospital, as_file(a_slice("huong", "a", number, **HUONG)), sender="CT1")
    image_receiving.receive(hospital, as_file(a_slice(
        "binh", "b", 12, **BINH, RequestAttributesSequence=requested("S7"))), sender="CT1")
    find = frozenset({May.FIND})
    listener = Listener(hospital, DicomSettings(host="127.0.0.1", port=0, peers=(
        Peer(aet="VIEWER", host="127.0.0.1", may=find),
        Peer(aet="OLD", host="127.0.0.1", may=find, letters=Letters.PLAIN))))
    yield listener.start()
    listener.stop()


@pytest.mark.filterwarnings("ignore")
def test_every_key_finds_what_it_names(port: int) -> None:
    device = AE("VIEWER")
    device.add_requested_context(StudyRootQueryRetrieveInformationModelFind)
    association = device.associate("127.0.0.1", port, ae_title="BENHAN")

    def found(level: str, **keys: Any) -> list[Dataset]:
        asked = Dataset()
        asked.SpecificCharacterSet, asked.QueryRetrieveLevel = "ISO_IR 192", level
        for keyword, value in keys.items():
            setattr(asked, keyword, value)
        answers = list(association.send_c_find(asked, StudyRootQueryRetrieveInformationModelFind))
        assert [status.Status for status, _ in answers] == [0xFF00] * (len(answers) - 1) + [0]
        return [one for _, one in answers if one is not None]

    def studies(**keys: Any) -> list[str]:
        return sorted(str(one.PatientName)[:1] for one in found("STUDY", **{"PatientName": "", **keys}))

    for names, asked_for in {
        ("Đ",): ("DO*HUONG", "đỗ^thị*", "ĐỖ^THỊ HƯỜNG", "do thi huong", "*hường", "D?^Th? H*"),
        ("N",): ("nguyen^van binh", "NGUYỄN*", "*BÌNH"), ("N", "Đ"): ("*", ""), (): ("HUONG", "DO^HUONG"),
    }.items():
        for key in asked_for:
            assert studies(PatientName=key) == list(names), key
    for keys in HERS:
        assert studies(**keys) == ["Đ"], keys
    for keys in NOBODYS:
        assert studies(**keys) == [], keys
    [series] = found("SERIES", StudyInstanceUID=uid("binh"), Modality="MR", SeriesNumber="4", SeriesInstanceUID="")
    assert (series.SeriesInstanceUID, series.RetrieveAETitle, series.InstanceAvailability) == (
        uid("binh", "b"), "BENHAN", "ONLINE")
    assert found("SERIES", StudyInstanceUID=uid("binh"), Modality="CT") == []
    [series] = found("SERIES", RequestAttributesSequence=requested("S7"))
    assert series.RequestAttributesSequence == requested("S7")
    assert found("SERIES", RequestAttributesSequence=requested("S8")) == []
    [image] = found("IMAGE", StudyInstanceUID=uid("huong"), SeriesInstanceUID=uid("huong", "a"), InstanceNumber="2",
                    SOPInstanceUID="", SOPClassUID="")
    assert (image.SOPInstanceUID, image.SOPClassUID) == (uid("huong", "a", 2), a_slice().SOPClassUID)
    association.release()


@pytest.mark.filterwarnings("ignore")
def test_a_key_that_is_not_known_here_is_told_and_an_old_device_gets_letters_that_it_has(port: int) -> None:
    device = AE("OLD")
    device.add_requested_context(StudyRootQueryRetrieveInformationModelFind)
    association = device.associate("127.0.0.1", port, ae_title="BENHAN")
    asked = Dataset()
    asked.QueryRetrieveLevel, asked.PatientID, asked.PatientName, asked.StudyDescription = "STUDY", "26000001", "", ""
    asked.PatientMotherBirthName = ""
    (status, told), _ = association.send_c_find(asked, StudyRootQueryRetrieveInformationModelFind)
    association.release()
    assert status.Status == 0xFF01
    assert told is not None
    assert "SpecificCharacterSet" not in told
    assert "PatientMotherBirthName" not in told
    assert (str(told.PatientName), told.StudyDescription) == ("Do^Thi Huong", "CT so nao")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("sets", "name"), [
    ("ISO_IR 100", "Do^Thi Huong"), (["", "ISO 2022 IR 100"], "Do^Thi Huong"), ("ISO_IR 192", "Đỗ^Thị Hường"),
    (None, "Đỗ^Thị Hường"), ("GB18030", "Đỗ^Thị Hường")])
def test_a_station_that_asks_in_latin_letters_loses_none_of_a_name(port: int, sets: Any, name: str) -> None:
    """Orthanc turns each answer into the letters in which it asked, and drops what they lack."""
    device = AE("VIEWER")
    device.add_requested_context(StudyRootQueryRetrieveInformationModelFind)
    association = device.associate("127.0.0.1", port, ae_title="BENHAN")
    asked = Dataset()
    asked.QueryRetrieveLevel, asked.PatientID, asked.PatientName = "STUDY", "26000001", ""
    if sets is not None:
        asked.SpecificCharacterSet = sets
    (_, told), _ = association.send_c_find(asked, StudyRootQueryRetrieveInformationModelFind)
    association.release()
    assert told is not None
    assert str(told.PatientName) == name


def asked_by_findscu(port: int, level: str, *keys: str) -> tuple[int, bool]:
    """How many answers dcmtk gets, and whether it is told that a key was not matched."""
    told = tool("findscu", "-d", "-S", "-k", f"QueryRetrieveLevel={level}",
                *(part for key in keys for part in ("-k", key)), "127.0.0.1", str(port), aet="VIEWER").stderr
    assert "DIMSE Status                  : 0x0000" in told, told[-2000:]
    return told.count("DIMSE Status                  : 0xff0"), "0xff01" in told


@pytest.mark.filterwarnings("ignore")
def test_a_name_is_found_by_any_of_its_groups_and_however_many_carets_end_it(hospital: Hospital, port: int) -> None:
    """PS3.5 6.2.1.1: alphabetic, ideographic and phonetic; components that are empty at the end may be left out."""
    for study, name in (("taro", "Yamada^Tarou=山田^太郎=やまだ^たろう"), ("lan", "LE^THI LAN^^^"), ("an", "Trần^An")):
        image_receiving.receive(hospital, as_file(a_slice(study, PatientName=name, PatientID=study)), sender="CT1")
    for key, count in {"YAMADA^TAROU": 1, "Yamada*": 1, "yamada^tarou=山田^太郎": 1, "山田^太郎": 1, "=山田*": 1,
                       "*たろう": 1, "==やまだ^たろう": 1, "yamada*=田*": 0, "=Yamada*": 0, "LE^THI LAN": 1,
                       "LE^THI LAN^^": 1, "LE^THI LAN^^^^": 1, "TRAN^AN^^^^": 1,
                       "TRAN^AN=": 1, "TRAN*^": 1, "LAN": 0}.items():
        found = asked_by_findscu(port, "STUDY", "SpecificCharacterSet=ISO_IR 192", f"PatientName={key}")
        assert found == (count, False), key


REQUEST = "RequestAttributesSequence[0]"


@pytest.mark.filterwarnings("ignore")
def test_a_key_within_a_sequence_takes_wildcards_and_lists_and_is_told_of_when_it_narrows_nothing(
    hospital: Hospital, port: int,
) -> None:
    items = [*requested("S8"), *requested("S%9")]
    items[0].RequestedProcedureID, items[1].RequestedProcedureID = "R1", "R2"
    image_receiving.receive(hospital, as_file(a_slice("two", RequestAttributesSequence=items)), sender="CT1")
    step, procedure = f"{REQUEST}.ScheduledProcedureStepID", f"{REQUEST}.RequestedProcedureID"
    for keys, told in {
        (f"{step}=S7",): (1, False), (f"{step}=S?",): (2, False), (f"{step}=*",): (3, False),
        (f"{step}=S*9",): (1, False), (f"{step}=S%?",): (1, False), (f"{step}=S",): (0, False),
        (f"{step}=S8", f"{procedure}=R1"): (1, False), (f"{step}=S8", f"{procedure}=R2"): (0, False),
        (f"{step}=S8", f"{REQUEST}.ScheduledProcedureStepDescription=x"): (1, True),
        (f"{step}=S8", f"{REQUEST}.ScheduledProcedureStepDescription"): (1, False),
    }.items():
        assert asked_by_findscu(port, "SERIES", *keys) == told, keys
