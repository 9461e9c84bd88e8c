"""What the local store keeps, as frozen values: drafts, commands that wait, cached answers."""

from __future__ import annotations

from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import Field

from records.entries import FormRef, Instant, RelatesTo
from records.forms import Frozen
from records.messages import DraftView, Look, RestorationGiven
from records.sight import Hand


class SentDraft(Frozen):
    """A save that is on its way to the server: sent again exactly so until an answer comes."""

    key: UUID
    revision: int
    """The local revision that it carries."""
    body: str
    """DraftSave as JSON."""


class LocalDraft(Frozen):
    """A text that a person is writing, as this PC keeps it."""

    entry: UUID
    encounter: UUID
    form: FormRef
    base_version: int = 0
    """0 for a new entry, else the signed version that it corrects."""
    correction_reason: str = ""
    restoration: RestorationGiven | None = None
    """The text is an older one that somebody let be restored: it is signed again, not changed (R34)."""
    relates_to: RelatesTo | None = None
    """In whose place it is issued, or to what it adds (R31, R37)."""
    occurred_at: Instant
    values: dict[str, Any] = {}
    begun_at: Instant
    begun_here: bool = True
    """False when it came from another PC through the server."""
    revision: int = 0
    """Counts each save on this PC; given by the store."""
    server_revision: int = 0
    """The server's revision that this text grew from."""
    mirrored_revision: int = 0
    """The local revision that the server has got."""
    saved_at: Instant | None = None
    mirrored_at: Instant | None = None
    server_values: dict[str, Any] | None = None
    """The values that this PC and the server agreed on last: what a merge starts from."""
    sent: SentDraft | None = None
    theirs: DraftView | None = None
    """Another person's or PC's text of the same entry, until the person has chosen."""
    hands: dict[str, Hand] = {}
    """Whose hand each field shows that was changed since the draft began; given by the store."""
    command: UUID | None = None
    """The signed file that waits in the outbox: the text is closed until it is accepted or refused."""

    @property
    def waiting(self) -> bool:
        """The server does not have this text yet."""
        return self.mirrored_revision < self.revision


class LocalLook(Frozen):
    """What this person was shown of an entry last, here or on another PC."""

    encounter: UUID
    look: Look
    told: bool = False
    """The server knows it."""


class CommandState(StrEnum):
    """Where a command of the outbox stands."""

    WAITING = "waiting"
    DONE = "done"
    QUARANTINED = "quarantined"
    """The server keeps the file, and a named person settles it."""
    REFUSED = "refused"
    """The server said no; the person sees why, and nothing is lost."""
    WITHDRAWN = "withdrawn"
    """The person has seen the refusal and put it away; the bytes stay."""


class OutboxCommand(Frozen):
    """A command on its way: sent in order, once; its id is the Idempotency-Key."""

    id: UUID
    kind: str
    """`sign`, `cancel`, `admit`, … : what the list shows an icon for."""
    method: str
    path: str
    """With its query, exactly as it is sent each time."""
    content_type: str = "application/json"
    body: bytes
    """Empty in lists (`OutboxItem.size` says how much it is)."""
    label: str
    """What the person reads in the list: «Tờ điều trị, lần ghi 02:55»."""
    patient_name: str = ""
    entry: UUID | None = None
    encounter: UUID | None = None
    version: int = 0
    slot: str = ""
    created_at: Instant


class OutboxItem(Frozen):
    """A command with what became of it so far."""

    number: int
    """Its place in the order."""
    command: OutboxCommand
    size: int = 0
    """Bytes of its body."""
    state: CommandState = CommandState.WAITING
    attempts: int = 0
    last_tried_at: Instant | None = None
    done_at: Instant | None = None
    reasons: tuple[dict[str, Any], ...] = ()
    """Why it was refused, quarantined, or could not be sent the last time; as `Reason.as_json`."""
    answer: bytes = b""
    """The server's answer to a command that was done."""


class Cached(Frozen):
    """An answer of the server, kept to be read while it is away."""

    key: str
    body: bytes
    fetched_at: Instant


class AwaitedDocument(Frozen):
    """A file that is ready but for its signature, and the command that hands it in once it has it."""

    command: OutboxCommand
    """Its body is empty until the signature is there."""
    closes: UUID | None = None
    """The entry whose draft the file was made of."""
    place: int = 0
    """Of its hash among those that were sent."""
    to_sign: bytes = Field(b"", repr=False)
    """DER of the signed attributes; empty in lists, like `file`."""
    file: bytes = Field(b"", repr=False)
    room: tuple[int, int] = (0, 0)
    """Where the signature goes in the file."""


class Awaited(Frozen):
    """What one person is asked to confirm elsewhere, on the phone: kept here before the question is sent."""

    id: UUID
    """The transaction's number, at the server and at the service."""
    service: str
    """As people know it: «VNPT SmartCA»."""
    certificate: bytes = Field(repr=False)
    """The one that was chosen: DER."""
    chain: tuple[str, ...] = Field((), repr=False)
    """Base64 of DER, issuer first."""
    begun_at: Instant
    ends_at: Instant | None = None
    ended: bool = False
    """It came to nothing, or not to everything; the person has not put that away yet."""
    reasons: tuple[dict[str, Any], ...] = ()
    unsigned: tuple[str, ...] = ()
    """What stayed unsigned."""
    documents: tuple[AwaitedDocument, ...] = ()
    """Without their bytes in lists."""
