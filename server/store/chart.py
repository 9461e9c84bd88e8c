"""An entry as charts show it, made from its versions, signatures and settlements: what `entry_views` keeps finished.

PostgreSQL writes each entry's facts as JSON, and a body is canonical JSON already: both are joined, never taken apart.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from records.forms import all_forms
from records.messages import EntryView
from server.store.entries import about
from server.store.keys import ScopeKey

_SELECT = """
    SELECT st.entry, st.number, v.occurred_at, v.received_at, v.body, json_build_object(
        'id', st.entry, 'encounter', st.encounter,
        'form', json_build_object('code', e.form, 'edition', e.edition, 'kind', e.kind),
        'version', st.number, 'state', st.state,
        'author', v.author, 'author_name', v.author_name, 'author_title', v.author_title,
        'occurred_at', v.occurred_at, 'written_at', v.written_at, 'received_at', v.received_at,
        'sha256', v.sha256, 'signatures', coalesce(s.signatures, '[]'::json),
        'confirmations', coalesce(c.confirmations, '[]'::json), 'open_slots', st.open_slots,
        'file', st.file,
        'evidence', coalesce(ev.level, ''), 'evidence_pending', coalesce(ev.state IN ('waiting', 'failed'), false),
        'evidence_file', coalesce((SELECT f.file FROM evidence_files AS f WHERE f.signed = st.file
                                   ORDER BY f.made_at DESC LIMIT 1), ''),
        'older', CASE WHEN st.number = 1 THEN '[]'::json
                      ELSE (SELECT json_agg(n) FROM generate_series(1, st.number - 1) AS n) END
    )::text AS facts,
        ca.reason AS cancelled_for, ca.at AS cancelled_at, btrim(cp.title || ' ' || cp.full_name) AS cancelled_by
    FROM version_states AS st
    JOIN entries AS e ON e.id = st.entry
    JOIN versions AS v ON v.entry = st.entry AND v.number = st.number
    LEFT JOIN (
        SELECT one.entry, one.number, json_agg(json_build_object(
            'slot', one.slot,
            'slot_label', coalesce(CAST(:labels AS jsonb) #>> ARRAY[of.form, of.edition, of.kind, one.slot], one.slot),
            'person', one.person, 'full_name', one.full_name, 'title', one.title, 'signed_at', one.signed_at,
            'received_at', one.received_at, 'certificate_serial', one.certificate_serial,
            'certificate_issuer', one.certificate_issuer, 'offline', one.offline, 'training', one.training,
            'settled', NOT one.offline OR NOT EXISTS (
                SELECT FROM settlements AS late WHERE late.file = one.file AND late.kind = 'offline'
                AND NOT EXISTS (SELECT FROM settlement_decisions AS done WHERE done.settlement = late.id))
        ) ORDER BY one.received_at, one.signed_at) AS signatures
        FROM signatures AS one JOIN entries AS of ON of.id = one.entry WHERE {signed}
        GROUP BY one.entry, one.number
    ) AS s ON s.entry = st.entry AND s.number = st.number
    LEFT JOIN LATERAL (
        SELECT json_agg(json_build_object(
            'entry', cf.entry, 'slot', cf.slot, 'method', cf.method, 'confirmed', cf.confirmed,
            'full_name', cf.full_name, 'person', cf.person, 'person_name', cf.person_name,
            'confirmed_at', cf.confirmed_at) ORDER BY cf.received_at) AS confirmations
        FROM confirmations AS cf WHERE cf.document_entry = st.entry AND cf.document_number = st.number
    ) AS c ON true
    LEFT JOIN evidence_tasks AS ev ON ev.file = st.file
    LEFT JOIN cancellations AS ca ON ca.entry = st.entry AND ca.number = st.number
    LEFT JOIN people AS cp ON cp.id = ca.person
    WHERE st.latest AND {shown}
    ORDER BY v.occurred_at DESC, v.received_at DESC, st.entry
"""
_OF_ENCOUNTER = text(_SELECT.format(signed="one.encounter = :encounter", shown="st.encounter = :encounter"))
_OF_ENTRIES = text(_SELECT.format(signed="one.entry = ANY(:entries)", shown="st.entry = ANY(:entries)"))


@dataclass(frozen=True)
class Made:
    """One entry with its latest version, as the JSON of `records.messages.EntryView`."""

    entry: UUID
    occurred_at: datetime
    received_at: datetime
    json: bytes

    @property
    def value(self) -> EntryView:
        """The same as a value."""
        return EntryView.model_validate_json(self.json)


def of_encounter(db: Connection, key: ScopeKey, encounter: UUID) -> tuple[Made, ...]:
    """All entries of an encounter, newest clinical time first."""
    return _made(db.execute(_OF_ENCOUNTER, {"encounter": encounter, "labels": _labels()}), key)


def of_entries(db: Connection, key: ScopeKey, which: Collection[UUID]) -> tuple[Made, ...]:
    """Some entries of one encounter."""
    return _made(db.execute(_OF_ENTRIES, {"entries": list(which), "labels": _labels()}), key)


@cache
def edition() -> str:
    """Which shape and words an entry has in this build; another build's finished entries are made anew."""
    return hashlib.sha256((_SELECT + _labels()).encode()).hexdigest()[:16]


def _made(rows: Iterable[Any], key: ScopeKey) -> tuple[Made, ...]:
    return tuple(Made(row.entry, row.occurred_at, row.received_at, _joined(row, key)) for row in rows)


def _joined(row: Any, key: ScopeKey) -> bytes:
    """The entry as JSON: its facts, its body as it was signed, and out of the body what it corrects or stands for."""
    body = key.decrypt(about(row.entry, row.number), row.body)
    parts = [row.facts[:-1].encode()]
    # A quotation mark inside a text is escaped: these bytes are the version's own member and nothing else.
    if row.number > 1 or b'"relates_to":{' in body:
        parsed = json.loads(body)
        parts += [f',"{name}":{json.dumps(parsed[name], ensure_ascii=False)}'.encode()
                  for name in ("correction", "relates_to") if parsed.get(name)]
    if row.cancelled_for is not None:
        parts.append(b',"cancellation":' + _cancellation(row, key))
    return b"".join([*parts, b',"body":', body, b"}"])


def _cancellation(row: Any, key: ScopeKey) -> bytes:
    reason = key.decrypt(f"cancellation:{row.entry}:{row.number}", row.cancelled_for).decode()
    return json.dumps({"by": row.cancelled_by, "at": row.cancelled_at.isoformat(), "reason": reason},
                      ensure_ascii=False).encode()


@cache
def _labels() -> str:
    """{form: {edition: {kind: {slot: label}}}}: the words of the slots stand in the forms, not in the database."""
    labels: dict[str, dict[str, dict[str, dict[str, str]]]] = {}
    for form in all_forms():
        labels.setdefault(form.code, {})[form.edition] = {
            kind.key: {slot.key: slot.label for slot in kind.slots} for kind in form.kinds}
    return json.dumps(labels, ensure_ascii=False)
