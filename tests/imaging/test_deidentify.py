"""Nothing of the patient is left, the picture is the same, what belonged together still does (PS3.15 E)."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pydicom
import pytest
from dicomanonymizer.dicom_anonymization_databases import dicomfields_2026c as table
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.tag import Tag
from pydicom.uid import UID, ExplicitVRBigEndian, ExplicitVRLittleEndian

from imaging.deidentify import Action, action_for, deidentified, names_may_be_seen, other_uid
from records.errors import Refusal
from tests.imaging.dciodvfy import errors_in
from tests.imaging.samples import opened, phantom, public_files, smooth, written

SECRET = b"one export"
NAMED = ("Nguyễn", "Ánh", "0001", "Trần Hữu Nghĩa", "BV Huyện", "19590312", "1.2.3.1", "AC-77", "Cardiff")


def _named() -> Dataset:
    """A slice that tells of its patient at every depth: attributes, sequences, private ones, overlay."""
    dataset = phantom(smooth(), PatientBirthDate="19590312", PatientSex="M", AccessionNumber="AC-77",
                      ReferringPhysicianName="Trần Hữu Nghĩa", InstitutionName="BV Huyện", StudyDate="20261116",
                      StudyDescription="Nguyễn Thị Ánh, ngực", StudyID="7", StudyTime="1520")
    inner = Dataset()
    inner.ReferencedSOPClassUID, inner.ReferencedSOPInstanceUID = dataset.SOPClassUID, "1.2.3.1.9"
    inner.PatientName = "Nguyễn^Ánh"
    dataset.ReferencedImageSequence = Sequence([inner])
    asked = Dataset()
    asked.RequestedProcedureDescription, asked.StudyInstanceUID = "Ánh", "1.2.3.1"
    asked.ReferencedStudySequence = Sequence([inner])
    dataset.RequestAttributesSequence = Sequence([asked])
    dataset.private_block(0x0009, "Cardiff", create=True).add_new(1, "LO", "Nguyễn")
    dataset.add_new(0x60003000, "OW", b"\1" * 640)
    dataset.add_new(0x60004000, "LT", "Nguyễn")
    return dataset


def _all(dataset: Dataset) -> Iterator[pydicom.DataElement]:
    for element in dataset:
        yield element
        if element.VR == "SQ":
            for item in element.value:
                yield from _all(item)


def test_no_word_of_the_patient_is_in_the_bytes() -> None:
    data = written(deidentified(_named(), SECRET))
    for word in NAMED:
        assert word.encode() not in data, word
    whole = written(_named())
    assert all(word.encode() in whole for word in NAMED)


def test_what_no_table_names_and_still_leads_to_a_person_is_gone() -> None:
    """A lunar birth date, retired order numbers, an element that no dictionary knows, dates, names and UIDs by kind."""
    dataset, written_down = _named(), Dataset()
    dataset.PatientBirthDateInAlternativeCalendar, dataset.PatientAlternativeCalendar = "Ky Hoi thang 2", "LUNAR"
    dataset.PlacerOrderNumberProcedure, dataset.FillerOrderNumberImagingServiceRequestRetired = "ORD-99", "ORD-98"
    dataset.add_new(0x00100099, "LO", "Nguyen A")
    dataset.DateOfGainCalibration, dataset.EvaluatorName = "19590312", "Nguyen B"
    dataset.SOPInstanceUIDOfConcatenationSource, dataset.VolumeFrameOfReferenceUID = "1.2.3.1.7", "1.2.3.1.8"
    dataset.CodingSchemeUID, dataset.RelatedGeneralSOPClassUID = "1.3.6.1.4.1.5962.9", "1.3.46.670589.9"
    written_down.TextValue = "Nguyen C"
    dataset.ProtocolContextSequence = Sequence([written_down])
    after = deidentified(dataset, SECRET)
    data = written(after)
    for word in (b"Ky Hoi", b"LUNAR", b"ORD-9", b"Nguyen", b"19590312", b"1.2.3.1.7", b"1.2.3.1.8"):
        assert word not in data, word
        assert word in written(dataset)
    assert after.VolumeFrameOfReferenceUID == other_uid("1.2.3.1.8", SECRET)
    assert (after.CodingSchemeUID, after.RelatedGeneralSOPClassUID) == ("1.3.6.1.4.1.5962.9", "1.3.46.670589.9")


def test_the_picture_is_untouched_and_the_file_says_what_was_done() -> None:
    before, after = _named(), pydicom.dcmread(io.BytesIO(written(deidentified(_named(), SECRET))))
    assert np.array_equal(before.pixel_array, after.pixel_array)
    assert (after.Rows, after.Modality, after.PatientIdentityRemoved) == (before.Rows, "CT", "YES")
    assert after.DeidentificationMethodCodeSequence[0].CodeValue == "113100"
    assert after.file_meta.MediaStorageSOPInstanceUID == after.SOPInstanceUID != before.SOPInstanceUID


def test_files_of_one_export_stay_together_and_two_exports_cannot_be_joined() -> None:
    first, second = _named(), _named()
    one, two, later = deidentified(first, SECRET), deidentified(second, SECRET), deidentified(first, b"another")
    assert one.StudyInstanceUID == two.StudyInstanceUID != later.StudyInstanceUID
    assert one.PatientID == two.PatientID != later.PatientID
    assert one.SOPInstanceUID != two.SOPInstanceUID
    assert one.ReferencedImageSequence[0].ReferencedSOPInstanceUID == other_uid("1.2.3.1.9", SECRET)


@pytest.mark.parametrize("name", [
    name for name in public_files() if not name.startswith(("meta_missing", "no_meta", "nested_priv"))])
def test_of_every_public_picture_what_the_table_removes_is_gone(name: str) -> None:
    try:
        before = pydicom.dcmread(public_files()[name])
        after = deidentified(before, SECRET)
    except (Refusal, pydicom.errors.InvalidDicomError, AttributeError):
        pytest.skip("no picture")
    gone, emptied = {Tag(tag) for tag in table.X_TAGS if len(tag) == 2}, {Tag(tag) for tag in table.Z_TAGS}
    uids = {str(element.value) for element in _all(before) if element.VR == "UI" and element.value
            and action_for(element.tag.group, element.tag.element) is Action.NEW_UID}
    for element in _all(after):
        assert not element.tag.is_private
        assert element.tag not in gone
        assert element.tag not in emptied or not element.value or element.keyword == "PatientName"
        assert element.VR != "UI" or str(element.value) not in uids
    assert after.PixelData == before.PixelData if "PixelData" in before else True


@pytest.mark.parametrize("name", [
    "CT_small.dcm", "MR-SIEMENS-DICOM-WithOverlays.dcm", "693_J2KI.dcm", "examples_overlay.dcm", "eCT_Supplemental.dcm",
    "color3d_jpeg_baseline.dcm", "emri_small.dcm", "JPEG2000.dcm", "liver.dcm", "rtdose.dcm", "vlut_04.dcm"])
def test_the_judge_finds_no_new_error_in_what_has_no_patient(name: str, tmp_path: Path) -> None:
    """A date of the year 1 is none to dciodvfy, nor to programs that read it; an overlay without its data is broken."""
    file = public_files()[name]

    def errors(data: bytes) -> set[str]:
        return {re.sub(r"<2\.25\.[^>]*>|<1\.[^>]*>|\d+ dec", "", line) for line in errors_in(data, tmp_path)}

    assert errors(written(deidentified(pydicom.dcmread(file), SECRET))) <= errors(file.read_bytes())


def test_an_overlay_goes_with_all_that_describes_it() -> None:
    before = pydicom.dcmread(public_files()["examples_overlay.dcm"])
    assert any(element.tag.group == 0x6000 for element in before)
    assert not any(element.tag.group == 0x6000 for element in deidentified(before, SECRET))


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ExplicitVRBigEndian])
def test_an_overlay_that_is_drawn_into_unused_bits_of_the_pixels_is_gone_and_no_pixel_changes(syntax: UID) -> None:
    values = smooth()
    drawn = np.zeros_like(values)
    drawn[10:20, 10:50] = 1 << 12
    stored = (values | drawn).astype(values.dtype.newbyteorder("<" if syntax.is_little_endian else ">"))
    before = phantom(stored, syntax, BitsStored=12, HighBit=11)
    for element, vr, value in ((0x0010, "US", 64), (0x0011, "US", 80), (0x0040, "CS", "G"), (0x0050, "SS", [1, 1]),
                               (0x0100, "US", 16), (0x0102, "US", 12)):
        before.add_new((0x6000, element), vr, value)
    after = opened(deidentified(before, SECRET))
    assert np.array_equal(after.frame(1).values, values)
    assert np.array_equal(np.frombuffer(deidentified(before, SECRET).PixelData, stored.dtype), values.ravel())


def test_what_is_no_picture_and_what_names_itself_in_the_pixels_is_refused() -> None:
    report = pydicom.dcmread(public_files()["test-SR.dcm"])
    nameless = phantom(smooth())
    del nameless.SOPClassUID
    for dataset, code in ((report, "image_not_deidentifiable"), (nameless, "image_not_deidentifiable"),
                          (phantom(smooth(), BurnedInAnnotation="YES"), "image_names_in_pixels")):
        with pytest.raises(Refusal) as caught:
            deidentified(dataset, SECRET)
        assert caught.value.reasons[0].code == code


def test_a_person_looks_first_where_devices_write_names_into_pictures() -> None:
    assert names_may_be_seen(phantom(smooth(), Modality="US"))
    assert not names_may_be_seen(phantom(smooth(), Modality="US", BurnedInAnnotation="NO"))
    assert not names_may_be_seen(phantom(smooth()))
