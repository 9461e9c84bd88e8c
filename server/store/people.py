"""People, wards and beds as the administration keeps them (`sessions` knows who is signed in)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from records.access_hours import Hours
from records.forms import Role
from records.messages import ColleagueView, WardView
from server.store import base
from server.store.tables import beds, people, person_wards, wards

_TAKEN = {"uq_people_username": "username_taken", "uq_people_national_id": "person_national_id_taken"}


def add_ward(db: Connection, ward: WardView, position: int = 0) -> None:
    """A new ward, or its name and place in the list anew."""
    values = {"code": ward.code, "name": ward.name, "position": position}
    db.execute(insert(wards).values(id=ward.id, **values).on_conflict_do_update(index_elements=["id"], set_=values))


def add_beds(db: Connection, ward: UUID, places: Sequence[tuple[str, str]]) -> None:
    """(room, bed), in the order in which the board shows them; beds that are there already move to this order."""
    rows = [{"ward": ward, "room": room, "bed": bed, "position": at} for at, (room, bed) in enumerate(places)]
    if rows:
        added = insert(beds).values(rows)
        db.execute(added.on_conflict_do_update(
            index_elements=["ward", "room", "bed"], set_={"position": added.excluded.position}))


def all_wards(db: Connection) -> tuple[WardView, ...]:
    """All wards, in the hospital's order."""
    rows = db.execute(select(wards).order_by(wards.c.position, wards.c.code))
    return tuple(WardView(id=row.id, code=row.code, name=row.name) for row in rows)


def ward(db: Connection, which: UUID) -> WardView | None:
    """One ward."""
    row = db.execute(select(wards).where(wards.c.id == which)).one_or_none()
    return WardView(id=row.id, code=row.code, name=row.name) if row else None


def add(
    db: Connection, which: UUID, *, username: str, full_name: str, title: str, roles: Collection[Role],
    in_wards: Collection[UUID], password_hash: str, national_id: str = "", licence_no: str = "",
    licence_until: date | None = None,
) -> None:
    """A new person."""
    values: dict[str, Any] = {
        "id": which, "username": username.strip().lower(), "full_name": full_name, "title": title,
        "roles": sorted(role.value for role in roles), "national_id": national_id, "licence_no": licence_no,
        "licence_until": licence_until, "password_hash": password_hash, "password_set_at": func.clock_timestamp(),
    }
    with base.refusing(_TAKEN):
        db.execute(people.insert().values(**values))
    set_wards(db, which, in_wards)


def set_wards(db: Connection, person: UUID, in_wards: Collection[UUID]) -> None:
    """The wards in which the person works from now on."""
    db.execute(delete(person_wards).where(person_wards.c.person == person))
    if in_wards:
        db.execute(person_wards.insert(), [{"person": person, "ward": one} for one in in_wards])


def set_password(db: Connection, person: UUID, password_hash: str) -> None:
    """Another password; the lock after wrong ones is lifted."""
    db.execute(update(people).where(people.c.id == person).values(
        password_hash=password_hash, password_set_at=func.clock_timestamp(), failed_attempts=0, locked_until=None))


def set_active(db: Connection, person: UUID, *, active: bool) -> None:
    """Let somebody in or keep them out; the account stays, because signatures name it."""
    db.execute(update(people).where(people.c.id == person).values(active=active))


def set_licence(db: Connection, person: UUID, licence_no: str, until: date | None) -> None:
    """The practice licence as the authority gave it."""
    db.execute(update(people).where(people.c.id == person).values(licence_no=licence_no, licence_until=until))


def set_hours(db: Connection, person: UUID, hours: Hours | None) -> None:
    """Hours of the person's own, which go before the roles'; None: the roles' hold again (R39)."""
    db.execute(update(people).where(people.c.id == person).values(
        access_from=hours.starts if hours else None, access_until=hours.ends if hours else None))


def own_hours(db: Connection) -> dict[str, Hours]:
    """Who has hours of their own, by account name."""
    rows = db.execute(select(people.c.username, people.c.access_from, people.c.access_until)
                      .where(people.c.access_from.is_not(None)).order_by(people.c.username))
    return {row.username: Hours(starts=row.access_from, ends=row.access_until) for row in rows}


def by_username(db: Connection, username: str) -> UUID | None:
    """The id of an account."""
    found: UUID | None = db.scalar(select(people.c.id).where(people.c.username == username.strip().lower()))
    return found


def name_of(db: Connection, person: UUID) -> str:
    """The full name; empty for nobody."""
    return db.scalar(select(people.c.full_name).where(people.c.id == person)) or ""


def colleagues(db: Connection) -> tuple[ColleagueView, ...]:
    """Everybody who works here now, by name in the Vietnamese order."""
    rows = db.execute(select(people.c.id, people.c.full_name, people.c.title, people.c.roles)
                      .where(people.c.active).order_by(people.c.full_name, people.c.id))
    return tuple(ColleagueView(id=row.id, full_name=row.full_name, title=row.title, roles=tuple(row.roles))
                 for row in rows)
