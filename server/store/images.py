"""Images: kept in chunks under their study's key, filed by their own words, and found again level by level."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Connection, Row, Text, and_, any_, bindparam, case, func, select, text, update
from sqlalchemy.dialects.postgresql import distinct_on, insert

from records.image_identity import Difference, Named
from server.store import chunks
from server.store.blobs import Place, name_of
from server.store.chunks import Sealed
from server.store.image_search import Level, Sight, in_sight
from server.store.keys import ScopeKey
from server.store.prepared import Prepared
from server.store.tables import encounter_keys, image_instances, image_series, image_strays, image_studies


@dataclass(frozen=True)
class Kept:
    """An image that is here: enough to open its file."""

    id: UUID
    study: UUID
    series: UUID
    uid: str
    file: str
    length: int
    sop_class: str
    transfer_syntax: str
    series_uid: str


@dataclass(frozen=True)
class Known:
    """Where a file lies and how: what never changes of it, and tells nothing of its contents."""

    name: str
    size: int
    chunk: int


@dataclass(frozen=True)
class Owner:
    """The patient and the stay that a study belongs to; nobody yet while a person has to match it."""

    patient: UUID | None
    encounter: UUID | None


def put(place: Place, key: ScopeKey, file: bytes) -> str:
    """Put the file's bytes there; its SHA-256. They are safe once they were settled."""
    sha256 = hashlib.sha256(file).hexdigest()
    place.put(_name(sha256, key), chunks.seal(key, _about(sha256), file))
    return sha256


def settle(place: Place, files: Iterable[tuple[ScopeKey, str]]) -> None:
    """Make safe what was put, by key and SHA-256."""
    place.settle(_name(sha256, key) for key, sha256 in files)


def drop(place: Place, files: Iterable[tuple[ScopeKey, str]]) -> None:
    """Take away what was put under a key that no row holds."""
    place.drop(_name(sha256, key) for key, sha256 in files)


def open_file(place: Place, key: ScopeKey, sha256: str) -> Sealed:
    """The file of that digest, to read in parts."""
    name = _name(sha256, key)
    if place.read_part(name, 0, 1) is None:
        # It came when an image still lay where a signed file of its digest would.
        name = name_of(sha256, key.scope)
    return chunks.open_sealed(place, name, key, _about(sha256))


def known_file(place: Place, key: ScopeKey, sha256: str, known: Known) -> Sealed:
    """The same for one that was opened before, without looking at it first."""
    return Sealed(place, known.name, key, _about(sha256), known.size, known.chunk)


def _name(sha256: str, key: ScopeKey) -> str:
    """The images of a study lie in one folder: to make a message of them safe is to flush it once."""
    scope = key.scope.hex
    return f"{scope[-4:-2]}/{scope[-2:]}/{sha256}.{scope}"


def seal_metadata(key: ScopeKey, uid: str, told: bytes) -> bytes:
    """What a file says of itself, as it is kept in its row: under the study's key, as the file is."""
    return key.encrypt(_metadata_about(uid), told)


def opened_metadata(key: ScopeKey, uid: str, sealed: bytes) -> bytes:
    """What `seal_metadata` sealed."""
    return key.decrypt(_metadata_about(uid), sealed)


def metadata_of(db: Connection, key: ScopeKey, which: Collection[UUID]) -> dict[UUID, bytes]:
    """What is kept of these images' metadata, by image; those that came before it was kept are left out."""
    rows = db.execute(select(image_instances.c.id, image_instances.c.uid, image_instances.c.metadata)
                      .where(image_instances.c.id.in_(which), image_instances.c.metadata.is_not(None)))
    return {row.id: opened_metadata(key, row.uid, row.metadata) for row in rows}


@dataclass(frozen=True)
class Told:
    """What the first image of something that was found says of itself, as it is kept: sealed."""

    study: UUID
    series_uid: str
    uid: str
    sealed: bytes

    def opened(self, key: ScopeKey) -> bytes:
        """As `services.image_metadata` made it."""
        return opened_metadata(key, self.uid, self.sealed)


def told_of(db: Connection, level: Level, uids: Collection[str]) -> dict[str, Told]:
    """The metadata of these images, or of the first one of each of these series or studies, by the UIDs of them."""
    column = {Level.STUDY: image_studies.c.uid, Level.SERIES: image_series.c.uid, Level.IMAGE: image_instances.c.uid}
    rows = db.execute(
        select(column[level].label("which"), image_instances.c.study, image_series.c.uid.label("series_uid"),
               image_instances.c.uid, image_instances.c.metadata)
        .select_from(image_studies.join(image_series, image_series.c.study == image_studies.c.id)
                     .join(image_instances, image_instances.c.series == image_series.c.id))
        .where(column[level] == any_(bindparam("uids", list(uids), type_=ARRAY(Text))),
               image_instances.c.metadata.is_not(None))
        .ext(distinct_on(column[level]))
        .order_by(column[level], image_series.c.number.nulls_last(), image_series.c.uid,
                  image_instances.c.number.nulls_last(), image_instances.c.uid))
    return {row.which: Told(row.study, row.series_uid, row.uid, row.metadata) for row in rows}


def frames_of(db: Connection, which: Collection[UUID]) -> dict[UUID, int]:
    """How many frames those of these images have that have pixels."""
    rows = db.execute(select(image_instances.c.id, image_instances.c.frames)
                      .where(image_instances.c.id.in_(which), image_instances.c.height.is_not(None)))
    return {row.id: row.frames for row in rows}


def _metadata_about(uid: str) -> str:
    return f"image-metadata:{uid}"


def _about(sha256: str) -> str:
    return f"image:{sha256}"


@dataclass(frozen=True)
class StudyHere:
    """A study into which images come: the pieces of its key, whom its first image named, and whose it counts as."""

    key: tuple[UUID, bytes | None, str]
    sent: Named
    now: Named
    patient: UUID | None


def study_here(db: Connection, uid: str) -> StudyHere | None:
    """The study of that Study Instance UID."""
    rows = _STUDY_HERE.rows(db, {"uid": uid})
    if not rows:
        return None
    row = rows[0]
    return StudyHere((row.id, row.wrapped, row.hospital_key), Named(**row.sent),
                     Named(row.patient_no, row.full_name, row.birth_date, row.sex), row.patient)


def study_id(db: Connection, uid: str) -> UUID | None:
    """The id of the study of that Study Instance UID."""
    return db.execute(select(image_studies.c.id).where(image_studies.c.uid == uid)).scalar()


def tell_more(db: Connection, which: UUID, before: Named, told: Named) -> None:
    """Whom the study names, where its images so far left something out; not if another image said so meanwhile.

    What is answered of it follows, as long as nobody tied it.
    """
    known = image_studies.c
    open_yet = known.state == "open"
    as_before = [func.coalesce(known.sent[name].astext, "") == value for name, value in asdict(before).items()]
    db.execute(update(image_studies).where(known.id == which, *as_before).values(
        sent=asdict(told), **{name: case((and_(open_yet, known[name] == ""), value), else_=known[name])
                              for name, value in asdict(told).items()}))


def add_study(
    db: Connection, which: UUID, uid: str, values: Mapping[str, Any], differing: Sequence[Difference],
) -> UUID:
    """The study's id: `which` when it is new, else that of the one that is there."""
    done: UUID | None = db.execute(
        insert(image_studies).values(id=which, uid=uid, differences=[asdict(one) for one in differing], **values)
        .on_conflict_do_nothing(index_elements=["uid"]).returning(image_studies.c.id)).scalar()
    if done is None:
        done = db.execute(select(image_studies.c.id).where(image_studies.c.uid == uid)).scalar_one()
    return done


def add_series(db: Connection, which: UUID, study: UUID, uid: str, values: Mapping[str, Any]) -> tuple[UUID, UUID]:
    """The series' id and that of the study in which it stands (another one, when the sender mixed them up)."""
    done = db.execute(
        insert(image_series).values(id=which, study=study, uid=uid, **values)
        .on_conflict_do_nothing(index_elements=["uid"]).returning(image_series.c.id)).scalar()
    if done is not None:
        return done, study
    row = db.execute(select(image_series.c.id, image_series.c.study).where(image_series.c.uid == uid)).one()
    return row.id, row.study


def add_instances(db: Connection, rows: Sequence[Mapping[str, Any]]) -> set[UUID]:
    """File images whose series is there already, and count them, in one statement; the ids of those that it filed.

    Left out: those whose series is not here or in another study, and those of a UID that is here.

    Two messages may bring the same images, or images of the same series, each in an order of its own: every statement
    locks its studies first and then adds by UID, so that neither waits for the other in a ring.
    """
    told = [{**row, "metadata": base64.b64encode(row["metadata"]).decode()} for row in rows]
    return {UUID(str(one)) for one in db.execute(_FILE, {"rows": json.dumps(told, default=str)}).scalars()}


def add_stray(db: Connection, which: UUID, values: Mapping[str, Any]) -> None:
    """Keep an image that contradicts one that is here; sent twice it is kept once."""
    db.execute(insert(image_strays).values(id=which, **values).on_conflict_do_nothing())


def instance(db: Connection, uid: str) -> Kept | None:
    """The image of that SOP Instance UID."""
    row = db.execute(select(*KEPT).join(image_series, image_series.c.id == image_instances.c.series)
                     .where(image_instances.c.uid == uid)).one_or_none()
    return None if row is None else kept_of(row)


def instances_among(db: Connection, named: Mapping[str, Collection[str]], sight: Sight) -> tuple[Kept, ...]:
    """The images in sight whose study, series and own UID are among those named, each level as far as it is named."""
    columns = {"study": image_studies.c.uid, "series": image_series.c.uid, "uid": image_instances.c.uid}
    wanted = [columns[level].in_(uids) for level, uids in named.items() if uids]
    query = (select(*KEPT).join(image_series, image_series.c.id == image_instances.c.series)
             .join(image_studies, image_studies.c.id == image_instances.c.study)
             .where(in_sight(sight), *wanted)
             .order_by(image_studies.c.uid, image_series.c.number.nulls_last(), image_series.c.uid,
                       image_instances.c.number.nulls_last(), image_instances.c.uid))
    return tuple(kept_of(row) for row in db.execute(query)) if wanted else ()


def files_of(db: Connection, patient: UUID, uids: Sequence[str]) -> dict[str, str]:
    """SHA-256 of those of the images that are the patient's for certain, by SOP Instance UID."""
    query = (select(image_instances.c.uid, image_instances.c.file)
             .join(image_studies, image_studies.c.id == image_instances.c.study)
             .where(image_studies.c.patient == patient, image_studies.c.state == "matched",
                    image_instances.c.uid.in_(uids)))
    return {row.uid: row.file for row in db.execute(query)}


def seen_study(db: Connection, uid: str, sight: Sight) -> Owner | None:
    """Whose study it is; nothing where it is not here, or not in sight."""
    row = db.execute(select(image_studies.c.patient, image_studies.c.encounter)
                     .where(image_studies.c.uid == uid, in_sight(sight))).one_or_none()
    return None if row is None else Owner(row.patient, row.encounter)


def open_encounter(db: Connection, patient: UUID) -> UUID | None:
    """The patient's stay in which an image of now belongs: the one that is open."""
    return db.execute(_OPEN, {"patient": patient}).scalar()


def patient_of(db: Connection, patient_no: str) -> UUID | None:
    """Whose number it is: the patient's, or that of one of the patient's records."""
    return db.execute(_PATIENT, {"number": patient_no}).scalar() if patient_no else None


def numbers_in_sight(db: Connection, numbers: Collection[str], sight: Sight) -> set[str]:
    """Which of these patient or record numbers are of patients in sight: those who stayed in one of its wards."""
    if sight.wards is None and sight.nobodys:
        return set(numbers)
    rows = db.execute(_IN_SIGHT, {"numbers": list(numbers), "wards": None if sight.wards is None else [*sight.wards]})
    return set(rows.scalars())


def kept_of(row: Row[Any]) -> Kept:
    """An image from a row of `KEPT`."""
    return Kept(row.id, row.study, row.series, row.uid, row.file, row.length, row.sop_class, row.transfer_syntax,
                row.series_uid)


KEPT = (*(image_instances.c[name] for name in
           ("id", "study", "series", "uid", "file", "length", "sop_class", "transfer_syntax")),
         image_series.c.uid.label("series_uid"))
_STUDY_HERE = Prepared(
    select(encounter_keys.c.wrapped, encounter_keys.c.hospital_key, *(image_studies.c[name] for name in (
        "id", "sent", "patient", "patient_no", "full_name", "birth_date", "sex")))
    .join(encounter_keys, encounter_keys.c.scope == image_studies.c.id).where(image_studies.c.uid == bindparam("uid")))
_FILE = text("""
    WITH given AS (
        SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS given (
            id uuid, study uuid, series_uid text, modality text, uid text, sop_class text, transfer_syntax text,
            number integer, height integer, width integer, frames integer, bits integer, metadata text, file text,
            length bigint, sender text)),
    locked AS MATERIALIZED (
        SELECT id FROM image_studies WHERE id IN (SELECT study FROM given) ORDER BY id FOR NO KEY UPDATE),
    new AS (
        INSERT INTO image_instances (id, study, series, uid, sop_class, transfer_syntax, number, height, width, frames,
                                     bits, metadata, file, length, sender)
        SELECT given.id, given.study, image_series.id, given.uid, given.sop_class, given.transfer_syntax, given.number,
               given.height, given.width, given.frames, given.bits, decode(given.metadata, 'base64'), given.file,
               given.length, given.sender
        FROM given JOIN locked ON locked.id = given.study
        JOIN image_series ON image_series.uid = given.series_uid AND image_series.study = given.study
        ORDER BY given.uid
        ON CONFLICT (uid) DO NOTHING RETURNING id, study, series),
    of_series AS (
        UPDATE image_series SET instances = image_series.instances + counted.count
        FROM (SELECT series, count(*) FROM new GROUP BY series) AS counted WHERE image_series.id = counted.series),
    of_study AS (
        UPDATE image_studies SET instances = image_studies.instances + counted.count, changed_at = clock_timestamp(),
            modalities = image_studies.modalities || ARRAY(
                SELECT unnest(counted.seen) EXCEPT SELECT unnest(image_studies.modalities) EXCEPT SELECT '')
        FROM (SELECT new.study, count(*), array_agg(given.modality) AS seen FROM new JOIN given USING (id)
              GROUP BY new.study) AS counted
        WHERE image_studies.id = counted.study)
    SELECT id FROM new
""")
_OPEN = text("SELECT id FROM encounters WHERE patient = :patient AND state = 'active'")
_PATIENT = text("""
    SELECT id FROM patients WHERE patient_no = :number
    UNION ALL SELECT patient FROM encounters WHERE record_no = :number LIMIT 1
""")
_IN_SIGHT = text("""
    WITH known AS (
        SELECT patient_no AS number, id AS patient FROM patients WHERE patient_no = ANY(:numbers)
        UNION SELECT record_no, patient FROM encounters WHERE record_no = ANY(:numbers))
    SELECT DISTINCT number FROM known WHERE CAST(:wards AS uuid[]) IS NULL OR EXISTS (
        SELECT 1 FROM encounters JOIN ward_stays ON ward_stays.encounter = encounters.id
        WHERE encounters.patient = known.patient AND ward_stays.ward = ANY(CAST(:wards AS uuid[])))
""")
