"""An earlier version beside its successor: only what changed, or the whole text; read only, for ever."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QFrame, QGridLayout, QScrollArea, QWidget

from records.entries import Version, changes
from records.forms import form
from workstation.emitting import emitter
from workstation.views.chart.differences import differences
from workstation.views.chart.field_line import field_title
from workstation.views.chart.marked_text import MarkedText
from workstation.views.chart.reading import safe_words
from workstation.views.widgets import times
from workstation.views.widgets.buttons import KeyButton
from workstation.views.widgets.chip import Chip
from workstation.views.widgets.icons import Icon
from workstation.views.widgets.text import column, frame, label, row, rule


class VersionView(QFrame):
    """Old left, new right."""

    closed = pyqtSignal()
    older_wanted = pyqtSignal()

    def __init__(self, old: Version, new: Version, *, has_older: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self._old, self._new = old, new
        self._whole = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        printed = form(old.form.code, old.form.edition)
        head = frame("band")
        head.setFixedHeight(40)
        self.more = KeyButton("Cả văn bản", small=True, on_click=self._toggle)
        older = KeyButton("Bản trước nữa", small=True, on_click=emitter(self, self.older_wanted))
        older.setVisible(has_older)
        head.setLayout(row(
            Icon("git-compare", "ink"),
            label(f"{printed.short_name}, lần ghi {times.clock(old.occurred_at)} {times.day_month(old.occurred_at)}",
                  "title"),
            Chip(f"Phiên bản {old.version}", "neutral", "history"), Chip(f"Phiên bản {new.version}", "amended"), None,
            self.more, older, KeyButton("Về bản đang dùng", "Alt+1", small=True, on_click=emitter(self, self.closed)),
            gap=8, margins=(12, 0, 10, 0)))
        reason = new.correction.reason if new.correction is not None else ""
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        layout = column(head, gap=0)
        if reason:
            why = row(Icon("git-compare", "amended"), label(f"Lý do: {reason}", "amended", wrap=True), gap=6,
                      margins=(12, 6, 12, 6))
            why.setStretch(1, 1)
            layout.addLayout(why)
        layout.addWidget(self._scroll, 1)
        self.setLayout(layout)
        self._build()
        self.setAccessibleName(f"Phiên bản {old.version} và {new.version}, chỉ chỗ đã đổi")

    def _toggle(self) -> None:
        self._whole = not self._whole
        self.more.say("Chỉ chỗ đã đổi" if self._whole else "Cả văn bản")
        self._build()

    def _build(self) -> None:
        self._scroll.setWidget(beside(self._old, self._new, whole=self._whole))


def beside(old: Version, new: Version, *, whole: bool, heads: tuple[str, str] = ("", "")) -> QWidget:
    """Field by field, old left, new right, what differs marked; `whole`: also the fields that stayed."""
    kind = form(old.form.code, old.form.edition).kind(old.form.kind)
    changed = {change.key for change in changes(old, new, {f.key: f.label for f in kind.fields})}
    grid = QGridLayout()
    grid.setContentsMargins(12, 8, 12, 12)
    grid.setHorizontalSpacing(16)
    left_head, right_head = heads if any(heads) else (f"Phiên bản {old.version}", f"Phiên bản {new.version}")
    for at, words in enumerate(("Mục", left_head, right_head)):
        grid.addWidget(label(words, "caption"), 0, at)
    line = 1
    for field in kind.fields:
        before, after = old.values.get(field.key), new.values.get(field.key)
        if field.key not in changed and not (whole and (before or after)):
            continue
        pieces = differences("" if before is None else safe_words(field, before),
                             "" if after is None else safe_words(field, after))
        left, right = MarkedText(), MarkedText()
        left.show_pieces([piece for piece in pieces if piece.fate != "new"])
        right.show_pieces([piece for piece in pieces if piece.fate != "gone"])
        grid.addWidget(label(field_title(field), "bold", wrap=True), line, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(left, line, 1, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(right, line, 2, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(rule(), line + 1, 0, 1, 3)
        line += 2
    if line == 1:
        grid.addWidget(label("Hai bản giống nhau.", "second"), 1, 0, 1, 3)
    grid.setColumnMinimumWidth(0, 140)
    grid.setColumnStretch(1, 1)
    grid.setColumnStretch(2, 1)
    grid.setRowStretch(line, 1)
    inside = QWidget()
    inside.setProperty("role", "panel")
    inside.setLayout(grid)
    return inside
