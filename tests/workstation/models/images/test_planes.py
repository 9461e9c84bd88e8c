"""Planes through a series: true to the body, made while it loads, refused plainly where they cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot

from imaging.geometry import Calibration, spacing_of
from records.errors import Reason, Refusal
from tests.workstation.models.images.stacks import HeldStack, loaded, slice_at
from workstation.background import Background
from workstation.models.images.marks import Kind, Mark
from workstation.models.images.measuring import measured
from workstation.models.images.planes import Gathering, PlaneStack

MIB = 1 << 20


@pytest.fixture
def background(qtbot: QtBot) -> Iterator[Background]:
    made = Background()
    yield made
    made.stop()


def box(number: int) -> NDArray[np.uint16]:
    """A block of 1000 from slice 8 to 15, rows 20 to 39, columns 30 to 69, in zeros."""
    values = np.zeros((64, 96), np.uint16)
    if 8 <= number < 16:
        values[20:40, 30:70] = 1000
    return values


def a_series(count: int = 24, here: range | None = None) -> HeldStack:
    places = [loaded(slice_at(box(number), number + 1, PixelSpacing=[1, 1],
                              ImagePositionPatient=[0, 0, number * 2.0])) for number in range(count)]
    return HeldStack(places, here)


def made(qtbot: QtBot, background: Background, stack: HeldStack, name: str = "coronal") -> PlaneStack:
    gathering = Gathering(stack, name, background, 400 * MIB)
    with qtbot.waitSignal(gathering.ready, timeout=5000) as ready:
        gathering.begin()
    planes: PlaneStack = ready.args[0]
    return planes


def test_a_block_is_as_large_in_the_coronal_plane_as_in_the_body(qtbot: QtBot, background: Background) -> None:
    planes = made(qtbot, background, a_series())
    place = 15
    with qtbot.waitSignal(planes.arrived, timeout=5000, check_params_cb=lambda one: one == place):
        planes.look_at(place)
    here = planes.loaded(place)
    assert here is not None
    inside = here.frame.values > 500
    rows, columns = np.where(inside)
    # 40 voxels of 1 mm across; 8 slices 2 mm apart, of which half a step at each end is a slope.
    assert columns.max() - columns.min() + 1 == pytest.approx(40, abs=1)
    assert rows.max() - rows.min() + 1 == pytest.approx(16, abs=1)
    spacing = spacing_of(here.image.dataset, here.image.groups, 1)
    assert (spacing.x_mm, spacing.y_mm, spacing.calibration) == (1, 1, Calibration.CALIBRATED)
    mark = measured(Mark.new(here.spot, Kind.LENGTH, ((10.0, 5.0), (10.0, 25.0))), here)
    assert mark.reading is not None
    assert mark.reading.size == pytest.approx(20)
    assert here.spot.sop_instance_uid == ""


def test_it_is_gathered_as_slices_come_and_what_is_missing_is_asked_for(qtbot: QtBot, background: Background) -> None:
    stack = a_series(here=range(20))
    gathering = Gathering(stack, "sagittal", background, 400 * MIB)
    told: list[tuple[int, int]] = []
    gathering.progressed.connect(lambda done, of: told.append((done, of)))
    gathering.begin()
    assert told[-1] == (20, 24)
    qtbot.waitUntil(lambda: 20 in stack.looked_at, timeout=3000)
    with qtbot.waitSignal(gathering.ready, timeout=5000):
        for place in range(20, 24):
            stack.bring(place)
    assert told[-1] == (24, 24)


def refusal(qtbot: QtBot, gathering: Gathering) -> str:
    with qtbot.waitSignal(gathering.refused, timeout=5000) as refused:
        gathering.begin()
    why: Refusal = refused.args[0]
    assert why.vietnamese
    return why.reasons[0].code


def test_what_does_not_fit_is_told_and_nothing_is_kept(qtbot: QtBot, background: Background) -> None:
    assert refusal(qtbot, Gathering(a_series(), "coronal", background, 200_000)) == "image_volume_too_large"


def test_no_plane_goes_through_a_slice_that_cannot_be_read(qtbot: QtBot, background: Background) -> None:
    places: list[object] = [loaded(slice_at(box(number), number + 1)) for number in range(18)]
    places[4] = Reason("image_unreadable")
    assert refusal(qtbot, Gathering(HeldStack(places), "coronal", background, MIB * 99)) == "image_volume_not_whole"  # type: ignore[arg-type]


def test_uneven_slices_are_refused(qtbot: QtBot, background: Background) -> None:
    places = [loaded(slice_at(box(number), number + 1, ImagePositionPatient=[0, 0, number ** 1.3]))
              for number in range(18)]
    assert refusal(qtbot, Gathering(HeldStack(places), "coronal", background, MIB * 99)) == "volume_slices_uneven"


@pytest.mark.parametrize(("values", "attributes", "code"), [
    (np.zeros((8, 8), np.uint16), {"ImagePositionPatient": None}, "volume_no_place"),
    (np.zeros((8, 8, 3), np.uint8), {}, "volume_in_colour")])
def test_what_has_no_place_or_no_grey_says_why_no_plane_is_made(
        qtbot: QtBot, background: Background, values: NDArray[Any], attributes: dict[str, Any], code: str) -> None:
    places = [loaded(slice_at(values, number, **attributes)) for number in (1, 2, 3)]
    assert refusal(qtbot, Gathering(HeldStack(places), "coronal", background, MIB * 99)) == code


def test_a_cancelled_one_says_nothing_more(qtbot: QtBot, background: Background) -> None:
    stack = a_series(here=range(10))
    gathering = Gathering(stack, "coronal", background, 400 * MIB)
    gathering.begin()
    gathering.cancel()
    with qtbot.assertNotEmitted(gathering.ready, wait=300):
        for place in range(10, 24):
            stack.bring(place)
