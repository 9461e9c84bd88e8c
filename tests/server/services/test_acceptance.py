"""Accepting a file costs few trips to the database: a stack of fifty waits for each of them."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import event

from records.errors import Refusal
from records.messages import Accepted
from server.services import acceptance
from server.services.acceptance import SignedFile
from tests.server.house import House, at_desk, key

TRIPS = 19
"""Of a first file; its session, its command and the notices to open streams add five."""


def accept(house: House, file: SignedFile) -> tuple[object, list[str]]:
    """What became of the file, and the statements that it took."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    event.listen(house.hospital.engine, "before_cursor_execute", note)
    try:
        with house.hospital.desk(at_desk(house, "ha")) as desk:
            sent.clear()
            return acceptance.accept(desk, file), sent
    finally:
        event.remove(house.hospital.engine, "before_cursor_execute", note)


def test_a_row_is_accepted_in_few_trips(house: House) -> None:
    before = house.version()
    accept(house, SignedFile(house.sign(before), before.entry, 1, house.encounter, "doctor"))  # the trust list is read
    version = house.version()
    file = SignedFile(house.sign(version), version.entry, 1, house.encounter, "doctor")
    answer, sent = accept(house, file)
    assert isinstance(answer, Accepted)
    assert answer.entry.state.value == "signed"
    assert len(sent) <= TRIPS, "\n".join(sent)


def test_the_same_file_under_another_command_is_done_once(house: House) -> None:
    version = house.version()
    file = SignedFile(house.sign(version), version.entry, 1, house.encounter, "doctor")
    first, _ = accept(house, file)
    again, sent = accept(house, file)
    assert again == first
    assert not [statement for statement in sent if "INSERT INTO signatures" in statement]


def test_another_file_for_a_slot_that_is_signed_is_refused(house: House) -> None:
    version = house.version()
    accept(house, SignedFile(house.sign(version), version.entry, 1, house.encounter, "doctor"))
    other = SignedFile(house.sign(version), version.entry, 1, house.encounter, "doctor")
    with pytest.raises(Refusal) as refused:
        accept(house, other)
    assert "slot_already_signed" in [reason.code for reason in refused.value.reasons]


def test_an_encounter_that_is_not_there_is_refused(house: House) -> None:
    version = house.version()
    nowhere = SignedFile(house.sign(version), version.entry, 1, UUID(key()), "doctor")
    with pytest.raises(Refusal) as refused:
        accept(house, nowhere)
    assert [reason.code for reason in refused.value.reasons] == ["thing_unknown"]
