"""The chart of an encounter: the latest version of each entry with its signatures, in two queries."""

from __future__ import annotations

import json
from collections.abc import Collection
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, exists, select

from records.forms import EntryKind, form
from records.messages import EntryView
from server.store.entries import about
from server.store.keys import ScopeKey
from server.store.tables import entries, settlement_decisions, settlements, signatures, version_states, versions

_HEADS = (
    select(
        entries.c.id, entries.c.encounter, entries.c.form, entries.c.edition, entries.c.kind,
        version_states.c.number, version_states.c.state, version_states.c.open_slots, version_states.c.file,
        versions.c.author, versions.c.author_name, versions.c.author_title, versions.c.occurred_at,
        versions.c.written_at, versions.c.received_at, versions.c.sha256, versions.c.body,
    )
    .join(entries, entries.c.id == version_states.c.entry)
    .join(versions, (versions.c.entry == version_states.c.entry) & (versions.c.number == version_states.c.number))
    .where(version_states.c.latest)
)
_WAITING = (
    exists().where(settlements.c.file == signatures.c.file, settlements.c.kind == "offline",
                   ~exists().where(settlement_decisions.c.settlement == settlements.c.id))
)
_SIGNATURES = (
    select(signatures, (signatures.c.offline & _WAITING).label("waiting"))
    .join(version_states, (version_states.c.entry == signatures.c.entry)
          & (version_states.c.number == signatures.c.number) & version_states.c.latest)
    .order_by(signatures.c.received_at)
)


def of_encounter(db: Connection, key: ScopeKey, encounter: UUID) -> tuple[EntryView, ...]:
    """All entries of an encounter, newest clinical time first."""
    return tuple(_parsed(item) for item in _read(
        db, key, _HEADS.where(version_states.c.encounter == encounter),
        _SIGNATURES.where(signatures.c.encounter == encounter)))


def json_of_encounter(db: Connection, key: ScopeKey, encounter: UUID) -> bytes:
    """The same as a JSON array: stored bodies are JSON already, and go out as they were signed."""
    items = _read(db, key, _HEADS.where(version_states.c.encounter == encounter),
                  _SIGNATURES.where(signatures.c.encounter == encounter))
    return b"[" + b",".join(_as_json(*item) for item in items) + b"]"


def of_entries(db: Connection, key: ScopeKey, which: Collection[UUID]) -> tuple[EntryView, ...]:
    """Some entries of one encounter."""
    return tuple(_parsed(item) for item in _read(
        db, key, _HEADS.where(version_states.c.entry.in_(which)), _SIGNATURES.where(signatures.c.entry.in_(which))))


def of_entry(db: Connection, key: ScopeKey, which: UUID) -> EntryView | None:
    """One entry with its latest version."""
    found = of_entries(db, key, [which])
    return found[0] if found else None


def _read(db: Connection, key: ScopeKey, heads: Select[Any], signed: Select[Any]) -> list[tuple[dict[str, Any], bytes]]:
    """Each entry's facts as JSON values, and its body's canonical bytes."""
    by_entry: dict[UUID, list[Any]] = {}
    for signature in db.execute(signed):
        by_entry.setdefault(signature.entry, []).append(signature)
    rows = db.execute(heads.order_by(versions.c.occurred_at.desc(), versions.c.received_at.desc())).all()
    return [(_facts(row, by_entry.get(row.id, [])), key.decrypt(about(row.id, row.number), row.body)) for row in rows]


def _facts(row: Any, signed: list[Any]) -> dict[str, Any]:
    kind = _kind(row.form, row.edition, row.kind)
    return {
        "id": str(row.id),
        "encounter": str(row.encounter),
        "form": {"code": row.form, "edition": row.edition, "kind": row.kind},
        "version": row.number,
        "state": row.state,
        "author": str(row.author),
        "author_name": row.author_name,
        "author_title": row.author_title,
        "occurred_at": row.occurred_at.isoformat(),
        "written_at": row.written_at.isoformat(),
        "received_at": row.received_at.isoformat(),
        "sha256": row.sha256,
        "signatures": [_signature(one, kind) for one in signed],
        "open_slots": row.open_slots,
        "file": row.file,
        "older": list(range(1, row.number)),
    }


def _signature(row: Any, kind: EntryKind) -> dict[str, Any]:
    return {
        "slot": row.slot,
        "slot_label": kind.slot(row.slot).label,
        "person": str(row.person),
        "full_name": row.full_name,
        "title": row.title,
        "signed_at": row.signed_at.isoformat(),
        "received_at": row.received_at.isoformat(),
        "certificate_serial": row.certificate_serial,
        "certificate_issuer": row.certificate_issuer,
        "offline": row.offline,
        "settled": not row.waiting,
        "training": row.training,
    }


@lru_cache(maxsize=256)
def _kind(code: str, edition: str, key: str) -> EntryKind:
    return form(code, edition).kind(key)


def _parsed(item: tuple[dict[str, Any], bytes]) -> EntryView:
    facts, body = item
    content = json.loads(body)
    return EntryView(**facts, body=content, correction=content.get("correction"))


def _as_json(facts: dict[str, Any], body: bytes) -> bytes:
    correction = json.loads(body).get("correction") if facts["version"] > 1 else None
    head = json.dumps({**facts, "correction": correction}, ensure_ascii=False)
    return head[:-1].encode() + b',"body":' + body + b"}"
