"""Measurements survive closing: kept through an outage, sent once, back on another PC, others' as theirs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from pytestqt.qtbot import QtBot

from records.messages import ImageMarkView
from tests.workstation import hospital
from tests.workstation.models.desks import Desks
from workstation.models.desk import Desk
from workstation.models.images.keeping import MarksKeeper
from workstation.models.images.marks import Kind, Mark, Marks
from workstation.models.images.stack import Spot

SPOT = Spot("1.2.3", "1.2.3.4", "1.2.3.4.5", 1)


def a_mark(x: float = 3.0, spot: Spot = SPOT) -> Mark:
    return Mark.new(spot, Kind.LENGTH, ((x, 4.0), (20.0, 9.0)))


def reader(desk: Desk) -> tuple[Marks, MarksKeeper]:
    marks = Marks()
    keeper = MarksKeeper(desk, marks, hospital.patient(), desk.sync)
    keeper.open_study(SPOT.study_uid, hospital.ENCOUNTER)
    return marks, keeper


def test_a_mark_is_at_the_server_and_back_on_another_pc(desks: Desks, qtbot: QtBot) -> None:
    marks, _ = reader(desks.open())
    mark = a_mark()
    marks.put(mark)
    qtbot.waitUntil(lambda: mark.id in desks.little.image_marks.get(SPOT.study_uid, {}), timeout=10_000)
    there, _ = reader(desks.open("another pc"))
    qtbot.waitUntil(lambda: there.get(mark.id) is not None, timeout=10_000)
    assert there.get(mark.id) == mark


def test_what_was_drawn_in_an_outage_is_there_when_the_place_is_opened_again(desks: Desks, qtbot: QtBot) -> None:
    desks.little.down()
    desk = desks.open(signed_in=False)
    marks, keeper = reader(desk)
    gone, stays = a_mark(1), a_mark(2)
    marks.put(gone)
    marks.put(stays)
    keeper.flush()
    marks.remove(gone.id)
    keeper.flush()
    again, _ = reader(desk)
    qtbot.waitUntil(lambda: again.get(stays.id) is not None, timeout=10_000)
    assert [mark.id for mark in again.all()] == [stays.id]


def test_a_mark_that_is_moved_is_sent_where_it_rests_and_one_taken_back_at_once_never(desks: Desks, qtbot: QtBot,
                                                                                      ) -> None:
    marks, keeper = reader(desks.open())
    mark = a_mark()
    for step in range(5):
        marks.put(mark.moved(0, (float(step), 4.0)))
    drawn = a_mark(50)
    marks.put(drawn)
    marks.remove(drawn.id)
    keeper.flush()
    qtbot.waitUntil(lambda: mark.id in desks.little.image_marks.get(SPOT.study_uid, {}), timeout=10_000)
    desks.settle()
    posted = [path for method, path in desks.little.asked if method == "POST" and path.endswith("/marks")]
    assert len(posted) == 1
    assert desks.little.image_marks[SPOT.study_uid][mark.id].content["points"][0] == [4.0, 4.0]


def test_anothers_mark_has_a_name_and_stays_as_it_is(desks: Desks, qtbot: QtBot) -> None:
    mark = a_mark()
    desks.little.image_marks[SPOT.study_uid] = {mark.id: theirs(mark)}
    marks, keeper = reader(desks.open())
    qtbot.waitUntil(lambda: marks.get(mark.id) is not None, timeout=10_000)
    held = marks.get(mark.id)
    assert held == replace(mark, author="BS. Trần Hữu Nghĩa")
    marks.put(mark.moved(0, (9.0, 9.0)))
    marks.remove(mark.id)
    keeper.flush()
    desks.settle()
    assert marks.get(mark.id) == held
    assert not [path for method, path in desks.little.asked if method == "POST" and path.endswith("/marks")]


def theirs(mark: Mark, person: UUID | None = None) -> ImageMarkView:
    return ImageMarkView(mark=mark.id, series_uid=mark.spot.series_uid, sop_instance_uid=mark.spot.sop_instance_uid,
                         frame=mark.spot.frame, content=mark.as_json(), made_at=datetime.now(UTC),
                         person=person or uuid4(), person_name="BS. Trần Hữu Nghĩa")


@pytest.mark.parametrize("content", [{}, {"kind": "spiral", "points": []}, {"kind": "length", "points": [[1, 2]]}])
def test_what_a_later_program_drew_is_left_alone(desks: Desks, qtbot: QtBot, content: dict[str, object]) -> None:
    odd, good = a_mark(1), a_mark(2)
    desks.little.image_marks[SPOT.study_uid] = {
        odd.id: theirs(odd).model_copy(update={"content": content}), good.id: theirs(good)}
    marks, _ = reader(desks.open())
    qtbot.waitUntil(lambda: marks.get(good.id) is not None, timeout=10_000)
    assert marks.get(odd.id) is None


def test_a_mark_of_a_plane_that_was_made_here_belongs_to_no_image_and_is_not_kept(desks: Desks) -> None:
    marks, keeper = reader(desks.open())
    marks.put(a_mark(spot=Spot(SPOT.study_uid, SPOT.series_uid, "", 7)))
    keeper.flush()
    desks.settle()
    assert SPOT.study_uid not in desks.little.image_marks
