"""What stood in the same blanks before: the last value beside a number, and yesterday's entry to begin from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from records.entries import FormRef, State
from records.forms import Field
from records.messages import EntryView
from records.render.words import value_words
from workstation.models.chart import TimelineItem
from workstation.views.widgets import times

_TOLD = ("int", "decimal")


@dataclass(frozen=True)
class Last:
    """A value with the time it belongs to."""

    value: Any
    at: datetime

    def words(self, field: Field) -> str:
        """«lần trước 51,5 kg (16/11)»."""
        return f"Lần trước {value_words(field, self.value)} ({times.day_month(self.at)})"


def values_of(item: TimelineItem) -> Mapping[str, Any]:
    """What is written in an item, whatever it is made of: my draft before what is signed."""
    if item.draft is not None:
        return item.draft.values
    if item.view is not None:
        return dict(item.view.body.get("values", {}))
    return item.others.values if item.others is not None else {}


def signed_values(view: EntryView) -> dict[str, Any]:
    """The values of the version that is at the server."""
    return dict(view.body.get("values", {}))


def last_values(items: Sequence[TimelineItem], fields: Sequence[Field], entry: UUID,
                before: datetime) -> dict[str, Last]:
    """By field key, the newest number before that time, in whatever form it was measured."""
    wanted = {field.key for field in fields if field.type in _TOLD}
    found: dict[str, Last] = {}
    for item in items:
        view = item.view
        if view is None or view.id == entry or view.occurred_at >= before or view.state is State.CANCELLED:
            continue
        for key in wanted - found.keys():
            if key in (values := signed_values(view)):
                found[key] = Last(values[key], view.occurred_at)
        if wanted <= found.keys():
            break
    return found


def yesterdays(items: Sequence[TimelineItem], form: FormRef, person: UUID) -> EntryView | None:
    """The newest entry of that kind that this person signed (`items`: newest first): what «Như hôm qua» copies."""
    own = (item.view for item in items if item.view is not None and item.view.author == person
           and (item.view.form.code, item.view.form.kind) == (form.code, form.kind)
           and item.view.state is not State.CANCELLED)
    return next(own, None)
