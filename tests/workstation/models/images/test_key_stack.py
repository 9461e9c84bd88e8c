"""Only the key images of a series, also when it grows."""

from __future__ import annotations

from tests.workstation.models.images.stacks import HeldStack, disc, loaded, slice_at
from workstation.models.images.key_stack import KeyStack


def test_a_series_that_grows_keeps_its_few_frames() -> None:
    slices = [loaded(slice_at(disc(number), number)) for number in range(6)]
    few = KeyStack(HeldStack(slices[2:]), (1, 3))
    seen = [few.spot(place) for place in range(len(few))]
    grown = few.over(HeldStack(slices))
    assert [grown.spot(place) for place in range(len(grown))] == seen
    assert [grown.in_whole(place) for place in range(2)] == [3, 5]
