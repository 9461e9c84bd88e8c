"""What waits for my signature: complete drafts and open slots, by deadline, and nothing that is not mine to sign."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from pytestqt.qtbot import QtBot

from records.messages import BoardRow
from tests.workstation import hospital
from tests.workstation.little_server import LittleServer
from tests.workstation.models.desks import Desks, draft
from workstation.models.desk import Desk
from workstation.models.editor import EditorModel
from workstation.models.waiting import WaitingModel

OTHERS = UUID(int=900)


@pytest.fixture
def look(desks: Desks, little: LittleServer, qtbot: QtBot) -> Iterator[Callable[..., WaitingModel]]:
    made: list[WaitingModel] = []

    def begin(desk: Desk, **settings: Callable[[UUID], EditorModel | None]) -> WaitingModel:
        model = WaitingModel(desk, parent=desk.sync, **settings)
        made.append(model)
        model.watch()
        qtbot.waitUntil(lambda: model.loaded and not model._asked, timeout=10_000)
        desks.settle()
        return model

    yield begin
    for model in made:
        model.rest()
        model.let_go()


def keep_chart(desk: Desk, body: bytes) -> None:
    desk.store.put_cache(f"chart:{hospital.ENCOUNTER}", body)


def test_my_complete_drafts_wait_by_deadline_and_half_written_ones_do_not(
    desks: Desks, look: Callable[..., WaitingModel],
) -> None:
    desk = desks.open(start=False)
    keep_chart(desk, hospital.chart().model_dump_json().encode())
    now = datetime.now(UTC)
    late = desk.store.save_draft(draft(values=dict(hospital.GOOD), begun_at=now - timedelta(hours=2)))
    new = desk.store.save_draft(draft(values=dict(hospital.GOOD)))
    desk.store.save_draft(draft(values={}))
    model = look(desk)
    assert [item.task.entry for item in model.items] == [late.entry, new.entry]
    assert model.items[0].due == late.begun_at + timedelta(minutes=desk.account.settings.unsigned_overdue_min)


def test_an_open_slot_of_my_own_waits_and_another_doctors_does_not(
    desks: Desks, look: Callable[..., WaitingModel], little: LittleServer,
) -> None:
    desk = desks.open(start=False)
    mine = hospital.entry(UUID(int=901), signed=False, open_slots=("doctor",))
    others = hospital.entry(OTHERS, signed=False, open_slots=("doctor",), author=hospital.OTHER)
    little.charts[hospital.ENCOUNTER] = hospital.chart([mine, others]).model_dump_json().encode()
    keep_chart(desk, little.charts[hospital.ENCOUNTER])
    row = BoardRow(room="1", bed="9", encounter=hospital.ENCOUNTER, patient=hospital.patient(), unsigned=2)
    desk.store.put_cache(f"board:{hospital.WARD.id}", hospital.board([row]).model_dump_json().encode())
    desk.client.door.token = None  # away: what this PC has is shown
    model = look(desk)
    assert [item.task.entry for item in model.items] == [mine.id]
    assert not model.items[0].task.seen
    desk.store.mark_seen(mine.id, mine.version)
    model.watch()
    desks.settle()
    assert model.items[0].task.seen


def test_the_server_is_asked_only_while_somebody_looks(
    desks: Desks, look: Callable[..., WaitingModel], little: LittleServer,
) -> None:
    little.charts[UUID(int=21)] = little.charts[UUID(int=22)] = hospital.chart().model_dump_json().encode()
    desk = desks.open()
    desks.settle()
    model = look(desk)
    asked = little.times("GET", "/chart")
    assert asked == 2, "the stays of the board in which something is unsigned"
    model.rest()
    desk.sync.chart_stale.emit(None)
    desks.settle()
    assert little.times("GET", "/chart") == asked


def test_a_draft_that_is_open_in_a_chart_never_gets_a_second_editor(
    desks: Desks, look: Callable[..., WaitingModel],
) -> None:
    desk = desks.open(start=False)
    keep_chart(desk, hospital.chart().model_dump_json().encode())
    saved = desk.store.save_draft(draft(values=dict(hospital.GOOD)))
    opened = EditorModel(desk, hospital.chart(), saved, None, desk.sync)
    model = look(desk, editor_of=lambda entry: opened if entry == saved.entry else None)
    assert model.items[0].task.refusals() == ()
    assert model._editors == {}
