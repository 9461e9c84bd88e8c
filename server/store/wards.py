"""Wards and their beds."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, select

from records.messages import WardView
from server.store.tables import beds, wards

_COLUMNS = (wards.c.id, wards.c.code, wards.c.name)


def all_wards(db: Connection) -> tuple[WardView, ...]:
    """Every ward in the house's order."""
    return tuple(WardView(**row._mapping) for row in db.execute(select(*_COLUMNS).order_by(wards.c.position, wards.c.code)))


def ward(db: Connection, which: UUID) -> WardView | None:
    """One ward."""
    row = db.execute(select(*_COLUMNS).where(wards.c.id == which)).one_or_none()
    return WardView(**row._mapping) if row else None


def beds_of(db: Connection, which: UUID) -> tuple[tuple[str, str], ...]:
    """Room and bed of each bed, in the order of the ward's plan."""
    found = db.execute(select(beds.c.room, beds.c.bed).where(beds.c.ward == which)
                       .order_by(beds.c.position, beds.c.room, beds.c.bed))
    return tuple((row.room, row.bed) for row in found)


def add_ward(db: Connection, which: UUID, code: str, name: str, position: int) -> None:
    """A new ward."""
    db.execute(wards.insert().values(id=which, code=code, name=name, position=position))


def add_bed(db: Connection, which: UUID, room: str, bed: str, position: int) -> None:
    """A new bed of a ward."""
    db.execute(beds.insert().values(ward=which, room=room, bed=bed, position=position))
