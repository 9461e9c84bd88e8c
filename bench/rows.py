"""Rows of the treatment sheet as a ward writes them, and how a bench puts many of them into a chart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from bench.house import House
from records.entries import Author, FormRef, Mark, State, Version
from records.forms import Form, current_form
from records.messages import Chart
from records.render import CURRENT, render_entry, slot_field
from records.signatures import mark_for
from records.validation import clean
from server.ids import new_id
from server.store import base, certificates, entries
from workstation.config import ZONE
from workstation.models.account import Account
from workstation.models.beginning import stay_of, subject_of
from workstation.signing.base import Identity
from workstation.signing.stack import Document

SLOT = "doctor"
_ORDERS: list[dict[str, Any]] = [
    {"kind": "drug", "name": "Ceftriaxon", "strength": "1 g", "form": "bột pha tiêm", "dose": "2", "unit": "g",
     "route": "intravenous", "frequency": "1 lần/ngày", "times": "09:00", "day_number": 1},
    {"kind": "fluid", "name": "Ringer lactat", "strength": "500 ml", "form": "dung dịch tiêm truyền", "dose": "2",
     "unit": "chai", "route": "infusion", "frequency": "XL giọt/phút"},
    {"kind": "lab", "name": "Cấy nước tiểu, công thức máu, CRP, creatinin"},
    {"kind": "imaging", "name": "Siêu âm hệ tiết niệu"},
]


def treatment_form(at: datetime) -> Form:
    """Tờ điều trị."""
    return current_form("36/BV2", at.astimezone(ZONE).date())


def row(chart: Chart, account: Account, number: int, *, hours_ago: float = 0, at: datetime | None = None) -> Version:
    """One row of the treatment sheet, signed soon; `number` makes it unlike the others."""
    now = at or datetime.now(UTC)
    form = treatment_form(now)
    values = {
        "diagnosis": {"text": "Viêm thận bể thận cấp", "code": "N10"},
        "subjective": f"Ngày thứ {number}: sốt rét run, đau thắt lưng phải, tiểu buốt rắt.",
        "objective": f"Mạch {80 + number % 40}, nhiệt độ 39,2 °C, HA 100/60. Rung thận phải dương tính.",
        "assessment": "Viêm thận bể thận cấp.",
        "plan": "Kháng sinh, truyền dịch, cấy nước tiểu trước khi dùng kháng sinh.",
        "orders": _ORDERS,
    }
    person = account.person
    occurred = (now - timedelta(hours=hours_ago)).astimezone(ZONE)
    return Version(
        renderer=CURRENT, entry=new_id(), version=1, training=account.training,
        form=FormRef(code=form.code, edition=form.edition, kind="row"),
        subject=subject_of(chart), stay=stay_of(chart, account),
        author=Author(id=person.id, full_name=person.full_name, title=person.title, role=person.roles[0]),
        occurred_at=occurred, written_at=now.astimezone(ZONE),
        values=clean(form.kind("row"), values, signing=True, on=now.astimezone(ZONE).date()).values,
    )


def mark_of(version: Version, title: str, identity: Identity, at: datetime) -> Mark:
    """The mark of the row's doctor."""
    return mark_for(version, SLOT, full_name=identity.full_name, title=title, signed_at=at,
                    certificate_serial=identity.serial, certificate_issuer=identity.issuer)


def document(version: Version, title: str) -> Document:
    """The row as the signing stack takes it: drawn when its turn comes."""
    return Document(str(version.entry), slot_field(SLOT), partial(render_entry, version),
                    partial(mark_of, version, title))


def put_into(house: House, encounter: UUID, rows: list[Version], file: str) -> None:
    """Rows straight into the store as signed versions, all with one file: for charts whose files nobody opens."""
    now = datetime.now(UTC)
    with base.transaction(house.engine) as db:
        key = house.keys.of(db, encounter)
        certificate = next(view for view in certificates.listed(db) if view.person == rows[0].author.id)
        for version in rows:
            entries.add_version(db, key, version, state=State.SIGNED, open_slots=(), file=file, received_at=now)
            entries.add_signature(db, entries.NewSignature(
                id=new_id(), entry=version.entry, number=1, encounter=encounter, slot=SLOT, person=version.author.id,
                full_name=version.author.full_name, title=version.author.title, certificate=certificate.id,
                certificate_serial=certificate.serial, certificate_issuer=certificate.issuer,
                signed_at=version.written_at, received_at=now, file=file, training=True))
