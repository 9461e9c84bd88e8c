"""Draft -> server: a save is sent until it is answered, the same bytes under the same id; texts that met are merged."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from records.errors import Refusal, Trouble
from records.messages import DraftConflict, DraftSave
from workstation.client import Client
from workstation.drafts import LocalDraft, OutboxCommand
from workstation.drafts.closing import DROP
from workstation.drafts.values import SentDraft
from workstation.ids import new_id
from workstation.models.account import utc_now
from workstation.models.letting_go import let_go_of_mine

if TYPE_CHECKING:
    from workstation.drafts import Store


@dataclass
class Mirrored:
    """What one round of mirroring did."""

    received: list[LocalDraft] = field(default_factory=list)
    met: list[LocalDraft] = field(default_factory=list)
    """Drafts with `theirs`; joined on the UI thread, because only the editor has the newest words."""
    refused: list[tuple[LocalDraft, Refusal]] = field(default_factory=list)
    trouble: Trouble | None = None


def mirror_all(store: Store, client: Client, but: frozenset[tuple[UUID, int]] = frozenset()) -> Mirrored:
    """Send each draft that the server does not have; `but`: revisions that it has refused already."""
    done = Mirrored()
    for draft in store.drafts():
        due = draft.waiting and draft.theirs is None and draft.command is None
        if not due or (draft.entry, draft.revision) in but:
            continue
        try:
            _mirror(store, client, draft, done)
        except Trouble as trouble:
            done.trouble = trouble
            break
        except Refusal as refusal:
            store.mark_conflict(draft.entry, None)
            done.refused.append((draft, refusal))
    return done


@dataclass
class Adopted:
    """What one look at the server's drafts did."""

    drafts: list[LocalDraft] = field(default_factory=list)
    """New here, or met another text."""
    gone: tuple[UUID, ...] = ()
    """Signed by somebody meanwhile, word for word."""


def adopt_mine(store: Store, client: Client, person: UUID, claimed: frozenset[UUID] = frozenset()) -> Adopted:
    """Take over what was written on another PC, and let go what was signed elsewhere; `claimed`: open in an editor."""
    asked_at = utc_now()
    done, mine = Adopted(), [view for view in client.drafts() if view.person == person]
    for view in mine:
        before = store.draft(view.entry)
        try:
            after = store.adopt(view, asked_at)
        except Refusal:
            continue  # signed from this very PC, or thrown away here, while the list was on its way
        if before is None or after.theirs is not None:
            done.drafts.append(after)
    done.gone = let_go_of_mine(store, client, claimed | {view.entry for view in mine})
    return done


def _mirror(store: Store, client: Client, draft: LocalDraft, done: Mirrored) -> None:
    current: LocalDraft | None = draft
    if draft.sent is not None:
        # An answer was lost: the same bytes under the same id bring it again, and nothing happens twice.
        current = _send(store, client, draft, draft.sent, done)
    if current is not None and current.waiting and current.theirs is None:
        save = DraftSave(
            encounter=current.encounter, form=current.form, base_version=current.base_version,
            correction_reason=current.correction_reason, restoration=current.restoration,
            relates_to=current.relates_to, occurred_at=current.occurred_at, values=current.values,
            known_revision=current.server_revision)
        sent = SentDraft(key=new_id(), revision=current.revision, body=save.model_dump_json())
        if store.mark_sending(current.entry, sent) is not None:
            _send(store, client, current, sent, done)


def _send(store: Store, client: Client, draft: LocalDraft, sent: SentDraft, done: Mirrored) -> LocalDraft | None:
    try:
        return _answered(store, client, draft, sent, done)
    finally:
        if store.draft(draft.entry) is None:
            # Thrown away while the save was on its way: word of that may have passed it, so it is said once more.
            store.put_command(drop_command(draft))


def drop_command(draft: LocalDraft) -> OutboxCommand:
    """What tells the server that a draft was thrown away; it does nothing where there is none."""
    return OutboxCommand(id=new_id(), kind=DROP, method="DELETE", path=f"/api/drafts/{draft.entry}", body=b"",
                         label="Bỏ nháp", entry=draft.entry, encounter=draft.encounter, created_at=utc_now())


def _answered(store: Store, client: Client, draft: LocalDraft, sent: SentDraft, done: Mirrored) -> LocalDraft | None:
    answer = client.save_draft(draft.entry, DraftSave.model_validate_json(sent.body), sent.key)
    if isinstance(answer, DraftConflict):
        held = store.mark_conflict(draft.entry, answer.theirs)
        if held is not None:
            done.met.append(held)
        return held
    held = store.mark_mirrored(draft.entry, sent.revision, answer)
    if held is not None:
        done.received.append(held)
    return held
