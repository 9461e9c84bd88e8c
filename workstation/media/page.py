"""The small page on a medium that shows its pictures in any browser, without a network and without a DICOM viewer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from imaging.attributes import text
from imaging.geometry import aspect_of
from imaging.image import Decoder, Frame, Image, open_image
from imaging.jpeg import jpeg
from imaging.objects.kinds import KIND_WORDS, Kind, kind_of
from imaging.rendering import Picture, View, fitted, natural_size, render
from imaging.sources import OnDisk
from records.bundled import bundled
from records.errors import Refusal
from workstation.media.dicomdir import Written

PAGE, PICTURES = "INDEX.HTM", "PICTURES"
"""Names that ISO 9660 takes everywhere."""
MOST_FRAMES = 400
"""Of one file: a long run is thinned evenly, and the page says so."""
LARGEST = (1600, 1600)
_NO_PICTURES = frozenset(Kind) - {Kind.PICTURE, Kind.OTHER}
Draw = Callable[[Image, int, Frame], Picture | None]
"""How the person who exports sees a frame; None where nothing lies on it, and it is drawn as its file says."""


def as_filed(_image: Image, _number: int, _frame: Frame) -> Picture | None:
    """Nothing lies on any."""
    return None


@dataclass
class _Series:
    """One line of the page's list."""

    study: str
    title: str
    note: str = ""
    pictures: list[str] = field(default_factory=list)


def write_page(folder: Path, written: Sequence[Written], decoder: Decoder, *, patient: str, line: str,
               went_on: Callable[[], None] = lambda: None, draw: Draw = as_filed) -> None:
    """Pictures and page beside the DICOM files. `patient`, `line`: what stands on top; `went_on` after each file.

    A file that cannot be shown is named with its reason, and the others are shown.
    """
    pictures = folder / PICTURES
    pictures.mkdir()
    series: dict[str, _Series] = {}
    for head, one in _in_order(written):
        part = series.setdefault(text(one.header, "SeriesInstanceUID"), _Series(head, _title(one)))
        if (kind := kind_of(one.header)) in _NO_PICTURES:
            part.note = f"{KIND_WORDS[kind]}: mở tệp DICOM bằng phần mềm xem ảnh."
            went_on()
            continue
        try:
            for picture in _pictures(one.path, decoder, part, draw):
                name = f"P{sum(len(known.pictures) for known in series.values()):07d}.JPG"
                (pictures / name).write_bytes(picture)
                part.pictures.append(f"{PICTURES}/{name}")
        except Refusal as refused:
            part.note = refused.reasons[0].vietnamese
        went_on()
    told = {"patient": patient, "line": line, "series": [vars(part) for part in series.values()]}
    (folder / PAGE).write_text(_filled(patient, told), "utf-8")


def _filled(title: str, told: dict[str, Any]) -> str:
    """The data stands in a script: nothing in it may end that."""
    data = json.dumps(told, ensure_ascii=False).replace("<", "\\u003c").replace("\u2028", " ").replace("\u2029", " ")
    plain = title.replace("&", "&amp;").replace("<", "&lt;")
    page = bundled("media", "viewer.html").read_text("utf-8")
    return page.replace("@TITLE@", plain).replace("@DATA@", data)


def _pictures(path: Path, decoder: Decoder, part: _Series, draw: Draw) -> Iterator[bytes]:
    image = open_image(OnDisk(path))
    total = image.format.frames
    step = max(1, -(-total // MOST_FRAMES))
    if step > 1:
        part.note = f"cứ {step} khung hình lấy 1"
    for number in range(1, total + 1, step):
        yield jpeg(_drawn(image, number, decoder, draw))


def _drawn(image: Image, number: int, decoder: Decoder, draw: Draw) -> Picture:
    frame, aspect = image.frame(number, decoder), aspect_of(image.dataset, image.groups, number)
    if (seen := draw(image, number, frame)) is not None:
        return seen
    natural = natural_size(frame, aspect)
    size = natural if max(natural) <= max(LARGEST) else fitted(natural, LARGEST)
    return render(frame, image.grey(number), View(size=size), aspect)


def _in_order(written: Sequence[Written]) -> Iterator[tuple[str, Written]]:
    """The newest study first, on which the page opens; each with one head over all its series, whatever a report or an
    ECG in it says of its own day and name.
    """
    studies: dict[str, list[Written]] = {}
    for one in sorted(written, key=_order):
        studies.setdefault(text(one.header, "StudyInstanceUID"), []).append(one)
    for files in sorted(studies.values(), key=lambda files: max(map(_made, files)), reverse=True):
        told = min(files, key=lambda one: (kind_of(one.header) in _NO_PICTURES, not _words(one)))
        yield from ((_study(told), one) for one in files)


def _made(one: Written) -> tuple[str, str]:
    return text(one.header, "StudyDate"), text(one.header, "StudyTime")


def _order(one: Written) -> tuple[float, str, float]:
    """Series and files by their numbers."""
    return _number(one, "SeriesNumber"), text(one.header, "SeriesInstanceUID"), _number(one, "InstanceNumber")


def _number(one: Written, keyword: str) -> float:
    told = text(one.header, keyword)
    return float(told) if told.lstrip("-").isdigit() else 0.0


def _study(one: Written) -> str:
    date = text(one.header, "StudyDate")
    shown = f"{date[6:8]}/{date[4:6]}/{date[:4]} · " if len(date) == 8 and date.isdigit() else ""
    return shown + (_words(one) or text(one.header, "Modality") or "Lần chụp")


def _words(one: Written) -> str:
    return text(one.header, "StudyDescription")


def _title(one: Written) -> str:
    number, words = text(one.header, "SeriesNumber"), text(one.header, "SeriesDescription")
    return " ".join(part for part in (number, words or text(one.header, "Modality")) if part) or "Chuỗi"
