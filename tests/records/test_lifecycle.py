"""Every cell of both tables: the allowed ones lead where the table says, all others are refused."""

import pytest

from records.entries import EncounterState, State
from records.errors import Refusal
from records.forms import form
from records.lifecycle import (
    ENCOUNTER_TABLE,
    VERSION_TABLE,
    EncounterEvent,
    Event,
    after,
    encounter_after,
    takes_in,
)


@pytest.mark.parametrize("event", Event)
@pytest.mark.parametrize("state", State)
def test_a_version_goes_only_where_the_table_says(state: State, event: Event) -> None:
    if (state, event) in VERSION_TABLE:
        assert after(state, event) is VERSION_TABLE[state, event]
    else:
        with pytest.raises(Refusal) as refused:
            after(state, event)
        assert refused.value.reasons[0].code == "transition_forbidden"


@pytest.mark.parametrize("event", EncounterEvent)
@pytest.mark.parametrize("state", EncounterState)
def test_an_encounter_goes_only_where_the_table_says(state: EncounterState, event: EncounterEvent) -> None:
    if (state, event) in ENCOUNTER_TABLE:
        assert encounter_after(state, event) is ENCOUNTER_TABLE[state, event]
    else:
        with pytest.raises(Refusal):
            encounter_after(state, event)


def test_a_signed_version_is_never_edited_and_a_dead_one_never_wakes() -> None:
    for state in set(State) - {State.DRAFT}:
        assert (state, Event.SAVE) not in VERSION_TABLE
    for event in Event:
        for dead in (State.AMENDED, State.CANCELLED, State.REPLACED):
            assert VERSION_TABLE.get((dead, event), dead) is dead, "restored by a new version, never in place (R34)"
    for happening in EncounterEvent:
        assert (EncounterState.DESTROYED, happening) not in ENCOUNTER_TABLE


def test_an_archived_record_takes_in_addenda_and_nothing_else() -> None:
    row = form("36/BV2", "2024-01-01").kind("row")
    addendum = row.model_copy(update={"addendum": True})
    taken = {(state, kind.addendum) for state in EncounterState for kind in (row, addendum) if takes_in(state, kind)}
    assert taken == {(EncounterState.ACTIVE, False), (EncounterState.CLOSED, False), (EncounterState.ARCHIVED, True)}
