"""The DICOM service as devices see it: dcmtk's tools and pynetdicom call it over sockets."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydicom import Dataset, dcmread
from pydicom.uid import UID
from pynetdicom import AE, build_role, evt
from pynetdicom.sop_class import StorageCommitmentPushModel  # type: ignore[attr-defined] # made at import
from sqlalchemy import select

from server.dicom.listener import RETIRED, Listener
from server.dicom.settings import DicomSettings, May, Peer
from server.services import image_devices
from server.services.hospital import Hospital
from server.services.image_devices import Safe
from server.store import base
from server.store.tables import audit_events, image_instances
from tests.imaging.bombs import around, deep, many_items
from tests.server.pictures import a_slice, as_file, uid

ALL = frozenset(May)


@pytest.fixture
def port(hospital: Hospital, device_port: int) -> Iterator[str]:
    settings = DicomSettings(host="127.0.0.1", port=0, peers=(
        Peer(aet="CT1", host="127.0.0.1", port=device_port, may=ALL, fixed=True),
        Peer(aet="ONLYSEND", host="127.0.0.1"),
        Peer(aet="ELSEWHERE", host="192.0.2.7", may=ALL, fixed=True),
    ))
    listener = Listener(hospital, settings)
    yield str(listener.start())
    listener.stop()


def tool(
    name: str, *arguments: str | Path, aet: str = "CT1", called: str = "BENHAN",
) -> subprocess.CompletedProcess[str]:
    program = shutil.which(name)
    assert program is not None, f"{name} of dcmtk is not installed"
    return subprocess.run([program, "-v", "-aet", aet, "-aec", called, *map(str, arguments)], capture_output=True,
                          text=True, timeout=60, check=False, env={**os.environ, "TCP_NODELAY": "1"})


def slices(folder: Path, count: int = 3) -> list[Path]:
    files = []
    for number in range(1, count + 1):
        file = folder / f"{number}.dcm"
        file.write_bytes(as_file(a_slice(number=number)))
        files.append(file)
    return files


def test_a_device_that_is_known_is_heard(port: str) -> None:
    assert "Echo Response (Success)" in tool("echoscu", "127.0.0.1", port).stderr


STRANGERS: dict[str, dict[str, str]] = {
    "unknown": {"aet": "STRANGER"}, "another called": {"called": "OTHER"},
    "from another address": {"aet": "ELSEWHERE"}, "without a name": {"aet": ""},
}


def test_a_stranger_is_turned_away(port: str, tmp_path: Path, hospital: Hospital) -> None:
    for who, names in STRANGERS.items():
        # dcmtk's echoscu ends with 0 also when it was turned away in the middle: what it says counts.
        assert "Echo Response (Success)" not in tool("echoscu", "127.0.0.1", port, **names).stderr, who
        assert tool("storescu", "127.0.0.1", port, *slices(tmp_path, 1), **names).returncode != 0, who
    with base.single(hospital.engine) as db:
        assert db.execute(select(image_instances)).all() == []


def test_the_log_says_why_a_device_was_turned_away(port: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("WARNING", logger="benhan.server.dicom"):
        tool("echoscu", "127.0.0.1", port, aet="STRANGER")
        tool("echoscu", "127.0.0.1", port, called="OTHER")
        tool("findscu", "-S", "-k", "QueryRetrieveLevel=STUDY", "127.0.0.1", port, aet="ONLYSEND")
        ends = time.monotonic() + 30
        while len(caplog.messages) < 3 and time.monotonic() < ends:
            time.sleep(0.02)  # a device hears it a moment before it is written down
    assert sorted(caplog.messages) == [
        "Refused to the device ONLYSEND: its settings (may) do not name 'find'.",
        "The device 'CT1' at 127.0.0.1 was turned away: it calls us 'OTHER', and our title is 'BENHAN'.",
        "The device 'STRANGER' at 127.0.0.1 was turned away: it is not among the peers of the settings."]


def test_what_storescu_sends_is_kept_as_sent(port: str, tmp_path: Path, hospital: Hospital) -> None:
    done = tool("storescu", "127.0.0.1", port, *slices(tmp_path))
    assert done.returncode == 0, done.stderr
    with base.single(hospital.engine) as db:
        assert len(db.execute(select(image_instances)).all()) == 3
        told = db.execute(select(audit_events.c.person_name, audit_events.c.facts)
                          .where(audit_events.c.action == "images.arrive")).one()
    assert told.person_name == "CT1"
    assert told.facts["study"] == uid("study")


def test_other_transfer_syntaxes_are_taken_too(port: str, tmp_path: Path) -> None:
    for syntax in ("-xs", "-xi", "-xb"):  # lossless JPEG offered, implicit, big endian
        assert tool("storescu", syntax, "127.0.0.1", port, *slices(tmp_path, 1)).returncode == 0, syntax


def test_an_old_ultrasound_machine_sends_what_left_the_standard_and_gets_it_back(port: str, tmp_path: Path) -> None:
    for number, retired in enumerate(RETIRED):
        data = a_slice(number=number, SOPClassUID=retired)
        data.file_meta.MediaStorageSOPClassUID = UID(retired)
        (tmp_path / f"{number}.dcm").write_bytes(as_file(data))
    done = tool("storescu", "-R", "+sd", "127.0.0.1", port, tmp_path)
    assert done.stderr.count("Received Store Response (Success)") == len(RETIRED), done.stderr
    back = tmp_path / "back"
    back.mkdir()
    tool("getscu", "-S", "-od", back, "-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={uid('study')}",
         "127.0.0.1", port)
    assert {"1.2.840.10008.5.1.4.1.1.3", "1.2.840.10008.5.1.4.1.1.6"} <= {
        dcmread(file).SOPClassUID for file in back.iterdir()}


def test_a_device_finds_at_each_level(port: str, tmp_path: Path) -> None:
    tool("storescu", "127.0.0.1", port, *slices(tmp_path))

    def found(*keys: str) -> list[Dataset]:
        for file in tmp_path.glob("rsp*.dcm"):
            file.unlink()
        asked = [part for key in keys for part in ("-k", key)]
        done = tool("findscu", "-S", "-X", "-od", tmp_path, *asked, "127.0.0.1", port)
        assert done.returncode == 0, done.stderr
        return [dcmread(file, force=True) for file in sorted(tmp_path.glob("rsp*.dcm"))]

    [study] = found("QueryRetrieveLevel=STUDY", "PatientName=nguyen*", "StudyDate=20261101-", "StudyInstanceUID",
                    "ModalitiesInStudy", "NumberOfStudyRelatedInstances", "NumberOfStudyRelatedSeries", "PatientID")
    assert study.StudyInstanceUID == uid("study")
    assert (study.ModalitiesInStudy, study.NumberOfStudyRelatedInstances, study.PatientID) == ("CT", 3, "TEST-1")
    assert study.NumberOfStudyRelatedSeries == 1
    assert found("QueryRetrieveLevel=STUDY", "PatientName=TRAN*") == []
    assert found("QueryRetrieveLevel=STUDY", "StudyDate=-20260101") == []
    [series] = found("QueryRetrieveLevel=SERIES", f"StudyInstanceUID={uid('study')}", "SeriesDescription", "Modality")
    assert (series.SeriesDescription, series.Modality) == ("Nhu mô", "CT")
    images = found("QueryRetrieveLevel=IMAGE", f"SeriesInstanceUID={uid('study', 'series')}", "InstanceNumber")
    assert [one.InstanceNumber for one in images] == [1, 2, 3]
    [second] = found("QueryRetrieveLevel=IMAGE", f"SOPInstanceUID={uid('study', 'series', 2)}", "InstanceNumber")
    assert second.InstanceNumber == 2


def test_getscu_takes_back_the_very_images(port: str, tmp_path: Path) -> None:
    sent = slices(tmp_path)
    tool("storescu", "127.0.0.1", port, *sent)
    back = tmp_path / "back"
    back.mkdir()
    done = tool("getscu", "-S", "-od", back, "-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={uid('study')}",
                "127.0.0.1", port)
    assert done.returncode == 0, done.stderr
    got = sorted((dcmread(file) for file in back.iterdir()), key=lambda one: one.InstanceNumber)
    assert [one.PixelData for one in got] == [dcmread(file).PixelData for file in sent]
    assert [one.SOPInstanceUID for one in got] == [uid("study", "series", number) for number in (1, 2, 3)]


def test_movescu_has_them_sent_to_a_device_that_is_known(port: str, tmp_path: Path, device_port: int) -> None:
    tool("storescu", "127.0.0.1", port, *slices(tmp_path))
    back = tmp_path / "back"
    back.mkdir()
    keys = ["-k", "QueryRetrieveLevel=SERIES", "-k", f"StudyInstanceUID={uid('study')}",
            "-k", f"SeriesInstanceUID={uid('study', 'series')}"]
    done = tool("movescu", "-S", "-aem", "CT1", "+P", str(device_port), "-od", back, *keys, "127.0.0.1", port)
    assert done.returncode == 0, done.stderr
    assert len(list(back.iterdir())) == 3
    assert "MoveDestinationUnknown" in tool("movescu", "-S", "-aem", "NOBODY", *keys, "127.0.0.1", port).stderr


def test_who_may_only_send_neither_finds_nor_takes(port: str, tmp_path: Path) -> None:
    assert tool("storescu", "127.0.0.1", port, *slices(tmp_path, 1), aet="ONLYSEND").returncode == 0
    keys = ["-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={uid('study')}"]
    assert "0x124" in tool("findscu", "-S", *keys, "127.0.0.1", port, aet="ONLYSEND").stderr
    back = tmp_path / "back"
    back.mkdir()
    tool("getscu", "-S", "-od", back, *keys, "127.0.0.1", port, aet="ONLYSEND")
    assert list(back.iterdir()) == []


def test_storage_commitment_answers_for_what_is_safe_and_for_nothing_else(
    port: str, tmp_path: Path, device_port: int, hospital: Hospital,
) -> None:
    tool("storescu", "127.0.0.1", port, *slices(tmp_path, 2))
    lost = uid("study", "series", 2)
    with base.single(hospital.engine) as db:
        digest = db.execute(select(image_instances.c.file).where(image_instances.c.uid == lost)).scalar_one()
    next(hospital.settings.home.glob(f"images/??/??/{digest}*")).unlink()
    heard: list[tuple[int | None, Dataset]] = []
    came = threading.Event()

    def report(event: evt.Event) -> tuple[int, None]:
        heard.append((event.event_type, event.event_information))
        came.set()
        return 0x0000, None

    device = AE("CT1")
    device.add_supported_context(StorageCommitmentPushModel, scu_role=False, scp_role=True)
    server = device.start_server(("127.0.0.1", device_port), block=False,
                                 evt_handlers=[(evt.EVT_N_EVENT_REPORT, report)])
    assert server is not None
    device.add_requested_context(StorageCommitmentPushModel)
    association = device.associate("127.0.0.1", int(port), ae_title="BENHAN",
                                   ext_neg=[build_role(StorageCommitmentPushModel, scu_role=True)])
    question = Dataset()
    question.TransactionUID = uid("transaction")
    question.ReferencedSOPSequence = []
    for name in (uid("study", "series", 1), lost, uid("never sent")):
        item = Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = a_slice().SOPClassUID, name
        question.ReferencedSOPSequence.append(item)
    try:
        status, _ = association.send_n_action(question, 1, StorageCommitmentPushModel,
                                              "1.2.840.10008.1.20.1.1")
        association.release()
        assert status.Status == 0x0000
        assert came.wait(20)
    finally:
        server.shutdown()
    [(kind, reply)] = heard
    assert kind == 2
    assert reply.TransactionUID == uid("transaction")
    assert [one.ReferencedSOPInstanceUID for one in reply.ReferencedSOPSequence] == [uid("study", "series", 1)]
    assert {one.ReferencedSOPInstanceUID: one.FailureReason for one in reply.FailedSOPSequence} \
        == {lost: 0x0112, uid("never sent"): 0x0112}


def test_an_image_whose_header_was_made_to_swell_is_refused_and_the_next_one_kept(port: str, tmp_path: Path) -> None:
    files = {"items": around(many_items(2 << 20)), "levels": around(deep(1000)), "good": as_file(a_slice(number=7))}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    for name, status in (("items", "CannotUnderstand"), ("levels", "CannotUnderstand"), ("good", "Success")):
        done = tool("storescu", "127.0.0.1", port, tmp_path / name)
        assert status in done.stderr, (name, done.stderr[-2000:])


def test_a_store_that_takes_nothing_is_no_fault_of_the_image(port: str, tmp_path: Path, hospital: Hospital) -> None:
    """As on a full disk: who hears «cannot understand» gives an image up; «out of resources» means: send it again."""
    [one, other] = slices(tmp_path, 2)
    assert tool("storescu", "127.0.0.1", port, one).returncode == 0
    folder, away = hospital.settings.home / "images", hospital.settings.home / "away"
    folder.rename(away)
    folder.write_bytes(b"no folder")
    told = tool("storescu", "127.0.0.1", port, other).stderr
    assert "OutOfResources" in told, told
    assert image_devices.safe(hospital, a_slice().SOPClassUID, uid("study", "series", 1)) is Safe.NOT_NOW
    folder.unlink()
    away.rename(folder)
    assert tool("storescu", "127.0.0.1", port, other).returncode == 0
    assert image_devices.safe(hospital, a_slice().SOPClassUID, uid("study", "series", 2)) is Safe.YES
