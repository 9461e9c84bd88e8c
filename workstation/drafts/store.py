"""One person's local store on this PC: drafts, outbox, cached answers. Every call returns when the disk has it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from records.errors import Reason, Refusal
from records.messages import DraftView, Look
from records.sight import Hand
from workstation.drafts import captures, tables
from workstation.drafts.awaited import AwaitedShelf, reopen, waits_elsewhere
from workstation.drafts.closing import closing, handed_in, thrown_away
from workstation.drafts.engine import Access
from workstation.drafts.rows import LIST_COLUMNS, draft_of, item_of, look_of, row_of_command, row_of_draft
from workstation.drafts.schema import migrate
from workstation.drafts.values import Cached, CommandState, LocalDraft, LocalLook, OutboxCommand, OutboxItem, SentDraft

KEEP_DONE = timedelta(days=30)
"""How long what was sent stays readable in the list of this PC."""


class Store:
    """Blocking; called from background threads only. May be used from several at once."""

    def __init__(self, path: Path, key: bytes, person: UUID) -> None:
        self.person = person
        self.key = key
        """Kept while the store is open, so that a changed password can wrap it again."""
        self._access = Access(path, key)
        self.awaited = AwaitedShelf(self._access)
        """What waits for a confirmation on the phone."""
        try:
            with self._access.writing() as db:
                migrate(db)
        except Refusal:
            self._access.close()
            raise

    def close(self) -> None:
        """Close the file; what was acknowledged is in it."""
        self._access.close()

    # Drafts

    def save_draft(self, draft: LocalDraft) -> LocalDraft:
        """Keep the text; what the mirror and the outbox know of the draft stays as the store has it."""
        with self._access.writing() as db:
            held = _draft(db, draft.entry)
            closed = handed_in(db, draft) if held is None else held.command is not None and not waits_elsewhere(
                db, held.command)
            if closed:
                raise Refusal.because("draft_closed")
            known = held or draft
            saved = draft.model_copy(update={
                "revision": known.revision + 1, "saved_at": _now(), "server_revision": known.server_revision,
                "mirrored_revision": known.mirrored_revision, "mirrored_at": known.mirrored_at,
                "server_values": known.server_values, "sent": known.sent,
                "theirs": known.theirs, "begun_at": known.begun_at, "begun_here": known.begun_here,
                "command": held.command if held is not None else closing(db, draft),
                "hands": self._hands(held, draft.values, known.theirs),
            })
            _put_draft(db, saved)
            return saved

    def draft(self, entry: UUID) -> LocalDraft | None:
        """The draft of that entry, if there is one here."""
        with self._access.reading() as db:
            return _draft(db, entry)

    def drafts(self, encounter: UUID | None = None) -> tuple[LocalDraft, ...]:
        """All drafts here, or those of one encounter, oldest first."""
        wanted = select(tables.drafts).order_by(tables.drafts.c.begun_at)
        if encounter is not None:
            wanted = wanted.where(tables.drafts.c.encounter == encounter)
        with self._access.reading() as db:
            return tuple(draft_of(row) for row in db.execute(wanted).mappings())

    def mark_sending(self, entry: UUID, sent: SentDraft) -> LocalDraft | None:
        """That save goes to the server now; if no answer comes, it is sent again exactly so.

        None when it may not go: the draft was thrown away or signed since it was read.
        """
        with self._access.writing() as db:
            held = _draft(db, entry)
            if held is None or held.command is not None:
                return None
            changed = held.model_copy(update={"sent": sent})
            _put_draft(db, changed)
            return changed

    def mark_mirrored(self, entry: UUID, revision: int, view: DraftView) -> LocalDraft | None:
        """The server has that local revision now."""
        return self._change_draft(entry, lambda held: {
            "server_revision": view.revision, "server_values": view.values, "sent": None,
            "mirrored_revision": max(held.mirrored_revision, revision), "mirrored_at": _now()})

    def mark_conflict(self, entry: UUID, theirs: DraftView | None) -> LocalDraft | None:
        """Another text stands at the server; both are kept until the person chooses."""
        return self._change_draft(entry, lambda _: {"theirs": theirs, "sent": None})

    def resolve(self, mine: LocalDraft, theirs: DraftView, of: int | None = None) -> LocalDraft | None:
        """These words hold both texts now (joined, or chosen by the person): they go on from that revision.

        When the server's text has moved on since, it stays beside mine and is joined next. `of`: the revision of mine
        that was joined, where no editor has the newest words; when newer ones were saved since, or it was signed,
        nothing changes.
        """
        def stands(held: LocalDraft) -> bool:
            return of is None or (held.revision == of and held.command is None)

        return self._change_draft(mine.entry, lambda held: {
            "values": mine.values, "occurred_at": mine.occurred_at, "correction_reason": mine.correction_reason,
            "revision": held.revision + 1, "saved_at": _now(),
            "server_revision": theirs.revision, "server_values": theirs.values,
            "hands": self._hands(held, mine.values, theirs),
            "theirs": held.theirs if held.theirs and held.theirs.revision > theirs.revision else None,
        } if stands(held) else {})

    def adopt(self, view: DraftView, asked_at: datetime | None = None) -> LocalDraft:
        """A draft from another PC: new here, or kept beside my text as `theirs` until the two are joined.

        Refuses one that was signed from here already: the server's list was on its way, and is older than that; and
        one that was thrown away here, when the server had not heard of it at `asked_at`, when it was asked.
        """
        with self._access.writing() as db:
            held = _draft(db, view.entry)
            if held is None and (handed_in(db, _adopted(view)) or (
                    asked_at is not None and thrown_away(db, view.entry, asked_at))):
                raise Refusal.because("draft_closed")
            if held is not None and (held.server_revision >= view.revision or held.sent is not None):
                return held
            new = _adopted(view)
            adopted = (new.model_copy(update={"command": closing(db, new)}) if held is None
                       else held.model_copy(update={"theirs": view}))
            _put_draft(db, adopted)
            return adopted

    def throw_away(self, entry: UUID, told: OutboxCommand) -> bool:
        """The person throws the draft away; `told` tells the server, in the same breath, when it may know of it.

        False when the draft is closed: it is signed, or somebody is asked to sign it.
        """
        with self._access.writing() as db:
            held = _draft(db, entry)
            if held is not None and held.command is not None:
                return False
            db.execute(delete(tables.drafts).where(tables.drafts.c.entry == entry))
            if held is not None and (held.server_revision or held.sent is not None):
                db.execute(insert(tables.outbox).values(row_of_command(told)))
            return True

    def drop_unchanged(self, seen: LocalDraft) -> bool:
        """The draft as it was seen goes; one that was saved or closed since stays. Whether it went."""
        drafts = tables.drafts.c
        with self._access.writing() as db:
            done = db.execute(delete(tables.drafts).where(
                drafts.entry == seen.entry, drafts.revision == seen.revision, drafts.command.is_(None)))
            return bool(done.rowcount)

    def _hands(self, held: LocalDraft | None, values: Mapping[str, Any], theirs: DraftView | None) -> dict[str, Hand]:
        """Whose hand each changed field shows: another's where it says what their text says, else the person's own."""
        if held is None:
            return {}
        hands = dict(held.hands)
        for key in {*held.values, *values}:
            if held.values.get(key) == values.get(key):
                continue
            another = theirs is not None and theirs.person != self.person and theirs.values.get(key) == values.get(key)
            hands[key] = Hand(by=_named(theirs), at=theirs.updated_at) if theirs and another else Hand(at=_now())
        return hands

    def _change_draft(self, entry: UUID, change: Any) -> LocalDraft | None:
        with self._access.writing() as db:
            held = _draft(db, entry)
            if held is None:
                return None
            changed = held.model_copy(update=change(held))
            _put_draft(db, changed)
            return changed

    # Outbox

    def put_command(self, command: OutboxCommand, closes: UUID | None = None) -> OutboxItem:
        """Put a command at the end; `closes`: the draft that its signed file was made of is closed with it."""
        with self._access.writing() as db:
            db.execute(insert(tables.outbox).values(row_of_command(command)).on_conflict_do_nothing())
            item = item_of(db.execute(select(tables.outbox).where(tables.outbox.c.id == command.id)).mappings().one())
            # Put a second time (the disk only seemed to fail), it may have been refused since: that opened the draft.
            if closes is not None and item.state is CommandState.WAITING:
                db.execute(update(tables.drafts).where(tables.drafts.c.entry == closes).values(command=command.id))
            return item

    def put_capture(self, command: OutboxCommand, draft: LocalDraft) -> LocalDraft:
        """Keep what a patient gave and the paper that tells of it, in one: its body is sealed, never in the outbox."""
        with self._access.writing() as db:
            captures.put(db, self.key, command.id, command.body)
            bare = command.model_copy(update={"kind": captures.KIND, "body": b""})
            db.execute(insert(tables.outbox).values(row_of_command(bare)).on_conflict_do_nothing())
            saved = draft.model_copy(update={"revision": draft.revision + 1, "saved_at": _now()})
            _put_draft(db, saved)
            return saved

    def body(self, item: OutboxItem) -> bytes:
        """What is sent; a capture is opened for the moment in which it leaves."""
        if item.command.kind != captures.KIND:
            return item.command.body
        with self._access.reading() as db:
            return captures.body(db, self.key, item.command.id)

    def next_commands(self, at_most: int, *, but: Collection[int] = ()) -> tuple[OutboxItem, ...]:
        """The first that waits, and the first of other encounters that need not wait for it; with their bodies.

        `but`: numbers that are on their way; they keep their places, and are not told again.
        What belongs to one encounter keeps its order; a command of no encounter waits for all before it.
        """
        outbox = tables.outbox.c
        waiting = select(outbox.number, outbox.encounter).where(outbox.state == CommandState.WAITING.value)
        first: dict[UUID | None, int] = {}
        with self._access.reading() as db:
            for number, encounter in db.execute(waiting.order_by(outbox.number)):
                if len(first) == at_most or (encounter is None and first):
                    break
                first.setdefault(encounter, number)
                if encounter is None:
                    break
            told = [number for number in first.values() if number not in but]
            rows = db.execute(select(tables.outbox).where(outbox.number.in_(told)).order_by(outbox.number))
            return tuple(item_of(row) for row in rows.mappings())

    def commands(self, *states: CommandState) -> tuple[OutboxItem, ...]:
        """Commands in those states, in order, without their bodies."""
        wanted = select(*LIST_COLUMNS).order_by(tables.outbox.c.number)
        wanted = wanted.where(tables.outbox.c.state.in_([state.value for state in states]))
        with self._access.reading() as db:
            return tuple(item_of(row) for row in db.execute(wanted).mappings())

    def command(self, number: int) -> OutboxItem:
        """One command, whole."""
        with self._access.reading() as db:
            return item_of(db.execute(select(tables.outbox).where(tables.outbox.c.number == number)).mappings().one())

    def mark_tried(self, number: int, reasons: Sequence[Reason]) -> None:
        """It could not be sent this time; it stays the first in line."""
        with self._access.writing() as db:
            db.execute(update(tables.outbox).where(tables.outbox.c.number == number).values(
                attempts=tables.outbox.c.attempts + 1, last_tried_at=_now(),
                reasons=[reason.as_json() for reason in reasons]))

    def mark_done(self, number: int, answer: bytes, quarantined: Sequence[Mapping[str, Any]] | None = None
                  ) -> OutboxItem:
        """The server took it; the draft that it was made of has become a version (or a file in quarantine)."""
        state = CommandState.DONE if quarantined is None else CommandState.QUARANTINED
        with self._access.writing() as db:
            item = _settle(db, number, state, [dict(reason) for reason in quarantined or ()], answer)
            captures.drop(db, item.command.id)
            # A quarantined file is not a signature yet: its text stays here, open, until a person has decided.
            if state is CommandState.DONE:
                db.execute(delete(tables.drafts).where(tables.drafts.c.command == item.command.id))
            else:
                reopen(db, item.command.id)
            return item

    def mark_refused(self, number: int, reasons: Sequence[Reason]) -> OutboxItem:
        """The server said no: shown to the person, the draft opens again as it was."""
        with self._access.writing() as db:
            item = _settle(db, number, CommandState.REFUSED, [reason.as_json() for reason in reasons], b"")
            reopen(db, item.command.id)
            return item

    def send_anew(self, number: int, path: str, new_id: UUID) -> OutboxItem:
        """The same bytes go to another path, so under another id; the place in line stays."""
        with self._access.writing() as db:
            old = db.execute(select(tables.outbox.c.id).where(tables.outbox.c.number == number)).scalar_one()
            db.execute(update(tables.outbox).where(tables.outbox.c.number == number).values(id=new_id, path=path))
            db.execute(update(tables.drafts).where(tables.drafts.c.command == old).values(command=new_id))
            return item_of(db.execute(select(tables.outbox).where(tables.outbox.c.number == number)).mappings().one())

    def put_away(self, number: int) -> None:
        """The person has seen a refusal."""
        with self._access.writing() as db:
            db.execute(update(tables.outbox).where(tables.outbox.c.number == number).values(
                state=CommandState.WITHDRAWN.value))

    # Cache, kept values, what was seen

    def put_cache(self, key: str, body: bytes) -> Cached:
        """Keep an answer of the server."""
        held = Cached(key=key, body=body, fetched_at=_now())
        with self._access.writing() as db:
            row = insert(tables.cache).values(held.model_dump())
            db.execute(row.on_conflict_do_update(index_elements=["key"], set_={
                "body": row.excluded.body, "fetched_at": row.excluded.fetched_at}))
        return held

    def cached(self, key: str) -> Cached | None:
        """The answer that was kept under that key."""
        with self._access.reading() as db:
            row = db.execute(select(tables.cache).where(tables.cache.c.key == key)).mappings().first()
            return Cached.model_validate(dict(row)) if row is not None else None

    def cached_all(self, prefix: str) -> tuple[Cached, ...]:
        """All answers whose key begins so (`board:`, `chart:`)."""
        wanted = select(tables.cache).where(tables.cache.c.key.startswith(prefix, autoescape=True))
        with self._access.reading() as db:
            return tuple(Cached.model_validate(dict(row)) for row in db.execute(wanted).mappings())

    def keep(self, key: str, value: Any) -> None:
        """Keep a small value (JSON)."""
        with self._access.writing() as db:
            row = insert(tables.kept).values(key=key, value=value)
            db.execute(row.on_conflict_do_update(index_elements=["key"], set_={"value": row.excluded.value}))

    def kept(self, key: str) -> Any:
        """The value, or None."""
        with self._access.reading() as db:
            return db.execute(select(tables.kept.c.value).where(tables.kept.c.key == key)).scalar()

    def put_looks(self, encounter: UUID, looks: Iterable[Look], *, told: bool) -> None:
        """Keep what was on the screen; a newer look that is here stays. `told`: the server has said them."""
        with self._access.writing() as db:
            for look in looks:
                row = insert(tables.looks).values(encounter=encounter, told=int(told), **look.model_dump())
                db.execute(row.on_conflict_do_update(
                    index_elements=["entry"], where=tables.looks.c.seen_at <= row.excluded.seen_at,
                    set_={name: row.excluded[name] for name in ("encounter", "version", "values", "seen_at", "told")}))

    def looks(self) -> dict[UUID, Look]:
        """The last look at each entry."""
        with self._access.reading() as db:
            return {row.entry: look_of(row).look for row in db.execute(select(tables.looks)).mappings()}

    def untold_looks(self, at_most: int = 100) -> tuple[LocalLook, ...]:
        """Looks that the server does not know yet, oldest first."""
        wanted = select(tables.looks).where(tables.looks.c.told == 0).order_by(tables.looks.c.seen_at).limit(at_most)
        with self._access.reading() as db:
            return tuple(look_of(row) for row in db.execute(wanted).mappings())

    def mark_told(self, looks: Iterable[Look]) -> None:
        """The server has answered to these looks; one that was made since is still to be told."""
        with self._access.writing() as db:
            for look in looks:
                db.execute(update(tables.looks).values(told=1).where(
                    tables.looks.c.entry == look.entry, tables.looks.c.seen_at == look.seen_at))

    def prune(self, before: datetime | None = None) -> None:
        """Let go of what was sent long ago and of old cached answers; drafts, waiting and refused ones stay."""
        limit = before or _now() - KEEP_DONE
        with self._access.writing() as db:
            db.execute(delete(tables.outbox).where(
                tables.outbox.c.state == CommandState.DONE.value, tables.outbox.c.done_at < limit))
            db.execute(delete(tables.cache).where(tables.cache.c.fetched_at < limit))


def _now() -> datetime:
    return datetime.now(UTC)


def _draft(db: Connection, entry: UUID) -> LocalDraft | None:
    row = db.execute(select(tables.drafts).where(tables.drafts.c.entry == entry)).mappings().first()
    return draft_of(row) if row is not None else None


def _named(theirs: DraftView) -> str:
    return f"{theirs.author.title} {theirs.person_name}" if theirs.author is not None else theirs.person_name


def _put_draft(db: Connection, draft: LocalDraft) -> None:
    row = row_of_draft(draft)
    db.execute(insert(tables.drafts).values(row).on_conflict_do_update(index_elements=["entry"], set_=row))


def _adopted(view: DraftView) -> LocalDraft:
    return LocalDraft(
        entry=view.entry, encounter=view.encounter, form=view.form, base_version=view.base_version,
        correction_reason=view.correction_reason, restoration=view.restoration, relates_to=view.relates_to,
        occurred_at=view.occurred_at, values=view.values,
        begun_at=view.updated_at, begun_here=False, revision=1, mirrored_revision=1, server_revision=view.revision,
        server_values=view.values, saved_at=_now(), mirrored_at=view.updated_at)


def _settle(db: Connection, number: int, state: CommandState, reasons: list[dict[str, Any]],
            answer: bytes) -> OutboxItem:
    db.execute(update(tables.outbox).where(tables.outbox.c.number == number).values(
        state=state.value, attempts=tables.outbox.c.attempts + 1, last_tried_at=_now(), done_at=_now(),
        reasons=reasons, answer=answer))
    return item_of(db.execute(select(tables.outbox).where(tables.outbox.c.number == number)).mappings().one())

