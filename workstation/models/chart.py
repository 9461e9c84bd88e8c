"""One encounter's chart: the server's entries with drafts and the outbox laid over them, grouped by day."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from uuid import UUID

from PyQt6.QtCore import QAbstractListModel, QObject, Qt, pyqtSignal

from records.entries import FormRef, Instant
from records.forms import EntryKind, Form, Frozen
from records.messages import Chart, DraftView, EntryView
from workstation.drafts.values import LocalDraft, OutboxItem


class ItemState(StrEnum):
    """What the time line shows beside an entry."""

    DRAFT = "draft"
    OTHERS_DRAFT = "others_draft"
    QUEUED = "queued"
    """Signed here, waits to be sent."""
    REFUSED = "refused"
    PARTLY_SIGNED = "partly_signed"
    SIGNED = "signed"
    AMENDED = "amended"
    """Signed, and an earlier version was corrected."""
    CANCELLED = "cancelled"


class DayHead(Frozen):
    """A day's heading in the time line."""

    day: date
    day_of_stay: int
    text: str
    """«Hôm nay, thứ Ba 17/11»."""


class TimelineItem(Frozen):
    """One entry as the time line shows it, whatever it is made of."""

    entry: UUID
    form: FormRef
    title: str
    code: str
    icon: str
    occurred_at: Instant
    author: str
    state: ItemState
    line: str
    """«21:40 · BS. Lê Thu Hà»."""
    view: EntryView | None = None
    draft: LocalDraft | None = None
    others: DraftView | None = None
    queued: OutboxItem | None = None


ITEM_ROLE = Qt.ItemDataRole.UserRole + 1
"""DayHead or TimelineItem."""


class ChartModel(QAbstractListModel):
    """Rows are DayHead and TimelineItem, newest first."""

    loaded = pyqtSignal()
    """`chart` is new (from the cache or the server)."""
    changed = pyqtSignal()
    """Drafts or the outbox changed what is shown."""
    refused = pyqtSignal(object)
    draft_ready = pyqtSignal(object)
    """LocalDraft: from `begin`, `correct` or `open_draft`: make an EditorModel of it with `editor`."""

    def __init__(self, desk: object, encounter: UUID, parent: QObject | None = None) -> None:
        super().__init__(parent)
        raise NotImplementedError

    @property
    def chart(self) -> Chart | None: ...
    @property
    def as_of(self) -> Instant | None: ...
    @property
    def cached(self) -> bool:
        """«Bản lúc 02:46»: shown from this PC, the server has not answered."""
    @property
    def items(self) -> tuple[TimelineItem, ...]: ...
    def load(self) -> None: ...
    def set_words(self, words: str) -> None:
        """Filter the time line (/)."""
    def item(self, entry: UUID) -> TimelineItem | None: ...
    def sheet(self, form_code: str, kind: str = "") -> tuple[TimelineItem, ...]:
        """All items of a form, oldest first: the sheet as the paper has it."""
    def writable(self) -> tuple[tuple[Form, EntryKind], ...]:
        """Kinds that this person may begin now (F6)."""
    def begin(self, form: Form, kind: EntryKind) -> None:
        """A new draft with the form's sources filled in; `draft_ready` follows."""
    def open_draft(self, entry: UUID) -> None:
        """Go on with a draft, mine here or mine from another PC."""
    def correct(self, entry: UUID, reason: str) -> None:
        """Begin a correction of a signed entry."""
    def editor(self, draft: LocalDraft) -> object:
        """The EditorModel of a draft."""
