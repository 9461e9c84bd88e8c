"""Telling who ordered a result that it was corrected or cancelled, and keeping when they had seen it (R36)."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from records import canonical, telling
from records.delegation import Delegation
from records.entries import Version
from records.errors import Refusal
from records.forms import EntryKind, form
from records.messages import CorrectionNotice, ToldView
from records.succession import changed_fields
from server.ids import new_id
from server.services.hospital import Desk
from server.services.standing import Scene
from server.store import base, delegations, entries, waiting
from server.store import correction_notices as store
from server.store.entries import Standing
from server.store.keys import ScopeKey
from server.store.stays import Place

TOPIC = "correction"


def corrected(desk: Desk, scene: Scene, version: Version) -> None:
    """All have signed a version: when it corrects a released result, who ordered is told, once."""
    kind = _kind(version)
    against = telling.told_against(version, kind, [(one.number, one.state) for one in scene.versions])
    if against is None or version.correction is None:
        return
    old = canonical.decode(entries.body(desk.db, scene.key, version.entry, against))
    labels = {field.key: field.label for field in kind.fields}
    what = store.What(version.entry, version.version, against, version.correction.reason,
                      tuple(labels[key] for key in changed_fields(old, version, kind)))
    _tell(desk, scene.place, scene.key, what, telling.orderers_named(kind, old, version))


def cancelled(desk: Desk, place: Place, key: ScopeKey, latest: Standing, reason: str) -> None:
    """A version was cancelled: when it was a released result, who ordered is told."""
    version = canonical.decode(entries.body(desk.db, key, latest.entry, latest.number))
    kind = _kind(version)
    if telling.told_of_cancelling(kind, latest.state):
        _tell(desk, place, key, store.What(latest.entry, latest.number, latest.number, reason),
              telling.orderers_named(kind, version))


def to_me(desk: Desk) -> tuple[CorrectionNotice, ...]:
    """What who asks is told and has not seen; also what somebody is told in whose place they act."""
    givers = {one.giver for one in desk.person.delegations if one.in_force(desk.today)}
    return tuple(
        _view(one, "" if one.recipient == desk.person.id else one.recipient_name)
        for one in store.open_to(desk.db, desk.keys, {desk.person.id, *givers})
        if one.recipient == desk.person.id or _acting_for(desk, one.recipient, one.ward) is not None)


def known(desk: Desk, notice: UUID) -> None:
    """Who was told, or somebody in their place, has seen it: on record, and in the audit (R40)."""
    base.lock(desk.db, "correction_notice", notice)
    found = store.whose(desk.db, notice)
    if found is None:
        raise Refusal.because("thing_unknown", "correction_notice")
    if found.recipient != desk.person.id:
        desk.under = _acting_for(desk, found.recipient, found.ward)
        if desk.under is None:
            raise Refusal.because("thing_unknown", "correction_notice")
    if not found.known:
        store.know(desk.db, notice, desk.person.id)
        desk.note("correction.known", patient=found.patient, encounter=found.encounter, entry=found.entry,
                  facts={"notice": str(notice), "told": str(found.recipient)})
        _ring(desk, found.recipient)


def of_entry(desk: Desk, entry: UUID) -> dict[int, list[ToldView]]:
    """By version: who was told that it stands in the place of a released one, or that it was cancelled."""
    found: dict[int, list[ToldView]] = {}
    for one in store.of_entry(desk.db, entry):
        found.setdefault(one.number, []).append(ToldView(
            who=one.who, named=one.named, cancelled=one.number == one.of_number, at=one.at, known_at=one.known_at,
            known_by=one.known_by))
    return found


def _kind(of: Version | store.Open) -> EntryKind:
    return form(of.form.code, of.form.edition).kind(of.form.kind)


def _tell(desk: Desk, place: Place, key: ScopeKey, what: store.What, names: tuple[str, ...]) -> None:
    told = telling.recipients(names, waiting.signers(desk.db), place.ward, place.wards)
    for person in told.people:
        notice = new_id()
        if not store.tell(desk.db, key, notice, what, to=person, named=told.named, by=desk.person.id):
            continue
        desk.note("correction.told", patient=place.patient, encounter=place.id, entry=what.entry, facts={
            "number": what.number, "of": what.of_number, "told": str(person), "named": told.named})
        if person == desk.person.id:
            store.know(desk.db, notice, person)  # their own hand gave the last signature, or cancelled
        _ring(desk, person)


def _ring(desk: Desk, recipient: UUID) -> None:
    desk.tell_person(TOPIC, recipient)
    for receiver in _receivers(desk, recipient):
        desk.tell_person(TOPIC, receiver)


def _receivers(desk: Desk, giver: UUID) -> Iterator[UUID]:
    yield from {one.delegation.receiver for one in delegations.listed(desk.db, giver)
                if one.delegation.giver == giver and one.delegation.in_force(desk.today)}


def _acting_for(desk: Desk, recipient: UUID, ward: UUID) -> Delegation | None:
    """The delegation by which who asks acts for who was told, for a patient of that ward (R29)."""
    return next((one for one in desk.person.delegations
                 if one.giver == recipient and one.reaches({ward}, desk.today)), None)


def _view(one: store.Open, for_name: str) -> CorrectionNotice:
    what = one.what
    return CorrectionNotice(
        id=one.id, entry=what.entry, encounter=one.encounter, form=one.form, title=_kind(one).name,
        patient=one.patient_name, birth_date=one.birth_date, ward=one.ward, ward_name=one.ward_name, bed=one.bed,
        number=what.number, of_number=what.of_number, reason=what.reason, changed=what.changed, by=one.by, at=one.at,
        named=one.named, for_name=for_name)
