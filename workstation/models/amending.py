"""What stands in a signed entry's place or adds to it: how such a draft begins, and what the old one says of itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from records.entries import RelatesTo, State
from records.errors import Refusal
from records.forms import Amending, EntryKind, Form, all_forms, current_form
from records.messages import Chart, EntryView
from records.policy import Allowed, may_write
from workstation.config import ZONE
from workstation.drafts import LocalDraft
from workstation.ids import new_id
from workstation.models.account import Account
from workstation.models.beginning import new_draft
from workstation.models.cases import kind_of, ward_of
from workstation.models.timeline import names_of

_ENDED = {State.CANCELLED: "ĐÃ HỦY", State.REPLACED: "ĐÃ ĐƯỢC CẤP LẠI"}


def replacement_of(chart: Chart, view: EntryView) -> EntryView | None:
    """The entry that was issued, or is being signed, in this one's place (R37)."""
    return _related(chart, view, "replaces")


def addenda_of(chart: Chart, view: EntryView) -> tuple[EntryView, ...]:
    """What was added to it after the record was archived, oldest first (R31)."""
    return tuple(sorted((one for one in chart.entries if one.relates_to is not None
                         and (one.relates_to.code, one.relates_to.entry) == ("appends", view.id)),
                        key=lambda one: one.occurred_at))


def ended_words(chart: Chart, view: EntryView) -> str:
    """Of a cancelled or replaced entry: who, when and why, in the words of the paper; else nothing."""
    from records.render.words import moment  # the paper's parts are heavy, and a start need not wait

    if view.state is State.CANCELLED and (gone := view.cancellation) is not None:
        return f"Người hủy: {gone.by}, {moment(gone.at)}. Lý do: {gone.reason}."
    new = replacement_of(chart, view) if view.state is State.REPLACED else None
    if new is not None and new.relates_to is not None:
        return f"Thay bằng giấy cấp {moment(new.written_at)}. Lý do: {new.relates_to.reason}."
    return ""


def standing_words(chart: Chart, view: EntryView) -> str:
    """The same with the state before it, for the print of the entry's own file."""
    words = ended_words(chart, view)
    return f"{_ENDED[view.state]}. {words}" if words else ""


def is_replaced_when_issued(view: EntryView) -> bool:
    """An issued paper: it is not corrected, another one takes its place."""
    return view.state is State.SIGNED and kind_of(view.form).amending is Amending.REPLACE


def may_reissue(chart: Chart, view: EntryView, account: Account, now: datetime) -> bool:
    """Whether this person may begin the one that takes its place."""
    return (is_replaced_when_issued(view) and replacement_of(chart, view) is None
            and _may_write(chart, kind_of(view.form), account, now))


def reissue_draft(chart: Chart, view: EntryView, account: Account, reason: str, now: datetime) -> LocalDraft:
    """The text of the old one, to be changed where it was wrong; what the form fills from patient and stay is new."""
    whole = current_form(view.form.code, now.astimezone(ZONE).date())
    kind = whole.kind(view.form.kind)
    fresh = new_draft(whole, kind, chart, account, now)
    known = {field.key for field in kind.fields}
    old: dict[str, Any] = {key: value for key, value in dict(view.body["values"]).items() if key in known}
    kept = {key: old[key] for key in kind.keeps if key in old}
    values = {**old, **fresh.values, **kept}
    return fresh.model_copy(update={"values": values, "relates_to": _relation("replaces", view, reason)})


def addendum_kinds(chart: Chart, account: Account, now: datetime) -> tuple[tuple[Form, EntryKind], ...]:
    """The kinds of addendum that this person may add to an archived record (R31)."""
    found = []
    for code in dict.fromkeys(form.code for form in all_forms()):
        try:
            whole = current_form(code, now.astimezone(ZONE).date())
        except Refusal:
            continue
        found += [(whole, kind) for kind in whole.kinds if kind.addendum and _may_write(chart, kind, account, now)]
    return tuple(found)


def addendum_draft(chart: Chart, view: EntryView, account: Account, reason: str, now: datetime) -> LocalDraft:
    """An empty addendum to a signed entry; what it adds to stays as it was archived."""
    whole, kind = addendum_kinds(chart, account, now)[0]
    fresh = new_draft(whole, kind, chart, account, now)
    return fresh.model_copy(update={"entry": new_id(), "relates_to": _relation("appends", view, reason)})


def _relation(code: str, view: EntryView, reason: str) -> RelatesTo:
    from records.render.words import moment

    named = f"{names_of(view.form)[0]}, {moment(view.occurred_at)}"
    return RelatesTo.model_validate({"code": code, "entry": view.id, "version": view.version, "sha256": view.sha256,
                                     "named": named, "reason": reason})


def _related(chart: Chart, view: EntryView, code: str) -> EntryView | None:
    return next((one for one in chart.entries if one.relates_to is not None and one.state is not State.CANCELLED
                 and (one.relates_to.code, one.relates_to.entry) == (code, view.id)), None)


def _may_write(chart: Chart, kind: EntryKind, account: Account, now: datetime) -> bool:
    return isinstance(may_write(account.for_policy(), kind, chart.encounter.state, ward_of(chart),
                                now.astimezone(ZONE).date()), Allowed)
