"""Builders of what the server says: a ward, its doctor, a patient, a board, a chart of any size."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from records import canonical
from records.entries import EncounterState, FormRef, State, Version
from records.forms import Role
from records.messages import (
    Board,
    BoardRow,
    Chart,
    ClockView,
    DraftView,
    EncounterView,
    EntryView,
    PatientView,
    PersonView,
    SignatureView,
    VitalsPoint,
    WardStayView,
    WardView,
)
from tests.records import factories

FACILITY = "Bệnh viện đa khoa Đông Phú"
WARD = WardView(id=factories.WARD, code="K01", name="Nội tổng hợp")
DOCTOR = factories.DOCTOR
OTHER = UUID(int=4)
ENCOUNTER = UUID(int=12)
ROW = FormRef(code="36/BV2", edition="2024-01-01", kind="row")
PART_A = FormRef(code="01/BV1", edition="2024-01-01", kind="part_a")
RESULT = FormRef(code="08/BV2", edition="2024-01-01", kind="result")
GOOD = dict(factories.version().values)


def person(username: str = "ha", **changes: Any) -> PersonView:
    """A doctor of the ward."""
    good: dict[str, Any] = {
        "id": DOCTOR if username == "ha" else OTHER, "username": username, "full_name": "Lê Thu Hà", "title": "Bác sĩ",
        "roles": (Role.DOCTOR,), "wards": (WARD,), "national_id": "001185012345", "licence_no": "004512/BYT-CCHN",
    }
    return PersonView(**{**good, **changes})


def patient(**changes: Any) -> PatientView:
    """Nguyễn Văn Bình, in bed 12."""
    good: dict[str, Any] = {
        "id": UUID(int=11), "patient_no": "0026-18842", "full_name": "Nguyễn Văn Bình", "birth_date": "1959-03-12",
        "sex": "1", "encounter": ENCOUNTER,
    }
    return PatientView(**{**good, **changes})


def encounter(**changes: Any) -> EncounterView:
    """His stay, since two days."""
    admitted = datetime.now(UTC) - timedelta(days=2)
    good: dict[str, Any] = {
        "id": ENCOUNTER, "record_no": "26-004812", "state": EncounterState.ACTIVE, "emergency": True,
        "admitted_at": admitted, "diagnosis": "Viêm phổi thùy dưới phải", "diagnosis_code": "J18.1",
        "stays": (WardStayView(ward=WARD, room="3", bed="12", starts=admitted),),
    }
    return EncounterView(**{**good, **changes})


def entry(entry_id: UUID, *, version: int = 1, occurred_at: datetime | None = None,
          values: dict[str, Any] | None = None, signed: bool = True, **changes: Any) -> EntryView:
    """A signed treatment row."""
    at = (occurred_at or datetime.now(UTC)).replace(microsecond=0)
    body = factories.version(entry=entry_id, version=version, occurred_at=at, written_at=at,
                             values=values if values is not None else GOOD)
    mark = SignatureView(slot="doctor", slot_label="Bác sĩ", person=DOCTOR, full_name="Lê Thu Hà", title="Bác sĩ",
                         signed_at=at, received_at=at, certificate_serial="0A", certificate_issuer="CA")
    good: dict[str, Any] = {
        "id": entry_id, "encounter": ENCOUNTER, "form": ROW, "version": version,
        "state": State.SIGNED if signed else State.PARTLY_SIGNED, "author": DOCTOR, "author_name": "Lê Thu Hà",
        "author_title": "Bác sĩ", "occurred_at": at, "written_at": at, "received_at": at, "sha256": sha256(body),
        "signatures": (mark,) if signed else (), "body": body.model_dump(mode="json"),
    }
    return EntryView(**{**good, **changes})


def result(entry_id: UUID, conclusion: str, *, version: int = 1) -> Version:
    """What an X-ray says."""
    values = {"orderer": "BS. Lê Thu Hà", "examination": "X-quang ngực thẳng", "findings": "Đám mờ thùy dưới.",
              "performed_at": "2026-11-16T09:00:00+07:00", "conclusion": conclusion}
    return factories.version(entry=entry_id, form=RESULT, version=version, values=values)


def sha256(version: Version) -> str:
    """Of its canonical bytes."""
    return canonical.sha256(canonical.encode(version))


def chart(entries: Sequence[EntryView] = (), drafts: Sequence[DraftView] = (), **changes: Any) -> Chart:
    """The chart of that stay."""
    good: dict[str, Any] = {
        "encounter": encounter(), "patient": patient(), "entries": tuple(entries), "drafts": tuple(drafts),
        "clocks": (), "at": datetime.now(UTC),
    }
    return Chart(**{**good, **changes})


def many_entries(count: int) -> tuple[EntryView, ...]:
    """That many signed rows, one an hour, newest first."""
    now = datetime.now(UTC)
    return tuple(entry(UUID(int=1000 + number), occurred_at=now - timedelta(hours=number)) for number in range(count))


def board(rows: Sequence[BoardRow] | None = None, at: datetime | None = None) -> Board:
    """Four beds: one calm, one bad, one late, one empty."""
    now = at or datetime.now(UTC)
    return Board(ward=WARD, at=now, rows=tuple(rows) if rows is not None else four_beds(now))


def four_beds(now: datetime) -> tuple[BoardRow, ...]:
    """What `board` shows."""
    good = {"breaths": 16, "spo2": 97, "systolic": 124, "pulse": 76, "consciousness": "A", "temperature": "36.8"}
    bad = {"breaths": 26, "spo2": 90, "oxygen": "4.0", "systolic": 98, "pulse": 118, "consciousness": "A",
           "temperature": "38.9"}
    return (
        BoardRow(room="1", bed="9", encounter=ENCOUNTER, patient=patient(), day=3, diagnosis="Viêm phổi",
                 diagnosis_code="J18.1", vitals=(VitalsPoint(at=now, values=good),),
                 clocks=(ClockView(kind="record", label="24 giờ", due=now, state="done"),)),
        BoardRow(room="1", bed="10", encounter=UUID(int=21), patient=patient(id=UUID(int=31), full_name="Đặng Thị Ngà"),
                 day=1, unsigned=2, vitals=(VitalsPoint(at=now, values=good), VitalsPoint(at=now, values=bad))),
        BoardRow(room="2", bed="1", encounter=UUID(int=22), patient=patient(id=UUID(int=32), full_name="Hoàng Văn Ước"),
                 day=4, unsigned=1, clocks=(ClockView(kind="review", label="TK duyệt", due=now - timedelta(hours=2),
                                                      starts=now - timedelta(days=4), state="past"),)),
        BoardRow(room="2", bed="2"),
    )
