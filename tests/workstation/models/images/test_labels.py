"""The words of marks: beside their own, on no others, in sight; what stands already stays where it is."""

from __future__ import annotations

import math
import random
from itertools import combinations

import pytest

from workstation.models.images.labels import FAR, Box, Label, Standing, standing

ROOM = Box(4, 4, 960, 580)
CORNER = Box(8, 8, 140, 34)


def line(x0: float, y0: float, x1: float, y1: float) -> Label:
    return Label((((x0, y0), (x1, y1)),), 56, 18)


def boxes(stood: tuple[Standing | None, ...]) -> list[Box]:
    return [one.box for one in stood if one is not None]


def test_words_stand_at_the_right_end_of_their_mark() -> None:
    [one] = standing([line(100, 300, 200, 310)], ROOM)
    assert one == Standing(Box(208, 301, 56, 18)), "8 pixels beside it, at its height, no line needed"


@pytest.mark.parametrize("seed", range(12))
def test_where_there_is_room_no_words_lie_on_others_and_all_are_in_sight(seed: int) -> None:
    """Ten marks in one place, as a reader measures one lesion again and again."""
    dice = random.Random(seed)
    marks = [line(*(dice.uniform(0, 90) + start for start in (300, 200, 400, 220))) for _ in range(10)]
    found = boxes(standing(marks, ROOM, [CORNER]))
    assert len(found) == 10
    assert not any(one.shared(other) for one, other in combinations([*found, CORNER], 2))
    assert all(box.left >= ROOM.left and box.right <= ROOM.right and box.top >= ROOM.top and box.bottom <= ROOM.bottom
               for box in found)


def test_a_new_mark_moves_no_words_that_stand() -> None:
    marks = [line(300, 200 + 6 * number, 400, 200 + 6 * number) for number in range(6)]
    assert standing(marks, ROOM)[:5] == standing(marks[:5], ROOM)


def test_words_keep_off_the_corner_and_off_the_edge() -> None:
    in_corner, at_edge = standing([line(20, 20, 90, 22), line(900, 300, 962, 300)], ROOM, [CORNER])
    assert in_corner is not None
    assert in_corner.box.shared(CORNER) == 0
    assert at_edge is not None
    assert at_edge.box.right <= 900 - 8, "left of it: there is no room at its right"


def test_a_mark_out_of_sight_says_nothing_and_a_part_of_one_says_it_where_it_is_seen() -> None:
    gone, half = standing([line(-300, -200, -100, -190), line(500, 300, 1500, 300)], ROOM)
    assert gone is None
    assert half is not None
    assert half.box.right <= ROOM.right


def test_words_that_had_to_go_away_are_tied_to_their_mark() -> None:
    marks = [line(300, 200 + 3 * number, 400, 200 + 3 * number) for number in range(12)]
    tied = [one for one in standing(marks, ROOM) if one is not None and one.tie is not None]
    assert tied
    for one in tied:
        assert one.tie is not None
        start, end = one.tie
        assert math.dist(start, end) > FAR
        assert 300 <= end[0] <= 400, "it ends on the mark"
        assert one.box.nearest(start) == start, "and begins at the words"
