"""The self-test's window (F12): one line a question with its verdict, one signature on trial, the report's file."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QFileDialog, QFrame, QScrollArea, QWidget

from records.errors import Refusal
from workstation.models.machine import Fact
from workstation.models.self_test import SelfTestModel, TrialStage
from workstation.signing.base import Pin
from workstation.signing.self_test_report import Checked
from workstation.views import style
from workstation.views.prompts import Dialog
from workstation.views.signing.pin_bar import CertificateLine, LastTry, PinField
from workstation.views.widgets.buttons import KeyButton, PrimaryButton
from workstation.views.widgets.icons import Icon
from workstation.views.widgets.states import Loading
from workstation.views.widgets.text import clear, column, frame, label, row

WIDTH, HEIGHT, NAME_WIDTH = 860, 610, 270
_ICONS = {"yes": ("check", "ok"), "no": ("alert-triangle", "critical"), "unknown": ("clock", "attention")}
_WORDS = {"yes": "Đạt", "no": "Không đạt", "unknown": "Chưa rõ"}
_ROLES = {"yes": "ok", "no": "critical", "unknown": "attention"}


class SelfTestDialog(Dialog):
    """Listens to one self-test; what needs no PIN is shown as soon as it is known."""

    def __init__(self, model: SelfTestModel, store: Fact, parent: QWidget) -> None:
        super().__init__("Tự kiểm tra máy", parent, width=WIDTH)
        self.setFixedHeight(HEIGHT)
        self._model, self._store = model, store
        self._rows = column(gap=0)
        inside = QWidget()
        inside.setProperty("role", "panel")
        inside.setLayout(self._rows)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inside)
        self.body.addWidget(scroll, 1)
        self.words, self.last_try = label("", "second", wrap=True), LastTry()
        self.certificate, self.pin = CertificateLine(), PinField()
        self.certificate.chosen.connect(model.choose)
        self.pin.returnPressed.connect(self.sign)
        self.try_it = KeyButton("Ký thử", "Enter", on_click=self.sign)
        self._trial = QWidget()
        self._caption = label("Mã PIN", "bold")
        trial = row(self.certificate, None, self._caption, self.pin, self.try_it, gap=10)
        self._trial.setLayout(trial)
        for widget in (self.words, self.last_try, self._trial):
            self.body.addWidget(widget)
        self.save = KeyButton("Lưu báo cáo…", "Ctrl+S", on_click=self.choose_file)
        self.again = KeyButton("Kiểm tra lại", "Ctrl+R", on_click=model.begin)
        self.verbs(PrimaryButton("Đóng", "Esc", on_click=self.reject), self.save, self.again)
        model.changed.connect(self._show)
        model.saved.connect(self._saved)
        model.refused.connect(self._refused)
        self.finished.connect(lambda _result: model.stop())
        self._show()
        model.begin()

    def sign(self) -> None:
        """Try one signature with the PIN that was typed."""
        if not self.last_try.given():
            return
        accepted = self.last_try.isChecked()
        pin = Pin("", last_try=accepted) if self._model.on_token else self.pin.take(last_try=accepted)
        if pin is None:
            self.pin.setFocus()
            return
        self.last_try.setChecked(False)
        self._model.sign(pin)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is not None and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            button = {Qt.Key.Key_S: self.save, Qt.Key.Key_R: self.again}.get(Qt.Key(event.key()))
            if button is not None:
                button.click()
                return
        super().keyPressEvent(event)

    def choose_file(self) -> None:
        """Where the report goes: text for people, or JSON for programs by the name's ending."""
        chosen, _ = QFileDialog.getSaveFileName(self, "Lưu báo cáo tự kiểm tra", "tu-kiem-tra-may.txt",
                                                "Văn bản (*.txt);;JSON (*.json)")
        if chosen:
            self._model.save(Path(chosen))

    def _show(self) -> None:
        model = self._model
        clear(self._rows)
        if model.report is None:
            self._rows.addWidget(Loading("Đang hỏi máy chủ và token… chưa hỏi mã PIN."))
        else:
            for one in model.report.questions:
                self._rows.addWidget(_line(one.answer, one.question, one))
        store = Checked("store", "yes" if self._store.state == "good" else "unknown", self._store.title,
                        self._store.detail)
        self._rows.addWidget(_line(store.answer, store.question, store))
        self._rows.addStretch(1)
        self._show_trial()

    def _show_trial(self) -> None:
        model = self._model
        ready = model.report is not None
        asks = model.stage in (TrialStage.READY, TrialStage.ASKING) and model.identity is not None
        self._trial.setVisible(model.identity is not None)
        if model.identity is not None:
            self.certificate.show_identity(model.identity, model.identities)
        for widget in (self.pin, self.try_it):
            widget.setEnabled(asks)
        self.pin.setVisible(not model.on_token)
        self._caption.setText("Mã PIN nhập trên token" if model.on_token else "Mã PIN")
        self.last_try.ask(wanted=asks and model.last_try)
        self.save.setEnabled(ready)
        self.again.setEnabled(model.stage is TrialStage.READY)
        if asks:
            self.pin.setFocus()
        said = model.request.notices if model.request is not None else ()
        text, role = "\n".join(f"{reason.vietnamese} {reason.todo}".strip() for reason in said), "critical"
        if not text and model.identity is not None:
            role = "second"
            text = ("Token đang ký thử…" if model.stage is TrialStage.SIGNING else
                    "Muốn ký thử một chuỗi ngẫu nhiên (không phải hồ sơ nào), nhập mã PIN rồi Enter.")
        self._say(text, role)

    def _say(self, text: str, role: str) -> None:
        self.words.setText(text)
        self.words.setVisible(bool(text))
        style.set_role(self.words, role)

    def _saved(self, path: Path) -> None:
        self._say(f"Đã lưu báo cáo vào {path}. Báo cáo không có mã PIN, không có thông tin người bệnh.", "ok")

    def _refused(self, why: Refusal) -> None:
        self._say(why.vietnamese, "critical")


def _line(answer: str, question: str, one: Checked) -> QFrame:
    ground = frame("section")
    icon, ink = _ICONS[answer]
    name, verdict = label(question, "bold", wrap=True), label(_WORDS[answer], _ROLES[answer])  # type: ignore[arg-type]
    name.setFixedWidth(NAME_WIDTH)
    verdict.setFixedWidth(64)
    words = column(label(one.words, wrap=True), gap=1)
    if one.todo:
        words.addWidget(label(one.todo, "second", wrap=True))
    layout = row(Icon(icon, ink), name, verdict, gap=10, margins=(10, 6, 10, 6))
    layout.addLayout(words, 1)
    layout.setAlignment(Qt.AlignmentFlag.AlignTop)
    ground.setLayout(layout)
    ground.setAccessibleName(f"{question} {_WORDS[answer]}. {one.words} {one.todo}")
    return ground
