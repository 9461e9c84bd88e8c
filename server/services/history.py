"""An entry's history: every version with who, when, why and what changed, and what stands in its place (R32-R37)."""

from __future__ import annotations

from uuid import UUID

from records import canonical
from records.entries import Version, changes
from records.forms import form
from records.messages import CancellationView, EntryHistory, VersionRecord
from records.render.words import moment
from server.services import correction_notices, entries
from server.services.hospital import Desk
from server.store import amendments
from server.store import entries as store
from server.store.entries import Standing


def read(desk: Desk, entry: UUID) -> EntryHistory:
    """Newest first; the look is in the audit."""
    place = entries.find_to_read(desk, entry)
    key = desk.key(place.id)
    versions = store.standings(desk.db, entry)
    bodies = [canonical.decode(store.body(desk.db, key, entry, one.number)) for one in versions]
    gone = {one.number: one for one in amendments.cancelled(desk.db, key, entry)}
    signed = store.signers(desk.db, entry)
    told = correction_notices.of_entry(desk, entry)
    records = [_record(one, body, before, gone.get(one.number), signed.get(one.number, ()))
               for one, body, before in zip(versions, bodies, [None, *bodies], strict=False)]
    records = [one.model_copy(update={"told": tuple(told.get(one.number, ()))}) for one in records]
    desk.note("entry.history", patient=place.patient, encounter=place.id, entry=entry)
    return EntryHistory(versions=tuple(reversed(records)),
                        replaced_by=amendments.standing_for(desk.db, entry, "replaces"),
                        added=amendments.standing_for(desk.db, entry, "appends"))


def _record(one: Standing, body: Version, before: Version | None, gone: amendments.Cancelled | None,
            signed: tuple[store.Signer, ...]) -> VersionRecord:
    kind = form(body.form.code, body.form.edition).kind(body.form.kind)
    labels = {field.key: field.label for field in kind.fields}
    return VersionRecord(
        number=one.number, state=one.state, author=f"{body.author.title} {body.author.full_name}".strip(),
        written_at=body.written_at, correction=body.correction,
        changed=tuple(change.label for change in changes(before, body, labels)) if before else (),
        cancellation=CancellationView(by=gone.by, at=gone.at, reason=gone.reason) if gone else None,
        sha256=one.sha256, file=one.file,
        signatures=tuple(f"{mark.who}, {moment(mark.at)}" for mark in signed))
