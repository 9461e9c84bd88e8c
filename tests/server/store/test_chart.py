"""Entries, versions and signatures as they are stored, and the chart that shows them."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import IntegrityError

from records.canonical import encode, sha256
from records.entries import Correction, State
from records.errors import Reason, Refusal
from server.store import board, chart, entries, entry_views, settlements
from server.store.keys import HOUSE, Keys, ScopeKey
from tests.records.factories import NOW
from tests.server import builders


@pytest.fixture
def doctor(db: Connection) -> UUID:
    return builders.a_person(db)


@pytest.fixture
def key(db: Connection, keys: Keys) -> ScopeKey:
    return keys.of(db, builders.an_encounter(db, keys, builders.a_ward(db)))


def test_a_version_is_read_back_byte_for_byte_and_lies_encrypted(db: Connection, key: ScopeKey, doctor: UUID) -> None:
    made = builders.a_version(db, key, doctor)
    assert entries.body(db, key, made.entry, 1) == encode(made)
    lying = db.scalar(text("SELECT body FROM versions WHERE entry = :entry"), {"entry": made.entry})
    assert b"Viem" not in bytes(lying)
    assert made.values["assessment"].encode() not in bytes(lying)


def test_a_body_that_was_moved_to_another_entry_is_refused(
    admin: Connection, keys: Keys,
) -> None:
    doctor = builders.a_person(admin)
    key = keys.of(admin, builders.an_encounter(admin, keys, builders.a_ward(admin)))
    first, second = builders.a_version(admin, key, doctor), builders.a_version(admin, key, doctor)
    admin.execute(text("ALTER TABLE versions DISABLE TRIGGER USER"))
    admin.execute(text("UPDATE versions SET body = (SELECT body FROM versions WHERE entry = :first) "
                       "WHERE entry = :second"), {"first": first.entry, "second": second.entry})
    with pytest.raises(Refusal, match="changed or damaged"):
        entries.body(admin, key, second.entry, 1)
    with pytest.raises(Refusal, match="changed or damaged"):
        chart.of_encounter(admin, key, key.scope)


def test_the_chart_shows_the_latest_versions_newest_first(db: Connection, key: ScopeKey, doctor: UUID) -> None:
    early = builders.a_version(db, key, doctor, occurred_at=NOW)
    late = builders.a_version(db, key, doctor, occurred_at=NOW + timedelta(hours=2))
    correction = Correction(reason="Ghi nhầm mạch", of_version=1, of_sha256=sha256(encode(early)))
    corrected = builders.a_version(db, key, doctor, entry=early.entry, version=2, correction=correction,
                                   occurred_at=NOW + timedelta(hours=1))
    shown = [made.value for made in chart.of_encounter(db, key, key.scope)]
    assert [(view.id, view.version) for view in shown] == [(late.entry, 1), (early.entry, 2)]
    assert shown[1].correction == correction
    assert shown[1].older == (1,)
    assert shown[1].body == json.loads(encode(corrected))
    assert shown[0].correction is None


def test_a_chart_is_one_query_however_long_it_is(db: Connection, key: ScopeKey, doctor: UUID) -> None:
    for _ in range(30):
        builders.a_version(db, key, doctor)
    asked: list[str] = []
    event.listen(db, "before_cursor_execute", lambda *call: asked.append(call[2]))
    assert len(chart.of_encounter(db, key, key.scope)) == 30
    assert len(asked) == 1


def test_a_signature_shows_its_slot_in_the_forms_words(db: Connection, key: ScopeKey, doctor: UUID) -> None:
    made = builders.a_version(db, key, doctor)
    builders.a_signature(db, made, doctor, certificate=builders.a_certificate(db, doctor))
    view = entry_views.of_entry(db, key, made.entry)
    assert view is not None
    (signature,) = view.signatures
    assert (signature.slot_label, signature.full_name, signature.settled) == ("Bác sĩ", "Lê Thu Hà", True)
    assert entries.signed_slots(db, made.entry, 1)[0].person == doctor


def test_a_signature_made_without_the_server_waits_until_it_is_settled(
    db: Connection, key: ScopeKey, doctor: UUID,
) -> None:
    made, file, late = builders.a_version(db, key, doctor), "a" * 64, uuid4()
    builders.a_signature(db, made, doctor, certificate=builders.a_certificate(db, doctor), file=file, offline=True)
    settlements.add(db, settlements.NewSettlement(
        id=late, kind="offline", file=file, scope=key.scope, person=doctor, slot="doctor", received_at=NOW,
        reasons=(Reason("record_archived"),), entry=made.entry, number=1, encounter=key.scope))
    waiting = entry_views.of_entry(db, key, made.entry)
    assert waiting is not None
    assert not waiting.signatures[0].settled
    assert late in [one.id for one in settlements.waiting(db)]
    head = builders.a_person(db, full_name="Trần Quốc Toản")
    settlements.decide(db, late, "accept", "Đã đối chiếu sổ tay", person=head, at=NOW)
    settled = entry_views.of_entry(db, key, made.entry)
    assert settled is not None
    assert settled.signatures[0].settled
    view = settlements.view(db, late)
    assert (view.decided_by, view.decision, view.reasons[0]["code"]) == ("Trần Quốc Toản", "accept", "record_archived")
    with pytest.raises(Refusal, match="settled already"), db.begin_nested():
        settlements.decide(db, late, "reject", "Nghĩ lại", person=head, at=NOW)


def test_a_stray_file_waits_under_the_houses_key(db: Connection, doctor: UUID) -> None:
    stray = uuid4()
    settlements.add(db, settlements.NewSettlement(
        id=stray, kind="quarantine", file="b" * 64, scope=HOUSE, person=doctor, slot="doctor", received_at=NOW,
        reasons=()))
    view = settlements.view(db, stray)
    assert (view.encounter, view.patient_name, view.person_name) == (None, "", "Lê Thu Hà")


def test_a_slot_is_filled_once(db: Connection, key: ScopeKey, doctor: UUID) -> None:
    made, certificate = builders.a_version(db, key, doctor), builders.a_certificate(db, doctor)
    builders.a_signature(db, made, doctor, certificate=certificate)
    with pytest.raises(IntegrityError, match="uq_signatures_entry"), db.begin_nested():
        builders.a_signature(db, made, doctor, certificate=certificate)


def test_standings_follow_signatures_corrections_and_cancelling(db: Connection, key: ScopeKey, doctor: UUID) -> None:
    made = builders.a_version(db, key, doctor, state=State.PARTLY_SIGNED)
    (first,) = entries.standings(db, made.entry)
    assert (first.state, first.open_slots, first.latest) == (State.PARTLY_SIGNED, ("doctor",), True)
    entries.set_state(db, made.entry, 1, State.SIGNED, open_slots=(), file="f" * 64)
    builders.a_version(db, key, doctor, entry=made.entry, version=2)
    entries.set_state(db, made.entry, 1, State.AMENDED)
    old, new = entries.standings(db, made.entry)
    assert (old.state, old.latest, old.file) == (State.AMENDED, False, "f" * 64)
    assert (new.state, new.latest) == (State.SIGNED, True)
    entries.cancel(db, key, made.entry, 2, person=doctor, reason="Ghi nhầm người bệnh")
    assert entries.latest_of(db, [made.entry])[made.entry].state is State.CANCELLED


def test_kinds_are_signed_or_taken_within_their_encounter(db: Connection, keys: Keys, doctor: UUID) -> None:
    ward = builders.a_ward(db)
    here, there = (keys.of(db, builders.an_encounter(db, keys, ward)) for _ in range(2))
    made = builders.a_version(db, here, doctor)
    assert entries.signed_kinds(db, here.scope, "36/BV2") == {"row"}
    assert entries.signed_kinds(db, there.scope, "36/BV2") == frozenset()
    assert entries.others_of_kind(db, here.scope, made.form, {uuid4()}) == (made.entry,)
    assert entries.others_of_kind(db, here.scope, made.form, {made.entry}) == ()


def test_the_board_shows_the_last_measurements_oldest_first(db: Connection, keys: Keys, doctor: UUID) -> None:
    key = keys.of(db, builders.an_encounter(db, keys, builders.a_ward(db)))
    for hour in (3, 1, 2):
        builders.a_version(db, key, doctor, occurred_at=NOW + timedelta(hours=hour), values={"plan": f"giờ {hour}"})
    points = board.vitals(db, keys, [key.scope], [("36/BV2", "row")], many=2)[key.scope]
    assert [point.values["plan"] for point in points] == ["giờ 2", "giờ 3"]


def test_a_record_whose_key_was_destroyed_is_proof_that_cannot_be_read(
    db: Connection, keys: Keys, doctor: UUID,
) -> None:
    scope = builders.an_encounter(db, keys, builders.a_ward(db))
    made = builders.a_version(db, keys.of(db, scope), doctor)
    keys.destroy(db, scope, doctor, "Hết hạn lưu trữ")
    with pytest.raises(Refusal, match="never be read again"):
        entries.body(db, keys.of(db, scope), made.entry, 1)
    (standing,) = entries.standings(db, made.entry)
    assert standing.sha256 == sha256(encode(made))
    assert board.vitals(db, keys, [scope], [("36/BV2", "row")], many=2) == {}
