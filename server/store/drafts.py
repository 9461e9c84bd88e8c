"""Drafts as the server mirrors them, encrypted under the encounter's key."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from records.entries import Author, FormRef
from records.forms import form
from records.messages import DraftSave, DraftView
from server.store.base import among, as_json
from server.store.keys import ScopeKey
from server.store.tables import drafts, people

_VIEW = select(drafts, people.c.full_name, people.c.title, people.c.roles).join(people, people.c.id == drafts.c.person)


def of_entry(db: Connection, key: ScopeKey, entry: UUID, person: UUID) -> DraftView | None:
    """One person's draft of one entry."""
    row = db.execute(_VIEW.where(drafts.c.entry == entry, drafts.c.person == person)).one_or_none()
    return _view(row, key) if row else None


def newest(db: Connection, key: ScopeKey, entry: UUID) -> DraftView | None:
    """The draft of an entry that was saved last, whoever writes it."""
    row = db.execute(_VIEW.where(drafts.c.entry == entry, drafts.c.encounter == key.scope)
                     .order_by(drafts.c.revision.desc()).limit(1)).one_or_none()
    return _view(row, key) if row else None


def scopes_of(db: Connection, person: UUID) -> set[UUID]:
    """The encounters in which the person has drafts."""
    return set(db.scalars(select(drafts.c.encounter).where(drafts.c.person == person)))


def of_person(db: Connection, keys: Mapping[UUID, ScopeKey], person: UUID) -> tuple[DraftView, ...]:
    """All drafts of a person that can be opened, newest first."""
    rows = db.execute(_VIEW.where(drafts.c.person == person).order_by(drafts.c.updated_at.desc()))
    return tuple(_view(row, keys[row.encounter]) for row in rows if row.encounter in keys)


def of_encounter(db: Connection, key: ScopeKey) -> tuple[DraftView, ...]:
    """All drafts of an encounter, newest first."""
    rows = db.execute(_VIEW.where(drafts.c.encounter == key.scope).order_by(drafts.c.updated_at.desc()))
    return tuple(_view(row, key) for row in rows)


@dataclass(frozen=True)
class Unsigned:
    """A draft as clocks see it: which kind, and since when it waits."""

    entry: UUID
    form: FormRef
    updated_at: datetime


def unsigned(db: Connection, encounters: Collection[UUID]) -> dict[UUID, list[Unsigned]]:
    """Drafts by encounter, oldest first, without their contents."""
    found: dict[UUID, list[Unsigned]] = {}
    if not encounters:
        return found
    rows = db.execute(select(drafts.c.entry, drafts.c.encounter, drafts.c.form, drafts.c.edition, drafts.c.kind,
                             drafts.c.updated_at)
                      .where(among(drafts.c.encounter, encounters)).order_by(drafts.c.updated_at))
    for row in rows.all():
        form = FormRef(code=row.form, edition=row.edition, kind=row.kind)
        found.setdefault(row.encounter, []).append(Unsigned(row.entry, form, row.updated_at))
    return found


def save(
    db: Connection, key: ScopeKey, entry: UUID, draft: DraftSave, *, person: UUID, revision: int, workstation: str,
) -> None:
    """Write the person's draft over the one before."""
    content = as_json({
        "values": draft.values, "reason": draft.correction_reason,
        "restoration": draft.restoration and draft.restoration.model_dump(mode="json"),
        "relates_to": draft.relates_to and draft.relates_to.model_dump(mode="json"),
    }).encode()
    values: dict[str, Any] = {
        "encounter": draft.encounter, "form": draft.form.code, "edition": draft.form.edition, "kind": draft.form.kind,
        "base_version": draft.base_version, "occurred_at": draft.occurred_at, "revision": revision,
        "content": key.encrypt(_about(entry, person), content), "workstation": workstation,
    }
    statement = insert(drafts).values(entry=entry, person=person, **values)
    db.execute(statement.on_conflict_do_update(
        index_elements=["entry", "person"], set_={**values, "updated_at": func.clock_timestamp()}))


def drop(db: Connection, entry: UUID, persons: Collection[UUID]) -> UUID | None:
    """Throw these people's drafts of an entry away; the encounter that they belonged to, when there was one."""
    return db.scalar(delete(drafts).where(drafts.c.entry == entry, drafts.c.person.in_(persons))
                     .returning(drafts.c.encounter))


def _about(entry: UUID, person: UUID) -> str:
    return f"draft:{entry}:{person}"


def _author(row: Any) -> Author | None:
    """The draft's person in the first role that writes this kind."""
    writers = form(row.form, row.edition).kind(row.kind).writers
    role = next((role for role in writers if role in row.roles), None)
    return Author(id=row.person, full_name=row.full_name, title=row.title, role=role) if role is not None else None


def _view(row: Any, key: ScopeKey) -> DraftView:
    content = json.loads(key.decrypt(_about(row.entry, row.person), row.content))
    return DraftView(
        entry=row.entry, encounter=row.encounter, person=row.person, person_name=row.full_name, author=_author(row),
        form=FormRef(code=row.form, edition=row.edition, kind=row.kind), base_version=row.base_version,
        correction_reason=content["reason"], restoration=content.get("restoration"),
        relates_to=content.get("relates_to"), occurred_at=row.occurred_at, values=content["values"],
        revision=row.revision, updated_at=row.updated_at,
    )
