"""The chain of one paper's slots: who signed, who holds it up, why it stops there, who was reminded."""

from __future__ import annotations

from datetime import UTC, datetime

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QFrame, QSizePolicy, QWidget

from records.errors import Refusal
from records.messages import ChainView, ReminderView, ReviewView, SlotView, WaitingView
from workstation.emitting import emitter
from workstation.models.board_words import why_here, why_review
from workstation.models.signing_board import Paper, SigningBoardModel
from workstation.views.actions import ActionSet, key_of
from workstation.views.widgets import times
from workstation.views.widgets.buttons import KeyButton
from workstation.views.widgets.icons import Icon
from workstation.views.widgets.text import PanelHead, clear, column, frame, label, row

REMINDERS_SHOWN = 2


class SlotBox(QFrame):
    """One slot of a chain: whose it is and where it stands."""

    _ICONS = {"signed": "shield-check", "open": "clock", "waiting": "lock", "shut": "minus"}
    _GROUNDS = {"signed": "slot_signed", "open": "slot_open", "waiting": "slot_waiting", "shut": "slot_waiting"}

    def __init__(self, slot: SlotView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", self._GROUNDS[slot.state])
        who = slot.signed_by or (slot.who[0] if len(slot.who) == 1 else f"{len(slot.who)} người ký được" if slot.who
                                 else "")
        said = self._said(slot)
        state = QWidget()
        state.setLayout(row(Icon(self._ICONS[slot.state], "ink2"), label(said, "small_second"), None, gap=4))
        self.setLayout(column(label(slot.label, "bold", wrap=True), label(who, "small_second", wrap=True), None, state,
                              gap=2, margins=(10, 8, 10, 8)))
        self.setMinimumWidth(128)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(88)
        self.setAccessibleName(f"{slot.label}: {who}, {said}")

    @staticmethod
    def _said(slot: SlotView) -> str:
        now = datetime.now(UTC)
        if slot.signed_at is not None:
            return f"ký {times.day_and_clock(slot.signed_at, now)}"
        if slot.state == "open":
            return f"giữ từ {times.day_and_clock(slot.since, now)}" if slot.since else "chờ ký"
        return "bỏ qua" if slot.state == "shut" else "chưa đến lượt"


class ChainPanel(QWidget):
    """The paper that is shown: its chain, why it stops, reminders, and what can be done about it."""

    opened = pyqtSignal()
    """The record is wanted."""

    def __init__(self, model: SigningBoardModel, actions: ActionSet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model, self._actions = model, actions
        self.head = PanelHead("file-text", "", label("", "second"))
        self._slots = row(gap=6, margins=(10, 8, 10, 4))
        self._why = label("", wrap=True)
        self._deputies = label("", "small_second", wrap=True)
        self._reminded = label("", "small_second", wrap=True)
        self.remind = KeyButton("Nhắc", key_of("signing.remind"), on_click=lambda: actions.trigger("signing.remind"))
        self._said = label("", "attention")
        body = frame("panel")
        acts = row(self.remind, KeyButton("Mở hồ sơ", key_of("signing.open"), on_click=emitter(self, self.opened)),
                   self._said, None, gap=8, margins=(10, 2, 10, 8))
        inner = column(gap=2)
        inner.addLayout(self._slots)
        inner.addLayout(column(self._why, self._deputies, self._reminded, gap=2, margins=(12, 2, 12, 2)))
        inner.addLayout(acts)
        body.setLayout(inner)
        self.setLayout(column(self.head, body, gap=0))
        model.chain_changed.connect(self.show_chain)
        model.refused.connect(self._say_refused)

    def _say_refused(self, refusal: Refusal) -> None:
        self._said.setText(refusal.vietnamese)

    def show_chain(self) -> None:
        """The chain of the chosen paper, or that it is being asked for."""
        paper, chain = self._model.paper, self._model.chain
        clear(self._slots)
        self._said.setText("")
        self.head.title.setText(self._title(paper) if paper is not None else "")
        for number, slot in enumerate(chain.slots if chain is not None else ()):
            if number:
                self._slots.addWidget(Icon("chevron-right", "ink2"))
            self._slots.addWidget(SlotBox(slot))
        self._why.setText(self._reason(paper, chain))
        deputies = [words for slot in chain.slots for words in slot.delegated] if chain is not None else []
        _say(self._deputies, f"Được ủy quyền ký: {', '.join(deputies)}" if deputies else "")
        reminders = chain.reminders[:REMINDERS_SHOWN] if chain is not None else ()
        _say(self._reminded, "\n".join(reminder_words(one) for one in reminders))
        named = isinstance(paper, WaitingView) and paper.holder is not None
        self.remind.say(f"Nhắc {paper.holder_name}" if paper is not None and named else "Nhắc")
        self.remind.refuse(self._model.why_no_reminder())
        self._actions.refresh()

    def _title(self, paper: Paper) -> str:
        bed = f" · Giường {paper.bed}" if paper.bed else ""
        many = len(self._model.papers)
        counted = f" · việc {self._model.number} trong {many}" if many > 1 else ""
        what = "Duyệt toàn bộ hồ sơ" if isinstance(paper, ReviewView) else f"{paper.title} {paper.form.code}"
        return f"{paper.patient}{bed} · {what}{counted}"

    def _reason(self, paper: Paper | None, chain: ChainView | None) -> str:
        rules = self._model.times
        if isinstance(paper, ReviewView) and rules is not None:
            return why_review(paper, rules.review_days)
        return f"Vì sao dừng ở đây: {why_here(chain)}" if chain is not None else ""


def reminder_words(one: ReminderView) -> str:
    """Who asked whom, when, and whether it was read."""
    now = datetime.now(UTC)
    read = f"đã xem lúc {times.day_and_clock(one.put_away_at, now)}" if one.put_away_at is not None else "chưa xem"
    return f"{one.by} đã nhắc {one.to_name} lúc {times.day_and_clock(one.at, now)} · {read}"


def _say(where: QWidget, words: str) -> None:
    """A line that takes no room when it has nothing to say."""
    from PyQt6.QtWidgets import QLabel

    if isinstance(where, QLabel):
        where.setText(words)
        where.setVisible(bool(words))
