"""A look at images in one statement: whether they are in sight, which they are, their key, the line in the audit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, exists, select

from server.store import audit
from server.store.image_search import SIGHT_WARDS, Sight, in_sight
from server.store.images import KEPT, Kept, kept_of
from server.store.prepared import Prepared
from server.store.tables import encounter_keys, image_instances, image_series, image_studies


@dataclass(frozen=True)
class Seen:
    """Images of one study, and its key as it is kept."""

    kept: tuple[Kept, ...]
    wrapped: bytes | None
    hospital_key: str


def look(
    db: Connection, sight: Sight, note: Mapping[str, Any], *, study: str, series: str = "", uid: str = "",
) -> Seen | None:
    """The images of a study, a series, or of one UID within them; nothing where none is there, or in sight.

    `note` says who looks (`audit.noted`); the line is written with the answer, and only where there is one.
    """
    asked = {"study": study, "series": series, "uid": uid}
    words = {name: value for name, value in asked.items() if value}
    wards = {} if sight.wards is None else {SIGHT_WARDS: list(sight.wards)}
    rows = _statement(sight.wards is None, sight.nobodys, tuple(words)).rows(db, {**words, **wards, **note})
    return Seen(tuple(map(kept_of, rows)), rows[0].wrapped, rows[0].hospital_key) if rows else None


@cache
def _statement(everywhere: bool, nobodys: bool, asked: tuple[str, ...]) -> Prepared:
    """Made once for each of the few kinds: to make it takes longer than to have it answered."""
    sight = Sight(None if everywhere else (), nobodys=nobodys)
    seen = (select(image_studies.c.id, image_studies.c.patient, image_studies.c.encounter)
            .where(image_studies.c.uid == bindparam("study"), in_sight(sight)).cte("seen"))
    columns = {"series": image_series.c.uid, "uid": image_instances.c.uid}
    narrowed = [columns[name] == bindparam(name) for name in asked if name in columns]
    kept = (select(*KEPT, image_series.c.number.label("series_number"), image_instances.c.number.label("number"))
            .join(image_series, image_series.c.id == image_instances.c.series)
            .join(seen, seen.c.id == image_instances.c.study).where(*narrowed).cte("kept"))
    key = encounter_keys.c.scope == seen.c.id
    there = exists().where(kept.c.study == seen.c.id, key, encounter_keys.c.wrapped.is_not(None))
    return Prepared(
        select(kept, encounter_keys.c.wrapped, encounter_keys.c.hospital_key)
        .join(encounter_keys, encounter_keys.c.scope == kept.c.study)
        .add_cte(audit.noting(seen.c.patient, seen.c.encounter, there))
        .order_by(kept.c.series_number.nulls_last(), kept.c.series_uid, kept.c.number.nulls_last(), kept.c.uid))
