"""«Người bệnh xác nhận»: how the patient confirms, the reader's answer in plain words, then the paper to sign (R7)."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtWidgets import QWidget

from records.errors import Refusal
from workstation.drafts import LocalDraft
from workstation.models.cases import kind_of
from workstation.models.confirming import Taking
from workstation.views import style
from workstation.views.chart.signature_pad import SignaturePad
from workstation.views.prompts import Dialog
from workstation.views.widgets.buttons import KeyButton, PrimaryButton
from workstation.views.widgets.text import label

_SHOW = ("Hãy cho người bệnh đọc đúng bản đã ký (Ctrl+P), hỏi họ hiểu chưa. Vân tay, nét ký được mã hóa, giữ riêng, "
         "chỉ dùng cho lần xác nhận này.")


class ConfirmDialog(Dialog):
    """Names the patient and the version; reads a finger or begins with a witness; hands on the paper to be signed."""

    def __init__(self, taking: Taking, parent: QWidget, *, on_paper: Callable[[LocalDraft], object]) -> None:
        super().__init__("Người bệnh xác nhận", parent, patient=taking.chart.patient, width=620)
        self._taking, self._on_paper = taking, on_paper
        view = taking.view
        self.words = label("", "second", wrap=True)
        self.pad, self.wipe = SignaturePad(), KeyButton("Ký lại từ đầu", small=True)
        self.wipe.clicked.connect(self.pad.wipe)
        for widget in (label(f"{kind_of(view.form).name}, bản {view.version}", "title", wrap=True),
                       label(_SHOW, "second", wrap=True), self.pad, self.wipe, self.words):
            self.body.addWidget(widget)
        self.finger = PrimaryButton("Lấy vân tay", "Enter", on_click=self._read)
        self.draw = KeyButton("Ký vẽ", on_click=self._draw)
        self.witness = KeyButton("Có người làm chứng", on_click=self._witness)
        self.verbs(self.finger, self.witness, self.draw, KeyButton("Thôi", "Esc", on_click=self.reject))
        for hidden in (self.pad, self.wipe):
            hidden.hide()
        self.finger.setFocus()

    def _draw(self) -> None:
        """First the field to sign in; asked again, what was drawn is handed over."""
        if self.pad.isHidden():
            for shown in (self.pad, self.wipe):
                shown.show()
            self.draw.say("Dùng chữ ký này")
            self._say("Mời người bệnh ký vào ô bằng bút, ngón tay hoặc chuột.", "second")
            self.adjustSize()
        elif self.pad.drawing.enough:
            self._say("Đang gửi chữ ký…", "second")
            self.draw.setEnabled(False)
            self._taking.by_drawing(self.pad.evidence(), self.pad.drawing.device, self._done, self._failed)
        else:
            self._say("Chưa thấy chữ ký trong ô. Mời người bệnh ký lại.", "critical")

    def _read(self) -> None:
        self._say("Mời người bệnh đặt ngón tay lên đầu đọc…", "second")
        self.finger.setEnabled(False)
        self._taking.by_fingerprint(self._done, self._failed)

    def _witness(self) -> None:
        self._done(self._taking.by_witness())

    def _done(self, paper: LocalDraft) -> None:
        if not self.isVisible():
            return  # closed meanwhile: nothing is begun behind the person's back
        self.accept()
        self._on_paper(paper)

    def _failed(self, refusal: Refusal) -> None:
        self._say("\n".join(f"{reason.vietnamese} {reason.todo}".strip() for reason in refusal.reasons), "critical")
        self.finger.setEnabled(True)
        self.draw.setEnabled(True)
        if self.pad.isHidden():
            self.finger.say("Lấy lại vân tay")
            self.finger.setFocus()

    def _say(self, text: str, role: str) -> None:
        self.words.setText(text)
        style.set_role(self.words, role)
