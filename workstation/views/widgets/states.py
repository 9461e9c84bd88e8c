"""The states of a panel, each in one look: empty, loading, offline, refused, in trouble, read-only, signed, amended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from PyQt6.QtCore import QRectF, Qt, QTimer
from PyQt6.QtGui import QPainter, QPaintEvent
from PyQt6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from records.errors import Reason
from workstation.views import style
from workstation.views.widgets import times
from workstation.views.widgets.buttons import KeyButton
from workstation.views.widgets.chip import Chip
from workstation.views.widgets.icons import Icon
from workstation.views.widgets.text import KeyCap, column, frame, label, row

LOADING_DELAY_MS = 300


class Empty(QWidget):
    """Says what is not there, and the one next act."""

    def __init__(self, text: str, act: str = "", key: str = "", on_act: Callable[[], object] | None = None,
                 parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = column(label(text, wrap=True), gap=8, margins=(12, 10, 12, 10))
        if act:
            layout.addLayout(row(KeyButton(act, key, on_click=on_act), None))
        layout.addStretch(1)
        self.setLayout(layout)
        self.setAccessibleName(text)


class _Bars(QWidget):
    """Grey bars where lines of text will stand."""

    _SHARES = (1.0, 0.85, 0.92)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(54)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(style.colour("bars"))
        for index, share in enumerate(self._SHARES):
            painter.drawRoundedRect(QRectF(0, index * 18, self.width() * share * 0.92, 11), 2, 2)


class Loading(QWidget):
    """Nothing for 300 ms, so that what comes at once does not flicker; then grey bars."""

    def __init__(self, text: str = "Đang lấy dữ liệu… vẫn gõ được.", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bars = QWidget(self)
        self.bars.setLayout(column(_Bars(), label(text, "small_second", wrap=True), gap=8))
        layout = column(self.bars, None, margins=(12, 14, 12, 10))
        self.setLayout(layout)
        self.bars.hide()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.bars.show)
        self._timer.start(LOADING_DELAY_MS)
        self.setAccessibleName(text)


class CachedChip(Chip):
    """«Bản lúc 02:46»: what is shown came from this PC's store."""

    def __init__(self, at: datetime, parent: QWidget | None = None) -> None:
        super().__init__(f"Bản lúc {times.clock(at)}", "attention", "cloud-off", parent=parent)


class OfflineLine(QWidget):
    """The amber line below the banner while the server is away: since when, what is safe, when it is tried again."""

    _SAFE = "Cứ làm việc tiếp: mọi điều bạn ghi được giữ an toàn trên máy này."

    def __init__(self, retry_key: str = "Ctrl+R", waiting_key: str = "F4", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        ground = frame("offline", self)
        self._since = label("", "attention_bold")
        self._safe = label(self._SAFE, "attention")
        self._next = label("", "attention")
        ground.setLayout(row(
            Icon("cloud-off", "attention"), self._since, self._safe, None, self._next, KeyCap(retry_key),
            label("thử ngay", "attention"), KeyCap(waiting_key), label("xem hàng chờ", "attention"),
            margins=(10, 0, 10, 0)))
        self.setLayout(column(ground, gap=0))
        self.setFixedHeight(34)

    def say_signed_out(self) -> None:
        """The server session ended: the work is kept here, and goes on being sent after signing in again."""
        self._since.setText("Phiên làm việc với máy chủ đã hết.")
        self.setAccessibleName(self._since.text())
        self._next.setText("Đăng nhập lại để gửi:")

    def say_disk(self, trouble: str) -> None:
        """This PC cannot keep what is written: the one thing that is not safe, and what to do."""
        self._since.setText(trouble)
        self.setAccessibleName(trouble)
        self._safe.setText("")
        self._next.setText("")

    def say(self, since: datetime, now: datetime, retry_in_s: int | None = None) -> None:
        """Since when the server is away, and in how many seconds it is tried again."""
        gone = now - since
        length = f" ({times.span(gone)})" if gone >= timedelta(minutes=1) else ""
        text = f"Mất kết nối với máy chủ từ {times.day_and_clock(since, now)}{length}."
        self._since.setText(text)
        self._safe.setText(self._SAFE)
        self.setAccessibleName(text)
        self._next.setText("" if retry_in_s is None else f"Thử lại sau {retry_in_s} giây")


class Refused(QWidget):
    """A red word on what is so, then what to do; the draft is untouched."""

    def __init__(self, title: str, reasons: Sequence[Reason], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = column(gap=3, margins=(12, 8, 12, 8))
        head = label(title, "critical_bold", wrap=True)
        layout.addLayout(_beside_icon("alert-triangle", "critical", head))
        for reason in reasons:
            layout.addWidget(label(reason.vietnamese, wrap=True))
            if reason.todo:
                layout.addWidget(label(reason.todo, "second", wrap=True))
        self.setLayout(layout)
        self.setAccessibleName(" ".join([title, *(f"{reason.vietnamese} {reason.todo}" for reason in reasons)]))


class InTrouble(QWidget):
    """Amber: something outside failed; it is tried again by itself, and says when."""

    def __init__(self, what: str, then: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = column(gap=3, margins=(12, 8, 12, 8))
        layout.addLayout(_beside_icon("refresh", "attention", label(what, "attention_bold", wrap=True)))
        layout.addWidget(label(then, wrap=True))
        self.setLayout(layout)
        self.setAccessibleName(f"{what} {then}")


class ReadOnly(QWidget):
    """A lock, the reason, the lawful way on."""

    def __init__(self, why: str, key: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = row(Chip("Chỉ đọc", "neutral", "lock"), label(why, wrap=True), gap=6, margins=(12, 6, 12, 6))
        layout.setStretch(1, 1)
        if key:
            layout.addWidget(KeyCap(key))
        self.setLayout(layout)
        self.setAccessibleName(f"Chỉ đọc. {why}")


class SignedLine(QWidget):
    """Green shield, who, when; correcting is the way to change it."""

    def __init__(self, who: str, at: datetime, correct_key: str = "Ctrl+E", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        text = f"{who} ký {times.clock(at)} {times.full_date(at)}"
        layout = row(Icon("shield-check", "ok"), label(text, "ok"), gap=6, margins=(12, 4, 12, 4))
        if correct_key:
            layout.addWidget(label("· Sửa = Đính chính", "second"))
            layout.addWidget(KeyCap(correct_key))
        layout.addStretch(1)
        self.setLayout(layout)
        self.setAccessibleName(text)


class AmendedLine(QWidget):
    """Violet: which version, why, and the key to the old one."""

    def __init__(self, version: int, reason: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        text = f"Phiên bản {version}, lý do: {reason}"
        words = label(text, "amended", wrap=True)
        layout = row(Icon("git-compare", "amended"), words, label("· xem bản trước", "second"), KeyCap("Alt+1"),
                     gap=6, margins=(12, 4, 12, 4))
        layout.setStretch(1, 1)
        self.setLayout(layout)
        self.setAccessibleName(text)


def _beside_icon(icon_name: str, token: str, words: QWidget) -> QHBoxLayout:
    layout = row(Icon(icon_name, token), words, gap=6)
    words.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    layout.setAlignment(layout.itemAt(0).widget(), Qt.AlignmentFlag.AlignTop)  # type: ignore[union-attr]  # put in two lines above
    return layout
