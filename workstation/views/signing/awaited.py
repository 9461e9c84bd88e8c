"""What is asked on the phone: how long it is valid, a way to take it back, and plain words when nothing came of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QWidget

from records.errors import Reason
from workstation.drafts import Awaited
from workstation.models.awaited import AwaitedModel
from workstation.views.widgets import times
from workstation.views.widgets.buttons import KeyButton
from workstation.views.widgets.icons import Icon
from workstation.views.widgets.states import Refused
from workstation.views.widgets.text import Elided, clear, column, frame, label, row

TICK_MS = 10_000


class AwaitedPanel(QWidget):
    """Takes no room while nothing waits."""

    def __init__(self, model: AwaitedModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._rows = column(gap=0)
        self.setLayout(self._rows)
        self.setAccessibleName("Yêu cầu ký trên điện thoại")
        self._clock = QTimer(self)
        self._clock.setInterval(TICK_MS)
        self._clock.timeout.connect(self._show)
        model.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        clear(self._rows)
        now = datetime.now(UTC)
        for one in self._model.items:
            made = _ended if one.ended else _waiting
            self._rows.addWidget(made(one, self._model, now))
        if self._model.waiting and not self._clock.isActive():
            self._clock.start()
        elif not self._model.waiting:
            self._clock.stop()


def validity(one: Awaited, now: datetime, *, troubled: bool) -> str:
    """«còn 4 phút, đến 02:35»."""
    if troubled or one.ends_at is None:
        return "chưa hỏi được máy chủ, sẽ tự hỏi lại"
    if now >= one.ends_at:
        return "hết giờ, đang hỏi kết quả"
    left = times.span(one.ends_at - now)
    return f"còn {left}, đến {times.clock(one.ends_at)}"


def _waiting(one: Awaited, model: AwaitedModel, now: datetime) -> QWidget:
    ground = frame("section")
    head = row(Icon("clock", "attention"), label("Chờ xác nhận trên điện thoại", "attention_bold"), None,
               label(validity(one, now, troubled=model.troubled), "second"))
    names = [document.command.label for document in one.documents]
    count = f"{len(names)} văn bản: " if len(names) > 1 else ""
    foot = row(Elided(f"{one.service} · {count}{'; '.join(names)}", "small_second"),
               _button("Hủy yêu cầu ký", lambda: model.cancel(one.id)))
    foot.setStretch(0, 1)
    lines = column(gap=4, margins=(10, 6, 10, 6))
    lines.addLayout(head)
    lines.addLayout(foot)
    ground.setLayout(lines)
    return ground


def _ended(one: Awaited, model: AwaitedModel, _now: datetime) -> QWidget:
    ground = frame("section")
    count = f"{len(one.unsigned)} văn bản" if len(one.unsigned) > 1 else "".join(one.unsigned)
    said = Refused(f"Chưa ký: {count}", tuple(map(Reason.from_json, one.reasons)))
    lines = column(said, gap=4, margins=(0, 0, 10, 6))
    lines.addLayout(row(None, _button("Đã rõ", lambda: model.put_away(one.id))))
    ground.setLayout(lines)
    return ground


def _button(words: str, on_click: Callable[[], object]) -> KeyButton:
    return KeyButton(words, on_click=on_click)
