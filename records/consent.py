"""Consent before the procedure (R19b): who agreed, or which two doctors decided, before the knife; and what is missing.

Each procedure needs a consent of its own: what was given before it began, and not taken back, serves one, in the order
of time. A corrected consent counts from its new signatures on (R33). Care is never held up by this: a procedure may be
written down at any moment; its note is not signed before the consent is there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from records.deadlines import ZONE
from records.entries import FormRef
from records.errors import Reason
from records.forms import KindField, PermittedBy


@dataclass(frozen=True)
class Permit:
    """A consent of the stay, or a decision of two doctors in its place."""

    name: str
    agreed: bool
    at: datetime | None
    """When it was given: it had all its signatures, or the two doctors decided; None while signatures are missing."""
    waits_for: tuple[str, ...] = ()
    """The slots that are still open."""


@dataclass(frozen=True)
class Permission:
    """What the policy asks about one procedure; the caller reads it from its store."""

    rule: PermittedBy
    starts: datetime | None
    """When the procedure began; None: not written yet."""
    permits: tuple[Permit, ...] = ()
    others: tuple[datetime, ...] = ()
    """When the other procedures of this stay began."""


def hindrances(what: str, asked: Permission) -> Iterator[Reason]:
    """Why the note of this procedure may not be signed yet (R19b); nothing when a consent stands before it."""
    starts = asked.starts
    if starts is None or _left(asked.permits, asked.others, starts):
        return  # a missing beginning is said by its own blank
    before = [one for one in asked.permits if one.at is not None and one.at <= starts]
    late = [one for one in asked.permits if one.at is not None and one.at > starts and one.agreed]
    unfinished = [one for one in asked.permits if one.at is None]
    facts = {"starts": _moment(starts)}
    if unfinished:
        one = unfinished[-1]
        yield Reason("consent_unfinished", what, {**facts, "name": one.name, "slots": ", ".join(one.waits_for)})
    elif late:
        yield Reason("consent_after_start", what, {**facts, "name": late[0].name, "at": _moment(late[0].at or starts)})
    elif before and not before[-1].agreed:
        yield Reason("consent_refused", what, {**facts, "at": _moment(before[-1].at or starts)})
    elif before:
        used = max((one for one in asked.others if one <= starts), default=starts)
        yield Reason("consent_used", what, {**facts, "used": _moment(used)})
    else:
        yield Reason("consent_missing", what, facts)


def permit_of(
    rule: PermittedBy, ref: FormRef, name: str, values: Mapping[str, Any], *, complete_at: datetime | None,
    waits_for: Sequence[str] = (),
) -> Permit:
    """What one entry of a consent, or of a decision in its place, gives."""
    if is_of(ref, rule.exception):
        decided = instant(values.get(rule.exception.field))
        return Permit(name, agreed=True, at=decided if complete_at is not None else None, waits_for=tuple(waits_for))
    return Permit(name, agreed=values.get(rule.consent.field) == rule.consent.value, at=complete_at,
                  waits_for=tuple(waits_for))


def is_permit(rule: PermittedBy, ref: FormRef) -> bool:
    """Whether an entry of that kind speaks of consent to such a procedure."""
    return is_of(ref, rule.consent) or is_of(ref, rule.exception)


def is_of(ref: FormRef, kind: KindField) -> bool:
    """Whether it is an entry of that kind, in whichever edition."""
    return (ref.code, ref.kind) == (kind.form, kind.kind)


def instant(value: Any) -> datetime | None:
    """The instant of a blank; None while it is empty or half typed."""
    try:
        at = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return at if at.tzinfo is not None else None


def _left(permits: Sequence[Permit], others: Sequence[datetime], starts: datetime) -> bool:
    """Whether a consent is left for the procedure that begins then, once those before it have theirs."""
    # At one moment: consents come first, then refusals, then the knife.
    told = [(one.at, 0 if one.agreed else 1) for one in permits if one.at is not None and one.at <= starts]
    told += [(one, 2) for one in others if one < starts]
    count = 0
    for _, what in sorted(told):
        count = count + 1 if what == 0 else max(0, count - 1)
    return count > 0


def _moment(at: datetime) -> str:
    return f"{at.astimezone(ZONE):%H:%M %d/%m/%Y}"
