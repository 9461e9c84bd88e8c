"""The locked screen: hides every patient; saving and sending go on behind it."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QWidget

from records.errors import Refusal
from workstation.models.account import Account
from workstation.models.session import SessionModel
from workstation.views.widgets.buttons import KeyButton, PrimaryButton
from workstation.views.widgets.fields import LineField
from workstation.views.widgets.icons import Icon
from workstation.views.widgets.text import column, frame, label, row


class LockView(QWidget):
    """Who has locked it, a password field, and the way for somebody else."""

    def __init__(self, session: SessionModel, account: Account, on_change_person: Callable[[], object],
                 parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.setProperty("role", "ground")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        name = f"{account.person.title} {account.person.full_name}".strip()
        self.password = LineField("Mật khẩu", icon_name="lock")
        self.password.setProperty("role", "large")
        self.password.setEchoMode(LineField.EchoMode.Password)
        self.password.returnPressed.connect(self._unlock)
        self.says = label("", "critical", wrap=True)
        self.open = PrimaryButton("Mở khóa", "Enter", on_click=self._unlock)
        self.change = KeyButton("Đổi người dùng", on_click=on_change_person)
        card = frame("card")
        card.setFixedWidth(420)
        layout = column(
            row_holder(Icon("lock", "primary", 20), label("Màn hình đang khóa", "title")), 4, label(name, "name"),
            label("Nháp vẫn được lưu và gửi. Chưa ai xem được người bệnh trên máy này.", "second", wrap=True), 8,
            label("Mật khẩu", "caption"), self.password, self.says, 8, gap=4, margins=(28, 24, 28, 24))
        layout.addLayout(row(self.change, None, self.open))
        card.setLayout(layout)
        outer = row(None, card, None)
        outer.setAlignment(card, Qt.AlignmentFlag.AlignVCenter)
        self.setLayout(outer)
        session.refused.connect(self._refused)

    def begin(self) -> None:
        """An empty field with the cursor in it."""
        self.says.clear()
        self.password.clear()
        self.password.setFocus()

    def _unlock(self) -> None:
        password = self.password.text()
        self.password.clear()
        if password:
            self._session.unlock(password)

    def _refused(self, why: Refusal) -> None:
        if self.isVisible():
            self.says.setText(why.vietnamese)
            self.password.setFocus()


def row_holder(*items: QWidget) -> QWidget:
    """Widgets beside each other as one widget."""
    holder = QWidget()
    holder.setLayout(row(*items, None))
    return holder
