"""The editor that is open: its model, the widget that shows it, and where that widget stands."""

from __future__ import annotations

from collections.abc import Mapping

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtWidgets import QFrame, QWidget

from workstation.drafts import LocalDraft
from workstation.models.chart import ChartModel
from workstation.models.editor import EditorModel
from workstation.models.gathering import gathered
from workstation.models.holding_up import BeforeMine
from workstation.models.order_choice import OrderChoice
from workstation.views.chart.before_signing import BeforeSigning
from workstation.views.chart.correction import CorrectionView
from workstation.views.chart.earlier import Last, last_values
from workstation.views.chart.field_line import NARROW_LABEL
from workstation.views.chart.form_editor import FieldLines, FormEditor, HintLine, Scrolled
from workstation.views.chart.order_blank import OrderBlank
from workstation.views.chart.problems import to_see_to
from workstation.views.chart.row_editor import RowEditor, TimeBlank
from workstation.views.chart.sheets import Sheet
from workstation.views.chart.two_texts import TwoTexts
from workstation.views.widgets.text import PanelHead, column, label, row

SIDE_WIDTH = 300


class Writing(QObject):
    """One open draft at a time."""

    ended = pyqtSignal()
    """Signed or dropped."""
    saved = pyqtSignal(str)
    """«Đã lưu nháp 03:12:41»."""
    refused = pyqtSignal(object)

    def __init__(self, chart: ChartModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._chart = chart
        self.model: EditorModel | None = None
        self.lines: FieldLines | None = None
        self.foot: BeforeSigning | None = None
        self.choice: OrderChoice | None = None
        """Which order it answers."""
        self.two_texts: TwoTexts | None = None
        self.correction: CorrectionView | None = None
        self.side: QFrame | None = None
        """The column at the right in which a sheet of columns is written."""
        self.middle: QWidget | None = None
        """What fills the middle instead of the sheet."""
        self._time: TimeBlank | None = None

    @property
    def is_open(self) -> bool:
        """Something is being written."""
        return self.model is not None

    def begin(self, draft: LocalDraft, sheet: Sheet | None) -> None:
        """Open the editor of a draft; the one that was open is left, its draft stays."""
        self.leave()
        model = self.model = self._chart.editor(draft, self)
        model.saved_changed.connect(self._say_saved)
        model.closed.connect(self._closed)
        model.refused.connect(self.refused)
        if model.kind.gathers:
            model.take_over(gathered(model.kind, draft.form, self._chart.items))
        self.choice = OrderChoice(self._chart, model)
        self.foot = BeforeSigning(model, BeforeMine(self._chart.desk, self._chart, model), self.choice)
        self.two_texts = TwoTexts(model)
        if draft.base_version:
            self.correction = CorrectionView(model)
            self.lines, self.middle, self.side = self.correction, self.correction, self.correction.side
        else:
            self._plain(model, sheet)
        self._join(self.lines, self.choice)
        self._say_saved()

    def _join(self, lines: FieldLines | None, choice: OrderChoice) -> None:
        line = lines.lines.get(choice.key) if lines is not None else None
        if lines is not None and line is not None and isinstance(line.blank, OrderBlank):
            line.blank.join(choice)
            choice.changed.connect(lines.refresh)
            lines.refresh()

    def _plain(self, model: EditorModel, sheet: Sheet | None) -> None:
        last = self._last(model)
        layout = model.form.layout
        if layout.style == "rows" and layout.kind == model.kind.key and sheet is not None:
            editor = self.lines = RowEditor(model, last=last)
            self._time = editor.time
            sheet.put_editor(editor)
            model.checked.connect(sheet.settle)
        elif layout.style in ("columns", "chart") and layout.kind == model.kind.key:
            self.lines = FormEditor(model, narrow=True, last=last)
            self.side = self._side(model, self.lines)
        else:
            self.lines = FormEditor(model, last=last)
            self.middle = Scrolled(self.lines, self._time_line(model, margin=16))

    def _last(self, model: EditorModel) -> Mapping[str, Last]:
        return last_values(self._chart.items, model.kind.fields, model.draft.entry, model.occurred_at)

    def _side(self, model: EditorModel, lines: FormEditor) -> QFrame:
        side = QFrame()
        side.setProperty("role", "panel")
        side.setFixedWidth(SIDE_WIDTH)
        layout = column(PanelHead("pencil", model.kind.name), self._time_line(model, margin=12), gap=0)
        layout.addWidget(Scrolled(lines), 1)
        layout.addWidget(HintLine(lines))
        side.setLayout(layout)
        return side

    def _time_line(self, model: EditorModel, *, margin: int) -> QWidget:
        """The clinical time, chosen by the author."""
        self._time = TimeBlank(model, beside=True)
        name = label("Giờ")
        name.setFixedWidth(NARROW_LABEL)
        line = QWidget()
        line.setLayout(row(name, self._time, None, gap=6, margins=(margin, 8, margin, 0)))
        return line

    def _say_saved(self) -> None:
        if self.model is not None:
            self.saved.emit(self.model.saved_line)

    def _closed(self) -> None:
        self.ended.emit()

    def leave(self) -> None:
        """Close the editor; the draft stays."""
        model, self.model = self.model, None
        if model is None:
            return
        for widget in (self.foot, self.two_texts, self.side, self.middle):
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.lines = self.foot = self.two_texts = self.correction = self.side = self.middle = self._time = None
        self.choice = None
        if not model.is_closed:
            model.leave()
        model.deleteLater()

    # Where the cursor goes

    def focus(self) -> None:
        """F3: into the text."""
        target = self.lines.first() if self.lines is not None else None
        if target is not None and self.lines is not None:
            target.setFocus()
            self.lines.moved.emit(target)

    def go_to_missing(self) -> bool:
        """Before signing: to the first field that is missing something; False when nothing is."""
        if self.model is None or self.lines is None:
            return False
        self.model.check()
        keys = self._to_see_to(self.model)
        if not keys and not self.model.missing:
            return False
        if keys:
            return self.lines.go_to(keys[0])
        return self.correction is not None and self.correction.side.take_focus()

    def _to_see_to(self, model: EditorModel) -> list[str]:
        """The fields where something is wrong or missing, and that which asks for the order."""
        keys = {*to_see_to(model), *((self.choice.key,) if self.choice is not None and self.choice.asks else ())}
        return [field.key for field in model.kind.fields if field.key in keys]

    def next_missing(self, step: int) -> bool:
        """F8: to the next field where something is wrong, missing or (in a correction) changed."""
        if self.model is None or self.lines is None:
            return False
        self.model.check()
        keys = list(self._to_see_to(self.model))
        if self.correction is not None:
            keys = self.correction.stops(keys)
        if not keys:
            return False
        here = self.lines.has_focus_at()
        order = [field.key for field in self.model.kind.fields]
        if self.correction is not None:
            order = self.correction.order()
        target = _after(keys, order, here, step)
        return self.lines.go_to(target)


def _after(keys: list[str], order: list[str], here: str, step: int) -> str:
    """The stop after (or before) the field where the cursor is, round and round."""
    if here not in order:
        return keys[0 if step > 0 else -1]
    at = order.index(here)
    later = [key for key in keys if key in order and (order.index(key) - at) * step > 0]
    if later:
        return later[0 if step > 0 else -1]
    return keys[0 if step > 0 else -1]
