"""The vital signs sheet: the paper's chart page by page, the chosen one in words, T for the values as a table."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QStackedWidget, QWidget

from records.forms import Column, Form
from workstation.models.chart import TimelineItem
from workstation.views.chart.columns_sheet import ColumnsSheet
from workstation.views.chart.earlier import values_of
from workstation.views.chart.reading import column_kind, safe_words
from workstation.views.chart.vitals_plot import VitalsPlot
from workstation.views.widgets import times
from workstation.views.widgets.text import Elided, KeyCap, column, frame, label, row


class VitalsSheet(QWidget):
    """Plot or table over the same entries."""

    explain = pyqtSignal(object)
    opened = pyqtSignal(object)
    chosen = pyqtSignal(object)

    def __init__(self, form: Form, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.form = form
        self._items: tuple[TimelineItem, ...] = ()
        self._at = -1
        self.plot = VitalsPlot(form)
        self.table = ColumnsSheet(form.model_copy(update={"layout": form.layout.model_copy(update={
            "per_page": 10, "columns": _with_curves(form)})}))
        self._pages = QStackedWidget()
        self._pages.addWidget(self.plot)
        self._pages.addWidget(self.table)
        self._said = Elided("", "second")
        self._page = label("", "small_second")
        foot = frame("foot")
        line = row(self._page, self._said, KeyCap("←→"), label("đổi cột", "small_second"), KeyCap("T"),
                   label("bảng số", "small_second"), gap=6, margins=(10, 4, 10, 4))
        line.setStretch(1, 1)
        foot.setLayout(line)
        layout = column(gap=0)
        layout.addWidget(self._pages, 1)
        layout.addWidget(foot)
        self.setLayout(layout)
        self.plot.stepped.connect(self._step)
        self.plot.chosen_at.connect(lambda at: self._go(self._first + at))
        self.plot.signed_at.connect(self._explain)
        self.plot.opened_at.connect(lambda _at: self._open())
        for signal, own in ((self.table.explain, self.explain), (self.table.opened, self.opened)):
            signal.connect(own)
        self.table.chosen.connect(lambda item: self.choose(item.entry) if self.in_table else None)

    @property
    def in_table(self) -> bool:
        """The values are shown as a table."""
        return self._pages.currentWidget() is self.table

    def show_items(self, items: Sequence[TimelineItem]) -> None:
        """The measurements, oldest first."""
        chosen = self.current()
        self._items = tuple(items)
        self.table.show_items(items)
        entries = [item.entry for item in self._items]
        self._at = entries.index(chosen.entry) if chosen is not None and chosen.entry in entries \
            else len(self._items) - 1
        self._show()

    @property
    def _first(self) -> int:
        return max(0, self._at) // self.plot.per_page * self.plot.per_page

    def _show(self) -> None:
        first, many = self._first, self.plot.per_page
        self.plot.show_items(self._items[first:first + many], self._at - first)
        pages = max(1, -(-len(self._items) // many))
        self._page.setText(f"Tờ số {first // many + 1}/{pages}")
        item = self.current()
        words = self.words(item) if item is not None else "Chưa có lần đo nào."
        self._said.say(words)
        self.plot.setAccessibleDescription(words)

    def words(self, item: TimelineItem) -> str:
        """The chosen measurement in one line."""
        values = values_of(item)
        parts = [f"{field.label} {safe_words(field, values[field.key])}"
                 for field in column_kind(self.form).fields if field.key in values]
        return f"Đang chọn {times.clock(item.occurred_at)} {times.day_month(item.occurred_at)}: {' · '.join(parts)}"

    def choose(self, entry: UUID) -> bool:
        """The cursor onto a measurement."""
        at = next((place for place, item in enumerate(self._items) if item.entry == entry), -1)
        if at < 0:
            return False
        if at != self._at:
            self._go(at)
        return True

    def current(self) -> TimelineItem | None:
        """The chosen measurement."""
        return self._items[self._at] if 0 <= self._at < len(self._items) else None

    def put_editor(self, editor: QWidget | None) -> None:
        """Measurements are written at the right of the sheet."""

    def settle(self) -> None:
        """Nothing moves by itself here."""

    def show_earlier(self) -> None:
        """Alt+↑: the measurement before."""
        self._step(-1)

    def _step(self, step: int) -> None:
        if self._items:
            self._go(min(max(0, self._at + step), len(self._items) - 1))

    def _go(self, at: int) -> None:
        if not 0 <= at < len(self._items):
            return
        self._at = at
        self._show()
        self.table.choose(self._items[at].entry)
        self.chosen.emit(self._items[at])

    def _explain(self, at: int) -> None:
        item = self._items[self._first + at]
        if item.view is not None and item.view.signatures:
            self.explain.emit(item)

    def _open(self) -> None:
        item = self.current()
        if item is not None:
            self.opened.emit(item)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is not None and event.key() == Qt.Key.Key_T and not event.modifiers():
            self.turn()
        else:
            super().keyPressEvent(event)

    def turn(self) -> None:
        """T: curves or numbers."""
        to: QWidget = self.plot if self.in_table else self.table
        self._pages.setCurrentWidget(to)
        (self.table.table if self.in_table else self.plot).setFocus()


def _with_curves(form: Form) -> tuple[Column, ...]:
    """The table has the curves' values too: the fields that no line of the layout shows stand first."""
    placed = {key for line in form.layout.columns for key in line.fields}
    curves = tuple(Column(title=field.label, unit=field.unit, fields=(field.key,))
                   for field in column_kind(form).fields if field.key not in placed)
    return (*curves, *form.layout.columns)
