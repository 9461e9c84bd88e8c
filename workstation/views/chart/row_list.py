"""A table of many columns (orders): each row is a sentence; the one that is written opens as a small form below it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from PyQt6.QtCore import QEvent, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import QFrame, QGridLayout, QVBoxLayout, QWidget

from records.errors import Reason
from records.forms import Field
from records.render.words import row_words
from records.validation import holds
from workstation.emitting import emitter
from workstation.views import style
from workstation.views.chart.blanks import Blank
from workstation.views.chart.icon_button import IconButton
from workstation.views.chart.rows import Make, RowsBlank, own_reasons
from workstation.views.widgets.buttons import KeyButton
from workstation.views.widgets.painting import paint_focus_ring
from workstation.views.widgets.text import clear, column, label, row

_WIDE = ("line", "text", "coded")
_SHORT_LETTERS = 60


class RowCard(QFrame):
    """One row as a sentence; Enter or a click opens it, Delete takes it out."""

    opened = pyqtSignal()
    removed = pyqtSignal()

    def __init__(self, number: int, field: Field, values: dict[str, Any], why: str, *, read_only: bool,
                 parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "section")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus if read_only else Qt.FocusPolicy.StrongFocus)
        words = row_words(field, values) or "dòng trống"
        head, _, rest = words.partition(": ")
        name, _, more = rest.partition(", ") if rest else (head, "", "")
        lines = column(label(f"{number}. {name}", "bold", wrap=True), gap=0)
        second = ", ".join(part for part in (head.lower() if rest else "", more) if part)
        if second:
            lines.addWidget(label(second, "small_second", wrap=True))
        if why:
            lines.addWidget(label(why, "critical", wrap=True))
        layout = row(gap=6, margins=(2, 3, 2, 3))
        layout.addLayout(lines, 1)
        if not read_only:
            layout.addWidget(IconButton("x", f"Bỏ dòng {number}", on_click=emitter(self, self.removed)), 0,
                             Qt.AlignmentFlag.AlignTop)
        self.setLayout(layout)
        self.setAccessibleName(f"Dòng {number}: {words}. {why}")

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.opened.emit()
        elif event is not None and event.key() == Qt.Key.Key_Delete:
            self.removed.emit()
        else:
            super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        if self.focusPolicy() != Qt.FocusPolicy.NoFocus:
            self.opened.emit()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        super().paintEvent(event)
        if self.hasFocus():
            paint_focus_ring(QPainter(self), self.rect())


class RowForm(QFrame):
    """The blanks of one row, two to a line where they are short; what does not apply is away."""

    changed = pyqtSignal(str, object)
    done = pyqtSignal()

    def __init__(self, field: Field, values: dict[str, Any], make: Make, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self._field, self._values = field, dict(values)
        self.blanks: dict[str, Blank] = {}
        self._holders: dict[str, QWidget] = {}
        self._grid = QGridLayout()
        self._grid.setContentsMargins(8, 6, 8, 4)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(4)
        for part in field.fields:
            self._holders[part.key] = self._holder(part, make)
        self._why = label("", "critical", wrap=True)
        self._why.hide()
        finish = row(self._why, gap=8, margins=(8, 0, 8, 6))
        finish.setStretch(0, 1)
        finish.addWidget(KeyButton("Xong dòng này", "Enter", small=True, on_click=emitter(self, self.done)))
        layout = column(gap=2)
        layout.addLayout(self._grid)
        layout.addLayout(finish)
        self.setLayout(layout)
        self._place()

    def _holder(self, part: Field, make: Make) -> QWidget:
        bare = part.model_copy(update={"help": part.help.removeprefix("Ví dụ: ")})
        blank = self.blanks[part.key] = make(bare)
        blank.show_value(self._values.get(part.key))
        blank.edited.connect(partial(self._edited, part.key))
        holder = QWidget(self)
        words = part.label + (f" ({part.unit})" if part.unit else "")
        holder.setLayout(column(label(words, "small_second", wrap=True), blank, gap=1))
        return holder

    def _edited(self, key: str, value: Any) -> None:
        if value in (None, ""):
            self._values.pop(key, None)
        else:
            self._values[key] = value
        self._place()
        self.changed.emit(key, value)

    def _place(self) -> None:
        """Short blanks share a line; which are there depends on the row (a drug has a dose, a test has none)."""
        at = half = 0
        for part in self._field.fields:
            holder = self._holders[part.key]
            shown = holds(part.shown_when, self._values)
            holder.setVisible(shown)
            if not shown:
                continue
            wide = part.type in _WIDE and (part.max_length or 255) > _SHORT_LETTERS
            if wide and half:
                at, half = at + 1, 0
            self._grid.addWidget(holder, at, half, 1, 2 if wide else 1)
            at, half = (at + 1, 0) if wide or half else (at, 1)

    def note(self, wrong: dict[str, list[Reason]], unusual: dict[str, list[Reason]]) -> None:
        """What is wrong in this row; what is still empty while the row is being written is no fault."""
        wrong = {key: told for key, reasons in wrong.items()
                 if (told := [reason for reason in reasons if reason.code != "field_missing"])}
        for key, blank in self.blanks.items():
            blank.note(wrong.get(key, ()), unusual.get(key, ()))
        words = " ".join(reason.vietnamese for reasons in wrong.values() for reason in reasons)
        self._why.setText(words)
        self._why.setVisible(bool(words))

    def event(self, event: QEvent | None) -> bool:
        # Esc closes the row that is written, not the whole editor.
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride \
                and event.key() == Qt.Key.Key_Escape:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape):
            self.done.emit()
        else:
            super().keyPressEvent(event)

    def first(self) -> QWidget:
        """Where one begins: the first blank that is empty."""
        for part in self._field.fields:
            if part.required and part.key not in self._values:
                return self.blanks[part.key].target()
        return self.blanks[self._field.fields[0].key].target()


class RowList(RowsBlank):
    """Sentences with crosses, one open row, and the button that adds."""

    def __init__(self, field: Field, make: Make, parent: QWidget | None = None) -> None:
        super().__init__(field, make, parent)
        self._open: int | None = None
        self._form: RowForm | None = None
        self._problems: Sequence[Reason] = ()
        self._warnings: Sequence[Reason] = ()
        self._locked = False
        self._list: QVBoxLayout = column(gap=0)
        self.add = KeyButton(f"Thêm {field.label[:1].lower()}{field.label[1:]}", "F5", icon="clipboard-plus",
                             small=True, on_click=self.begin_row)
        layout = column(gap=6)
        layout.addLayout(self._list)
        layout.addLayout(row(self.add, None))
        self.setLayout(layout)

    @property
    def form(self) -> RowForm | None:
        """The row that is being written."""
        return self._form

    def show_value(self, value: Any) -> None:
        given = [dict(item) for item in value] if isinstance(value, list) else []
        if self._form is not None and given == self.rows:
            return
        self.rows = given
        if self._open is not None and self._open >= len(given):
            self._open = None
        self._build()

    def lock(self) -> None:
        self._locked = True
        self.add.hide()
        self._build()

    def _build(self) -> None:
        clear(self._list)
        self._form = None
        for at, values in enumerate(self.rows):
            if at == self._open:
                self._form = self._row_form(at, values)
                self._list.addWidget(self._form)
            else:
                self._list.addWidget(self._card(at, values))
        self.updateGeometry()

    def _card(self, at: int, values: dict[str, Any]) -> RowCard:
        wrong = own_reasons(self._problems, self.field.key, at + 1)
        words = " ".join(reason.vietnamese for reasons in wrong.values() for reason in reasons)
        card = RowCard(at + 1, self.field, values, words, read_only=self._locked)
        card.opened.connect(partial(self.open_row, at))
        card.removed.connect(partial(self.remove_row, at))
        return card

    def _row_form(self, at: int, values: dict[str, Any]) -> RowForm:
        form = RowForm(self.field, values, self._make)
        form.changed.connect(partial(self.change, at))
        form.done.connect(self.close_row)
        return form

    def begin_row(self) -> None:
        """A new row at the end, like the one before in its first choice."""
        if self._locked or len(self.rows) >= self.field.max_rows:
            return
        self.close_row()
        first = self.field.fields[0]
        like = self.rows[-1].get(first.key) if self.rows else first.choices[0].code if first.choices else None
        self.rows.append({first.key: like} if like is not None else {})
        self.open_row(len(self.rows) - 1)
        self.tell()

    def open_row(self, at: int) -> None:
        """Write in that row."""
        self._open = at
        self._build()
        if self._form is not None:
            self._form.first().setFocus()

    def close_row(self) -> None:
        """The row is done: it becomes a sentence; an empty one goes."""
        if self._open is None:
            return
        at, self._open = self._open, None
        names = [part.key for part in self.field.fields if part.required and part.type != "choice"]
        if at < len(self.rows) and not any(self.rows[at].get(name) for name in names) and len(self.rows[at]) <= 1:
            del self.rows[at]
            self.tell()
        self._build()
        self.add.setFocus()

    def remove_row(self, at: int) -> None:
        """Take a row out."""
        self._open = None
        del self.rows[at]
        self._build()
        self.add.setFocus()
        self.tell()

    def target(self) -> QWidget:
        for at in range(len(self.rows)):
            if own_reasons(self._problems, self.field.key, at + 1):
                self.open_row(at)
                break
        return self._form.first() if self._form is not None else self.add

    def note(self, problems: Sequence[Reason], warnings: Sequence[Reason]) -> None:
        if (tuple(problems), tuple(warnings)) == (tuple(self._problems), tuple(self._warnings)):
            return
        self._problems, self._warnings = tuple(problems), tuple(warnings)
        if self._form is not None and self._open is not None:
            number = self._open + 1
            self._form.note(own_reasons(problems, self.field.key, number),
                            own_reasons(warnings, self.field.key, number))
        else:
            self._build()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        super().paintEvent(event)
        if self.rows:
            painter = QPainter(self)
            painter.setPen(style.colour("line"))
            painter.drawLine(0, 0, self.width(), 0)
