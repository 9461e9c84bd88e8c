"""Images that were kept apart from their study: a person says whether they are of its patient after all (DICOM A.1.2).

A device that was corrected in the middle of a study names its one patient in two ways; two patients under one study UID
are named in two ways too, and the second one's become a study of their own (`image_moving`). Only a person can tell;
the files stay what they are, and no decision is undone in silence.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.exc import DBAPIError

from records.errors import Refusal, Trouble
from records.image_identity import Named, contradictions
from records.messages import (
    ImageNamesView,
    PatientView,
    StrayDecisionGiven,
    StrayDecisionView,
    StrayImagesView,
    StraySeriesView,
    StraysSettled,
)
from server.ids import new_id
from server.services import image_filing, image_moving, image_receiving, image_reconciling, rights
from server.services import images as image_services
from server.services.hospital import Desk
from server.services.image_headers import read_header
from server.services.rights import Right
from server.store import base, images, imaging_orders, patients
from server.store import image_strays as store
from server.store.image_strays import Decided, OfSeries, Said, Stray
from server.store.keys import ScopeKey

MOST = 1000
MOST_BYTES = 1 << 31
"""Released in one act; their files are read again within it. What is left stays on the list."""
FINAL = ("release", "move")
"""What is not decided again."""
FORGOTTEN = "BA001"
"""The database's word for what was destroyed and does not change (migration 0026)."""


@dataclass(frozen=True)
class _Group:
    """Images of one study that were kept apart for one reason and name the same person, with the same end or none."""

    study: UUID
    why: str
    named: Named | None
    final: str
    """What was decided for good: `release` or `move`."""


def listed(desk: Desk) -> tuple[StrayImagesView, ...]:
    """What is kept apart, by study and by whom it names, and what was decided about it."""
    rights.demand(desk.person, Right.RECONCILE_IMAGES)
    rows = {row.id: row for row in store.studies(desk.db)}
    strays = store.of_studies(desk.db, rows)
    desk.note("images.strays", facts={"found": sum(one.decided not in FINAL for one in strays)})
    people = {one.id: one for one in patients.read_many(desk.db, [row.patient for row in rows.values() if row.patient])}
    decided = store.decisions(desk.db, desk.keys, rows)
    ring = desk.keys.of_many(desk.db, rows)
    groups: dict[_Group, list[tuple[Stray, Said | None]]] = {}
    for stray in strays:
        if stray.study in ring:
            said = _said(desk, ring[stray.study], stray)
            groups.setdefault(_group(stray, said), []).append((stray, said))
    places = {study: place for place, study in enumerate(rows)}
    ordered = sorted(groups.items(), key=lambda one: (bool(one[0].final), places[one[0].study]))
    return tuple(_view(desk, row := rows[group.study], group, of_it, patient=people.get(row.patient), decided=decided)
                 for group, of_it in ordered)


def decide(desk: Desk, uid: str, given: StrayDecisionGiven) -> StraysSettled:
    """They are of the study's patient and go into it, of another and become a study of their own, or stay apart."""
    reason = image_reconciling.reason_of(desk, given.reason)
    row = store.study(desk.db, uid)
    if row is None:
        raise image_services.unseen(desk, uid)
    if given.decision in FINAL and (given.why != "other_patient" or given.names is None):
        raise Refusal.because("image_stray_first_stands")
    # The answer speaks of the study: it is kept under the study's key, as the reason is.
    desk.scope = row.id
    if not base.try_lock(desk.db, "image-strays", row.id):
        raise Refusal.because("image_decided_meanwhile")
    key = desk.key(row.id)
    named = None if given.names is None else Named(**given.names.model_dump())
    found = [(_group(one, _said(desk, key, one)), one) for one in store.of_studies(desk.db, [row.id])]
    group = [one for which, one in found if which == _Group(row.id, given.why, named, final="")]
    if not group or len(group) != given.known:
        raise Refusal.because("image_decided_meanwhile")
    waiting = _so_many([one for one in group if not one.here])
    match given.decision:
        case "release":
            settled = _released(desk, key, waiting)
        case "move":
            alike = [one for which, one in found if (which.why, which.named) == (given.why, named)]
            strays = _so_many(group, image_moving.MOST_BYTES)
            done = image_moving.moved(desk.hospital, desk.db, image_moving.From(
                row.uid, key, named, desk.person.full_name), strays=strays, alike=alike)
            settled = done.strays
            if done.encounter is not None:
                desk.tell("images", encounter=done.encounter)
        case "apart":
            settled = group
    decision = new_id()
    store.decide(desk.db, key, {"id": decision, "decision": given.decision, "person": desk.person.id},
                 [one.id for one in settled], named=named, reason=reason)
    _tell(desk, row, given, decision, settled)
    here = sum(one.here for one in group) + len(waiting) - len(settled) if given.decision == "release" else 0
    return StraysSettled(settled=len(settled), here=here, left=len(group) - len(settled))


def _released(desk: Desk, key: ScopeKey, waiting: Iterable[Stray]) -> list[Stray]:
    """Those that are in the study from now on; left apart are those whose UID or series is here in another way."""
    kept = []
    for one in waiting:
        file = images.open_file(desk.hospital.images, key, one.file).read()
        kept.append((read_header(file), {"file": one.file, "length": one.length, "sender": one.sender}))
    try:
        filed = image_filing.file_kept(desk.db, key, kept)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", "") != FORGOTTEN:
            raise
        # Destroyed while its files were read.
        raise Refusal.because("key_destroyed", str(key.scope)) from error
    if not filed:
        raise Refusal.because("image_stray_here")
    return [one for one in waiting if one.file in filed]


def _so_many(strays: Sequence[Stray], most_bytes: int = MOST_BYTES) -> Sequence[Stray]:
    """The first ones, as many as one act may read."""
    total = 0
    for place, one in enumerate(strays[:MOST]):
        total += one.length
        if place and total > most_bytes:
            return strays[:place]
    return strays[:MOST]


def _tell(desk: Desk, row: Row[Any], given: StrayDecisionGiven, decision: UUID, settled: Sequence[Stray]) -> None:
    action = {"release": "images.release", "move": "images.move", "apart": "images.keep_apart"}[given.decision]
    # Why lies with the decision, under the study's key: a reason may name the patient, and the audit is never emptied.
    desk.note(action, patient=row.patient, encounter=row.encounter, facts={
        "study": row.uid, "why": given.why, "decision": str(decision), "images": [one.uid for one in settled]})
    if given.decision == "release":
        if row.encounter is not None:
            desk.tell("images", encounter=row.encounter)
        for encounter in imaging_orders.encounters_of(desk.db, [row.imaging_order] if row.imaging_order else []):
            imaging_orders.mark_stale(desk.db, encounter)
            desk.tell("imaging_orders", encounter=encounter)
    desk.tell("images_unsettled")


def _group(stray: Stray, said: Said | None) -> _Group:
    final = stray.decided if stray.decided in FINAL else ""
    return _Group(stray.study, stray.why, said.named if said else None, final)


def _said(desk: Desk, key: ScopeKey, stray: Stray) -> Said | None:
    """What it says of itself; nothing where that was not kept, or cannot be read any more."""
    said = store.opened(key, stray)
    if said is not None or stray.why != "other_patient":
        return said
    try:
        return image_receiving.said_of(read_header(
            images.open_file(desk.hospital.images, key, stray.file).read()))
    except Trouble:
        raise
    except Refusal:
        return None


def _view(
    desk: Desk, row: Row[Any], group: _Group, of_it: Sequence[tuple[Stray, Said | None]], *,
    patient: PatientView | None, decided: dict[UUID, Decided],
) -> StrayImagesView:
    strays = [stray for stray, _ in of_it]
    sent, now = Named(**row.sent), Named(row.patient_no, row.full_name, row.birth_date, row.sex)
    fits = group.named is not None and not image_receiving.is_of_another(
        desk.db, group.named, sent=sent, now=now, patient=row.patient)
    said = {one.decision for one in strays}
    settled = group.final or ("apart" if all(one.decided for one in strays) else "")
    return StrayImagesView(
        study=row.uid, why=group.why, **asdict(sent), study_state=row.state, patient=patient,
        description=row.description, study_date=row.study_date, modalities=tuple(row.modalities),
        names=ImageNamesView(**asdict(group.named)) if group.named else None,
        differs=contradictions(group.named, now) if group.named else (), fits=fits, series=_series(of_it),
        count=len(strays), here=sum(one.here for one in strays) if group.why == "other_patient" else 0,
        senders=tuple(sorted({one.sender for one in strays})), first_at=min(one.received_at for one in strays),
        last_at=max(one.received_at for one in strays), settled=settled,
        decisions=tuple(StrayDecisionView(decision=one.decision, reason=one.reason, person_name=one.person_name,
                                          at=one.at) for which, one in decided.items() if which in said))


def _series(of_it: Iterable[tuple[Stray, Said | None]]) -> tuple[StraySeriesView, ...]:
    counted = Counter(said.series for _, said in of_it if said is not None)
    return tuple(StraySeriesView(**asdict(series), count=count)
                 for series, count in sorted(counted.items(), key=lambda one: _place(one[0])))


def _place(series: OfSeries) -> tuple[bool, int, str, str]:
    return series.number is None, series.number or 0, series.modality, series.description
