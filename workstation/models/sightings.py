"""From looks, versions and drafts to what changed since: what the list of waiting documents tells of each."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from pydantic import ValidationError

from records.entries import Version
from records.messages import EntryView, Look
from records.sight import Signed, Text, hands_of, sight
from workstation.drafts import Cached, LocalDraft
from workstation.models.signing_tasks import Task

Between = Mapping[tuple[UUID, int], Text]
"""Versions that lie between a look and now, by entry and number."""
_NEVER = datetime.max.replace(tzinfo=UTC)


class Sitting:
    """While a person sits over the documents, what changed before they came stays told, also once they saw it."""

    def __init__(self) -> None:
        self.began: datetime | None = None
        self._before: dict[UUID, Look] = {}

    def begin(self, now: datetime) -> None:
        """The person comes; nothing happens when they are there already."""
        if self.began is None:
            self.began = now

    def end(self) -> None:
        """The person goes: from now on the newest look counts."""
        self.began = None
        self._before.clear()

    def before(self, entry: UUID, newest: Look | None) -> Look | None:
        """The last look from before they came, also one that another PC tells of late."""
        if newest is not None and newest.seen_at < (self.began or _NEVER):
            self._before[entry] = newest
        return self._before.get(entry)


def of_draft(task: Task, draft: LocalDraft, newest: Look | None, before: Look | None) -> Task:
    """A draft of mine: my own words are before my eyes; what another hand wrote into it I have to look at."""
    now = Text(task.number, task.values, draft.saved_at or draft.begun_at)
    found = sight(now, _text(newest), _text(before), _labels(task), hands=draft.hands, own=True)
    return replace(task, sight=found, seen=found.seen)


def of_view(task: Task, view: EntryView, newest: Look | None, before: Look | None, *, between: Between,
            me: UUID) -> Task:
    """A version at the server: each field's hand is the author of the version that changed it."""
    now = Text(view.version, task.values, view.written_at, task.author if view.author != me else "")
    looks = [text for text in (_text(before), _text(newest)) if text is not None]
    steps: list[Text] = []
    if looks and (first := min(looks, key=lambda text: text.version)).version < view.version:
        steps = [first, *(between[view.id, number] for number in range(first.version + 1, view.version)
                          if (view.id, number) in between), now]
    signed = [Signed(mark.slot_label, f"{mark.title} {mark.full_name}".strip(), mark.received_at)
              for mark in view.signatures if mark.person != me]
    found = sight(now, _text(newest), _text(before), _labels(task), hands=hands_of(steps), signed=signed)
    return replace(task, sight=found, seen=found.seen)


def gaps(views: Sequence[EntryView], looks: Mapping[UUID, Look]) -> tuple[tuple[UUID, int], ...]:
    """Versions between a look and now, whose authors and words are to be told."""
    return tuple((view.id, number) for view in views if view.id in looks
                 for number in range(looks[view.id].version + 1, view.version))


def text_of(held: Cached | None, me: UUID) -> Text | None:
    """A version that this PC keeps, as a step between two looks."""
    if held is None:
        return None
    with contextlib.suppress(ValidationError):
        version = Version.model_validate_json(held.body)
        author = version.author
        by = "" if author.id == me else f"{author.title} {author.full_name}".strip()
        return Text(version.version, version.values, version.written_at, by)
    return None


def version_key(entry: UUID, number: int) -> str:
    """Where the versions that were fetched are kept (`history.earlier_version` keeps them there too)."""
    return f"version:{entry}:{number}"


def _text(look: Look | None) -> Text | None:
    return Text(look.version, look.values, look.seen_at) if look is not None else None


def _labels(task: Task) -> dict[str, str]:
    return {field.key: field.label for field in task.form_kind.fields}
