"""«Người bệnh xác nhận»: the page to its end, who confirms, how; then the paper for the staff member to sign (R7)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PyQt6.QtWidgets import QStackedWidget, QWidget

from records.confirmations import Method
from records.errors import Reason, Refusal
from records.messages import CodeJudged, CodeOffer, CodeSent
from workstation.drafts import LocalDraft
from workstation.models.cases import kind_of
from workstation.models.confirmed_page import Page, fetch_page
from workstation.models.confirming import Taking
from workstation.views import style
from workstation.views.chart.confirming_code import CodePane
from workstation.views.chart.confirming_who import WhoPane, one_of, row_of
from workstation.views.chart.reading_page import ReadingPage
from workstation.views.chart.signature_pad import SignaturePad
from workstation.views.prompts import Dialog
from workstation.views.widgets.buttons import KeyButton, PrimaryButton, TouchButton
from workstation.views.widgets.text import column, label, row

WIDTH, HEIGHT, SIDE = 1250, 664, 400
"""On a screen of 1366 x 768 nothing is cut off."""
_WORDS = {Method.FINGERPRINT: "Vân tay", Method.DRAWN: "Chữ ký vẽ", Method.CODE: "Mã một lần",
          Method.WITNESS: "Người làm chứng"}
_VERBS = {Method.FINGERPRINT: "Lấy vân tay", Method.DRAWN: "Ký vào ô", Method.CODE: "Gửi mã",
          Method.WITNESS: "Lập phiếu"}
_SIGN_HERE = "Mời người bệnh ký vào ô bằng bút, ngón tay hoặc chuột."
_NOT_READ = "Mời người bệnh đọc hết văn bản (cuộn đến cuối), hỏi họ đã hiểu chưa."

_DRAWN_HERE = "Mất kết nối: đây là đúng nội dung đã ký, vẽ lại trên máy này nên không có dấu chữ ký."


class ConfirmDialog(Dialog):
    """At the left what the patient reads (or where they sign), at the right who confirms and how."""

    def __init__(self, taking: Taking, parent: QWidget, *, on_paper: Callable[[LocalDraft], object]) -> None:
        view = taking.view
        super().__init__(f"Người bệnh xác nhận: {kind_of(view.form).name}, bản {view.version}", parent,
                         patient=taking.chart.patient, width=WIDTH)
        self.setFixedHeight(HEIGHT)
        self._taking, self._on_paper, self._busy = taking, on_paper, False
        self.page, self.pad = ReadingPage(self), SignaturePad()
        self.wipe = TouchButton("Ký lại từ đầu", on_click=self.pad.wipe)
        self.read_again = TouchButton("Xem lại văn bản", on_click=self._show_page)
        self.left = QStackedWidget()
        self.left.addWidget(self.page)
        self.left.addWidget(self._signing())
        self.who = WhoPane(taking.chart.patient)
        self.methods = {method: TouchButton(words, choice=True) for method, words in _WORDS.items()}
        self.code = CodePane(taking.chart.patient.phone)
        self.todo, self.words = label("", "attention", wrap=True), label("", "second", wrap=True)
        beside = row(gap=14)
        beside.addWidget(self.left, 1)
        beside.addWidget(self._side())
        self.body.addLayout(beside, 1)
        self.go = PrimaryButton("", "Enter", on_click=self._go)
        leave = KeyButton("Thôi", "Esc", on_click=self.reject)
        for button in (self.go, leave):
            button.grow()
        self.verbs(self.go, leave)
        self._join()
        fetch_page(taking.desk, view, self._page_came, self._failed)
        taking.offer(self._offered, lambda refusal: self._no_code(refusal.reasons))

    def _signing(self) -> QWidget:
        held = QWidget()
        layout = column(label("Chữ ký của người bệnh", "heading"), label(_SIGN_HERE, "second"), self.pad, gap=8)
        layout.addLayout(row(self.wipe, self.read_again, None, gap=6))
        layout.addStretch(1)
        held.setLayout(layout)
        return held

    def _side(self) -> QWidget:
        side = QWidget()
        side.setFixedWidth(SIDE)
        fingerprint, drawn, code, witness = self.methods.values()
        side.setLayout(column(
            label("Ai xác nhận", "heading"), self.who, 6, label("Cách xác nhận", "heading"),
            row_of(fingerprint, drawn), row_of(code, witness), self.code, self.todo, self.words, None, gap=6))
        return side

    def _join(self) -> None:
        self.page.read.connect(self._refresh)
        self.who.changed.connect(self._refresh)
        self.code.entered.connect(lambda: self.go.click() if self.go.isEnabled() else None)
        one_of(self, *self.methods.values())
        for method, button in self.methods.items():
            button.clicked.connect(lambda _on, method=method: self._choose(method))
        first = Method.FINGERPRINT if self._taking.desk.reader is not None else Method.DRAWN
        self.methods[first].setChecked(True)
        self.finished.connect(lambda _result: self.page.stop())
        self._choose(first)

    @property
    def method(self) -> Method:
        """The way that is chosen."""
        return next(method for method, button in self.methods.items() if button.isChecked())

    # What is shown

    def _page_came(self, page: Page) -> None:
        if not self.isVisible():
            return
        self.page.show_pdf(page.pdf)
        if not page.signed_file:
            self._say(_DRAWN_HERE, "attention")

    def _offered(self, offer: CodeOffer) -> None:
        if offer.reasons:
            self._no_code([Reason.from_json(reason) for reason in offer.reasons])

    def _no_code(self, reasons: Sequence[Reason]) -> None:
        """Not offered, and the button says why."""
        self.methods[Method.CODE].refuse(_told(reasons))

    def _choose(self, method: Method) -> None:
        self.code.setVisible(method is Method.CODE)
        if method is not Method.DRAWN:
            self._show_page()
        self._say("", "second")
        self._refresh()
        (self.code.phone if method is Method.CODE else self.go).setFocus()

    def _show_page(self) -> None:
        self.left.setCurrentWidget(self.page)
        self._refresh()

    def _refresh(self) -> None:
        """What the main act is now, and why it cannot be done yet."""
        verb = _VERBS[self.method]
        if self.method is Method.DRAWN and self.left.currentWidget() is not self.page:
            verb = "Dùng chữ ký này"
        elif self.method is Method.CODE and self.code.sent is not None:
            verb = "Kiểm tra mã"
        self.go.say(verb)
        self.todo.setText(_NOT_READ if not self.page.has_read else self.who.who.missing())
        self.todo.setVisible(bool(self.todo.text()))
        self.go.setEnabled(not self.todo.text() and not self._busy)

    def _say(self, text: str, role: str) -> None:
        self.words.setText(text)
        style.set_role(self.words, role)

    # The act

    def _go(self) -> None:
        {Method.FINGERPRINT: self._finger, Method.DRAWN: self._draw, Method.CODE: self._code,
         Method.WITNESS: self._witness}[self.method]()

    def _wait(self, words: str) -> None:
        self._busy = True
        self._refresh()
        self._say(words, "second")

    def _finger(self) -> None:
        self._wait("Mời người bệnh đặt ngón tay lên đầu đọc…")
        self._taking.by_fingerprint(self.who.who, self._done, self._failed)

    def _draw(self) -> None:
        if self.left.currentWidget() is self.page:
            self.left.setCurrentIndex(1)
            self._refresh()
            self.go.setFocus()
        elif self.pad.drawing.enough:
            self._wait("Đang giữ chữ ký…")
            self._taking.by_drawing(self.pad.evidence(), self.pad.drawing.device, self.who.who, self._done,
                                    self._failed)
        else:
            self._say("Chưa thấy chữ ký trong ô. Mời người bệnh ký lại.", "critical")

    def _code(self) -> None:
        if self.code.sent is None:
            self._wait("Đang gửi mã…")
            self._taking.send_code(self.code.phone.text(), self._code_sent, self._failed)
        elif self.code.code.text().strip():
            self._wait("Đang kiểm tra mã…")
            self._taking.try_code(self.code.sent, self.code.code.text(), self.who.who, self._code_judged, self._failed)

    def _witness(self) -> None:
        self._done(self._taking.by_witness(self.who.who))

    # What came of it

    def _code_sent(self, sent: CodeSent) -> None:
        self._busy = False
        self.code.was_sent(sent)
        self._say("Hỏi người bệnh mã trong tin nhắn rồi nhập vào ô.", "second")
        self._refresh()

    def _code_judged(self, judged: LocalDraft | CodeJudged) -> None:
        if isinstance(judged, LocalDraft):
            self._done(judged)
            return
        self._busy = False
        if not judged.tries_left:
            self.code.ask_anew()
        self.code.code.selectAll()
        self._refresh()
        self._say(_told([Reason.from_json(reason) for reason in judged.reasons]), "critical")

    def _done(self, paper: LocalDraft) -> None:
        if not self.isVisible():
            return  # closed meanwhile: nothing is begun behind the person's back
        self.accept()
        self._on_paper(paper)

    def _failed(self, refusal: Refusal) -> None:
        self._busy = False
        self._refresh()
        self._say(_told(refusal.reasons), "critical")


def _told(reasons: Sequence[Reason]) -> str:
    return "\n".join(f"{reason.vietnamese} {reason.todo}".strip() for reason in reasons)

