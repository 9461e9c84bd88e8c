"""H lays what others left upon the picture, shutters and all, names whose it is, and takes it off again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from pydicom.uid import generate_uid
from PyQt6.QtCore import QRect, Qt
from PyQt6.QtGui import QColor
from pytestqt.qtbot import QtBot

from imaging.grey import Window
from imaging.image import open_image
from imaging.objects.graphics import Figure, Graphic
from imaging.objects.presentation import read_presentation
from imaging.objects.presentation_file import Taken, written_presentation
from imaging.objects.presenting import seen
from imaging.objects.shutters import OpenCircle, covered
from imaging.objects.shutters_file import Shut
from imaging.objects.writing import Making
from imaging.rendering import View, render
from imaging.sampling import Region
from imaging.sources import InMemory
from imaging.veils import Veil
from tests.imaging.objects.test_presentation import RED, SHUTTERS, changed
from tests.workstation.views.images.shelf import Kept, Reader, press
from tests.workstation.views.images.test_viewport import pixels
from workstation.models.images.orientation import Edges
from workstation.models.images.stack import Loaded
from workstation.views.images.corner_painting import boxes

SHIFT = Qt.KeyboardModifier.ShiftModifier
ROUND = {**SHUTTERS["circle"], "ShutterPresentationValue": 30000}


def here(reader: Reader) -> Loaded:
    found = reader.place.grid.viewport.here
    assert found is not None
    return found


def a_state(of: Loaded, view: View, creator: str, **attributes: object) -> bytes:
    making = Making(generate_uid(), generate_uid(), datetime(2026, 11, 16, 16, 5, tzinfo=UTC), 9001)
    line = Graphic(Figure.POLYLINE, ((5.0, 5.0), (100.0, 80.0)))
    return changed(written_presentation([Taken(of.image, of.frame, view, (line,))], making, label="HOI CHAN",
                                        creator=creator), **attributes)


def corner(reader: Reader) -> tuple[str, ...]:
    viewport = reader.place.grid.viewport
    return viewport._face._lines(here(reader))


def test_anothers_state_is_laid_named_and_taken_off_again(opened: Reader) -> None:
    place, viewport = opened.place, opened.place.grid.viewport
    before = viewport.state
    press(opened, Qt.Key.Key_H)
    assert place.told_words.text() == "Chưa ai lưu cách trình bày nào cho ảnh này."
    bone = View(voi=Window(300, 1500), quarter_turns=1, invert=True)
    place.reading.annexes.take([a_state(here(opened), bone, "Trần^Hữu Nghĩa", **ROUND),
                                a_state(here(opened), View(voi=Window(40, 90)), "", Manufacturer="Máy Hội Chẩn",
                                        ManufacturerModelName=None, PresentationCreationDate="20261115")])
    press(opened, Qt.Key.Key_H)
    assert place.told_words.text() == "Cách trình bày 1/2 của Trần Hữu Nghĩa, 16/11/2026 16:05: HOI CHAN."
    assert corner(opened) == ("Trình bày 1/2: Trần Hữu Nghĩa, 16/11/2026 16:05",)
    lens = viewport.lens()
    assert lens is not None
    words = viewport._face._words(here(opened), lens)
    *lines, top, _ = boxes(QRect(0, 0, 240, 200), words, Edges(top="A", bottom="P"))
    assert not any(top.shared(line) for line in lines), "the letter stands below the corner's lines"
    assert viewport.state.voi == Window(300, 1500)
    assert (viewport.state.quarter_turns, viewport.state.invert) == (1, True)
    press(opened, Qt.Key.Key_H)
    assert corner(opened) == ("Trình bày 2/2: máy Máy Hội Chẩn, 15/11/2026 16:05",)
    assert viewport.state.voi == Window(40, 90)
    press(opened, Qt.Key.Key_Down)
    assert corner(opened) == ("Trình bày 2/2: máy Máy Hội Chẩn, 15/11/2026 16:05: không nói về ảnh này",)
    press(opened, Qt.Key.Key_Up)
    press(opened, Qt.Key.Key_H)
    assert viewport.laid is None
    assert (viewport.state, corner(opened)) == (before, ())
    press(opened, Qt.Key.Key_H)
    press(opened, Qt.Key.Key_H, SHIFT)
    assert (viewport.laid, viewport.state) == (None, before)
    press(opened, Qt.Key.Key_H, SHIFT)
    assert "không có cách trình bày nào" in place.told_words.text()


def test_each_image_has_its_own_window_and_area_and_what_the_reader_changed_stays(opened: Reader) -> None:
    viewport = opened.place.grid.viewport
    stack = viewport.gaze.stack
    assert stack is not None
    slices = [stack.loaded(place) for place in range(3)]
    looks = [View(voi=Window(-600, 1500), quarter_turns=1), View(voi=Window(40, 400), quarter_turns=1),
             View(voi=Window(300, 1500), quarter_turns=1, region=Region(20, 10, 40, 40))]
    takes = [Taken(one.image, one.frame, look) for one, look in zip(slices, looks, strict=True) if one is not None]
    making = Making(generate_uid(), generate_uid(), datetime(2026, 11, 16, 16, 5, tzinfo=UTC), 9001)
    opened.place.reading.annexes.take([written_presentation(takes, making, label="HOI CHAN", creator="Hà")])
    press(opened, Qt.Key.Key_Home)
    before = viewport.state
    press(opened, Qt.Key.Key_H)
    whole = viewport.state.zoom
    assert (viewport.state.voi, viewport.state.quarter_turns) == (Window(-600, 1500), 1)
    press(opened, Qt.Key.Key_Down)
    assert viewport.state.voi == Window(40, 400)
    press(opened, Qt.Key.Key_Down)
    near = viewport.state
    assert near.voi == Window(300, 1500)
    assert near.zoom > 1.5 * whole
    press(opened, Qt.Key.Key_Down)
    assert replace(viewport.state, place=2) == near  # the state says nothing of this one: as the one before it
    viewport.scroll_to(1)
    assert (viewport.state.voi, viewport.state.zoom) == (Window(40, 400), whole)
    viewport.become(viewport.state.windowed(Window(80, 90)))
    viewport.scroll_to(2)
    assert (viewport.state.voi, viewport.state.zoom) == (Window(80, 90), near.zoom)  # the window is the reader's now
    viewport.become(viewport.state.turned())
    viewport.scroll_to(0)
    assert (viewport.state.quarter_turns, viewport.state.zoom) == (2, near.zoom)
    press(opened, Qt.Key.Key_H)
    assert viewport.state == before


def test_states_that_were_saved_at_once_turn_each_image_its_own_way(opened: Reader) -> None:
    viewport = opened.place.grid.viewport
    stack = viewport.gaze.stack
    assert stack is not None
    press(opened, Qt.Key.Key_Home)
    before = viewport.state
    for place, view in enumerate((View(voi=Window(40, 400), quarter_turns=1), View(voi=Window(40, 90), mirrored=True))):
        one = stack.loaded(place)
        assert one is not None
        opened.place.reading.annexes.take([a_state(one, view, "Hà")])
    later = stack.loaded(1)
    assert later is not None
    opened.place.reading.annexes.take([a_state(later, View(), "Hà", PresentationCreationTime="170000")])
    press(opened, Qt.Key.Key_H)
    assert (viewport.state.quarter_turns, viewport.state.mirrored) == (1, False)
    press(opened, Qt.Key.Key_Down)
    assert (viewport.state.quarter_turns, viewport.state.mirrored, viewport.state.voi) == (0, True, Window(40, 90))
    press(opened, Qt.Key.Key_H)
    assert viewport.laid is None, "it was the older of the two that speak of this image"
    assert replace(viewport.state, place=0) == before


@pytest.mark.parametrize("turns", [0, 3])
def test_the_shutter_is_painted_as_imaging_paints_it_and_lies_below_the_lines(opened: Reader, turns: int) -> None:
    viewport, of = opened.place.grid.viewport, here(opened)
    opened.place.reading.annexes.take([a_state(of, View(voi=Window(40, 400), quarter_turns=turns), "Hà", **ROUND)])
    press(opened, Qt.Key.Key_H)
    lens = viewport.lens()
    assert lens is not None
    view = lens.view()
    assert view is not None
    mask = covered((OpenCircle(30, 40, 20),), of.frame.rows, of.frame.columns)
    assert mask is not None
    wanted = render(of.frame, of.grey, View(
        view.voi, view.invert, view.size, view.region, view.mirrored, view.quarter_turns, veils=(Veil(mask, 117),)))
    left, top, right, bottom = lens.seen
    shown = pixels(viewport.snapshot())[top:bottom, left:right]
    off = (shown != wanted[:, :, None]).any(axis=2)
    ink = QColor("#AFC0CA")
    lined = np.abs(shown.astype(int) - (ink.red(), ink.green(), ink.blue())).max(axis=2) < 8
    assert (wanted == 117).mean() > 0.5
    assert 0 < off.mean() < 0.03  # the state's line, and nothing else
    assert lined[off & (wanted == 117)].any()


def test_a_coloured_shutter_is_seen_in_its_colour(opened: Reader) -> None:
    viewport, of = opened.place.grid.viewport, here(opened)
    opened.place.reading.annexes.take([a_state(of, View(voi=Window(40, 400)), "Hà", **RED["circle"])])
    press(opened, Qt.Key.Key_H)
    lens = viewport.lens()
    assert lens is not None
    left, top = lens.seen[:2]
    assert tuple(pixels(viewport.snapshot())[top + 3, left + 3]) == pytest.approx((255, 0, 0), abs=2)


def test_what_one_saves_oneself_can_be_laid_at_once(opened: Reader, qtbot: QtBot) -> None:
    place = opened.place
    place.reading.saver._client = Kept()
    press(opened, Qt.Key.Key_I)
    opened.actions.trigger("images.keep_look")
    qtbot.waitUntil(lambda: place.told_words.text() == "Đã lưu cách trình bày của 1 ảnh.", timeout=10_000)
    press(opened, Qt.Key.Key_I)
    assert not place.grid.viewport.state.invert
    press(opened, Qt.Key.Key_H)
    assert place.grid.viewport.state.invert


def test_a_shutter_that_lies_on_the_picture_is_saved_with_ones_own_look(opened: Reader, qtbot: QtBot) -> None:
    """Of another's state, drawn by a plane: who inverts the picture below it and saves that keeps what covers it."""
    place, of = opened.place, here(opened)
    saver = place.reading.saver
    kept = saver._client = Kept()
    mask = np.random.default_rng(4).random((of.frame.rows, of.frame.columns)) < 0.4
    making = Making(generate_uid(), generate_uid(), datetime(2026, 11, 16, 16, 5, tzinfo=UTC), 9001)
    taken = Taken(of.image, of.frame, View(voi=Window(40, 400)), laid=Shut((), 117, bitmap=mask))
    place.reading.annexes.take([written_presentation([taken], making, label="HOI CHAN", creator="Hà")])
    press(opened, Qt.Key.Key_H)
    press(opened, Qt.Key.Key_I)
    opened.actions.trigger("images.keep_look")
    qtbot.waitUntil(lambda: place.told_words.text() == "Đã lưu cách trình bày của 1 ảnh.", timeout=10_000)
    state = read_presentation(open_image(InMemory(kept.files[0])).dataset)
    shown = seen(state, of.image, of.spot.frame)
    [veil] = shown.view.veils
    assert (veil.mask == mask).all()
    assert (veil.level, state.inverse) == (117, True)
