"""Prints of signed records: what went out, and what a look-up code on a paper leads to (R42)."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import Field

from records.entries import Instant
from records.forms import Frozen


class PrintedVersion(Frozen):
    """One version that stands on the print."""

    entry: UUID
    version: int = Field(ge=1, le=10_000)


class PrintNotice(Frozen):
    """POST /api/encounters/{id}/prints: signed records left the house on paper or as a file (R40, R42)."""

    form_code: str = Field(min_length=1, max_length=40)
    entry: UUID | None = None
    """One entry's signed file; None for the whole sheet."""
    what: Literal["saved", "printed"]
    """Saved from the preview as a PDF, or sent to a printer."""
    look_up_code: str = Field(default="", max_length=120)
    """The code that the notice on each page carries; empty for a signed file itself."""
    versions: tuple[PrintedVersion, ...] = Field(default=(), max_length=10_000)
    """What stands on it, in the order of the pages."""
    report: bool = False
    """A report of a signature check on the entry, not the entry itself."""
    at: Instant


class PrintRun(Frozen):
    """Once that this content was printed or saved."""

    at: Instant
    person_name: str
    what: Literal["saved", "printed"]


class PrintedDocument(Frozen):
    """One entry of the print, and where it stands now."""

    entry: UUID
    name: str
    """What kind of entry, in the form's words."""
    author: str
    occurred_at: Instant
    version: int
    newest: int
    """The newest version now; the same as `version` while the paper is true of it."""
    cancelled: bool = False
    replaced: bool = False
    """Another paper was issued in its place (R37)."""


class PrintView(Frozen):
    """GET /api/prints?code=…: what the paper with this code was, and whether it still is the newest."""

    look_up_code: str
    form_code: str
    form_name: str
    record_no: str
    patient_name: str
    runs: tuple[PrintRun, ...]
    """Newest first."""
    documents: tuple[PrintedDocument, ...]
    added: int
    """Entries of the form that were signed since and are not on the paper."""

    @property
    def newest(self) -> bool:
        """Whether the paper still shows all that the record holds of this form."""
        return not self.added and all(
            one.version == one.newest and not one.cancelled and not one.replaced for one in self.documents)
