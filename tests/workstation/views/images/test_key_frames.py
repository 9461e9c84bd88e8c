"""S marks, Shift+S saves into the study with a title, A goes through the marked ones only; others' marks are seen."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from imaging.image import open_image
from imaging.objects.key_objects import OF_INTEREST, KeyObjects, read_key_objects, written_key_objects
from imaging.objects.references import ImageReference
from imaging.sources import InMemory
from tests.imaging.dciodvfy import errors_in
from tests.imaging.objects import test_document, test_waveform
from tests.imaging.objects.test_key_objects import making
from tests.imaging.samples import written
from tests.workstation.views.images.shelf import CT, LUNG, SLICES, SOFT, Kept, Reader, press
from tests.workstation.views.images.test_contents import pdf
from tests.workstation.views.keyboard import KEYS
from workstation.models.images.hanging import Hung
from workstation.models.images.key_stack import KeyStack
from workstation.models.images.objects import _opened
from workstation.models.images.patient_reading import ReadingModel
from workstation.models.images.stack import Spot
from workstation.views.images.key_frames_dialog import KeyFramesDialog

SHIFT = Qt.KeyboardModifier.ShiftModifier


def dialog(reader: Reader) -> KeyFramesDialog:
    [found] = [one for one in reader.window.findChildren(KeyFramesDialog) if one.isVisible()]
    return found


def spoken(reader: Reader, series: str) -> int:
    return reader.place.strip.keys_in(series)


def test_frames_are_marked_saved_with_a_title_and_found_again(opened: Reader, qtbot: QtBot, tmp_path: Path) -> None:
    place, kept = opened.place, Kept()
    place.reading.saver._client = kept
    viewport = place.grid.viewport
    press(opened, Qt.Key.Key_S, SHIFT)
    assert "Chưa đánh dấu ảnh nào" in place.told_words.text()
    for at in (3, 7):
        viewport.gaze.scroll_to(at)
        press(opened, Qt.Key.Key_S)
    assert place.told_words.text() == "Đã đánh dấu ảnh then chốt: 2 ảnh chờ lưu, Shift+S để lưu vào lần chụp."
    here = viewport.here
    assert here is not None
    assert viewport._face._lines(here) == ("Ảnh then chốt · chưa lưu",)
    assert (spoken(opened, LUNG), spoken(opened, SOFT)) == (2, 0)
    press(opened, Qt.Key.Key_S, SHIFT)
    asked = dialog(opened)
    asked.titles.setCurrentRow(2)
    asked.words.setText("Đám mờ thùy dưới")
    with qtbot.waitSignal(place.reading.saver.saved, timeout=10_000):
        KEYS.keyClick(asked.words, Qt.Key.Key_Return)
    [file] = kept.files
    assert errors_in(file, tmp_path) == []
    selected = read_key_objects(open_image(InMemory(file)).dataset)
    assert (selected.title_words, selected.description) == ("Cho hội chẩn", "Đám mờ thùy dưới")
    assert [one.instance_uid for one in selected.images] == [f"{LUNG}.4", f"{LUNG}.8"]
    assert place.reading.key_frames.waiting == ()
    assert viewport._face._lines(here)[0].startswith("Ảnh then chốt · Cho hội chẩn: ")
    assert spoken(opened, LUNG) == 2


def test_only_key_images_are_scrolled_and_a_jump_elsewhere_shows_the_whole_series(opened: Reader) -> None:
    place = opened.place
    viewport = place.grid.viewport
    press(opened, Qt.Key.Key_A)
    assert place.told_words.text() == "Chuỗi này chưa có ảnh then chốt nào."
    others = KeyObjects(OF_INTEREST, "", tuple(ImageReference("1.2", f"{LUNG}.{at + 1}", (), LUNG, CT)
                                               for at in (3, 7, 15)), "Lê^Minh")
    assert viewport.here is not None
    place.reading.annexes.take([written_key_objects(others, viewport.here.image.dataset, making())])
    viewport.gaze.scroll_to(6)
    press(opened, Qt.Key.Key_A)
    assert isinstance(viewport.gaze.stack, KeyStack)
    assert (viewport.gaze.count, viewport.here.spot.sop_instance_uid) == (3, f"{LUNG}.8")
    assert "Lê Minh" in viewport._face._lines(viewport.here)[0]
    press(opened, Qt.Key.Key_Down)
    assert viewport.here.spot.sop_instance_uid == f"{LUNG}.16"
    press(opened, Qt.Key.Key_A)
    assert (viewport.gaze.count, viewport.gaze.seen) == (SLICES, 15)
    press(opened, Qt.Key.Key_A)
    place.show_spot(Spot(CT, LUNG, f"{LUNG}.2"))
    assert (viewport.gaze.count, viewport.gaze.seen) == (SLICES, 1)


def test_marks_that_wait_survive_closing_and_can_be_taken_back(opened: Reader, qtbot: QtBot) -> None:
    reading = opened.place.reading
    press(opened, Qt.Key.Key_S)
    first = reading.key_frames.waiting
    assert len(first) == 1
    store, key = reading.desk.store, f"key-frames:{reading.patient.id}"
    qtbot.waitUntil(lambda: bool(store.kept(key)), timeout=10_000)
    again = ReadingModel(reading.desk, reading.patient, opened.shelf)
    assert again.key_frames.waiting == first
    again.stop()
    again.deleteLater()
    press(opened, Qt.Key.Key_S)
    assert not opened.place.reading.key_frames.waiting
    qtbot.waitUntil(lambda: store.kept(key) == [], timeout=10_000)


def test_a_plane_that_was_built_here_is_no_key_image(opened: Reader) -> None:
    opened.place.grid.activate(2)
    opened.place.grid.viewport.setFocus()
    press(opened, Qt.Key.Key_S)
    assert "lát gốc" in opened.place.told_words.text()


def test_a_strip_and_a_document_are_marked_and_saved_as_what_they_are(
        opened: Reader, qtbot: QtBot, tmp_path: Path) -> None:
    """A key object may name any composite object; an ECG is a WAVEFORM in it, a document a COMPOSITE (TID 2010)."""
    place, grid, kept, series = opened.place, opened.place.grid, Kept(), "1.2.1.9"
    place.reading.saver._client = kept
    files = [_opened(f"{series}.{number}", written(dataset)) for number, dataset in enumerate((
        test_waveform.recording(test_waveform.group(test_waveform.beats())), test_document.encapsulated(pdf())), 1)]
    grid.put(Hung(CT, series))
    place.reading.objects.opened.emit(series, files)
    grid.active.take_keys()
    press(opened, Qt.Key.Key_S)
    assert place.told_words.text().startswith("Đã đánh dấu điện tim này là then chốt: 1 mục chờ lưu")
    pane = grid.active.pane
    assert pane is not None
    assert pane._key.text() == "Then chốt · chưa lưu"
    assert spoken(opened, series) == 1
    pane.step(1)
    assert pane._key.text() == ""
    focused = QApplication.focusWidget()
    assert focused is not None
    assert pane.isAncestorOf(focused), "the next file keeps the keys: they went to the tool bar"
    press(opened, Qt.Key.Key_S)
    assert place.told_words.text().startswith("Đã đánh dấu tài liệu này là then chốt: 2 mục chờ lưu")
    QApplication.processEvents()
    assert opened.window.grab().save(str(tmp_path / "strip.png"))
    press(opened, Qt.Key.Key_S, SHIFT)
    with qtbot.waitSignal(place.reading.saver.saved, timeout=10_000):
        KEYS.keyClick(dialog(opened).words, Qt.Key.Key_Return)
    [file] = kept.files
    assert errors_in(file, tmp_path) == []
    dataset = open_image(InMemory(file)).dataset
    kinds = [entry.ValueType for entry in dataset.ContentSequence if "ReferencedSOPSequence" in entry]
    assert kinds == ["WAVEFORM", "COMPOSITE"]
    assert [one.instance_uid for one in read_key_objects(dataset).images] == [f"{series}.1", f"{series}.2"]
