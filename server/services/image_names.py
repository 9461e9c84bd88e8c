"""Studies that hold images of another patient than theirs: what was filed before such images were kept apart (A.1.2).

One image lies open at a time: a walk over millions needs no more memory than over ten.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, select

from records.errors import Reason, Refusal
from records.image_identity import Named, contradict, filled
from server.services import image_metadata
from server.services.hospital import Hospital
from server.services.image_headers import read_header
from server.services.image_receiving import is_of_another
from server.store import image_strays, images
from server.store.keys import ScopeKey
from server.store.tables import encounter_keys, image_instances, image_studies
from server.store.walk import Walked

_AT_ONCE = 200
_TAGS = ("00100020", "00100010", "00100030", "00100040")
"""Number, name, birth date and sex, in the order of `Named`."""


def walked(db: Connection, hospital: Hospital) -> Walked:
    """Each study in which somebody looks, and of each that names two patients how many images name the other one.

    What a person decided stands: one that was set aside is shown to nobody, and a name may be said to mean the same.
    """
    rows = db.execute(_ROWS.execution_options(yield_per=_AT_ONCE))
    broken = []
    studies = closed = 0
    for _, of_it in groupby(rows, key=lambda row: row.id):
        studies += 1
        try:
            broken += _study(hospital, of_it)
        except Refusal as refusal:
            gone = all(reason.code == "key_destroyed" for reason in refusal.reasons)
            closed += gone
            broken += () if gone else refusal.reasons
    return Walked("patients of images", studies, closed, tuple(broken))


def _study(hospital: Hospital, rows: Iterable[Any]) -> list[Reason]:
    count, first = 0, None
    key: ScopeKey | None = None
    known = Named()
    for row in rows:
        key = key or hospital.keys.opened(row.id, row.wrapped, row.hospital_key)
        named = _named(hospital, key, row)
        if named is None:
            continue
        # Where the study's first image was silent, the others still name one patient.
        known = filled(Named(**row.sent), known)
        if _is_another(hospital, key, row, named, known):
            count, first = count + 1, first or row
        else:
            known = filled(known, named)
    if first is None:
        return []
    return [Reason("image_names_another_patient", first.study_uid, {"count": count, "image": first.uid})]


def _is_another(hospital: Hospital, key: ScopeKey, row: Row[Any], named: Named, sent: Named) -> bool:
    now = Named(row.patient_no, row.full_name, row.birth_date, row.sex)
    if not contradict(named, filled(sent, now)):
        return False
    with hospital.looking.connect() as db:  # not in the midst of the walk's own answer
        return (is_of_another(db, named, sent=sent, now=now, patient=row.patient)
                and not image_strays.said_same(db, key, named))


def _named(hospital: Hospital, key: ScopeKey, row: Row[Any]) -> Named | None:
    """Whom the image names; nothing where its file is missing or broken, which the walk of the files tells."""
    if row.metadata is None:  # it came before this was kept beside the file
        try:
            return read_header(images.open_file(hospital.images, key, row.file).read()).study.named
        except Refusal:
            return None
    told = json.loads(image_metadata.told(images.opened_metadata(key, row.uid, row.metadata), ""))
    values = [(told.get(tag, {}).get("Value") or [""])[0] or "" for tag in _TAGS]
    number, name, birth, sex = (str(one.get("Alphabetic", "")) if isinstance(one, dict) else str(one) for one in values)
    return Named(number, name, birth, sex[:1].upper())


_ROWS = (
    select(image_studies.c.id, image_studies.c.uid.label("study_uid"), image_studies.c.sent, image_studies.c.patient,
           image_studies.c.patient_no, image_studies.c.full_name, image_studies.c.birth_date, image_studies.c.sex,
           encounter_keys.c.wrapped, encounter_keys.c.hospital_key, image_instances.c.uid, image_instances.c.file,
           image_instances.c.metadata)
    .join(encounter_keys, encounter_keys.c.scope == image_studies.c.id)
    .join(image_instances, image_instances.c.study == image_studies.c.id)
    .where(image_studies.c.state.not_in(("destroyed", "set_aside")))
    .order_by(image_studies.c.id, image_instances.c.uid))
