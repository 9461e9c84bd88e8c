"""The ward board: what the counters count, what the filters leave, which bed comes first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from records.messages import BoardRow, ClockView
from tests.workstation import hospital
from tests.workstation.little_server import LittleServer
from tests.workstation.models.desks import Desks
from workstation.models.board import (
    BoardFilter,
    BoardOrder,
    clock_line,
    counters,
    lines_of,
    ordered,
    passes,
    unsigned_text,
)
from workstation.models.desk import Desk
from workstation.models.worklist import ALLERGIC_ROLE, CLOCK_ROLE, SPARK_ROLE, WARNING_ROLE, BoardModel, Column

NOW = datetime(2026, 11, 17, 3, 10, tzinfo=UTC)
LINES = lines_of(hospital.four_beds(NOW), NOW)


def load(qtbot: QtBot, desk: Desk) -> BoardModel:
    model = BoardModel(desk)
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal, model)
    with qtbot.waitSignal(model.loaded):
        model.open_ward(hospital.WARD.id)
    return model


def column(model: BoardModel, which: Column) -> list[str]:
    return [model.index(row, which).data() for row in range(model.rowCount())]


def test_the_counters_count() -> None:
    assert [(counter.key, counter.count, counter.of) for counter in counters(LINES)] == [
        ("1", 3, 4), ("2", 1, None), ("3", 1, None), ("4", 3, None), ("5", 0, None)]


@pytest.mark.parametrize(("which", "beds"), [
    (None, ["9", "10", "1", "2"]), (BoardFilter.OCCUPIED, ["9", "10", "1"]), (BoardFilter.ATTENTION, ["10"]),
    (BoardFilter.DEADLINE, ["1"]), (BoardFilter.UNSIGNED, ["10", "1"]),
])
def test_each_filter_leaves_what_it_says(which: BoardFilter | None, beds: list[str]) -> None:
    assert [line.row.bed for line in LINES if passes(line, which)] == beds


@pytest.mark.parametrize(("order", "beds"), [
    (BoardOrder.BED, ["9", "10", "1", "2"]), (BoardOrder.URGENCY, ["10", "9", "1", "2"]),
    (BoardOrder.DEADLINE, ["1", "9", "10", "2"]),
])
def test_beds_come_in_the_order_that_was_asked(order: BoardOrder, beds: list[str]) -> None:
    assert [line.row.bed for line in ordered(LINES, order)] == beds


def test_a_clock_goes_on_after_the_server_said_it() -> None:
    clock = ClockView(kind="record", label="24 giờ", due=NOW + timedelta(hours=3, minutes=10), state="near",
                      starts=NOW - timedelta(hours=20, minutes=50))
    assert clock_line(clock, NOW).text == "24 giờ · còn 3 giờ 10"
    assert 0.8 < clock_line(clock, NOW).gone < 0.9
    later = clock_line(clock, NOW + timedelta(hours=5))
    assert (later.state, later.gone) == ("past", 1.0)
    assert later.text.startswith("24 giờ · quá 1 giờ 50")


def test_children_get_no_adult_score() -> None:
    row = hospital.four_beds(NOW)[0]
    child = row.model_copy(update={"patient": hospital.patient(birth_date="2015-01-01")})
    assert lines_of([child], NOW)[0].warning is None


def test_the_board_shows_words_and_hands_values_to_who_draws(qtbot: QtBot, desks: Desks) -> None:
    model = load(qtbot, desks.open())
    assert column(model, Column.BED) == ["1-9", "1-10", "2-1", "2-2"]
    assert column(model, Column.PATIENT)[-1] == "Giường trống"
    bad = model.index(1, Column.WARNING)
    assert bad.data(WARNING_ROLE).level == "Cao"
    assert len(bad.data(SPARK_ROLE)) == 2
    assert model.index(2, Column.CLOCK).data(CLOCK_ROLE).state == "past"
    assert model.index(0, Column.ALLERGIES).data(ALLERGIC_ROLE) is False
    assert model.headerData(0, Qt.Orientation.Horizontal) == "Giường"
    assert not model.cached


def test_names_are_found_without_diacritics_and_the_same_filter_twice_shows_all(qtbot: QtBot, desks: Desks) -> None:
    model = load(qtbot, desks.open())
    model.set_words("dang nga")
    assert column(model, Column.PATIENT) == ["Đặng Thị Ngà"]
    model.set_words("")
    model.set_filter(BoardFilter.ATTENTION)
    assert model.rowCount() == 1
    model.set_filter(BoardFilter.ATTENTION)
    assert (model.rowCount(), model.filter) == (4, None)
    model.next_order()
    assert model.order is BoardOrder.URGENCY
    assert model.row_of(UUID(int=21)) == 0
    row = model.row_at(model.index(0, 0))
    assert row is not None
    assert row.bed == "10"


def test_without_the_server_the_board_is_the_one_of_before_and_says_so(
    qtbot: QtBot, desks: Desks, little: LittleServer,
) -> None:
    load(qtbot, desks.open())
    desks.settle()
    little.down()
    model = load(qtbot, desks.open())
    assert model.cached
    assert model.rowCount() == 4


def test_wards_of_the_person_come_first(qtbot: QtBot, desks: Desks) -> None:
    model = BoardModel(desks.open())
    with qtbot.waitSignal(model.wards_changed):
        model.load_wards()
    assert model.wards == (hospital.WARD,)


@pytest.mark.parametrize(("mine", "overdue", "detail", "cell"), [
    (0, 0, "", "3"), (2, 0, "tôi 2", "3 · tôi 2"), (0, 1, "quá hạn 1", "3"), (2, 1, "tôi 2, quá hạn 1", "3 · tôi 2"),
])
def test_what_is_unsigned_says_how_much_of_it_is_mine_and_late(
    mine: int, overdue: int, detail: str, cell: str,
) -> None:
    row = BoardRow(room="1", bed="1", encounter=UUID(int=1), patient=hospital.patient(), unsigned=3,
                   unsigned_mine=mine, unsigned_overdue=overdue)
    counter = next(one for one in counters(lines_of([row], NOW)) if one.filter is BoardFilter.UNSIGNED)
    assert (counter.count, counter.detail) == (3, detail)
    assert unsigned_text(row) == cell
