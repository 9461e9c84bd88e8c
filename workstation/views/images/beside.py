"""The report's words beside the pictures: the draft that is open in the chart, written on while slices are seen."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PyQt6.QtCore import QEvent, Qt, pyqtSignal
from PyQt6.QtGui import QFocusEvent, QKeyEvent, QTextCursor
from PyQt6.QtWidgets import QSizePolicy, QWidget

from records import imaging_orders
from records.forms import Field
from workstation.models.editor import EditorModel
from workstation.views.widgets.fields import TextField
from workstation.views.widgets.text import column, label

LEAST = 40
"""Pixels of a field in the fullest panel: two lines."""


class ReportBeside(QWidget):
    """The long words that the report demands, as many lines as there is room for. The form itself, with its other
    blanks, is one key away, and shows what is written here.
    """

    left = pyqtSignal()
    """Esc: back to the pictures; what was written stays."""
    turned = pyqtSignal()
    """There is a draft now, or none any more."""
    keys_changed = pyqtSignal()
    """The cursor came into one of the texts, or left them."""

    def __init__(self, draft: Callable[[], EditorModel | None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._draft = draft
        self._model: EditorModel | None = None
        self.fields: dict[str, _Words] = {}
        self._rows = column(gap=2)
        self.setLayout(self._rows)
        self.hide()

    @property
    def model(self) -> EditorModel | None:
        """The draft that is written on."""
        return self._model

    @property
    def form(self) -> str:
        """The form that is written on; empty when none is."""
        return self._model.form.code if self._model is not None else ""

    @property
    def has_keys(self) -> bool:
        """Whether the cursor is in one of the texts."""
        return any(field.hasFocus() for field in self.fields.values())

    def take_keys(self) -> None:
        """The cursor goes to the end of the first text that is empty, else of the last one."""
        fields = list(self.fields.values())
        target = next((field for field in fields if not field.toPlainText().strip()), fields[-1])
        target.setFocus()
        target.moveCursor(QTextCursor.MoveOperation.End)

    def look(self) -> None:
        """The draft as it is in the chart now."""
        model = self._draft()
        if model is not None and (model.is_closed or not texts_of(model)):
            model = None
        if model is not self._model:
            self._take(model)
        for key, field in self.fields.items():
            field.tell(self._model.value(key) if self._model is not None else None)

    def _take(self, model: EditorModel | None) -> None:
        while (item := self._rows.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self._model, self.fields = model, {}
        for field in texts_of(model) if model is not None else ():
            made = self.fields[field.key] = _Words(field.label)
            made.setReadOnly(model is not None and model.is_fixed)
            made.typed.connect(partial(self._typed, field.key))
            made.left.connect(self.left)
            made.focused.connect(self.keys_changed)
            self._rows.addWidget(label(field.label, "viewer_small"))
            self._rows.addWidget(made, field.lines)
        if model is not None:
            model.value_changed.connect(self._changed)
            model.closed.connect(self.look)
        self.setVisible(model is not None)
        self.turned.emit()

    def _typed(self, key: str, text: str) -> None:
        if self._draft() is self._model and self._model is not None:
            # Not only set: the form in the chart shows it too.
            self._model.take_over({key: text or None})
        else:
            self.look()  # the chart has another draft open by now

    def _changed(self, key: str) -> None:
        if key in self.fields and self._draft() is self._model and self._model is not None:
            self.fields[key].tell(self._model.value(key))


def texts_of(model: EditorModel) -> tuple[Field, ...]:
    """The texts that a report must have, beside its key images; none of what is no report."""
    report = next((one for one in imaging_orders.data().reports
                   if (one.form, one.kind) == (model.form.code, model.kind.key)), None)
    if report is None:
        return ()
    section = next((one for one in model.kind.sections if report.images in {field.key for field in one.fields}), None)
    return tuple(field for field in section.fields if field.type == "text" and field.required) if section else ()


class _Words(TextField):
    """As high as there is room."""

    typed = pyqtSignal(str)
    left = pyqtSignal()
    focused = pyqtSignal()

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._telling = False
        self.setProperty("role", "viewer")
        # Words are wrapped; while the panel finds its sizes a bar flashed up over the last line, and stayed.
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumHeight(LEAST)
        self.setMaximumHeight(1 << 14)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.textChanged.connect(self._say)

    def tell(self, value: object) -> None:
        """What the draft says; the cursor stays where text is the same."""
        words = "" if value is None else str(value)
        if not self.composing and self.toPlainText() != words:
            self._telling = True
            self.setPlainText(words)
            self._telling = False

    def event(self, event: QEvent | None) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride and (
                event.key() == Qt.Key.Key_Escape):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is not None and event.key() == Qt.Key.Key_Escape and not self.composing:
            self.left.emit()
            return
        super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent | None) -> None:
        super().focusInEvent(event)
        self.focused.emit()

    def focusOutEvent(self, event: QFocusEvent | None) -> None:
        super().focusOutEvent(event)
        self.focused.emit()

    def _say(self) -> None:
        if not self._telling:
            self.typed.emit(self.toPlainText())

    def _grow(self) -> None:
        """Its place in the panel says how high it is."""
