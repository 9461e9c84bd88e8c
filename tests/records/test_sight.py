"""What changed since the reader looked: told until it was seen, never more than was really shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from records.sight import Hand, Sight, Signed, Text, hands_of, sight

AT = datetime(2026, 11, 17, 2, 24, tzinfo=UTC)
LABELS = {"objective": "Diễn biến (O)", "plan": "Y lệnh", "diagnosis": "Chẩn đoán"}
NURSE = "ĐD. Nguyễn Thị Mai"


def text(minutes: int = 0, version: int = 1, by: str = NURSE, **values: Any) -> Text:
    return Text(version, values, AT + timedelta(minutes=minutes), by)


def hand(minutes: int, by: str = NURSE) -> Hand:
    return Hand(by=by, at=AT + timedelta(minutes=minutes))


def look(now: Text, newest: Text | None, before: Text | None = None, **more: Any) -> Sight:
    return sight(now, newest, before, LABELS, **{"hands": {}, **more})


def test_what_nobody_looked_at_is_not_seen_and_tells_no_changes() -> None:
    found = look(text(plan="Meropenem"), None)
    assert (found.seen, found.last, found.changes) == (False, None, ())


def test_the_same_text_again_is_seen() -> None:
    shown = text(plan="Meropenem")
    found = look(text(9, plan="Meropenem"), shown, shown)
    assert (found.seen, found.last, found.changes) == (True, AT, ())


def test_a_change_names_field_old_new_who_and_when_in_the_forms_order() -> None:
    shown = text(plan="Meropenem", objective="Huyết áp 90/60")
    found = look(text(9, plan="Meropenem, đã làm", objective="Huyết áp 98/60"), shown, shown,
                 hands={"plan": hand(7), "objective": hand(16, by="")})
    assert [(one.field.label, one.field.old, one.field.new) for one in found.changes] == [
        ("Diễn biến (O)", "Huyết áp 90/60", "Huyết áp 98/60"), ("Y lệnh", "Meropenem", "Meropenem, đã làm")]
    assert [one.hand for one in found.changes] == [hand(16, by=""), hand(7)]
    assert [one.by_reader for one in found.changes] == [True, False]
    assert not found.seen


def test_a_field_that_came_or_went_is_a_change() -> None:
    shown = text(plan="Meropenem")
    found = look(text(9, objective="Tỉnh"), shown, shown)
    assert [(one.field.key, one.field.old, one.field.new) for one in found.changes] == [
        ("objective", None, "Tỉnh"), ("plan", "Meropenem", None)]


def test_what_changed_stays_told_while_the_reader_sits_over_it() -> None:
    before, now = text(plan="cũ"), text(9, plan="mới")
    found = look(now, newest=text(10, plan="mới"), before=before)
    assert (found.seen, found.last) == (True, AT)
    assert [one.field.new for one in found.changes] == ["mới"]


def test_a_change_under_the_readers_eyes_is_told_against_what_they_saw_last() -> None:
    found = look(text(12, plan="mới hơn"), newest=text(10, plan="mới"), before=text(plan="cũ"))
    assert not found.seen
    assert found.last == AT + timedelta(minutes=10)
    assert [(one.field.old, one.field.new) for one in found.changes] == [("mới", "mới hơn")]


def test_a_first_look_in_this_sitting_leaves_it_a_first_look() -> None:
    found = look(text(plan="A"), newest=text(10, plan="A"))
    assert (found.seen, found.last, found.changes) == (True, None, ())


def test_another_version_with_the_same_words_has_not_been_seen() -> None:
    shown = text(plan="A")
    found = look(text(9, version=2, plan="A"), shown, shown)
    assert (found.seen, found.new_version, found.changes) == (False, True, ())


def test_my_own_draft_is_seen_by_its_writer_until_another_hand_writes_in_it() -> None:
    mine = text(9, plan="A", objective="B")
    assert look(mine, None, own=True).seen
    assert look(mine, text(plan="A"), text(plan="A"), own=True, hands={"objective": hand(5, by="")}).seen
    assert not look(mine, None, own=True, hands={"objective": hand(5)}).seen
    assert not look(mine, text(plan="A"), text(plan="A"), own=True, hands={"objective": hand(5)}).seen
    assert not look(mine, text(plan="A"), text(plan="A"), own=True).seen, "nobody can tell whose hand it was"


def test_signatures_that_came_since_are_told() -> None:
    shown = text(plan="A")
    both = (Signed("Bác sĩ", "Lê Thu Hà", AT - timedelta(minutes=1)), Signed("Trưởng khoa", "Đỗ Văn Thành",
                                                                            AT + timedelta(minutes=1)))
    assert look(shown, shown, shown, signed=both).signed == both[1:]
    assert look(shown, None, signed=both).signed == ()


def test_through_several_versions_each_field_has_the_hand_that_wrote_it_last() -> None:
    steps = (text(plan="A", objective="x"), text(5, 2, "BS. Sơn", plan="B", objective="x"),
             text(8, 3, "", plan="B", objective="y"))
    assert hands_of(steps) == {"plan": hand(5, "BS. Sơn"), "objective": hand(8, "")}
    assert hands_of(steps[:1]) == {}
