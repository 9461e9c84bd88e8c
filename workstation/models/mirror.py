"""Draft -> server: a save is sent until it is answered, the same bytes under the same id; texts that met are merged."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from records.errors import Refusal, Trouble
from records.messages import DraftConflict, DraftSave, DraftView
from workstation.client import Client
from workstation.drafts import LocalDraft, Store
from workstation.drafts.values import SentDraft
from workstation.ids import new_id
from workstation.models.merge import merge


@dataclass
class Mirrored:
    """What one round of mirroring did."""

    received: list[LocalDraft] = field(default_factory=list)
    merged: list[LocalDraft] = field(default_factory=list)
    """Texts of two people joined without a clash: the editor shows the new values."""
    conflicts: list[LocalDraft] = field(default_factory=list)
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


def adopt_mine(store: Store, client: Client, person: UUID) -> list[LocalDraft]:
    """Take over what was written on another PC; returns the drafts that are new or differ here."""
    changed = []
    for view in client.drafts():
        if view.person != person:
            continue
        before = store.draft(view.entry)
        after = store.adopt(view)
        if after.theirs is not None:
            after = _settle(store, after, view, Mirrored()) or after
        if before is None or after.values != before.values or after.theirs != before.theirs:
            changed.append(after)
    return changed


def _mirror(store: Store, client: Client, draft: LocalDraft, done: Mirrored) -> None:
    current: LocalDraft | None = draft
    for _ in range(4):
        if current is None or not current.waiting:
            return
        sent = current.sent or _sending(current)
        if current.sent is None:
            store.mark_sending(current.entry, sent)
        answer = client.save_draft(current.entry, DraftSave.model_validate_json(sent.body), sent.key)
        if isinstance(answer, DraftConflict):
            current = _met(store, current.entry, answer.theirs, done)
        else:
            current = store.mark_mirrored(current.entry, sent.revision, answer)
            if current is not None:
                done.received.append(current)


def _sending(draft: LocalDraft) -> SentDraft:
    save = DraftSave(
        encounter=draft.encounter, form=draft.form, base_version=draft.base_version,
        correction_reason=draft.correction_reason, occurred_at=draft.occurred_at, values=draft.values,
        known_revision=draft.server_revision)
    return SentDraft(key=new_id(), revision=draft.revision, body=save.model_dump_json())


def _met(store: Store, entry: UUID, theirs: DraftView, done: Mirrored) -> LocalDraft | None:
    held = store.mark_conflict(entry, theirs)
    return _settle(store, held, theirs, done) if held is not None else None


def _settle(store: Store, held: LocalDraft, theirs: DraftView, done: Mirrored) -> LocalDraft | None:
    """Join the two texts when no field has two; else both wait for the person."""
    merged = merge(held.server_values, held.values, theirs.values)
    if merged.clashes or held.command is not None:
        done.conflicts.append(held)
        return None
    resolved = store.resolve(held.entry, merged.values)
    if resolved is not None and resolved.values != held.values:
        done.merged.append(resolved)
    return resolved
