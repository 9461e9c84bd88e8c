"""One encounter's chart: the server's entries with drafts and the outbox laid over them, grouped by day."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from PyQt6.QtCore import QAbstractListModel, QModelIndex, QObject, Qt, QTimer, pyqtSignal

from records import policy
from records.errors import Reason, Refusal
from records.forms import EntryKind, Form, all_forms, current_form
from records.messages import Chart, DraftView, EntryView
from records.policy import Allowed, Answer
from workstation.background import Command, Query
from workstation.config import ZONE
from workstation.drafts import CommandState, LocalDraft, OutboxItem
from workstation.emitting import emitter
from workstation.models.account import utc_now
from workstation.models.answering import number_key
from workstation.models.beginning import Made, correction_draft, made_as, new_draft
from workstation.models.cases import answer, case_of_view, may_take, ward_of
from workstation.models.desk import Answered, Desk, Told
from workstation.models.editor import EditorModel
from workstation.models.handing_in import hand_in
from workstation.models.images.key_images import ForReports
from workstation.models.timeline import GONE, DayHead, ItemState, TimelineItem, by_day, lay_over, matches

__all__ = ["GONE", "ITEM_ROLE", "ChartModel", "DayHead", "ItemState", "TimelineItem"]

ITEM_ROLE = Qt.ItemDataRole.UserRole + 1
"""DayHead or TimelineItem."""
RELOAD_AFTER_MS = 300
"""News of one act come in a bunch; one answer serves them all."""
RELOAD_DRAFTS_AFTER_MS = 5000
"""Who writes saves every few seconds: a chart of a thousand entries is not loaded anew for each of these."""
_CHART = TypeAdapter(Chart)


class ChartModel(QAbstractListModel, Answered[Chart]):
    """Rows are DayHead and TimelineItem, newest first."""

    loaded = pyqtSignal()
    """`chart` is new (from the cache or the server)."""
    charted = pyqtSignal(object)
    """Chart: the same, for editors that are open."""
    changed = pyqtSignal()
    """Drafts or the outbox changed what is shown."""
    refused = pyqtSignal(object)
    """Refusal: the chart could not be loaded (what is shown stays), or a draft not begun."""
    draft_ready = pyqtSignal(object)
    """LocalDraft: from `begin`, `correct` or `open_draft`: make an EditorModel of it with `editor`."""

    def __init__(self, desk: Desk, encounter: UUID, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk, self.encounter = desk, encounter
        self._drafts: tuple[LocalDraft, ...] = ()
        self._commands: tuple[OutboxItem, ...] = ()
        self._items: tuple[TimelineItem, ...] = ()
        self._rows: tuple[DayHead | TimelineItem, ...] = ()
        self._by_entry: dict[UUID, TimelineItem] = {}
        self._words = ""
        self._reload = QTimer(self)
        self._reload.setSingleShot(True)
        self._reload.timeout.connect(self._fetch)
        sync = desk.sync
        sync.chart_stale.connect(self._stale)
        sync.drafts_stale.connect(self._drafts_stale)
        for signal in (sync.draft_saved, sync.draft_merged, sync.draft_conflict, sync.draft_dropped,
                       sync.command_done, sync.command_refused, sync.command_queued, sync.drafts_awaited):
            signal.connect(self._local_changed)

    # What is shown

    @property
    def desk(self) -> Desk:
        """Whose chart it is."""
        return self._desk

    @property
    def chart(self) -> Chart | None:
        """The server's part; None before the first answer."""
        return self._said

    @property
    def items(self) -> tuple[TimelineItem, ...]:
        """All items, newest first, whatever the filter."""
        return self._items

    def item(self, entry: UUID) -> TimelineItem | None:
        """The item of an entry."""
        return self._by_entry.get(entry)

    def show_image(self, item: Mapping[str, Any]) -> None:
        """The reader wants to see the frame of a key image."""
        if self.chart is not None:
            ForReports(self._desk.key_images, self.chart.patient.id).show(item)

    def sheet(self, form_code: str, kind: str = "") -> tuple[TimelineItem, ...]:
        """All items of a form (or one kind of it), oldest first: the sheet as the paper has it."""
        return tuple(item for item in reversed(self._items)
                     if item.form.code == form_code and kind in ("", item.form.kind))

    def last(self, form_code: str, kind: str) -> EntryView | None:
        """The newest signed entry of a kind: what «Như hôm qua» copies from."""
        return next((item.view for item in self._items
                     if item.view is not None and (item.form.code, item.form.kind) == (form_code, kind)), None)

    # Loading

    def load(self) -> None:
        """Show what this PC has, and ask the server."""
        if self._told is None:
            self._desk.kept(self._key, _CHART, self._take_kept)
        self._read_local()
        self._fetch()

    def set_words(self, words: str) -> None:
        """Filter the time line (/)."""
        if words != self._words:
            self._words = words
            self._lay_out()

    # Writing

    def writable(self) -> tuple[tuple[Form, EntryKind], ...]:
        """Kinds that this person may begin now (F6); what is written many times stands before what is written once."""
        today = utc_now().astimezone(ZONE).date()
        codes = dict.fromkeys(form.code for form in all_forms())
        found = []
        for code in codes:
            try:
                whole = current_form(code, today)
            except Refusal:
                continue
            found += [(whole, kind) for kind in whole.kinds
                      if not kind.confirms and not kind.addendum and isinstance(self.may_begin(whole, kind), Allowed)]
        return tuple(sorted(found, key=lambda pair: not pair[1].repeatable))

    def may_begin(self, form: Form, kind: EntryKind) -> Answer:
        """May this person begin an entry of this kind here now, and why not."""
        if (chart := self.chart) is None:
            return policy.Refused((Reason("chart_not_here", str(self.encounter)),))
        if not kind.repeatable and any((item.form.code, item.form.kind) == (form.code, kind.key)
                                       and item.state not in GONE for item in self._items):
            return policy.Refused((Reason("kind_begun_already", kind.name),))
        return policy.may_write(self._desk.account.for_policy(), kind, chart.encounter.state, ward_of(chart),
                                utc_now().astimezone(ZONE).date())

    def begin(self, form: Form, kind: EntryKind, study: str = "", about: TimelineItem | None = None, *,
              made: Made | None = None) -> None:
        """A new draft with the form's sources filled in; `draft_ready` follows. It is kept from its first word on.
        `study`: of which images it reports, and what the device says of them; `about`: from what it was begun.
        """
        said = self.may_begin(form, kind)
        if isinstance(said, policy.Refused):
            self.refused.emit(Refusal(*said.reasons))
        elif (chart := self.chart) is not None:
            draft = new_draft(form, kind, chart, self._desk.account, utc_now(), study=study,
                              about=about.entry if about is not None else None)
            pictures = ForReports(self._desk.key_images, chart.patient.id)
            self.draft_ready.emit(draft.model_copy(update={"values": {
                **draft.values, **made_as(form, kind, draft, made or Made()),
                **pictures.for_order(kind, str(draft.values.get(number_key(kind), "")), chart)}}))

    def begin_draft(self, draft: LocalDraft) -> None:
        """A draft that was begun from another entry: in its place, or added to it; `draft_ready` follows."""
        self._desk.sync.save(draft)
        self.draft_ready.emit(draft)

    def open_draft(self, entry: UUID) -> None:
        """Go on with a draft: mine here, mine from another PC, or one that was written for me to sign."""
        item = self._by_entry.get(entry)
        if item is not None and item.draft is not None and item.draft.command is None:
            self.draft_ready.emit(item.draft)
        elif item is not None and item.others is not None and self._takes(item.others):
            view = item.others
            self._desk.background.run(Command(
                "adopt", lambda: self._desk.store.adopt(view), emitter(self, self.draft_ready),
                emitter(self, self.refused)), lane="mirror")

    def opens(self, item: TimelineItem) -> bool:
        """Whether `open_draft` opens it."""
        if item.draft is not None:
            return item.draft.command is None
        return item.others is not None and item.view is None and self._takes(item.others)

    def _takes(self, view: DraftView) -> bool:
        """Not out of a chart that this PC kept, while the server answers: whoever it waited for may have signed it
        since, and it would come back as a draft with older words that nobody can sign.
        """
        return (not self.cached or self._desk.away) and may_take(view, self._desk.account)

    def correct(self, entry: UUID, reason: str) -> None:
        """Begin a correction of a signed entry, or go on with one."""
        item = self._by_entry.get(entry)
        if item is None:
            return
        if item.draft is not None:
            self.open_draft(entry)
        elif item.view is not None:
            self.draft_ready.emit(correction_draft(item.view, reason, utc_now()))

    def editor(self, draft: LocalDraft, parent: QObject | None = None) -> EditorModel:
        """The EditorModel of a draft; one at a time for a draft."""
        if self.chart is None:
            raise Refusal.because("chart_not_here", str(self.encounter))
        item = self._by_entry.get(draft.entry)
        editor = EditorModel(self._desk, self.chart, draft, item.view if item is not None else None, parent or self)
        self.charted.connect(editor.set_chart)
        return editor

    # Signing what is at the server already (second slots)

    def may_sign(self, entry: UUID, slot: str) -> Answer:
        """May this person fill that slot of an entry's latest version now, and why not."""
        item, chart = self._by_entry.get(entry), self.chart
        if item is None or item.view is None or chart is None:
            return policy.Refused((Reason("chart_not_here", str(self.encounter)),))
        if item.queued is not None and item.state is ItemState.QUEUED:
            return policy.Refused((Reason("draft_closed"),))
        more = list(self._desk.client.clock.reasons())
        if self._desk.away:
            more.append(Reason("offline_not_begun_here", slot))
        return answer(self._desk.account, slot, case_of_view(chart, item.view), utc_now(), more)

    def signed(self, entry: UUID, slot: str, pdf: bytes) -> None:
        """The token signed that slot: into the outbox."""
        item, chart = self._by_entry.get(entry), self.chart
        if item is not None and item.view is not None and chart is not None:
            view = item.view
            self._desk.sync.send(hand_in(
                form=view.form, entry=entry, version=view.version, encounter=view.encounter, slot=slot, pdf=pdf,
                patient_name=chart.patient.full_name, occurred_at=view.occurred_at, begun_at=None, offline=False))

    # Qt

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008  # Qt's own default
        """Rows shown."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The row itself under ITEM_ROLE, its words for screen readers."""
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        row = self._rows[index.row()]
        if role == ITEM_ROLE:
            return row
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return row.text if isinstance(row, DayHead) else f"{row.title}, {row.line}"
        return None

    def flags(self, index: QModelIndex) -> Qt.ItemFlag:
        """Headings cannot be chosen."""
        row = self._rows[index.row()] if index.isValid() and index.row() < len(self._rows) else None
        return Qt.ItemFlag.ItemIsEnabled if isinstance(row, DayHead) else super().flags(index)

    def row_of(self, entry: UUID) -> int:
        """The row of an entry, or -1."""
        return next((number for number, row in enumerate(self._rows)
                     if isinstance(row, TimelineItem) and row.entry == entry), -1)

    # Inside

    @property
    def _key(self) -> str:
        return f"chart:{self.encounter}"

    def _fetch(self) -> None:
        self._desk.fetch(self._key, f"/api/encounters/{self.encounter}/chart", _CHART, self._take, self._not_loaded)

    def _take_kept(self, told: Told[Chart]) -> None:
        if self._told is None:
            self._take(told)

    def _take(self, told: Told[Chart]) -> None:
        self._told = told
        self._lay_out()
        self.charted.emit(told.value)
        self.loaded.emit()

    def _not_loaded(self, refusal: Refusal) -> None:
        if self._grow_old():
            self.changed.emit()
        self.refused.emit(refusal)

    def _stale(self, encounter: UUID | None) -> None:
        if encounter in (None, self.encounter) and not 0 <= self._reload.remainingTime() <= RELOAD_AFTER_MS:
            self._reload.start(RELOAD_AFTER_MS)

    def _drafts_stale(self, encounter: UUID) -> None:
        if encounter == self.encounter and not self._reload.isActive():
            self._reload.start(RELOAD_DRAFTS_AFTER_MS)

    def _local_changed(self, news: Any) -> None:
        del news  # whatever it was: the local part is small and read anew
        self._read_local()

    def _read_local(self) -> None:
        store = self._desk.store
        states = (CommandState.WAITING, CommandState.REFUSED, CommandState.QUARANTINED)
        self._desk.background.run(Query(
            "read local", lambda: (store.drafts(self.encounter), store.commands(*states)), self._take_local,
            emitter(self, self.refused)), lane="store")

    def _take_local(self, local: tuple[tuple[LocalDraft, ...], tuple[OutboxItem, ...]]) -> None:
        if local != (self._drafts, self._commands):
            self._drafts, self._commands = local
            self._lay_out()
            self.changed.emit()

    def _lay_out(self) -> None:
        if (chart := self.chart) is None:
            return
        self._items = lay_over(chart, self._drafts, self._commands, self._desk.account)
        self._by_entry = {item.entry: item for item in self._items}
        shown = [item for item in self._items if matches(item, self._words)] if self._words else self._items
        self.beginResetModel()
        self._rows = by_day(shown, chart.encounter.admitted_at, utc_now().astimezone(ZONE).date())
        self.endResetModel()
