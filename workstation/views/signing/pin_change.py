"""Another PIN for a token, with the old one or with the PUK; the fields are emptied before anything else."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QGridLayout, QWidget

from records.errors import Reason, Trouble
from workstation.models.pin_change import PinChangeModel, PinStage
from workstation.signing.base import Pin, TokenInfo
from workstation.views import style
from workstation.views.prompts import Dialog
from workstation.views.signing.pin_bar import LastTry, PinField
from workstation.views.widgets.buttons import KeyButton, PrimaryButton
from workstation.views.widgets.choice import ChoiceField
from workstation.views.widgets.text import label

FIELD_WIDTH = 240
_BY_PIN = "Chính token so mã PIN cũ. Bệnh viện không biết và không giữ mã PIN của bạn."
_BY_PUK = ("Mã PUK nằm trên giấy đi kèm token. Sai nhiều lần thì token hỏng hẳn, phải cấp lại; "
           "không chắc thì hãy dừng và gọi nhà cung cấp chứng thư.")


class PinChangeDialog(Dialog):
    """Which token, the old PIN (or PUK), the new one twice."""

    def __init__(self, model: PinChangeModel, parent: QWidget) -> None:
        by_puk = model.by_puk
        super().__init__("Mở khóa token bằng mã PUK" if by_puk else "Đổi mã PIN của token", parent, width=560)
        self._model, first = model, "Mã PUK" if by_puk else "Mã PIN cũ"
        self.tokens = ChoiceField("Token")
        self.tokens.activated.connect(lambda number: model.choose(model.tokens[number]))
        self.first, self.new, self.again = PinField(), PinField(), PinField()
        self._length, self.words = label("", "small_second"), label("", "critical", wrap=True)
        self.last_try = LastTry("mã PUK" if by_puk else "mã PIN cũ")
        grid = QGridLayout()
        grid.setColumnStretch(1, 1)
        fields = (("Token", self.tokens), (first, self.first), ("Mã PIN mới", self.new), ("Gõ lại", self.again))
        for number, (name, field) in enumerate(fields):
            grid.addWidget(label(name, "bold"), number, 0)
            grid.addWidget(field, number, 1)
            field.setAccessibleName(name)
        for field in (self.first, self.new, self.again):
            field.setFixedWidth(FIELD_WIDTH)
            field.returnPressed.connect(self.change)
        grid.addWidget(self._length, len(fields), 1)
        self.body.addWidget(label(_BY_PUK if by_puk else _BY_PIN, "second", wrap=True))
        self.body.addLayout(grid)
        for widget in (self.words, self.last_try):
            self.body.addWidget(widget)
        self.verb = PrimaryButton("Mở khóa" if by_puk else "Đổi mã PIN", "Enter", on_click=self.change)
        self.look = KeyButton("Tìm lại", "Ctrl+R", on_click=model.begin)
        self.verbs(self.verb, self.look, KeyButton("Đóng", "Esc", on_click=self.reject))
        model.changed.connect(self._show)
        self._show()
        model.begin()

    def change(self) -> None:
        """With what was typed; an empty field gets the cursor."""
        if self._model.stage is PinStage.DONE:
            self.accept()
            return
        empty = next((field for field in (self.first, self.new, self.again) if not field.text()), None)
        if empty is not None:
            empty.setFocus()
            return
        if not self.last_try.given():
            return
        first = self.first.take(last_try=self.last_try.isChecked())
        new, again = self.new.take(), self.again.take()
        self.last_try.setChecked(False)
        if first is not None:
            self._model.change(first, new or Pin(""), again or Pin(""))

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if (event is not None and event.key() == Qt.Key.Key_R and self.look.isVisible()
                and event.modifiers() & Qt.KeyboardModifier.ControlModifier):
            self._model.begin()
            return
        super().keyPressEvent(event)

    def _show(self) -> None:
        model = self._model
        self._show_tokens()
        hopeless, ready = model.hopeless, model.stage is PinStage.READY
        may = ready and hopeless is None
        for field in (self.first, self.new, self.again):
            field.setEnabled(may)
        if may and not any(field.hasFocus() for field in (self.new, self.again)):
            self.first.setFocus()
        self.last_try.ask(wanted=may and model.last_try)
        self.look.setVisible(model.stage is PinStage.BLOCKED)
        done = model.stage is PinStage.DONE
        self.verb.say("Đóng" if done else "Mở khóa" if model.by_puk else "Đổi mã PIN")
        self.verb.refuse("" if may or done else "Chưa đổi được lúc này.")
        if done:
            self.verb.setFocus()
        self._say(hopeless if ready else None)

    def _show_tokens(self) -> None:
        model = self._model
        if self.tokens.count() != len(model.tokens):
            self.tokens.clear()
            self.tokens.addItems([_token_words(token) for token in model.tokens])
        if model.token is not None:
            serials = [token.serial for token in model.tokens]
            self.tokens.setCurrentIndex(serials.index(model.token.serial))
        self._length.setText(_length_words(model.token))

    def _say(self, hopeless: Reason | None) -> None:
        model = self._model
        reasons = model.refusal.reasons if model.refusal is not None else (hopeless,) if hopeless else ()
        text, role = "\n".join(f"{reason.vietnamese} {reason.todo}".strip() for reason in reasons), "critical"
        if isinstance(model.refusal, Trouble):
            role = "attention"
        said = {PinStage.LOOKING: "Đang tìm token…", PinStage.WORKING: "Token đang đổi mã PIN… đừng rút token."}
        if model.stage in said:
            text, role = said[model.stage], "second"
        if model.stage is PinStage.DONE:
            text, role = "Đã xong. Từ giờ dùng mã PIN mới.", "ok"
        self.words.setText(text)
        self.words.setVisible(bool(text))
        style.set_role(self.words, role)


def _token_words(token: TokenInfo) -> str:
    return f"{token.label} · số {token.serial}" + (" · đã khóa" if token.locked else "")


def _length_words(token: TokenInfo | None) -> str:
    if token is None or not token.min_pin:
        return ""
    if not token.max_pin:
        return f"Ít nhất {token.min_pin} ký tự"
    return f"Từ {token.min_pin} đến {token.max_pin} ký tự"
