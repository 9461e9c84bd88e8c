"""An export is whole or leaves nothing behind; without the patient no byte of it names her."""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from pydicom import dcmread

from imaging.apart import Apart
from imaging.image import Frame, Image
from imaging.rendering import Picture
from records.errors import Cancelled, Refusal
from tests.imaging.samples import phantom, public_files, smooth, written
from workstation.media.export import Export, export


def _files(count: int = 4) -> Iterator[bytes]:
    for number in range(1, count + 1):
        yield written(phantom(smooth(), InstanceNumber=number, PatientID="PID-77", SOPInstanceUID=f"1.2.3.9.{number}"))


@pytest.fixture
def decoder() -> Iterator[Apart]:
    """Ours."""
    apart = Apart()
    yield apart
    apart.close()


def test_with_the_patient_on_folder_page_and_disc(tmp_path: Path, decoder: Apart) -> None:
    seen: list[int] = []
    wanted = Export(tmp_path / "out", "NGUYỄN THỊ ÁNH", "CT", disc=tmp_path / "out.iso")
    told = export(wanted, _files(), decoder, went_on=seen.append)
    assert (told.files, told.missing, seen) == (4, 0, [1, 2, 3, 4])
    assert "NGUYỄN THỊ ÁNH" in (wanted.folder / "INDEX.HTM").read_text("utf-8")
    assert (tmp_path / "out.iso").stat().st_size > 4 * smooth().nbytes


def test_without_the_patient_no_byte_of_the_medium_names_her_and_what_cannot_leave_is_told(
        tmp_path: Path, decoder: Apart) -> None:
    report = public_files()["test-SR.dcm"].read_bytes()
    wanted = Export(tmp_path / "out", "NGUYỄN THỊ ÁNH", "CT ngực", named=False)
    told = export(wanted, [*_files(), report], decoder)
    assert (told.files, told.missing) == (4, 1)
    assert [reason.code for reason in told.left_out] == ["image_not_deidentifiable"]
    whole = b"".join(path.read_bytes() for path in wanted.folder.rglob("*") if path.is_file())
    for word in ("Nguyễn", "NGUYỄN", "Ánh", "PID-77", "1.2.3.9", "ngực"):
        assert word.encode() not in whole, word


def test_the_page_shows_a_frame_as_its_reader_sees_it_where_the_patients_name_goes_with_it(
        tmp_path: Path, decoder: Apart) -> None:
    """Others' words over a picture may name the patient: without the name the page shows what the files say."""
    def draw(image: Image, number: int, frame: Frame) -> Picture | None:
        assert (number, frame.number) == (1, 1)
        return np.full((40, 60), 200, np.uint8) if image.identity.instance_uid == "1.2.3.9.2" else None

    for named in (True, False):
        wanted = Export(tmp_path / f"{named}", "NGUYỄN THỊ ÁNH", "CT", named=named, draw=draw)
        export(wanted, _files(3), decoder)
        shapes = [imagecodecs.jpeg_decode(file.read_bytes()).shape[:2]
                  for file in sorted((wanted.folder / "PICTURES").iterdir())]
        plain = smooth().shape
        assert shapes == ([plain, (40, 60), plain] if named else [plain] * 3)


def test_the_page_opens_on_the_newest_study(tmp_path: Path, decoder: Apart) -> None:
    def made(uid: str, date: str, time: str, series: int) -> bytes:
        return written(phantom(smooth(), StudyInstanceUID=uid, SeriesInstanceUID=f"{uid}.{series}", StudyDate=date,
                               StudyTime=time, StudyDescription=uid, SeriesNumber=series,
                               SOPInstanceUID=f"{uid}.{series}.1"))

    files = [made("1.2.1", "20250301", "080000", 1), made("1.2.2", "20261126", "091500", 2),
             made("1.2.2", "20261126", "091500", 1), made("1.2.3", "20261126", "070000", 1)]
    export(Export(tmp_path / "out", "NGUYỄN THỊ ÁNH", "CT"), files, decoder)
    page = (tmp_path / "out" / "INDEX.HTM").read_text("utf-8")
    told = json.loads(page.partition("const told = ")[2].partition(";\n")[0])
    assert [(one["study"][-5:], one["title"][:1]) for one in told["series"]] == [
        ("1.2.2", "1"), ("1.2.2", "2"), ("1.2.3", "1"), ("1.2.1", "1")]


def test_the_page_has_one_head_for_a_study_and_says_what_is_no_picture(tmp_path: Path, decoder: Apart) -> None:
    """A report that was made later, without the study's words, had a head of its own above the pictures."""
    picture = written(phantom(smooth(), StudyInstanceUID="1.2.1", StudyDate="20261126", StudyTime="0800",
                              StudyDescription="CT ngực", SeriesNumber=1))
    report = dcmread(public_files()["test-SR.dcm"])
    report.StudyInstanceUID, report.StudyDate, report.StudyTime = "1.2.1", "20261126", "0930"
    report.StudyDescription, report.SeriesNumber = "", 9
    export(Export(tmp_path / "out", "NGUYỄN THỊ ÁNH", "CT"), [written(report), picture], decoder)
    page = (tmp_path / "out" / "INDEX.HTM").read_text("utf-8")
    told = json.loads(page.partition("const told = ")[2].partition(";\n")[0])
    assert [(one["study"], len(one["pictures"])) for one in told["series"]] == [
        ("26/11/2026 · CT ngực", 1), ("26/11/2026 · CT ngực", 0)]
    assert told["series"][1]["note"] == "Báo cáo có cấu trúc: mở tệp DICOM bằng phần mềm xem ảnh."


def test_cancelling_and_a_full_disk_leave_nothing_behind(tmp_path: Path, decoder: Apart) -> None:
    def full() -> Iterator[bytes]:
        yield from _files(2)
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(Cancelled):
        export(Export(tmp_path / "out", "", ""), _files(), decoder, cancelled=iter([False, False, True]).__next__)
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(Refusal) as caught:
        export(Export(empty, "", ""), full(), decoder)
    assert caught.value.reasons[0].code == "media_not_written"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty"]
    assert not list(empty.iterdir())


def test_a_folder_with_files_in_it_is_never_touched(tmp_path: Path, decoder: Apart) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(Refusal):
        export(Export(tmp_path, "", ""), _files(), decoder)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
