"""Linked scrolling finds the same anatomy, a prior lies beside it, a line stands where a slice cuts another."""

from __future__ import annotations

import pytest

from tests.workstation.models.images.stacks import HeldStack, disc, loaded, slice_at
from workstation.models.images.linking import Found, beside, line_on, same_place


def stack(positions: list[float], reference: str = "1.2.3", **attributes: object) -> HeldStack:
    return HeldStack([loaded(slice_at(disc(4), number, ImagePositionPatient=[-100, -80, z],
                                      FrameOfReferenceUID=reference, **attributes))
                      for number, z in enumerate(positions, 1)])


def test_a_finer_stack_is_met_at_the_same_height() -> None:
    thick, fine = stack([0, 5, 10, 15]), stack([z * 1.25 for z in range(13)])
    assert [same_place(thick, place, fine) for place in range(4)] == [0, 4, 8, 12]
    assert same_place(fine, 7, thick) == 2


def test_a_stack_that_ends_before_is_not_moved() -> None:
    assert same_place(stack([0, 5, 100, 105]), 3, stack([0, 5, 10])) is None


def test_a_prior_without_the_same_frame_of_reference_is_as_far_along() -> None:
    now, prior = stack([0, 5, 10, 15, 20]), stack([200, 205, 210], "9.9")
    assert same_place(now, 1, prior) is None
    assert [beside(now, place, prior) for place in (0, 2, 4)] == [
        Found(0, by_share=True), Found(1, by_share=True), Found(2, by_share=True)]


def test_a_prior_that_runs_from_the_feet_up_is_met_the_right_way_round() -> None:
    now, prior = stack([0, 5, 10, 15, 20]), stack([210, 205, 200], "9.9")
    assert [beside(now, place, prior) for place in (0, 4)] == [Found(2, by_share=True), Found(0, by_share=True)]


def test_the_same_scanner_run_is_met_by_the_bodys_own_axes() -> None:
    assert beside(stack([0, 5, 10]), 2, stack([0, 5, 10, 15, 20])) == Found(2)


def test_a_coronal_slice_shows_where_the_axial_one_cuts_it() -> None:
    axial = stack([0, 5, 10])
    coronal = stack([20], ImageOrientationPatient=[1, 0, 0, 0, 0, -1])
    line = line_on(axial, 1, coronal, 0)
    assert line is not None
    # From z = 20 down to 5 in steps of 0.7 mm, counted from the border of the first pixel.
    assert line[0][1] == pytest.approx(15 / 0.7 + 0.5)
    assert line[1][1] == pytest.approx(15 / 0.7 + 0.5)
    assert line_on(axial, 1, stack([5]), 0) is None
