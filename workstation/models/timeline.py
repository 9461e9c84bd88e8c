"""The time line: the server's entries with drafts and the outbox laid over them, by day, newest first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from uuid import UUID

from records.deadlines import DeadlineSettings
from records.entries import FormRef, State
from records.errors import Refusal
from records.folding import fold
from records.forms import form
from records.messages import Chart, DraftView, EntryView, ImagingOrderStanding
from workstation.config import ZONE
from workstation.drafts import CommandState, LocalDraft, OutboxItem
from workstation.models.account import Account
from workstation.models.cases import author_of

WEEKDAYS = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")


class ItemState(StrEnum):
    """What the time line shows beside an entry."""

    DRAFT = "draft"
    OTHERS_DRAFT = "others_draft"
    QUEUED = "queued"
    """Signed here, waits to be sent."""
    AWAITED = "awaited"
    """Not signed: asked for on the phone, and closed until the answer comes."""
    REFUSED = "refused"
    """The server refused (or keeps apart) the signed file; the draft is open again."""
    PARTLY_SIGNED = "partly_signed"
    SIGNED = "signed"
    AMENDED = "amended"
    """Signed, and an earlier version was corrected."""
    CANCELLED = "cancelled"
    REPLACED = "replaced"
    """Another paper was issued in its place."""


@dataclass(frozen=True)
class DayHead:
    """A day's heading in the time line."""

    day: date
    day_of_stay: int
    text: str
    """«Hôm nay, thứ Ba 17/11»."""


@dataclass(frozen=True)
class TimelineItem:
    """One entry as the time line shows it, whatever it is made of."""

    entry: UUID
    form: FormRef
    title: str
    code: str
    icon: str
    occurred_at: datetime
    author: str
    state: ItemState
    line: str
    """«21:40 · BS. Lê Thu Hà»."""
    view: EntryView | None = None
    draft: LocalDraft | None = None
    others: DraftView | None = None
    queued: OutboxItem | None = None
    orders: tuple[ImagingOrderStanding, ...] = ()
    """The pictures that it orders, where each stands."""
    sign_within_min: int = DeadlineSettings().unsigned_row_minutes
    """After so many minutes an open entry is late with its signature (R4; the hospital's setting)."""


GONE = frozenset({ItemState.CANCELLED, ItemState.REPLACED})
"""Readable for ever, and counting for nothing."""
OPEN_STATES = frozenset({ItemState.DRAFT, ItemState.OTHERS_DRAFT, ItemState.PARTLY_SIGNED, ItemState.REFUSED})


def lay_over(chart: Chart, drafts: Iterable[LocalDraft], commands: Iterable[OutboxItem],
             account: Account) -> tuple[TimelineItem, ...]:
    """All items, newest clinical time first: what is at the server, and over it what this PC still holds."""
    encounter = chart.encounter.id
    mine = {draft.entry: draft for draft in drafts if draft.encounter == encounter}
    queued = {item.command.entry: item for item in commands
              if item.command.kind == "sign" and item.command.encounter == encounter}
    others = {view.entry: view for view in chart.drafts if view.entry not in mine}
    items = [_of_view(view, mine.pop(view.id, None), others.pop(view.id, None), queued.get(view.id))
             for view in chart.entries]
    items += [_of_draft(draft, queued.get(draft.entry), chart, account) for draft in mine.values()]
    items += [_of_others(view, account) for view in others.values()]
    if chart.imaging_orders:
        ordered: dict[UUID, list[ImagingOrderStanding]] = {}
        for one in chart.imaging_orders:
            ordered.setdefault(one.entry, []).append(one)
        items = [replace(item, orders=tuple(ordered[item.entry])) if item.entry in ordered else item for item in items]
    within = account.settings.unsigned_overdue_min
    if within != TimelineItem.sign_within_min:
        # Only of open ones: a signed item stays the same object, and with it its layout on the sheet.
        items = [replace(item, sign_within_min=within) if item.state in OPEN_STATES else item for item in items]
    return tuple(sorted(items, key=lambda item: item.occurred_at, reverse=True))


def by_day(items: Sequence[TimelineItem], admitted_at: datetime, today: date) -> tuple[DayHead | TimelineItem, ...]:
    """The items with a heading before each day."""
    rows: list[DayHead | TimelineItem] = []
    last: date | None = None
    first_day = admitted_at.astimezone(ZONE).date()
    for item in items:
        day = item.occurred_at.astimezone(ZONE).date()
        if day != last:
            last = day
            rows.append(DayHead(day, (day - first_day).days + 1, day_text(day, today)))
        rows.append(item)
    return tuple(rows)


def day_text(day: date, today: date) -> str:
    """«Hôm nay, thứ Ba 17/11», «Thứ Hai 16/11», with the year when it is another."""
    shown = f"{WEEKDAYS[day.weekday()]} {day:%d/%m}" + (f"/{day.year}" if day.year != today.year else "")
    if day == today:
        return f"Hôm nay, {shown}"
    return shown[0].upper() + shown[1:]


def matches(item: TimelineItem, words: str) -> bool:
    """Whether each typed word is in the item, diacritics or not."""
    text = fold(f"{item.title} {item.code} {item.author} {item.line} {item.occurred_at.astimezone(ZONE):%d/%m}")
    return all(word in text for word in fold(words).split())


def names_of(ref: FormRef) -> tuple[str, str]:
    """Title and icon of a kind: the sheet's name, and the part's when the form has several («Kết quả siêu âm»)."""
    return _names(ref.code, ref.edition, ref.kind)  # three texts: a chart's thousand references are slow to compare


@cache
def _names(code: str, edition: str, key: str) -> tuple[str, str]:
    try:
        whole = form(code, edition)
        kind = whole.kind(key)
    except Refusal:
        return code, "clipboard-list"
    title = f"{whole.short_name} · {kind.name}"
    if kind.repeatable:
        title = whole.short_name if len(whole.kinds) == 1 else kind.name
    return title, whole.icon


def in_sentence(name: str) -> str:
    """A paper's name within a sentence: «phiếu X-quang»."""
    return name[:1].lower() + name[1:]


def _item(ref: FormRef, entry: UUID, at: datetime, author: str, state: ItemState, *, view: EntryView | None = None,
          draft: LocalDraft | None = None, others: DraftView | None = None,
          queued: OutboxItem | None = None) -> TimelineItem:
    title, icon = names_of(ref)
    return TimelineItem(entry, ref, title, ref.code, icon, at, author, state,
                        f"{at.astimezone(ZONE):%H:%M} · {author}", view, draft, others, queued)


def _of_view(view: EntryView, draft: LocalDraft | None, others: DraftView | None,
             queued: OutboxItem | None) -> TimelineItem:
    state = _state_of_view(view)
    if queued is not None:
        state = _state_of_command(queued)
    elif draft is not None:
        state = _state_of_draft(draft)
    return _item(view.form, view.id, view.occurred_at, f"{view.author_title} {view.author_name}".strip(), state,
                 view=view, draft=draft, others=others, queued=queued)


def _of_draft(draft: LocalDraft, queued: OutboxItem | None, chart: Chart, account: Account) -> TimelineItem:
    who = author_of(chart, draft, account)
    author = f"{who.title} {who.full_name}".strip()
    state = _state_of_command(queued) if queued is not None else _state_of_draft(draft)
    return _item(draft.form, draft.entry, draft.occurred_at, author, state, draft=draft, queued=queued)


def _of_others(view: DraftView, account: Account) -> TimelineItem:
    mine = view.person == account.person.id
    state = ItemState.DRAFT if mine else ItemState.OTHERS_DRAFT
    return _item(view.form, view.entry, view.occurred_at, view.person_name, state, others=view)


def _state_of_view(view: EntryView) -> ItemState:
    match view.state:
        case State.CANCELLED:
            return ItemState.CANCELLED
        case State.REPLACED:
            return ItemState.REPLACED
        case State.SIGNED:
            return ItemState.AMENDED if view.version > 1 else ItemState.SIGNED
        case State.AMENDED:
            return ItemState.AMENDED
    return ItemState.PARTLY_SIGNED


def _state_of_draft(draft: LocalDraft) -> ItemState:
    return ItemState.DRAFT if draft.command is None else ItemState.AWAITED


def _state_of_command(item: OutboxItem) -> ItemState:
    return ItemState.QUEUED if item.state is CommandState.WAITING else ItemState.REFUSED
