"""Discs from elsewhere, as folders: two people, a DICOMDIR, a broken file, what is no DICOM at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.imaging.samples import written
from tests.workstation.models.images.stacks import disc, slice_at
from workstation.media.dicomdir import write_folder

BINH: dict[str, Any] = {"PatientName": "NGUYEN^VAN BINH", "PatientID": "BVT-7731", "PatientBirthDate": "19590312",
                        "PatientSex": "M", "StudyInstanceUID": "1.9.1", "StudyDescription": "CT nguc",
                        "StudyDate": "20261102", "FrameOfReferenceUID": "1.9.1.7"}
HOA: dict[str, Any] = {"PatientName": "TRẦN^THỊ HÒA", "PatientID": "BVT-12", "PatientBirthDate": "19800101",
                       "PatientSex": "F", "StudyInstanceUID": "1.9.2", "StudyDate": "20251102"}
LUNG, SOFT, HERS = "1.9.1.1", "1.9.1.2", "1.9.2.1"


def slices(who: dict[str, Any], series: str, count: int, **attributes: Any) -> Iterator[bytes]:
    """A series of that many slices."""
    for number in range(1, count + 1):
        yield written(slice_at(disc(number), number, **{
            "SeriesInstanceUID": series, "SOPInstanceUID": f"{series}.{number}", "SeriesNumber": int(series[-1]),
            **who, **attributes}))


def a_disc(folder: Path, count: int = 12) -> Path:
    """Written as a modality would: a DICOMDIR, and files in folders that it names."""
    write_folder(folder, [*slices(BINH, LUNG, count, SeriesDescription="Phoi"), *slices(BINH, SOFT, 6),
                          *slices(HOA, HERS, 3)])
    return folder


def spoil(folder: Path) -> Path:
    """One file's header is cut, another holds less than its pixels; a movie and a text lie beside them."""
    files = sorted(file for file in folder.rglob("*") if file.is_file() and file.name != "DICOMDIR")
    files[0].write_bytes(files[0].read_bytes()[:400])
    files[1].write_bytes(files[1].read_bytes()[:-9000])
    (folder / "AUTORUN.INF").write_text("[autorun]")
    (folder / "VIEWER.EXE").write_bytes(b"MZ" + bytes(4000))
    return folder
