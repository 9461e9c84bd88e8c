"""Charts for the views' tests: the demo hospital's own entries as the server would send them, of any size."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from records.bundled import bundled
from records.deadlines import ZONE
from records.entries import Author, Correction, FormRef, State, Version
from records.forms import all_forms
from records.messages import AllergyView, Chart, ClockView, EntryView, SignatureView
from tests.records import factories
from tests.workstation import hospital

BINH = "0026-18842"
SEN = "0026-18377"
NURSE = factories.NURSE


def at(hours_ago: float, now: datetime) -> datetime:
    """A clinical time before now."""
    return (now - timedelta(hours=hours_ago)).astimezone(ZONE).replace(second=0, microsecond=0)


def demo_entries(patient_no: str, now: datetime) -> tuple[EntryView, ...]:
    """What the demo hospital wrote about a patient, newest first."""
    told = tomllib.loads(bundled("demo", "entries.toml").read_text("utf-8"))["entries"]
    made = [view_of(number, entry, now) for number, entry in enumerate(told) if entry["patient_no"] == patient_no]
    return tuple(sorted(made, key=lambda view: view.occurred_at, reverse=True))


def view_of(number: int, told: Mapping[str, Any], now: datetime) -> EntryView:
    """One entry of the demo as the server's answer."""
    form = next(form for form in all_forms() if form.code == told["form"])
    ref = FormRef(code=form.code, edition=form.edition, kind=told["kind"])
    return entry_of(UUID(int=5000 + number), ref, at(told["hours_ago"], now), _plain(told["values"], now))


def entry_of(entry: UUID, ref: FormRef, when: datetime, values: dict[str, Any], *, version: int = 1,
             reason: str = "", **changes: Any) -> EntryView:
    """An entry signed by the ward's doctor or nurse."""
    nurse = ref.code in ("38/BV2", "EX-SINHHIEU")
    who = (NURSE, "Nguyễn Thị Mai", "ĐD.") if nurse else (factories.DOCTOR, "Lê Thu Hà", "BS.")
    slot = "nurse" if nurse else "doctor"
    body = factories.version(
        entry=entry, form=ref, version=version, occurred_at=when, written_at=when, values=values,
        author=Author(id=who[0], full_name=who[1], title=who[2], role="nurse" if nurse else "doctor"),
        correction=Correction(reason=reason, of_version=version - 1, of_sha256="0" * 64) if reason else None)
    signed = when + timedelta(minutes=9)
    mark = SignatureView(slot=slot, slot_label="Điều dưỡng" if nurse else "Bác sĩ", person=who[0], full_name=who[1],
                         title=who[2], signed_at=signed, received_at=signed, certificate_serial="0A3F",
                         certificate_issuer="CA tập huấn")
    good: dict[str, Any] = {
        "id": entry, "encounter": hospital.ENCOUNTER, "form": ref, "version": version, "state": State.SIGNED,
        "author": who[0], "author_name": who[1], "author_title": who[2], "occurred_at": when, "written_at": when,
        "received_at": signed, "sha256": hospital.sha256(body), "signatures": (mark,),
        "correction": body.correction, "older": tuple(range(1, version)), "body": body.model_dump(mode="json"),
    }
    return EntryView(**{**good, **changes})


def body_of(view: EntryView) -> Version:
    """The version in an answer."""
    return Version.model_validate(view.body)


def chart_of(entries: Sequence[EntryView], now: datetime, **changes: Any) -> Chart:
    """Nguyễn Văn Bình's chart with these entries."""
    admitted = min((view.occurred_at for view in entries), default=now) - timedelta(hours=2)
    good: dict[str, Any] = {
        "encounter": hospital.encounter(admitted_at=admitted, attending="BS. Lê Thu Hà"),
        "patient": hospital.patient(allergies=(AllergyView(substance="Penicillin", reaction="mày đay", year=2019),),
                                    insurance_percent=80),
        "clocks": (ClockView(kind="record", label="24 giờ", due=now, state="done"),
                   ClockView(kind="review", label="TK duyệt", due=now + timedelta(hours=20),
                             starts=now - timedelta(hours=50), state="ok")),
    }
    return hospital.chart(entries, **{**good, **changes})


def now() -> datetime:
    """This moment."""
    return datetime.now(UTC)


def _plain(values: Any, now: datetime) -> Any:
    if isinstance(values, dict):
        return {key: _plain(value, now) for key, value in values.items()}
    if isinstance(values, list):
        return [_plain(value, now) for value in values]
    if isinstance(values, str) and values.startswith("@-") and values.endswith("h"):
        return at(float(values[2:-1]), now).isoformat(timespec="seconds")
    return values
