"""Entries, versions and corrections: what one person signs at one moment, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, Protocol
from uuid import UUID

from pydantic import AfterValidator

from records.forms import Frozen, Role


def _aware(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("a naive instant has no place on the time line")
    return instant


def _to_the_second(instant: datetime) -> datetime:
    return instant.replace(microsecond=0)


Instant = Annotated[datetime, AfterValidator(_aware)]
Second = Annotated[datetime, AfterValidator(_aware), AfterValidator(_to_the_second)]
"""An instant to the second, as all that is signed carries it."""
Sex = Literal["1", "2", "3"]
"""1 Nam, 2 Nữ, 3 Chưa xác định (QĐ 3176, GIOI_TINH)."""


class Subject(Frozen):
    """The patient as the entry names them: a snapshot, so that the signed page never changes its patient."""

    id: UUID
    patient_no: str
    full_name: str
    birth_date: str
    """ISO date, or the year alone when only that is known."""
    sex: Sex
    national_id: str = ""
    insurance_no: str = ""
    address: str = ""


class Stay(Frozen):
    """The encounter as the entry names it: a snapshot of where the patient lay when it was written."""

    id: UUID
    record_no: str
    facility: str
    facility_code: str
    health_department: str
    ward: str
    room: str = ""
    bed: str = ""
    admitted_at: Second
    diagnosis: str = ""
    diagnosis_code: str = ""


class Author(Frozen):
    """Who wrote the version, under the title held then."""

    id: UUID
    full_name: str
    title: str
    role: Role


class Correction(Frozen):
    """Why a signed version got a successor (R32): the reason, which version it replaces, and which fields differ.

    What came later into this value is None in versions that were signed before: their bytes stay as they are.
    """

    reason: str
    of_version: int
    of_sha256: str
    changed: tuple[str, ...] | None = None
    """Keys of the fields whose value differs from the replaced version's, in the form's order."""
    restores: int | None = None
    """The version whose text this one takes up again, unchanged (R34); None: it was written anew."""
    permitted_by: str | None = None
    """Title and name of the person who let it be restored."""


class RelatesTo(Frozen):
    """How an entry stands to a signed one that it leaves unchanged (FHIR `Composition.relatesTo`).

    `replaces`: it was issued in its place (R35, R37). `appends`: it adds to it what came late (R31).
    """

    code: Literal["replaces", "appends"]
    entry: UUID
    version: int
    sha256: str
    """Of the canonical bytes of that version."""
    named: str
    """What it is in words for the paper: «Giấy ra viện, 10:05 17/11/2026»."""
    reason: str


class FormRef(Frozen):
    """Which form, in which edition, and which of its kinds."""

    code: str
    edition: str
    kind: str


class Version(Frozen):
    """One version of one entry: exactly what is signed. `records.canonical` makes its bytes."""

    schema_version: Literal[1] = 1
    renderer: str
    """The renderer version whose page belongs to this version; see `records.render.RENDERERS`."""
    entry: UUID
    version: int
    form: FormRef
    subject: Subject
    stay: Stay
    author: Author
    occurred_at: Second
    """Clinical time, chosen by the author (R12)."""
    written_at: Second
    """When the author finished writing, by the workstation's clock that the server has checked."""
    training: bool = False
    """Written in a training hospital: the page says so."""
    correction: Correction | None = None
    relates_to: RelatesTo | None = None
    values: dict[str, Any]
    """By field key, as `records.forms.Field` describes; cleaned by `records.validation`."""


class Mark(Frozen):
    """What a visible signature mark says (R13)."""

    slot: str
    slot_label: str
    full_name: str
    title: str
    signed_at: Second
    certificate_serial: str
    """Upper-case hexadecimal."""
    certificate_issuer: str
    """Common name of the issuing CA."""
    training: bool = False


class State(StrEnum):
    """Where a version stands."""

    DRAFT = "draft"
    PARTLY_SIGNED = "partly_signed"
    SIGNED = "signed"
    AMENDED = "amended"
    """A later version was signed in its place; readable for ever."""
    CANCELLED = "cancelled"
    REPLACED = "replaced"
    """Another entry was issued in its place (R35, R37); readable for ever, and it says so."""


ENDED = frozenset({State.AMENDED, State.CANCELLED, State.REPLACED})
"""Nothing is signed any more on a version in one of these."""


class EncounterState(StrEnum):
    """Where a record stands (R27)."""

    ACTIVE = "active"
    CLOSED = "closed"
    ARCHIVED = "archived"
    DESTROYED = "destroyed"


class FieldChange(Frozen):
    """One field that a correction changed, with what stood there and what stands there now."""

    key: str
    label: str
    old: Any = None
    new: Any = None


class Valued(Protocol):
    """What has values by field key: a version, a draft, a text as it was shown."""

    @property
    def values(self) -> Mapping[str, Any]:
        """By field key."""


def changes(old: Valued, new: Valued, labels: Mapping[str, str]) -> tuple[FieldChange, ...]:
    """Field by field, in the order of `labels`, what differs between two versions' values."""
    return tuple(
        FieldChange(key=key, label=label, old=old.values.get(key), new=new.values.get(key))
        for key, label in labels.items()
        if old.values.get(key) != new.values.get(key)
    )
