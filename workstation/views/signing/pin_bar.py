"""The foot of a signing dialog: whose certificate, the PIN, the verbs. The field is emptied before anything else."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QObject, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QCheckBox, QFrame, QWidget

from records.errors import Reason, Refusal, Trouble
from workstation.emitting import emitter
from workstation.models.signing import LineState, SigningAct, Stage
from workstation.models.signing_certificates import elsewhere
from workstation.signing.base import Identity, Pin
from workstation.views import style
from workstation.views.signing.words import issuer_words, serial_words
from workstation.views.widgets.buttons import KeyButton, PrimaryButton
from workstation.views.widgets.choice import ChoiceField
from workstation.views.widgets.fields import LineField
from workstation.views.widgets.icons import Icon
from workstation.views.widgets.text import column, label, row

_SECRET = (Qt.InputMethodHint.ImhHiddenText | Qt.InputMethodHint.ImhSensitiveData
           | Qt.InputMethodHint.ImhNoPredictiveText)


class PinField(LineField):
    """Shows dots, keeps no undo, and moves through the list beside it with the arrows."""

    step = pyqtSignal(int)
    paged = pyqtSignal(int)
    """PgDn and PgUp: read on in the document."""
    marked = pyqtSignal()
    """Space, while nothing is typed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Mã PIN", parent=parent)
        self.setEchoMode(LineField.EchoMode.Password)
        self.setInputMethodHints(_SECRET)
        self.setFixedWidth(152)

    def take(self, *, last_try: bool = False) -> Pin | None:
        """What was typed; the field is empty from now on. `last_try`: the person knows that it may lock the token."""
        text = self.text()
        self.setText("")  # unlike clear(), this leaves nothing to undo
        return Pin(text, last_try=last_try) if text else None

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is None:
            return
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.step.emit(1 if event.key() == Qt.Key.Key_Down else -1)
        elif event.key() in (Qt.Key.Key_PageDown, Qt.Key.Key_PageUp):
            self.paged.emit(1 if event.key() == Qt.Key.Key_PageDown else -1)
        elif event.key() == Qt.Key.Key_Space and not self.text():
            self.marked.emit()
        else:
            super().keyPressEvent(event)


class LastTry(QCheckBox):
    """The word that a person gives before the token's last try; it holds for one PIN."""

    def __init__(self, what: str = "mã PIN", parent: QWidget | None = None) -> None:
        super().__init__(f"Tôi hiểu: sai {what} lần này thì token bị khóa", parent)
        self.hide()

    def ask(self, *, wanted: bool) -> None:
        """Show it while it is the last try."""
        if not wanted:
            self.setChecked(False)
        self.setVisible(wanted)

    def given(self) -> bool:
        """Whether a PIN may go on its way: no last try, or accepted. Without the word, the cursor comes here."""
        if self.isHidden() or self.isChecked():
            return True
        self.setFocus()
        return False

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.toggle()  # Enter is the key of this whole dialog; here it only says that the words were read
            return
        super().keyPressEvent(event)


class CertificateLine(QWidget):
    """Whose certificate signs; a list to choose from when several fit."""

    chosen = pyqtSignal(object)
    """Identity."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._identities: tuple[Identity, ...] = ()
        self._first, self._second = label("", "bold"), label("", "small_second")
        self.choice = ChoiceField("Chứng thư để ký")
        self.choice.setMinimumWidth(300)
        self.choice.activated.connect(lambda number: self.chosen.emit(self._identities[number]))
        words = column(self._first, self.choice, self._second, gap=0)
        self.icon = Icon("usb", "ink", 20)
        """Where the key lies: a token in this PC, or a service that asks on the phone."""
        layout = row(self.icon, gap=12)
        layout.addLayout(words)
        self.setLayout(layout)

    def say(self, first: str, second: str) -> None:
        """Words instead of a certificate: «Đang tìm token…»."""
        self.choice.hide()
        self._first.show()
        self._first.setText(first)
        self._second.setText(second)

    def show_identity(self, identity: Identity, identities: tuple[Identity, ...], second: str = "") -> None:
        """This certificate; the others that fit too can be chosen."""
        self.icon.show_as("device-mobile" if elsewhere(identity) else "usb", "ink")
        self.say(f"{identity.full_name.upper()} · serial {serial_words(identity.serial)}",
                 second or issuer_words(identity))
        if len(identities) < 2:
            return
        if self._identities != identities:
            self._identities = identities
            self.choice.clear()
            self.choice.addItems([_told(one) for one in identities])
        self.choice.setCurrentIndex(identities.index(identity))
        self.choice.show()
        self._first.hide()


class PinBar(QFrame):
    """Listens to one act of signing; Enter signs, Esc stops or closes."""

    close_wanted = pyqtSignal()
    leave_wanted = pyqtSignal()
    """Close, and let what is asked on the phone stand."""
    enrol_wanted = pyqtSignal()

    def __init__(self, act: SigningAct, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._act = act
        self.setProperty("role", "foot")
        self.certificate = CertificateLine()
        self.certificate.chosen.connect(act.choose)
        self.words = label("", "attention", wrap=True)
        self.words.hide()
        self.pin = PinField()
        self._caption = label("Mã PIN", "bold")
        self.away = KeyButton("Thôi", "Esc", on_click=self.leave)
        self.last_try = LastTry()
        self.last_try.toggled.connect(lambda ticked: self.pin.setFocus() if ticked else None)
        self.later = KeyButton("Đóng, vẫn chờ điện thoại", "Enter", on_click=emitter(self, self.leave_wanted))
        self.enrol = KeyButton("Đăng ký chứng thư này", on_click=emitter(self, self.enrol_wanted))
        self.again = KeyButton("Thử lại", "Ctrl+R", on_click=act.look)
        self.sign = PrimaryButton("Ký", "Enter", on_click=self.begin)
        self.pin.returnPressed.connect(self.begin)
        line = row(self.certificate, None, self._caption, self.pin, self.enrol, self.again, self.away, self.later,
                   self.sign, gap=10)
        layout = column(self.words, self.last_try, gap=6, margins=(16, 9, 14, 9))
        layout.addLayout(line)
        self.setLayout(layout)
        self._tapped = False
        act.changed.connect(self.refresh)
        self.pin.installEventFilter(self)
        self.refresh()

    def begin(self) -> None:
        """Sign with what was typed; nothing typed and a PIN wanted: the cursor goes there."""
        if not self.last_try.given():
            return
        accepted = self.last_try.isChecked()
        pin = self.pin.take(last_try=accepted)
        if self._act.on_token:
            pin = Pin("", last_try=accepted)
        if self._act.stage in (Stage.READY, Stage.PAUSED, Stage.ASKING) and (pin is not None or self._needs_no_pin()):
            self.last_try.setChecked(False)
            self._act.sign(pin)
        elif self._act.stage is Stage.DONE:
            self.close_wanted.emit()
        elif self._act.stage in (Stage.READY, Stage.PAUSED, Stage.ASKING):
            self.pin.setFocus()

    def leave(self) -> None:
        """Stop after the document at hand; when nothing runs, close."""
        if self._act.running:
            self._act.stop()
        else:
            self.close_wanted.emit()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if (isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_R
                and event.modifiers() & Qt.KeyboardModifier.ControlModifier and self.again.isVisible()):
            self._act.look()
            return True
        return super().eventFilter(watched, event)

    def refresh(self) -> None:
        """Show what the act says."""
        act, stage = self._act, self._act.stage
        self._show_certificate()
        self._show_words()
        asks = stage in (Stage.READY, Stage.PAUSED, Stage.ASKING) and act.identity is not None and bool(act.left)
        was_hidden = self.pin.isHidden()
        self._caption.setVisible(asks)
        self.pin.setVisible(asks and not act.on_token)
        self.last_try.ask(wanted=asks and act.last_try)
        self._caption.setText("Mật khẩu khóa" if self._needs_no_pin() else
                              "Xác nhận trên điện thoại" if act.on_token and elsewhere(act.identity) else
                              "Mã PIN nhập trên token" if act.on_token else
                              "Mã PIN hoặc mã OTP" if elsewhere(act.identity) else "Mã PIN")
        self.enrol.setVisible(act.may_enrol)
        self.again.setVisible(stage is Stage.BLOCKED)
        self.sign.setVisible(stage in (Stage.READY, Stage.PAUSED, Stage.ASKING, Stage.DONE))
        waits = stage is Stage.SIGNING and bool(elsewhere(act.identity))
        self.later.setVisible(waits)
        stop = "Hủy yêu cầu ký" if waits else "Dừng sau văn bản này"
        self.away.say(stop if stage is Stage.SIGNING else "Đóng" if act.done else "Thôi")
        self.away.setVisible(stage is not Stage.DONE)
        self.sign.say(self._verb())
        self.sign.refuse("" if stage is Stage.DONE or act.left else "Chưa chọn văn bản nào để ký.")
        tapped, self._tapped = self._tapped, asks and act.on_token
        if asks and was_hidden and not act.on_token:
            self.pin.setFocus()
        if self._tapped and not tapped:
            self.sign.setFocus()  # the PIN's field is gone, and Enter must not fall to the button beside it
        if stage is Stage.DONE:
            self.sign.setFocus()
        elif waits:
            self.later.setFocus()

    def _verb(self) -> str:
        act, count = self._act, len(self._act.left)
        if act.stage is Stage.DONE:
            return "Đóng"
        verb = "Ký tiếp" if act.done else "Ký"
        return f"{verb} {count} văn bản" if count > 1 else verb

    def _needs_no_pin(self) -> bool:
        """A training key may be without a password."""
        return self._act.training and self._act.stage is not Stage.ASKING

    def _show_certificate(self) -> None:
        act = self._act
        if act.identity is not None and act.found is not None:
            held = "PIN đã nhập, chỉ giữ đến hết lần ký này" if act.stage is Stage.SIGNING else ""
            if service := elsewhere(act.identity):
                waits = act.on_token and any(line.state is LineState.ASKED for line in act.left)
                held = f"{'Chờ xác nhận trên điện thoại' if waits else 'Ký từ xa'}: {service}"
            training = "Khóa tập huấn: chữ ký không có giá trị pháp lý" if act.training else ""
            only = act.stage is not Stage.READY
            self.certificate.show_identity(act.identity, () if only else act.found.identities, held or training)
        elif act.stage is Stage.LOOKING:
            self.certificate.say("Đang tìm token…", "Chưa hỏi mã PIN")
        else:
            self.certificate.say("Chưa có chứng thư để ký", "Bản ghi vẫn được giữ nguyên")

    def _show_words(self) -> None:
        act = self._act
        reasons: tuple[Reason, ...] = act.refusal.reasons if act.refusal is not None else act.notices
        if act.stage in (Stage.SIGNING, Stage.DONE):
            reasons = ()
        self.words.setText("\n".join(f"{reason.vietnamese} {reason.todo}".strip() for reason in reasons))
        self.words.setVisible(bool(reasons))
        style.set_role(self.words, _role(act.refusal, reasons))


def _told(identity: Identity) -> str:
    """One certificate of several; first where its key lies, when that is no token."""
    service = elsewhere(identity)
    return (f"{service} · " if service else "") + (
        f"{identity.full_name} · {identity.issuer} · serial {serial_words(identity.serial)}")


def _role(refusal: Refusal | None, reasons: tuple[Reason, ...]) -> str:
    """Red for a refusal; amber for what may be tried again by itself."""
    if refusal is not None:
        return "attention" if isinstance(refusal, Trouble) else "critical"
    last = any(reason.code in ("pin_last_try", "pin_wrong", "key_password_wrong") for reason in reasons)
    return "critical" if last else "attention"
