"""Builders of records' values for the tests: each gives something good, and takes what the test wants changed."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

from records.entries import Author, EncounterState, FormRef, State, Stay, Subject, Version
from records.forms import EntryKind, Role, form
from records.policy import Case, Person

VIETNAM = timezone(timedelta(hours=7))
NOW = datetime(2026, 11, 17, 3, 10, tzinfo=VIETNAM)
TODAY = date(2026, 11, 17)
WARD = UUID(int=1)
DOCTOR = UUID(int=2)
NURSE = UUID(int=3)


def person(**changes: Any) -> Person:
    """A doctor of the ward in good standing."""
    good: dict[str, Any] = {
        "id": DOCTOR, "full_name": "Lê Thu Hà", "title": "Bác sĩ", "roles": frozenset({Role.DOCTOR}),
        "wards": frozenset({WARD}), "national_id": "001185012345", "licence_no": "004512/BYT-CCHN",
    }
    return Person(**{**good, **changes})


def treatment_row() -> EntryKind:
    """The kind that a row of 36/BV2 is."""
    return form("36/BV2", "2024-01-01").kind("row")


def case(kind: EntryKind, **changes: Any) -> Case:
    """A complete draft of that kind, written by the doctor, in an active encounter of the ward."""
    good: dict[str, Any] = {
        "kind": kind, "author": DOCTOR, "state": State.DRAFT, "is_latest": True,
        "encounter_state": EncounterState.ACTIVE, "ward": WARD,
    }
    return Case(**{**good, **changes})


def version(**changes: Any) -> Version:
    """Version 1 of a treatment row."""
    good: dict[str, Any] = {
        "renderer": "1",
        "entry": UUID("01980000-0000-7000-8000-000000000001"),
        "version": 1,
        "form": FormRef(code="36/BV2", edition="2024-01-01", kind="row"),
        "subject": Subject(id=UUID(int=11), patient_no="0026-18842", full_name="Nguyễn Văn Bình",
                           birth_date="1959-03-12", sex="1", national_id="001059012345"),
        "stay": Stay(id=UUID(int=12), record_no="26-004812", facility="Bệnh viện đa khoa Đông Phú",
                     facility_code="99001", health_department="Sở Y tế Đông Phú", ward="Nội tổng hợp", room="3",
                     bed="12", admitted_at=NOW - timedelta(days=2), diagnosis="Viêm phổi thùy dưới phải",
                     diagnosis_code="J18.1"),
        "author": Author(id=DOCTOR, full_name="Lê Thu Hà", title="Bác sĩ", role=Role.DOCTOR),
        "occurred_at": NOW,
        "written_at": NOW + timedelta(minutes=4),
        "values": {
            "subjective": "Đỡ khó thở, ngủ được 3 giờ.",
            "objective": "Tỉnh. Mạch 96, nhiệt độ 38,2 °C.",
            "assessment": "Viêm phổi thùy dưới phải ngày 3, đang đáp ứng kháng sinh.",
            "plan": "Tiếp tục levofloxacin.",
            "diagnosis": {"text": "Viêm phổi thùy dưới phải", "code": "J18.1"},
        },
    }
    return Version(**{**good, **changes})
