"""Made-up pictures for the demo hospital: a chest CT with a shadow in the right lung, and two X-rays of that chest.

Nothing in them is a person's: they are drawn from ellipses and noise of a fixed seed, and say so in the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

CT, DX = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.1.1"
SIDE, SLICES, STEP_MM, PIXEL_MM = 320, 80, 3.5, 1.125
Values = NDArray[np.float32]
Grid = tuple[Values, Values]
_AIR = -1024


@dataclass(frozen=True)
class Who:
    """Whom the pictures name."""

    patient_no: str
    full_name: str
    birth_date: str
    sex: str


def studies(who: Who, now: datetime) -> Iterator[list[Dataset]]:
    """Each a study: the CT of today, an X-ray of yesterday, one of 21 months ago."""
    volume = list(_chest())
    yield _ct(who, now - timedelta(minutes=45), volume)
    yield [_xray(who, now - timedelta(days=1, hours=5), volume)]
    yield [_xray(who, now - timedelta(days=640), list(_chest(ill=False)))]


def ordered(who: Who, at: datetime, *, study: str, accession: str) -> Dataset:
    """The X-ray that somebody ordered, of the same chest: it bears the order's study and number."""
    one = _xray(who, at, list(_chest()))
    one.StudyInstanceUID, one.AccessionNumber = study, accession
    return one


def _chest(*, ill: bool = True) -> Iterator[Values]:
    """Slices from the top of the lungs down, in Hounsfield units."""
    noise = np.random.default_rng(64)
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    x, y = (x - SIDE / 2) / (SIDE / 2), (y - SIDE / 2) / (SIDE / 2)
    for number in range(SLICES):
        yield _slice(x, y, number / (SLICES - 1), noise, ill=ill)


def _slice(x: Values, y: Values, down: float, noise: np.random.Generator, *, ill: bool) -> Values:
    values = np.full(x.shape, _AIR, np.float32)
    wide = 0.78 + 0.1 * np.sin(down * 2.4)
    values[_in((x, y), 0, 0, wide, 0.58)] = -90
    values[_in((x, y), 0, 0, wide - 0.05, 0.53)] = 45
    open_ = np.sin(np.clip(down * 0.9 + 0.12, 0, 1) * np.pi) ** 0.5
    lungs = np.zeros(x.shape, bool)
    for side in (-1, 1):
        lungs |= _in((x, y), side * 0.36, -0.02, 0.3 * open_, 0.42 * open_)
    if down > 0.8:
        lungs &= y > -0.1 + (down - 0.8) * 2
    values[lungs] = -860
    for across, deep, size in noise.uniform((-0.6, -0.4, 0.006), (0.6, 0.38, 0.018), (46, 3)):
        values[lungs & _in((x, y), across, deep, size, size)] = -150
    if 0.25 < down < 0.9:
        values[_in((x, y), 0.1, -0.08, 0.25 * np.sin((down - 0.2) * 4.2) + 0.06, 0.22)] = 50
    values[_in((x, y), 0, -0.05 + 0.1 * down, 0.045, 0.05)] = -980
    values[_in((x, y), 0.07, 0.2, 0.07, 0.07)] = 160
    _bones(values, x, y, down, wide)
    if ill:
        _shadow(values, (x, y), down, lungs, noise)
    return np.where(values == _AIR, values, values + noise.normal(0, 14, x.shape).astype(np.float32))


def _bones(values: Values, x: Values, y: Values, down: float, wide: float) -> None:
    values[_in((x, y), 0, 0.36, 0.13, 0.1)] = 420
    values[_in((x, y), 0, 0.36, 0.1, 0.07)] = 180
    values[_in((x, y), 0, 0.48, 0.03, 0.09)] = 480
    values[_in((x, y), 0, -0.5, 0.07, 0.025)] = 380
    for rib in range(9):
        angle = (rib + 0.5) / 9 * np.pi * 2 + down * 9
        across, deep = np.cos(angle) * (wide - 0.1), np.sin(angle) * 0.47
        values[_in((x, y), across, deep, 0.05, 0.028)] = 520


def _shadow(values: Values, grid: Grid, down: float, lungs: NDArray[np.bool_], noise: np.random.Generator) -> None:
    """Consolidation with air in it; the patient's right is on the picture's left."""
    size = 0.2 * np.sqrt(max(0.0, 1 - ((down - 0.66) / 0.17) ** 2))
    if size <= 0.02:
        return
    inside = _in(grid, -0.42, 0.16, size, size * 0.8) & lungs
    values[inside] = 20 + 60 * noise.random(int(inside.sum())).astype(np.float32)
    values[inside & (noise.random(values.shape) > 0.985)] = -600


def _in(grid: Grid, left: float, top: float, wide: float, high: float) -> NDArray[np.bool_]:
    x, y = grid
    made: NDArray[np.bool_] = ((x - left) / max(wide, 1e-3)) ** 2 + ((y - top) / max(high, 1e-3)) ** 2 <= 1
    return made


def _ct(who: Who, at: datetime, volume: list[Values]) -> list[Dataset]:
    study, frame = generate_uid(), generate_uid()
    made = []
    for number, (name, kernel, center, width) in enumerate(
            (("Phổi 3,5 mm", "LUNG", -600, 1500), ("Trung thất 3,5 mm", "STANDARD", 40, 400)), 1):
        series = generate_uid()
        for place, values in enumerate(volume, 1):
            shown = values if kernel == "LUNG" else _smooth(values)
            one = _file(CT, who, at, study, series, modality="CT", description="CT ngực", series_number=number,
                        series_description=name, number=place, accession="")
            one.update(_made({
                "FrameOfReferenceUID": frame, "ImagePositionPatient": [
                    -SIDE / 2 * PIXEL_MM, -SIDE / 2 * PIXEL_MM, round(-place * STEP_MM, 2)],
                "ImageOrientationPatient": [1, 0, 0, 0, 1, 0], "PixelSpacing": [PIXEL_MM, PIXEL_MM],
                "SliceThickness": STEP_MM, "SliceLocation": round(-place * STEP_MM, 2), "RescaleIntercept": -1024,
                "RescaleSlope": 1, "RescaleType": "HU", "WindowCenter": center, "WindowWidth": width,
                "ConvolutionKernel": kernel, "KVP": 120, "PatientPosition": "HFS", "AcquisitionNumber": 1,
                "PositionReferenceIndicator": "", "ImageType": ["DERIVED", "PRIMARY", "AXIAL"]}))
            _pixels(one, np.clip(shown + 1024, 0, 4095), 12)
            made.append(one)
    return made


def _smooth(values: Values) -> Values:
    """A soft kernel: each voxel with its neighbours."""
    around = np.pad(values, 1, mode="edge")
    total: Values = np.zeros_like(values)
    for row in range(3):
        for column in range(3):
            total += around[row:row + values.shape[0], column:column + values.shape[1]]
    total /= 9
    return total


def _xray(who: Who, at: datetime, volume: list[Values]) -> Dataset:
    """The volume's own shadow, from front to back."""
    thick = np.clip(np.stack(volume) + 1000, 0, 1600).mean(axis=1)
    dark = np.exp(-thick / 380)
    seen = np.repeat(np.repeat(dark, 9, axis=0), 3, axis=1)[:720, 60:900]
    for _ in range(4):
        seen = (np.roll(seen, 2, 0) + np.roll(seen, -2, 0) + np.roll(seen, 1, 1) + np.roll(seen, -1, 1)) / 4
    low, high = float(seen.min()), float(np.quantile(seen, 0.995))
    one = _file(DX, who, at, generate_uid(), generate_uid(), modality="DX", description="X-quang ngực thẳng",
                series_number=1, series_description="PA", number=1, accession="")
    one.update(_made({
        "ImagerPixelSpacing": [0.4, 0.4], "PatientOrientation": ["L", "F"], "ViewPosition": "PA",
        "PresentationIntentType": "FOR PRESENTATION", "PixelIntensityRelationship": "LOG",
        "PixelIntensityRelationshipSign": 1, "WindowCenter": 2048, "WindowWidth": 4096,
        "PresentationLUTShape": "INVERSE", "RescaleIntercept": 0, "RescaleSlope": 1, "RescaleType": "US",
        "LossyImageCompression": "00", "BurnedInAnnotation": "NO", "DetectorType": "", "PositionerType": "",
        "AcquisitionContextSequence": [], "ImageLaterality": "U", "AnatomicRegionSequence": [_made({
            "CodeValue": "51185008", "CodingSchemeDesignator": "SCT", "CodeMeaning": "Chest"})]}))
    _pixels(one, np.clip((seen - low) / (high - low), 0, 1) * 4095, 12)
    one.PhotometricInterpretation = "MONOCHROME1"
    return one


def _file(kind: str, who: Who, at: datetime, study: str, series: str, *, modality: str, description: str,
          series_number: int, series_description: str, number: int, accession: str) -> Dataset:
    one = _made({
        "SpecificCharacterSet": "ISO_IR 192", "SOPClassUID": kind, "SOPInstanceUID": generate_uid(),
        "StudyInstanceUID": study, "SeriesInstanceUID": series, "Modality": modality, "AccessionNumber": accession,
        "StudyDescription": description, "SeriesDescription": series_description, "SeriesNumber": series_number,
        "InstanceNumber": number, "BodyPartExamined": "CHEST", "PatientName": who.full_name,
        "PatientID": who.patient_no,
        "PatientBirthDate": who.birth_date.replace("-", ""), "PatientSex": {"1": "M", "2": "F"}.get(who.sex, "O"),
        "StudyDate": f"{at:%Y%m%d}", "StudyTime": f"{at:%H%M%S}", "SeriesDate": f"{at:%Y%m%d}",
        "SeriesTime": f"{at:%H%M%S}", "ContentDate": f"{at:%Y%m%d}", "ContentTime": f"{at:%H%M%S}",
        "StudyID": "1", "ReferringPhysicianName": "", "Manufacturer": "Bệnh Án (ảnh minh họa tạo bằng máy)",
        "ImageType": ["DERIVED", "PRIMARY"], "ImageComments": "Ảnh minh họa tạo bằng máy"})
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = one.SOPClassUID, one.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    one.file_meta = meta
    return one


def _made(values: Mapping[str, Any]) -> Dataset:
    one = Dataset()
    for keyword, value in values.items():
        setattr(one, keyword, value)
    return one


def _pixels(one: Dataset, values: NDArray[Any], bits: int) -> None:
    words = np.rint(values).astype("<u2")
    one.Rows, one.Columns = words.shape
    one.SamplesPerPixel, one.PhotometricInterpretation, one.PixelRepresentation = 1, "MONOCHROME2", 0
    one.BitsAllocated, one.BitsStored, one.HighBit = 16, bits, bits - 1
    one.PixelData = words.tobytes()
