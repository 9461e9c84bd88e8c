"""One person's studies as the viewer lists them, wherever they are, and the words by which they are told apart."""

from __future__ import annotations

from datetime import date

from PyQt6.QtCore import QObject, pyqtSignal

from records.image_lists import ImageSeriesView, ImageStudyView

MODALITY_WORDS = {
    "CT": "CT", "MR": "Cộng hưởng từ", "CR": "X-quang", "DX": "X-quang", "RG": "X-quang", "RF": "X-quang",
    "MG": "Nhũ ảnh",
    "US": "Siêu âm", "XA": "Chụp mạch", "NM": "Xạ hình", "PT": "PET", "ES": "Nội soi", "ECG": "Điện tim",
    "EEG": "Điện não", "PX": "X-quang răng", "IO": "X-quang răng",
}

_TOLD = {"ECG": "điện tim", "HD": "sóng huyết động", "EPS": "điện sinh lý", "EEG": "điện não", "SR": "báo cáo",
         "DOC": "tài liệu PDF", "PR": "cách trình bày", "KO": "ảnh then chốt"}
ANNEXES = frozenset(("PR", "KO"))
"""What is laid upon pictures or marks some of them, and is told there."""
_SLICED = frozenset({"CT", "MR", "PT", "RTDOSE"})
_SLICED_FILMS = frozenset({"MG"})
"""Of these a file of several frames is a tomosynthesis; one of one frame is a picture of its own."""


class StudyList(QObject):
    """One person's studies, wherever they are; what is shown changes when `loaded` says so, and never else."""

    loaded = pyqtSignal()
    news_changed = pyqtSignal()
    refused = pyqtSignal(object)
    """Refusal: nothing could be asked; what is shown stays."""

    @property
    def studies(self) -> tuple[ImageStudyView, ...]:
        """Newest first."""
        return ()

    @property
    def known(self) -> bool:
        """Whether anything was answered yet."""
        return True

    def study(self, uid: str) -> ImageStudyView | None:
        """One of them."""
        return next((study for study in self.studies if study.uid == uid), None)

    def series(self, uid: str) -> tuple[ImageStudyView, ImageSeriesView] | None:
        """A series and its study."""
        return next(((study, one) for study in self.studies for one in study.series if one.uid == uid), None)

    def load(self) -> None:
        """Ask for them; `loaded` follows."""
        self.loaded.emit()

    def watch(self, *, on: bool) -> None:
        """Whether somebody reads: what comes is looked for then."""


def study_words(study: ImageStudyView) -> str:
    """«CT ngực»: the device's own words, else the modality's."""
    if study.description:
        return study.description
    return ", ".join(dict.fromkeys(MODALITY_WORDS.get(one, one) for one in study.modalities)) or "Hình ảnh"


def series_words(series: ImageSeriesView) -> str:
    """«1 Phổi 1,25 mm»."""
    told = series.description or MODALITY_WORDS.get(series.modality, series.modality)
    return f"{series.number} {told}".strip() if series.number is not None else told


def told_words(series: ImageSeriesView) -> str:
    """What a series without pictures is."""
    return _TOLD.get(series.modality, "không có ảnh")


def noun_of(series: ImageSeriesView) -> str:
    """What one picture of it is called."""
    return noun(series.modality, series.frames, film=series.frames > series.instances)


def noun(modality: str, count: int, *, film: bool) -> str:
    """«lát», a slice of the body, however many of them are in a file; «khung hình», a frame of a film (`film`: a file
    has several); «ảnh», a picture of its own, or the only one. Where it is not known which, all are «ảnh».
    """
    if count > 1 and (modality in _SLICED or (film and modality in _SLICED_FILMS)):
        return "lát"
    return "khung hình" if film else "ảnh"


def day_of(study: ImageStudyView) -> date | None:
    """The day as the device wrote it; None when it wrote none."""
    try:
        return date(int(study.date[:4]), int(study.date[4:6]), int(study.date[6:8]))
    except ValueError:
        return None


def written_day(study: ImageStudyView) -> str:
    """16/11/2026."""
    day = day_of(study)
    return f"{day:%d/%m/%Y}" if day is not None else "Không rõ ngày"


def span_words(other: ImageStudyView, read: ImageStudyView) -> str:
    """How long before or after the study that is read another one was made: «lần trước, 21 tháng trước»."""
    one, here = day_of(other), day_of(read)
    if one is None or here is None:
        return "lần khác"
    days = (here - one).days
    if days == 0:
        return "lần khác, cùng ngày"
    which, side = ("lần trước", "trước") if days > 0 else ("lần sau", "sau")
    days = abs(days)
    far = (f"{days} ngày" if days < 60 else f"{round(days / 30.44)} tháng" if days < 1100 else
           f"{round(days / 365.25)} năm")
    return f"{which}, {far} {side}"
