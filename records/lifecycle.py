"""(state, event) -> state, as one table for versions and one for encounters; every other cell is refused."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from records.entries import EncounterState, State
from records.errors import Refusal
from records.forms import EntryKind


class Event(StrEnum):
    """What may happen to a version."""

    SAVE = "save"
    SIGN_SLOT = "sign_slot"
    """A slot was signed and a mandatory one is still open."""
    SIGN_LAST_SLOT = "sign_last_slot"
    SUPERSEDE = "supersede"
    """A correction of it was signed by all."""
    CANCEL = "cancel"
    RESTORE = "restore"
    """Its text is taken up again by a new version: it stays what it is (R34)."""
    REPLACE = "replace"
    """Another entry was issued in its place (R35, R37)."""


VERSION_TABLE: Mapping[tuple[State, Event], State] = MappingProxyType({
    (State.DRAFT, Event.SAVE): State.DRAFT,
    (State.DRAFT, Event.SIGN_SLOT): State.PARTLY_SIGNED,
    (State.DRAFT, Event.SIGN_LAST_SLOT): State.SIGNED,
    (State.PARTLY_SIGNED, Event.SIGN_SLOT): State.PARTLY_SIGNED,
    (State.PARTLY_SIGNED, Event.SIGN_LAST_SLOT): State.SIGNED,
    (State.PARTLY_SIGNED, Event.SUPERSEDE): State.AMENDED,
    (State.PARTLY_SIGNED, Event.CANCEL): State.CANCELLED,
    (State.SIGNED, Event.SIGN_SLOT): State.SIGNED,
    (State.SIGNED, Event.SUPERSEDE): State.AMENDED,
    (State.SIGNED, Event.CANCEL): State.CANCELLED,
    (State.SIGNED, Event.REPLACE): State.REPLACED,
    (State.AMENDED, Event.RESTORE): State.AMENDED,
    (State.CANCELLED, Event.RESTORE): State.CANCELLED,
})
"""R33: a signed version is only corrected, cancelled or (what was issued, R35, R37) replaced. R34: nothing is ever
un-cancelled; a restored text is a new version. SIGNED + SIGN_SLOT: an optional slot is added.
"""


class EncounterEvent(StrEnum):
    """What may happen to an encounter's record."""

    DISCHARGE = "discharge"
    REOPEN = "reopen"
    ARCHIVE = "archive"
    DESTROY = "destroy"


ENCOUNTER_TABLE: Mapping[tuple[EncounterState, EncounterEvent], EncounterState] = MappingProxyType({
    (EncounterState.ACTIVE, EncounterEvent.DISCHARGE): EncounterState.CLOSED,
    (EncounterState.CLOSED, EncounterEvent.REOPEN): EncounterState.ACTIVE,
    (EncounterState.CLOSED, EncounterEvent.ARCHIVE): EncounterState.ARCHIVED,
    (EncounterState.ARCHIVED, EncounterEvent.DESTROY): EncounterState.DESTROYED,
})
"""R27."""


def takes_in(state: EncounterState, kind: EntryKind) -> bool:
    """Whether a record in this state takes in entries of the kind: once archived only addenda, which leave what was
    archived as it is (R31); while it is open, no addendum, because a late result is simply written.
    """
    match state:
        case EncounterState.ACTIVE | EncounterState.CLOSED:
            return not kind.addendum
        case EncounterState.ARCHIVED:
            return kind.addendum
    return False


def after(state: State, event: Event) -> State:
    """The state that a version is in after the event, or a refusal."""
    try:
        return VERSION_TABLE[state, event]
    except KeyError:
        raise Refusal.because("transition_forbidden", state=state.value, event=event.value) from None


def encounter_after(state: EncounterState, event: EncounterEvent) -> EncounterState:
    """The state that an encounter is in after the event, or a refusal."""
    try:
        return ENCOUNTER_TABLE[state, event]
    except KeyError:
        raise Refusal.because("transition_forbidden", state=state.value, event=event.value) from None
