"""The words in a viewport's corners: what is shown, which place of how many, when taken, window, zoom, calibration."""

from __future__ import annotations

import math
from dataclasses import dataclass

from imaging.attributes import number, text
from imaging.geometry import Calibration
from imaging.grey import FullDynamic, Table, Voi, Window, full_window
from workstation.models.images.measuring import calibration_here
from workstation.models.images.readings import decimal
from workstation.models.images.stack import Loaded
from workstation.models.images.study_list import noun

SERIES = " · chuỗi "
"""Between a study and its series."""


@dataclass(frozen=True)
class Words:
    """What the place knows of a stack and the file does not: empty parts are told by the file."""

    title: str = ""
    """«CT ngực · chuỗi 1 Phổi»."""
    note: str = ""
    """After the slice: «nối cuộn», «lần trước, 21 tháng»."""
    noun: str = ""
    """What its series calls one place: the same at each of them."""
    lines: tuple[str, ...] = ()
    """Below: whose presentation is laid upon it, that it is a key image."""


@dataclass(frozen=True)
class Corners:
    """Lines of each corner, from the top; `warning` stands in yellow at the bottom right."""

    top_left: tuple[str, ...]
    top_right: tuple[str, ...]
    bottom_left: tuple[str, ...]
    bottom_right: tuple[str, ...]
    warning: str = ""


@dataclass(frozen=True)
class Told:
    """What a picture's file says for its corners: read once, because a window is dragged sixty times a second."""

    title: str
    noun: str
    """What one place is, where nothing else says so."""
    thickness: str
    taken: str
    warning: str
    grey: bool


def told_by(here: Loaded) -> Told:
    """The words that stay while a picture is seen."""
    thickness = number(here.image.dataset, "SliceThickness")
    thick = f"dày {written(thickness)} mm" if thickness and thickness > 0 else ""
    return Told(_title(here), _noun(here), thick, taken(here), warning_of(here), here.frame.is_grey)


def corners_of(told: Told, place: int, count: int, words: Words, *, voi: Voi, scale: float,
               invert: bool = False, full: bool = False) -> Corners:
    """The four corners for what is shown. `full`: the window is this picture's own full range."""
    kind = (words.noun or (told.noun if count > 1 else "ảnh")).capitalize()
    line = " · ".join(filter(None, (f"{kind} {place + 1}/{count}", told.thickness, words.note)))
    return Corners((words.title or told.title, line, *words.lines), (told.taken,),
                   (_window(voi, invert=invert, full=full) if told.grey else _inverted("", invert=invert),),
                   (f"phóng {decimal(scale, 1 if scale >= 0.1 else 2)}×",), told.warning)


def warning_of(here: Loaded) -> str:
    """What must be known before anything is measured in this picture; empty when sizes are true to the body."""
    spacing = calibration_here(here)
    if spacing is None or spacing.calibration is Calibration.CALIBRATED:
        return ""
    if spacing.calibration is Calibration.NONE:
        return "Không có thước: chỉ đo được bằng điểm ảnh"
    if spacing.calibration is Calibration.ESTIMATED:
        return f"Thước ước lượng theo độ phóng đại {spacing.note.replace('.', ',')}"
    return "Thước theo cảm biến, không phải trong cơ thể"


def ruler_words(here: Loaded) -> str:
    """How far sizes in this picture can be trusted, in full: for the panel beside it."""
    spacing = calibration_here(here)
    if spacing is None:
        return "Siêu âm: mỗi vùng có thước riêng; ngoài vùng chỉ đo được bằng điểm ảnh"
    if spacing.calibration is Calibration.CALIBRATED:
        return f"Hiệu chuẩn: điểm ảnh {decimal(spacing.x_mm, 3)} mm"
    return warning_of(here)


def meant(here: Loaded, voi: Voi | None) -> Window | Table:
    """The window that is painted: the file's own where none was chosen, the frame's ends for the full range."""
    chosen = voi or here.grey.default
    return full_window(here.grey, here.frame.values) if isinstance(chosen, FullDynamic) else chosen


def taken(here: Loaded) -> str:
    """Day and time on the device's own clock, dd/mm/yyyy hh:mm: of the acquisition where it is told."""
    dataset = here.image.dataset
    whole = text(dataset, "AcquisitionDateTime")
    if len(whole) >= 8:
        return _moment(whole[:8], whole[8:])
    for kind in ("Acquisition", "Content", "Series", "Study"):
        if day := text(dataset, f"{kind}Date"):
            return _moment(day, text(dataset, f"{kind}Time"))
    return ""


def _moment(day: str, time: str) -> str:
    day = day.replace(".", "")  # as devices wrote it before 1993
    written = f"{day[6:8]}/{day[4:6]}/{day[:4]}" if len(day) == 8 and day.isdigit() else day
    digits = time.replace(":", "")[:4]
    return f"{written} {digits[:2]}:{digits[2:]}" if len(digits) == 4 and digits.isdigit() else written


def _title(here: Loaded) -> str:
    dataset = here.image.dataset
    series = " ".join(filter(None, (text(dataset, "SeriesNumber"), text(dataset, "SeriesDescription"))))
    body = text(dataset, "BodyPartExamined").lower()
    what = f"{text(dataset, 'Modality')} {body}".strip()
    return f"{what}{SERIES}{series}" if what and series else what or (series and f"chuỗi {series}")


def _noun(here: Loaded) -> str:
    frames = here.image.format.frames if here.image.why_not is None else 1
    return noun(text(here.image.dataset, "Modality"), max(frames, 2), film=frames > 1)


def _window(voi: Voi, *, invert: bool, full: bool) -> str:
    if isinstance(voi, Window):
        whole = " · toàn dải" if full else ""
        return _inverted(f"W {written(voi.width)} · L {written(voi.center)}{whole}", invert=invert)
    return _inverted(voi.name or "Bảng mức xám của tệp" if isinstance(voi, Table) else "", invert=invert)


def _inverted(told: str, *, invert: bool) -> str:
    return " · ".join(filter(None, (told, "đảo" if invert else "")))


def written(value: float) -> str:
    """A figure with as many digits as it has, two at most (1,25 mm; W 400); small ones with three that count."""
    if not math.isfinite(value):
        return "—"
    digits = 2 if abs(value) >= 0.1 or value == 0 else 5
    plain = decimal(value, digits)
    return plain.rstrip("0").rstrip(",") if "," in plain else plain
