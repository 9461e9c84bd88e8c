"""What a hand can do to a window: keys, letters, clicks, drags and the wheel, through the window system itself."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from PyQt6 import sip
from PyQt6.QtCore import QAbstractItemModel, QAbstractListModel, QKeyCombination, QPoint, QPointF, Qt
from PyQt6.QtGui import QKeySequence, QWheelEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QHeaderView,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

Act = Callable[[], str]
"""Does something, and says what it was."""
HANDS: Any = QTest
"""PyQt's stubs take these functions for methods."""
PLAIN = Qt.KeyboardModifier.NoModifier
LEFT, RIGHT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton
WRITTEN = ("ho khan", "38,5", "120/80", "Viêm phổi thùy dưới phải", "J18.1", "-1", "999999999999", "26/11/2026 08:15",
           "ấẫ\u0301", "\t", "a" * 3000, "🙂", "0026-18842", "x\ny\nz", "12.", "")
LOOSE = (Qt.Key.Key_Tab, Qt.Key.Key_Backtab, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape, Qt.Key.Key_Space,
         Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp,
         Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Delete, Qt.Key.Key_Backspace, Qt.Key.Key_Insert)
HELD = (PLAIN, PLAIN, PLAIN, PLAIN, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier,
        Qt.KeyboardModifier.AltModifier)


def top() -> QWidget | None:
    """What gets the keys and the mouse now: a menu, a dialog, else the window."""
    found = QApplication.activePopupWidget() or QApplication.activeModalWidget() or QApplication.activeWindow()
    if found is None:
        shown = [one for one in QApplication.topLevelWidgets() if one.isVisible()]
        found = shown[-1] if shown else None
        if found is not None:
            found.activateWindow()
    return found


W = TypeVar("W", bound=QWidget)


def _shown(kind: type[W], where: QWidget) -> list[W]:
    return [one for one in where.findChildren(kind) if one.isVisible() and one.isEnabled()]


@dataclass
class Paws:
    """Random hands; each act answers what it did, for the journal."""

    chance: random.Random
    secrets: Callable[[], Sequence[str]] = lambda: ()
    """What may be typed into a field that hides it."""

    def acts(self) -> list[tuple[int, Act]]:
        """All of them, and how often."""
        return [(10, self.loose_key), (6, self.letter), (10, self.text), (14, self.button), (10, self.row),
                (4, self.choice), (8, self.click), (6, self.drag), (5, self.wheel)]

    def key(self, key: Qt.Key, held: Qt.KeyboardModifier = PLAIN) -> str:
        """One key, where the cursor is."""
        target = QApplication.activePopupWidget() or QApplication.focusWidget() or top()
        if target is None:
            return "nobody gets keys"
        HANDS.keyClick(target, key, held)
        return f"key {QKeySequence(QKeyCombination(held, key)).toString()} on {_name(target)}"

    def loose_key(self) -> str:
        """A key that no table of actions holds."""
        return self.key(self.chance.choice(LOOSE), self.chance.choice(HELD))

    def letter(self) -> str:
        """One letter or sign; single letters are actions among the images and the board."""
        return self.key(Qt.Key(ord(self.chance.choice("ABCDEFGHIKLMNOPRSTVWXYZ0123456789/+-"))),
                        self.chance.choice((PLAIN, PLAIN, PLAIN, Qt.KeyboardModifier.ShiftModifier)))

    def sequence(self, written: str) -> str:
        """The key of an action, as the tables write it."""
        keys = QKeySequence(written)
        return self.key(keys[0].key(), keys[0].keyboardModifiers()) if keys.count() else self.loose_key()

    def text(self) -> str:
        """Something into a field that takes text."""
        where = top()
        fields: list[Any] = [] if where is None else [
            one for kind in (QLineEdit, QPlainTextEdit, QTextEdit) for one in _shown(kind, where)
            if not cast(Any, one).isReadOnly()]
        if not fields:
            return self.letter()
        field = self.chance.choice(fields)
        field.setFocus()
        hides = isinstance(field, QLineEdit) and field.echoMode() is QLineEdit.EchoMode.Password
        words = self.chance.choice(self.secrets() if hides and self.secrets() else WRITTEN)
        if isinstance(field, QLineEdit):
            if self.chance.random() < 0.5:
                field.clear()
            field.insert(words)
        else:
            field.insertPlainText(words)
        if self.chance.random() < (0.8 if hides else 0.2):
            HANDS.keyClick(field, Qt.Key.Key_Return)
        return f"text {'(secret)' if hides else words[:20]!r} into {_name(field)}"

    def button(self) -> str:
        """Any button that can be pressed."""
        where = top()
        buttons = [] if where is None else _shown(QAbstractButton, where)
        if not buttons:
            return self.click()
        button = self.chance.choice(buttons)
        said = f"button {_name(button)} {button.text()[:30]!r}"
        self._mouse(button, HANDS.mouseClick, LEFT, button.rect().center())
        return said

    def row(self) -> str:
        """Any row of a list or table; sometimes a double click."""
        where = top()
        views = [] if where is None else [
            view for view in _shown(QAbstractItemView, where)
            if not isinstance(view, QHeaderView) and (model := view.model()) is not None and model.rowCount()
            and _columns(model)]
        if not views:
            return self.click()
        view = self.chance.choice(views)
        model = view.model()
        assert model is not None
        index = model.index(self.chance.randrange(model.rowCount()), self.chance.randrange(_columns(model)))
        view.scrollTo(index, QAbstractItemView.ScrollHint.EnsureVisible)
        twice = self.chance.random() < 0.4
        place = view.visualRect(index).center()
        said = f"row {index.row()} of {_name(view)}{' twice' if twice else ''}"
        self._mouse(view.viewport(), HANDS.mouseClick, LEFT, place)
        if twice and self.chance.random() < 0.7 and not sip.isdeleted(view):
            self._mouse(view.viewport(), HANDS.mouseDClick, LEFT, place)
        return said

    def choice(self) -> str:
        """Another line of a list that unfolds."""
        where = top()
        boxes = [] if where is None else [box for box in _shown(QComboBox, where) if box.count()]
        if not boxes:
            return self.button()
        box = self.chance.choice(boxes)
        number = self.chance.randrange(box.count())
        box.setFocus()
        box.setCurrentIndex(number)
        box.activated.emit(number)
        return f"choice {number} of {_name(box)}"

    def click(self) -> str:
        """Anywhere."""
        where = top()
        if where is None:
            return "nowhere to click"
        at, button = self._somewhere(where), self.chance.choice((LEFT, LEFT, LEFT, LEFT, RIGHT, MIDDLE))
        act = self.chance.choice((HANDS.mouseClick, HANDS.mouseClick, HANDS.mouseDClick))
        self._mouse(where, act, button, at)
        return f"{act.__name__} {button.name} at {at.x()},{at.y()} of {_name(where)}"

    def drag(self) -> str:
        """Press, move a few times, let go."""
        where = top()
        if where is None:
            return "nowhere to drag"
        way = [self._somewhere(where) for _ in range(self.chance.randrange(2, 7))]
        at, button = way[-1], self.chance.choice((LEFT, LEFT, LEFT, RIGHT, MIDDLE))
        self._mouse(where, HANDS.mousePress, button, way[0])
        for place in way[1:]:
            if not sip.isdeleted(where) and where.windowHandle() is not None and where.rect().contains(place):
                HANDS.mouseMove(where.windowHandle(), place)
        self._mouse(where, HANDS.mouseRelease, button, at)
        return f"drag {button.name} to {at.x()},{at.y()} of {_name(where)}"

    def wheel(self) -> str:
        """Turn it anywhere."""
        where = top()
        if where is None:
            return "nowhere to scroll"
        at = self._somewhere(where)
        target = where.childAt(at) or where
        inside = QPointF(target.mapFrom(where, at))
        angle = QPoint(0, self.chance.choice((-1200, -120, 120, 1200)))
        QApplication.sendEvent(target, QWheelEvent(
            inside, QPointF(where.mapToGlobal(at)), QPoint(), angle, Qt.MouseButton.NoButton,
            self.chance.choice(HELD), Qt.ScrollPhase.NoScrollPhase, False))  # Qt's own order
        return f"wheel {angle.y()} over {_name(target)}"

    def _somewhere(self, where: QWidget) -> QPoint:
        return QPoint(self.chance.randrange(max(1, where.width())), self.chance.randrange(max(1, where.height())))

    def _mouse(self, widget: QWidget | None, act: Callable[..., object], button: Qt.MouseButton, at: QPoint) -> None:
        """As the window system tells it, so that menus and dialogs keep the mouse for themselves."""
        window = None if widget is None or sip.isdeleted(widget) else widget.window()
        handle = None if window is None else window.windowHandle()
        if widget is not None and window is not None and handle is not None:
            there = widget.mapTo(window, at)
            if window.rect().contains(there):
                act(handle, button, self.chance.choice(HELD), there)


def _columns(model: QAbstractItemModel) -> int:
    return 1 if isinstance(model, QAbstractListModel) else model.columnCount()  # a list's own is private


def _name(widget: QWidget) -> str:
    if sip.isdeleted(widget):
        return f"{type(widget).__name__}, gone now"
    return f"{type(widget).__name__} {widget.accessibleName()[:30]!r}"
