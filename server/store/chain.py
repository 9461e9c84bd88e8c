"""Walking the audit's chain: rows, seals, signatures and anchor must tell one story; whatever does not is found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from cryptography.hazmat.primitives.serialization import load_pem_public_key
from sqlalchemy import Connection, func, select

from records.errors import Reason, Refusal
from records.receipts import PublicKey, key_id, signed_by
from server.store.seals import FIRST, PURPOSE, Anchor, Seal, events_between
from server.store.tables import audit_events, audit_seals, server_keys


@dataclass(frozen=True)
class Walk:
    """What the walk found: how much was walked, and every break."""

    seals: int
    events: int
    unsealed: int
    """Rows newer than the last seal; the next one takes them."""
    unanchored: int
    """Seals that the anchor file does not have yet."""
    breaks: tuple[Reason, ...]

    @property
    def whole(self) -> bool:
        """Nothing is broken."""
        return not self.breaks


@dataclass(frozen=True)
class Anchored:
    """What the anchor file said at one moment, which lies before the database's: a running server goes on sealing."""

    file: Path
    seals: tuple[Seal, ...]
    broken: bool
    """A line after these is no seal."""

    @classmethod
    def read(cls, file: Path) -> Self:
        """The seals of the file, up to the first line that is none."""
        seals: list[Seal] = []
        try:
            seals.extend(Anchor(file).seals())
        except Refusal:
            return cls(file, tuple(seals), broken=True)
        return cls(file, tuple(seals), broken=False)


def walk(db: Connection, trusted: Mapping[str, PublicKey], anchor: Anchored | None) -> Walk:
    """Walk the whole chain. `trusted` are the server's keys as the caller knows them, by id: keys that only the
    database vouches for prove nothing, because who rewrites the chain writes them too.
    """
    found: list[Reason] = []
    events = last = 0
    previous, many, start = FIRST, 0, 0
    for row in db.execute(select(audit_seals).order_by(audit_seals.c.number)).all():
        where = f"{row.number}"
        seal = _read(row.body, row.signature, where, found)
        many += 1
        if seal is None:
            continue
        found += _link(seal, row, trusted, expected=(many, start, previous))
        counted, digest = events_between(db, seal.from_transaction, seal.to_transaction)
        if (counted, digest) != (seal.events, seal.events_sha256):
            found.append(Reason("sealed_rows_changed", where, {"sealed": seal.events, "found": counted}))
        events += counted
        previous, start, last = seal.sha256, seal.to_transaction, seal.number
    unsealed = _count_after(db, start)
    unanchored = 0
    if anchor is not None:
        lost, unanchored = _against_anchor(db, anchor, trusted, last)
        found += lost
    return Walk(many, events, unsealed, unanchored, tuple(found))


def known_keys(db: Connection) -> dict[str, PublicKey]:
    """The server's public keys that the database remembers; for a first look, not for proof."""
    known: dict[str, PublicKey] = {}
    for row in db.execute(select(server_keys)):
        key = load_pem_public_key(row.public_pem.encode())
        if isinstance(key, PublicKey):
            known[key_id(key)] = key
    return known


def _read(body: bytes, signature: bytes, where: str, found: list[Reason]) -> Seal | None:
    try:
        return Seal.parse(body, signature)
    except Refusal:
        found.append(Reason("seal_forged", where))
        return None


def _link(
    seal: Seal, row: object, trusted: Mapping[str, PublicKey], *, expected: tuple[int, int, str],
) -> Iterator[Reason]:
    """The seal is signed, says what its row says, and hangs on the one before it."""
    where = f"{seal.number}"
    if not _signed(seal, trusted):
        yield Reason("seal_forged", where)
    told = tuple(getattr(row, name) for name in ("number", "from_transaction", "to_transaction", "events",
                                                "events_sha256", "previous", "sha256", "server_key"))
    said = (seal.number, seal.from_transaction, seal.to_transaction, seal.events, seal.events_sha256, seal.previous,
            seal.sha256, seal.server_key)
    if told != said or (seal.number, seal.from_transaction, seal.previous) != expected:
        yield Reason("seal_out_of_chain", where)


def _signed(seal: Seal, trusted: Mapping[str, PublicKey]) -> bool:
    key = trusted.get(seal.server_key)
    return key is not None and signed_by(key, seal.signature, PURPOSE + seal.body)


def _count_after(db: Connection, start: int) -> int:
    return db.scalar(select(func.count()).where(audit_events.c.transaction >= start)) or 0


def _against_anchor(
    db: Connection, anchor: Anchored, trusted: Mapping[str, PublicKey], last: int,
) -> tuple[list[Reason], int]:
    """Every anchored seal stands in the database as it was when it was anchored."""
    found: list[Reason] = []
    in_database = {row.number: row.sha256 for row in db.execute(select(audit_seals.c.number, audit_seals.c.sha256))}
    for number, seal in enumerate(anchor.seals, 1):
        if seal.number != number or not _signed(seal, trusted):
            found.append(Reason("anchor_forged", f"{number}"))
        elif seal.number not in in_database:
            found.append(Reason("seal_missing", f"{number}"))
        elif in_database[seal.number] != seal.sha256:
            found.append(Reason("seal_differs_from_anchor", f"{number}"))
    many = len(anchor.seals)
    if anchor.broken:
        found.append(Reason("anchor_forged", f"{many + 1}"))
    if many == 0 and last:
        found.append(Reason("anchor_empty", str(anchor.file)))
    return found, max(0, last - many)
