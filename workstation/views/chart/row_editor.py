"""The row that is being written, in its place on the sheet: time, what was seen, what is ordered."""

from __future__ import annotations

from collections.abc import Mapping

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PyQt6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from records.forms import Field
from workstation.models.editor import EditorModel
from workstation.views import style
from workstation.views.chart.earlier import Last
from workstation.views.chart.field_line import FieldLine
from workstation.views.chart.form_editor import FieldLines
from workstation.views.chart.moments import read_moment
from workstation.views.chart.reading import beside_the_sheet, fields_of
from workstation.views.chart.row_layout import PAD, column_lefts
from workstation.views.widgets import times
from workstation.views.widgets.fields import LineField
from workstation.views.widgets.text import KeyCap, column, label, row


class TimeBlank(QWidget):
    """The clinical time of an entry: HH:MM, with the day below it."""

    def __init__(self, model: EditorModel, parent: QWidget | None = None, *, beside: bool = False) -> None:
        super().__init__(parent)
        self._model = model
        self.line = LineField("Thời gian lần ghi")
        self.line.setFixedWidth(50)
        self.line.setProperty("role", "time")
        self.line.setToolTip("Giờ của lần ghi; thêm ngày/tháng khi ghi cho ngày khác")
        self.line.editingFinished.connect(self._take)
        self._day = label("", "second")
        self.setLayout(row(self.line, self._day, None) if beside else column(self.line, self._day, None, gap=2))
        self.show_time()

    def show_time(self) -> None:
        """The model's time."""
        self.line.setText(times.clock(self._model.occurred_at))
        self._day.setText(times.day_month(self._model.occurred_at))

    def _take(self) -> None:
        at = read_moment(self.line.text(), times.local(self._model.occurred_at).date())
        if at is not None:
            self._model.set_occurred_at(at)
        self.show_time()


class RowEditor(FieldLines):
    """One entry of a rows sheet, written where it will stand."""

    def __init__(self, model: EditorModel, *, last: Mapping[str, Last] | None = None,
                 parent: QWidget | None = None) -> None:
        super().__init__(model, parent)
        self._last = last or {}
        self.time = TimeBlank(model)
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 6, 0, 8)
        self._grid.setHorizontalSpacing(0)
        cell = QWidget()
        cell.setLayout(row(self.time, margins=(7, 0, 0, 0)))
        self._grid.addWidget(cell, 0, 0, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        for place, printed in enumerate(model.form.layout.columns):
            if place:
                fields = fields_of(model.kind, printed)
                self._grid.addWidget(self._cell(fields, with_rest=place == 1), 0, place)
        self.setLayout(self._grid)
        self._fit()

    def _cell(self, fields: tuple[Field, ...], *, with_rest: bool) -> QWidget:
        inside: QVBoxLayout = column(gap=6, margins=(PAD, 0, PAD, 0))
        for field in fields:
            shape = "letter" if field.number else "wide" if len(fields) > 1 else "bare"
            inside.addWidget(self.add(FieldLine(self.model, field, shape=shape, last=self._last.get(field.key))))
        if with_rest:
            for field in beside_the_sheet(self.model.form):
                inside.addWidget(self.add(FieldLine(self.model, field, shape="wide")))
            inside.addLayout(row(KeyCap("Tab"), label("ô sau", "small_second"), 4, KeyCap("Alt+↑"),
                                 label("lần ghi trước", "small_second"), None, gap=4, margins=(20, 2, 0, 0)))
        inside.addStretch(1)
        cell = QWidget()
        cell.setLayout(inside)
        return cell

    def _fit(self) -> None:
        """The columns stand under their heads."""
        lefts = column_lefts(self.model.form, self.width())
        for place in range(len(lefts) - 1):
            self._grid.setColumnMinimumWidth(place, lefts[place + 1] - lefts[place])
            item = self._grid.itemAtPosition(0, place)
            if item is not None and (widget := item.widget()) is not None and place:
                widget.setFixedWidth(lefts[place + 1] - lefts[place])

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._fit()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setPen(style.colour("line2"))
        for left in column_lefts(self.model.form, self.width())[1:-1]:
            painter.drawLine(left, 0, left, self.height())
        painter.drawLine(0, self.height() - 1, self.width(), self.height() - 1)
