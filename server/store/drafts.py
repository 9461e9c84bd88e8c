"""Drafts as the server mirrors them, encrypted under the encounter's key."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from records.entries import FormRef
from records.messages import DraftSave, DraftView
from server.store.base import as_json
from server.store.keys import ScopeKey
from server.store.tables import drafts, people

_VIEW = select(drafts, people.c.full_name).join(people, people.c.id == drafts.c.person)


def of_entry(db: Connection, key: ScopeKey, entry: UUID, person: UUID) -> DraftView | None:
    """One person's draft of one entry."""
    row = db.execute(_VIEW.where(drafts.c.entry == entry, drafts.c.person == person)).one_or_none()
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


def encounter_of(db: Connection, entry: UUID) -> UUID | None:
    """The encounter to which somebody's draft of that entry belongs."""
    return db.scalar(select(drafts.c.encounter).where(drafts.c.entry == entry).limit(1))


def save(
    db: Connection, key: ScopeKey, entry: UUID, person: UUID, draft: DraftSave, revision: int, workstation: str,
) -> None:
    """Write the draft over the one before."""
    content = as_json({"values": draft.values, "reason": draft.correction_reason}).encode()
    values: dict[str, Any] = {
        "encounter": draft.encounter, "form": draft.form.code, "edition": draft.form.edition, "kind": draft.form.kind,
        "base_version": draft.base_version, "occurred_at": draft.occurred_at, "revision": revision,
        "content": key.encrypt(_about(entry, person), content), "workstation": workstation,
    }
    statement = insert(drafts).values(entry=entry, person=person, **values)
    db.execute(statement.on_conflict_do_update(
        index_elements=["entry", "person"], set_={**values, "updated_at": func.clock_timestamp()}))


def drop(db: Connection, entry: UUID, person: UUID) -> UUID | None:
    """Throw the draft away; the encounter that it belonged to, when there was one."""
    return db.scalar(delete(drafts).where(drafts.c.entry == entry, drafts.c.person == person)
                     .returning(drafts.c.encounter))


def _about(entry: UUID, person: UUID) -> str:
    return f"draft:{entry}:{person}"


def _view(row: Any, key: ScopeKey) -> DraftView:
    content = json.loads(key.decrypt(_about(row.entry, row.person), row.content))
    return DraftView(
        entry=row.entry, encounter=row.encounter, person=row.person, person_name=row.full_name,
        form=FormRef(code=row.form, edition=row.edition, kind=row.kind), base_version=row.base_version,
        correction_reason=content["reason"], occurred_at=row.occurred_at, values=content["values"],
        revision=row.revision, updated_at=row.updated_at,
    )
