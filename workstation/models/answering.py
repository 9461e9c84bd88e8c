"""What a result answers, so that nobody types it: who ordered which picture or recording, and when (R36)."""

from __future__ import annotations

from collections.abc import Iterator
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

_DONE = frozenset({OrderState.REPORTED, OrderState.SIGNED, OrderState.CANCELLED})


@dataclass(frozen=True)
class _Order:
    """One order of the chart that a result of this kind may answer."""

    view: EntryView
    name: str
    fits: bool
    """Its own form, or a device of which the result speaks."""
    standing: ImagingOrderStanding | None


def requested(kind: EntryKind, chart: Chart, study: str = "") -> dict[str, Any]:
    """The order of that study; without one, the only order for these devices that has no result yet.

    Of several nothing is filled in, so that no picture is put down to who did not order it.
    """
    if not kind.orderer:
        return {}
    code = next((whole.code for whole in all_forms() if kind in whole.kinds), "")
    orders = list(_orders(code, kind, chart))
    found = [one for one in orders if study and one.standing is not None and study in one.standing.studies]
    if not found:
        results = [view for view in _standing(chart) if (view.form.code, view.form.kind) == (code, kind.key)]
        found = _without_result([one for one in orders if one.fits], results)
    if len(found) != 1:
        return {}
    (order,) = found
    return {"orderer": f"{order.view.author_title} {order.view.author_name}".strip(),
            "ordered_at": order.view.occurred_at, "examination": order.name}


def _standing(chart: Chart) -> Iterator[EntryView]:
    yield from (view for view in chart.entries if view.state in (State.SIGNED, State.PARTLY_SIGNED))


def _orders(code: str, kind: EntryKind, chart: Chart) -> Iterator[_Order]:
    reporting = rules.reporting(code, kind.key)
    devices = reporting.modalities if reporting is not None else ()
    known: dict[tuple[UUID, int, int], ImagingOrderStanding] = {
        (one.entry, one.version, one.row): one for one in chart.imaging_orders}
    for view in _standing(chart):
        if view.state is State.SIGNED:
            for place, name, device in rules.orders_in(view.form, view.body["values"]):
                yield _Order(view, name, view.form.code == code or device in devices,
                             known.get((view.id, view.version, place)))


def _without_result(orders: list[_Order], results: list[EntryView]) -> list[_Order]:
    """The server says which have one; a result that it could not tell by its words still names when it was ordered."""
    left = [one for one in orders if one.standing is None or one.standing.state not in _DONE]
    for result in results:
        at = result.body["values"].get("ordered_at")
        if not isinstance(at, str):
            continue
        then = [one for one in left if one.view.occurred_at == datetime.fromisoformat(at)]
        same = [one for one in then if fold(one.name) == fold(str(result.body["values"].get("examination", "")))]
        left = [one for one in left if one not in (same or then)]
    return left
