"""Sign-in: name and password at the left; at the right whether this PC can work and sign now."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QCompleter, QFrame, QStackedWidget, QWidget

from records.errors import Refusal
from workstation.models.machine import Fact, MachineModel, store_fact
from workstation.models.session import Phase, SessionModel
from workstation.views import style
from workstation.views.actions import ActionSet, key_of
from workstation.views.widgets.buttons import KeyButton, PrimaryButton
from workstation.views.widgets.choice import ChoiceField
from workstation.views.widgets.fields import LineField, TextField
from workstation.views.widgets.icons import Icon
from workstation.views.widgets.text import KeyCap, column, frame, label, row, rule

_FACT_ICONS = {"server": "server", "token": "usb", "clock": "clock", "store": "device-floppy"}
_FACT_INKS = {"asking": "ink3", "good": "ok", "attention": "attention"}


@dataclass(frozen=True)
class DemoAccount:
    """A demo person whom the window offers by a click."""

    username: str
    password: str
    full_name: str
    title: str
    position: str = ""

    @property
    def called(self) -> str:
        """BS. Lê Thu Hà."""
        return f"{self.title} {self.full_name}".strip()


def read_demo_accounts(file: Path | None) -> tuple[DemoAccount, ...]:
    """The demo people of a JSON list with username, password, full_name and title; none when there is no file."""
    if file is None or not file.is_file():
        return ()
    return tuple(
        DemoAccount(item["username"], item["password"], item.get("full_name", item["username"]),
                    item.get("title", ""), item.get("position", ""))
        for item in json.loads(file.read_text("utf-8"))
    )


class SignInView(QWidget):
    """The card in the middle of the window."""

    def __init__(self, session: SessionModel, machine: MachineModel, actions: ActionSet, *, version: str,
                 demo_accounts: Sequence[DemoAccount] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "ground")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._session = session
        self._left = QStackedWidget()
        self.password_form = PasswordForm(session, machine, demo_accounts)
        self.store_form = StoreForm(session)
        self._left.addWidget(self.password_form)
        self._left.addWidget(self.store_form)
        card = frame("card")
        card.setFixedWidth(872)
        card.setMaximumHeight(484)
        card.setMinimumHeight(400)
        inner = row(gap=0, margins=(1, 1, 1, 1))
        inner.addWidget(self._left, 1)
        self.machine_panel = MachinePanel(session, machine, version)
        inner.addWidget(self.machine_panel)
        card.setLayout(inner)
        self.setLayout(row(None, card, None))
        actions.bind("show_password", self.password_form.toggle_password)
        session.phase_changed.connect(self._phase_changed)
        session.refused.connect(self._refused)

    def begin(self) -> None:
        """Put the cursor where the work is."""
        self.machine_panel.show_people()
        self.password_form.begin()

    def _phase_changed(self, phase: Phase) -> None:
        self.password_form.set_busy(busy=phase is Phase.SIGNING_IN)
        waiting = phase is Phase.NEEDS_OLD_PASSWORD
        self._left.setCurrentWidget(self.store_form if waiting else self.password_form)
        if waiting:
            self.store_form.begin()

    def _refused(self, why: Refusal) -> None:
        if not self.isVisible():
            return
        page = self.store_form if self._left.currentWidget() is self.store_form else self.password_form
        page.show_refusal(why)


class PasswordForm(QWidget):
    """The left half: facility, name, password, one button."""

    def __init__(self, session: SessionModel, machine: MachineModel, demo_accounts: Sequence[DemoAccount],
                 parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._machine = session, machine
        self._facility = label(machine.facility or "Bệnh án điện tử", "title", wrap=True)
        self.name = LineField("Tên đăng nhập", icon_name="user")
        self.password = LineField("Mật khẩu", icon_name="lock")
        for field in (self.name, self.password):
            field.setProperty("role", "large")
        known = [person.username for person in session.known_people()]
        completer = QCompleter(known, self.name)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.name.setCompleter(completer)
        if len(known) == 1:
            self.name.setText(known[0])
        self.password.setEchoMode(LineField.EchoMode.Password)
        self.password.setInputMethodHints(Qt.InputMethodHint.ImhSensitiveData | Qt.InputMethodHint.ImhNoPredictiveText)
        self.show_password = KeyButton("Hiện", key_of("show_password"), kind="quiet", small=True,
                                       on_click=self.toggle_password)
        self.enter = PrimaryButton("Đăng nhập", "Enter", on_click=self._sign_in)
        self.enter.setFixedSize(203, 38)
        self.says = label("", "critical", wrap=True)
        self._build(demo_accounts)
        self.name.returnPressed.connect(self._next)
        self.password.returnPressed.connect(self._sign_in)
        machine.changed.connect(self._machine_changed)
        self._machine_changed()

    def _build(self, demo_accounts: Sequence[DemoAccount]) -> None:
        layout = column(None, self._facility, 8, label("Bệnh Án", "brand"), 8, label("Tên đăng nhập", "caption"),
                        self.name, 8, gap=5, margins=(44, 16, 44, 20))
        layout.addLayout(row(label("Mật khẩu", "caption"), None, self.show_password))
        layout.addWidget(self.password)
        layout.addSpacing(12)
        layout.addLayout(row(self.enter, None))
        layout.addWidget(self.says)
        if demo_accounts:
            layout.addSpacing(4)
            layout.addWidget(DemoPanel(demo_accounts, self._offer))
        layout.addStretch(1)
        layout.addWidget(label(
            "Quên mật khẩu: gọi phòng Công nghệ thông tin. Sai nhiều lần, tài khoản tạm khóa.",
            "small_second", wrap=True))
        self.setLayout(layout)

    def begin(self) -> None:
        """An empty password, and the cursor in the first empty field."""
        self.password.clear()
        self.says.clear()
        (self.password if self.name.text() else self.name).setFocus()

    def set_busy(self, *, busy: bool) -> None:
        """While the server is asked, nothing is sent twice; typing goes on."""
        self.enter.say("Đang đăng nhập…" if busy else self._verb())
        self.enter.setEnabled(not busy)

    def show_refusal(self, why: Refusal) -> None:
        """Why not, and what to do; the name stays, the password is typed again."""
        self.says.setText(why.vietnamese)
        self.password.clear()
        self.password.setFocus()

    def _verb(self) -> str:
        return "Đăng nhập" if self._machine.away_since is None else "Làm việc khi mất mạng"

    def _machine_changed(self) -> None:
        if self._machine.facility:
            self._facility.setText(self._machine.facility)
        if self.enter.isEnabled():
            self.enter.say(self._verb())
            self.enter.setFixedWidth(max(203, self.enter.sizeHint().width()))

    def _next(self) -> None:
        if self.password.text():
            self._sign_in()
        else:
            self.password.setFocus()

    def _sign_in(self) -> None:
        if not self.enter.isEnabled():
            return
        if not self.name.text().strip() or not self.password.text():
            self.says.setText("Hãy gõ tên đăng nhập và mật khẩu.")
            (self.password if self.name.text().strip() else self.name).setFocus()
            return
        self.says.clear()
        password = self.password.text()
        self.password.clear()
        self._session.sign_in(self.name.text().strip(), password)

    def _offer(self, account: DemoAccount) -> None:
        self.name.setText(account.username)
        self.password.setText(account.password)
        self._sign_in()

    def toggle_password(self) -> None:
        """Alt+H."""
        hidden = self.password.echoMode() is LineField.EchoMode.Password
        self.password.setEchoMode(LineField.EchoMode.Normal if hidden else LineField.EchoMode.Password)
        self.show_password.say("Ẩn" if hidden else "Hiện")


class DemoPanel(QFrame):
    """The demo's people: the first few by one click, all others by a list."""

    FIRST = 3

    def __init__(self, accounts: Sequence[DemoAccount], offer: Callable[[DemoAccount], None],
                 parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._others, self._offer = tuple(accounts[self.FIRST:]), offer
        first = row(gap=6)
        for account in accounts[:self.FIRST]:
            first.addWidget(KeyButton(account.called, kind="quiet", small=True, on_click=partial(offer, account)))
        first.addStretch(1)
        layout = column(label("Bản dùng thử: vào ngay với tên", "caption"), gap=4)
        layout.addLayout(first)
        self.others = ChoiceField("Người khác của bản dùng thử", icon_name="users")
        self.others.addItem(f"{len(self._others)} người khác…")
        for account in self._others:
            self.others.addItem(" · ".join(part for part in (account.called, account.position) if part))
        self.others.activated.connect(self._chosen)
        self.others.setVisible(bool(self._others))
        layout.addWidget(self.others)
        self.setLayout(layout)

    def _chosen(self, number: int) -> None:
        if number > 0:
            self.others.setCurrentIndex(0)
            self._offer(self._others[number - 1])


class StoreForm(QWidget):
    """The password was changed at the server; the store on this PC still has the old one."""

    def __init__(self, session: SessionModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.password = LineField("Mật khẩu cũ", icon_name="lock")
        self.password.setEchoMode(LineField.EchoMode.Password)
        self.password.returnPressed.connect(self._open)
        self.request = TextField("Mã yêu cầu gửi CNTT", lines=2, most_lines=3)
        self.request.setReadOnly(True)
        self.code = LineField("Mã mở kho do CNTT đưa")
        self.says = label("", "critical", wrap=True)
        layout = column(
            None, label("Mở kho nháp trên máy này", "title"),
            label("Mật khẩu của bạn vừa đổi ở máy chủ. Nháp trên máy này còn nguyên và vẫn khóa bằng mật khẩu cũ.",
                  "text", wrap=True),
            8, label("Mật khẩu cũ", "caption"), self.password, gap=5, margins=(44, 16, 44, 20))
        layout.addLayout(row(PrimaryButton("Mở kho", "Enter", on_click=self._open), None))
        for widget in (self.says, rule(), label("Không nhớ mật khẩu cũ: đưa CNTT mã này, nhận mã mở kho.", "second"),
                       self.request, self.code):
            layout.addWidget(widget)
        layout.addLayout(row(KeyButton("Mở bằng mã", on_click=self._open_with_code),
                             KeyButton("Bắt đầu kho mới, cất kho cũ", on_click=session.begin_anew), None))
        layout.addStretch(1)
        self.setLayout(layout)

    def begin(self) -> None:
        """The request is made, the cursor is in the password."""
        self.request.setPlainText(self._session.recovery_request())
        self.password.setFocus()

    def show_refusal(self, why: Refusal) -> None:
        """Why it did not open."""
        self.says.setText(why.vietnamese)

    def _open(self) -> None:
        password = self.password.text()
        self.password.clear()
        if password:
            self._session.open_with_old_password(password)

    def _open_with_code(self) -> None:
        if self.code.text().strip():
            self._session.open_with_recovery(self.code.text().strip())


class MachinePanel(QFrame):
    """The right half: server, token, who worked here, clock."""

    def __init__(self, session: SessionModel, machine: MachineModel, version: str,
                 parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "side")
        self.setFixedWidth(402)
        self._machine = machine
        self._lines = {name: _FactLine(icon_name) for name, icon_name in _FACT_ICONS.items()}
        layout = column(label("Tình trạng máy này", "title"), 12, gap=0, margins=(26, 30, 26, 24))
        for index, line in enumerate(self._lines.values()):
            if index:
                layout.addWidget(rule())
            layout.addWidget(line)
        layout.addStretch(1)
        layout.addLayout(row(
            label(f"Phiên bản {version}", "small_second"), None, KeyCap(key_of("night")),
            label("Ca đêm", "small_second"), 4, KeyCap(key_of("self_test")),
            label("Tự kiểm tra máy", "small_second"), gap=4))
        self.setLayout(layout)
        self._session = session
        self.show_people()
        machine.changed.connect(self._show)
        self._show()

    def show_people(self) -> None:
        """Who has a store on this PC; somebody may have come since."""
        self._lines["store"].say(store_fact(self._session.known_people()))

    def _show(self) -> None:
        for name in ("server", "token", "clock"):
            self._lines[name].say(getattr(self._machine, name))


class _FactLine(QWidget):
    """Icon, what is so, details."""

    def __init__(self, icon_name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon_name = icon_name
        self._icon = Icon(icon_name, "ink3", 20)
        self._title, self._detail = label("", "bold"), label("", "small_second", wrap=True)
        words = column(self._title, self._detail, gap=0)
        layout = row(self._icon, gap=12, margins=(0, 10, 0, 10))
        layout.setAlignment(self._icon, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(words, 1)
        self.setLayout(layout)

    def say(self, fact: Fact) -> None:
        """Another answer."""
        self._icon.show_as(self._icon_name, _FACT_INKS[fact.state])
        self._title.setText(fact.title)
        self._detail.setText(fact.detail)
        self._detail.setVisible(bool(fact.detail))
        self.setAccessibleName(f"{fact.title}. {fact.detail}")
        style.set_role(self._title, "attention_bold" if fact.state == "attention" else "bold")
