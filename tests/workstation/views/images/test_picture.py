"""The shown frame or its series as pictures: the pixels of the one pipeline, with or without a name, audited first."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from pydicom.uid import generate_uid
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from imaging.grey import Window
from imaging.objects.graphics import Figure, Graphic
from imaging.objects.presentation_file import Taken, written_presentation
from imaging.objects.shutters import OpenCircle, covered
from imaging.objects.writing import Making
from imaging.rendering import View, render
from imaging.veils import Veil
from records.errors import Cancelled, Refusal, Trouble
from tests.imaging.objects.test_presentation import SHUTTERS, changed
from tests.workstation.models.images.stacks import HeldStack, disc, loaded, slice_at
from tests.workstation.views.images.shelf import CT, SLICES, Reader, press
from workstation.models.images.archive_outgoing import OfArchive
from workstation.models.images.marks import Kind, Mark
from workstation.models.images.measuring import measured
from workstation.models.images.picture import Drawn, Names, Wanted, draw_all, names_in, whole_frame
from workstation.models.images.stack import Fetch, Loaded
from workstation.models.images.view_state import ViewState
from workstation.views.images.key_images import pixels_of
from workstation.views.images.leaving import Leaving
from workstation.views.images.picture import PictureDialog


@pytest.fixture
def leaving(opened: Reader) -> Leaving:
    reading = opened.place.reading
    return Leaving(OfArchive(reading.desk, reading.patient), opened.place, opened.actions)


def asked(reader: Reader, leaving: Leaving) -> PictureDialog:
    assert leaving.parent() is reader.place
    reader.actions.trigger("images.picture")
    [found] = [one for one in reader.window.findChildren(PictureDialog) if one.isVisible()]
    return found


def saved(dialog: PictureDialog, file: Path, qtbot: QtBot) -> Path:
    with qtbot.waitSignal(dialog._model.saved, timeout=10_000) as told:
        dialog.begin(file)
    assert told.args is not None
    done: Path = told.args[0]
    return done


def test_the_shown_frame_is_saved_pixel_for_pixel_with_or_without_its_patient(
        opened: Reader, leaving: Leaving, tmp_path: Path, qtbot: QtBot) -> None:
    viewport = opened.place.grid.viewport
    viewport.gaze.scroll_to(4)
    viewport.become(viewport.state.windowed(Window(100, 500)).turned())
    here = viewport.here
    assert here is not None
    dialog = asked(opened, leaving)
    dialog.choose()
    assert "nhật ký" in dialog.words.text(), "nothing leaves without a reason"
    dialog.reason.setText("Hội chẩn qua điện thoại")
    dialog.nameless.setChecked(True)
    dialog.marks.setChecked(False)
    file = saved(dialog, tmp_path / "anh", qtbot)
    assert file.suffix == ".png"
    truth = render(here.frame, here.grey, View(Window(100, 500), quarter_turns=1))
    assert np.array_equal(imagecodecs.png_decode(file.read_bytes()), truth)
    assert dialog.grab().save(str(tmp_path / "dialog.png"))
    dialog.marks.setChecked(True)
    seen = imagecodecs.png_decode(saved(dialog, tmp_path / "seen.png", qtbot).read_bytes())
    assert np.array_equal(seen, pixels_of(viewport.snapshot()))
    dialog.named.setChecked(True)
    named = imagecodecs.png_decode(saved(dialog, tmp_path / "named.png", qtbot).read_bytes())
    assert named.shape[0] > seen.shape[0]
    assert np.array_equal(named[:seen.shape[0], :, 0], seen if seen.ndim == 2 else seen[:, :, 0])
    assert named[seen.shape[0]:].max() > 100, "words stand below it"
    assert saved(dialog, tmp_path / "anh.jpg", qtbot).read_bytes()[:2] == b"\xff\xd8"
    assert [(one.studies, one.named) for one in opened.desks.little.exports] == [
        ((CT,), False), ((CT,), False), ((CT,), True), ((CT,), True)], "each is told before it is written"


def test_what_stands_in_the_pixels_is_said() -> None:
    assert names_in(loaded(slice_at(disc(), BurnedInAnnotation="YES"))) is Names.SAID
    assert names_in(loaded(slice_at(disc(), Modality="US"))) is Names.PERHAPS
    assert names_in(loaded(slice_at(disc(), Modality="US", BurnedInAnnotation="NO"))) is Names.NONE
    assert names_in(loaded(slice_at(disc()))) is Names.NONE


def test_a_whole_series_is_saved_in_numbered_files(opened: Reader, leaving: Leaving, tmp_path: Path,
                                                   qtbot: QtBot) -> None:
    viewport = opened.place.grid.viewport
    viewport.become(viewport.state.windowed(Window(100, 500)).flipped())
    stack = viewport.gaze.stack
    assert stack is not None
    dialog = asked(opened, leaving)
    assert dialog.all.text().startswith(f"Cả chuỗi: {SLICES} ảnh")
    dialog.all.setChecked(True)
    dialog.nameless.setChecked(True)
    dialog.marks.setChecked(False)
    dialog.choose()
    assert "nhật ký" in dialog.words.text(), "nothing leaves without a reason"
    dialog.reason.setText("Bài giảng")
    with qtbot.waitSignal(dialog._model.saved, timeout=10_000):
        dialog.begin_all(tmp_path)
    assert dialog.grab().save(str(tmp_path / "dialog.png"))
    folder = tmp_path / "ANH-KHONG-TEN"
    assert [file.name for file in sorted(folder.iterdir())] == [f"{n:04d}.png" for n in range(1, SLICES + 1)]
    assert dialog.words.text() == f"Đã lưu {SLICES} ảnh vào {folder}."
    for place in (0, SLICES - 1):
        here = stack.loaded(place)
        assert here is not None
        truth = render(here.frame, here.grey, View(Window(100, 500), mirrored=True))
        assert np.array_equal(imagecodecs.png_decode((folder / f"{place + 1:04d}.png").read_bytes()), truth)
    dialog.named.setChecked(True)
    dialog.jpeg.setChecked(True)
    with qtbot.waitSignal(dialog._model.saved, timeout=10_000):
        dialog.begin_all(tmp_path)
    [named] = [one for one in tmp_path.iterdir() if one.name.endswith("-CHUOI-1")]
    first = imagecodecs.jpeg_decode((named / "0001.jpg").read_bytes())
    assert first.shape[0] > disc().shape[0], "a line with the name stands below"
    assert [(one.studies, one.named) for one in opened.desks.little.exports] == [((CT,), False), ((CT,), True)]


def drawn(stack: HeldStack, folder: Path, *, named: bool = False, stop: threading.Event | None = None) -> Drawn:
    fetches = [stack.fetching(place) for place in range(len(stack))]
    draw = partial(whole_frame, look=ViewState(), named=named)
    return draw_all(Wanted(fetches, draw, folder, ".png", named), stop or threading.Event(), lambda _done: None)


def test_frames_that_may_not_leave_are_told_and_a_stop_leaves_nothing(tmp_path: Path) -> None:
    burnt = loaded(slice_at(disc(2), 2, BurnedInAnnotation="YES"))
    good = [loaded(slice_at(disc(number), number)) for number in (1, 3)]
    stack = HeldStack([good[0], burnt, good[1]])
    told = drawn(stack, tmp_path / "out")
    assert (told.files, told.missing) == (2, 1)
    assert told.left_out[0].code == "image_names_in_pixels"
    assert sorted(file.name for file in told.folder.iterdir()) == ["0001.png", "0003.png"], "numbers stay the slices'"
    assert drawn(stack, tmp_path / "named", named=True).files == 3
    stopped = threading.Event()
    stopped.set()
    with pytest.raises(Cancelled):
        drawn(stack, tmp_path / "stopped", stop=stopped)
    with pytest.raises(Trouble):
        drawn(Away([good[0], good[1]]), tmp_path / "away")
    with pytest.raises(Refusal, match="could not be written"):
        drawn(stack, tmp_path / "out")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["named", "out"]
    assert len(list((tmp_path / "out").iterdir())) == 2, "a folder that was there is never touched"


class Away(HeldStack):
    """Its second frame is on a disc that was taken out."""

    def fetching(self, place: int) -> Fetch:
        def away(_given_up: threading.Event) -> Loaded:
            raise Trouble.because("image_file_away", detail="")

        return away if place == 1 else super().fetching(place)


def test_without_a_name_the_files_own_planes_go_too() -> None:
    dataset = slice_at(disc())
    for element, kind, value in ((0x10, "US", 96), (0x11, "US", 128), (0x40, "CS", "G"), (0x50, "SS", [1, 1]),
                                 (0x100, "US", 1), (0x102, "US", 0), (0x3000, "OW", b"\xff" * (96 * 128 // 8))):
        dataset.add_new((0x6000, element), kind, value)
    here = loaded(dataset)
    assert here.frame.overlay is not None
    assert (whole_frame(here, ViewState()) == 255).all()
    plain = whole_frame(loaded(slice_at(disc())), ViewState())
    assert np.array_equal(whole_frame(here, ViewState(), named=False), plain)


def test_a_series_is_saved_image_by_image_as_the_viewport_shows_it(
        opened: Reader, leaving: Leaving, tmp_path: Path, qtbot: QtBot) -> None:
    """A presentation state lies on it: each image has its own window, area and shutter there, and its own marks."""
    viewport = opened.place.grid.viewport
    stack = viewport.gaze.stack
    assert stack is not None
    slices = [one for one in map(stack.loaded, range(3)) if one is not None]
    looks = [View(voi=Window(-600, 1500), quarter_turns=1), View(voi=Window(40, 400), quarter_turns=1)]
    takes = [Taken(one.image, one.frame, look, (Graphic(Figure.POLYLINE, ((5.0, 5.0), (100.0, 80.0))),))
             for one, look in zip(slices, looks, strict=False)]
    making = Making(generate_uid(), generate_uid(), datetime(2026, 11, 16, 16, 5, tzinfo=UTC), 9001)
    state = changed(written_presentation(takes, making, label="HOI CHAN", creator="Hà"), **SHUTTERS["circle"])
    opened.place.reading.annexes.take([state])
    opened.place.reading.marks.put(measured(Mark.new(slices[1].spot, Kind.LENGTH, ((20.0, 20.0), (60.0, 20.0))),
                                            slices[1]))
    press(opened, Qt.Key.Key_Home)
    press(opened, Qt.Key.Key_H)
    on_page = [leaving._draw()(one.image, 1, one.frame) for one in slices]
    assert on_page[2] is None, "the state says nothing of it: it is drawn as its file says"
    shapes = [picture.shape for picture in on_page[:2] if picture is not None]
    assert shapes == [(384, 512, 3), (384, 512, 3)], "large enough for words beside marks"
    dialog = asked(opened, leaving)
    dialog.all.setChecked(True)
    dialog.reason.setText("Hội chẩn")
    with qtbot.waitSignal(dialog._model.saved, timeout=20_000):
        dialog.begin_all(tmp_path)
    [folder] = [one for one in tmp_path.iterdir() if one.is_dir()]
    shown = []
    viewport.choose(None)
    viewport.set_lines([])
    for place in range(3):  # the third one: the state says nothing of it
        viewport.scroll_to(place)
        seen = pixels_of(viewport.snapshot())
        saved_one = imagecodecs.png_decode((folder / f"{place + 1:04d}.png").read_bytes())
        above = saved_one[:seen.shape[0]]  # a line with the name stands below
        assert np.array_equal(above if above.ndim == seen.ndim else above[:, :, 0], seen), place
        shown.append(seen)
    assert not np.array_equal(shown[0], shown[1])
    dialog.marks.setChecked(False)
    dialog.nameless.setChecked(True)
    with qtbot.waitSignal(dialog._model.saved, timeout=20_000):
        dialog.begin_all(tmp_path)
    whole = imagecodecs.png_decode((tmp_path / "ANH-KHONG-TEN" / "0002.png").read_bytes())
    mask = covered((OpenCircle(30, 40, 20),), 96, 128)
    assert mask is not None
    of = slices[1]
    assert np.array_equal(whole, render(of.frame, of.grey, View(
        Window(40, 400), quarter_turns=1, shutter=False, veils=(Veil(mask, 0),)))), "its own window and shutter"
