"""C-GET and C-MOVE to devices that know few transfer syntaxes: what they get is what was sent here, value for value."""

from __future__ import annotations

import subprocess
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import Dataset, dcmread, uid

from server.dicom import sending
from server.dicom.listener import Listener
from server.dicom.settings import DicomSettings, May, Peer
from server.services import image_receiving
from server.services.hospital import Hospital
from server.store import base
from server.store.tables import image_instances, image_studies
from tests.imaging.dciodvfy import errors_in
from tests.imaging.samples import compressed, public_files, smooth
from tests.imaging.test_codecs import COLOUR, jpeg_2000, jpeg_ls
from tests.server.dicom.devices import c_get, tool
from tests.server.pictures import a_slice, as_file
from tests.server.pictures import uid as uid_of

GREY = smooth()
ABOVE = ["-k", f"StudyInstanceUID={uid_of('study')}"]
SERIES = ["-k", f"SeriesInstanceUID={uid_of('study', 'series')}"]
STUDY = ["-k", "QueryRetrieveLevel=STUDY", *ABOVE]


@pytest.fixture
def port(hospital: Hospital, device_port: int) -> Iterator[str]:
    listener = Listener(hospital, DicomSettings(host="127.0.0.1", port=0, peers=(
        Peer(aet="CT1", host="127.0.0.1", port=device_port, may=frozenset(May)),)))
    yield str(listener.start())
    listener.stop()


@pytest.fixture
def back(tmp_path: Path) -> Path:
    folder = tmp_path / "back"
    folder.mkdir()
    return folder


def packed(number: int, values: Any, stream: Any, syntax: uid.UID, **changes: Any) -> Dataset:
    """A CT slice whose pixels are compressed."""
    shape = values.shape if values.ndim == 2 else values.shape[1:] if values.shape[-1] != 3 else values.shape[:2]
    data = a_slice(number=number, Rows=shape[0], Columns=shape[1], BitsAllocated=8 * values.dtype.itemsize,
                   BitsStored=8 * values.dtype.itemsize, HighBit=8 * values.dtype.itemsize - 1, **changes)
    return compressed(data, stream if isinstance(stream, list) else [stream], syntax)


def keep(hospital: Hospital, *data: Dataset) -> list[bytes]:
    files = [as_file(one) for one in data]
    for file in files:
        image_receiving.receive(hospital, file, sender="CT1")
    return files


def received(folder: Path) -> list[Dataset]:
    return sorted((dcmread(file) for file in folder.iterdir()), key=lambda one: one.InstanceNumber)


@pytest.mark.parametrize(("how", "syntax"), [
    ("movescu", uid.ImplicitVRLittleEndian), ("getscu", uid.ExplicitVRLittleEndian),
])
def test_a_device_gets_what_it_knows(
    hospital: Hospital, port: str, device_port: int, back: Path, tmp_path: Path, how: str, syntax: uid.UID,
) -> None:
    """JPEG 2000, JPEG-LS, colour, and an image in big endian that must turn."""
    big = dcmread(public_files()["MR_small_bigendian.dcm"])
    big.StudyInstanceUID, big.InstanceNumber = uid_of("study"), 4
    # A study has one patient: an image that names another is kept apart.
    big.PatientID, big.PatientName, big.PatientBirthDate, big.PatientSex = "", "", "", ""
    kept = keep(hospital, packed(1, GREY, jpeg_2000(GREY), uid.JPEG2000Lossless),
                packed(2, GREY, jpeg_ls(GREY), uid.JPEGLSLossless),
                packed(3, COLOUR, jpeg_2000(COLOUR), uid.JPEG2000, SamplesPerPixel=3, PlanarConfiguration=0,
                       PhotometricInterpretation="YBR_RCT", SOPClassUID=uid.SecondaryCaptureImageStorage), big)
    accepts = ["+xi", "-aem", "CT1", "+P", str(device_port)] if how == "movescu" else ["+xe"]
    done = tool(how, "-S", *accepts, "-od", back, *STUDY, "127.0.0.1", port)
    assert done.returncode == 0, done.stderr
    got = received(back)
    assert {one.file_meta.TransferSyntaxUID for one in got} == {syntax}
    for one, values in zip(got, (GREY, GREY, COLOUR, big.pixel_array), strict=True):
        assert (one.pixel_array == values).all(), one.InstanceNumber
    assert [(one.PhotometricInterpretation, one.get("LossyImageCompression")) for one in got] == [
        ("MONOCHROME2", None), ("MONOCHROME2", None), ("RGB", "01"), ("MONOCHROME2", None)]
    assert str(got[0].PatientName) == "NGUYEN^VAN BINH"
    assert got[0].SeriesDescription == "Nhu mô"
    for file, one in zip(kept, got, strict=True):
        assert set(errors_in(as_file(one), tmp_path)) <= set(errors_in(file, tmp_path)), one.InstanceNumber


@pytest.mark.parametrize(("accepts", "syntaxes"), [
    ("+xi", [uid.ImplicitVRLittleEndian, uid.ImplicitVRLittleEndian]),
    ("+xv", [uid.JPEG2000Lossless, uid.ExplicitVRLittleEndian]),
    ("+xa", [uid.JPEG2000Lossless, uid.JPEGLSLossless]),
])
def test_movescu_gets_as_much_as_it_knows_as_it_came(
    hospital: Hospital, port: str, back: Path, device_port: int, accepts: str, syntaxes: list[uid.UID],
) -> None:
    streams = jpeg_2000(GREY), jpeg_ls(GREY)
    keep(hospital, packed(1, GREY, streams[0], uid.JPEG2000Lossless), packed(2, GREY, streams[1], uid.JPEGLSLossless))
    done = tool("movescu", "-S", accepts, "-aem", "CT1", "+P", str(device_port), "-od", back, *STUDY, "127.0.0.1", port)
    assert done.returncode == 0, done.stderr
    got = received(back)
    assert [one.file_meta.TransferSyntaxUID for one in got] == syntaxes
    for one, stream in zip(got, streams, strict=True):
        if one.file_meta.TransferSyntaxUID.is_compressed:
            assert stream in one.PixelData
        else:
            assert (one.pixel_array == GREY).all()


def test_storescp_that_takes_no_image_syntax_but_its_own_gets_every_value(
    hospital: Hospital, port: str, back: Path, device_port: int,
) -> None:
    """A station beside: asked by one, sent to another."""
    keep(hospital, packed(1, GREY, jpeg_2000(GREY), uid.JPEG2000Lossless))
    with subprocess.Popen(["storescp", "+xi", "-aet", "CT1", "-od", str(back), str(device_port)],
                          stderr=subprocess.DEVNULL) as station:
        try:
            done = tool("movescu", "-S", "-aem", "CT1", *STUDY, "127.0.0.1", port, "-to", "20")
        finally:
            station.terminate()
    assert done.returncode == 0, done.stderr
    [got] = received(back)
    assert (got.pixel_array == GREY).all()
    assert got.file_meta.TransferSyntaxUID == uid.ImplicitVRLittleEndian


def asked(port: str, syntaxes: list[uid.UID]) -> tuple[Dataset, list[str], list[str]]:
    """C-GET by a device of these syntaxes alone: the last answer, the UIDs that failed, the UIDs that came."""
    question = Dataset()
    question.QueryRetrieveLevel, question.StudyInstanceUID = "STUDY", uid_of("study")
    answers, came, _ = c_get(port, question, syntaxes=syntaxes)
    status, identifier = answers[-1]
    failed = identifier.FailedSOPInstanceUIDList if identifier is not None else []
    return status, [str(one) for one in (failed if isinstance(failed, list) or hasattr(failed, "append") else [failed])
                    ], [str(one.SOPInstanceUID) for one in came]


def test_one_that_cannot_go_is_counted_and_named_and_the_others_go(
    hospital: Hospital, port: str, caplog: pytest.LogCaptureFixture,
) -> None:
    whole, broken, gone, bits = (uid_of("study", "series", number) for number in range(1, 5))
    keep(hospital, packed(1, GREY, jpeg_2000(GREY), uid.JPEG2000Lossless),
         packed(2, GREY, jpeg_2000(GREY)[:300], uid.JPEG2000Lossless), a_slice(number=3),
         packed(4, GREY, jpeg_2000(GREY), uid.MPEG2MPML))
    with base.single(hospital.engine) as db:
        digest = db.execute(image_instances.select().where(image_instances.c.uid == gone)).one().file
    next(hospital.settings.home.glob(f"images/??/??/{digest}*")).unlink()
    status, failed, came = asked(port, [uid.ExplicitVRLittleEndian])
    assert (status.Status, status.NumberOfCompletedSuboperations, status.NumberOfFailedSuboperations) == (0xB000, 1, 3)
    assert (came, failed) == ([whole], [broken, gone, bits])
    told = [record.message for record in caplog.records if "was not sent to CT1" in record.message]
    assert [next(name for name in (broken, gone, bits) if name in line) for line in told] == [broken, gone, bits]
    assert "not be decoded" in told[0]


def test_a_device_that_takes_only_another_compression_hears_that_all_failed(
    hospital: Hospital, port: str, caplog: pytest.LogCaptureFixture,
) -> None:
    keep(hospital, packed(1, GREY, jpeg_2000(GREY), uid.JPEG2000Lossless))
    status, failed, came = asked(port, [uid.RLELossless])
    assert (status.Status, failed, came) == (0xA702, [uid_of("study", "series", 1)], [])
    assert "it takes: RLE Lossless" in caplog.text


def test_many_frames_are_never_whole_in_memory(
    hospital: Hospital, port: str, monkeypatch: pytest.MonkeyPatch, back: Path,
) -> None:
    """24 MB of frames leave, to dcmtk in a process of its own, while we hold a few of them."""
    monkeypatch.setattr(sending, "_KEPT_BYTES", 4 << 20)
    one = np.tile(GREY, (16, 13))
    keep(hospital, packed(1, np.stack([one, one]), [jpeg_ls(np.roll(one, number, 0)) for number in range(12)],
                          uid.JPEGLSLossless, NumberOfFrames=12))
    tracemalloc.start()
    try:
        done = tool("getscu", "-S", "+xe", "-od", back, *STUDY, "127.0.0.1", port)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert done.returncode == 0, done.stderr
    [got] = received(back)
    assert (got.pixel_array == np.stack([np.roll(one, number, 0) for number in range(12)])).all()
    assert len(got.PixelData) > 24 << 20
    assert peak < 16 << 20


def test_what_was_set_aside_is_neither_found_nor_sent_until_it_is_taken_up_again(
    hospital: Hospital, port: str, back: Path,
) -> None:
    keep(hospital, a_slice(number=1))

    def stands(state: str) -> tuple[bool, int]:
        with base.transaction(hospital.engine) as db:
            db.execute(image_studies.update().values(state=state))
        found = "Pending" in tool("findscu", "-S", *STUDY, "127.0.0.1", port).stderr
        for level in (STUDY, [*ABOVE, *SERIES, "-k", "QueryRetrieveLevel=IMAGE", "-k",
                       f"SOPInstanceUID={uid_of('study', 'series', 1)}"],
                      ["-k", "QueryRetrieveLevel=SERIES", *ABOVE, *SERIES]):
            assert tool("getscu", "-S", "-od", back, *level, "127.0.0.1", port).returncode == 0
        came = len(list(back.iterdir()))
        for file in back.iterdir():
            file.unlink()
        return found, came

    assert stands("set_aside") == (False, 0)
    assert stands("open") == (True, 1)
