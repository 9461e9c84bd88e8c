"""Entries and versions, written once; where each version stands, which is a projection of what was signed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, insert, select, text, tuple_, update

from records.canonical import encode, sha256
from records.entries import ENDED, FormRef, State, Version
from records.errors import Refusal
from records.policy import SignedSlot
from server.store.keys import ScopeKey
from server.store.tables import cancellations, confirmations, entries, signatures, version_states, versions


@dataclass(frozen=True)
class Entry:
    """An entry: where it belongs, and what its versions are versions of."""

    id: UUID
    encounter: UUID
    form: FormRef
    author: UUID


@dataclass(frozen=True)
class Standing:
    """Where one version of an entry stands."""

    entry: UUID
    number: int
    encounter: UUID
    latest: bool
    state: State
    open_slots: tuple[str, ...]
    file: str
    """SHA-256 of the newest signed file."""
    sha256: str
    """Of the canonical bytes."""
    author: UUID
    occurred_at: datetime
    written_at: datetime


def entry(db: Connection, which: UUID) -> Entry | None:
    """The entry; there is none before its first signed version."""
    row = db.execute(select(entries).where(entries.c.id == which)).one_or_none()
    if row is None:
        return None
    return Entry(row.id, row.encounter, FormRef(code=row.form, edition=row.edition, kind=row.kind), row.author)


def kinds_of(db: Connection, which: Collection[UUID]) -> dict[UUID, FormRef]:
    """What each of these entries is."""
    rows = db.execute(select(entries).where(entries.c.id.in_(which)))
    return {row.id: FormRef(code=row.form, edition=row.edition, kind=row.kind) for row in rows}


def add_version(
    db: Connection, key: ScopeKey, version: Version, *, state: State, open_slots: Collection[str], file: str,
    received_at: datetime,
) -> str:
    """A new version (and, with the first, its entry); it is the latest from now on. Answers its SHA-256."""
    body, encounter = encode(version), key.scope
    digest, form = sha256(body), version.form
    if version.version > 1:
        db.execute(update(version_states).where(version_states.c.entry == version.entry, version_states.c.latest)
                   .values(latest=False))
    db.execute(_ADD, {
        "entry": version.entry, "number": version.version, "encounter": encounter, "form": form.code,
        "edition": form.edition, "kind": form.kind, "sha256": digest, "renderer": version.renderer,
        "body": key.encrypt(about(version.entry, version.version), body), "author": version.author.id,
        "author_name": version.author.full_name, "author_title": version.author.title,
        "occurred_at": version.occurred_at, "written_at": version.written_at, "received_at": received_at,
        "state": state.value, "open_slots": list(open_slots), "file": file,
    })
    return digest


# One trip to the database instead of three; its constraints are asked at the statement's end, when all rows are there.
_ADD = text("""
    WITH entry AS (
        INSERT INTO entries (id, encounter, form, edition, kind, author, occurred_at)
        SELECT :entry, :encounter, :form, :edition, :kind, :author, :occurred_at WHERE :number = 1
    ), version AS (
        INSERT INTO versions (entry, number, encounter, sha256, body, renderer, author, author_name, author_title,
                              occurred_at, written_at, received_at)
        VALUES (:entry, :number, :encounter, :sha256, :body, :renderer, :author, :author_name, :author_title,
                :occurred_at, :written_at, :received_at)
    )
    INSERT INTO version_states (entry, number, encounter, latest, state, open_slots, file, changed_at)
    VALUES (:entry, :number, :encounter, true, :state, CAST(:open_slots AS text[]), :file, :received_at)
""")


def set_state(
    db: Connection, which: UUID, number: int, state: State, *,
    open_slots: Collection[str] | None = None, file: str = "",
) -> None:
    """Move a version on; what is not given stays."""
    values: dict[str, Any] = {"state": state.value, "changed_at": func.clock_timestamp()}
    if open_slots is not None:
        values["open_slots"] = list(open_slots)
    if file:
        values["file"] = file
    db.execute(update(version_states).where(version_states.c.entry == which, version_states.c.number == number)
               .values(**values))


_STANDING = select(
    version_states.c.entry, version_states.c.number, version_states.c.encounter, version_states.c.latest,
    version_states.c.state, version_states.c.open_slots, version_states.c.file, versions.c.sha256, versions.c.author,
    versions.c.occurred_at, versions.c.written_at,
).join(versions, (versions.c.entry == version_states.c.entry) & (versions.c.number == version_states.c.number))


def standings(db: Connection, which: UUID) -> tuple[Standing, ...]:
    """All versions of an entry, oldest first."""
    rows = db.execute(_STANDING.where(version_states.c.entry == which).order_by(version_states.c.number))
    return tuple(_standing(row) for row in rows)


def latest_of(db: Connection, which: Collection[UUID]) -> dict[UUID, Standing]:
    """The latest version of each of these entries."""
    if not which:
        return {}
    rows = db.execute(_STANDING.where(version_states.c.entry.in_(which), version_states.c.latest))
    return {row.entry: _standing(row) for row in rows}


def body(db: Connection, key: ScopeKey, which: UUID, number: int) -> bytes:
    """The canonical bytes of a version, exactly as they were signed."""
    row = db.execute(select(versions.c.body, versions.c.sha256)
                     .where(versions.c.entry == which, versions.c.number == number)).one_or_none()
    if row is None:
        raise Refusal.because("thing_unknown", "version")
    plaintext = key.decrypt(about(which, number), row.body)
    if sha256(plaintext) != row.sha256:
        raise Refusal.because("ciphertext_damaged", about(which, number))
    return plaintext


@dataclass(frozen=True)
class NewSignature:
    """A signature that was judged good, as it is stored."""

    id: UUID
    entry: UUID
    number: int
    encounter: UUID
    slot: str
    person: UUID
    full_name: str
    title: str
    certificate: UUID
    certificate_serial: str
    certificate_issuer: str
    signed_at: datetime
    received_at: datetime
    file: str
    offline: bool = False
    training: bool = False


def add_signature(db: Connection, signature: NewSignature) -> None:
    """Keep a signature; a slot is filled once."""
    db.execute(insert(signatures).values(**{name: getattr(signature, name) for name in signature.__dataclass_fields__}))


def signed_slots(db: Connection, which: UUID, number: int) -> tuple[SignedSlot, ...]:
    """Who signed which slot of a version, and which the patient confirmed, as the policy asks."""
    signed = select(signatures.c.slot, signatures.c.person, signatures.c.signed_at, signatures.c.received_at).where(
        signatures.c.entry == which, signatures.c.number == number)
    found = confirmations.c
    confirmed = select(found.slot, found.person, found.confirmed_at, found.received_at).where(
        found.document_entry == which, found.document_number == number, found.confirmed)
    rows = db.execute(signed.union_all(confirmed).order_by("received_at"))
    return tuple(SignedSlot(row.slot, row.person, row.signed_at) for row in rows)


@dataclass(frozen=True)
class Signer:
    """Who signed a version, under the title that the mark says, and when."""

    who: str
    at: datetime


def signers(db: Connection, which: UUID) -> dict[int, tuple[Signer, ...]]:
    """By version of an entry, in the order of signing."""
    rows = db.execute(select(signatures).where(signatures.c.entry == which).order_by(signatures.c.received_at))
    found: dict[int, list[Signer]] = {}
    for row in rows:
        found.setdefault(row.number, []).append(Signer(f"{row.title} {row.full_name}".strip(), row.signed_at))
    return {number: tuple(each) for number, each in found.items()}


def signed_kinds(db: Connection, encounter: UUID, form: str) -> frozenset[str]:
    """Kinds of the form that have a fully signed entry in this encounter (R19a)."""
    rows = db.scalars(
        select(entries.c.kind).distinct().join(version_states, version_states.c.entry == entries.c.id)
        .where(entries.c.encounter == encounter, entries.c.form == form,
               version_states.c.state == State.SIGNED.value))
    return frozenset(rows)


def latest_of_kinds(db: Connection, encounter: UUID, kinds: Collection[tuple[str, str]]) -> tuple[Standing, ...]:
    """The latest versions of the entries of some kinds (form, kind) in a stay, but for those that ended."""
    rows = db.execute(_STANDING.join(entries, entries.c.id == version_states.c.entry).where(
        version_states.c.encounter == encounter, version_states.c.latest,
        version_states.c.state.not_in([state.value for state in ENDED]),
        tuple_(entries.c.form, entries.c.kind).in_(list(kinds))))
    return tuple(_standing(row) for row in rows)


def others_of_kind(db: Connection, encounter: UUID, form: FormRef, but: Collection[UUID]) -> tuple[UUID, ...]:
    """Other entries of the same kind in this encounter that were neither cancelled nor replaced."""
    rows = db.scalars(
        select(entries.c.id).join(version_states, (version_states.c.entry == entries.c.id) & version_states.c.latest)
        .where(entries.c.encounter == encounter, entries.c.form == form.code, entries.c.kind == form.kind,
               entries.c.id.not_in(but),
               version_states.c.state.not_in((State.CANCELLED.value, State.REPLACED.value))))
    return tuple(rows)


def cancel(db: Connection, key: ScopeKey, which: UUID, number: int, *, person: UUID, reason: str) -> None:
    """Note who cancelled a version and why; its state follows."""
    sealed = key.encrypt(f"cancellation:{which}:{number}", reason.encode())
    db.execute(insert(cancellations).values(entry=which, number=number, person=person, reason=sealed))
    set_state(db, which, number, State.CANCELLED, open_slots=())


def about(which: UUID, number: int) -> str:
    """What a version's ciphertext is bound to."""
    return f"version:{which}:{number}"


def _standing(row: Any) -> Standing:
    return Standing(row.entry, row.number, row.encounter, row.latest, State(row.state), tuple(row.open_slots), row.file,
                    row.sha256, row.author, row.occurred_at, row.written_at)
