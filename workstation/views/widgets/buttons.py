"""Buttons with their key written on them; one primary button a screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from PyQt6.QtCore import QRect, QRectF, QSize, Qt
from PyQt6.QtGui import QFont, QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from workstation.views import style
from workstation.views.widgets.icons import icon_pixmap
from workstation.views.widgets.painting import key_width, paint_key

Kind = Literal["primary", "plain", "quiet"]
_ICON = 16


class KeyButton(QAbstractButton):
    """A button that says its verb and the key that does the same. The key is a word here, bound in actions.py."""

    def __init__(
        self, text: str, key: str = "", *, kind: Kind = "plain", icon: str = "", small: bool = False,
        on_click: Callable[[], object] | None = None, parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._key, self._kind, self._icon_name, self._small = key, kind, icon, small
        self._touch = self._keyless = False
        self.setText(text)
        self.setAccessibleName(f"{text} ({key})" if key else text)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        if on_click is not None:
            self.clicked.connect(lambda _checked: on_click())

    @property
    def key(self) -> str:
        """The key that is written on it."""
        return self._key

    def say(self, text: str) -> None:
        """Another verb from now on."""
        self.setText(text)
        self.setAccessibleName(f"{text} ({self._key})" if self._key else text)
        self.updateGeometry()

    def refuse(self, why: str) -> None:
        """Not now: a lock stands on it and the tip says why. An empty reason opens it again."""
        self.setEnabled(not why)
        self.setToolTip(why)
        self.setAccessibleDescription(why)
        self.updateGeometry()

    def grow(self) -> None:
        """High enough for a finger."""
        self._touch = True
        self.updateGeometry()

    def fold_key(self, *, fold: bool) -> None:
        """Where there is little room: without its key, which the line of keys names too. Never without its verb."""
        if fold != self._keyless:
            self._keyless = fold
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        height = style.px("touch" if self._touch else "field_small" if self._small else "field")
        return QSize(sum(width for _, width in self._parts()) + (20 if self._small else 26), height)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        # Enter presses the button that has the focus, as Space does.
        if event is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def _parts(self) -> list[tuple[str, int]]:
        """What stands on the button, from the left, with its width and the gap after it."""
        parts = []
        if self._shown_icon():
            parts.append(("icon", _ICON + 6))
        metrics = QFontMetrics(self._text_font())
        parts.append(("text", metrics.horizontalAdvance(self.text())))
        if self._key and not self._keyless:
            parts.append(("key", key_width(self._key) + 8))
        return parts

    def _shown_icon(self) -> str:
        return self._icon_name if self.isEnabled() else "lock"

    def _text_font(self) -> QFont:
        size = "small" if self._small else "text"
        return style.font(size, bold=self._kind == "primary")

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = self._paint_ground(painter)
        parts = self._parts()
        x = (self.width() - sum(width for _, width in parts)) // 2
        for part, width in parts:
            self._paint_part(painter, part, QRect(x, 0, width, self.height()), ink)
            x += width

    def _paint_ground(self, painter: QPainter) -> str:
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        radius = style.px("radius")
        ground, edge, ink = "panel", "border", "ink"
        if not self.isEnabled():
            ground, edge, ink = "alt", "line2", "ink3"
        elif self._kind == "primary":
            ground, edge, ink = "primary", "primary", "primary_ink"
        elif self._kind == "quiet":
            ground, edge, ink = "alt", "line", "ink"
        if self.isEnabled() and self.isChecked():
            ground, edge = "primary_tint", "primary"
        if self.isEnabled() and self._kind != "primary" and (self.isDown() or self.underMouse()):
            ground = "primary_tint"
        if self.hasFocus():
            painter.setPen(QPen(style.colour("primary"), 2))
            painter.setBrush(style.colour("panel"))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), radius + 1, radius + 1)
            box = QRectF(self.rect()).adjusted(3.5, 3.5, -3.5, -3.5)
            edge = ground
        painter.setPen(style.colour(edge))
        painter.setBrush(style.colour(ground))
        painter.drawRoundedRect(box, radius, radius)
        return ink

    def _paint_part(self, painter: QPainter, part: str, area: QRect, ink: str) -> None:
        if part == "icon":
            pixmap = icon_pixmap(self._shown_icon(), ink, _ICON, self.devicePixelRatioF())
            painter.drawPixmap(area.x(), (area.height() - _ICON) // 2, pixmap)
        elif part == "text":
            painter.setPen(style.colour(ink))
            painter.setFont(self._text_font())
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, self.text())
        else:
            self._paint_key(painter, area, ink)

    def _paint_key(self, painter: QPainter, area: QRect, ink: str) -> None:
        cap = QRectF(area.x() + 8.5, area.center().y() - 8.5, area.width() - 9, 18)
        primary = self._kind == "primary" and self.isEnabled()
        if primary:
            paint_key(painter, cap, self._key, ink=ink, ground="primary", edge="primary_key")
        else:
            paint_key(painter, cap, self._key)


class PrimaryButton(KeyButton):
    """The one main act of a screen, at the bottom right of what it acts on."""

    def __init__(self, text: str, key: str = "", *, icon: str = "", on_click: Callable[[], object] | None = None,
                 parent: QWidget | None = None) -> None:
        super().__init__(text, key, kind="primary", icon=icon, on_click=on_click, parent=parent)


class TouchButton(KeyButton):
    """A button for a finger: high, with a larger word; a `choice` stays pressed, one of its QButtonGroup."""

    def __init__(self, text: str, *, icon: str = "", choice: bool = False, on_click: Callable[[], object] | None = None,
                 parent: QWidget | None = None) -> None:
        super().__init__(text, icon=icon, on_click=on_click, parent=parent)
        self.setCheckable(choice)
        self.setSizePolicy(QSizePolicy.Policy.MinimumExpanding, QSizePolicy.Policy.Fixed)
        self.grow()

    def _shown_icon(self) -> str:
        # At the last page a button is not locked, it has nothing to do; a lock stands for a reason in its tip.
        return super()._shown_icon() if self.toolTip() else self._icon_name
