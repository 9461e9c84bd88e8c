"""What the chart knows of consents and procedures, as the policy asks about one procedure (R19b)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from records import consent
from records.consent import Permission, Permit
from records.entries import ENDED, State
from records.forms import EntryKind, PermittedBy, form
from records.messages import Chart, EntryView


def permission(chart: Chart, kind: EntryKind, form_code: str, entry: UUID, values: Mapping[str, Any],
               ) -> Permission | None:
    """The consents of this stay and its other procedures; None for a kind that needs none."""
    rule = kind.permitted_by
    if rule is None:
        return None
    standing = [view for view in chart.entries if view.state not in ENDED]
    began = [consent.instant(view.body["values"].get(rule.starts)) for view in standing
             if view.id != entry and (view.form.code, view.form.kind) == (form_code, kind.key)]
    return Permission(
        rule, consent.instant(values.get(rule.starts)),
        tuple(_permit(rule, view) for view in standing if consent.is_permit(rule, view.form)),
        tuple(at for at in began if at is not None))


def _permit(rule: PermittedBy, view: EntryView) -> Permit:
    kind = form(view.form.code, view.form.edition).kind(view.form.kind)
    signed = [*(mark.signed_at for mark in view.signatures),
              *(one.confirmed_at for one in view.confirmations if one.confirmed)]
    complete = max(signed, default=None) if view.state is State.SIGNED else None
    return consent.permit_of(rule, view.form, kind.name, view.body["values"], complete_at=complete,
                             waits_for=[kind.slot(slot).label for slot in view.open_slots])
