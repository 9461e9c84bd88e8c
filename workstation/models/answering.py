"""What a result answers, so that nobody types it: who ordered which picture or recording, and when (R36)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from records import imaging_orders as rules
from records.entries import State
from records.folding import fold
from records.forms import EntryKind, all_forms
from records.messages import Chart, EntryView, ImagingOrderStanding
from records.order_states import OrderState
from workstation.config import ZONE

_DONE = frozenset({OrderState.REPORTED, OrderState.SIGNED, OrderState.CANCELLED})
NUMBER = "request.number"
"""The source of the blank that names the order."""


@dataclass(frozen=True)
class Ordered:
    """One order of the chart that a result may answer."""

    view: EntryView
    name: str
    fits: bool
    """Its own form, or a device of which the result speaks."""
    standing: ImagingOrderStanding | None

    @property
    def number(self) -> str:
        """Its accession number; empty until the server gave it one."""
        return self.standing.accession if self.standing is not None else ""

    @property
    def orderer(self) -> str:
        """Who ordered it, as the result names them."""
        return f"{self.view.author_title} {self.view.author_name}".strip()

    @property
    def is_done(self) -> bool:
        """It has its result, or was taken back."""
        return self.standing is not None and self.standing.state in _DONE


def requested(kind: EntryKind, chart: Chart, study: str = "", about: UUID | None = None) -> dict[str, Any]:
    """The order of that study, else the one that the entry `about` orders; without these, the only order for these
    devices that has no result yet.

    Of several nothing is filled in, so that no picture is put down to who did not order it.
    """
    if not kind.orderer:
        return {}
    orders = list(_orders(kind, chart))
    found = [one for one in orders if study and one.standing is not None and study in one.standing.studies]
    if not found:
        waiting = _without_result([one for one in orders if one.fits], _results(kind, chart))
        found = [one for one in waiting if one.view.id == about] or waiting
    return _said(found[0]) if len(found) == 1 else {}


def choosable(kind: EntryKind, chart: Chart, result: UUID, number: str) -> tuple[Ordered, ...]:
    """The orders that a result may answer, newest first: those that wait for one, that which it answers already, and
    `number`, which it names, however that one stands.
    """
    if not kind.orderer:
        return ()
    numbered = [one for one in _orders(kind, chart) if one.standing is not None and one.number]
    others = [view for view in _results(kind, chart) if view.id != result]
    waiting = _without_result([one for one in numbered if one.fits], others, result)
    found = [one for one in numbered if one in waiting or one.number == number]
    return tuple(sorted(found, key=lambda one: (one.view.occurred_at, one.number), reverse=True))


def filled_in(kind: EntryKind, values: Mapping[str, Any], chosen: Ordered, before: Ordered | None) -> dict[str, Any]:
    """What the result says of its order once it answers that one: who, when, and what, unless its writer said of what
    was made something else than the order `before` it did.
    """
    known = _said(chosen)
    made = {field.key: known[name] for field in kind.fields if (name := field.source.removeprefix("request.")) in known}
    for field in kind.fields:
        written = values.get(field.key)
        if field.source == "request.examination" and written and (before is None or written != before.name):
            del made[field.key]
    ordered_at = chosen.view.occurred_at.astimezone(ZONE).isoformat(timespec="seconds")
    return {key: ordered_at if isinstance(value, datetime) else value for key, value in made.items()}


def number_key(kind: EntryKind) -> str:
    """The blank that names the order; empty when the kind has none."""
    return next((field.key for field in kind.fields if field.source == NUMBER), "")


def _said(order: Ordered) -> dict[str, Any]:
    return {"number": order.number, "orderer": order.orderer, "ordered_at": order.view.occurred_at,
            "examination": order.name}


def _standing(chart: Chart) -> Iterator[EntryView]:
    yield from (view for view in chart.entries if view.state in (State.SIGNED, State.PARTLY_SIGNED))


def _code(kind: EntryKind) -> str:
    return next((whole.code for whole in all_forms() if kind in whole.kinds), "")


def _results(kind: EntryKind, chart: Chart) -> list[EntryView]:
    """The results of this kind that stand in the chart."""
    code = _code(kind)
    return [view for view in _standing(chart) if (view.form.code, view.form.kind) == (code, kind.key)]


def _orders(kind: EntryKind, chart: Chart) -> Iterator[Ordered]:
    code = _code(kind)
    reporting = rules.reporting(code, kind.key)
    devices = reporting.modalities if reporting is not None else ()
    known: dict[tuple[UUID, int, int], ImagingOrderStanding] = {
        (one.entry, one.version, one.row): one for one in chart.imaging_orders}
    for view in _standing(chart):
        if view.state is State.SIGNED:
            for place, name, device in rules.orders_in(view.form, view.body["values"]):
                yield Ordered(view, name, view.form.code == code or device in devices,
                              known.get((view.id, view.version, place)))


def _without_result(orders: list[Ordered], results: list[EntryView], mine: UUID | None = None) -> list[Ordered]:
    """Those that wait, or that `mine` answers. The server says which have a result; one that it could not tell by its
    words still names when it was ordered.
    """
    def waits(one: Ordered) -> bool:
        answers = one.standing is not None and mine is not None and one.standing.result == mine
        return answers or not one.is_done

    left = [one for one in orders if waits(one)]
    for result in results:
        values = result.body["values"]
        at, number = values.get("ordered_at"), values.get("order")
        if number:
            left = [one for one in left if one.number != number]
        elif isinstance(at, str):
            then = [one for one in left if one.view.occurred_at == datetime.fromisoformat(at)]
            same = [one for one in then if fold(one.name) == fold(str(values.get("examination", "")))]
            left = [one for one in left if one not in (same or then)]
    return left
