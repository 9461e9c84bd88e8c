"""What the store knows of the consents and procedures of a stay, as the policy asks about one procedure (R19b)."""

from __future__ import annotations

from datetime import datetime

from records import canonical, consent
from records.consent import Permission, Permit
from records.entries import State, Version
from records.forms import EntryKind, PermittedBy, form
from server.services.hospital import Desk
from server.store import entries
from server.store.entries import Standing


def permission(desk: Desk, version: Version, kind: EntryKind) -> Permission | None:
    """The consents of the version's stay and its other procedures; None for a kind that needs none."""
    rule = kind.permitted_by
    if rule is None:
        return None
    encounter, key = version.stay.id, desk.key(version.stay.id)
    papers = {(rule.consent.form, rule.consent.kind), (rule.exception.form, rule.exception.kind)}
    same = (version.form.code, version.form.kind)
    permits: list[Permit] = []
    others: list[datetime] = []
    for one in entries.latest_of_kinds(desk.db, encounter, papers | {same}):
        told = canonical.decode(entries.body(desk.db, key, one.entry, one.number))
        if consent.is_permit(rule, told.form):
            permits.append(_permit(desk, rule, one, told))
        elif one.entry != version.entry and (began := consent.instant(told.values.get(rule.starts))) is not None:
            others.append(began)
    return Permission(rule, consent.instant(version.values.get(rule.starts)), tuple(permits), tuple(others))


def _permit(desk: Desk, rule: PermittedBy, one: Standing, told: Version) -> Permit:
    kind = form(told.form.code, told.form.edition).kind(told.form.kind)
    signed = [each.at for each in entries.signed_slots(desk.db, one.entry, one.number)]
    complete = max(signed, default=None) if one.state is State.SIGNED else None
    return consent.permit_of(rule, told.form, kind.name, told.values, complete_at=complete,
                             waits_for=[kind.slot(slot).label for slot in one.open_slots])
