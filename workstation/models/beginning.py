"""How an entry begins: the patient and the stay as it names them, and the blanks that the form fills from them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from records import imaging_orders
from records.entries import FormRef, Stay, Subject
from records.forms import EntryKind, Field, Form
from records.messages import Chart, EntryView
from workstation.config import ZONE
from workstation.drafts import LocalDraft
from workstation.ids import new_id
from workstation.models.account import Account
from workstation.models.answering import requested


def subject_of(chart: Chart) -> Subject:
    """The patient, as of now."""
    who = chart.patient
    return Subject(id=who.id, patient_no=who.patient_no, full_name=who.full_name, birth_date=who.birth_date,
                   sex=who.sex, national_id=who.national_id, insurance_no=who.insurance_no, address=who.address)


def stay_of(chart: Chart, account: Account) -> Stay:
    """The encounter, as of now."""
    encounter = chart.encounter
    bed = encounter.stays[-1]
    return Stay(
        id=encounter.id, record_no=encounter.record_no, facility=account.facility, facility_code=account.facility_code,
        health_department=account.health_department, ward=bed.ward.name, room=bed.room, bed=bed.bed,
        admitted_at=encounter.admitted_at, diagnosis=encounter.diagnosis, diagnosis_code=encounter.diagnosis_code)


def new_draft(form: Form, kind: EntryKind, chart: Chart, account: Account, now: datetime, *,
              study: str = "", about: UUID | None = None) -> LocalDraft:
    """An empty entry, now, with the blanks that the form fills from patient, stay and what it answers: the order of
    that study of images, or the one that the entry `about` orders, where one is named.
    """
    return LocalDraft(
        entry=new_id(), encounter=chart.encounter.id, form=FormRef(code=form.code, edition=form.edition, kind=kind.key),
        occurred_at=now.astimezone(ZONE).replace(second=0, microsecond=0), begun_at=now,
        values=sourced(kind, subject_of(chart), stay_of(chart, account), chart, now, study=study,
                       about=about))


@dataclass(frozen=True)
class Made:
    """What the device says of the study that a result is about."""

    at: datetime | None = None
    words: str = ""
    """«CT ngực có thuốc»."""


def made_as(form: Form, kind: EntryKind, draft: LocalDraft, made: Made) -> dict[str, Any]:
    """What was made and when, where the form asks for it: in the device's words where no order names it. Whoever writes
    sees it and may change it.
    """
    asked = next((field.key for field in kind.fields if field.source == "request.examination"), "")
    words = {asked: made.words} if asked and made.words and not draft.values.get(asked) else {}
    return {**words, **_made_at(form, kind, draft, made.at)}


def _made_at(form: Form, kind: EntryKind, draft: LocalDraft, taken: datetime | None) -> dict[str, Any]:
    """Unless the device's clock is plainly wrong: after now, or before the pictures were ordered."""
    reporting = imaging_orders.reporting(form.code, kind.key)
    if reporting is None or not reporting.taken or taken is None:
        return {}
    ordered = next((draft.values.get(field.key) for field in kind.fields if field.source == "request.ordered_at"), None)
    if taken > draft.begun_at or (isinstance(ordered, str) and taken < datetime.fromisoformat(ordered)):
        return {}
    return {reporting.taken: taken.astimezone(ZONE).isoformat(timespec="seconds")}


def correction_draft(view: EntryView, reason: str, now: datetime) -> LocalDraft:
    """A correction begins as the signed text."""
    values = dict(view.body["values"])
    return LocalDraft(
        entry=view.id, encounter=view.encounter, form=view.form, base_version=view.version, correction_reason=reason,
        relates_to=view.relates_to, occurred_at=view.occurred_at.astimezone(ZONE), begun_at=now, values=values,
        server_values=values)


def sourced(kind: EntryKind, subject: Subject, stay: Stay, chart: Chart, now: datetime, *,
            study: str = "", about: UUID | None = None) -> dict[str, Any]:
    """The values of all fields that name a source that is known."""
    known: dict[str, Any] = {
        **{f"subject.{name}": value for name, value in subject.model_dump().items()},
        **{f"stay.{name}": value for name, value in stay.model_dump().items()},
        "subject.age": age_on(subject.birth_date, now.astimezone(ZONE).date()),
        "subject.ethnicity": chart.patient.ethnicity, "subject.occupation": chart.patient.occupation,
        "subject.phone": chart.patient.phone, "subject.kin": chart.patient.kin,
    }
    known |= {f"request.{name}": value for name, value in requested(kind, chart, study, about).items()}
    filled = {field.key: _fitting(field, known.get(field.source), stay) for field in kind.fields if field.source}
    return {key: value for key, value in filled.items() if value not in (None, "", {})}


def age_on(birth_date: str, on: date) -> int | None:
    """Years of age; by the year alone when only that is known."""
    try:
        if len(birth_date) == 4:
            return on.year - int(birth_date)
        born = date.fromisoformat(birth_date)
    except ValueError:
        return None
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def _fitting(field: Field, value: Any, stay: Stay) -> Any:
    match field.type:
        case "coded" if field.source == "stay.diagnosis":
            parts = {"text": stay.diagnosis, "code": stay.diagnosis_code}
            return {name: text for name, text in parts.items() if text}
        case "instant" if isinstance(value, datetime):
            return value.astimezone(ZONE).isoformat(timespec="seconds")
        case "date" if isinstance(value, str) and len(value) == 4 and not field.year_only:
            return None
        case "int":
            return value
        case _ if isinstance(value, UUID | datetime | int):
            return str(value)
    return value
