"""Where a signed file belongs, and the server's receipts for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, insert, select

from records.receipts import Receipt
from server.store.tables import evidence_files, receipts, settlements, signatures


@dataclass(frozen=True)
class Whereabouts:
    """Whose key opens the file, and which encounter it belongs to (none for a stray in quarantine)."""

    scope: UUID
    encounter: UUID | None
    entry: UUID | None
    number: int | None


def whereabouts(db: Connection, sha256: str) -> Whereabouts | None:
    """Where the file belongs: as an accepted signature or its evidence, else as a file that waits for settlement."""
    row = db.execute(select(signatures.c.encounter, signatures.c.entry, signatures.c.number)
                     .where(signatures.c.file == sha256).limit(1)).one_or_none()
    if row is not None:
        return Whereabouts(row.encounter, row.encounter, row.entry, row.number)
    proved = db.execute(select(evidence_files.c.encounter, evidence_files.c.entry, evidence_files.c.number)
                        .where(evidence_files.c.file == sha256)).one_or_none()
    if proved is not None:
        return Whereabouts(proved.encounter, proved.encounter, proved.entry, proved.number)
    kept = db.execute(select(settlements.c.scope, settlements.c.encounter, settlements.c.entry, settlements.c.number)
                      .where(settlements.c.file == sha256).limit(1)).one_or_none()
    return Whereabouts(kept.scope, kept.encounter, kept.entry, kept.number) if kept else None


def add_receipt(
    db: Connection, receipt: Receipt, *, file: str, scope: UUID, server_key: str, received_at: datetime,
    entry: UUID | None = None, number: int | None = None,
) -> None:
    """Keep the server's verdict on a file."""
    db.execute(insert(receipts).values(
        file=file, scope=scope, entry=entry, number=number, body=receipt.body, signature=receipt.signature,
        server_key=server_key, received_at=received_at))


def receipt(db: Connection, sha256: str) -> Receipt | None:
    """The newest receipt for the file."""
    row = db.execute(select(receipts.c.body, receipts.c.signature).where(receipts.c.file == sha256)
                     .order_by(receipts.c.id.desc()).limit(1)).one_or_none()
    return Receipt(row.body, row.signature) if row else None
