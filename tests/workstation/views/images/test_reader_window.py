"""`benhan --images`: whose images are seen, whose is asked, and what is said where there are none."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PyQt6 import sip
from PyQt6.QtCore import QPoint, QRect, Qt
from PyQt6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from imaging.sources import MIB
from tests.imaging.objects import test_waveform
from tests.imaging.samples import written
from tests.workstation.models.images.discs import HERS, HOA, LUNG, a_disc, slices, spoil
from tests.workstation.models.images.stacks import slice_at
from tests.workstation.views.keyboard import CTRL, KEYS, press
from workstation.background import Background
from workstation.models.images.disc import DiscModel, DiscStage
from workstation.models.images.hanging import Hanging, Hung
from workstation.models.images.loading import Loader
from workstation.models.images.pixel_memory import PixelMemory
from workstation.views import style
from workstation.views.actions import Place
from workstation.views.images.disc import DiscDialog
from workstation.views.images.reader_window import ReaderWindow


@pytest.fixture
def window(qapp: QApplication, background: Background, qtbot: QtBot) -> Iterator[ReaderWindow]:
    """Open, and nothing read yet."""
    style.apply(qapp, "day")
    loader, model = Loader(PixelMemory(64 * MIB)), DiscModel(background)
    window = ReaderWindow(model, loader, background)
    with qtbot.waitActive(window, timeout=10_000):
        window.show()
    yield window
    window.close()
    assert loader.stop()
    for thing in (window, model, loader):
        thing.deleteLater()


def opened(window: ReaderWindow) -> str:
    """Whose images; nobody's yet."""
    return window.place.reading.person.name if window.place is not None else ""


def seen(window: ReaderWindow) -> bool:
    return window.place is not None and all(cell.viewport.here is not None for cell in window.place.grid.cells)


def words(window: ReaderWindow) -> str:
    page = window._pages.currentWidget()
    assert page is not None
    return " ".join(one.text() for one in page.findChildren(QLabel) if not one.isHidden())


def one_person(folder: Path, count: int = 3) -> Path:
    folder.mkdir()
    for number, file in enumerate(slices(HOA, HERS, count)):
        (folder / f"IM{number}").write_bytes(file)
    return folder


def test_one_persons_images_are_seen_at_once_below_the_name_that_stands_on_them(
        window: ReaderWindow, tmp_path: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.settled, timeout=20_000):
        window._model.read(one_person(tmp_path / "cd"))
    assert seen(window)
    assert window.place is not None
    assert "TRẦN THỊ HÒA" in window.place.whose.text()
    assert window.windowTitle() == "Ảnh từ đĩa · TRẦN THỊ HÒA — Bệnh Án"
    assert window.actions_.place is Place.IMAGES
    press(window.place.grid.viewport, Qt.Key.Key_D)
    assert window.place.bar.buttons["images.length"].isChecked(), "every tool works here"
    assert window.grab().save(str(tmp_path / "reader.png"))


def test_whose_images_is_asked_where_a_disc_has_several_peoples(
        window: ReaderWindow, tmp_path: Path, qtbot: QtBot) -> None:
    window._model.read(spoil(a_disc(tmp_path / "cd")))
    qtbot.waitUntil(lambda: bool(window.findChildren(DiscDialog)), timeout=20_000)
    assert not opened(window), "nothing is opened before a person has seen whose name stands on it"
    [dialog] = window.findChildren(DiscDialog)
    qtbot.waitUntil(dialog.isVisible, timeout=10_000)
    KEYS.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not window.findChildren(DiscDialog), timeout=10_000)
    window.ask_for_disc()
    [dialog] = window.findChildren(DiscDialog)
    assert dialog.list.count() == 4, "the list is there again: nobody's images were chosen from it"
    KEYS.keyClick(dialog.list, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(opened(window)), timeout=20_000)
    assert window.place is not None
    assert opened(window) == "NGUYEN VAN BINH"
    assert LUNG in {cell.hung.series_uid for cell in window.place.grid.cells}


def test_another_disc_takes_the_place_of_the_first(window: ReaderWindow, tmp_path: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.settled, timeout=20_000):
        window._model.read(one_person(tmp_path / "cd"))
    before = window.place
    assert before is not None
    press(window, Qt.Key.Key_O, CTRL)
    [dialog] = window.findChildren(DiscDialog)
    dialog._model.read(a_disc(tmp_path / "other"))
    qtbot.waitUntil(lambda: dialog._model.stage is DiscStage.READ, timeout=20_000)
    KEYS.keyClick(dialog.list, Qt.Key.Key_Return)
    assert window.place is not None
    assert window.place.reading.person.name == "NGUYEN VAN BINH"
    qtbot.waitUntil(lambda: seen(window) or len(window.place.grid.cells) > 1, timeout=20_000)  # type: ignore[union-attr]  # it was there above
    assert window._pages.count() == 2, "what was open before is gone"
    qtbot.waitUntil(lambda: sip.isdeleted(before), timeout=10_000)
    window.actions_.refresh()  # nothing of it is asked to show other keys


@pytest.mark.parametrize("given", ["empty", "text", "away"])
def test_a_place_without_images_says_so_and_what_to_do(
        window: ReaderWindow, given: str, tmp_path: Path, qtbot: QtBot) -> None:
    folder = tmp_path / "cd"
    folder.mkdir()
    if given == "text":
        (folder / "AUTORUN.INF").write_text("[autorun]")
    if given == "away":
        shutil.rmtree(folder)
    with qtbot.waitSignal(window.settled, timeout=20_000):
        window._model.read(folder)
    assert window.place is None
    assert "Không có tệp ảnh DICOM nào" in words(window)
    assert not window._other.isHidden()
    press(window, Qt.Key.Key_O, CTRL)
    assert window.findChildren(DiscDialog)


FILM, STRIP = "1.9.2.5", "1.9.2.6"


def a_film_and_a_strip(folder: Path) -> Path:
    """Beside slices: an ultrasound film, and an ECG."""
    told = {**HOA, "ImagePositionPatient": None, "ImageOrientationPatient": None, "Modality": "US", "FrameTime": 40,
            "SeriesInstanceUID": FILM, "SOPInstanceUID": f"{FILM}.1", "SeriesNumber": 5}
    (folder / "FILM").write_bytes(written(slice_at(np.zeros((20, 48, 64), np.uint8), **told)))
    strip = test_waveform.recording(test_waveform.group(test_waveform.beats()))
    for keyword, value in {**HOA, "SeriesInstanceUID": STRIP, "SOPInstanceUID": f"{STRIP}.1"}.items():
        setattr(strip, keyword, value)
    strip.file_meta.MediaStorageSOPInstanceUID = strip.SOPInstanceUID
    (folder / "ECG").write_bytes(written(strip))
    return folder


def test_all_viewports_of_a_layout_are_of_one_size_and_a_film_begins_at_its_beginning(
        window: ReaderWindow, tmp_path: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.settled, timeout=20_000):
        window._model.read(a_film_and_a_strip(one_person(tmp_path / "cd", 20)))
    assert window.place is not None
    grid = window.place.grid
    grid.hang(Hanging(3, 3, (Hung(HOA["StudyInstanceUID"], STRIP), Hung(HOA["StudyInstanceUID"], HERS),
                             Hung(HOA["StudyInstanceUID"], FILM))))
    strip, slices_, film = grid.cells[:3]
    qtbot.waitUntil(lambda: strip.pane is not None and slices_.viewport.here is not None and
                    film.viewport.here is not None, timeout=20_000)
    QApplication.processEvents()
    widths, heights = ({side(cell) for cell in grid.cells} for side in (QWidget.width, QWidget.height))
    assert max(widths) - min(widths) <= 1, "an ECG's buttons make no viewport wider than the others"
    assert max(heights) - min(heights) <= 1
    assert strip.pane is not None
    waveform = strip.pane.waveform
    assert waveform is not None
    assert not waveform.rect().isEmpty()
    buttons = [waveform.speed, waveform.gain, waveform.leads, waveform.fit]
    assert all(waveform.rect().contains(QRect(one.mapTo(waveform, QPoint()), one.size())) for one in buttons)
    assert (slices_.viewport.gaze.seen, film.viewport.gaze.seen) == (10, 0), "middle of a volume, start of a film"
    grid.activate(2)
    assert window.place.note().startswith("Đã tải ")
    assert "khung hình" in window.place.note()
    press(film.viewport, Qt.Key.Key_C)
    assert film.viewport.cine.words() == "đang chạy 25 hình/giây"
    press(film.viewport, Qt.Key.Key_C)
    assert film.viewport.cine.words() == ""
    assert window.grab().save(str(tmp_path / "nine.png"))
