"""Letting a cancelled entry or an older text be restored: as a new version that its author signs again (R34)."""

from __future__ import annotations

from uuid import UUID

from records import canonical, confirmations, lifecycle, policy
from records.deadlines import ZONE
from records.entries import Version
from records.errors import Refusal
from records.forms import EntryKind, form
from records.lifecycle import Event
from records.messages import DraftSave, EntryView, Restoration, RestorationGiven
from records.policy import Allowed
from records.succession import REASON_LENGTH, Permission, may_restore
from server.ids import new_id
from server.services import entries, rights
from server.services.hospital import Desk
from server.services.rights import Right
from server.store import amendments, base, closing, drafts, sessions
from server.store import entries as store
from server.store.amendments import Permitted
from server.store.entries import Standing
from server.store.stays import Place


def restore(desk: Desk, entry: UUID, command: Restoration) -> EntryView:
    """Let it be restored: kept with reason and person, told to the audit, and laid before its author as a draft.

    Nothing changes in place: a cancelled version stays cancelled, and the text counts again when all have signed it.
    """
    base.lock(desk.db, "entry", entry)
    closing.hold(desk.db, entries.find(desk, entry).id)
    place = entries.find(desk, entry)
    rights.demand(desk.person, Right.RESTORE)
    versions = store.standings(desk.db, entry)
    reason = command.reason.strip()
    if len(reason) < REASON_LENGTH:
        raise Refusal.because("correction_reason_missing", least=REASON_LENGTH)
    old = _demand(desk, place, versions, command)
    signer = _signer(desk, place, old)
    who = f"{desk.person.title} {desk.person.full_name}".strip()
    key = desk.key(place.id)
    kept = Permitted(new_id(), entry, command.version, person=desk.person.id, signer=signer)
    amendments.permit(desk.db, key, kept, Permission(command.restores, reason, who))
    _lay_before(desk, place, old, signer, DraftSave(
        encounter=place.id, form=old.form, base_version=command.version, correction_reason=reason,
        restoration=RestorationGiven(restores=command.restores, permitted_by=who), relates_to=old.relates_to,
        occurred_at=old.occurred_at, values=old.values, known_revision=0))
    desk.note("entry.restore", patient=place.patient, encounter=place.id, entry=entry, facts={
        "number": command.version, "restores": command.restores, "signer": str(signer)})
    desk.tell("entry", encounter=place.id, entry=entry, ward=place.ward)
    desk.scope = place.id
    return entries.shown(desk, place, entry)


def _demand(desk: Desk, place: Place, versions: tuple[Standing, ...], command: Restoration) -> Version:
    """The version whose text comes back; refuses what may not be restored."""
    latest = versions[-1]
    if command.version != latest.number:
        raise Refusal.because("version_not_latest", latest=latest.number)
    found = store.entry(desk.db, latest.entry)
    if found is None or confirmations.is_confirmation(found.form):
        raise Refusal.because("confirmation_stays")
    kind = form(found.form.code, found.form.edition).kind(found.form.kind)
    if why := may_restore(kind, latest.number, latest.state, command.restores):
        raise Refusal(why)
    if not lifecycle.takes_in(place.state, kind):
        raise Refusal.because("record_archived")
    lifecycle.after(versions[command.restores - 1].state, Event.RESTORE)
    old = canonical.decode(store.body(desk.db, desk.key(place.id), latest.entry, command.restores))
    relation = old.relates_to
    but = {latest.entry, *amendments.target_of(relation)}
    if not kind.repeatable and store.others_of_kind(desk.db, place.id, found.form, but):
        raise Refusal.because("kind_exists_already", kind.key)
    return old


def _signer(desk: Desk, place: Place, old: Version) -> UUID:
    """Who signs the text again: its author; when they may not any more, whoever lets it be restored."""
    kind = form(old.form.code, old.form.edition).kind(old.form.kind)
    author = sessions.person(desk.db, old.author.id)
    for person in (author, desk.person):
        if person is not None and _may_write(desk, person, kind, place):
            return person.id
    raise Refusal.because("nobody_signs_again", old.author.full_name)


def _may_write(desk: Desk, person: policy.Person, kind: EntryKind, place: Place) -> bool:
    today = desk.now.astimezone(ZONE).date()
    return isinstance(policy.may_write(person, kind, place.state, place.ward, today), Allowed)


def _lay_before(desk: Desk, place: Place, old: Version, signer: UUID, draft: DraftSave) -> None:
    """As the signer's draft; a text that they were writing is shown beside it, like any two texts of one entry."""
    base.lock(desk.db, "draft", old.entry)
    key = desk.key(place.id)
    there = drafts.newest(desk.db, key, old.entry)
    drafts.save(desk.db, key, old.entry, draft, person=signer, revision=(there.revision if there else 0) + 1,
                workstation=desk.signed_in.workstation)
    desk.tell("draft", encounter=place.id, entry=old.entry, ward=place.ward)
    desk.tell_person("draft", signer)
