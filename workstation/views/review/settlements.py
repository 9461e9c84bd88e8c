"""The work list of late and quarantined files: what it is, whose, why it waits; accept or reject with a reason."""

from __future__ import annotations

from uuid import UUID

from PyQt6.QtWidgets import QFrame, QWidget

from records.errors import Reason
from records.messages import SettlementView
from workstation.models.settlements import SettlementsModel
from workstation.views.prompts import WorkList
from workstation.views.widgets import times
from workstation.views.widgets.buttons import KeyButton
from workstation.views.widgets.chip import Chip
from workstation.views.widgets.fields import TextField
from workstation.views.widgets.painting import ChipText
from workstation.views.widgets.states import Empty, Loading
from workstation.views.widgets.text import clear, column, label, row

KINDS = {
    "offline": ChipText("Ký khi mất mạng", "attention", "cloud-off"),
    "quarantine": ChipText("Cách ly", "critical", "alert-triangle"),
}
_WHAT = {
    "offline": "Chữ ký đã được lưu. Chấp nhận: giữ nguyên. Bác bỏ: phiên bản này bị hủy, vẫn đọc được.",
    "quarantine": "Tệp không thành chữ ký. Quyết định chỉ ghi lại tệp này là chứng cứ hay là nhầm lẫn.",
}


class SettlementsDialog(WorkList):
    """One card a file; the reason is written in the card."""

    def __init__(self, model: SettlementsModel, parent: QWidget) -> None:
        super().__init__("Tệp ký muộn hoặc cách ly, chờ xử lý", parent, width=980, height=590)
        self._model = model
        self.cards: dict[UUID, SettlementCard] = {}
        model.changed.connect(self._show)
        model.refused.connect(self.tell)
        self._show()
        model.load()

    def _show(self) -> None:
        self.words.hide()
        written = {which: card.reason.toPlainText() for which, card in self.cards.items()}
        clear(self.rows)
        self.cards = {}
        if not self._model.views:
            self.rows.addWidget(Empty("Không có tệp nào chờ xử lý.") if self._model.loaded else Loading())
        for view in self._model.views:
            card = self.cards[view.id] = SettlementCard(view, self._model, written.get(view.id, ""))
            self.rows.addWidget(card)
        self.rows.addStretch(1)


class SettlementCard(QFrame):
    """One file."""

    def __init__(self, view: SettlementView, model: SettlementsModel, written: str,
                 parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "section")
        self._view, self._model = view, model
        chip = Chip("")
        chip.show_as(KINDS[view.kind])
        patient = view.patient_name.upper() or "Không rõ người bệnh"
        at = f"máy chủ nhận {times.clock(view.received_at)} {times.full_date(view.received_at)}"
        layout = column(row_of(label(patient, "name"), chip, label(f"{view.person_name} ký · {at}", "second")),
                        gap=5, margins=(12, 10, 12, 10))
        for reason in map(Reason.from_json, view.reasons):
            # What to do next is told to the signer; here a third person reads why the file waits.
            layout.addWidget(label(reason.vietnamese, wrap=True))
        layout.addWidget(label(_WHAT[view.kind], "small_second", wrap=True))
        self.reason = TextField("Lý do quyết định", written, placeholder="Vì sao chấp nhận hoặc bác bỏ", lines=1)
        self.accept_ = KeyButton("Chấp nhận", small=True, on_click=lambda: self._decide(accept=True))
        self.reject_ = KeyButton("Bác bỏ", small=True, on_click=lambda: self._decide(accept=False))
        why_not = model.why_not(view)
        for button in (self.accept_, self.reject_):
            button.refuse(why_not)
            button.setVisible(not why_not)
        self.reason.setVisible(not why_not)
        acts = row(self.reason, self.accept_, self.reject_, gap=8)
        acts.setStretch(0, 1)
        layout.addLayout(acts)
        if why_not:
            layout.addWidget(label(why_not, "attention", wrap=True))
        self.setLayout(layout)
        self.setAccessibleName(f"{patient}, {KINDS[view.kind].text}, {view.person_name}")

    def _decide(self, *, accept: bool) -> None:
        self._model.decide(self._view.id, accept=accept, reason=self.reason.toPlainText())


def row_of(*widgets: QWidget) -> QWidget:
    """Widgets beside each other as one."""
    holder = QWidget()
    holder.setLayout(row(*widgets, None, gap=10))
    return holder
