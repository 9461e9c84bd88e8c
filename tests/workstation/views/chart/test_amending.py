"""History, restoring and issuing anew at the screen: by right, with a reason; nothing signed changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from records.entries import Correction, EncounterState, FormRef, RelatesTo, State
from records.forms import Role, form
from records.messages import (
    CancellationView,
    EntryHistory,
    EntryView,
    RestorationGiven,
    ToldView,
    VersionRecord,
)
from tests.workstation import hospital, little_server
from tests.workstation.models.desks import Desks
from tests.workstation.views.chart import charts
from tests.workstation.views.chart.conftest import Open, Opened
from tests.workstation.views.keyboard import press
from workstation.models.amending import ended_words, reissue_draft
from workstation.models.desk import Desk
from workstation.models.history import since_then
from workstation.models.timeline import ItemState
from workstation.views.chart.amending import ReasonDialog, told_words
from workstation.views.chart.amending_acts import NO_RIGHT
from workstation.views.chart.states import amended_words, chip_of, word_of
from workstation.views.prompts import AskText

CERTIFICATE = FormRef(code="TT25-M02", edition="2025-07-01", kind="certificate")
ENTER = (Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)


def head_of_ward(desks: Desks) -> Desk:
    desk = desks.open()
    person = desk.account.person.model_copy(update={"roles": (Role.WARD_HEAD, Role.DOCTOR)})
    return replace(desk, account=desk.account.model_copy(update={"person": person}))


def cancelled() -> EntryView:
    """The demo's newest row, cancelled."""
    now = charts.now()
    view = next(one for one in charts.demo_entries(charts.BINH, now) if one.form.code == "36/BV2")
    gone = CancellationView(by="BS. Lê Thu Hà", at=now, reason="Nhầm người bệnh")
    return view.model_copy(update={"state": State.CANCELLED, "cancellation": gone})


def history_of(view: EntryView) -> EntryHistory:
    second = VersionRecord(
        number=2, state=State.SIGNED, author="BS. Lê Thu Hà", written_at=view.written_at, changed=("Kế hoạch",),
        correction=Correction(reason="Hủy nhầm", of_version=1, of_sha256="0" * 64, changed=("plan",), restores=1,
                              permitted_by="BSCKI. Đỗ Văn Thành"), signatures=("BS. Lê Thu Hà, 16/11/2026 09:02",))
    first = VersionRecord(number=1, state=State.CANCELLED, author="BS. Lê Thu Hà", written_at=view.written_at,
                          cancellation=view.cancellation)
    return EntryHistory(versions=(second, first))


def answering(monkeypatch: pytest.MonkeyPatch, history: EntryHistory) -> None:
    route = little_server._Handler._route

    def with_history(self: Any, path: str, query: dict[str, str], body: bytes) -> tuple[int, bytes]:
        if path.endswith("/history"):
            return 200, history.model_dump_json().encode()
        return route(self, path, query, body)

    monkeypatch.setattr(little_server._Handler, "_route", with_history)


def test_a_cancelled_row_says_by_whom_and_why_and_is_restored_by_who_has_the_right(
    opened: Open, desks: Desks, qtbot: QtBot,
) -> None:
    view = cancelled()
    chart = opened([view], desk=head_of_ward(desks))
    chart.place.show_entry(view.id)
    assert chart.actions.why_not("chart.restore") == ""
    chart.actions.trigger("chart.restore")
    asked = chart.window.findChild(AskText)
    assert asked is not None
    asked.field.setPlainText("Hủy nhầm, lần ghi vẫn đúng")
    press(asked, *ENTER)
    qtbot.waitUntil(lambda: chart.little.times("POST", f"/{view.id}/restore") == 1, timeout=10_000)


def test_without_the_right_the_reason_is_told(opened: Open) -> None:
    view = cancelled()
    chart = opened([view])
    chart.place.show_entry(view.id)
    assert chart.actions.why_not("chart.restore") == NO_RIGHT


def test_the_history_tells_each_version_and_offers_what_may_be_restored(
    opened: Open, desks: Desks, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch,
) -> None:
    view = cancelled()
    answering(monkeypatch, history_of(view))
    chart = opened([view], desk=head_of_ward(desks))
    chart.place.show_entry(view.id)
    chart.actions.trigger("chart.history")
    dialog = chart.place.acts.amending.dialog
    assert dialog is not None
    qtbot.waitUntil(lambda: dialog.rows.count() == 3, timeout=10_000)
    assert set(dialog.buttons) == {1}
    said = " ".join(label.text() for label in dialog.findChildren(type(dialog.words)))
    for words in ("Khôi phục nội dung phiên bản 1. Lý do: Hủy nhầm", "Người cho khôi phục: BSCKI. Đỗ Văn Thành",
                  "Mục đã đổi: Kế hoạch", "Nhầm người bệnh", "Ký: BS. Lê Thu Hà"):
        assert words in said
    dialog.reject()


def test_an_earlier_version_is_shown_as_it_prints_with_what_became_of_it(
    opened: Open, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """R33."""
    view = cancelled()
    second, first = history_of(view).versions
    told = EntryHistory(versions=(second.model_copy(update={"file": "b" * 64}),
                                  first.model_copy(update={"file": "a" * 64})))
    answering(monkeypatch, told)
    chart = opened([view])
    shown: list[tuple[UUID, int, str]] = []
    chart.place.acts.amending.preview = lambda seen, record, since: shown.append((seen.id, record.number, since))
    chart.place.show_entry(view.id)
    chart.actions.trigger("chart.history")
    dialog = chart.place.acts.amending.dialog
    assert dialog is not None
    qtbot.waitUntil(lambda: set(dialog.prints) == {1, 2}, timeout=10_000)
    dialog.prints[1].click()
    (seen,) = shown
    assert seen[:2] == (view.id, 1)
    assert seen[2].startswith("PHIÊN BẢN 1 ĐÃ HỦY. Người hủy: BS. Lê Thu Hà, ")


def test_a_version_says_which_one_took_its_place_and_why() -> None:
    second, first = history_of(cancelled()).versions
    amended = first.model_copy(update={"state": State.AMENDED, "cancellation": None})
    told = EntryHistory(versions=(second, amended))
    assert since_then(told, amended) == "PHIÊN BẢN 1, ĐÃ ĐƯỢC THAY bằng phiên bản 2. Lý do: Hủy nhầm."
    assert since_then(told, second) == ""
    waiting = second.model_copy(update={"state": State.PARTLY_SIGNED})
    signed = amended.model_copy(update={"state": State.SIGNED})
    assert since_then(EntryHistory(versions=(waiting, signed)), signed) == "", "nothing stands in its place yet"


def restored(chart: Opened, view: EntryView) -> None:
    """The author opens what the ward head let be restored."""
    chart.chart.correct(view.id, "Hủy nhầm")
    model = chart.editor
    draft = model.draft.model_copy(update={"restoration": RestorationGiven(
        restores=1, permitted_by="BSCKI. Đỗ Văn Thành")})
    chart.place.write(draft)


def test_a_restored_text_is_read_and_signed_and_not_changed(opened: Open, qtbot: QtBot) -> None:
    view = cancelled()
    chart = opened([view])
    chart.place.show_entry(view.id)
    restored(chart, view)
    correction = chart.place.writing.correction
    assert correction is not None
    before = chart.editor.value("plan")
    chart.editor.set_value("plan", "Sửa lén")
    chart.editor.set_correction_reason("Lý do khác")
    correction.go_to("plan")
    assert chart.editor.value("plan") == before
    assert correction.rows["plan"].line.isHidden()
    lines = chart.editor.paper_lines()
    assert lines[0].startswith("Khôi phục (phiên bản 2): lấy lại nội dung phiên bản 1")
    assert "BSCKI. Đỗ Văn Thành" in lines[2]
    assert (chart.editor.missing, chart.actions.why_not("chart.sign")) == ((), "")
    with qtbot.waitSignal(chart.place.sign_wanted):
        chart.actions.trigger("chart.sign")
    made = chart.editor.to_version()
    assert made.correction is not None
    assert (made.correction.restores, made.correction.changed, made.values) == (1, (), view.body["values"])


def test_a_correction_that_is_opened_again_keeps_its_whole_reason(opened: Open) -> None:
    chart = opened()
    view = chart.first("36/BV2")
    chart.chart.correct(view.id, "Ghi nhầm bên, vị trí; phổi phải, không phải trái")
    assert chart.editor.correction_reason == "Ghi nhầm bên, vị trí; phổi phải, không phải trái"


def certificate(now: Any, **changes: Any) -> EntryView:
    values = {"health_dept": "Sở Y tế", "facility": "Bệnh viện", "record_no": "26-004812", "treatment": "Kháng sinh."}
    return charts.entry_of(UUID(int=901), CERTIFICATE, charts.at(3, now), values, **changes)


def test_an_issued_paper_is_issued_anew_with_a_reason_of_the_list(opened: Open, qtbot: QtBot) -> None:
    old = certificate(charts.now())
    chart = opened([old])
    chart.place.show_entry(old.id)
    assert "đã cấp thì không sửa" in chart.actions.why_not("chart.correct")
    chart.actions.trigger("chart.reissue")
    asked = chart.window.findChild(ReasonDialog)
    assert asked is not None
    asked.take()
    assert asked.isVisible(), "a reason of the list is demanded"
    asked.choices[1].setChecked(True)
    asked.field.setPlainText("sai ngày ra viện")
    press(asked, *ENTER)
    qtbot.waitUntil(lambda: chart.place.writing.is_open)
    draft = chart.editor.draft
    assert draft.relates_to is not None
    assert (draft.relates_to.entry, draft.relates_to.reason) == (
        old.id, "Có sai sót về thông tin ghi trên giấy; sai ngày ra viện")
    assert (draft.base_version, draft.values["treatment"]) == (0, "Kháng sinh.")
    assert draft.entry != old.id


def test_a_replaced_paper_says_by_what_and_why(desks: Desks) -> None:
    now = charts.now()
    relation = RelatesTo(code="replaces", entry=UUID(int=901), version=1, sha256="0" * 64, named="Giấy ra viện",
                         reason="Giấy bị mất hoặc bị hỏng")
    old = certificate(now, state=State.REPLACED)
    new = charts.entry_of(UUID(int=902), CERTIFICATE, charts.at(1, now), dict(old.body["values"]), relates_to=relation)
    chart = charts.chart_of([new, old], now)
    assert "Lý do: Giấy bị mất hoặc bị hỏng" in ended_words(chart, old)
    assert ended_words(chart, new) == ""
    draft = reissue_draft(chart, new, desks.open().account, "Giấy bị mất hoặc bị hỏng", now + timedelta(minutes=1))
    assert draft.relates_to is not None
    assert draft.relates_to.entry == new.id


def test_a_replaced_paper_is_shown_as_gone(opened: Open) -> None:
    old = certificate(charts.now(), state=State.REPLACED)
    chart = opened([old])
    item = chart.chart.item(old.id)
    assert item is not None
    assert item.state is ItemState.REPLACED
    chart.place.show_entry(old.id)
    assert chart.actions.why_not("chart.reissue")
    assert form(CERTIFICATE.code, CERTIFICATE.edition).kind("certificate").replaced_for
    assert hospital.encounter().state is EncounterState.ACTIVE


def told(**changes: Any) -> ToldView:
    at = charts.now().replace(year=2026, month=11, day=16, hour=2, minute=2)
    return ToldView(**{"who": "BS. Lê Thu Hà", "named": True, "cancelled": False, "at": at, **changes})


@pytest.mark.parametrize(("one", "words"), [
    (told(), "Đã báo cho BS. Lê Thu Hà, người chỉ định, lúc 09:02 16/11/2026: chưa xem"),
    (told(known_at=told().at + timedelta(minutes=8)),
     "Đã báo cho BS. Lê Thu Hà, người chỉ định, lúc 09:02 16/11/2026: đã xem lúc 09:10 16/11/2026"),
    (told(known_at=told().at, known_by="BS. An", cancelled=True),
     ("Đã báo việc hủy cho BS. Lê Thu Hà, người chỉ định, lúc 09:02 16/11/2026: BS. An đã xem thay lúc "
      "09:02 16/11/2026")),
    (told(named=False),
     "Đã báo cho BS. Lê Thu Hà (không tìm thấy người chỉ định) lúc 09:02 16/11/2026: chưa xem"),
])
def test_the_history_says_who_was_told_and_whether_they_know(one: ToldView, words: str) -> None:
    """R36."""
    assert told_words(one) == words


def corrected_result(**changes: Any) -> EntryView:
    values = hospital.result(UUID(int=870), "Viêm phổi thùy dưới trái.").values
    return charts.entry_of(UUID(int=870), hospital.RESULT, charts.now(), values,
                           **{"version": 2, "reason": "Ghi nhầm bên", **changes})


def test_a_corrected_result_is_called_so_in_the_chart(opened: Open) -> None:
    """R36: as on paper; other corrected papers keep their word."""
    view = corrected_result()
    row = charts.entry_of(UUID(int=871), hospital.ROW, charts.now(), hospital.GOOD, version=2, reason="Ghi nhầm")
    chart = opened([view, row])
    items = [chart.chart.item(one.id) for one in (view, row)]
    assert [(word_of(item), chip_of(item).text) for item in items if item is not None] == [
        ("đã sửa", "Kết quả đã sửa"), ("đã đính chính", "Đã đính chính")]
    assert [amended_words(item) for item in items if item is not None] == [
        "Kết quả đã sửa, phiên bản 2, lý do: Ghi nhầm bên", "Phiên bản 2, lý do: Ghi nhầm"]


@pytest.mark.parametrize(("state", "words"), [
    (State.SIGNED, "Khi ký đủ, báo người chỉ định: BS. Lê Thu Hà."),
    (State.PARTLY_SIGNED, "Phiên bản trước chưa trả: không báo ai."),
])
def test_before_a_result_is_corrected_it_says_who_will_be_told(
    opened: Open, qtbot: QtBot, state: State, words: str,
) -> None:
    view = corrected_result(version=1, reason="", state=state)
    chart = opened([view])
    chart.place.show_entry(view.id)
    chart.actions.trigger("chart.correct")
    qtbot.waitUntil(lambda: chart.place.writing.correction is not None)
    correction = chart.place.writing.correction
    assert correction is not None
    said = " ".join(one.text() for one in correction.side.findChildren(QLabel))
    assert "Ai sẽ được báo" in said
    assert words in said


def test_nobody_is_told_of_a_corrected_row(opened: Open, qtbot: QtBot) -> None:
    chart = opened()
    chart.place.show_entry(chart.first("36/BV2").id)
    chart.actions.trigger("chart.correct")
    qtbot.waitUntil(lambda: chart.place.writing.correction is not None)
    correction = chart.place.writing.correction
    assert correction is not None
    assert "Ai sẽ được báo" not in " ".join(one.text() for one in correction.side.findChildren(QLabel))
