"""What waits for a confirmation elsewhere: files whole but for their signature, kept before it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert

from records.errors import Reason
from workstation.drafts import tables
from workstation.drafts.engine import Access
from workstation.drafts.rows import item_of, row_of_command
from workstation.drafts.values import Awaited, AwaitedDocument, OutboxCommand, OutboxItem

_WAITS, _FILES = tables.awaited, tables.awaited_documents


class AwaitedShelf:
    """Part of the store; each act is one transaction, so that a document is unsigned or in the outbox, never both."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def put(self, awaited: Awaited) -> None:
        """Keep all of it before the service is asked; the drafts that the files were made of are closed with it."""
        with self._access.writing() as db:
            db.execute(insert(_WAITS).values(
                id=awaited.id, service=awaited.service, certificate=awaited.certificate, chain=list(awaited.chain),
                begun_at=awaited.begun_at, ends_at=awaited.ends_at, ended=0, reasons=[], unsigned=[]))
            for one in awaited.documents:
                db.execute(insert(_FILES).values(
                    id=one.command.id, awaited=awaited.id, place=one.place, command=one.command.model_dump_json(),
                    closes=one.closes, to_sign=one.to_sign, file=one.file, room_from=one.room[0], room_to=one.room[1]))
                if one.closes is not None:
                    _drafts(db, tables.drafts.c.entry == one.closes, one.command.id)

    def all(self) -> tuple[Awaited, ...]:
        """What waits and what ended unseen, oldest first; without the files."""
        with self._access.reading() as db:
            rows = db.execute(select(_WAITS).order_by(_WAITS.c.begun_at)).mappings().all()
            files = db.execute(select(_FILES.c.awaited, _FILES.c.command, _FILES.c.closes)
                               .order_by(_FILES.c.place)).all()
        return tuple(_awaited(row, tuple(
            AwaitedDocument(command=OutboxCommand.model_validate_json(command), closes=closes)
            for whose, command, closes in files if whose == row["id"])) for row in rows)

    def whole(self, which: UUID) -> Awaited | None:
        """One with its files, in the order in which their hashes were sent; what is in the outbox is not among them."""
        with self._access.reading() as db:
            row = db.execute(select(_WAITS).where(_WAITS.c.id == which)).mappings().first()
            files = db.execute(select(_FILES).where(_FILES.c.awaited == which).order_by(_FILES.c.place)).all()
        return _awaited(row, tuple(_document(one) for one in files)) if row is not None else None

    def note_end(self, which: UUID, ends_at: datetime) -> None:
        """The server says how long the person may think."""
        with self._access.writing() as db:
            db.execute(update(_WAITS).where(_WAITS.c.id == which).values(ends_at=ends_at))

    def finish(self, document: UUID, pdf: bytes) -> OutboxItem | None:
        """The signed file goes into the outbox and waits here no longer; None when it did so before."""
        with self._access.writing() as db:
            held = db.execute(select(_FILES).where(_FILES.c.id == document)).first()
            if held is None:
                return None
            command = OutboxCommand.model_validate_json(held.command).model_copy(update={"body": pdf})
            db.execute(insert(tables.outbox).values(row_of_command(command)))
            db.execute(delete(_FILES).where(_FILES.c.id == document))
            if not db.execute(select(func.count()).where(_FILES.c.awaited == held.awaited)).scalar_one():
                db.execute(delete(_WAITS).where(_WAITS.c.id == held.awaited))
            return item_of(db.execute(select(tables.outbox).where(tables.outbox.c.id == command.id)).mappings().one())

    def end(self, which: UUID, reasons: Sequence[Reason]) -> None:
        """Nothing more comes: what is left is unsigned, its drafts are open again, and the person is to be told."""
        with self._access.writing() as db:
            left = db.execute(select(_FILES.c.command).where(_FILES.c.awaited == which)
                              .order_by(_FILES.c.place)).scalars()
            names = [_name(OutboxCommand.model_validate_json(one)) for one in left]
            _let_go(db, which)
            db.execute(update(_WAITS).where(_WAITS.c.id == which).values(
                ended=1, reasons=[reason.as_json() for reason in reasons], unsigned=names))

    def drop(self, which: UUID) -> None:
        """Nothing more comes, and the person knows (or has put it away)."""
        with self._access.writing() as db:
            _let_go(db, which)
            db.execute(delete(_WAITS).where(_WAITS.c.id == which))


def waits_elsewhere(db: Connection, command: UUID) -> bool:
    """Whether a draft is closed because its file waits for a confirmation, and not because it is signed."""
    return db.execute(select(_FILES.c.id).where(_FILES.c.id == command)).first() is not None


def closed_for(db: Connection, entry: UUID) -> UUID | None:
    """The command that waits for a confirmation and closes this entry's draft."""
    return db.execute(select(_FILES.c.id).where(_FILES.c.closes == entry)).scalar()


def reopen(db: Connection, command: UUID) -> None:
    """The draft that was closed for this command can be written again."""
    _drafts(db, tables.drafts.c.command == command, None)


def _drafts(db: Connection, which: Any, command: UUID | None) -> None:
    db.execute(update(tables.drafts).where(which).values(command=command))


def _let_go(db: Connection, which: UUID) -> None:
    for command in db.execute(select(_FILES.c.id).where(_FILES.c.awaited == which)).scalars().all():
        reopen(db, command)
    db.execute(delete(_FILES).where(_FILES.c.awaited == which))


def _name(command: OutboxCommand) -> str:
    return f"{command.label} · {command.patient_name}".removesuffix(" · ")


def _awaited(row: Any, documents: tuple[AwaitedDocument, ...]) -> Awaited:
    return Awaited.model_validate({**row, "chain": tuple(row["chain"]), "ended": bool(row["ended"]),
                                   "reasons": tuple(row["reasons"]), "unsigned": tuple(row["unsigned"]),
                                   "documents": documents})


def _document(row: Any) -> AwaitedDocument:
    return AwaitedDocument(command=OutboxCommand.model_validate_json(row.command), closes=row.closes,
                           place=row.place, to_sign=row.to_sign, file=row.file, room=(row.room_from, row.room_to))
