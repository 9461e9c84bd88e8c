"""How a picture lies in a viewport: both ways exact under every turn, and painted as `imaging` paints it."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from imaging.geometry import Point
from imaging.grey import FullDynamic, Grey, Shape, Window
from imaging.image import Frame
from imaging.rendering import View, render
from workstation.models.images.lens import Lens
from workstation.models.images.view_state import LEAST_ZOOM, MOST_ZOOM, Tool, ViewState, dragged_window

parts = st.floats(0, 1)
states = st.builds(ViewState, zoom=st.floats(0.3, 30), centre=st.tuples(parts, parts),
                   quarter_turns=st.integers(0, 3), mirrored=st.booleans())
lenses = st.builds(Lens, states, st.integers(20, 900), st.integers(20, 900), st.integers(1, 3000),
                   st.integers(1, 3000), st.floats(0.2, 5))
points = st.tuples(st.floats(-500, 3500), st.floats(-500, 3500))


@given(lenses, points)
def test_image_points_come_back_from_the_viewport_exactly(lens: Lens, point: Point) -> None:
    assert lens.to_image(lens.to_widget(point)) == pytest.approx(point, abs=1e-6)
    assert lens.to_widget(lens.to_image(point)) == pytest.approx(point, abs=1e-6)


@given(lenses, points, st.floats(0.2, 5))
def test_zooming_keeps_the_point_below_the_pointer(lens: Lens, point: Point, factor: float) -> None:
    at = (point[0] % lens.width, point[1] % lens.height)
    after = Lens(lens.zoomed_at(at, factor), lens.width, lens.height, lens.columns, lens.rows, lens.aspect)
    assume(all(0 < part < 1 for part in after.state.centre))
    assert after.to_widget(lens.to_image(at)) == pytest.approx(at, abs=0.51)  # the corner lies on a whole pixel


@given(lenses, st.integers(-300, 300), st.integers(-300, 300))
def test_panning_moves_the_picture_by_whole_pixels(lens: Lens, right: int, down: int) -> None:
    after = Lens(lens.panned(right, down), lens.width, lens.height, lens.columns, lens.rows, lens.aspect)
    assume(all(0 < part < 1 for part in after.state.centre))
    assert (after.box[0] - lens.box[0], after.box[1] - lens.box[1]) == (right, down)


@given(lenses)
def test_the_picture_is_never_lost_and_the_whole_of_it_fits_at_zoom_one(lens: Lens) -> None:
    left, top, wide, high = lens.box
    assert left - 1 <= lens.width / 2 <= left + wide + 1
    assert top - 1 <= lens.height / 2 <= top + high + 1
    fitted = Lens(ViewState(quarter_turns=lens.state.quarter_turns), lens.width, lens.height, lens.columns, lens.rows,
                  lens.aspect)
    assert fitted.box[2] <= lens.width + 1e-6
    assert fitted.box[3] <= lens.height + 1e-6
    assert math.isclose(max(fitted.box[2] / lens.width, fitted.box[3] / lens.height), 1)


@given(states, st.integers(30, 90), st.integers(30, 90))
def test_a_marked_pixel_is_painted_where_the_lens_says(state: ViewState, width: int, height: int) -> None:
    values = np.zeros((40, 50), np.uint8)
    values[12, 31] = 255
    frame, grey = Frame(1, values), Grey(presets=(Window(128, 256),))
    lens = Lens.of(state, (width, height), frame, 1.5)
    view = lens.view()
    assume(view is not None and lens.scale > 3)
    assert view is not None
    picture = render(frame, grey, view)
    x, y = lens.to_widget((31.5, 12.5))
    left, top, right, bottom = lens.seen
    assert picture.shape == (bottom - top, right - left)
    if left + 1 <= x < right - 1 and top + 1 <= y < bottom - 1:
        assert picture[int(y) - top, int(x) - left] > 128
    elif not (left - lens.scale * 2 <= x < right + lens.scale * 2 and top - lens.scale * 4 <= y
              < bottom + lens.scale * 4):
        assert picture.max() == 0


@given(st.booleans(), st.integers(0, 3))
def test_turning_and_flipping_are_what_is_seen(mirrored: bool, turns: int) -> None:
    state = ViewState(mirrored=mirrored, quarter_turns=turns)
    frame, grey = Frame(1, np.arange(12, dtype=np.uint8).reshape(3, 4) * 20), Grey(presets=(Window(128, 256),))

    def seen(one: ViewState) -> np.ndarray:
        return render(frame, grey, View(mirrored=one.mirrored, quarter_turns=one.quarter_turns))

    assert (seen(state.turned()) == np.rot90(seen(state), -1)).all()
    assert (seen(state.flipped()) == seen(state)[:, ::-1]).all()
    assert seen(state.inverted()).shape == seen(state).shape
    assert state.flipped().flipped() == state
    assert state.turned().turned().turned().turned() == state


def test_one_to_one_is_the_frame_itself_pixel_by_pixel() -> None:
    values = np.random.default_rng(3).integers(0, 255, (301, 257), np.uint8)
    frame, grey = Frame(1, values), Grey(presets=(Window(128, 256),))
    for width, height in ((100, 80), (101, 79), (400, 333)):
        fit = min(width / 257, height / 301)
        lens = Lens.of(ViewState(zoom=1 / fit), (width, height), frame, 1.0)
        view = lens.view()
        assert view is not None
        assert view.region is not None
        left, top = int(view.region.left), int(view.region.top)
        picture = render(frame, grey, view)
        assert (picture == values[top:top + picture.shape[0], left:left + picture.shape[1]]).all()


def test_places_zoom_and_tools_keep_their_bounds() -> None:
    state = ViewState()
    assert state.at(-3, 10).place == 0
    assert state.at(99, 10).place == 9
    assert state.at(5, 0).place == 0
    assert state.zoomed(1e9, (3, -3)).zoom == MOST_ZOOM
    assert state.zoomed(0, (3, -3)).centre == (1, 0)
    assert state.zoomed(0, (0, 0)).zoom == LEAST_ZOOM
    assert state.holding(Tool.LENGTH).tool is Tool.LENGTH
    assert state.holding(Tool.LENGTH).holding(Tool.LENGTH).tool is Tool.SELECT
    changed = state.holding(Tool.PAN).at(4, 9).windowed(FullDynamic()).zoomed(3, (0, 0)).turned().inverted()
    assert changed.reset() == ViewState(place=4, tool=Tool.PAN)


@given(st.floats(-2000, 2000), st.floats(0, 5000), st.sampled_from(Shape), st.floats(-900, 900), st.floats(-900, 900))
def test_a_dragged_window_stays_a_window(center: float, width: float, shape: Shape, right: float, down: float) -> None:
    dragged = dragged_window(Window(center, width, shape), right, down)
    assert dragged.shape is shape
    assert dragged.width >= (1 if shape is Shape.LINEAR else 1e-6)
    assert math.isfinite(dragged.center)
    assert dragged_window(Window(40, 400), 0, 0) == Window(40, 400)
    assert dragged_window(Window(40, 400), 30, 0).width == 440
    assert dragged_window(Window(40, 400), 0, 30).center == 80
