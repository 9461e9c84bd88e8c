"""«Tra cứu bản in»: type or scan the code of a paper, read what it was and whether it is still the newest."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QHBoxLayout, QScrollArea, QWidget

from records.errors import Refusal
from records.messages import PrintedDocument, PrintView
from workstation.models.look_up import LookUpModel, state_of, verdict
from workstation.views.prompts import Dialog
from workstation.views.widgets import times
from workstation.views.widgets.buttons import KeyButton, PrimaryButton
from workstation.views.widgets.fields import LineField
from workstation.views.widgets.text import clear, column, label, row

_WAYS = {"printed": "In", "saved": "Lưu PDF"}


class LookUpDialog(Dialog):
    """One field; below it the answer."""

    def __init__(self, model: LookUpModel, parent: QWidget) -> None:
        super().__init__("Tra cứu bản in", parent, width=760)
        self.setFixedHeight(520)
        self._model = model
        self.field = LineField("Mã tra cứu, hoặc quét mã QR trên giấy")
        self.answer = column(gap=4, margins=(0, 0, 8, 0))
        inside = QWidget()
        inside.setProperty("role", "panel")
        inside.setLayout(self.answer)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(inside)
        self.body.addWidget(label("Mã tra cứu ở khung cuối bản in, hoặc quét mã QR trên giấy", "caption"))
        self.body.addWidget(self.field)
        self.body.addWidget(scroll, 1)
        model.found.connect(self._show)
        model.refused.connect(self._refuse)
        self.verbs(PrimaryButton("Tra cứu", "Enter", on_click=self._ask),
                   KeyButton("Đóng", "Esc", on_click=self.reject))
        self.field.setFocus()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        # A scanner types the address and Enter.
        if event is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._ask()
            return
        super().keyPressEvent(event)

    def _ask(self) -> None:
        self._model.ask(self.field.text())
        self.field.selectAll()

    def _refuse(self, why: Refusal) -> None:
        clear(self.answer)
        self.answer.addWidget(label(why.vietnamese, "critical", wrap=True))
        self.answer.addStretch(1)

    def _show(self, view: PrintView) -> None:
        clear(self.answer)
        add = self.answer.addWidget
        add(label(verdict(view), "ok" if view.newest else "attention_bold", wrap=True))
        add(label(f"{view.patient_name.upper()} · hồ sơ {view.record_no}", "name", wrap=True))
        add(label(f"{view.form_name} ({view.form_code})", wrap=True))
        for run in view.runs:
            when = f"{times.clock(run.at)} {times.full_date(run.at)}"
            add(label(f"{_WAYS[run.what]} lúc {when}, {run.person_name}", "second"))
        add(label(f"Trên giấy có {len(view.documents)} lần ghi", "caption"))
        for document in view.documents:
            self.answer.addLayout(_line(document))
        self.answer.addStretch(1)


def _line(document: PrintedDocument) -> QHBoxLayout:
    at = f"{times.clock(document.occurred_at)} {times.full_date(document.occurred_at)}"
    words = f"{document.name}, {at}, {document.author}, phiên bản {document.version}"
    state = state_of(document)
    parts = [label(words), *([label(state, "attention")] if state else [])]
    return row(*parts, None, gap=12)
