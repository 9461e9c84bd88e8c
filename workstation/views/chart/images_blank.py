"""Key images in a report, each with its words: taken from those chosen in the viewer, opened, ordered, left out."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtGui import QPixmap
from PyQt6.QtWidgets import QLabel, QWidget

from records.forms import Field
from records.pictures import MOST
from workstation.views.chart.blanks import Blank
from workstation.views.chart.icon_button import IconButton
from workstation.views.widgets.buttons import KeyButton
from workstation.views.widgets.fields import LineField
from workstation.views.widgets.text import column, label, row

SMALL = QSize(96, 72)


def pixmap_of(item: Mapping[str, Any], size: QSize | None = None) -> QPixmap:
    """A key image's picture; empty when it cannot be read."""
    made = QPixmap()
    made.loadFromData(base64.b64decode(str(item.get("picture", "")), validate=False))
    if size is None or made.isNull():
        return made
    return made.scaled(size, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)


class ImagesBlank(Blank):
    """The pictures below each other, and a button that takes in what was chosen in the viewer."""

    open_wanted = pyqtSignal(object)
    """A key image whose frame the reader wants to see."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self.items: list[dict[str, Any]] = []
        self.said: list[LineField] = []
        self._offered: tuple[Mapping[str, Any], ...] = ()
        self._lines = column(gap=6)
        self._empty: QLabel = label("Chưa có ảnh chính. Chọn ở chỗ xem ảnh rồi lấy vào đây.", "small_second", wrap=True)
        self.take = KeyButton("Lấy ảnh chính đã chọn", small=True, on_click=self._take)
        layout = column(gap=6)
        layout.addWidget(self._empty)
        layout.addLayout(self._lines)
        layout.addLayout(row(self.take, None))
        self.setLayout(layout)
        self._build()

    def offer(self, chosen: Sequence[Mapping[str, Any]]) -> None:
        """What was chosen in the viewer and may be taken in."""
        self._offered = tuple(chosen)
        self._name_the_button()

    @property
    def to_take(self) -> tuple[Mapping[str, Any], ...]:
        """Those of the offered that are not here yet, as many as fit."""
        here = [_frame(item) for item in self.items]
        return tuple(item for item in self._offered if _frame(item) not in here)[:MOST - len(self.items)]

    def show_value(self, value: Any) -> None:
        given = [dict(item) for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []
        if given != self.items:
            self.items = given
            self._build()

    def target(self) -> QWidget:
        return self.said[0] if self.said else self.take

    def lock(self) -> None:
        self.take.hide()
        super().lock()

    def _take(self) -> None:
        new = self.to_take
        if new:
            self._now([*self.items, *map(dict, new)])
            self.said[-len(new)].setFocus()

    def _move(self, at: int, by: int) -> None:
        to = at + by
        if 0 <= to < len(self.items):
            items = list(self.items)
            items[at], items[to] = items[to], items[at]
            self._now(items)
            self.said[to].setFocus()

    def _remove(self, at: int) -> None:
        self._now([*self.items[:at], *self.items[at + 1:]])
        self.target().setFocus()

    def _say(self, at: int, words: str) -> None:
        self.items[at] = {**self.items[at], "words": words}
        self._tell()

    def _now(self, items: list[dict[str, Any]]) -> None:
        self.items = items
        self._build()
        self._tell()

    def _tell(self) -> None:
        self.edited.emit([dict(item) for item in self.items] or None)

    def _build(self) -> None:
        while self._lines.count():
            item = self._lines.takeAt(0)
            if item is not None and (widget := item.widget()) is not None:
                widget.setParent(None)
                widget.deleteLater()
        self.said = []
        for at in range(len(self.items)):
            self._lines.addWidget(self._line(at))
        self._empty.setVisible(not self.items)
        self._name_the_button()

    def _line(self, at: int) -> QWidget:
        item, name = self.items[at], f"Ảnh {at + 1}"
        picture = QLabel()
        picture.setFixedSize(SMALL)
        picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        picture.setPixmap(pixmap_of(item, SMALL))
        picture.setAccessibleName(f"{name}: {item.get('words', '')}")
        said = LineField(f"Lời của {name.lower()}", str(item.get("words", "")), placeholder="Ảnh này cho thấy gì")
        said.textEdited.connect(partial(self._say, at))
        self.said.append(said)
        line = QWidget()
        line.setLayout(row(
            picture, column_of(label(name, "second"), said),
            IconButton("eye", f"Xem {name.lower()}", on_click=lambda: self.open_wanted.emit(self.items[at])),
            IconButton("chevron-up", f"{name} lên trước", on_click=partial(self._move, at, -1)),
            IconButton("chevron-down", f"{name} xuống sau", on_click=partial(self._move, at, 1)),
            IconButton("x", f"Bỏ {name.lower()}", on_click=partial(self._remove, at)), gap=6))
        return line

    def _name_the_button(self) -> None:
        count = len(self.to_take)
        self.take.setText(f"Lấy {count} ảnh chính đã chọn" if count else "Lấy ảnh chính đã chọn")
        self.take.setEnabled(count > 0)
        self.take.setToolTip("" if count else "Ở chỗ xem ảnh, bấm K trên ảnh cần đưa vào phiếu."
                             if len(self.items) < MOST else f"Phiếu nhận nhiều nhất {MOST} ảnh.")


def column_of(*items: QWidget) -> QWidget:
    """Widgets below each other as one."""
    made = QWidget()
    made.setLayout(column(*items, gap=2))
    return made


def _frame(item: Mapping[str, Any]) -> tuple[Any, Any]:
    return item.get("instance"), item.get("frame")
