"""Images that differ from the order or the patient: what they say, what we know, and whose a person says they are."""

from __future__ import annotations

from PyQt6.QtWidgets import QFrame, QVBoxLayout, QWidget

from records.errors import Refusal
from records.messages import ImageDifferenceView, ImageNamesView, StrayImagesView, UnsettledStudyView
from records.messages.image_reconciling import Decision
from workstation.models.image_owners import ImageOwnersModel
from workstation.views.prompts import WorkList
from workstation.views.review.image_strays import (
    FIELDS,
    StrayCard,
    card_head,
    named_words,
    person_words,
    plain_day,
    plain_name,
    sex_told,
)
from workstation.views.widgets import times
from workstation.views.widgets.buttons import KeyButton
from workstation.views.widgets.chip import Chip
from workstation.views.widgets.fields import LineField, TextField
from workstation.views.widgets.painting import ChipText
from workstation.views.widgets.states import Empty, Loading
from workstation.views.widgets.text import clear, column, label, row

STATES = {
    "open": ChipText("Chưa rõ của ai", "attention", "alert-triangle"),
    "matched": ChipText("Đã gắn người bệnh", "ok", "check"),
    "set_aside": ChipText("Để riêng", "neutral", "x"),
}
_DONE = {"tie": "gắn cho", "set_aside": "để riêng", "reopen": "xử lý lại"}

class ImageOwnersDialog(WorkList):
    """One card a study; number and reason are written in the card."""

    def __init__(self, model: ImageOwnersModel, parent: QWidget) -> None:
        super().__init__("Ảnh chưa rõ của ai", parent, width=1040, height=620)
        self._model = model
        self.cards: dict[str, StudyCard] = {}
        self.strays: list[StrayCard] = []
        model.changed.connect(self._show)
        model.refused.connect(self._refused)
        self._show()
        model.load()

    def _refused(self, why: Refusal) -> None:
        self.tell(why)

    def _show(self) -> None:
        self.words.hide()
        written = {uid: (card.number.text(), card.reason.toPlainText()) for uid, card in self.cards.items()}
        reasons = {_which(card.view): card.reason.toPlainText() for card in self.strays}
        clear(self.rows)
        self.cards = {}
        self.strays = [StrayCard(view, self._model, reasons.get(_which(view), "")) for view in self._model.strays]
        if not self._model.views and not self._model.strays:
            self.rows.addWidget(Empty("Không có bộ ảnh nào chờ xử lý.") if self._model.loaded else Loading())
        for view in self._model.views:
            self.cards[view.uid] = StudyCard(view, self._model, *written.get(view.uid, ("", "")))
        for card in self._ordered():
            self.rows.addWidget(card)
        self.rows.addStretch(1)

    def _ordered(self) -> list[StudyCard | StrayCard]:
        """What waits before what is done; images that were kept apart follow their study while it waits."""
        open_ = [view.uid for view in self._model.views if view.state == "open"]
        waiting = [card for card in self.strays if not card.view.settled]
        found: list[StudyCard | StrayCard] = []
        for uid in open_:
            found += [self.cards[uid], *(card for card in waiting if card.view.study == uid)]
        found += [card for card in waiting if card.view.study not in open_]
        found += [card for uid, card in self.cards.items() if uid not in open_]
        return [*found, *(card for card in self.strays if card.view.settled)]


class StudyCard(QFrame):
    """One study."""

    def __init__(self, view: UnsettledStudyView, model: ImageOwnersModel, number: str, reason: str) -> None:
        super().__init__()
        self.setProperty("role", "section")
        self._view, self._model = view, model
        chip = Chip("")
        chip.show_as(STATES[view.state])
        what = " · ".join(part for part in (
            "/".join(view.modalities), view.description, f"{view.instances} ảnh",
            f"nhận {times.clock(view.received_at)} {times.full_date(view.received_at)}") if part)
        layout: QVBoxLayout = column(*card_head(_name(view), chip, what), gap=5, margins=(12, 10, 12, 10))
        layout.addWidget(label(f"Trên ảnh: {_sent(view)}", wrap=True))
        for one in view.differences if view.state == "open" else ():
            layout.addWidget(label(difference_words(one), "attention", wrap=True))
        for done in view.decisions:
            whom = f" {done.patient_name} ({done.patient_no})" if done.patient_no else ""
            layout.addWidget(label(f"{done.person_name} {_DONE[done.decision]}{whom}: {done.reason}", "small_second",
                                   wrap=True))
        self.owner = label("", "name", wrap=True)
        self.number = LineField("Mã người bệnh hoặc số vào viện", number, placeholder="Tìm theo mã, Enter")
        self.number.returnPressed.connect(lambda: model.find(view.uid, self.number.text()))
        self.reason = TextField("Lý do", reason, placeholder="Vì sao", lines=1)
        self.tie = KeyButton("Đúng người này", small=True, on_click=lambda: self._decide("tie"))
        self.aside = KeyButton("Ảnh sai, để riêng", small=True, on_click=lambda: self._decide("set_aside"))
        self.again = KeyButton("Xử lý lại", small=True, on_click=lambda: self._decide("reopen"))
        self._lay_acts(layout)
        self.setLayout(layout)
        self.setAccessibleName(f"{_name(view)}, {STATES[view.state].text}, {what}")

    def _lay_acts(self, layout: QVBoxLayout) -> None:
        who = self._model.candidate(self._view)
        waits = self._view.state == "open"
        acts = [self.number, self.reason, self.tie, self.aside] if waits else [self.reason, self.again]
        holder = QWidget()
        laid = row(*acts, gap=8)
        laid.setStretch(acts.index(self.reason), 1)
        holder.setLayout(laid)
        self.number.setFixedWidth(230)
        for spare in {self.number, self.tie, self.aside, self.again} - set(acts):
            spare.setParent(self)
            spare.hide()
        if waits:
            self.owner.setText(f"Sẽ gắn cho: {person_words(who)}" if who else "Chưa biết của ai: hãy tìm theo mã.")
            self.tie.refuse("" if who else "Hãy tìm người bệnh trước.")
            layout.addWidget(self.owner)
        layout.addWidget(holder)

    def _decide(self, decision: Decision) -> None:
        self._model.decide(self._view, decision, self.reason.toPlainText())


def _which(view: StrayImagesView) -> tuple[object, ...]:
    return view.study, view.why, view.names, view.settled == "release"


def difference_words(one: ImageDifferenceView) -> str:
    """«Họ tên: trên ảnh «X», hồ sơ ghi «Y».»."""
    if one.field == "order":
        return f"Chỉ định {one.sent} {f'là của người bệnh {one.known}' if one.known else 'đã hủy'}."
    if not one.sent:
        return f"Ảnh không ghi {FIELDS[one.field].lower()}."
    if not one.known:
        return f"{FIELDS[one.field]} «{one.sent}» không có ở đây."
    return f"{FIELDS[one.field]}: trên ảnh «{_plain(one, one.sent)}», hồ sơ ghi «{_plain(one, one.known)}»."


def _plain(one: ImageDifferenceView, value: str) -> str:
    """Both sides in the same words: who compares them must not translate carets and dates first."""
    match one.field:
        case "full_name":
            return plain_name(value)
        case "birth_date":
            digits = value.replace("-", "")
            return plain_day(digits) if len(digits) == 8 else value
        case "sex":
            return sex_told(value)
    return value


def _name(view: UnsettledStudyView) -> str:
    return plain_name(view.full_name)


def _sent(view: UnsettledStudyView) -> str:
    names = ImageNamesView(patient_no=view.patient_no, full_name=view.full_name, birth_date=view.birth_date,
                           sex=view.sex)
    return f"{named_words(names)}{f', chỉ định {view.accession}' if view.accession else ''}."
