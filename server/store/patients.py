"""Patients: registration, reading, and the search by number or by name with or without diacritics."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, exists, func, select, text, update

from records.messages import AllergyView, PatientDraft, PatientView
from server.store import base
from server.store.tables import allergies, encounters, patients

_TAKEN = {
    "uq_patients_national_id": "patient_national_id_taken",
    "uq_patients_insurance_no": "patient_insurance_no_taken",
}
_SHOWN = ("id", "patient_no", "full_name", "birth_date", "sex", "national_id", "insurance_no", "insurance_percent",
          "address", "phone", "ethnicity", "occupation", "kin", "allergies_asked_at")
_LONGEST_QUERY = 100
_WHOLE_NAME = 3
"""From this many words on a name is taken as typed from its beginning, once somebody's begins so."""


def register(
    db: Connection, which: UUID, draft: PatientDraft, by: UUID | None, at: datetime, *, patient_no: str = "",
) -> PatientView:
    """A new patient with the number given (an import), else the next of the year.

    A number of CCCD or BHYT that is known already is refused.
    """
    number = patient_no or f"{at.year % 100:04d}-{base.next_number(db, f'patient:{at.year}'):05d}"
    values: dict[str, Any] = draft.model_dump(exclude={"allergies"})
    with base.refusing(_TAKEN):
        db.execute(patients.insert().values(
            id=which, patient_no=number, created_by=by, allergies_asked_at=at if draft.allergies else None, **values))
    for allergy in draft.allergies:
        db.execute(allergies.insert().values(id=func.gen_random_uuid(), patient=which, recorded_by=by,
                                             **allergy.model_dump()))
    return read(db, which) or _gone(which)


def read(db: Connection, which: UUID) -> PatientView | None:
    """One patient with allergies and the encounter that is open now."""
    found = read_many(db, [which])
    return found[0] if found else None


def read_many(db: Connection, which: Sequence[UUID]) -> tuple[PatientView, ...]:
    """Several patients, in the order asked for; one that is not there is left out."""
    if not which:
        return ()
    rows = {row.id: row for row in db.execute(_READ, {"which": list(which)}).all()}
    known: dict[UUID, list[AllergyView]] = {}
    allergic = [one for one, row in rows.items() if row.allergic]
    for row in db.execute(_ALLERGIES, {"which": allergic}) if allergic else ():
        known.setdefault(row.patient, []).append(
            AllergyView(substance=row.substance, reaction=row.reaction, year=row.year))
    return tuple(_view(rows[one], known.get(one, ())) for one in which if one in rows)


_OPEN = (select(encounters.c.id).where(encounters.c.patient == patients.c.id, encounters.c.state == "active")
         .limit(1).scalar_subquery())
_ALLERGIC = exists().where(allergies.c.patient == patients.c.id, allergies.c.removed_at.is_(None))
_READ = select(*(patients.c[name] for name in _SHOWN), _OPEN.label("encounter"), _ALLERGIC.label("allergic")).where(
    base.among_bound(patients.c.id, "which"))
_ALLERGIES = (
    select(allergies.c.patient, allergies.c.substance, allergies.c.reaction, allergies.c.year)
    .where(base.among_bound(allergies.c.patient, "which"), allergies.c.removed_at.is_(None))
    .order_by(allergies.c.recorded_at)
)


def _view(row: Any, known: Sequence[AllergyView]) -> PatientView:
    facts = {name: value for name, value in row._mapping.items() if name != "allergic"}
    return PatientView(**facts, allergies=tuple(known))


def _gone(which: UUID) -> PatientView:
    raise LookupError(f"patient {which} vanished inside its own transaction")


def search(db: Connection, asked: str, limit: int) -> tuple[PatientView, ...]:
    """Patients by number (patient, record, CCCD, BHYT) or name, best first; each step is answered by an index."""
    return read_many(db, find(db, asked, limit))


def find(db: Connection, asked: str, limit: int) -> tuple[UUID, ...]:
    """The ids that `search` shows.

    Names go from narrow to wide, and stop when there are enough: names that begin with what was typed and given names
    that do (both read off a B-tree in order, so that «nguyen van» ends after 20 rows, not after 300,000), then words
    anywhere in the name, by trigrams.
    """
    typed = " ".join(unicodedata.normalize("NFC", asked).replace("\x00", "").split())[:_LONGEST_QUERY]
    if not typed:
        return ()
    if re.search(r"\d", typed):
        return _by_number(db, typed, limit)
    words = _folded(db, typed)
    found = dict.fromkeys(_beginning(db, words, limit))
    if len(found) < limit and (not found or len(words.split()) < _WHOLE_NAME):
        found |= dict.fromkeys(_containing(db, words, limit))
    return tuple(found)[:limit]


def _by_number(db: Connection, typed: str, limit: int) -> tuple[UUID, ...]:
    compact = re.sub(r"\s", "", typed).upper()
    return tuple(db.scalars(_BY_NUMBER, {"number": compact, "limit": limit}))


def _folded(db: Connection, typed: str) -> str:
    """As the search columns are folded: the same function, so that both always agree."""
    return str(db.scalar(select(func.f_unaccent(typed))))


def _beginning(db: Connection, words: str, limit: int) -> Sequence[UUID]:
    """Names that begin so; then given names that begin with the last word, after the other words in their order:
    «nguyen huong» is Nguyễn Thị Hương.
    """
    given = "% ".join(_escaped(word) for word in reversed(words.split())) + "%"
    return db.scalars(_BEGINNING, {"name": _escaped(words) + "%", "given": given, "limit": limit}).all()


def _containing(db: Connection, words: str, limit: int) -> Sequence[UUID]:
    """Names with these beginnings of words in this order, whatever stands between: «nguyen binh» too."""
    pattern = "%" + "% ".join(_escaped(word) for word in words.split()) + "%"
    # The planner takes words for independent: sure of twenty hits at once it would read the whole table, and «thi hung»
    # (women, and a man's name) has none.
    db.execute(text("SET LOCAL enable_seqscan = off"))
    return db.scalars(_CONTAINING, {"pattern": pattern, "limit": limit}).all()


def _escaped(words: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", words)


# One look into each index: an OR over four columns would read the whole table.
_BY_NUMBER = text("""
    SELECT id FROM patients WHERE patient_no = :number
    UNION SELECT id FROM patients WHERE national_id = :number AND national_id <> ''
    UNION SELECT id FROM patients WHERE insurance_no = :number AND insurance_no <> ''
    UNION SELECT patient FROM encounters WHERE record_no = :number
    LIMIT :limit
""")
_BEGINNING = text("""
    (SELECT id FROM patients WHERE search_name LIKE :name ORDER BY search_name LIMIT :limit)
    UNION ALL
    (SELECT id FROM patients WHERE search_given LIKE :given ORDER BY search_given LIMIT :limit)
    LIMIT :limit
""")
_CONTAINING = text("SELECT id FROM patients WHERE search_name LIKE :pattern LIMIT :limit")


def asked_for_allergies(db: Connection, patient: UUID, known: Sequence[AllergyView], by: UUID, at: datetime) -> None:
    """The patient was asked: these are the allergies from now on; earlier rows stay, closed."""
    db.execute(update(allergies).where(allergies.c.patient == patient, allergies.c.removed_at.is_(None))
               .values(removed_at=at))
    for allergy in known:
        db.execute(allergies.insert().values(id=func.gen_random_uuid(), patient=patient, recorded_by=by,
                                             **allergy.model_dump()))
    db.execute(update(patients).where(patients.c.id == patient).values(allergies_asked_at=at))
