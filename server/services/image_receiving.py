"""Images that arrive, by C-STORE or STOW-RS: kept as they were sent, filed, and matched to a patient or to a list.

Nothing that can be filed is turned away: what names nobody we know, or names somebody otherwise than we do, waits for a
person (`image_studies.state = 'open'`); what contradicts an image that is here already is kept beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Connection

from records.errors import Refusal
from records.image_identity import Named, contradict, differences, order_differences
from server.services import imaging_orders as order_service
from server.services.hospital import Hospital, new_id
from server.services.image_headers import Instance, Series, Study, read_header
from server.store import audit, base, images, imaging_orders, patients
from server.store.images import StudyHere
from server.store.imaging_orders import Owner
from server.store.keys import ScopeKey

T = TypeVar("T")
_writers = ThreadPoolExecutor(8, "image writer")
"""Files of messages that are on their way to the disk at once: the disk flushes them together."""


class Outcome(StrEnum):
    """What became of an image."""

    NEW = "new"
    AGAIN = "again"
    """The same bytes were here already."""
    STRAY = "stray"
    """Another image of that UID is here, its series belongs to another study, or it names another patient than its
    study: kept apart, for a person to settle.
    """


@dataclass(frozen=True)
class Received:
    """One image that is safe on the disk and in the database."""

    outcome: Outcome
    uid: str
    sop_class: str
    study_uid: str


def receive(hospital: Hospital, file: bytes, *, sender: str) -> Received:
    """Keep one DICOM file (PS3.10); when this returns, it is on the disk. Refuses what cannot be filed.

    `sender` is the device's AE title or the person's name.
    """
    [outcome] = receive_all(hospital, (file,), sender=sender)
    if isinstance(outcome, Refusal):
        raise outcome
    return outcome


def receive_all(
    hospital: Hospital, files: Sequence[bytes], *, sender: str, study: str = "",
) -> list[Received | Refusal]:
    """The same for many at once, each judged by itself; with `study`, an image of another one is refused."""
    heads: list[Instance | Refusal] = []
    here: dict[str, StudyHere] = {}
    good: list[tuple[Instance, ScopeKey, Future[str], int]] = []
    apart: list[bool] = []
    writers = _writers if len(files) > 1 else _Here()
    for file in files:
        head = _header(file, study)
        heads.append(head)
        if isinstance(head, Instance):
            known = here.get(head.study.uid) or _here(hospital, head.study, sender)
            here[head.study.uid], key = known, hospital.keys.opened(*known.key)
            apart.append(_is_of_another(hospital, known, head.study.named))
            # Outside of any transaction: a slow disk must not hold rows of the database locked.
            good.append((head, key, writers.submit(images.put, hospital.images, key, file), len(file)))
    rows = [_row(key, head, {"file": put.result(), "length": length, "sender": sender})
            for head, key, put, length in good]
    images.settle(hospital.images, [(key, put.result()) for _, key, put, _ in good])
    outcomes = _filed(hospital, [(row, head) for row, (head, *_), is_apart in zip(rows, good, apart, strict=True)
                                 if not is_apart])
    outcomes |= _kept_apart(hospital, [row for row, is_apart in zip(rows, apart, strict=True) if is_apart])
    done = iter([Received(outcomes[row["id"]], head.uid, head.sop_class, head.study.uid)
                 for row, (head, *_) in zip(rows, good, strict=True)])
    return [next(done) if isinstance(head, Instance) else head for head in heads]


class _Here(Executor):
    """For one file alone: a thread of its own would only cost time."""

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Do it now."""
        done: Future[T] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


def _here(hospital: Hospital, head: Study, sender: str) -> StudyHere:
    """The study with its key; one that is new is made, and matched."""
    with hospital.looking.connect() as db:
        known = images.study_here(db, head.uid)
    if known is not None:
        return known
    with base.transaction(hospital.engine) as db:
        _study(hospital, db, head, sender)
        known = images.study_here(db, head.uid)
    if known is None:
        raise Refusal.because("thing_unknown", "study")
    return known


def _is_of_another(hospital: Hospital, study: StudyHere, named: Named) -> bool:
    """Whether an image names somebody else than its study does: a study has one patient (PS3.3 A.1.2), and what it
    shows already was matched by its first image.

    Whom a person has tied the study to, and whose other number the image bears, is no other.
    """
    if not contradict(named, study.sent) or not contradict(named, study.now):
        return False
    with hospital.looking.connect() as db:
        patient = images.patient_of(db, named.patient_no)
        view = patients.read(db, patient) if patient is not None and patient == study.patient else None
    return view is None or bool(differences(named, view))


def _kept_apart(hospital: Hospital, rows: Sequence[Mapping[str, Any]]) -> dict[UUID, Outcome]:
    """Images that name another patient than their study: kept, and shown to nobody."""
    if rows:
        with base.transaction(hospital.engine) as db:
            for row in rows:
                images.add_stray(db, new_id(), {**_told(row), "why": "other_patient"})
    return {row["id"]: Outcome.STRAY for row in rows}


def _told(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("uid", "study", "file", "length", "sender")}


def _header(file: bytes, study: str) -> Instance | Refusal:
    try:
        head = read_header(file)
    except Refusal as refusal:
        return refusal
    return Refusal.because("image_other_study", study) if study and head.study.uid != study else head


def _study(hospital: Hospital, db: Connection, head: Study, sender: str) -> UUID:
    """The study's id, with a key of its own; a new one is matched to the patient whom it names."""
    known = images.study_id(db, head.uid)
    if known is not None:
        return known
    patient = images.patient_of(db, head.named.patient_no)
    view = patients.read(db, patient) if patient else None
    order = _order(hospital, db, head)
    differing = differences(head.named, view)
    if order is not None and view is not None:
        differing += order_differences(head.accession, view.patient_no, order.patient_no, live=order.live)
    encounter = images.open_encounter(db, patient) if patient else None
    if order is not None and order.patient == patient:
        encounter = order.encounter
    state = "open" if differing else "matched"
    which = new_id()
    study = images.add_study(db, which, head.uid, {
        **asdict(head.named), "sent": asdict(head.named), "patient": patient, "encounter": encounter, "state": state,
        "imaging_order": order.order if order else None, "accession": head.accession,
        "study_no": head.study_no, "study_date": head.date, "study_time": head.time, "description": head.description,
        "referring": head.referring}, differing)
    if study == which:
        hospital.keys.make(db, study)
        audit.note(db, "images.arrive", name=sender, patient=patient, encounter=encounter,
                   facts={"study": head.uid, "state": state, "differs": [one.field for one in differing]})
        base.notify(db, "images", encounter=encounter)
        if order is not None:
            # A result that was there first may answer the order now; its chart shows that it was taken.
            imaging_orders.mark_stale(db, order.encounter)
            base.notify(db, "imaging_orders", encounter=order.encounter)
    return study


def _order(hospital: Hospital, db: Connection, head: Study) -> Owner | None:
    """The order that the study was made for, as its entry stands now."""
    found = imaging_orders.owner(db, accession=head.accession, study_uid=head.uid)
    key = hospital.keys.of_many(db, [found.encounter]).get(found.encounter) if found else None
    if key is None:
        return None
    order_service.refresh(db, key)
    return imaging_orders.owner(db, accession=head.accession, study_uid=head.uid)


def _filed(hospital: Hospital, images_of: Sequence[tuple[dict[str, Any], Instance]]) -> dict[UUID, Outcome]:
    """File what is on the disk: in one statement what fits, one by one what is the first of its series or contradicts.

    Almost every image fits; a statement is one wait for the database where its parts would be eight.
    """
    outcomes: dict[UUID, Outcome] = {}
    left = list(images_of)
    while left:
        with hospital.filing.connect() as db:
            outcomes |= dict.fromkeys(images.add_instances(db, [row for row, _ in left]), Outcome.NEW)
        left = [one for one in left if one[0]["id"] not in outcomes]
        if left:
            row, head = left.pop(0)
            with base.transaction(hospital.engine) as db:
                outcomes[row["id"]] = _filed_alone(db, row, head)
    return outcomes


def _filed_alone(db: Connection, row: Mapping[str, Any], head: Instance) -> Outcome:
    """The first of a series; or one that is here already, or whose UID or series is."""
    _, its_study = images.add_series(db, new_id(), row["study"], head.series.uid, _columns(head.series))
    told = _told(row)
    if its_study != row["study"]:
        images.add_stray(db, new_id(), {**told, "why": "other_series"})
        return Outcome.STRAY
    if images.add_instances(db, [row]):
        return Outcome.NEW
    there = images.instance(db, head.uid)
    if there is not None and there.file == row["file"]:
        return Outcome.AGAIN
    images.add_stray(db, new_id(), {**told, "why": "other_content", "instance": there.id if there else None})
    return Outcome.STRAY


def _row(key: ScopeKey, head: Instance, kept: Mapping[str, Any]) -> dict[str, Any]:
    """An image's row; `kept` says which file, how long, and who sent it."""
    return {
        "id": new_id(), "study": key.scope, "series_uid": head.series.uid, "modality": head.series.modality,
        "uid": head.uid, "sop_class": head.sop_class, "transfer_syntax": head.transfer_syntax, "number": head.number,
        "height": head.height, "width": head.width, "frames": head.frames, "bits": head.bits,
        "metadata": images.seal_metadata(key, head.uid, head.metadata), **kept}


def _columns(head: Series) -> dict[str, Any]:
    return {"modality": head.modality, "number": head.number, "description": head.description,
            "body_part": head.body_part, "laterality": head.laterality, "series_date": head.date,
            "series_time": head.time, "station": head.station, "step_date": head.step_date,
            "step_time": head.step_time, "requests": head.requests}
