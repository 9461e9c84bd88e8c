"""The time line: what is at the server with what is pending laid over it, by day, found without diacritics."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from records.entries import State
from records.forms import form
from records.messages import DraftView
from tests.workstation import hospital
from tests.workstation.models.desks import account, draft
from workstation.drafts import CommandState, OutboxItem
from workstation.models.beginning import age_on, new_draft, sourced, stay_of, subject_of
from workstation.models.cases import first_slot, kind_of, while_away
from workstation.models.handing_in import hand_in
from workstation.models.timeline import DayHead, ItemState, by_day, day_text, lay_over, matches

NOW = datetime(2026, 11, 17, 3, 10, tzinfo=UTC)
ONE, TWO = UUID(int=101), UUID(int=102)


def queued(entry: UUID, state: CommandState = CommandState.WAITING) -> OutboxItem:
    command = hand_in(form=hospital.ROW, entry=entry, version=1, encounter=hospital.ENCOUNTER, slot="doctor", pdf=b"x",
                      patient_name="Nguyễn Văn Bình", occurred_at=NOW, begun_at=NOW, offline=False)
    return OutboxItem(number=1, command=command, state=state)


def theirs(entry: UUID, person: UUID = hospital.OTHER) -> DraftView:
    return DraftView(entry=entry, encounter=hospital.ENCOUNTER, person=person, person_name="Phạm Thị Nga",
                     form=hospital.ROW, base_version=0, occurred_at=NOW, values={}, revision=1, updated_at=NOW)


@pytest.mark.parametrize(("changes", "state"), [
    ({}, ItemState.SIGNED),
    ({"version": 2}, ItemState.AMENDED),
    ({"state": State.PARTLY_SIGNED}, ItemState.PARTLY_SIGNED),
    ({"state": State.CANCELLED}, ItemState.CANCELLED),
])
def test_an_entry_shows_how_it_stands_at_the_server(changes: dict[str, Any], state: ItemState) -> None:
    items = lay_over(hospital.chart([hospital.entry(ONE, **changes)]), (), (), account())
    assert [item.state for item in items] == [state]


def test_a_draft_is_laid_over_the_entry_that_it_corrects() -> None:
    items = lay_over(hospital.chart([hospital.entry(ONE)]), [draft(entry=ONE, base_version=1)], (), account())
    assert len(items) == 1
    assert items[0].state is ItemState.DRAFT
    assert items[0].view is not None


@pytest.mark.parametrize(("state", "shown"), [(CommandState.WAITING, ItemState.QUEUED),
                                              (CommandState.REFUSED, ItemState.REFUSED)])
def test_a_signed_file_in_the_outbox_is_seen(state: CommandState, shown: ItemState) -> None:
    items = lay_over(hospital.chart(), [draft(entry=ONE)], [queued(ONE, state)], account())
    assert [(item.entry, item.state) for item in items] == [(ONE, shown)]


def test_drafts_of_others_are_seen_and_mine_from_another_pc_is_mine() -> None:
    chart = hospital.chart(drafts=[theirs(ONE), theirs(TWO, hospital.DOCTOR)])
    states = {item.entry: item.state for item in lay_over(chart, (), (), account())}
    assert states == {ONE: ItemState.OTHERS_DRAFT, TWO: ItemState.DRAFT}


def test_drafts_of_other_patients_stay_out() -> None:
    elsewhere = draft(encounter=UUID(int=999))
    assert lay_over(hospital.chart(), [elsewhere], (), account()) == ()


def test_days_stand_over_their_entries_newest_first() -> None:
    entries = [hospital.entry(UUID(int=number), occurred_at=NOW - timedelta(hours=9 * number)) for number in range(4)]
    items = lay_over(hospital.chart(entries), (), (), account())
    rows = by_day(items, NOW - timedelta(days=2), date(2026, 11, 17))
    heads = [row for row in rows if isinstance(row, DayHead)]
    assert [head.text for head in heads] == ["Hôm nay, thứ Ba 17/11", "Thứ Hai 16/11"]
    assert [head.day_of_stay for head in heads] == [3, 2]
    times = [row.occurred_at for row in rows if not isinstance(row, DayHead)]
    assert times == sorted(times, reverse=True)


def test_a_day_of_another_year_says_so() -> None:
    assert day_text(date(2025, 12, 31), date(2026, 1, 1)) == "Thứ Tư 31/12/2025"


@pytest.mark.parametrize(("words", "found"), [("dieu tri", True), ("LÊ THU", True), ("ha 17/11", True),
                                              ("36/bv2", True), ("cham soc", False)])
def test_the_time_line_is_searched_without_diacritics(words: str, found: bool) -> None:
    item = lay_over(hospital.chart([hospital.entry(ONE, occurred_at=NOW)]), (), (), account())[0]
    assert matches(item, words) is found


@pytest.mark.parametrize(("birth", "age"), [("1959-03-12", 67), ("1959-11-18", 66), ("1959", 67), ("không rõ", None)])
def test_age_counts_birthdays(birth: str, age: int | None) -> None:
    assert age_on(birth, date(2026, 11, 17)) == age


def test_a_new_entry_begins_with_what_the_form_takes_from_patient_and_stay() -> None:
    chart, me = hospital.chart(), account()
    kind = kind_of(hospital.PART_A.model_copy(update={"kind": "cover"}))
    values = sourced(kind, subject_of(chart), stay_of(chart, me), chart, NOW)
    assert values["full_name"] == "Nguyễn Văn Bình"
    assert "" not in values.values()
    row = kind_of(hospital.ROW)
    begun = new_draft_of(chart)
    assert begun.values["diagnosis"] == {"text": "Viêm phổi thùy dưới phải", "code": "J18.1"}
    assert begun.begun_here
    assert first_slot(row).key == "doctor"


def new_draft_of(chart: Any) -> Any:

    whole = form(hospital.ROW.code, hospital.ROW.edition)
    return new_draft(whole, whole.kind("row"), chart, account(), NOW)


@pytest.mark.parametrize(("begun_here", "base", "slot", "code"), [
    (True, 0, "doctor", ""),
    (False, 0, "doctor", "offline_not_begun_here"),
    (True, 1, "doctor", "offline_not_begun_here"),
])
def test_without_the_server_only_the_first_slot_of_what_began_here_is_signed(
    begun_here: bool, base: int, slot: str, code: str,
) -> None:
    reasons = while_away(kind_of(hospital.ROW), slot, begun_here=begun_here, base_version=base)
    assert [reason.code for reason in reasons] == ([code] if code else [])


def test_without_the_server_the_second_slot_waits() -> None:
    closing = kind_of(hospital.PART_A.model_copy(update={"kind": "closing"}))
    later = next(slot.key for slot in closing.slots if slot.after)
    reasons = while_away(closing, later, begun_here=True, base_version=0)
    assert [reason.code for reason in reasons] == ["offline_not_first_slot"]
