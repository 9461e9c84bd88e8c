"""What every object that we write has alike: whose it is, of which study, when and by what; and its bytes as a file."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from imaging.attributes import text

_TYPE_2 = ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyInstanceUID", "StudyDate", "StudyTime",
           "AccessionNumber", "ReferringPhysicianName", "StudyID")
_OPTIONAL = ("IssuerOfPatientID", "StudyDescription", "PatientAge")


@dataclass(frozen=True)
class Making:
    """A new object's own identity. The moment is local; the numbers are those that lists show."""

    instance_uid: str
    series_uid: str
    at: datetime
    series_number: int = 1
    instance_number: int = 1
    series_description: str = ""
    software: str = "0.1"


@dataclass(frozen=True)
class Code:
    """A coded concept: value, coding scheme, meaning."""

    value: str
    scheme: str
    meaning: str

    def item(self) -> Dataset:
        """The item of a code sequence."""
        entry = Dataset()
        entry.CodeValue, entry.CodingSchemeDesignator, entry.CodeMeaning = self.value, self.scheme, self.meaning
        return entry


def carried(of: Dataset) -> Dataset:
    """Patient and study, all of a file that an object about it takes over; the rest of the file need not be kept.

    Text is written in UTF-8, whatever the file's character set.
    """
    made = Dataset()
    made.SpecificCharacterSet = "ISO_IR 192"
    for keyword in _TYPE_2:
        setattr(made, keyword, text(of, keyword) or None)
    for keyword in _OPTIONAL:
        if text(of, keyword):
            setattr(made, keyword, text(of, keyword))
    return made


def begun(of: Dataset, making: Making, class_uid: UID, modality: str) -> Dataset:
    """A data set with patient and study of a picture (`of`), and the new object's series, equipment and identity."""
    made = carried(of)
    made.SOPClassUID, made.SOPInstanceUID = class_uid, making.instance_uid
    made.Modality, made.SeriesInstanceUID = modality, making.series_uid
    made.SeriesNumber, made.InstanceNumber = making.series_number, making.instance_number
    if making.series_description:
        made.SeriesDescription = making.series_description[:64]
    made.Manufacturer = made.ManufacturerModelName = "Bệnh Án"
    made.SoftwareVersions = making.software
    made.DeviceSerialNumber = "0"
    made.InstanceCreationDate, made.InstanceCreationTime = date_of(making.at), time_of(making.at)
    return made


def date_of(moment: datetime) -> str:
    """DA."""
    return moment.strftime("%Y%m%d")


def time_of(moment: datetime) -> str:
    """TM, to the second."""
    return moment.strftime("%H%M%S")


def as_file(made: Dataset) -> bytes:
    """The data set as a DICOM file, explicit little endian."""
    made.file_meta = FileMetaDataset()
    made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    out = io.BytesIO()
    made.save_as(out, enforce_file_format=True)
    return out.getvalue()
