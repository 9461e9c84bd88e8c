"""What proves signatures: files that wait for evidence with the next try and the last error; editions of trust."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

from PyQt6.QtWidgets import QFrame, QWidget

from records.errors import Reason
from records.messages import EvidenceQueue, EvidenceTaskView, TrustEdition
from workstation.models.proofs import ProofsModel
from workstation.views.prompts import WorkList
from workstation.views.widgets import times
from workstation.views.widgets.buttons import KeyButton
from workstation.views.widgets.states import Empty, Loading
from workstation.views.widgets.text import PanelHead, clear, column, frame, label, row

_STATES = {"proposed": "chờ người thứ hai duyệt", "accepted": "đã duyệt", "rejected": "bị bác"}


class ProofsDialog(WorkList):
    """One card a file that waits, one card an edition of the trust list."""

    def __init__(self, model: ProofsModel, parent: QWidget) -> None:
        super().__init__("Bằng chứng chữ ký đang chờ, danh sách tin cậy", parent, width=980, height=590)
        self._model = model
        model.changed.connect(self._show)
        model.refused.connect(self.tell)
        self._show()
        model.load()

    def _show(self) -> None:
        self.words.hide()
        clear(self.rows)
        queue = self._model.queue
        if queue is None:
            self.rows.addWidget(Loading())
        else:
            self.rows.addWidget(PanelHead("shield-check", counted(queue), KeyButton(
                "Thử lại ngay", small=True, on_click=self._model.retry)))
            self.rows.addWidget(label(demanded(queue), "second", wrap=True))
            for task in queue.tasks:
                self.rows.addWidget(task_card(task))
            if not queue.tasks:
                self.rows.addWidget(Empty("Không có tệp nào chờ bằng chứng."))
        self.rows.addWidget(PanelHead("list-check", "Danh sách tin cậy"))
        for edition in self._model.editions:
            self.rows.addWidget(self._edition(edition))
        self.rows.addStretch(1)

    def _edition(self, edition: TrustEdition) -> QFrame:
        card = frame("section")
        since = f", từ {edition.valid_from:%d/%m/%Y}" if edition.valid_from else ""
        name = f"Bản {edition.number}" if edition.number else "Thư mục tin cậy của máy chủ"
        state = "đang dùng" if edition.in_force else _STATES[edition.state]
        hands = " · ".join(part for part in (
            f"{edition.proposed_by} đề nghị" if edition.proposed_by else "",
            f"{edition.decided_by} quyết định" if edition.decided_by else "", edition.note) if part)
        layout = column(gap=3, margins=(12, 8, 12, 8))
        line = row(label(f"{name}: {state}{since}", "bold"), None, gap=8)
        if edition.state == "proposed":
            for verb, accept in (("Duyệt", True), ("Bác", False)):
                button = KeyButton(verb, small=True,
                                   on_click=partial(self._model.decide, edition.number, accept=accept))
                button.refuse(self._model.why_not(edition))
                line.addWidget(button)
        layout.addLayout(line)
        if hands:
            layout.addWidget(label(hands, "second", wrap=True))
        for one in edition.authorities:
            kind = ("Gốc" if one.root else "Nơi cấp") + (", chỉ dấu thời gian" if one.stamps_only else "")
            layout.addWidget(label(f"{kind}: {one.name}, đến {times.full_date(one.until)}", "small_second", wrap=True))
        card.setLayout(layout)
        card.setAccessibleName(f"{name}, {state}")
        return card


def counted(queue: EvidenceQueue) -> str:
    """How many files stand where."""
    return f"{queue.waiting} tệp đang chờ, {queue.failed} tệp không thể có, {queue.done} tệp đủ bằng chứng"


def demanded(queue: EvidenceQueue) -> str:
    """What the hospital has and demands."""
    stamps = "Có dịch vụ dấu thời gian" if queue.stamps else "Chưa có hợp đồng dấu thời gian"
    return f"{stamps}. Yêu cầu B-{queue.complete} để nhận hồ sơ, B-{queue.archive} để lưu trữ."


def task_card(task: EvidenceTaskView) -> QFrame:
    """Since when, next try, last error."""
    now, card = datetime.now(UTC), frame("section")
    then = (f"thử lại {times.day_and_clock(task.next_at, now)}" if task.state == "waiting"
            else "không tự thử lại, cần người xem")
    head = " · ".join((f"Chờ từ {times.day_and_clock(task.since, now)}", f"{task.attempts} lần thử", then,
                       f"nay ở mức B-{task.level}"))
    layout = column(label(head, "bold", wrap=True), gap=3, margins=(12, 8, 12, 8))
    for reason in map(Reason.from_json, task.reasons):
        layout.addWidget(label(f"{reason.vietnamese} {reason.todo}".strip(), wrap=True))
    layout.addWidget(label(f"Văn bản {task.entry}, phiên bản {task.number}", "small_second"))
    card.setLayout(layout)
    card.setAccessibleName(f"Tệp chờ bằng chứng, {then}")
    return card
