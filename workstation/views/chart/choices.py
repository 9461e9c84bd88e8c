"""Blanks where one chooses: buttons in a row for a few short answers, a list for many."""

from __future__ import annotations

from functools import partial
from typing import Any

from PyQt6.QtCore import QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from records.forms import Choice, Field
from workstation.views import style
from workstation.views.chart.blanks import Blank
from workstation.views.widgets.choice import ChoiceField
from workstation.views.widgets.fields import FieldTone
from workstation.views.widgets.icons import icon_pixmap
from workstation.views.widgets.painting import paint_focus_ring
from workstation.views.widgets.text import row

MOST_BUTTONS = 5
MOST_LETTERS = 46
YES_NO = (Choice(code="yes", label="Có"), Choice(code="no", label="Không"))


class Option(QAbstractButton):
    """One answer: a tick and a stronger ground say that it is the chosen one. Arrows go to its neighbours."""

    arrow = pyqtSignal(int)
    emptied = pyqtSignal()

    def __init__(self, text: str, parent: QWidget | None = None, *, aligned: bool = False) -> None:
        """`aligned`: one of several sentences below each other, as wide as their room."""
        super().__init__(parent)
        self._aligned = aligned
        self.setText(text)
        self.setToolTip(text if aligned else "")
        self.setCheckable(True)
        self.setAccessibleName(text)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        across = QSizePolicy.Policy.Expanding if aligned else QSizePolicy.Policy.Fixed
        self.setSizePolicy(across, QSizePolicy.Policy.Fixed)
        self.tone = ""

    def sizeHint(self) -> QSize:
        return QSize(QFontMetrics(style.font(bold=True)).horizontalAdvance(self.text()) + 38, style.px("field"))

    def minimumSizeHint(self) -> QSize:
        return QSize(120, style.px("field")) if self._aligned else self.sizeHint()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is None:
            return
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if self._aligned:
            steps |= {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        if event.key() in steps:
            self.arrow.emit(steps[Qt.Key(event.key())])
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.emptied.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        on = self.isChecked()
        edge = self.tone or ("primary" if on else "border")
        painter.setPen(style.colour(edge))
        painter.setBrush(style.colour("primary_tint" if on else "panel" if self.isEnabled() else "alt"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
        if on:
            painter.drawPixmap(8, (self.height() - 14) // 2, icon_pixmap("check", "primary", 14,
                                                                         self.devicePixelRatioF()))
        painter.setFont(style.font(bold=on))
        painter.setPen(style.colour("primary" if on else "ink"))
        left = 26 if on or self._aligned else 0
        side = Qt.AlignmentFlag.AlignLeft if left else Qt.AlignmentFlag.AlignHCenter
        words = painter.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width() - left - 8) \
            if self._aligned else self.text()
        painter.drawText(self.rect().adjusted(left, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter | side, words)
        if self.hasFocus():
            paint_focus_ring(painter, self.rect())


class ButtonsBlank(Blank):
    """A few answers beside each other; choosing the chosen one again, or Delete, empties the blank."""

    def __init__(self, field: Field, choices: tuple[Choice, ...], *, several: bool = False, upright: bool = False,
                 parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._several = several
        self._options = {choice.code: Option(choice.label) for choice in choices}
        layout: QHBoxLayout | QVBoxLayout = QVBoxLayout() if upright else row(gap=4)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for code, option in self._options.items():
            option.clicked.connect(partial(self._clicked, code))
            option.arrow.connect(partial(self._step, code))
            option.emptied.connect(lambda: self._tell(None))
            option.setAccessibleDescription(field.label)
            layout.addWidget(option)
        if not upright:
            layout.addStretch(1)
        self.setLayout(layout)
        self._chosen: tuple[str, ...] = ()

    def _clicked(self, code: str, on: bool = True) -> None:
        if self._several:
            rest = tuple(name for name in self._options if (name in self._chosen) != (name == code))
            self._show(rest)
            self.edited.emit(list(rest) or None)
        else:
            self._tell(None if code in self._chosen else code)

    def _step(self, code: str, step: int) -> None:
        codes = list(self._options)
        to = codes[(codes.index(code) + step) % len(codes)]
        self._options[to].setFocus()
        if not self._several:
            self._tell(to)

    def _tell(self, code: str | None) -> None:
        self._show(() if code is None else (code,))
        self.edited.emit(self.value_of(code))

    def value_of(self, code: str | None) -> Any:
        """The code as the form stores it."""
        return code

    def codes_of(self, value: Any) -> tuple[str, ...]:
        """The chosen codes that a stored value means."""
        return tuple(value) if isinstance(value, list | tuple) else () if value is None else (str(value),)

    def show_value(self, value: Any) -> None:
        self._show(self.codes_of(value))

    def _show(self, codes: tuple[str, ...]) -> None:
        self._chosen = codes
        for code, option in self._options.items():
            option.setChecked(code in codes)

    def target(self) -> QWidget:
        chosen = [option for code, option in self._options.items() if code in self._chosen]
        return (chosen or list(self._options.values()))[0]

    def set_tone(self, tone: FieldTone, why: str) -> None:
        for option in self._options.values():
            option.tone = tone
            option.update()


class YesNoBlank(ButtonsBlank):
    """Có or Không; neither is a third answer: not asked yet."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, YES_NO, parent=parent)

    def value_of(self, code: str | None) -> Any:
        return None if code is None else code == "yes"

    def codes_of(self, value: Any) -> tuple[str, ...]:
        return ("yes",) if value is True else ("no",) if value is False else ()


class ListBlank(Blank):
    """One of many: letters choose, Delete empties."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self.list = ChoiceField(field.label)
        self.list.addItem("", None)
        for choice in field.choices:
            self.list.addItem(choice.label, choice.code)
        self.list.activated.connect(lambda _at: self.edited.emit(self.list.currentData()))
        self.list.setSizeAdjustPolicy(ChoiceField.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.list.setMinimumContentsLength(9)
        self.list.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setLayout(row(self.list, gap=0))
        self.setFocusProxy(self.list)

    def show_value(self, value: Any) -> None:
        self.list.setCurrentIndex(max(0, self.list.findData(value)))

    def target(self) -> QWidget:
        return self.list

    def set_tone(self, tone: FieldTone, why: str) -> None:
        self.list.setAccessibleDescription(why)


def choice_blank(field: Field, *, narrow: bool = False) -> Blank:
    """Buttons where they have room, else a list."""
    if field.type == "choices":
        return ButtonsBlank(field, field.choices, several=True, upright=narrow)
    letters = sum(len(choice.label) + 4 for choice in field.choices)
    few = len(field.choices) <= MOST_BUTTONS and letters <= MOST_LETTERS
    return ListBlank(field) if narrow or not few else ButtonsBlank(field, field.choices)
