"""Imaging orders: the numbers that were given, how each stands, and what a device's worklist is made of."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, delete, exists, insert, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert as upsert

from records.canonical import decode
from records.entries import State
from records.imaging_orders import Answerable, Asked, Report, Standing, accession_number, forms, study_uid
from records.messages import ImagingOrderStanding
from records.order_states import Fact, state_of
from server.store import base
from server.store.entries import about as version_about
from server.store.keys import ScopeKey
from server.store.tables import (
    entries,
    imaging_order_gifts,
    imaging_order_views,
    imaging_orders,
    imaging_orders_stale,
    version_states,
    versions,
)

_ASKED = TypeAdapter(Asked)


@dataclass(frozen=True)
class Order:
    """One order as it stands: its numbers, what it asks, and what is known of it."""

    id: UUID
    encounter: UUID
    patient: UUID
    accession: str
    study_uid: str
    asked: Asked
    result: UUID | None
    facts: frozenset[Fact]


def stale(db: Connection) -> tuple[UUID, ...]:
    """Stays whose orders must be made anew."""
    return tuple(db.scalars(select(imaging_orders_stale.c.encounter).distinct()))


def is_stale(db: Connection, encounter: UUID) -> bool:
    """Whether the stay's orders must be made anew."""
    return bool(db.scalar(select(exists().where(imaging_orders_stale.c.encounter == encounter))))


def all_stale(db: Connection) -> None:
    """Name every stay that has entries which order or report: their orders are made anew."""
    db.execute(delete(imaging_order_views))
    db.execute(insert(imaging_orders_stale).from_select(["encounter"], select(entries.c.encounter).distinct().where(
        tuple_(entries.c.form, entries.c.kind).in_(list(forms())))))


def mark_stale(db: Connection, encounter: UUID) -> None:
    """The stay's orders must be made anew: something that they are tied to changed."""
    db.execute(insert(imaging_orders_stale).values(encounter=encounter))


def take_stale(db: Connection, encounter: UUID) -> bool:
    """Take the stay's marks away, alone in this until the transaction ends; no when there are none."""
    base.lock(db, "imaging-orders", encounter)
    done = db.execute(delete(imaging_orders_stale).where(imaging_orders_stale.c.encounter == encounter))
    return bool(done.rowcount)


def standings(db: Connection, key: ScopeKey) -> Iterator[tuple[Standing, ...]]:
    """Every entry of a stay that orders or reports, with all its versions, oldest first."""
    rows = db.execute(
        select(versions.c.entry, versions.c.number, versions.c.body, version_states.c.state)
        .join(version_states, (version_states.c.entry == versions.c.entry)
              & (version_states.c.number == versions.c.number))
        .join(entries, entries.c.id == versions.c.entry)
        .where(versions.c.encounter == key.scope, tuple_(entries.c.form, entries.c.kind).in_(list(forms())))
        .order_by(versions.c.entry, versions.c.number))
    found: dict[UUID, list[Standing]] = {}
    for row in rows:
        body = decode(key.decrypt(version_about(row.entry, row.number), row.body))
        found.setdefault(row.entry, []).append(Standing(body, State(row.state)))
    yield from (tuple(each) for each in found.values())


def number(db: Connection, which: UUID, encounter: UUID, asked: Asked) -> UUID:
    """The order's id; one that has no number is given its own now, as `which`."""
    same = ((imaging_orders.c.entry == asked.entry) & (imaging_orders.c.first_version == asked.first_version)
            & (imaging_orders.c.row == asked.row))
    known: UUID | None = db.execute(select(imaging_orders.c.id).where(same)).scalar()
    if known is not None:
        return known
    year = asked.ordered_at.year
    accession = accession_number(year, base.next_number(db, f"imaging:{year}"))
    db.execute(_NUMBER, {"id": which, "entry": asked.entry, "encounter": encounter, "first": asked.first_version,
                         "row": asked.row, "accession": accession, "study_uid": study_uid(which)})
    return which


def answerable(db: Connection, orders: Sequence[tuple[UUID, Asked]]) -> tuple[Answerable, ...]:
    """The orders as results find them: with the studies that were given to them and that arrived for them."""
    studies: dict[UUID, set[str]] = {}
    numbers: dict[UUID, str] = {}
    for row in db.execute(_STUDIES, {"orders": [which for which, _ in orders]}):
        studies.setdefault(row.order, set()).add(row.uid)
        numbers[row.order] = row.accession
    return tuple(Answerable(which, frozenset(studies.get(which, ())), asked.name, asked.live, asked.ordered_at,
                            asked.modality, numbers.get(which, "")) for which, asked in orders)


def keep(db: Connection, key: ScopeKey, orders: Iterable[tuple[UUID, Asked]], answers: dict[UUID, Report]) -> None:
    """These are the stay's orders from now on."""
    db.execute(delete(imaging_order_views).where(imaging_order_views.c.encounter == key.scope))
    rows = [{"order": which, "encounter": key.scope, "version": asked.version, "row": asked.at_row,
             "live": asked.live, "urgent": asked.urgent, "modality": asked.modality, "scheduled": asked.scheduled,
             "result": answers[which].entry if which in answers else None,
             "result_state": answers[which].state if which in answers else "",
             "content": key.encrypt(_about(which), _ASKED.dump_json(asked))} for which, asked in orders]
    if rows:
        db.execute(insert(imaging_order_views), rows)


def of_encounter(db: Connection, key: ScopeKey) -> tuple[Order, ...]:
    """The orders of a stay, newest first."""
    return tuple(_order(row, key) for row in db.execute(
        text(_SHOWN + " WHERE o.encounter = :encounter ORDER BY v.scheduled DESC, o.accession DESC"),
        {"encounter": key.scope}))


def standing(db: Connection, encounter: UUID) -> tuple[ImagingOrderStanding, ...]:
    """Where the orders of a stay stand, newest first; nothing is decrypted for it."""
    return tuple(ImagingOrderStanding.model_construct(
        accession=row.accession, entry=row.entry, version=row.version, row=row.row, state=state_of(_facts(row)),
        studies=tuple(row.studies), result=row.result)
        for row in db.execute(_STANDING, {"encounter": encounter}))


def open_rows(
    db: Connection, since: datetime, begun_since: datetime, modalities: Collection[str],
) -> tuple[Row[Any], ...]:
    """What may stand on a worklist: orders of patients who lie here, that nobody has taken yet; no modality is all.

    `is_started` says that a device is at it: such a one stays on the list while its first images arrive.
    """
    return tuple(db.execute(_OPEN, {"since": since, "begun_since": begun_since,
                                    "modalities": list(modalities) or None}))


def opened(row: Row[Any], key: ScopeKey) -> Order:
    """A row of the worklist with its words."""
    return _order(row, key)


@dataclass(frozen=True)
class Owner:
    """Whose an order is, for what arrives bearing its number."""

    order: UUID
    encounter: UUID
    patient: UUID
    patient_no: str
    live: bool


def owner(db: Connection, *, accession: str = "", study_uid: str = "") -> Owner | None:
    """The order whose study's UID, else whose number it is; numbers that other houses gave are nobody's here."""
    row = db.execute(_OWNER, {"accession": accession, "study_uid": study_uid}).one_or_none()
    return None if row is None else Owner(row.id, row.encounter, row.patient, row.patient_no, row.live)


def encounters_of(db: Connection, orders: Collection[UUID]) -> set[UUID]:
    """The stays to which these orders belong."""
    return set(db.scalars(select(imaging_orders.c.encounter).where(imaging_orders.c.id.in_(orders))))


def given(db: Connection, device: str, orders: Collection[UUID]) -> tuple[UUID, ...]:
    """Note that the device has them; those that it has for the first time."""
    if not orders:
        return ()
    rows = [{"order": which, "device": device} for which in orders]
    return tuple(db.scalars(upsert(imaging_order_gifts).values(rows).on_conflict_do_nothing()
                            .returning(imaging_order_gifts.c.order)))


def _facts(row: Row[Any]) -> frozenset[Fact]:
    facts = {Fact.WITHDRAWN: not row.live, Fact.RESULT_SIGNED: row.result_state == "signed",
             Fact.RESULT_BEGUN: row.result_state == "begun", Fact.IMAGES: row.has_images,
             Fact.PERFORMED: row.was_performed, Fact.GIVEN: row.was_given}
    return frozenset(fact for fact, holds in facts.items() if holds)


def _order(row: Row[Any], key: ScopeKey) -> Order:
    return Order(row.id, row.encounter, row.patient, row.accession, row.study_uid,
                 _ASKED.validate_json(key.decrypt(_about(row.id), row.content)), row.result, _facts(row))


def _about(order: UUID) -> str:
    return f"imaging-order:{order}"


# Also of images that were destroyed: it was carried out, and no device is to take it up again.
_PICTURED = "state IN ('matched', 'destroyed')"
_HAS_IMAGES = f"EXISTS (SELECT FROM image_studies AS i WHERE i.imaging_order = o.id AND i.{_PICTURED})"
_PERFORMED = "EXISTS (SELECT FROM performed_steps AS s WHERE s.orders @> ARRAY[o.id] AND s.status = 'COMPLETED')"
_STARTED = """EXISTS (
    SELECT FROM performed_steps AS s WHERE s.orders @> ARRAY[o.id] AND s.message = 0 AND s.at >= :begun_since
        AND NOT EXISTS (SELECT FROM performed_steps AS e WHERE e.uid = s.uid AND e.status <> 'IN PROGRESS'))"""
_COLUMNS = f"""
    SELECT o.id, o.encounter, o.patient, o.accession, o.study_uid, v.live, v.result, v.result_state, v.content,
        {_HAS_IMAGES} AS has_images, {_PERFORMED} AS was_performed,
        EXISTS (SELECT FROM imaging_order_gifts AS g WHERE g."order" = o.id) AS was_given
"""  # noqa: S608 - only this file's own words
_TABLES = """
    FROM imaging_order_views AS v JOIN imaging_orders AS o ON o.id = v."order"
"""
_SHOWN = _COLUMNS + _TABLES
_WAITING_TOLD = 100
"""Of those that only wait, the newest: they are what a result may answer. All others are told whatever their number."""
_STANDING = text(f"""
    WITH mine AS MATERIALIZED (
        SELECT v."order" AS id, o.accession, o.entry, v.version, v."row", v.live, v.result, v.result_state, v.scheduled
        FROM imaging_order_views AS v JOIN imaging_orders AS o ON o.id = v."order"
        WHERE v.encounter = :encounter
    ), pictured AS (
        SELECT imaging_order AS id, array_agg(uid ORDER BY uid) FILTER (WHERE state = 'matched') AS uids
        FROM image_studies WHERE {_PICTURED} AND imaging_order IN (SELECT id FROM mine) GROUP BY imaging_order
    ), performed AS (
        SELECT DISTINCT unnest(orders) AS id FROM performed_steps
        WHERE status = 'COMPLETED' AND orders && ARRAY(SELECT id FROM mine)
    ), given AS (
        SELECT DISTINCT "order" AS id FROM imaging_order_gifts WHERE "order" IN (SELECT id FROM mine)
    ), known AS (
        SELECT mine.*, pictured.id IS NOT NULL AS has_images, performed.id IS NOT NULL AS was_performed,
            given.id IS NOT NULL AS was_given, coalesce(pictured.uids, '{{}}') AS studies,
            mine.live AND mine.result_state = '' AND coalesce(pictured.id, performed.id, given.id) IS NULL AS waits
        FROM mine LEFT JOIN pictured USING (id) LEFT JOIN performed USING (id) LEFT JOIN given USING (id)
    ), counted AS (
        SELECT *, row_number() OVER (PARTITION BY waits ORDER BY scheduled DESC, id) AS place FROM known
    )
    SELECT * FROM counted WHERE NOT waits OR place <= {_WAITING_TOLD} ORDER BY scheduled DESC, id
""")  # noqa: S608 - only this file's own words
_OPEN = text(f"""
    SELECT * FROM ({_COLUMNS}, {_STARTED} AS is_started, v.urgent, v.scheduled {_TABLES}
        JOIN encounters AS e ON e.id = o.encounter
        WHERE v.live AND v.result_state = '' AND v.scheduled >= :since AND e.state = 'active'
            AND (CAST(:modalities AS text[]) IS NULL OR v.modality = ANY(CAST(:modalities AS text[])))
    ) AS step
    WHERE NOT was_performed AND (is_started OR NOT has_images)
    ORDER BY urgent DESC, scheduled, accession
""")  # noqa: S608 - only this file's own words
_NUMBER = text("""
    INSERT INTO imaging_orders (id, entry, encounter, patient, first_version, "row", accession, study_uid)
    SELECT :id, :entry, :encounter, patient, :first, :row, :accession, :study_uid FROM encounters WHERE id = :encounter
""")
_OWNER = text("""
    SELECT o.id, o.encounter, o.patient, p.patient_no, coalesce(v.live, false) AS live
    FROM imaging_orders AS o JOIN patients AS p ON p.id = o.patient
    LEFT JOIN imaging_order_views AS v ON v."order" = o.id
    WHERE (o.study_uid = :study_uid AND :study_uid <> '') OR (o.accession = :accession AND :accession <> '')
    ORDER BY o.study_uid = :study_uid DESC LIMIT 1
""")
_STUDIES = text("""
    SELECT id AS "order", accession, study_uid AS uid FROM imaging_orders WHERE id = ANY(:orders)
    UNION SELECT o.id, o.accession, i.uid FROM image_studies AS i JOIN imaging_orders AS o ON o.id = i.imaging_order
        WHERE o.id = ANY(:orders)
""")
