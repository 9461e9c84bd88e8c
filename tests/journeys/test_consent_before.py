"""Nobody operates before the patient agreed: consent, operation, a second one, an emergency's two doctors (R19b)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from records.entries import FormRef, State
from records.forms import current_form
from records.messages import Admission, EntryView, PatientDraft
from records.policy import Allowed, Refused
from records.render import render_entry
from tests.journeys.conftest import Town
from tests.journeys.hands import refused
from tests.journeys.places import Place, SitDown, sit_down
from tests.journeys.test_patient_confirms import CONSENT, PATIENT, SURGEON, VALUES, Story
from workstation.config import ZONE
from workstation.drafts import LocalDraft
from workstation.ids import new_id
from workstation.models.confirming import Taking
from workstation.models.editor import EditorModel
from workstation.models.holding_up import BeforeMine

__all__ = ["sit_down"]
pytestmark = pytest.mark.xdist_group("journeys")
NOTE = FormRef(code="06/BV2", edition="2024-01-01", kind="procedure")
DECISION = FormRef(code="EX-PTCC", edition="2024-01-01", kind="decision")
LONG = 20_000


def now() -> datetime:
    return datetime.now(UTC).astimezone(ZONE).replace(microsecond=0)


def note(starts: datetime) -> dict[str, Any]:
    return {"performed_at": starts.isoformat(), "dx_before": {"text": "Tràn khí màng phổi", "code": "J93.9"},
            "dx_after": {"text": "Tràn khí màng phổi", "code": "J93.9"}, "method": "Dẫn lưu màng phổi", "class": "2",
            "anaesthesia": "Gây tê tại chỗ", "surgeon_name": "Lê Thu Hà", "steps": "Gây tê; rạch da; đặt dẫn lưu."}


def decision(at: datetime) -> dict[str, Any]:
    return {"decided_at": at.isoformat(), "procedure": "Mở màng phổi cấp cứu", "why": "2",
            "diagnosis": {"text": "Tràn khí màng phổi áp lực", "code": "J93.9"},
            "reason": "Suy hô hấp nặng, người nhà chưa tới"}


def drafted(qtbot: QtBot, place: Place, starts: datetime, *seen: EntryView) -> EditorModel:
    """A note of an operation that began then, on the surgeon's screen, once the chart shows these papers so."""
    def shown() -> bool:
        chart = place.chart.chart
        there = {(view.id, view.state, len(view.signatures)) for view in chart.entries} if chart is not None else set()
        return {(view.id, view.state, len(view.signatures)) for view in seen} <= there

    with qtbot.waitSignal(place.chart.loaded, timeout=LONG):
        place.chart.load()
    qtbot.waitUntil(shown, timeout=LONG)
    whole = current_form(NOTE.code, starts.date())
    with qtbot.waitSignal(place.chart.draft_ready, timeout=LONG) as told:
        place.chart.begin(whole, whole.kind(NOTE.kind))
    assert told.args is not None
    editor = place.chart.editor(told.args[0])
    editor.take_over(note(starts))
    return editor


def why(editor: EditorModel) -> list[str]:
    said = editor.may_sign("surgeon")
    return [reason.code for reason in said.reasons] if isinstance(said, Refused) else []


def operates(story: Story, starts: datetime) -> EntryView:
    version = story.version(story.surgeon, NOTE, note(starts))
    return story.hand_in(story.surgeon, version, "surgeon", story.surgeon.signs(version, "surgeon",
                                                                               render_entry(version)))


def test_consent_then_operation_then_the_emergency(town: Town, sit_down: SitDown, qtbot: QtBot) -> None:
    story = Story(town)
    client = story.surgeon.client
    patient = client.register(PatientDraft(full_name="Người Bệnh Chờ Mổ", birth_date="1961", sex="1"), new_id())
    story.encounter = client.admit(Admission(patient=patient.id, ward=client.me().wards[0].id, emergency=True,
                                             admitted_at=datetime.now(UTC) - timedelta(hours=6)), new_id()).id
    place = sit_down(SURGEON, "mo", encounter=story.encounter)

    assert why(drafted(qtbot, place, now())) == ["consent_missing"]
    with refused("consent_missing"):
        operates(story, now())

    waiting = story.signed(story.version(story.surgeon, CONSENT, {**VALUES, "procedure": "Dẫn lưu màng phổi"}))
    half = drafted(qtbot, place, now(), waiting)
    assert why(half) == ["consent_unfinished"]
    (held,) = BeforeMine(place.desk, place.chart, half).lines
    assert (held.who, held.entry) == ("người bệnh", waiting.id)
    assert held.since == max(mark.signed_at for mark in waiting.signatures)

    came: list[object] = []
    Taking(place.desk, client.chart(story.encounter), waiting).by_drawing(
        b'{"strokes":[]}', "Bút ký", PATIENT, came.append, came.append)
    qtbot.waitUntil(lambda: bool(came), timeout=LONG)
    assert isinstance(came[0], LocalDraft), came[0]
    story.takes(came[0])
    agreed = story.now(waiting)
    assert why(drafted(qtbot, place, now() - timedelta(hours=2), agreed)) == ["consent_after_start"]
    assert isinstance(drafted(qtbot, place, now()).may_sign("surgeon"), Allowed)
    done = operates(story, now())
    assert done.state is State.SIGNED

    again = now() + timedelta(seconds=2)
    assert why(drafted(qtbot, place, again, done)) == ["consent_used"]
    with refused("consent_used"):
        operates(story, again)

    paper = story.version(story.surgeon, DECISION, decision(again))
    first = story.surgeon.signs(paper, "first_doctor", render_entry(paper))
    begun = story.hand_in(story.surgeon, paper, "first_doctor", first)
    with refused("slot_needs_other_person"):
        story.hand_in(story.surgeon, paper, "second_doctor", story.surgeon.signs(paper, "second_doctor", first))
    assert why(drafted(qtbot, place, again, begun)) == ["consent_unfinished"]
    whole = story.hand_in(story.anaesthetist, paper, "second_doctor",
                          story.anaesthetist.signs(paper, "second_doctor", first))
    assert whole.state is State.SIGNED
    assert isinstance(drafted(qtbot, place, again, whole).may_sign("surgeon"), Allowed)
    assert operates(story, again).state is State.SIGNED
