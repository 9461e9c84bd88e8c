"""A viewport's look goes into a presentation state and comes back; marks lie where they were drawn."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.uid import generate_uid

from imaging.grey import Window
from imaging.image import open_image
from imaging.objects.presentation import Presentation, read_presentation
from imaging.objects.shutters import covered
from imaging.objects.writing import Making
from imaging.sources import InMemory
from records.errors import Refusal
from tests.imaging.dciodvfy import errors_in
from tests.imaging.objects import test_presentation
from tests.workstation.models.images.stacks import disc, loaded, slice_at
from workstation.models.images.graphics import Polyline, Text
from workstation.models.images.lens import Lens
from workstation.models.images.marks import Kind, Mark
from workstation.models.images.measuring import measured
from workstation.models.images.stack import Loaded
from workstation.models.images.states import drawn, files_of, kept, laid, over
from workstation.models.images.view_state import Tool, ViewState

SIZE = (800, 600)


def makings(count: int = 4) -> list[Making]:
    return [Making(generate_uid(), generate_uid(), datetime(2026, 11, 16, tzinfo=UTC)) for _ in range(count)]


def here() -> Loaded:
    return loaded(slice_at(disc(), StudyID="1", PatientBirthDate="", PatientSex="M"))


def marks(of: Loaded) -> list[Mark]:
    points = {Kind.LENGTH: ((10, 20), (40, 60)), Kind.ANGLE: ((10, 10), (20, 20), (30, 10)),
              Kind.COBB: ((1, 1), (9, 2), (1, 30), (9, 40)), Kind.ELLIPSE: ((50, 60), (30, 20)),
              Kind.RECTANGLE: ((70, 10), (90, 30)), Kind.FREEHAND: ((60, 60), (70, 60), (65, 75))}
    return [measured(Mark.new(of.spot, kind, [(float(x), float(y)) for x, y in place]), of)
            for kind, place in points.items()]


def states(of: Loaded, look: ViewState, drawn_: list[Mark] | None = None) -> tuple[bytes, Presentation]:
    files = files_of([kept(of, look, SIZE, drawn_ or [])], makings(), label="DOC", description="Đọc phim", creator="Hà")
    assert len(files) == 1
    return files[0], read_presentation(open_image(InMemory(files[0])).dataset)


@pytest.mark.parametrize("look", [
    ViewState(voi=Window(-600, 1500)), ViewState(voi=Window(40, 400), quarter_turns=1, invert=True),
    ViewState(voi=Window(40, 400), mirrored=True, quarter_turns=3),
    ViewState(place=3, voi=Window(0, 90), tool=Tool.PAN)])
def test_a_whole_picture_comes_back_as_it_was_looked_at(look: ViewState) -> None:
    _, state = states(here_ := here(), look)
    back = laid(state, here_, SIZE, ViewState(place=look.place, tool=look.tool))
    assert replace(back.look, zoom=1.0) == look
    assert back.look.zoom == pytest.approx(1.0)
    assert back.left_out == ()


@pytest.mark.parametrize("turns", range(4))
def test_a_part_of_it_comes_back_to_the_pixel(turns: int) -> None:
    of = here()
    look = ViewState(voi=Window(40, 400), zoom=4.0, centre=(0.4, 0.55), quarter_turns=turns)
    _, state = states(of, look)
    back = laid(state, of, SIZE, ViewState())
    assert back.look.zoom == pytest.approx(4.0, rel=0.06)  # a state names whole pixels
    assert back.look.centre == pytest.approx((0.4, 0.55), abs=0.008)


def test_a_picture_out_of_sight_is_kept_whole() -> None:
    of = here()
    taken = kept(of, ViewState(zoom=64, centre=(0.5, 0.5)), SIZE, [])
    assert taken.view.region is not None
    assert taken.view.size is None


def test_marks_are_figures_with_their_words(tmp_path: Path) -> None:
    of = here()
    data, state = states(of, ViewState(), marks(of))
    assert errors_in(data, tmp_path) == []
    graphics = laid(state, of, SIZE, ViewState()).graphics
    lines = [graphic for graphic in graphics if isinstance(graphic, Polyline)]
    words = [graphic for graphic in graphics if isinstance(graphic, Text)]
    assert len(lines) == 7  # a Cobb angle is two lines
    assert list(lines[0].points) == [(10.0, 20.0), (40.0, 60.0)]
    assert len(words) == 6
    assert (words[0].words, words[0].at) == ("35,0 mm", (40, 60))
    assert words[3].words.startswith("TB ")
    ellipse = np.array(lines[4].points)
    assert ellipse.min(axis=0) == pytest.approx((30, 20), abs=0.1)
    assert ellipse.max(axis=0) == pytest.approx((50, 60), abs=0.1)
    assert lines[5].points[0] == lines[5].points[-1] == (70, 10)


def test_marks_of_other_frames_stay_out() -> None:
    of, other = here(), here()
    assert kept(of, ViewState(), SIZE, marks(other)).drawings == ()
    assert drawn([]) == ((), ())


def test_windows_are_brought_into_the_files_own_units() -> None:
    of = here()
    data, _ = states(of, ViewState(voi=Window(40, 400)))
    stored = test_presentation.changed(data, RescaleSlope="2", RescaleIntercept="0")
    state = read_presentation(open_image(InMemory(stored)).dataset)
    # There the window is of 2 × stored: half of it, less 1024, is Hounsfield here.
    assert laid(state, of, SIZE, ViewState()).look.voi == Window(40 / 2 - 1024, 200)


@pytest.mark.parametrize("shape", test_presentation.SHUTTERS)
def test_shutters_lie_over_the_frames_of_the_state_only(shape: str) -> None:
    of = here()
    data, _ = states(of, ViewState())
    shut = test_presentation.changed(data, **test_presentation.SHUTTERS[shape])
    state = read_presentation(open_image(InMemory(shut)).dataset)
    back = laid(state, of, SIZE, ViewState())
    [veil] = back.over.veils
    assert veil.level == state.shutter_level
    assert (veil.mask == covered(state.shutters, of.frame.rows, of.frame.columns)).all()
    assert back.left_out == ()
    assert over(state, here()) is None
    with pytest.raises(Refusal, match="other images"):
        laid(state, here(), SIZE, ViewState())


def test_a_magnification_is_taken_and_a_true_size_is_said_not_to_be() -> None:
    of = here()
    data, _ = states(of, ViewState())
    area = pydicom.dcmread(io.BytesIO(data)).DisplayedAreaSelectionSequence
    area[0].PresentationSizeMode, area[0].PresentationPixelMagnificationRatio = "MAGNIFY", 3.0
    near = read_presentation(open_image(InMemory(
        test_presentation.changed(data, DisplayedAreaSelectionSequence=area))).dataset)
    found = laid(near, of, SIZE, ViewState())
    assert Lens.of(found.look, SIZE, of.frame, 1.0).scale == pytest.approx(3.0)
    assert found.left_out == ()
    area[0].PresentationSizeMode = "TRUE SIZE"
    true = read_presentation(open_image(InMemory(
        test_presentation.changed(data, DisplayedAreaSelectionSequence=area))).dataset)
    assert "cỡ thật" in laid(true, of, SIZE, ViewState()).left_out[0]


def test_frames_turned_differently_are_kept_in_two_states() -> None:
    of = here()
    taken = [kept(of, ViewState(), SIZE, []), kept(of, ViewState(quarter_turns=1), SIZE, [])]
    assert len(files_of(taken, makings(), label="DOC", description="", creator="")) == 2
