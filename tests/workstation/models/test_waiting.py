"""What waits for my signature: complete drafts and open slots, by deadline, and nothing that is not mine to sign."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from pytestqt.qtbot import QtBot

from records import canonical
from records.entries import Author
from records.forms import Role
from records.messages import BoardRow, DraftView, Look
from tests.records import factories
from tests.workstation import hospital
from tests.workstation.little_server import LittleServer
from tests.workstation.models.desks import Desks, draft
from workstation.models.desk import Desk
from workstation.models.editor import EditorModel
from workstation.models.looking import LooksModel
from workstation.models.signing_tasks import Task
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
    desk.store.put_looks(hospital.ENCOUNTER, [shown(model.items[0].task)], told=False)
    model.watch()
    desks.settle()
    assert model.items[0].task.seen


def shown(task: Task, minutes: int = 0, **changes: Any) -> Look:
    return Look(entry=task.entry, version=task.number, seen_at=datetime.now(UTC) - timedelta(minutes=minutes),
                values={**task.values, **changes})


def test_a_new_version_tells_each_field_with_its_author_also_through_versions_between(
    desks: Desks, look: Callable[..., WaitingModel], little: LittleServer,
) -> None:
    son, values = Author(id=hospital.OTHER, full_name="Nguyễn Văn Sơn", title="BS.", role=Role.DOCTOR), hospital.GOOD
    second = factories.version(entry=UUID(int=905), version=2, author=son, values={**values, "plan": "Đổi thuốc."})
    third = hospital.entry(UUID(int=905), version=3, signed=False, open_slots=("doctor",),
                           values={**values, "plan": "Đổi thuốc.", "objective": "Tỉnh hẳn."})
    little.versions[str(third.id), "2"] = canonical.encode(second)
    desk = desks.open()
    little.charts[UUID(int=21)] = hospital.chart([third]).model_dump_json().encode()
    little.charts[UUID(int=22)] = hospital.chart().model_dump_json().encode()
    seen = Look(entry=third.id, version=1, values=hospital.GOOD, seen_at=datetime.now(UTC) - timedelta(hours=1))
    little.looks[third.id] = seen  # on another PC
    model = look(desk)
    desks.qtbot.waitUntil(lambda: len(model.items) == 1 and any(
        one.hand and one.hand.by for one in model.items[0].task.sight.changes), timeout=10_000)
    found = model.items[0].task.sight
    assert (found.last, found.seen) == (seen.seen_at, False)
    assert {one.field.key: one.hand.by for one in found.changes if one.hand} == {
        "plan": "BS. Nguyễn Văn Sơn", "objective": ""}


def test_what_another_hand_wrote_into_my_draft_is_told_until_i_looked_and_left(
    desks: Desks, look: Callable[..., WaitingModel],
) -> None:
    desk = desks.open(start=False)
    keep_chart(desk, hospital.chart().model_dump_json().encode())
    saved = desk.store.save_draft(draft(values=dict(hospital.GOOD)))
    model = look(desk)
    task = model.items[0].task
    assert (task.seen, task.sight.last, task.sight.changes) == (True, None, ())
    desk.store.put_looks(hospital.ENCOUNTER, [shown(task, 20)], told=False)
    theirs = DraftView(entry=saved.entry, encounter=saved.encounter, person=hospital.OTHER, form=saved.form,
                       person_name="Nguyễn Thị Mai", base_version=0, occurred_at=saved.occurred_at, revision=2,
                       values={**hospital.GOOD, "plan": "Đã thực hiện liều 1."}, updated_at=datetime.now(UTC))
    desk.store.resolve(saved.model_copy(update={"values": theirs.values}), theirs)
    model.watch()
    desks.settle()
    changed = model.items[0].task
    assert not changed.seen
    assert [(one.field.key, one.hand.by) for one in changed.sight.changes if one.hand] == [("plan", "Nguyễn Thị Mai")]
    desk.store.put_looks(hospital.ENCOUNTER, [shown(changed)], told=False)
    model.watch()
    desks.settle()
    assert model.items[0].task.seen
    assert len(model.items[0].task.sight.changes) == 1, "still told, while the person sits over it"
    model.rest()
    model.watch()
    desks.settle()
    assert model.items[0].task.seen
    assert not model.items[0].task.sight.changes


def test_a_look_in_an_outage_is_told_when_the_server_answers_again(
    desks: Desks, little: LittleServer, look: Callable[..., WaitingModel],
) -> None:
    desk = desks.open()
    keep_chart(desk, hospital.chart().model_dump_json().encode())
    desk.store.save_draft(draft(values=dict(hospital.GOOD)))
    desks.qtbot.waitUntil(lambda: desk.sync.is_listening, timeout=10_000)
    model = look(desk)
    looks, task = LooksModel(desk, desk.sync), model.items[0].task
    little.down()
    desks.qtbot.waitUntil(lambda: desk.away, timeout=20_000)
    looks.see(task)
    desks.qtbot.waitUntil(lambda: len(desk.store.untold_looks()) == 1, timeout=10_000)
    little.up()
    desk.sync.retry_now()
    desks.qtbot.waitUntil(lambda: task.entry in little.looks, timeout=20_000)
    assert little.looks[task.entry].values == task.values
    desks.qtbot.waitUntil(lambda: not desk.store.untold_looks(), timeout=10_000)


def test_a_look_that_the_server_refuses_holds_up_no_other(desks: Desks, little: LittleServer) -> None:
    desk = desks.open()
    desks.qtbot.waitUntil(lambda: desk.sync.is_listening, timeout=10_000)
    little.refusals[f"{UUID(int=99)}/looks"] = (403, "ward_closed_to_person")
    one = Look(entry=UUID(int=1), version=1, values={}, seen_at=datetime.now(UTC))
    desk.store.put_looks(UUID(int=99), [one], told=False)
    desk.store.put_looks(hospital.ENCOUNTER, [one.model_copy(update={"entry": UUID(int=2)})], told=False)
    looks = LooksModel(desk, desk.sync)
    looks._tell()
    desks.qtbot.waitUntil(lambda: not desk.store.untold_looks(), timeout=10_000)
    assert set(little.looks) == {UUID(int=2)}


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
