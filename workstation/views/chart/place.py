"""The place «Hồ sơ»: time line, sheet and editor, context; what each act does stands in `acts`."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QWidget

from records.entries import FormRef
from records.errors import Refusal
from records.forms import Form, form
from workstation.drafts import LocalDraft
from workstation.models.bed import bed_words
from workstation.models.chart import ChartModel, TimelineItem
from workstation.models.desk import Desk
from workstation.views.actions import ActionSet
from workstation.views.chart.acts import ChartActs
from workstation.views.chart.coded import WarmLists
from workstation.views.chart.context import Context
from workstation.views.chart.middle import Middle
from workstation.views.chart.sheet_head import SheetHead
from workstation.views.chart.sheets import Sheet, fill, make_sheet
from workstation.views.chart.states import chip_of, known_icon
from workstation.views.chart.three_columns import ThreeColumns
from workstation.views.chart.timeline import Timeline
from workstation.views.chart.version_view import VersionView
from workstation.views.chart.writing import Writing
from workstation.views.widgets import times
from workstation.views.widgets.banner import Banner
from workstation.views.widgets.painting import ChipText
from workstation.views.widgets.place import PlaceView
from workstation.views.widgets.states import Empty, InTrouble, Refused
from workstation.views.widgets.text import column, frame
from workstation.views.widgets.waiting import WaitingPanel


class ChartPlace(PlaceView):
    """One patient's stay; made when its chart is opened, thrown away when another is."""

    sign_wanted = pyqtSignal(list)
    """list of workstation.models.signing_tasks.Task."""
    explain_wanted = pyqtSignal(object, int)
    """EntryView and the version whose signature is asked about."""
    print_wanted = pyqtSignal(str)
    """Code of the form whose sheet is to be shown as it prints."""
    refused = pyqtSignal(object)
    """Refusal that has no place of its own here."""

    def __init__(self, desk: Desk, chart: ChartModel, actions: ActionSet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk, self.chart = desk, chart
        self._banner: Banner | None = None
        self._form: Form | None = None
        self._wanted: UUID | None = None
        self._begun = self._begin_writing = self._kept = False
        self._waiting: WaitingPanel | None = None
        self.timeline = Timeline(chart)
        self.context = Context()
        self.head = SheetHead(actions)
        self.middle = Middle()
        self.writing = Writing(chart, self)
        self._warm = WarmLists(desk.background, self)
        self._build()
        self.acts = ChartActs(self, actions)
        self._listen()
        chart.load()

    def _build(self) -> None:
        self._foot = column(gap=0)
        card = frame("card")
        inner = column(self.head, gap=0, margins=(1, 1, 1, 1))
        inner.addWidget(self.middle, 1)
        inner.addLayout(self._foot)
        card.setLayout(inner)
        ground = QWidget()
        ground.setProperty("role", "ground")
        ground.setLayout(column(card, gap=0, margins=(8, 8, 8, 8)))
        self.columns = ThreeColumns(self.timeline, ground, self.context)
        self.setLayout(column(self.columns, gap=0))

    def _listen(self) -> None:
        chart, writing = self.chart, self.writing
        chart.loaded.connect(self._loaded)
        chart.changed.connect(self._changed)
        chart.refused.connect(self._refused)
        chart.draft_ready.connect(self.write)
        self.timeline.chosen.connect(self.show_entry)
        self.timeline.opened.connect(self._open)
        writing.ended.connect(self._ended)
        writing.saved.connect(self.head.show_saved)
        writing.refused.connect(self.refused)

    # The place

    def title(self) -> str:
        if (chart := self.chart.chart) is None:
            return "Hồ sơ"
        return " · ".join(filter(None, (chart.patient.full_name.upper(), bed_words(chart.encounter))))

    def banner(self) -> QWidget | None:
        return self._banner

    def enter(self) -> None:
        held = self.focusWidget()  # as it was left: whoever saw a key image's frame reads on in the sheet
        if self.writing.is_open:
            self.writing.focus()
        else:
            (held if held is not None and self.middle.isAncestorOf(held) else self.timeline.list).setFocus()

    def leave(self) -> None:
        self.desk.sync.flush()

    def stop(self) -> None:
        self.writing.leave()
        self.acts.stop()

    # What is loaded

    def _loaded(self) -> None:
        if (chart := self.chart.chart) is None:
            return
        self._banner = Banner(chart.patient, chart.encounter, datetime.now(UTC))
        self.title_changed.emit(self.title())
        self.banner_changed.emit()
        self._changed()
        was_kept, self._kept = self._kept, self.chart.cached
        if not self._begun:
            self._begun = True
            self._first()
            self._warm.start()
        elif was_kept and not self.writing.is_open and self.timeline.entry is not None:
            self.show_entry(self.timeline.entry)  # a draft that the server still knows opens now

    def _first(self) -> None:
        """The newest draft of mine is gone on with; else the newest sheet is open."""
        if self._begin_writing:
            self.acts.begin_first()
        elif self._wanted is not None and self.chart.item(self._wanted) is not None:
            self._open(self._wanted)
        elif self.chart.items:
            newest = self.chart.items[0]
            self.timeline.choose(newest.entry)
            self.show_entry(newest.entry)
        else:
            self.middle.show_state(Empty("Chưa có văn bản nào trong hồ sơ này.", "Ghi lần đầu", "F6",
                                   self.head.buttons["chart.write"].click))
        if self.isVisible():
            self.enter()

    def open_at(self, entry: UUID) -> None:
        """Come here for one entry (from a list, the palette): it is opened as soon as the chart is there."""
        self._wanted = entry
        if self._begun:
            self._open(entry)

    def open_writing(self) -> None:
        """Come here to write: the first kind of this person is begun as soon as the chart is there."""
        self._begin_writing = True
        if self._begun:
            self.acts.begin_first()

    def _changed(self) -> None:
        """Drafts, outbox or the server's entries are new: what is open stays open."""
        at = self.chart.as_of
        self.head.show_cached(f"Bản lúc {times.clock(at)}" if self.chart.cached and at is not None else "")
        self._show_sheet_items()
        self._show_context()
        self._say_state()
        self.acts.changed()

    def _refused(self, why: Refusal) -> None:
        if self.chart.chart is None:
            self.middle.show_state(InTrouble(" ".join(reason.vietnamese for reason in why.reasons),
                                       " ".join(reason.todo for reason in why.reasons))
                             if self.desk.away else Refused("Chưa mở được hồ sơ", why.reasons))
        elif not self.chart.cached:
            self.refused.emit(why)

    # Reading

    @property
    def sheet(self) -> Sheet | None:
        """The sheet that is open."""
        return self.middle.sheet

    @property
    def form(self) -> Form | None:
        """The form whose sheet is open."""
        return self._form

    def current(self) -> TimelineItem | None:
        """The entry that acts are about: the one that is written, else the one that the cursor is on."""
        if self.writing.model is not None:
            return self.chart.item(self.writing.model.draft.entry)
        return self.chart.item(self.timeline.entry) if self.timeline.entry is not None else None

    def show_entry(self, entry: UUID) -> None:
        """The cursor came to an entry: its sheet is shown; my draft opens for writing."""
        item = self.chart.item(entry)
        if item is None:
            return
        model = self.writing.model
        if self.chart.opens(item):
            if model is None or model.draft.entry != entry:
                self.chart.open_draft(entry)
            return
        if model is not None and (item.form.code != model.draft.form.code or self.writing.middle is not None):
            self._leave_writing()
        self._close_old_version()
        self._show_form(item.form)
        if self.sheet is not None:
            self.sheet.choose(entry)
        self._say_current()

    def _open(self, entry: UUID) -> None:
        self.timeline.choose(entry)
        self.show_entry(entry)
        self.focus_middle()

    def focus_middle(self) -> None:
        """F3: the cursor into the editor, or onto the sheet."""
        if self.writing.is_open:
            self.writing.focus()
            return
        self.middle.take_focus()

    def _show_form(self, ref: FormRef) -> None:
        found = form(ref.code, ref.edition)
        if self.sheet is None or self._form is not found:
            self._form = found
            self._put_sheet(make_sheet(found, self.chart))
        self._show_sheet_items()
        self.middle.show_sheet()
        self.head.show_form(found, known_icon(found.icon))
        # A chart needs the time line's room; F2 brings it back.
        self.columns.fold_left(fold=found.layout.style == "chart")

    def _put_sheet(self, sheet: Sheet) -> None:
        self.middle.put_sheet(sheet)
        sheet.explain.connect(self._explain)
        sheet.opened.connect(self._opened_in_sheet)
        sheet.chosen.connect(self._chosen_in_sheet)

    def _show_sheet_items(self) -> None:
        if self.sheet is None or self._form is None:
            return
        found, kind = self._form, "" if self._form.layout.style == "narrative" else self._form.layout.kind
        items = self.chart.sheet(found.code, kind)
        model = self.writing.model
        if found.layout.style == "rows" and model is not None:
            items = tuple(item for item in items if item.entry != model.draft.entry or model.draft.base_version)
        fill(self.sheet, self.chart.chart, items)
        if model is not None and not model.draft.base_version and self.sheet.current() is not None:
            self.sheet.choose(model.draft.entry)

    def _chosen_in_sheet(self, item: TimelineItem) -> None:
        # When the time line stands there already, whoever shows the entry says the rest, once.
        if not self.writing.is_open and self.timeline.entry != item.entry:
            self.timeline.choose(item.entry)
            self._say_current()

    def _opened_in_sheet(self, item: TimelineItem) -> None:
        if item.draft is not None and item.draft.command is None:
            self._open(item.entry)
        else:
            self._explain(item)

    def _explain(self, item: TimelineItem) -> None:
        if item.view is not None and item.view.signatures:
            self.explain_wanted.emit(item.view, item.view.version)

    def explain(self) -> None:
        """Ctrl+I: the signature of the current entry."""
        item = self.current()
        if item is not None:
            self._explain(item)

    # Writing

    def write(self, draft: LocalDraft) -> None:
        """Open the editor of a draft."""
        self._close_old_version()
        self._take_away()
        self.writing.leave()
        if not draft.base_version:
            self._show_form(draft.form)
        self.writing.begin(draft, self.sheet)
        self._show_sheet_items()
        self.timeline.choose(draft.entry)
        for widget in (self.writing.two_texts, self.writing.foot):
            if widget is not None:
                self._foot.addWidget(widget)
        self.middle.put_editor(self.writing.middle)
        if self.writing.side is not None:
            self.columns.show_side(self.writing.side)
        if self.writing.correction is not None:
            self.columns.fold_left(fold=True)
            self.acts.join_correction(self.writing.correction)
        self.head.setVisible(self.writing.correction is None)
        self.head.show_writing(writing=True)
        if self._form is not None and self.writing.middle is not None and self.writing.model is not None:
            self.head.show_form(self._form, known_icon(self._form.icon), self.writing.model.kind.name)
        self._say_current()
        self.writing.focus()

    def _leave_writing(self) -> None:
        self._take_away()
        self.writing.leave()
        self.head.show_saved("")
        self.head.show_writing(writing=False)
        self.head.show()
        if self._form is not None:
            self.head.show_form(self._form, known_icon(self._form.icon))
            self.columns.fold_left(fold=self._form.layout.style == "chart")

    def _take_away(self) -> None:
        """The editor's widgets leave their places; the sheet is shown alone again."""
        if self.writing.side is not None:
            self.columns.show_side(self.context)
        if self.sheet is not None:
            self.sheet.put_editor(None)
        self.middle.put_editor(None)

    def _ended(self) -> None:
        """Signed or dropped: read on where one wrote."""
        entry = self.writing.model.draft.entry if self.writing.model is not None else None
        self._leave_writing()
        self.chart.load()
        if entry is not None and self.chart.item(entry) is not None:
            self.timeline.choose(entry)
        self._changed()
        self.focus_middle()

    def back(self) -> bool:
        if self._close_old_version():
            return True
        if self.writing.is_open:
            self._leave_writing()
            self._changed()
            self.timeline.list.setFocus()
            return True
        return False

    # Old versions

    def show_old_version(self, view: VersionView) -> None:
        """An earlier version over the sheet."""
        view.closed.connect(self._close_old_version)
        self.middle.show_version(view)
        self.head.hide()

    def _close_old_version(self) -> bool:
        closed = self.middle.close_version()
        if closed:
            self.head.show()
        return closed

    # Columns at the sides

    def toggle_timeline(self) -> None:
        """F2: the cursor into the time line; from there, fold it."""
        if self.timeline.isVisible() and not self.timeline.list.hasFocus():
            self.timeline.list.setFocus()
            return
        self.columns.fold_left(fold=self.timeline.isVisible())
        (self.timeline.list.setFocus if self.timeline.isVisible() else self.focus_middle)()

    def toggle_context(self) -> None:
        """F4: show or fold the right column; without the server, what waits on this PC instead of the context."""
        if self.desk.sync.status.offline_since is not None and not self.writing.side:
            if self._waiting is None:
                self._waiting = WaitingPanel(self.desk.sync)
                self._waiting.setFixedWidth(self.context.width())
            self.columns.swap_side(self._waiting, self.context)
        else:
            self.columns.toggle_side()

    # Words

    def _say_current(self) -> None:
        self._say_state()
        self._show_context()
        self.acts.refresh()

    def _say_state(self) -> None:
        item = self.current()
        if self.writing.model is not None:
            relation = self.writing.model.draft.relates_to
            words = "Nháp" if relation is None else "Nháp cấp lại" if relation.code == "replaces" else "Nháp phụ lục"
            self.head.show_state(ChipText(words, "attention", "pencil"))
        else:
            self.head.show_state(chip_of(item) if item is not None else None)

    def _show_context(self) -> None:
        chart, item = self.chart.chart, self.current()
        if chart is not None:
            self.context.show_chart(chart, self.chart.items, self.desk.account.person.id,
                                    item.entry if item is not None else None, datetime.now(UTC))
