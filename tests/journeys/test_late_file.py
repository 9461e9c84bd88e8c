"""Files that were signed at a PC whose cable was out, and arrive when the world has moved on: none is lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from pytestqt.qtbot import QtBot

from records.entries import State, Version
from records.errors import Refusal
from records.messages import (
    Accepted,
    Admission,
    Discharge,
    EncounterView,
    EntryView,
    PatientDraft,
    Quarantined,
    SettlementDecision,
    SettlementView,
)
from tests.journeys.cable import Cable
from tests.journeys.conftest import Town
from tests.journeys.places import DOCTOR, Place, SitDown, begin, cable, signed_by_token, sit_down
from workstation.client import Client
from workstation.ids import new_id

__all__ = ["cable", "sit_down"]
pytestmark = pytest.mark.xdist_group("journeys")


@pytest.fixture
def stay(town: Town) -> EncounterView:
    """A patient who was admitted an hour ago, so that their discharge disturbs no other journey."""
    return admitted(town)


def admitted(town: Town) -> EncounterView:
    client = town.client(DOCTOR)
    patient = client.register(PatientDraft(full_name="Người Bệnh Đến Muộn", birth_date="1960", sex="1"), new_id())
    ward = client.me().wards[0].id
    return client.admit(Admission(patient=patient.id, ward=ward, emergency=False,
                                  admitted_at=datetime.now(UTC) - timedelta(hours=1)), new_id())


@pytest.fixture
def cut_off(stay: EncounterView, qtbot: QtBot, cable: Cable, sit_down: SitDown) -> Place:
    """Dr Hà at a PC whose cable was pulled after she opened the chart."""
    place = sit_down(port=cable.port, encounter=stay.id)
    cable.pull()
    place.desk.sync.retry_now()
    qtbot.waitUntil(lambda: place.desk.away, timeout=20_000)
    return place


def signed_in_the_outage(town: Town, qtbot: QtBot, place: Place) -> tuple[Version, bytes]:
    """A treatment row, signed, and its file, which waits in the outbox."""
    editor = begin(qtbot, place)
    editor.set_value("plan", "Tiếp tục kháng sinh")
    version = editor.to_version()
    file = signed_by_token(town, place, version)
    editor.signed(file, "doctor")
    qtbot.waitUntil(lambda: len(place.desk.sync.status.waiting) == 1, timeout=20_000)
    return version, file


def back_again(qtbot: QtBot, place: Place, cable: Cable) -> None:
    """The cable is in again, and the outbox is empty."""
    cable.plug()
    place.desk.sync.retry_now()
    qtbot.waitUntil(lambda: not place.desk.sync.status.waiting, timeout=30_000)


def entry_of(client: Client, stay: EncounterView, entry: UUID) -> EntryView:
    return next(view for view in client.chart(stay.id).entries if view.id == entry)


def waiting(client: Client, stay: EncounterView) -> list[SettlementView]:
    return [view for view in client.settlements() if view.encounter == stay.id]


def codes(reasons: tuple[dict[str, object], ...]) -> list[object]:
    return [reason["code"] for reason in reasons]


def test_a_row_that_arrives_after_the_discharge_is_stored_marked_and_settled_by_a_named_person(
    town: Town, stay: EncounterView, qtbot: QtBot, cut_off: Place, cable: Cable,
) -> None:
    row, _ = signed_in_the_outage(town, qtbot, cut_off)
    head = town.client("thanh.dovan")
    head.discharge(stay.id, Discharge(at=datetime.now(UTC), outcome="1", discharge_type="1"), new_id())
    back_again(qtbot, cut_off, cable)
    late = entry_of(head, stay, row.entry)
    assert (late.state, late.signatures[0].offline, late.signatures[0].settled) == (State.SIGNED, True, False)
    (settlement,) = waiting(head, stay)
    assert (settlement.kind, codes(settlement.reasons)) == ("offline", ["discharged_meanwhile"])
    assert settlement.person_name == town.account(DOCTOR)["full_name"]
    with pytest.raises(Refusal, match="needs a reason"):
        head.settle(settlement.id, SettlementDecision(decision="accept", reason=" "), new_id())
    decision = SettlementDecision(decision="accept", reason="Y lệnh trước khi ra viện")
    done = head.settle(settlement.id, decision, new_id())
    assert (done.decided_by, done.decision_reason) == ("Đỗ Văn Thành", "Y lệnh trước khi ra viện")
    assert waiting(head, stay) == []
    assert entry_of(head, stay, row.entry).signatures[0].settled


def test_a_row_that_was_signed_at_another_pc_meanwhile_stays_what_it_is_and_the_late_file_is_kept(
    town: Town, stay: EncounterView, qtbot: QtBot, cut_off: Place, cable: Cable, sit_down: SitDown,
) -> None:
    row, file = signed_in_the_outage(town, qtbot, cut_off)
    client = town.client(DOCTOR)
    there = sit_down(pc="pc2", encounter=stay.id)
    other = row.model_copy(update={"values": {**row.values, "plan": "Đổi kháng sinh"}})
    online = client.sign(row.entry, 1, signed_by_token(town, there, other), encounter=stay.id, slot="doctor",
                         key=new_id())
    assert isinstance(online, Accepted)
    back_again(qtbot, cut_off, cable)
    assert entry_of(client, stay, row.entry).body["values"]["plan"] == "Đổi kháng sinh"
    (settlement,) = waiting(client, stay)
    assert settlement.kind == "quarantine"
    assert "earlier_signatures_missing" in codes(settlement.reasons)
    assert client.file(settlement.file) == file


@pytest.mark.parametrize(("spoil", "reason"), [("broken", ""), ("colleague", "certificate_of_other_person")])
def test_a_broken_file_and_a_colleagues_signature_go_to_quarantine_and_are_kept(
    town: Town, stay: EncounterView, sit_down: SitDown, qtbot: QtBot, spoil: str, reason: str,
) -> None:
    place = sit_down(encounter=stay.id)
    editor = begin(qtbot, place)
    editor.set_value("plan", "Tiếp tục kháng sinh")
    version = editor.to_version()
    signer = DOCTOR if spoil == "broken" else "son.nguyenvan"
    file = bytearray(signed_by_token(town, place, version, signer))
    if spoil == "broken":
        file[len(file) // 2] ^= 1
    editor.drop()
    client, head = town.client(DOCTOR), town.client("thanh.dovan")
    answer = client.sign(version.entry, 1, bytes(file), encounter=stay.id, slot="doctor", key=new_id(), offline=True,
                         begun_at=version.written_at)
    assert isinstance(answer, Quarantined)
    assert answer.reasons
    assert reason in ("", *codes(answer.reasons))
    (settlement,) = waiting(head, stay)
    assert (settlement.id, settlement.kind) == (answer.settlement, "quarantine")
    assert head.file(settlement.file) == bytes(file)
    assert not head.chart(stay.id).entries
    head.settle(settlement.id, SettlementDecision(decision="reject", reason="Tệp hỏng, đã báo người ký"), new_id())
    assert waiting(head, stay) == []
    assert head.file(settlement.file) == bytes(file)
