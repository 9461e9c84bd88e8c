"""«Ủy quyền ký thay»: who signs in whose place until when; giving by a written decision, taking back with a reason."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QFrame, QScrollArea, QStackedWidget, QWidget

from records.delegation import Delegation
from records.errors import Refusal
from records.messages import DelegationView
from workstation.models.delegations import ROLE_WORDS, DelegationsModel, Standing
from workstation.models.history import LEAST_REASON
from workstation.views.prompts import Dialog
from workstation.views.signing.delegation_paper import PaperForm
from workstation.views.widgets.buttons import KeyButton, PrimaryButton
from workstation.views.widgets.chip import Chip
from workstation.views.widgets.fields import TextField
from workstation.views.widgets.painting import ChipText
from workstation.views.widgets.states import Empty, Loading
from workstation.views.widgets.text import clear, column, frame, label, row

STANDINGS = {
    Standing.IN_FORCE: ChipText("Đang hiệu lực", "ok", "check"),
    Standing.LATER: ChipText("Chưa đến ngày", "attention", "clock"),
    Standing.ENDED: ChipText("Đã hết hạn", "neutral", "clock"),
    Standing.REVOKED: ChipText("Đã thu hồi", "neutral", "x"),
}
_ABOUT = ("Người được ủy quyền ký thay đúng chức vụ, mẫu, khoa và ngày ghi ở đây, và xem được hồ sơ của các khoa đó "
          "trong thời gian ấy. Dấu ký in rõ ký thay ai.")


class DelegationsDialog(Dialog):
    """A list of cards; for who may give, a second page on which a new one is written."""

    def __init__(self, model: DelegationsModel, parent: QWidget) -> None:
        super().__init__("Ủy quyền ký thay", parent, width=940)
        self.setFixedHeight(590)
        self._model = model
        self.cards: dict[UUID, DelegationCard] = {}
        self.rows = column(gap=0)
        self.paper = PaperForm(model)
        self.words = label("", "critical", wrap=True)
        self.words.hide()
        self._pages = QStackedWidget()
        for page in (self._scrolled(), self.paper):
            self._pages.addWidget(page)
        for widget in (label(_ABOUT, "second", wrap=True), self.words):
            self.body.addWidget(widget)
        self.body.addWidget(self._pages, 1)
        self.verb = PrimaryButton("Lập ủy quyền mới", "Ctrl+Enter", on_click=self._act)
        self.back = KeyButton("Đóng", "Esc", on_click=self.reject)
        self.verbs(self.verb, self.back)
        self.verb.setVisible(bool(model.roles))
        model.changed.connect(self._show)
        model.refused.connect(self._tell)
        model.given.connect(self._given)
        self._show()
        model.load()

    def is_writing(self) -> bool:
        """Whether a new one is being written."""
        return self._pages.currentWidget() is self.paper

    def write(self) -> None:
        """Open the page for a new one."""
        self._turn(self.paper, "Ủy quyền", "Quay lại")
        self.paper.begin()

    def reject(self) -> None:
        """Esc: from a new one back to the list, from a reason back to its card, from the list out."""
        card = self._asked()
        if self.is_writing():
            self._turn(self._pages.widget(0), "Lập ủy quyền mới", "Đóng")
        elif card is not None:
            self.words.hide()
            card.leave_it()
        else:
            super().reject()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        control = event is not None and event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if event is not None and control and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            card = self._asked()
            (card.revoke if card is not None else self._act)()
            return
        super().keyPressEvent(event)

    # Inside

    def _asked(self) -> DelegationCard | None:
        """The card in which the cursor is, when it asks for a reason."""
        focus = self.focusWidget()
        return next((card for card in self.cards.values() if card.is_asking() and card.isAncestorOf(focus)), None)

    def _scrolled(self) -> QScrollArea:
        inside = QWidget()
        inside.setProperty("role", "panel")
        inside.setLayout(self.rows)
        scroll = self._scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(inside)
        return scroll

    def _reveal(self, card: DelegationCard) -> None:
        """The reason of a card low in the list opens where it can be seen."""
        card.updateGeometry()
        if (inside := self._scroll.widget()) is not None and (layout := inside.layout()) is not None:
            layout.activate()
            inside.adjustSize()
        self._scroll.ensureWidgetVisible(card, 0, 8)

    def _turn(self, page: QWidget | None, verb: str, back: str) -> None:
        self.words.hide()
        if page is not None:
            self._pages.setCurrentWidget(page)
        self.verb.say(verb)
        self.back.say(back)

    def _act(self) -> None:
        if not self._model.roles:
            return
        if not self.is_writing():
            self.write()
            return
        wish, why = self.paper.wish()
        if wish is None:
            self._say(why)
        else:
            self.words.hide()
            self._model.give(wish)

    def _given(self, _: DelegationView) -> None:
        if self.is_writing():
            self.reject()

    def _tell(self, why: Refusal) -> None:
        self._say("\n".join(f"{reason.vietnamese} {reason.todo}".strip() for reason in why.reasons))

    def _say(self, why: str) -> None:
        self.words.setText(why)
        self.words.show()

    def _show(self) -> None:
        written = {which: card.reason.toPlainText() for which, card in self.cards.items() if card.is_asking()}
        asking = next((which for which, card in self.cards.items() if card.reason is self.focusWidget()), None)
        clear(self.rows)
        self.cards = {}
        if not self._model.views:
            self.rows.addWidget(Empty("Chưa có ủy quyền nào.") if self._model.loaded else Loading())
        for view in self._model.views:
            card = self.cards[view.delegation.id] = DelegationCard(view, self._model, written.get(view.delegation.id))
            card.opened.connect(partial(self._reveal, card))
            self.rows.addWidget(card)
            card.show()
        self.rows.addStretch(1)
        if asking in self.cards and self.cards[asking].is_asking():
            self.cards[asking].reason.setFocus()


class DelegationCard(QFrame):
    """One paper: who signs for whom, until when, for what; and the reason when it is taken back."""

    opened = pyqtSignal()
    """It asks for a reason."""

    def __init__(self, view: DelegationView, model: DelegationsModel, written: str | None,
                 parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "section")
        self._view, self._model = view, model
        one, chip = view.delegation, Chip("")
        chip.show_as(STANDINGS[model.standing(view)])
        who = f"{view.receiver_title} {view.receiver_name}".strip()
        said = f"{who} ký {one.manner} {ROLE_WORDS.get(one.role, one.role)} {one.giver_name}"
        head = row(label(said, "bold"), chip, gap=10)
        if model.is_mine(view) and model.standing(view) in (Standing.IN_FORCE, Standing.LATER):
            head.addWidget(label("Bạn được ủy quyền", "ok"))
        head.addStretch(1)
        self.revoke_ = KeyButton("Thu hồi", small=True, on_click=self._ask)
        self.revoke_.setAccessibleName(f"Thu hồi ủy quyền của {who}")
        head.addWidget(self.revoke_)
        layout = column(gap=4, margins=(12, 9, 12, 9))
        layout.addLayout(head)
        layout.addWidget(label(days_words(one), wrap=True))
        layout.addWidget(label(limits_words(one, model), "small_second", wrap=True))
        self.reason = TextField("Lý do thu hồi", written or "", placeholder="Vì sao thu hồi", lines=1)
        self.yes = KeyButton("Thu hồi từ hôm nay", "Ctrl+Enter", small=True, on_click=self.revoke)
        self._foot = frame("bare")
        foot = row(self.reason, self.yes, gap=8)
        foot.setStretch(0, 1)
        self._foot.setLayout(foot)
        layout.addWidget(self._foot)
        may = model.may_revoke(view)
        self._foot.setHidden(written is None or not may)
        self.revoke_.setHidden(not may or written is not None)
        self.setLayout(layout)
        self.setAccessibleName(f"{said}, {STANDINGS[model.standing(view)].text}, {days_words(one)}")

    def is_asking(self) -> bool:
        """Whether a reason is being written."""
        return not self._foot.isHidden()

    def leave_it(self) -> None:
        """It stays in force; the words are gone."""
        self.reason.clear()
        self._foot.hide()
        self.revoke_.show()
        self.revoke_.setFocus()

    def revoke(self) -> None:
        """Take it back from today on, for the reason that stands there."""
        short = len(self.reason.toPlainText().strip()) < LEAST_REASON
        self.reason.set_tone("critical" if short else "", f"Ghi lý do, ít nhất {LEAST_REASON} ký tự." if short else "")
        self.reason.setFocus()
        self._model.revoke(self._view, self.reason.toPlainText())

    def _ask(self) -> None:
        self.revoke_.hide()
        self._foot.show()
        self.reason.setFocus()
        self.opened.emit()


def days_words(one: Delegation) -> str:
    """«Từ 01/11/2026 đến hết 30/11/2026 · 12/QĐ-BV ngày 01/11/2026»."""
    words = f"Từ {one.starts:%d/%m/%Y} đến hết {one.ends:%d/%m/%Y} · {one.paper}"
    return f"{words} · thu hồi {one.revoked_on:%d/%m/%Y}" if one.revoked_on is not None else words


def limits_words(one: Delegation, model: DelegationsModel) -> str:
    """«Mẫu 01/BV1 · mọi khoa»."""
    names = {ward.id: ward.name for ward in model.wards}
    forms = f"Mẫu {', '.join(one.forms)}" if one.forms else "Mọi mẫu cho ký thay"
    known = [names[ward] for ward in one.wards if ward in names]
    rest = len(one.wards) - len(known)
    wards = ", ".join([*known, *([f"{rest} khoa"] if rest else [])]) if one.wards else "mọi khoa"
    return f"{forms} · {wards}"


