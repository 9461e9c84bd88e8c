"""Patients: who they are, found by name or number, registered with what looks wrong only warned about."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from uuid import UUID

from records.deadlines import ZONE
from records.errors import Reason, Refusal
from records.messages import PatientDraft, PatientView
from records.render import missing_glyphs
from server.ids import new_id
from server.services import rights
from server.services.hospital import Desk
from server.services.rights import Right
from server.store import patients as store

_BIRTH = re.compile(r"\d{4}(-\d{2}-\d{2})?")
_LONGEST = 300


def search(desk: Desk, words: str, limit: int) -> tuple[PatientView, ...]:
    """Patients whose name or number fits; the audit keeps that there was a search, not what was typed."""
    rights.demand(desk.person, Right.FIND_PATIENTS)
    found = store.search(desk.db, words, limit) if words.strip() else ()
    desk.note("patient.search", facts={"found": len(found)})
    return found


def read(desk: Desk, patient: UUID) -> PatientView:
    """One patient's demographics."""
    rights.demand(desk.person, Right.FIND_PATIENTS)
    found = store.read(desk.db, patient)
    if found is None:
        raise Refusal.because("thing_unknown", "patient")
    desk.note("patient.view", patient=patient)
    return found


def register(desk: Desk, draft: PatientDraft) -> PatientView:
    """Register a patient.

    Odd identity and insurance numbers are noted, not refused: the card may be wrong, the patient is there.
    """
    rights.demand(desk.person, Right.REGISTER_PATIENT)
    draft = _composed(draft)
    if problems := tuple(_problems(draft, desk.now.astimezone(ZONE).date())):
        raise Refusal(*problems)
    patient = store.register(desk.db, new_id(), draft, desk.person.id, desk.now.astimezone(ZONE))
    desk.note("patient.register", patient=patient.id, facts={"warnings": [reason.code for reason in warnings(draft)]})
    return patient


def warnings(draft: PatientDraft) -> tuple[Reason, ...]:
    """What looks wrong about the numbers.

    A CCCD has 12 digits with the birth year inside; a BHYT number has 10 digits, on older cards after two letters, the
    benefit's digit and the province.
    """
    return tuple(_odd_numbers(draft))


def _odd_numbers(draft: PatientDraft) -> Iterator[Reason]:
    number = draft.national_id
    if number and not re.fullmatch(r"\d{12}", number):
        yield Reason("national_id_odd", number)
    elif number and number[4:6] != draft.birth_date[2:4]:
        yield Reason("national_id_other_year", number)
    if draft.insurance_no and not re.fullmatch(r"(?:[A-Z]{2}[1-5]\d{2})?\d{10}", draft.insurance_no):
        yield Reason("insurance_no_odd", draft.insurance_no)


def _problems(draft: PatientDraft, today: date) -> Iterator[Reason]:
    if not draft.full_name.strip():
        yield Reason("patient_name_missing")
    try:
        born = date.fromisoformat(draft.birth_date if len(draft.birth_date) > 4 else f"{draft.birth_date}-01-01")
        good = bool(_BIRTH.fullmatch(draft.birth_date)) and date(1875, 1, 1) <= born <= today
    except ValueError:
        good = False
    if not good:
        yield Reason("birth_date_wrong")
    if any(len(value) > _LONGEST or _unprintable(value) for value in _texts(draft)):
        yield Reason("patient_text_wrong", facts={"longest": _LONGEST})


def _composed(draft: PatientDraft) -> PatientDraft:
    """Letters and their marks as one character, one space between words: as it is searched and printed."""
    def plain(value: str) -> str:
        return " ".join(unicodedata.normalize("NFC", value).split())

    texts = {name: plain(value) for name, value in draft if isinstance(value, str)}
    known = tuple(one.model_copy(update={"substance": plain(one.substance), "reaction": plain(one.reaction)})
                  for one in draft.allergies)
    return draft.model_copy(update={**texts, "allergies": known})


def _texts(draft: PatientDraft) -> Iterator[str]:
    for value in draft.model_dump(exclude={"allergies"}).values():
        if isinstance(value, str):
            yield value
    for allergy in draft.allergies:
        yield from (allergy.substance, allergy.reaction)


def _unprintable(text: str) -> bool:
    """Whether there is something in it that no page could show."""
    return not text.isprintable() or bool(missing_glyphs(text))
