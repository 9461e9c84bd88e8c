"""Can I trust this signature: the paper at the left; one sentence, four questions and the details at the right."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QGuiApplication, QKeyEvent
from PyQt6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QLabel, QScrollArea, QWidget

from records.errors import Refusal
from records.messages import PatientView
from workstation.models.explain import ExplainModel, Explanation
from workstation.models.explain_words import Explained, Said
from workstation.views import style
from workstation.views.preview import PdfPane
from workstation.views.prompts import Dialog
from workstation.views.widgets import times
from workstation.views.widgets.buttons import KeyButton, PrimaryButton
from workstation.views.widgets.icons import Icon
from workstation.views.widgets.states import Loading, Refused
from workstation.views.widgets.text import KeyCap, clear, column, frame, label, row

WIDTH, HEIGHT, PAPER_WIDTH, NAME_WIDTH = 1250, 628, 560, 176
_ICONS = {"yes": ("check", "ok"), "no": ("x", "critical"), "unknown": ("clock", "attention")}


class ExplainDialog(Dialog):
    """Asks the model when it opens, and shows what comes."""

    def __init__(self, model: ExplainModel, parent: QWidget, *, patient: PatientView | None = None,
                 detail: str = "") -> None:
        super().__init__("Kiểm tra chữ ký", parent, patient=patient, detail=detail, width=WIDTH)
        self.setFixedHeight(HEIGHT)
        self._model, self._number = model, 0
        self._explanation: Explanation | None = None
        self.pdf = PdfPane(self)
        self.pdf.setFixedWidth(PAPER_WIDTH)
        self._right = column(gap=0)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inside = QWidget()
        inside.setProperty("role", "panel")
        inside.setLayout(self._right)
        self._scroll.setWidget(inside)
        clear(self.body)
        self.body.setContentsMargins(0, 0, 0, 0)
        divider = frame("divider")
        divider.setFixedWidth(1)
        across = row(self.pdf, divider, gap=0)
        across.addWidget(self._scroll, 1)
        self.body.addLayout(across, 1)
        self._right.addWidget(Loading("Đang kiểm tra chữ ký ở máy này…"))
        self.verbs(PrimaryButton("Đóng", "Esc", on_click=self.reject),
                   KeyButton("In phiếu kiểm tra", "Ctrl+P", icon="printer", on_click=self.report),
                   KeyButton("Sao chép", "Alt+C", on_click=self.copy),
                   KeyButton("Mở tệp PDF đã ký…", "Ctrl+O", on_click=self.open_file))
        model.explained.connect(self.show_explanation)
        model.refused.connect(self.show_refusal)
        self.finished.connect(lambda _result: self.pdf.stop())

    @property
    def explained(self) -> Explained | None:
        """The signature that is shown."""
        return self._explanation.signatures[self._number] if self._explanation is not None else None

    # What is shown

    def show_explanation(self, explanation: Explanation) -> None:
        """The file was judged."""
        self._explanation = explanation
        self._number = 0
        self.pdf.show_pdf(explanation.shown)
        self._show()

    def show_refusal(self, why: Refusal) -> None:
        """The file could not be had."""
        clear(self._right)
        self._right.addWidget(Refused("Chưa kiểm tra được", why.reasons))
        self._right.addStretch(1)

    def step(self, by: int) -> None:
        """Another signature of the same file."""
        if self._explanation is not None:
            self._number = (self._number + by) % len(self._explanation.signatures)
            self._show()

    def _show(self) -> None:
        explanation, said = self._explanation, self.explained
        if explanation is None or said is None:
            return
        clear(self._right)
        self._right.addWidget(self._headline(said, explanation))
        for question in said.questions:
            self._right.addWidget(_question(question))
        if said.details:
            self._right.addWidget(_section("info-circle", "Chi tiết"))
            details = column(gap=6, margins=(14, 8, 14, 8))
            for name, words in said.details:
                details.addLayout(_pair(name, words))
            self._right.addLayout(details)
        self._right.addWidget(_section("list-check", f"Từng câu hỏi ({len(said.every)})"))
        for question in said.every:
            self._right.addWidget(_question(question, small=True))
        self._right.addStretch(1)
        bar = self._scroll.verticalScrollBar()
        if bar is not None:
            bar.setValue(0)

    def _headline(self, said: Explained, explanation: Explanation) -> QFrame:
        ground = frame(f"verdict_{said.answer}")
        icon, ink = {"yes": ("shield-check", "ok"), "no": ("alert-triangle", "critical"),
                     "unknown": ("help-circle", "attention")}[said.answer]
        words = column(_coloured(said),
                       label(said.sentence, wrap=True), gap=2)
        layout = row(Icon(icon, ink, 28), gap=14, margins=(16, 10, 12, 10))
        layout.addLayout(words, 1)
        count = len(explanation.signatures)
        side = column(gap=2)
        if count > 1:
            side.addLayout(row(label(f"Chữ ký {self._number + 1} trong {count}", "small_second"), KeyCap("←→"), gap=6))
        receipt = explanation.receipt
        if receipt.received is not None:
            side.addWidget(label(f"Có biên nhận của máy chủ {times.full_date(receipt.received.received_at)}",
                                 "small_second"))
        elif receipt.reasons:
            side.addWidget(label(receipt.words, "critical_bold"))
        layout.addLayout(side)
        ground.setLayout(layout)
        ground.setAccessibleName(f"{said.headline}. {said.sentence}")
        return ground

    # Acts

    def copy(self) -> None:
        """The words, for a letter."""
        board, said = QGuiApplication.clipboard(), self.explained
        if board is not None and said is not None:
            board.setText(said.as_text())

    def report(self) -> None:
        """All of this as a file to print: answers, certificates, hashes, the server's receipt."""
        if self._explanation is not None:
            self._model.report(self._explanation)

    def open_file(self) -> None:
        """A file from disk instead."""
        chosen, _ = QFileDialog.getOpenFileName(self, "Mở tệp PDF đã ký", "", "PDF (*.pdf)")
        if chosen:
            self.judge_file(Path(chosen))

    def judge_file(self, path: Path) -> None:
        """Judge and show this file."""
        self._explanation = None
        clear(self._right)
        self._right.addWidget(Loading("Đang kiểm tra chữ ký ở máy này…"))
        self.setWindowTitle(f"Kiểm tra chữ ký · {path.name} — Bệnh Án")
        self._model.file(path)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is None:
            return
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        if control and event.key() == Qt.Key.Key_O:
            self.open_file()
        elif control and event.key() == Qt.Key.Key_P:
            self.report()
        elif alt and event.key() == Qt.Key.Key_C:
            self.copy()
        elif event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.step(1 if event.key() == Qt.Key.Key_Right else -1)
        else:
            super().keyPressEvent(event)


def _coloured(said: Explained) -> QLabel:
    made = label(said.headline)
    style.set_role(made, f"headline_{said.answer}")
    return made


def _question(said: Said, *, small: bool = False) -> QFrame:
    ground = frame("section")
    icon, ink = _ICONS[said.answer]
    name = label(said.question, "text" if small else "bold", wrap=True)
    name.setFixedWidth(NAME_WIDTH * 2 if small else NAME_WIDTH - 32)
    layout = row(Icon(icon, ink), name, label(said.words, "second" if small else "text", wrap=True), gap=10,
                 margins=(14, 4 if small else 8, 14, 4 if small else 8))
    layout.setStretch(2, 1)
    layout.setAlignment(Qt.AlignmentFlag.AlignTop)
    ground.setLayout(layout)
    ground.setAccessibleName(f"{said.question} {said.words}")
    return ground


def _section(icon: str, title: str) -> QFrame:
    ground = frame("head")
    ground.setFixedHeight(30)
    ground.setLayout(row(Icon(icon, "ink"), label(title, "heading"), None, margins=(14, 0, 14, 0)))
    return ground


def _pair(name: str, words: str) -> QHBoxLayout:
    caption = label(name, "second")
    caption.setFixedWidth(NAME_WIDTH)
    value = label(words, wrap=True)
    value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    layout = row(caption, value, gap=8)
    layout.setStretch(1, 1)
    return layout
