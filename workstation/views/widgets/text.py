"""Labels and lines in the roles that the style sheet knows, and small layouts without margins."""

from __future__ import annotations

from typing import Literal

from PyQt6.QtCore import QRectF, QSize, Qt
from PyQt6.QtGui import QPainter, QPaintEvent
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLayout, QSizePolicy, QVBoxLayout, QWidget

from workstation.views import style
from workstation.views.widgets.icons import Icon
from workstation.views.widgets.painting import KEY_HEIGHT, key_width, paint_key

Role = Literal[
    "text", "second", "faint", "small", "small_second", "small_bold", "caption", "bold", "title", "heading", "name",
    "verdict", "brand", "ok", "attention", "attention_bold", "critical", "critical_bold", "amended", "new",
    "top_brand", "top", "top_second",
    "viewer", "viewer_small", "viewer_caption", "viewer_strong", "viewer_title", "viewer_alert",
]


def label(text: str = "", role: Role = "text", *, wrap: bool = False) -> QLabel:
    """A line of text in a role; plain text always, so that no patient's name is read as markup."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setProperty("role", role)
    made.setWordWrap(wrap)
    return made


class KeyCap(QWidget):
    """A key as it is drawn in the key line and beside words."""

    def __init__(self, key: str, *, on_top: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.key, self._on_top = key, on_top
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(f"phím {key}")

    def sizeHint(self) -> QSize:
        return QSize(key_width(self.key) + 1, KEY_HEIGHT + 1)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        box = QRectF(0.5, (self.height() - KEY_HEIGHT) / 2 + 0.5, self.width() - 1, KEY_HEIGHT - 1)
        painter = QPainter(self)
        if self._on_top:
            paint_key(painter, box, self.key, ink="top_ink", ground="top", edge="top_edge")
        else:
            paint_key(painter, box, self.key)


def frame(role: str, parent: QWidget | None = None) -> QFrame:
    """A ground in a role of the style sheet: panel, card, head, foot, side, band, section, rule."""
    made = QFrame(parent)
    made.setProperty("role", role)
    return made


def rule() -> QFrame:
    """The 1 px line that separates."""
    return frame("rule")


Margins = tuple[int, int, int, int]


def row(*items: QWidget | int | None, gap: int = 8, margins: Margins = (0, 0, 0, 0)) -> QHBoxLayout:
    """Widgets beside each other; an int is a space in px, None takes what is left."""
    layout = QHBoxLayout()
    _fill(layout, items, gap, margins)
    return layout


def column(*items: QWidget | int | None, gap: int = 4, margins: Margins = (0, 0, 0, 0)) -> QVBoxLayout:
    """Widgets below each other; an int is a space in px, None takes what is left."""
    layout = QVBoxLayout()
    _fill(layout, items, gap, margins)
    return layout


def _fill(layout: QHBoxLayout | QVBoxLayout, items: tuple[QWidget | int | None, ...], gap: int,
          margins: Margins) -> None:
    layout.setSpacing(gap)
    layout.setContentsMargins(*margins)
    for item in items:
        if item is None:
            layout.addStretch(1)
        elif isinstance(item, int):
            layout.addSpacing(item)
        else:
            layout.addWidget(item)


def clear(layout: QLayout) -> None:
    """Take everything out of a layout and let it go, before it is built again."""
    while layout.count():
        item = layout.takeAt(0)
        if item is None:
            return
        widget, inner = item.widget(), item.layout()
        if widget is not None:
            # Hidden by name: a layout shows what was just put into it a moment later, even when it is gone by then.
            widget.hide()
            widget.deleteLater()
        elif inner is not None:
            clear(inner)


def ward_words(name: str) -> str:
    """Khoa Nội tổng hợp, whether the hospital's list says «Khoa» or not."""
    return name if name.startswith(("Khoa", "Phòng", "Đơn vị", "Trung tâm")) else f"Khoa {name}"


class PanelHead(QFrame):
    """A panel's head: icon, title, and at the right whatever the panel adds."""

    def __init__(self, icon_name: str, title: str, *right: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "head")
        self.setFixedHeight(style.px("panel_head"))
        self.title = label(title, "heading")
        self.setLayout(row(Icon(icon_name, "ink"), self.title, None, *right, margins=(10, 0, 10, 0)))
        self.setAccessibleName(title)


class Elided(QLabel):
    """A line that may be cut (diagnoses, never names): it ends in … and its tip shows the whole text."""

    def __init__(self, text: str = "", role: Role = "text", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("role", role)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._whole = ""
        self.say(text)

    def say(self, text: str) -> None:
        """Show this text, as much of it as there is room for."""
        self._whole = text
        self.setToolTip(text)
        self.setAccessibleName(text)
        self._cut()

    def resizeEvent(self, event: object) -> None:
        self._cut()

    def _cut(self) -> None:
        self.setText(self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideRight, self.width()))
