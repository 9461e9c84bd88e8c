"""Cancelling, restoring, the history of an entry's versions, and who is told of it (R32-R37)."""

from __future__ import annotations

from uuid import UUID

from records.entries import Correction, FormRef, Instant, State
from records.forms import Frozen


class Cancellation(Frozen):
    """POST /api/entries/{id}/cancel."""

    version: int
    reason: str


class CancellationView(Frozen):
    """A cancelled version: it stays readable and says this of itself (R33)."""

    by: str
    """Title and name."""
    at: Instant
    reason: str


class RestorationGiven(Frozen):
    """What a draft knows of the permission under which it restores a text (R34)."""

    restores: int
    permitted_by: str


class Restoration(Frozen):
    """POST /api/entries/{id}/restore: let the text of a version be taken up again by a new one (R34)."""

    version: int
    """The latest version, as the person saw it."""
    restores: int
    reason: str


class ToldView(Frozen):
    """Somebody was told that a released result was corrected or cancelled (R36)."""

    who: str
    """Title and name."""
    named: bool
    """The form names them as who ordered; otherwise they were told because nobody here bears the name."""
    cancelled: bool
    """Of this version's end; otherwise of its coming in a released one's place."""
    at: Instant
    known_at: Instant | None = None
    """When it was seen; None: not yet."""
    known_by: str = ""
    """Who saw it in their place."""


class CorrectionNotice(Frozen):
    """For who asks: a result that they ordered was corrected or cancelled, and nobody has seen the notice (R36)."""

    id: UUID
    entry: UUID
    encounter: UUID
    form: FormRef
    title: str
    """The kind's name."""
    patient: str
    birth_date: str
    ward: UUID
    ward_name: str
    bed: str
    number: int
    of_number: int
    """The released version; the same as `number` when that one was cancelled."""
    reason: str
    changed: tuple[str, ...] = ()
    """Labels of the fields that differ between the two."""
    by: str
    """Title and name of who gave the last signature, or cancelled."""
    at: Instant
    named: bool
    for_name: str = ""
    """In whose place who asks is told (R29); empty: their own."""

    @property
    def cancelled(self) -> bool:
        """No other version stands in its place."""
        return self.number == self.of_number


class VersionRecord(Frozen):
    """One version in an entry's history."""

    number: int
    state: State
    author: str
    """Title and name."""
    written_at: Instant
    correction: Correction | None = None
    changed: tuple[str, ...] = ()
    """Labels of the fields that differ from the version before."""
    cancellation: CancellationView | None = None
    signatures: tuple[str, ...] = ()
    """«BS. Lê Thu Hà, 09:02 16/11/2026», in the order of signing."""
    told: tuple[ToldView, ...] = ()
    sha256: str = ""
    """Of the canonical bytes."""
    file: str = ""
    """SHA-256 of its signed file: it stays readable and printable, whatever came after (R33)."""


class EntryHistory(Frozen):
    """GET /api/entries/{id}/history: every version, what became of it, and the entries that stand for it (R32-R37)."""

    versions: tuple[VersionRecord, ...]
    """Newest first."""
    replaced_by: tuple[UUID, ...] = ()
    added: tuple[UUID, ...] = ()
