"""A patient's studies with their series, newest first, as a viewer lists them."""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, func, select, text

from records.image_lists import ImageSeriesView, ImageStudyView
from records.messages import DestroyedStudyView
from server.store.image_search import Sight, destroyed_in_sight, in_sight
from server.store.tables import encounter_keys, image_studies


def of_patient(db: Connection, patient: UUID, sight: Sight) -> tuple[ImageStudyView, ...]:
    """The studies that are the patient's for certain, of those that may be seen."""
    query = (select(image_studies).where(image_studies.c.patient == patient, image_studies.c.state == "matched",
                                         in_sight(sight))
             .order_by(image_studies.c.study_date.desc(), image_studies.c.study_time.desc(),
                       image_studies.c.received_at.desc()))
    rows = db.execute(query).all()
    series: dict[UUID, list[ImageSeriesView]] = defaultdict(list)
    for row in db.execute(_SERIES, {"studies": [row.id for row in rows]}):
        series[row.study].append(_series(row))
    return tuple(ImageStudyView(
        uid=row.uid, date=row.study_date, time=row.study_time, description=row.description,
        modalities=tuple(row.modalities), accession=row.accession, encounter=row.encounter, instances=row.instances,
        received_at=row.received_at, series=tuple(series[row.id])) for row in rows)


def destroyed(
    db: Connection, sight: Sight, *, patient: UUID | None = None, uid: str = "",
) -> tuple[DestroyedStudyView, ...]:
    """What is known for ever of studies whose key was destroyed: that they were, and by which paper they went."""
    query = (select(image_studies.c.uid, image_studies.c.modalities, image_studies.c.instances,
                    image_studies.c.received_at, encounter_keys.c.destroyed_at, encounter_keys.c.destroyed_why)
             .join(encounter_keys, encounter_keys.c.scope == image_studies.c.id).where(destroyed_in_sight(sight))
             .order_by(encounter_keys.c.destroyed_at.desc()))
    query = query.where(image_studies.c.patient == patient) if patient else query
    query = query.where(image_studies.c.uid == uid) if uid else query
    return tuple(DestroyedStudyView(
        uid=row.uid, modalities=tuple(row.modalities), instances=row.instances, received_at=row.received_at,
        destroyed_at=row.destroyed_at, why=row.destroyed_why) for row in db.execute(query))


def unsettled(db: Connection, patient: UUID) -> int:
    """How many studies name the patient's number but differ in who it is: for a person to settle, not to be shown."""
    return db.execute(select(func.count()).select_from(image_studies).where(
        image_studies.c.patient == patient, image_studies.c.state == "open")).scalar_one()


def _series(row: Row[Any]) -> ImageSeriesView:
    return ImageSeriesView(uid=row.uid, modality=row.modality, number=row.number, description=row.description,
                           body_part=row.body_part, instances=row.instances, frames=row.frames, middle=row.middle,
                           shown=row.shown)


_SERIES = text("""
    SELECT series.*, instances.frames, instances.middle, instances.shown
    FROM image_series series CROSS JOIN LATERAL (
        SELECT coalesce(sum(frames), 0) AS frames, coalesce(bool_or(height IS NOT NULL), false) AS shown,
            coalesce((array_agg(uid ORDER BY number NULLS LAST, uid))[(count(*) + 1) / 2], '') AS middle
        FROM image_instances WHERE series = series.id
    ) instances
    WHERE series.study = ANY(:studies) ORDER BY series.number NULLS LAST, series.uid
""")
