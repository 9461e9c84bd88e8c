"""Key object selections: written and read again, judged by dciodvfy, read by dcmtk."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from imaging.image import open_image
from imaging.objects.key_objects import OF_INTEREST, KeyObjects, read_key_objects, written_key_objects
from imaging.objects.kinds import Kind, kind_of
from imaging.objects.references import ImageReference
from imaging.objects.writing import Code, Making
from imaging.sources import InMemory
from records.errors import Refusal
from tests.imaging.dciodvfy import errors_in
from tests.imaging.samples import phantom, smooth

STUDY, SERIES = "1.2.826.0.1.3680043.8.498.1", "1.2.826.0.1.3680043.8.498.2"


def picture() -> Dataset:
    return phantom(smooth(), StudyInstanceUID=STUDY, SeriesInstanceUID=SERIES, SOPInstanceUID=SERIES + ".1",
                   StudyDate="20261116", StudyTime="152000", PatientBirthDate="19590301", PatientSex="M", StudyID="1",
                   StudyDescription="CT ngực")


def making() -> Making:
    return Making(generate_uid(), generate_uid(), datetime(2026, 11, 16, 16, 5, tzinfo=UTC), 900, 1, "Ảnh chính")


def chosen() -> KeyObjects:
    ct, us = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.3.1"
    return KeyObjects(OF_INTEREST, "Đám đông đặc thùy dưới phổi phải, 48,3 mm", (
        ImageReference(ct, SERIES + ".1", (), SERIES, STUDY),
        ImageReference(us, SERIES + ".7", (3, 12), SERIES + "7", STUDY),
        ImageReference(us, SERIES + ".7", (40,), SERIES + "7", STUDY)), "Trần^Hữu Nghĩa")


def test_what_is_written_reads_as_it_was() -> None:
    image = open_image(InMemory(written_key_objects(chosen(), picture(), making())))
    assert kind_of(image.dataset) is Kind.KEY_OBJECTS
    assert read_key_objects(image.dataset) == chosen()
    assert image.identity.patient_name == "Nguyễn^Thị Ánh"
    assert image.identity.study_uid == STUDY


def test_dciodvfy_finds_no_error(tmp_path: Path) -> None:
    assert errors_in(written_key_objects(chosen(), picture(), making()), tmp_path) == []


def test_the_judge_finds_an_error_where_there_is_one(tmp_path: Path) -> None:
    data = written_key_objects(chosen(), picture(), making())
    assert errors_in(data.replace(b"SEPARATE", b"SEPARATO"), tmp_path)


def test_dcmtk_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "ko.dcm"
    file.write_bytes(written_key_objects(chosen(), picture(), making()))
    page = subprocess.run(["dsr2html", "+U8", file], capture_output=True, text=True, check=True).stdout
    for words in ("Of Interest", "Đám đông đặc thùy dưới phổi phải, 48,3 mm", SERIES + ".1", "Trần"):
        assert words in page


@pytest.mark.parametrize(("title", "words"), [
    (Code("113002", "DCM", "For Referring Provider"), "Cho bác sĩ chỉ định"),
    (Code("113002", "99XYZ", "Something else"), "Something else"), (Code("", "", ""), "Không có tên")])
def test_a_title_is_told_in_our_words_where_it_is_dicoms(title: Code, words: str) -> None:
    assert KeyObjects(title, "", ()).title_words == words


def test_a_selection_of_nothing_is_refused() -> None:
    nothing = KeyObjects(OF_INTEREST, "", ())
    with pytest.raises(Refusal, match="names no image"):
        written_key_objects(nothing, picture(), making())
    with pytest.raises(Refusal, match="no Key Object"):
        read_key_objects(picture())
    made = open_image(InMemory(written_key_objects(chosen(), picture(), making()))).dataset
    del made.ContentSequence
    with pytest.raises(Refusal, match="names no image"):
        read_key_objects(made)
