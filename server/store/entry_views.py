"""Entries as charts show them, kept finished: a chart of a thousand is one narrow read, decrypted and joined.

A projection of `chart`: triggers throw a row away when a version, signature or settlement of its entry is written;
whoever finds one missing makes it again under the entry's lock. It can be dropped at any moment.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, select, text
from sqlalchemy.dialects.postgresql import insert

from records.messages import EntryView
from server.store import chart
from server.store.chart import Made
from server.store.keys import Keys, ScopeKey
from server.store.tables import encounters, entry_views, version_states

_READ = """
    SELECT st.entry, v.content FROM version_states AS st
    LEFT JOIN entry_views AS v ON v.entry = st.entry AND v.edition = %(edition)s
    WHERE st.encounter = %(encounter)s AND st.latest ORDER BY v.occurred_at DESC, v.received_at DESC, st.entry
"""
_FREE = text("SELECT one FROM unnest(CAST(:entries AS uuid[])) AS one "
             "WHERE pg_try_advisory_xact_lock(hashtextextended('entry:' || one, 0))")


def json_of_encounter(db: Connection, key: ScopeKey, encounter: UUID) -> bytes:
    """All entries of an encounter as a JSON array of `EntryView`, newest clinical time first."""
    rows = _read(db, encounter)
    if missing := [entry for entry, content in rows if content is None]:
        make(db, key, missing)
        rows = _read(db, encounter)
    if any(content is None for _, content in rows):
        # Someone is writing one of them at this moment: it is shown as it was committed, and kept by the next reader.
        return _array([made.json for made in chart.of_encounter(db, key, encounter)])
    return _array([key.decrypt(about(entry), content) for entry, content in rows])


def of_entry(db: Connection, key: ScopeKey, which: UUID, *, locked: bool = False) -> EntryView | None:
    """One entry with its latest version, made and kept; `locked`: this transaction holds the entry's lock already."""
    made = make(db, key, [which], locked=locked)
    return made[0].value if made else None


def make(db: Connection, key: ScopeKey, which: Collection[UUID], *, locked: bool = False) -> tuple[Made, ...]:
    """Make these entries of one encounter, and keep those that nobody else is writing at this moment."""
    free = set(which) if locked else set(db.scalars(_FREE, {"entries": list(which)}))
    made = chart.of_entries(db, key, which)
    if kept := [one for one in made if one.entry in free]:
        rows = [{"entry": one.entry, "encounter": key.scope, "edition": chart.edition(),
                 "occurred_at": one.occurred_at, "received_at": one.received_at,
                 "content": key.encrypt(about(one.entry), one.json)} for one in kept]
        written = insert(entry_views)
        db.execute(written.on_conflict_do_update(index_elements=["entry"], set_={
            name: written.excluded[name] for name in ("edition", "occurred_at", "received_at", "content")}), rows)
    return made


def forget(db: Connection) -> tuple[UUID, ...]:
    """Throw every finished entry away; the encounters that have entries, oldest first."""
    db.execute(delete(entry_views))
    return tuple(db.scalars(select(encounters.c.id).where(
        select(version_states.c.entry).where(version_states.c.encounter == encounters.c.id).exists())
        .order_by(encounters.c.admitted_at)))


def rebuild(db: Connection, keys: Keys, encounter: UUID) -> int:
    """Make the entries of an encounter anew; none when its key was destroyed. How many were made."""
    ring = keys.of_many(db, [encounter])
    latest = db.scalars(select(version_states.c.entry).where(version_states.c.encounter == encounter,
                                                            version_states.c.latest)).all()
    return len(make(db, ring[encounter], latest)) if latest and ring else 0


def about(entry: UUID) -> str:
    """What a finished entry's ciphertext is bound to."""
    return f"entry-view:{entry}"


def _array(items: list[bytes]) -> bytes:
    return b"[%b]" % b",".join(items)


def _read(db: Connection, encounter: UUID) -> list[tuple[UUID, Any]]:
    """Entry and ciphertext in the order of the chart, in PostgreSQL's binary format: as text each byte costs two."""
    driver: Any = db.connection.driver_connection
    with driver.cursor(binary=True) as cursor:
        cursor.execute(_READ, {"encounter": encounter, "edition": chart.edition()})
        rows: list[tuple[UUID, Any]] = cursor.fetchall()
    return rows
