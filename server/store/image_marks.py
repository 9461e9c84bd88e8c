"""What readers drew on frames, under the study's key; rows only grow, the newest of a mark says how it stands."""

from __future__ import annotations

import json
from uuid import UUID

from sqlalchemy import Connection, select, text

from records.messages import ImageMarkGiven, ImageMarkView
from server.store.base import as_json
from server.store.keys import ScopeKey
from server.store.tables import image_instances, image_marks, image_series


def keep(db: Connection, key: ScopeKey, person: UUID, given: ImageMarkGiven) -> None:
    """Add how the mark stands from now on."""
    db.execute(image_marks.insert().values(
        mark=given.mark, study=key.scope, series_uid=given.series_uid, sop_instance_uid=given.sop_instance_uid,
        frame=given.frame, person=person, removed=given.removed, made_at=given.made_at,
        content=key.encrypt(_about(given.mark), as_json({} if given.removed else given.content).encode())))


def owner(db: Connection, mark: UUID) -> tuple[UUID, UUID] | None:
    """Who drew the mark, and on which study; None when nobody has."""
    row = db.execute(select(image_marks.c.person, image_marks.c.study).where(image_marks.c.mark == mark)
                     .order_by(image_marks.c.id).limit(1)).one_or_none()
    return None if row is None else (row.person, row.study)


def of_study(db: Connection, key: ScopeKey) -> tuple[ImageMarkView, ...]:
    """The marks that stand on a study's frames, oldest first."""
    return tuple(
        ImageMarkView(
            mark=row.mark, series_uid=row.series_uid, sop_instance_uid=row.sop_instance_uid, frame=row.frame,
            content=json.loads(key.decrypt(_about(row.mark), row.content)), made_at=row.made_at, person=row.person,
            person_name=row.person_name)
        for row in db.execute(_STANDING, {"study": key.scope}))


def holds(db: Connection, study: UUID, series_uid: str, sop_instance_uid: str, frame: int) -> bool:
    """Whether the study has that frame, in that series."""
    row = db.execute(
        select(image_instances.c.frames).join(image_series, image_series.c.id == image_instances.c.series)
        .where(image_instances.c.study == study, image_instances.c.uid == sop_instance_uid,
               image_series.c.uid == series_uid)).one_or_none()
    return row is not None and frame <= row.frames


def _about(mark: UUID) -> str:
    return f"image mark:{mark}"


_STANDING = text("""
    SELECT standing.*, trim(people.title || ' ' || people.full_name) AS person_name
    FROM (SELECT DISTINCT ON (mark) * FROM image_marks WHERE study = :study ORDER BY mark, id DESC) standing
    JOIN people ON people.id = standing.person
    WHERE NOT standing.removed ORDER BY standing.id
""")
