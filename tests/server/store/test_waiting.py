"""How many papers waited for a signature at the end of each day, told from what was received and when."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Connection, text

from records.entries import State
from server.store import entries, waiting
from server.store.keys import Keys, ScopeKey
from tests.records.factories import NOW
from tests.server import builders

DAYS = tuple((date(2026, 1, 1) + timedelta(days=back), NOW - timedelta(days=5 - back)) for back in range(6))
"""Moments five days ago until now; the dates only name them."""


@pytest.fixture
def ward(db: Connection) -> UUID:
    return builders.a_ward(db)


@pytest.fixture
def key(db: Connection, keys: Keys, ward: UUID) -> ScopeKey:
    return keys.of(db, builders.an_encounter(db, keys, ward))


def paper(db: Connection, key: ScopeKey, state: State, *received_days_ago: float) -> UUID:
    """A paper with a signature received so many days ago, one slot each."""
    doctor = builders.a_person(db)
    made = builders.a_version(db, key, doctor, state=State.PARTLY_SIGNED)
    certificate = builders.a_certificate(db, doctor, sha256=f"{made.entry.hex}{made.entry.hex}")
    for number, ago in enumerate(received_days_ago):
        builders.a_signature(db, made, doctor, certificate=certificate, slot=f"slot{number}",
                             received_at=NOW - timedelta(days=ago))
    if state is State.CANCELLED:
        entries.cancel(db, key, made.entry, 1, person=doctor, reason="Ghi nhầm người bệnh")
    elif state is not State.PARTLY_SIGNED:
        entries.set_state(db, made.entry, 1, state, open_slots=())
    return made.entry


def counts(db: Connection, ward: UUID) -> list[int]:
    return [count for _, count in waiting.at_days_end(db, [ward], DAYS)]


def test_a_paper_waits_from_its_first_signature_to_its_last(db: Connection, key: ScopeKey, ward: UUID) -> None:
    paper(db, key, State.SIGNED, 3.5, 1.5)
    paper(db, key, State.PARTLY_SIGNED, 2.5)
    assert counts(db, ward) == [0, 0, 1, 2, 1, 1]


def test_what_one_person_signs_never_waits(db: Connection, key: ScopeKey, ward: UUID) -> None:
    paper(db, key, State.SIGNED, 2.5)
    assert counts(db, ward) == [0] * 6


def test_a_cancelled_paper_waited_until_it_was_cancelled(db: Connection, key: ScopeKey, ward: UUID) -> None:
    paper(db, key, State.CANCELLED, 4.5)
    # It was cancelled at the database's own time, which lies after every moment that is asked here.
    assert db.scalar(text("SELECT at > :now FROM cancellations"), {"now": NOW})
    assert counts(db, ward) == [0, 1, 1, 1, 1, 1]


def test_a_paper_that_was_cancelled_of_late_waited_however_old_it_is(db: Connection, key: ScopeKey, ward: UUID) -> None:
    paper(db, key, State.CANCELLED, 40)
    assert counts(db, ward) == [1] * 6


def test_what_was_ready_before_the_first_moment_is_not_counted(db: Connection, key: ScopeKey, ward: UUID) -> None:
    paper(db, key, State.SIGNED, 9, 8)
    paper(db, key, State.SIGNED, 9, 5)
    assert counts(db, ward) == [0] * 6


def test_a_span_holds_its_beginning_and_not_its_end(db: Connection, key: ScopeKey, ward: UUID) -> None:
    paper(db, key, State.SIGNED, 4, 2)
    assert counts(db, ward) == [0, 1, 1, 0, 0, 0]


def test_other_wards_papers_are_not_counted(db: Connection, keys: Keys, key: ScopeKey) -> None:
    paper(db, key, State.PARTLY_SIGNED, 2.5)
    assert counts(db, builders.a_ward(db)) == [0] * 6


def test_yesterdays_signatures_are_not_todays(db: Connection, key: ScopeKey) -> None:
    paper(db, key, State.PARTLY_SIGNED, 0.2, 1.2)
    person = db.scalars(text("SELECT person FROM signatures")).first()
    assert person is not None
    for since, slots in ((0.1, []), (1, ["slot0"]), (2, ["slot0", "slot1"])):
        told = waiting.signed_by(db, person, NOW - timedelta(days=since))
        assert [one.slot for one in told] == slots
        assert waiting.how_many_signed(db, person, NOW - timedelta(days=since)) == len(slots)
