"""What waits on this PC: signed files and texts in their order, what was refused and why, what works meanwhile."""

from __future__ import annotations

from datetime import datetime

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from records.errors import Reason
from workstation.drafts import LocalDraft, OutboxItem
from workstation.models.status import SyncStatus
from workstation.models.sync import SyncModel
from workstation.views.widgets import times
from workstation.views.widgets.buttons import KeyButton
from workstation.views.widgets.icons import Icon
from workstation.views.widgets.states import Refused
from workstation.views.widgets.text import Elided, PanelHead, clear, column, frame, label, row, rule

_ICONS = {"sign": "shield-check", "cancel": "x", "restore": "refresh", "draft": "pencil", "print": "printer",
          "capture": "user"}
_STILL = ("Đọc hồ sơ đã mở ở máy này", "Ghi điều trị, chăm sóc, sinh hiệu", "Ký bằng token chữ ký đầu tiên của lần ghi")
_LATER = ("Kết quả và hồ sơ chưa mở ở máy này", "Chữ ký thứ hai trở đi của một văn bản",
          "Nhập viện, ra viện, chuyển khoa")


class WaitingPanel(QFrame):
    """«Chờ gửi trên máy này»; follows the sync model by itself."""

    def __init__(self, sync: SyncModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self._sync = sync
        self._total = label("", "small_second")
        self._rows: QVBoxLayout = column(gap=0)
        inside = frame("panel")
        layout = column(gap=0)
        layout.addLayout(self._rows)
        layout.addStretch(1)
        inside.setLayout(layout)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(inside)
        outer = column(PanelHead("cloud-up", "Chờ gửi trên máy này", self._total), gap=0)
        outer.addWidget(scroll, 1)
        self.setLayout(outer)
        self.setAccessibleName("Chờ gửi trên máy này")
        sync.status_changed.connect(self.show_status)
        self.show_status(sync.status)

    def show_status(self, status: SyncStatus) -> None:
        """Another list."""
        clear(self._rows)
        self._total.setText(f"{status.waiting_count} · {_size(status.waiting_bytes)}" if status.waiting_count else "")
        for item in status.refused:
            self._rows.addWidget(self._refused_row(item))
        for number, waiting in enumerate(status.waiting, start=1):
            self._rows.addWidget(_command_row(waiting, number))
        for draft in status.waiting_drafts:
            self._rows.addWidget(_draft_row(draft))
        if not status.waiting_count and not status.refused:
            self._rows.addWidget(_note("Không có gì chờ: mọi điều bạn ghi đã lên máy chủ."))
        elif status.waiting_count:
            self._rows.addWidget(_note(
                "Có mạng lại sẽ tự gửi đúng thứ tự, mỗi thứ một lần. Không cần ghi lại ra giấy."))
        if status.offline_since is not None:
            self._rows.addWidget(_list("check", "Vẫn làm được", _STILL, "ok"))
            self._rows.addWidget(_list("clock", "Phải đợi có mạng", _LATER, "ink2"))

    def _refused_row(self, item: OutboxItem) -> QWidget:
        part = frame("section")
        reasons = [Reason.from_json(reason) for reason in item.reasons]
        layout = column(Refused(f"{item.command.label} · {item.command.patient_name}: bị từ chối", reasons), gap=0,
                        margins=(0, 0, 0, 8))
        layout.addLayout(row(12, KeyButton("Đã xem, cất đi", small=True, on_click=lambda: self._sync.put_away(item)),
                             None, gap=0))
        part.setLayout(layout)
        return part


def _command_row(item: OutboxItem, number: int) -> QWidget:
    command = item.command
    icon_name = _ICONS.get(command.kind, "send")
    return _row(icon_name, command.label, f"{command.patient_name} · lúc {times.clock(command.created_at)}",
                f"thứ {number}", "new")


def _draft_row(draft: LocalDraft) -> QWidget:
    saved: datetime = draft.saved_at or draft.begun_at
    return _row("pencil", f"Nháp {draft.form.code}", f"lưu lúc {times.clock_seconds(saved)}", "nháp", "attention")


def _row(icon_name: str, title: str, detail: str, mark: str, role: str) -> QWidget:
    part = frame("section")
    mark_label = label(mark, "new" if role == "new" else "attention")
    words = column(Elided(title), Elided(detail, "small_second"), gap=0)
    layout = row(Icon(icon_name, "ink2"), gap=8, margins=(12, 5, 12, 5))
    layout.addLayout(words, 1)
    layout.addWidget(mark_label)
    part.setLayout(layout)
    part.setAccessibleName(f"{title}. {detail}. {mark}")
    return part


def _note(text: str) -> QWidget:
    holder = QWidget()
    holder.setLayout(column(label(text, "small_second", wrap=True), margins=(12, 8, 12, 8)))
    return holder


def _list(icon_name: str, title: str, lines: tuple[str, ...], ink: str) -> QWidget:
    holder = QWidget()
    layout = column(PanelHead(icon_name, title), gap=4, margins=(0, 0, 0, 8))
    for line in lines:
        mark = Icon("check" if ink == "ok" else "minus", ink, 14)
        words = label(line, "small" if ink == "ok" else "small_second", wrap=True)
        beside = row(mark, words, gap=6, margins=(12, 0, 12, 0))
        beside.setStretch(1, 1)
        layout.addLayout(beside)
    layout.addWidget(rule())
    holder.setLayout(layout)
    return holder


def _size(count: int) -> str:
    return f"{max(1, count // 1024)} KB" if count else "0 KB"
