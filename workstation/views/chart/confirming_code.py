"""The one-time code in the confirmation: a number, «Gửi mã», and what the patient reads out."""

from __future__ import annotations

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QWidget

from records.messages import CodeSent
from workstation.views.widgets import times
from workstation.views.widgets.fields import LineField
from workstation.views.widgets.text import column, label, row


class CodePane(QWidget):
    """Before a code was sent the number is asked for; after it the code."""

    entered = pyqtSignal()
    """Enter in a blank."""

    def __init__(self, phone: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sent: CodeSent | None = None
        self.phone = LineField("Số điện thoại nhận mã", phone, placeholder="0912345678")
        self.code = LineField("Mã người bệnh đọc", placeholder="6 số")
        self.told = label("", "second", wrap=True)
        self._code_side = QWidget()
        self._code_side.setLayout(column(label("Mã người bệnh đọc", "caption"), self.code, gap=2))
        beside = row(gap=8)
        beside.addLayout(column(label("Số điện thoại nhận mã", "caption"), self.phone, gap=2), 1)
        beside.addWidget(self._code_side, 1)
        layout = column(gap=4)
        layout.addLayout(beside)
        layout.addWidget(self.told)
        self.setLayout(layout)
        self._code_side.hide()
        for field in (self.phone, self.code):
            field.returnPressed.connect(self.entered)
        self.phone.textChanged.connect(lambda _text: self.ask_anew())

    def was_sent(self, sent: CodeSent) -> None:
        """A message is on its way: ask for its code."""
        self.sent = sent
        self.told.setText(f"Đã gửi đến {sent.phone}, dùng được đến {times.clock(sent.ends_at)}. "
                          f"Tin nhắn ghi văn bản {sent.check}.")
        self.code.clear()
        self._code_side.show()
        self.code.setFocus()

    def ask_anew(self) -> None:
        """Another number, or a code that is spent: back to sending."""
        self.sent = None
        self.told.setText("")
        self._code_side.hide()
