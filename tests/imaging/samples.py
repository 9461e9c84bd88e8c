"""Public test files (pydicom's, and its package of larger ones), and phantoms made here, whose truth is computed."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import data_store
import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian, generate_uid

from imaging.image import Image, open_image
from imaging.sources import LIMITS, InMemory, Limits

FOLDERS = (Path(pydicom.__file__).parent / "data" / "test_files", Path(data_store.__file__).parent / "data")


def public_files() -> dict[str, Path]:
    """Every DICOM file of theirs by its name within its folder."""
    return {str(file.relative_to(folder)): file for folder in FOLDERS for file in sorted(folder.rglob("*"))
            if file.is_file() and file.suffix in ("", ".dcm") and not file.name.startswith(("README", "DICOMDIR"))}


def phantom(values: NDArray[Any], syntax: UID = ExplicitVRLittleEndian, **attributes: Any) -> Dataset:
    """A CT slice with these stored values; frames are one more axis in front, colour three samples behind."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = CTImageStorage
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID = generate_uid()
    colour = values.shape[-1] == 3
    dataset.Modality, dataset.PatientName, dataset.PatientID = "CT", "Nguyễn^Thị Ánh", "0001"
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = "1.2.3.1", "1.2.3.2"
    shape = values.shape[:-1] if colour else values.shape
    dataset.Rows, dataset.Columns = shape[-2:]
    if len(shape) == 3:
        dataset.NumberOfFrames = shape[0]
    dataset.SamplesPerPixel = 3 if colour else 1
    dataset.PhotometricInterpretation = "RGB" if colour else "MONOCHROME2"
    if colour:
        dataset.PlanarConfiguration = 0
    dataset.BitsAllocated = dataset.BitsStored = 8 * values.dtype.itemsize
    dataset.HighBit = dataset.BitsStored - 1
    dataset.PixelRepresentation = int(values.dtype.kind == "i")
    dataset.PixelData = values.tobytes()
    dataset["PixelData"].VR = "OW"
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    return dataset


def compressed(dataset: Dataset, frames: list[bytes], syntax: UID, **how: Any) -> Dataset:
    """The same with its pixels as these codestreams."""
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.PixelData = encapsulate(frames, **how)
    dataset["PixelData"].is_undefined_length = True
    dataset["PixelData"].VR = "OB"
    return dataset


def written(dataset: Dataset) -> bytes:
    """As a file."""
    out = io.BytesIO()
    dataset.save_as(out, enforce_file_format=True)
    return out.getvalue()


def opened(dataset: Dataset, limits: Limits = LIMITS) -> Image:
    """Written, and opened by us."""
    return open_image(InMemory(written(dataset)), limits)


def smooth(rows: int = 64, columns: int = 80, top: int = 4000) -> NDArray[np.uint16]:
    """A picture that is neither flat nor noise."""
    y, x = np.mgrid[:rows, :columns]
    values: NDArray[np.uint16] = ((np.sin(x / 9) * np.cos(y / 7) + 1) / 2 * top).astype(np.uint16)
    return values
