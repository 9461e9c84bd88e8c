"""The editor's state: problems as they are typed, two texts, the version that is signed, and an outage's limits."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from records.canonical import decode, encode
from records.errors import Refusal
from records.messages import DraftView
from records.policy import Allowed, Answer, Refused
from tests.workstation import hospital
from tests.workstation.little_server import LittleServer
from tests.workstation.models.desks import Desks, draft
from workstation.drafts import LocalDraft
from workstation.models.account import utc_now
from workstation.models.desk import Desk
from workstation.models.editor import EditorModel

GLASGOW = hospital.ROW.model_copy(update={"code": "38/BV2", "kind": "column"})


def edit(desk: Desk, text: LocalDraft | None = None, **changes: Any) -> EditorModel:
    return EditorModel(desk, hospital.chart(), text or draft(values=dict(hospital.GOOD), **changes), None, desk.sync)


def codes(answer: Answer) -> list[str]:
    return [reason.code for reason in answer.reasons] if isinstance(answer, Refused) else []


def test_what_is_missing_is_no_fault_while_one_writes_but_signing_demands_it(desks: Desks) -> None:
    editor = edit(desks.open(), draft(values={}))
    assert editor.problems() == ()
    assert {reason.code for reason in editor.missing} == {"field_missing", "progress_empty"}
    with pytest.raises(Refusal):
        editor.to_version()


def test_a_wrong_value_is_told_at_its_field_and_kept_as_typed(qtbot: QtBot, desks: Desks) -> None:
    editor = edit(desks.open(), draft(values={}, form=GLASGOW))
    with qtbot.waitSignal(editor.checked):
        editor.set_value("pulse", "chín mươi")
    assert [reason.where for reason in editor.problems("pulse")] == ["pulse"]
    assert editor.problems("spo2") == ()
    assert editor.draft.values == {"pulse": "chín mươi"}


def test_computed_fields_follow(qtbot: QtBot, desks: Desks) -> None:
    editor = edit(desks.open(), draft(values={}, form=GLASGOW))
    editor.set_value("gcs_eye", 4)
    editor.set_value("gcs_verbal", 5)
    with qtbot.waitSignal(editor.value_changed) as told:
        editor.set_value("gcs_motor", 6)
    assert (told.args, editor.value("gcs")) == (["gcs"], 15)


@pytest.mark.parametrize(("value", "kept"), [
    (Decimal("38.2"), "38.2"), ("", None), (None, None), (("a", "b"), ["a", "b"]),
    (datetime.fromisoformat("2026-11-17T03:10:00+07:00"), "2026-11-17T03:10:00+07:00"),
])
def test_a_value_is_kept_as_json(desks: Desks, value: Any, kept: Any) -> None:
    editor = edit(desks.open(), draft(values={"temperature": "37"}, form=GLASGOW))
    editor.set_value("temperature", value)
    assert editor.value("temperature") == kept


def test_half_a_character_from_the_clipboard_does_not_cost_the_text(qtbot: QtBot, desks: Desks) -> None:
    desk = desks.open()
    editor = edit(desk)
    editor.set_value("plan", "Tiếp tục\ud83d kháng sinh")
    assert editor.value("plan") == "Tiếp tục kháng sinh"

    def saved() -> bool:
        held = desk.store.draft(editor.draft.entry)
        return held is not None and held.values["plan"] == editor.value("plan")

    qtbot.waitUntil(saved, timeout=5_000)


def test_unknown_fields_are_not_taken(desks: Desks) -> None:
    editor = edit(desks.open())
    editor.set_value("nobody", "x")
    assert editor.value("nobody") is None


def test_the_version_is_complete_canonical_and_in_the_hospitals_zone(desks: Desks) -> None:
    editor = edit(desks.open())
    version = editor.to_version()
    assert decode(encode(version)) == version
    assert (version.version, version.correction, version.training) == (1, None, True)
    assert version.occurred_at.utcoffset() == timedelta(hours=7)
    assert (version.author.full_name, version.stay.ward, version.stay.bed) == ("Lê Thu Hà", "Nội tổng hợp", "12")


def test_a_signed_draft_is_closed_and_sent_and_cannot_be_changed(
    qtbot: QtBot, desks: Desks, little: LittleServer,
) -> None:
    editor = edit(desks.open())
    with qtbot.waitSignal(editor.closed):
        editor.signed(b"%PDF", "doctor")
    editor.set_value("plan", "thêm sau khi ký")
    qtbot.waitUntil(lambda: len(little.signed) == 1)
    assert editor.draft.values == hospital.GOOD
    assert little.signed[0].query["offline"] == "false"


def test_a_refused_file_opens_the_draft_again_as_it_was(qtbot: QtBot, desks: Desks, little: LittleServer) -> None:
    editor = edit(desks.open())
    little.refusals["/signatures"] = (422, "two_texts_open")
    with qtbot.waitSignals([editor.reopened, editor.refused], timeout=10_000):
        editor.signed(b"%PDF", "doctor")
    assert not editor.is_closed
    assert editor.draft.values == hospital.GOOD
    editor.set_value("plan", "sửa lại")
    assert editor.value("plan") == "sửa lại"


def test_what_may_be_signed_follows_policy_clock_and_outage(
    qtbot: QtBot, desks: Desks, little: LittleServer,
) -> None:
    desk = desks.open()
    mine, foreign = edit(desk), edit(desk, begun_here=False)
    assert isinstance(mine.may_sign("doctor"), Allowed)
    assert "field_missing" in codes(edit(desk, draft(values={})).may_sign("doctor"))
    desks.settle()
    little.down()
    desk.sync.retry_now()
    qtbot.waitUntil(lambda: desk.away)
    assert isinstance(mine.may_sign("doctor"), Allowed)
    assert codes(foreign.may_sign("doctor")) == ["offline_not_begun_here"]


def test_a_wrong_clock_signs_nothing(desks: Desks, little: LittleServer) -> None:
    little.clock_off = timedelta(minutes=10)
    desk = desks.open()
    desk.client.health()
    assert codes(edit(desk).may_sign("doctor")) == ["workstation_clock_off"]


def test_a_file_signed_in_an_outage_says_so(qtbot: QtBot, desks: Desks, little: LittleServer) -> None:
    desk = desks.open()
    desks.settle()
    little.down()
    desk.sync.retry_now()
    qtbot.waitUntil(lambda: desk.away)
    editor = edit(desk)
    editor.signed(b"%PDF", "doctor")
    qtbot.waitUntil(lambda: len(desk.sync.status.waiting) == 1)
    little.up()
    desk.sync.retry_now()
    qtbot.waitUntil(lambda: len(little.signed) == 1, timeout=10_000)
    assert little.signed[0].query["offline"] == "true"
    assert datetime.fromisoformat(little.signed[0].query["begun_at"]) == editor.draft.begun_at


def other_text(text: LocalDraft, **values: str) -> DraftView:
    return DraftView(entry=text.entry, encounter=text.encounter, person=hospital.OTHER, person_name="Phạm Thị Nga",
                     form=text.form, base_version=0, occurred_at=utc_now(), values=values, revision=7,
                     updated_at=utc_now())


def meet(qtbot: QtBot, desks: Desks, little: LittleServer) -> EditorModel:
    """I wrote plan and objective; she wrote another plan, and an assessment."""
    text = draft(values={})
    little.drafts[text.entry] = other_text(text, plan="của Nga", assessment="Đáp ứng")
    editor = edit(desks.open(), text)
    editor.set_value("plan", "của tôi")
    with qtbot.waitSignal(editor.conflict_changed, timeout=10_000):
        editor.set_value("objective", "Tỉnh")
    return editor


def test_other_fields_are_joined_silently_and_the_same_field_waits_with_both_texts(
    qtbot: QtBot, desks: Desks, little: LittleServer,
) -> None:
    editor = meet(qtbot, desks, little)
    assert dict(editor.values) == {"plan": "của tôi", "objective": "Tỉnh", "assessment": "Đáp ứng"}
    assert [(field.key, field.old, field.new) for field in editor.conflict_fields] == [("plan", "của Nga", "của tôi")]
    assert "two_texts_open" in codes(editor.may_sign("doctor"))


@pytest.mark.parametrize(("choice", "plan"), [
    ("keep_mine", "của tôi"), ("keep_theirs", "của Nga"), ("join", "của Nga\ncủa tôi"),
])
def test_the_person_chooses_between_two_texts(
    qtbot: QtBot, desks: Desks, little: LittleServer, choice: str, plan: str,
) -> None:
    editor = meet(qtbot, desks, little)
    getattr(editor, choice)("plan")
    assert editor.conflict_fields == ()
    entry = editor.draft.entry
    qtbot.waitUntil(lambda: little.drafts[entry].revision == 8, timeout=15_000)
    assert little.drafts[entry].values == {"plan": plan, "objective": "Tỉnh", "assessment": "Đáp ứng"}
    assert little.drafts[entry].person == hospital.DOCTOR


def test_typing_goes_on_while_two_texts_wait_and_nothing_of_it_is_lost(
    qtbot: QtBot, desks: Desks, little: LittleServer,
) -> None:
    editor = meet(qtbot, desks, little)
    editor.set_value("subjective", "Đỡ khó thở")
    editor.keep_mine()
    entry = editor.draft.entry
    qtbot.waitUntil(lambda: little.drafts[entry].values.get("subjective") == "Đỡ khó thở", timeout=15_000)
    assert little.drafts[entry].values["plan"] == "của tôi"


def test_the_lines_say_where_the_words_are(qtbot: QtBot, desks: Desks) -> None:
    editor = edit(desks.open(), draft(values={}))
    assert (editor.saved_line, editor.received_line) == ("", "")
    with qtbot.waitSignal(editor.saved_changed):
        editor.set_value("plan", "Theo dõi")
    assert editor.saved_line.startswith("Đã lưu nháp ")
    qtbot.waitUntil(lambda: editor.received_line.startswith("Máy chủ đã nhận "), timeout=10_000)


def test_dropping_leaves_nothing(qtbot: QtBot, desks: Desks) -> None:
    desk = desks.open()
    editor = edit(desk)
    editor.set_value("plan", "bỏ đi")
    desk.sync.flush()
    with qtbot.waitSignal(desk.sync.draft_dropped):
        editor.drop()
    assert desk.store.drafts() == ()
