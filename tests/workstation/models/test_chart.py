"""The chart model: cached at once, fresh when it comes, pending work laid over it, drafts begun and corrected."""

from __future__ import annotations

import time
from dataclasses import replace
from uuid import UUID

import pytest
from PyQt6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from records.entries import Author, FormRef
from records.forms import Role, current_form, form
from records.messages import DraftView
from records.policy import Allowed, Refused
from tests.server.filling import enough
from tests.workstation import hospital
from tests.workstation.little_server import LittleServer
from tests.workstation.models.desks import Desks
from workstation.drafts import LocalDraft
from workstation.models.account import utc_now
from workstation.models.chart import ITEM_ROLE, ChartModel, DayHead, ItemState
from workstation.models.desk import Desk

ONE = UUID(int=101)


@pytest.fixture
def charted(little: LittleServer) -> LittleServer:
    little.charts[hospital.ENCOUNTER] = hospital.chart([hospital.entry(ONE)]).model_dump_json().encode()
    return little


def load(qtbot: QtBot, desk: Desk) -> ChartModel:
    model = ChartModel(desk, hospital.ENCOUNTER)
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal, model)
    with qtbot.waitSignal(model.loaded):
        model.load()
    return model


def begun(qtbot: QtBot, model: ChartModel) -> LocalDraft:
    form = current_form("36/BV2", utc_now().date())
    with qtbot.waitSignal(model.draft_ready) as told:
        model.begin(form, form.kind("row"))
    assert told.args is not None
    draft = told.args[0]
    assert isinstance(draft, LocalDraft)
    return draft


def test_the_chart_is_shown_by_day_and_read_aloud(qtbot: QtBot, desks: Desks, charted: LittleServer) -> None:
    model = load(qtbot, desks.open())
    rows = [model.index(number).data(ITEM_ROLE) for number in range(model.rowCount())]
    assert isinstance(rows[0], DayHead)
    assert rows[1].entry == ONE
    assert "Lê Thu Hà" in model.index(1).data()
    assert (model.cached, model.row_of(ONE)) == (False, 1)
    model.set_words("không có")
    assert model.rowCount() == 0


def test_a_chart_opened_before_stays_readable_without_the_server(
    qtbot: QtBot, desks: Desks, charted: LittleServer,
) -> None:
    load(qtbot, desks.open())
    desks.settle()
    charted.down()
    again = load(qtbot, desks.open())
    assert again.cached
    assert again.as_of is not None
    assert [item.entry for item in again.items] == [ONE]


def test_a_cached_chart_does_not_queue_behind_a_slow_server(
    qtbot: QtBot, desks: Desks, charted: LittleServer,
) -> None:
    desk = desks.open()
    load(qtbot, desk)
    desks.settle()
    charted.delay_s = 5.0
    for _ in range(8):
        ChartModel(desk, hospital.ENCOUNTER, desk.sync).load()
    before = len(charted.answered)
    again = load(qtbot, desk)
    assert again.cached
    assert len(charted.answered) == before
    charted.delay_s = 0.0


def test_a_correction_of_a_text_that_others_corrected_meanwhile_is_not_signed(
    qtbot: QtBot, desks: Desks, charted: LittleServer,
) -> None:
    model = load(qtbot, desks.open())
    with qtbot.waitSignal(model.draft_ready) as told:
        model.correct(ONE, "Nhầm bên")
    assert told.args is not None
    editor = model.editor(told.args[0])
    editor.set_value("plan", "Ngừng levofloxacin.")
    assert isinstance(editor.may_sign("doctor"), Allowed)
    newer = hospital.chart([hospital.entry(ONE, version=2)])
    charted.charts[hospital.ENCOUNTER] = newer.model_dump_json().encode()
    with qtbot.waitSignal(model.charted):
        model.load()
    said = editor.may_sign("doctor")
    assert isinstance(said, Refused)
    assert "newer_version_exists" in [reason.code for reason in said.reasons]


def test_a_chart_never_opened_here_says_so_in_words(qtbot: QtBot, desks: Desks, little: LittleServer) -> None:
    desk = desks.open()
    desks.settle()
    little.down()
    model = ChartModel(desk, hospital.ENCOUNTER)
    with qtbot.waitSignal(model.refused) as told:
        model.load()
    assert told.args is not None
    assert told.args[0].vietnamese
    assert model.writable() == ()


def test_a_draft_appears_with_its_first_word_and_a_signed_one_waits_in_line(
    qtbot: QtBot, desks: Desks, charted: LittleServer,
) -> None:
    desk = desks.open()
    model = load(qtbot, desk)
    draft = begun(qtbot, model)
    assert model.item(draft.entry) is None
    editor = model.editor(draft)
    editor.set_value("plan", "Tiếp tục levofloxacin.")
    qtbot.waitUntil(lambda: model.item(draft.entry) is not None)
    item = model.item(draft.entry)
    assert item is not None
    assert item.state is ItemState.DRAFT
    desks.settle()
    charted.down()
    desk.sync.retry_now()
    qtbot.waitUntil(lambda: desk.away)
    editor.signed(b"%PDF", "doctor")
    qtbot.waitUntil(lambda: getattr(model.item(draft.entry), "state", None) is ItemState.QUEUED)
    assert editor.is_closed


def test_what_others_sign_appears_by_itself(qtbot: QtBot, desks: Desks, charted: LittleServer) -> None:
    desk = desks.open()
    model = load(qtbot, desk)
    qtbot.waitUntil(lambda: len(charted.streams) == 1)
    entries = [hospital.entry(ONE), hospital.entry(UUID(int=102))]
    charted.charts[hospital.ENCOUNTER] = hospital.chart(entries).model_dump_json().encode()
    charted.tell("entry", encounter=hospital.ENCOUNTER, entry=UUID(int=102), ward=hospital.WARD.id)
    qtbot.waitUntil(lambda: len(model.items) == 2)


def test_a_correction_begins_as_the_signed_text_and_knows_its_base(
    qtbot: QtBot, desks: Desks, charted: LittleServer,
) -> None:
    model = load(qtbot, desks.open())
    with qtbot.waitSignal(model.draft_ready) as told:
        model.correct(ONE, "Nhầm bên")
    assert told.args is not None
    editor = model.editor(told.args[0])
    assert editor.base is not None
    assert dict(editor.values) == hospital.GOOD
    assert editor.changes() == ()
    editor.set_value("plan", "Ngừng levofloxacin.")
    assert [(change.key, change.old, change.new) for change in editor.changes()] == [
        ("plan", "Tiếp tục levofloxacin.", "Ngừng levofloxacin.")]
    version = editor.to_version()
    assert (version.version, version.entry) == (2, ONE)
    assert version.correction is not None
    assert (version.correction.reason, version.correction.of_sha256) == ("Nhầm bên", editor.base.sha256)


def test_a_draft_from_another_pc_is_gone_on_with(qtbot: QtBot, desks: Desks, charted: LittleServer) -> None:
    mine = DraftView(entry=UUID(int=103), encounter=hospital.ENCOUNTER, person=hospital.DOCTOR, person_name="Lê Thu Hà",
                     form=hospital.ROW, base_version=0, occurred_at=utc_now(), values={"plan": "ở máy kia"}, revision=4,
                     updated_at=utc_now())
    charted.charts[hospital.ENCOUNTER] = hospital.chart(drafts=[mine]).model_dump_json().encode()
    model = load(qtbot, desks.open())
    with qtbot.waitSignal(model.draft_ready) as told:
        model.open_draft(mine.entry)
    assert told.args is not None
    assert (told.args[0].values, told.args[0].server_revision) == ({"plan": "ở máy kia"}, 4)


def test_only_kinds_that_this_person_writes_can_be_begun(qtbot: QtBot, desks: Desks, charted: LittleServer) -> None:
    model = load(qtbot, desks.open())
    writers = [kind.writers for _, kind in model.writable()]
    assert writers
    assert all(Role.DOCTOR in roles for roles in writers)
    care = current_form("38/BV2", utc_now().date())
    said = model.may_begin(care, care.kind("column"))
    assert isinstance(said, Refused)


def test_a_part_that_stands_once_is_not_begun_twice(qtbot: QtBot, desks: Desks, charted: LittleServer) -> None:
    part = hospital.entry(UUID(int=104), form=hospital.PART_A)
    charted.charts[hospital.ENCOUNTER] = hospital.chart([part]).model_dump_json().encode()
    model = load(qtbot, desks.open())
    form = current_form("01/BV1", utc_now().date())
    said = model.may_begin(form, form.kind("part_a"))
    assert isinstance(said, Refused)
    assert said.reasons[0].code == "kind_begun_already"


def test_a_second_signature_needs_the_server(qtbot: QtBot, desks: Desks, charted: LittleServer) -> None:
    open_row = hospital.entry(ONE, signed=False)
    charted.charts[hospital.ENCOUNTER] = hospital.chart([open_row]).model_dump_json().encode()
    desk = desks.open()
    model = load(qtbot, desk)
    assert isinstance(model.may_sign(ONE, "doctor"), Allowed)
    desks.settle()
    charted.down()
    desk.sync.retry_now()
    qtbot.waitUntil(lambda: desk.away)
    assert isinstance(model.may_sign(ONE, "doctor"), Refused)


def test_a_thousand_entries_are_laid_out_in_a_fraction_of_their_parsing(
    qtbot: QtBot, desks: Desks, little: LittleServer,
) -> None:
    little.charts[hospital.ENCOUNTER] = hospital.chart(hospital.many_entries(1000)).model_dump_json().encode()
    began = time.perf_counter()
    model = load(qtbot, desks.open())
    loading = time.perf_counter() - began
    began = time.perf_counter()
    model.set_words("ha")
    model.set_words("")
    laying = (time.perf_counter() - began) / 2
    assert len(model.items) == 1000
    # Laying out runs on the UI thread; parsing does not. A relation, because machines differ.
    assert laying < loading


def doctors_cover() -> DraftView:
    """A cover that Dr Nga wrote; its first signature is the ward head's."""
    author = Author(id=hospital.OTHER, full_name="Phạm Thị Nga", title="BS.", role=Role.DOCTOR)
    return DraftView(
        entry=UUID(int=104), encounter=hospital.ENCOUNTER, person=hospital.OTHER, person_name="Phạm Thị Nga",
        author=author, form=FormRef(code="01/BV1", edition="2024-01-01", kind="cover"), base_version=0,
        occurred_at=utc_now(), values=enough(form("01/BV1", "2024-01-01").kind("cover")), revision=3,
        updated_at=utc_now())


def test_the_ward_head_opens_the_doctors_cover_and_signs_it_as_the_doctors(
    qtbot: QtBot, desks: Desks, little: LittleServer,
) -> None:
    view = doctors_cover()
    part_b = hospital.entry(ONE).model_copy(update={"form": view.form.model_copy(update={"kind": "part_b"})})
    little.charts[hospital.ENCOUNTER] = hospital.chart([part_b], [view]).model_dump_json().encode()
    desk = desks.open(start=False)
    head = desk.account.person.model_copy(update={"roles": (Role.WARD_HEAD, Role.DOCTOR)})
    model = load(qtbot, replace(desk, account=desk.account.model_copy(update={"person": head})))
    item = model.item(view.entry)
    assert item is not None
    assert model.opens(item)
    with qtbot.waitSignal(model.draft_ready) as told:
        model.open_draft(view.entry)
    editor = model.editor(told.args[0])
    assert isinstance(editor.may_sign("ward_head"), Allowed)
    version = editor.to_version()
    assert version.author == view.author
    assert version.values == view.values
    assert not desk.store.drafts()[0].waiting, "reading it is no change"


def test_a_draft_of_another_that_is_not_mine_to_sign_stays_closed(
    qtbot: QtBot, desks: Desks, little: LittleServer,
) -> None:
    cover = doctors_cover()
    others_row = cover.model_copy(update={"entry": UUID(int=105), "form": hospital.ROW})
    little.charts[hospital.ENCOUNTER] = hospital.chart([], [cover, others_row]).model_dump_json().encode()
    model = load(qtbot, desks.open(start=False))  # a doctor: signs no cover, and no row of another
    assert [model.opens(item) for item in model.items] == [False, False]


def kept_with_my_draft(qtbot: QtBot, desks: Desks, little: LittleServer) -> Desk:
    """A desk whose PC keeps the chart with a draft of this person's that only the server holds."""
    mine = doctors_cover().model_copy(update={"entry": ONE, "person": hospital.DOCTOR, "form": hospital.ROW})
    little.charts[hospital.ENCOUNTER] = hospital.chart([], [mine]).model_dump_json().encode()
    desk = desks.open(start=False)
    load(qtbot, desk)
    qtbot.waitUntil(lambda: desk.store.cached(f"chart:{hospital.ENCOUNTER}") is not None)
    return desk


def test_a_draft_in_a_chart_that_this_pc_kept_is_not_taken_back_while_the_server_answers(
    qtbot: QtBot, desks: Desks, little: LittleServer,
) -> None:
    """Another signed it since: it came back with its older words, as a draft that nobody could sign."""
    desk = kept_with_my_draft(qtbot, desks, little)
    little.charts[hospital.ENCOUNTER] = hospital.chart([hospital.entry(ONE, signed=False)]).model_dump_json().encode()
    model = ChartModel(desk, hospital.ENCOUNTER)
    opened: list[tuple[bool, bool]] = []
    adopted: list[object] = []

    def look() -> None:
        item = model.item(ONE)
        assert item is not None
        opened.append((model.cached, model.opens(item)))
        model.open_draft(ONE)

    model.loaded.connect(look)
    model.draft_ready.connect(adopted.append)
    model.load()
    qtbot.waitUntil(lambda: len(opened) == 2)
    assert opened == [(True, False), (False, False)]
    qtbot.waitUntil(lambda: not desk.background.running)
    assert (adopted, desk.store.drafts()) == ([], ())


def test_without_the_server_a_draft_of_the_kept_chart_is_gone_on_with(
    qtbot: QtBot, desks: Desks, little: LittleServer,
) -> None:
    desk = kept_with_my_draft(qtbot, desks, little)
    desk.client.door.token = None
    model = load(qtbot, desk)
    item = model.item(ONE)
    assert item is not None
    assert (model.cached, desk.away, model.opens(item)) == (True, True, True)
