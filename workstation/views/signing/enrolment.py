"""Enrolling one's certificate, and the list in which a second person approves it."""

from __future__ import annotations

from functools import partial

from PyQt6.QtWidgets import QFrame, QWidget

from records.errors import Reason, Trouble
from records.messages import CertificateView
from workstation.models.enrolment import CertificatesModel, EnrolmentModel, EnrolStage
from workstation.models.signing_certificates import elsewhere
from workstation.signing.base import Pin
from workstation.views import style
from workstation.views.prompts import Dialog, WorkList
from workstation.views.signing.pin_bar import CertificateLine, LastTry, PinField
from workstation.views.signing.words import serial_words
from workstation.views.widgets import times
from workstation.views.widgets.buttons import KeyButton, PrimaryButton
from workstation.views.widgets.chip import Chip
from workstation.views.widgets.painting import ChipText
from workstation.views.widgets.states import Empty, Loading
from workstation.views.widgets.text import clear, column, frame, label, row

STATES = {
    "pending": ChipText("Chờ duyệt", "attention", "clock"), "approved": ChipText("Đã duyệt", "ok", "shield-check"),
    "rejected": ChipText("Không duyệt", "critical", "x"), "revoked": ChipText("Đã thu hồi", "neutral", "lock"),
}
_THEN = ("Máy chủ so số định danh trong chứng thư với tài khoản của bạn. "
         "Sau đó phòng Kế hoạch - Nghiệp vụ hoặc CNTT duyệt, rồi bạn ký được.")
_BY_USB = "Token ký một chuỗi ngẫu nhiên của máy chủ để chứng tỏ khóa nằm trong token này. "
_BY_PHONE = "{service} hỏi bạn trên điện thoại để ký một chuỗi ngẫu nhiên của máy chủ, chứng tỏ khóa là của bạn. "
_BY_CODE = "{service} dùng mã PIN và mã OTP của bạn để ký một chuỗi ngẫu nhiên của máy chủ, chứng tỏ khóa là của bạn. "


class EnrolDialog(Dialog):
    """The certificate that was found, the PIN, and what came of it."""

    def __init__(self, model: EnrolmentModel, parent: QWidget) -> None:
        super().__init__("Đăng ký chứng thư của tôi", parent, width=640)
        self._model = model
        self.certificate, self.pin = CertificateLine(), PinField()
        self.certificate.chosen.connect(model.choose)
        self._caption, self.words = label("Mã PIN", "bold"), label("", "attention", wrap=True)
        self.last_try = LastTry()
        self.pin.returnPressed.connect(self.enrol)
        self._steps = label(_BY_USB + _THEN, "second", wrap=True)
        for widget in (self._steps, self.certificate, self.words, self.last_try):
            self.body.addWidget(widget)
        self.body.addLayout(row(self._caption, self.pin, None, gap=10))
        self.verb = PrimaryButton("Đăng ký", "Enter", on_click=self.enrol)
        self.again = KeyButton("Tìm lại", on_click=model.begin)
        self.verbs(self.verb, self.again, KeyButton("Đóng", "Esc", on_click=self.reject))
        model.changed.connect(self._show)
        self.finished.connect(lambda _result: model.stop())
        self._show()
        model.begin()

    def enrol(self) -> None:
        """With the PIN that was typed."""
        if self._model.stage is EnrolStage.DONE:
            self.accept()
            return
        if not self.last_try.given():
            return
        accepted = self.last_try.isChecked()
        pin = Pin("", last_try=accepted) if self._model.on_token else self.pin.take(last_try=accepted)
        if pin is not None:
            self.last_try.setChecked(False)
            self._model.enrol(pin)
        else:
            self.pin.setFocus()

    def _show(self) -> None:
        model = self._model
        if model.identity is not None:
            self.certificate.show_identity(model.identity, model.identities)
        elif model.stage is EnrolStage.LOOKING:
            self.certificate.say("Đang tìm chứng thư trên token và dịch vụ ký từ xa…", "Chưa hỏi mã PIN")
        else:
            self.certificate.say("Chưa thấy chứng thư của bạn", "")
        asks = model.stage in (EnrolStage.READY, EnrolStage.ASKING)
        was_hidden = self.pin.isHidden()
        self._caption.setVisible(asks)
        service = elsewhere(model.identity)
        by = (_BY_PHONE if model.on_token else _BY_CODE) if service else _BY_USB
        self._steps.setText(by.format(service=service) + _THEN)
        self._caption.setText("Xác nhận trên điện thoại" if service and model.on_token else
                              "Mã PIN nhập trên token" if model.on_token else
                              "Mã PIN hoặc mã OTP" if service else "Mã PIN")
        self.pin.setVisible(asks and not model.on_token)
        self.last_try.ask(wanted=asks and model.last_try)
        if asks and model.on_token:
            self.verb.setFocus()
        elif asks and was_hidden:
            self.pin.setFocus()
        self.again.setVisible(model.stage is EnrolStage.BLOCKED)
        self.verb.say("Đóng" if model.stage is EnrolStage.DONE else "Đăng ký")
        self.verb.refuse("" if asks or model.stage is EnrolStage.DONE else "Chưa có chứng thư để đăng ký.")
        self._say()

    def _say(self) -> None:
        model = self._model
        reasons: tuple[Reason, ...] = model.request.notices if model.request is not None else ()
        if model.refusal is not None:
            reasons = model.refusal.reasons
        text, role = "\n".join(f"{reason.vietnamese} {reason.todo}".strip() for reason in reasons), "critical"
        if isinstance(model.refusal, Trouble):
            role = "attention"
        if model.stage is EnrolStage.SENDING:
            text, role = self._sending(), "second"
        if model.stage is EnrolStage.DONE and model.enrolled is not None:
            approved = model.enrolled.state == "approved"
            text = "Chứng thư đã được duyệt, bạn ký được ngay." if approved else (
                "Máy chủ đã nhận chứng thư. Chờ phòng Kế hoạch - Nghiệp vụ hoặc CNTT duyệt.")
            role = "ok"
        self.words.setText(text)
        self.words.setVisible(bool(text))
        style.set_role(self.words, role)
        if self.isVisible():
            self.fit()

    def _sending(self) -> str:
        service = elsewhere(self._model.identity)
        if not service:
            return "Token đang ký, rồi gửi máy chủ…"
        return (f"Hãy mở ứng dụng ký số trên điện thoại và đồng ý yêu cầu của {service}. Đóng cửa sổ này thì yêu cầu "
                "bị hủy, chưa đăng ký gì.") if self._model.on_token else f"{service} đang ký, rồi gửi máy chủ…"


class CertificatesDialog(WorkList):
    """One row a certificate; those who approve see everyone's."""

    def __init__(self, model: CertificatesModel, parent: QWidget, *, title: str) -> None:
        super().__init__(title, parent, width=900, height=520)
        self._model = model
        model.changed.connect(self._show)
        model.refused.connect(self.tell)
        self._show()
        model.load()

    def _show(self) -> None:
        clear(self.rows)
        views = self._model.views
        if not views:
            self.rows.addWidget(Empty("Chưa có chứng thư nào được đăng ký.") if self._model.loaded else Loading())
        for view in views:
            self.rows.addWidget(self._row(view))
        self.rows.addStretch(1)

    def _row(self, view: CertificateView) -> QFrame:
        ground = frame("section")
        until = f"{times.full_date(view.not_before)} đến {times.full_date(view.not_after)}"
        more = [f"serial {serial_words(view.serial)}", view.issuer, until]
        more += [f"người duyệt {view.approved_by}"] if view.approved_by else []
        more += ["tập huấn"] if view.training else []
        words = column(label(view.person_name, "bold"), label(" · ".join(more), "small_second", wrap=True), gap=2)
        layout = row(gap=8, margins=(10, 8, 10, 8))
        layout.addLayout(words, 1)
        chip = Chip("")
        chip.show_as(STATES[view.state])
        layout.addWidget(chip)
        for button in self._acts(view):
            layout.addWidget(button)
        ground.setLayout(layout)
        ground.setAccessibleName(f"{view.person_name}, {STATES[view.state].text}, serial {view.serial}")
        return ground

    def _acts(self, view: CertificateView) -> list[KeyButton]:
        judge = self._model.judge
        buttons = []
        if self._model.may_judge(view):
            buttons += [KeyButton("Duyệt", small=True, on_click=partial(judge, view.id, "approve")),
                        KeyButton("Không duyệt", small=True, on_click=partial(judge, view.id, "reject"))]
        if self._model.may_revoke(view) and view.state == "approved":
            buttons.append(KeyButton("Thu hồi", small=True, on_click=partial(judge, view.id, "revoke")))
        return buttons
