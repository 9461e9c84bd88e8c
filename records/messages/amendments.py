"""Cancelling, restoring, and the history of an entry's versions (R32-R37)."""

from __future__ import annotations

from uuid import UUID

from records.entries import Correction, Instant, State
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


class EntryHistory(Frozen):
    """GET /api/entries/{id}/history: every version, what became of it, and the entries that stand for it (R32-R37)."""

    versions: tuple[VersionRecord, ...]
    """Newest first."""
    replaced_by: tuple[UUID, ...] = ()
    added: tuple[UUID, ...] = ()
