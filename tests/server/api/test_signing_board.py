"""The signature board over HTTPS: it tells the truth at each step of a chain that several people sign with delays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import insert, text

from records.deadlines import ZONE
from records.messages import Board, BoardRow, ChainView, ReminderView, SigningBoard, WaitingView
from server.store import base, deadline_rules
from server.store.tables import signing_reminders
from tests.server.api.test_delegations import given
from tests.server.api.test_record import accepted, part, part_a, signed_part
from tests.server.house import BY_NAME, WARDS, House, key, reasons, send


def board(client: httpx.Client, scope: str = "me", **query: Any) -> SigningBoard:
    answer = client.get("/api/signing-board", params={"scope": scope, **query})
    assert answer.status_code == 200, answer.text
    return SigningBoard.model_validate_json(answer.content)


def chain(client: httpx.Client, entry: UUID) -> ChainView:
    answer = client.get(f"/api/entries/{entry}/chain")
    assert answer.status_code == 200, answer.text
    return ChainView.model_validate_json(answer.content)


def draft(client: httpx.Client, house: House) -> UUID:
    entry = key()
    answer = client.put(f"/api/drafts/{entry}", headers={"Idempotency-Key": key()}, json={
        "encounter": str(house.encounter), "form": {"code": "36/BV2", "edition": "2024-01-01", "kind": "row"},
        "occurred_at": datetime.now(UTC).isoformat(), "values": {"plan": "bí mật của bản nháp"}, "known_revision": 0})
    assert answer.status_code == 200, answer.text
    return UUID(entry)


def unsigned_part(client: httpx.Client, house: House, version: Any) -> None:
    answer = client.put(f"/api/drafts/{version.entry}", headers={"Idempotency-Key": key()}, json={
        "encounter": str(house.encounter), "form": version.form.model_dump(),
        "occurred_at": datetime.now(UTC).isoformat(), "values": {}, "known_revision": 0})
    assert answer.status_code == 200, answer.text


def half_signed_cover(house: House) -> tuple[Any, bytes]:
    part_a(house)
    signed_part(house, "part_b", "ha")
    version = part(house, "cover", "thanh")
    head = house.sign(version, "ward_head", "thanh")
    with house.sign_in("thanh") as client:
        accepted(send(client, house, version, head, "ward_head"))
    return version, head


def told(views: tuple[WaitingView, ...]) -> list[tuple[str, str, str]]:
    return [(view.title, view.slot, view.holder_name) for view in views]


def test_a_cover_waits_for_the_director_since_the_ward_head_signed(house: House) -> None:
    version, signed = half_signed_cover(house)
    with house.sign_in("tuan") as client:
        (one,) = board(client).waiting
        assert (one.entry, one.slot, one.holder, one.mine) == (
            version.entry, "director", BY_NAME["tuan"].id, True)
        assert datetime.now(UTC) - one.since < timedelta(minutes=1)
        assert (one.patient, one.bed, one.draft) == ("Nguyễn Văn Bình", "12", False)
        head, director = chain(client, version.entry).slots
        assert (head.state, head.signed_by) == ("signed", "Đỗ Văn Thành")
        assert (director.state, director.who, director.since) == ("open", ("Hoàng Minh Tuấn",), one.since)
        accepted(send(client, house, version, house.sign(version, "director", "tuan", pdf=signed), "director"))
        assert board(client).waiting == ()


def test_a_ward_sees_who_holds_up_what_and_others_see_nothing_of_it(house: House) -> None:
    half_signed_cover(house)
    with house.sign_in("ha") as client:
        mine = draft(client, house)
        assert [one.entry for one in board(client).waiting] == [mine]
        ward = board(client, "ward", ward=str(WARDS["NOI"]))
        assert {(one.name, one.role, one.count) for one in ward.holders} == {
            ("Hoàng Minh Tuấn", "Giám đốc bệnh viện", 1), ("Lê Thu Hà", "Bác sĩ", 1)}
        assert (ward.mine, ward.in_scope) == (1, 2)
        assert reasons(client.get("/api/signing-board", params={"scope": "house"})) == ["right_missing"]
        assert "bí mật" not in client.get("/api/signing-board").text
    with house.sign_in("long") as client:
        assert board(client).waiting == ()
        answer = client.get("/api/signing-board", params={"scope": "ward", "ward": str(WARDS["NOI"])})
        assert reasons(answer) == ["ward_closed_to_person"]
        assert reasons(client.get(f"/api/entries/{mine}/chain")) == ["ward_closed_to_person"]
    with house.sign_in("lan") as client:
        assert board(client, "house").in_scope == 2


def test_a_draft_is_overdue_half_an_hour_after_it_was_written(house: House) -> None:
    with house.sign_in("ha") as client:
        draft(client, house)
        (one,) = board(client).waiting
        assert one.due == one.since + timedelta(minutes=30)
        (holder,) = board(client, "ward", ward=str(WARDS["NOI"])).holders
        assert (holder.count, holder.overdue) == (1, 0)
        with base.transaction(house.hospital.engine) as db:
            db.execute(text("UPDATE drafts SET updated_at = updated_at - interval '31 minutes'"))
        (late,) = board(client, "ward", ward=str(WARDS["NOI"])).holders
        assert (late.count, late.overdue, late.today) == (1, 1, 0)


def test_the_first_signature_of_an_admission_is_due_by_the_kind_of_admission(house: House) -> None:
    with house.sign_in("ha") as client:
        unsigned_part(client, house, part(house, "part_a", "ha", systolic=120))
        (one,) = board(client).waiting
    assert one.due == house.admitted_at + timedelta(hours=24)


def test_who_has_the_directors_authority_finds_the_cover_on_their_own_list(house: House) -> None:
    version, _ = half_signed_cover(house)
    given(house)
    with house.sign_in("son") as client:
        assert told(board(client).waiting) == [("Bìa bệnh án", "director", "Hoàng Minh Tuấn")]
        director = chain(client, version.entry).slots[1]
    assert [words.partition(" (")[0] for words in director.delegated] == ["Nguyễn Văn Sơn"]


def test_the_days_count_what_waited_at_their_end(house: House) -> None:
    half_signed_cover(house)
    with house.sign_in("lan") as client:
        days = board(client, "house").days
    today = datetime.now(UTC).astimezone(ZONE).date()
    assert [day.day for day in days] == [today - timedelta(days=back) for back in range(13, -1, -1)]
    assert [day.waiting for day in days] == [0] * 13 + [1]


def ask(client: httpx.Client, entry: UUID, slot: str, to: str) -> httpx.Response:
    return client.post("/api/signing-reminders", headers={"Idempotency-Key": key()},
                       json={"entry": str(entry), "slot": slot, "to": str(BY_NAME[to].id)})


def test_a_reminder_is_told_once_and_goes_when_it_is_answered(house: House) -> None:
    version, signed = half_signed_cover(house)
    with house.sign_in("ha") as client:
        assert ask(client, version.entry, "director", "tuan").status_code == 201
        assert reasons(ask(client, version.entry, "director", "tuan")) == ["reminded_already"]
    with house.sign_in("tuan") as client:
        (one,) = board(client).reminders
        assert (one.by, one.title, one.patient) == ("Lê Thu Hà", "Bìa bệnh án", "Nguyễn Văn Bình")
        accepted(send(client, house, version, house.sign(version, "director", "tuan", pdf=signed), "director"))
        assert board(client).reminders == ()


def put_away(client: httpx.Client, told: ReminderView) -> httpx.Response:
    return client.post(f"/api/signing-reminders/{told.id}/put-away", headers={"Idempotency-Key": key()})


def test_a_reminder_that_was_read_is_shown_no_more_and_who_asked_sees_it(house: House) -> None:
    version, _ = half_signed_cover(house)
    with house.sign_in("ha") as asks, house.sign_in("tuan") as asked:
        sent = ReminderView.model_validate_json(ask(asks, version.entry, "director", "tuan").content)
        (seen,) = chain(asks, version.entry).reminders
        assert (seen, seen.to_name, seen.put_away_at) == (sent, "Hoàng Minh Tuấn", None)
        assert reasons(put_away(asks, sent)) == ["thing_unknown"]
        assert [put_away(asked, sent).status_code for _ in range(2)] == [204, 204]
        told = board(asked)
        assert (told.reminders, told.mine) == ((), 1)
        (seen,) = chain(asks, version.entry).reminders
        assert seen.put_away_at is not None
        assert reasons(ask(asks, version.entry, "director", "tuan")) == ["reminded_already"]


@pytest.mark.parametrize(("ago", "answer"), [(timedelta(hours=3, minutes=59), ["reminded_already"]),
                                           (timedelta(hours=4, minutes=1), [])])
def test_nobody_is_reminded_of_the_same_again_within_four_hours_whoever_asks(
    house: House, ago: timedelta, answer: list[str],
) -> None:
    version, _ = half_signed_cover(house)
    with base.transaction(house.hospital.engine) as db:
        db.execute(insert(signing_reminders).values(
            id=UUID(key()), entry=version.entry, slot="director", person=BY_NAME["ha"].id,
            recipient=BY_NAME["tuan"].id, at=datetime.now(UTC) - ago))
    with house.sign_in("thanh") as client:
        said = ask(client, version.entry, "director", "tuan")
        assert (reasons(said) if said.status_code >= 400 else []) == answer


def test_what_i_signed_today_says_what_each_paper_waits_for_next(house: House) -> None:
    version, signed = half_signed_cover(house)
    with house.sign_in("thanh") as client:
        told = board(client, "signed")
        (cover,) = told.signed
        assert (cover.entry, cover.title, cover.patient, cover.slot_label, cover.version) == (
            version.entry, "Bìa bệnh án", "Nguyễn Văn Bình", "Trưởng khoa", 1)
        (after,) = cover.next
        assert (after.slot, after.holder_name, after.since) == ("director", "Hoàng Minh Tuấn", cover.at)
        assert (told.signed_today, told.in_scope, board(client).signed_today) == (1, 1, 1)
    with house.sign_in("tuan") as client:
        assert board(client, "signed").signed == ()
        accepted(send(client, house, version, house.sign(version, "director", "tuan", pdf=signed), "director"))
        (mine,) = board(client, "signed").signed
        assert (mine.entry, mine.state.value, mine.next, mine.waits_for) == (version.entry, "signed", (), ())
    with house.sign_in("thanh") as client:
        assert [(one.state.value, one.next) for one in board(client, "signed").signed] == [("signed", ())]


def bed(client: httpx.Client) -> BoardRow:
    answer = client.get(f"/api/wards/{WARDS['NOI']}/board")
    return next(row for row in Board.model_validate_json(answer.content).rows if row.bed == "12")


def test_the_ward_board_counts_from_the_same_lines(house: House) -> None:
    half_signed_cover(house)
    with house.sign_in("ha") as client:
        draft(client, house)
        assert (bed(client).unsigned, bed(client).unsigned_mine, bed(client).unsigned_overdue) == (2, 1, 0)
        with base.transaction(house.hospital.engine) as db:
            db.execute(text("UPDATE drafts SET updated_at = updated_at - interval '31 minutes'"))
        row, told = bed(client), board(client, "ward", ward=str(WARDS["NOI"]))
        assert (row.unsigned, row.unsigned_mine, row.unsigned_overdue) == (
            len(told.waiting), told.mine, sum(one.overdue for one in told.holders)) == (2, 1, 1)
    with house.sign_in("son") as client:
        assert (bed(client).unsigned, bed(client).unsigned_mine, bed(client).unsigned_overdue) == (2, 0, 1)


def test_a_planned_admission_has_a_day_and_a_half(house: House) -> None:
    """R21, and R26: a change counts for what begins from its day on."""
    with base.transaction(house.hospital.engine) as db:
        db.execute(text("UPDATE encounters SET emergency = false"))
    with house.sign_in("ha") as client:
        unsigned_part(client, house, part(house, "part_a", "ha", systolic=120))
        assert [one.due for one in board(client).waiting] == [house.admitted_at + timedelta(hours=36)]
        began = house.admitted_at.astimezone(ZONE).date()
        for first, hours, due in ((began + timedelta(days=1), 12, 36), (began, 30, 30)):
            with base.transaction(house.hospital.engine) as db:
                deadline_rules.put(db, {"planned_record_hours": hours}, first)
            assert [one.due for one in board(client).waiting] == [house.admitted_at + timedelta(hours=due)]


def test_after_discharge_the_papers_have_a_day(house: House) -> None:
    """R23: while the person lies in the ward no clock runs for them."""
    half_signed_cover(house)
    with house.sign_in("tuan") as client:
        assert [one.due for one in board(client).waiting] == [None]
        with base.transaction(house.hospital.engine) as db:
            left = db.scalar(text("UPDATE encounters SET state = 'closed', "
                                  "discharged_at = clock_timestamp() - interval '25 hours' RETURNING discharged_at"))
        told = board(client, "house")
        assert [one.due for one in told.waiting] == [left + timedelta(hours=24)]
        assert [(one.name, one.count, one.overdue) for one in told.holders] == [("Hoàng Minh Tuấn", 1, 1)]


def admitted(house: House, ago: timedelta) -> datetime:
    """The patient came so long ago."""
    with base.transaction(house.hospital.engine) as db:
        at: datetime = db.execute(text("UPDATE encounters SET admitted_at = clock_timestamp() - :ago "
                                       "RETURNING admitted_at"), {"ago": ago}).scalar_one()
    return at


@pytest.mark.parametrize(("days", "shown", "overdue"), [(2.9, 0, 0), (3.1, 1, 0), (4.1, 1, 1)])
def test_the_ward_heads_review_shows_from_its_last_day_on(
    house: House, days: float, shown: int, overdue: int,
) -> None:
    """R22: every 3-4 days, late from the end of day 4; the times are settings (R26)."""
    at = admitted(house, timedelta(days=days))
    with house.sign_in("thanh") as client:
        told = board(client)
        assert [(one.patient, one.due, one.mine) for one in told.reviews] == [
            ("Nguyễn Văn Bình", at + timedelta(days=4), True)] * shown
        ward = board(client, "ward", ward=str(WARDS["NOI"]))
        assert [(one.name, one.role, one.count, one.overdue) for one in ward.holders] == [
            ("Đỗ Văn Thành", "Duyệt hồ sơ", 1, overdue)] * shown
        with base.transaction(house.hospital.engine) as db:
            deadline_rules.put(db, {"review_days": 9}, at.astimezone(ZONE).date())
        assert board(client).reviews == ()
    with house.sign_in("ha") as client:
        assert board(client).reviews == ()


def test_a_review_goes_when_the_ward_head_has_signed_in_the_record(house: House) -> None:
    admitted(house, timedelta(days=5))
    half_signed_cover(house)
    with house.sign_in("thanh") as client:
        assert board(client).reviews == ()


def test_the_board_says_the_times_that_are_in_force_today(house: House) -> None:
    with house.sign_in("ha") as client:
        assert board(client).times.unsigned_row_minutes == 30
        with base.transaction(house.hospital.engine) as db:
            deadline_rules.put(db, {"unsigned_row_minutes": 45}, datetime.now(ZONE).date())
            deadline_rules.put(db, {"unsigned_row_minutes": 60}, datetime.now(ZONE).date() + timedelta(days=1))
        assert board(client).times.unsigned_row_minutes == 45


@pytest.mark.parametrize(("slot", "to"), [("ward_head", "thanh"), ("director", "son"), ("cook", "tuan")])
def test_nobody_is_reminded_of_what_is_not_theirs_to_do_now(house: House, slot: str, to: str) -> None:
    version, _ = half_signed_cover(house)
    with house.sign_in("ha") as client:
        assert reasons(ask(client, version.entry, slot, to)) == ["reminder_not_theirs"]


def test_what_nobody_waits_for_has_no_chain(house: House) -> None:
    entry = part_a(house).id
    with house.sign_in("ha") as client:
        assert reasons(client.get(f"/api/entries/{entry}/chain")) == ["thing_unknown"]
