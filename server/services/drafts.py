"""Drafts: mirrored within seconds; when two PCs or two people wrote, both texts are kept and a person chooses."""

from __future__ import annotations

from uuid import UUID

from records import policy
from records.deadlines import ZONE
from records.errors import Refusal
from records.forms import form
from records.messages import DraftConflict, DraftSave, DraftView
from server.services.hospital import Desk
from server.store import base, entries, stays
from server.store import drafts as store


def mine(desk: Desk) -> tuple[DraftView, ...]:
    """My drafts, newest first."""
    keys = desk.keys.of_many(desk.db, store.scopes_of(desk.db, desk.person.id))
    return store.of_person(desk.db, keys, desk.person.id)


def mine_of(desk: Desk, entry: UUID) -> DraftView:
    """My draft of that entry, as it is now."""
    found = next((draft for draft in mine(desk) if draft.entry == entry), None)
    if found is None:
        raise Refusal.because("thing_unknown", "draft")
    return found


def save(desk: Desk, entry: UUID, draft: DraftSave) -> DraftView | DraftConflict:
    """Save over the newest revision when the writer knows it, whoever wrote that; else nothing is written.

    A draft of a version that is signed already is refused: its save was on its way while the file was, or another has
    signed. It could only stand beside the signed entry, as one that nobody can sign, and keep the record from closing.
    """
    place = stays.place(desk.db, draft.encounter)
    if place is None:
        raise Refusal.because("thing_unknown", "encounter")
    kind = form(draft.form.code, draft.form.edition).kind(draft.form.kind)
    policy.demand(policy.may_write(desk.person, kind, place.state, place.ward, desk.now.astimezone(ZONE).date()))
    desk.scope = draft.encounter
    base.lock(desk.db, "entry", entry)  # no file of this entry is accepted meanwhile
    base.lock(desk.db, "draft", entry)
    if (signed := entries.standings(desk.db, entry)) and signed[-1].number > draft.base_version:
        raise Refusal.because("draft_overtaken", latest=signed[-1].number)
    key = desk.key(draft.encounter)
    there = store.newest(desk.db, key, entry)
    revision = there.revision if there else 0
    if there is not None and there.revision > draft.known_revision:
        return DraftConflict(mine=_as_view(desk, entry, draft), theirs=there)
    store.save(desk.db, key, entry, draft, person=desk.person.id, revision=revision + 1,
               workstation=desk.signed_in.workstation)
    desk.tell("draft", encounter=draft.encounter, entry=entry, ward=place.ward)
    saved = store.of_entry(desk.db, key, entry, desk.person.id)
    if saved is None:
        raise LookupError(f"the draft of {entry} vanished inside its own transaction")
    return saved


def drop(desk: Desk, entry: UUID) -> None:
    """Throw my draft of this entry away; nothing happens when there is none."""
    encounter = store.drop(desk.db, entry, [desk.person.id])
    if encounter is not None:
        desk.note("draft.drop", encounter=encounter, entry=entry)
        desk.tell("draft", encounter=encounter, entry=entry)


def _as_view(desk: Desk, entry: UUID, draft: DraftSave) -> DraftView:
    """What was sent, as if it had been saved."""
    return DraftView(
        entry=entry, encounter=draft.encounter, person=desk.person.id, person_name=desk.person.full_name,
        form=draft.form, base_version=draft.base_version, correction_reason=draft.correction_reason,
        restoration=draft.restoration, relates_to=draft.relates_to, occurred_at=draft.occurred_at,
        values=draft.values, revision=draft.known_revision, updated_at=desk.now,
    )
