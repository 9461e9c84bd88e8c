"""Made-up DICOM files for tests: a CT slice of a phantom, with what a device would write around it."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from pydicom import Dataset, FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian, generate_uid

ROOT = "1.2.826.0.1.3680043.10.1551."


def uid(*words: object) -> UID:
    """The same UID for the same words."""
    return generate_uid(prefix=ROOT, entropy_srcs=[repr(words)])


def a_slice(study: str = "study", series: str = "series", number: int = 1, **changes: Any) -> Dataset:
    """One CT slice of 64 x 64 with a disc in it; `changes` are attributes by keyword."""
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = CTImageStorage
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = uid(study, series, number)
    data.StudyInstanceUID, data.SeriesInstanceUID = uid(study), uid(study, series)
    data.SpecificCharacterSet = "ISO_IR 192"
    data.PatientID, data.PatientName = "TEST-1", "NGUYEN^VAN BINH"
    data.PatientBirthDate, data.PatientSex = "19590312", "M"
    data.StudyDate, data.StudyTime = "20261125", "081500"
    data.StudyDescription, data.Modality = "CT ngực", "CT"
    data.AccessionNumber, data.StudyID, data.ReferringPhysicianName = "", "1", "TRAN^HA"
    data.SeriesNumber, data.InstanceNumber, data.SeriesDescription = 1, number, "Nhu mô"
    data.Rows = data.Columns = 64
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 12, 11, 0
    data.RescaleSlope, data.RescaleIntercept, data.PixelSpacing = 1, -1024, [0.7, 0.7]
    data.ImagePositionPatient, data.ImageOrientationPatient = [0, 0, 5 * number], [1, 0, 0, 0, 1, 0]
    rows, columns = np.mgrid[:64, :64]
    data.PixelData = np.where((rows - 32) ** 2 + (columns - 32) ** 2 < 400, 1064, 24).astype("<u2").tobytes()
    for keyword, value in changes.items():
        setattr(data, keyword, value)
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    return data


def as_file(data: Dataset) -> bytes:
    """The bytes of its DICOM file."""
    out = io.BytesIO()
    data.save_as(out, enforce_file_format=True)
    return out.getvalue()
