"""The beds of a ward, as its plan orders them (`people` keeps the wards)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, select

from server.store.tables import beds


def beds_of(db: Connection, ward: UUID) -> tuple[tuple[str, str], ...]:
    """Room and bed of each bed."""
    found = db.execute(select(beds.c.room, beds.c.bed).where(beds.c.ward == ward)
                       .order_by(beds.c.position, beds.c.room, beds.c.bed))
    return tuple((row.room, row.bed) for row in found)
