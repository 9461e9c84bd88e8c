"""A folder that leaves the house: the files byte for byte, a DICOMDIR for dcmtk, a page for Chromium, an ISO image."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom import Dataset

from imaging.apart import Apart
from records.errors import Refusal
from tests.imaging.samples import phantom, public_files, smooth, written
from workstation.media.dicomdir import write_folder
from workstation.media.iso import write_iso
from workstation.media.page import PAGE, write_page


def _series() -> list[bytes]:
    """Six slices of one study of a patient with marks over her letters."""
    return [written(phantom(
        np.roll(smooth(), number, 0), InstanceNumber=number, SeriesNumber=2, StudyID="7", StudyDate="20261116",
        StudyTime="152000", StudyDescription="CT ngực", SeriesDescription="Phổi </script><b>", PatientSex="F",
        PatientBirthDate="19590312", AccessionNumber="", ReferringPhysicianName="",
        SOPInstanceUID=f"1.2.3.9.{number}")) for number in range(1, 7)]


def test_the_files_are_the_same_bytes_and_dcmtk_reads_the_directory(tmp_path: Path) -> None:
    folder, files = tmp_path / "out", _series()
    found = write_folder(folder, iter(files))
    assert sorted(one.path.read_bytes() for one in found) == sorted(files)
    told = subprocess.run(["dcmdump", "+U8", folder / "DICOMDIR"], capture_output=True, text=True, check=True).stdout
    assert "Nguyễn^Thị Ánh" in told
    assert (told.count("[IMAGE]"), told.count("[STUDY]")) == (6, 1)
    names = {path.name for path in folder.rglob("*")}
    assert all(re.fullmatch(r"[A-Z0-9_]{1,8}", name) for name in names), names


def test_dciodvfy_finds_no_error_in_the_directory(tmp_path: Path) -> None:
    write_folder(tmp_path / "out", _series())
    found = subprocess.run(["dciodvfy", tmp_path / "out" / "DICOMDIR"], capture_output=True, text=True, check=False)
    assert not [line for line in found.stderr.splitlines() if line.startswith("Error")], found.stderr


def test_files_that_lack_what_a_directory_demands_are_there_untouched(tmp_path: Path) -> None:
    names = ("693_J2KR.dcm", "US1_J2KR.dcm", "rtdose.dcm", "test-SR.dcm", "CT_small.dcm")
    files = [public_files()[name].read_bytes() for name in names]
    found = write_folder(tmp_path / "out", files)
    assert sorted(one.path.read_bytes() for one in found) == sorted(files)
    syntaxes = subprocess.run(["dcmdump", "+P", "0004,1512", tmp_path / "out" / "DICOMDIR"],
                              capture_output=True, text=True, check=True).stdout
    assert syntaxes.count("JPEG2000Lossless") == 2


def test_a_report_is_told_as_dcmgpdir_tells_it(tmp_path: Path) -> None:
    """When it was verified stands with who did it; its text is no directory's; a day that is known is not 1900."""
    report = pydicom.dcmread(public_files()["test-SR.dcm"])
    del report.StudyDate, report.StudyTime
    report.ContentDate, report.ContentTime, report.VerificationFlag = "20010213", "184746", "VERIFIED"
    names = []
    for when in ("20010213184746", "20010214080000"):
        names.append(Dataset())
        names[-1].VerificationDateTime = when
    report.VerifyingObserverSequence = names
    write_folder(tmp_path / "out", [written(report)])
    records = {one.DirectoryRecordType: one for one in
               pydicom.dcmread(tmp_path / "out" / "DICOMDIR").DirectoryRecordSequence}
    assert (records["STUDY"].StudyDate, records["STUDY"].StudyTime) == ("20010213", "184746")
    document = records["SR DOCUMENT"]
    assert document.VerificationDateTime == "20010214080000"
    assert all(one.RelationshipType == "HAS CONCEPT MOD" for one in document.get("ContentSequence") or ())
    assert len(pydicom.dcmread(public_files()["test-SR.dcm"]).ContentSequence) > len(
        document.get("ContentSequence") or ())


def test_a_file_that_lacks_what_its_own_kind_of_record_must_say_stands_among_the_pictures(tmp_path: Path) -> None:
    dose = pydicom.dcmread(public_files()["rtdose.dcm"])
    del dose.DoseSummationType
    files = [written(dose), *_series()]
    found = write_folder(tmp_path / "out", files)
    assert sorted(one.path.read_bytes() for one in found) == sorted(files)
    told = subprocess.run(["dcmdump", "+P", "0004,1430", "+P", "0004,1511", tmp_path / "out" / "DICOMDIR"],
                          capture_output=True, text=True, check=True).stdout
    assert told.count("[IMAGE]") == 7
    assert dose.SOPInstanceUID in told


def test_a_folder_that_holds_something_and_an_empty_export_are_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    for folder, files, code in ((tmp_path, _series(), "media_not_empty"), (tmp_path / "new", [], "media_nothing"),
                                (tmp_path / "other", [b"no dicom"], "image_not_dicom")):
        with pytest.raises(Refusal) as caught:
            write_folder(folder, files)
        assert caught.value.reasons[0].code == code
    assert (tmp_path / "mine.txt").read_text() == "keep"


@pytest.fixture
def medium(tmp_path: Path) -> Path:
    """A folder with its page; one of its files cannot be shown."""
    broken = written(phantom(smooth(), SeriesInstanceUID="1.2.3.77", SOPInstanceUID="1.2.3.78", BitsStored=99))
    folder = tmp_path / "medium"
    found = write_folder(folder, [*_series(), broken])
    decoder = Apart()
    try:
        write_page(folder, found, decoder, patient="NGUYỄN THỊ ÁNH", line="CT ngực, 16/11/2026")
    finally:
        decoder.close()
    return folder


def test_chromium_shows_the_page_and_says_what_cannot_be_shown(medium: Path, tmp_path: Path) -> None:
    shown = subprocess.run(
        ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'browser'}",
         "--virtual-time-budget=2000", "--dump-dom", (medium / PAGE).as_uri()],
        capture_output=True, text=True, check=True, timeout=120).stdout
    for words in ("NGUYỄN THỊ ÁNH", "6 ảnh", "· 1/6", 'src="PICTURES/P0000000.JPG"', "16/11/2026 · CT ngực"):
        assert words in shown, shown
    assert (medium / "PICTURES" / "P0000005.JPG").read_bytes()[:2] == b"\xff\xd8"


def test_the_disc_holds_the_same_files_under_names_that_dicom_allows(medium: Path, tmp_path: Path) -> None:
    disc = tmp_path / "disc.iso"
    write_iso(medium, disc)
    listed = subprocess.run(["isoinfo", "-f", "-i", disc], capture_output=True, text=True, check=True).stdout.split()
    assert {"/DICOMDIR.;1", "/INDEX.HTM;1"} <= set(listed)
    one = next(path for path in medium.rglob("IM*") if path.is_file())
    inside = f"/{one.relative_to(medium).as_posix()}.;1"
    taken = subprocess.run(["isoinfo", "-x", inside, "-i", disc], capture_output=True, check=True).stdout
    assert taken == one.read_bytes()
    assert pydicom.dcmread(one).PatientID == "0001"
