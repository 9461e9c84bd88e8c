"""Images that differ from the order or the patient: what they say, what we know, and whose a person says they are."""

from __future__ import annotations

from PyQt6.QtWidgets import QFrame, QVBoxLayout, QWidget

from records.errors import Refusal
from records.messages import ImageDifferenceView, PatientView, StrayImagesView, UnsettledStudyView
from records.messages.image_reconciling import Decision
from workstation.models.image_owners import ImageOwnersModel
from workstation.views.prompts import WorkList
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
_FIELDS = {"patient_no": "Mã người bệnh", "full_name": "Họ tên", "birth_date": "Ngày sinh", "sex": "Giới",
           "order": "Chỉ định"}
_DONE = {"tie": "gắn cho", "set_aside": "để riêng", "reopen": "xử lý lại"}
_STRAYS = {
    "other_content": "Trùng mã ảnh (SOP Instance UID) với ảnh đã có mà nội dung khác. Kho giữ cả hai tệp, chỉ ảnh đến "
                     "trước được xem. Hãy hỏi nơi chụp ảnh nào đúng và nhờ gửi lại với mã ảnh mới.",
    "other_series": "Mã chuỗi (Series Instance UID) đã thuộc một lần chụp khác. Kho giữ tệp, chưa ai xem được. Hãy nhờ "
                    "nơi chụp gửi lại với đúng mã lần chụp, mã chuỗi.",
    "other_patient": "Ảnh ghi một người bệnh khác (mã, họ tên, ngày sinh hoặc giới) với các ảnh đến trước của cùng lần "
                     "chụp. Kho giữ tệp, chưa ai xem được. Hãy hỏi nơi chụp ảnh của ai và nhờ gửi lại cho đúng người.",
}
_SEXES = {"M": "nam", "F": "nữ", "1": "nam", "2": "nữ"}


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
        clear(self.rows)
        self.cards = {}
        self.strays = [StrayCard(view) for view in self._model.strays]
        if not self._model.views and not self._model.strays:
            self.rows.addWidget(Empty("Không có bộ ảnh nào chờ xử lý.") if self._model.loaded else Loading())
        for view in self._model.views:
            card = self.cards[view.uid] = StudyCard(view, self._model, *written.get(view.uid, ("", "")))
            self.rows.addWidget(card)
        for stray in self.strays:
            self.rows.addWidget(stray)
        self.rows.addStretch(1)


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
        head = QWidget()
        head.setLayout(row(label(_name(view), "name"), chip, label(what, "second"), None, gap=10))
        layout: QVBoxLayout = column(head, gap=5, margins=(12, 10, 12, 10))
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


class StrayCard(QFrame):
    """Single images of one study that contradict what was there first: told, with what to do; nothing is decided."""

    def __init__(self, view: StrayImagesView) -> None:
        super().__init__()
        self.setProperty("role", "section")
        chip = Chip("")
        chip.show_as(ChipText("Ảnh lạc", "attention", "alert-triangle"))
        name = " ".join(view.full_name.replace("^", " ").split()).upper() or "Không có tên"
        what = " · ".join(part for part in (
            "/".join(view.modalities), view.description, f"{view.count} ảnh", f"từ {', '.join(view.senders)}",
            f"nhận {times.clock(view.last_at)} {times.full_date(view.last_at)}") if part)
        head = QWidget()
        head.setLayout(row(label(name, "name"), chip, label(what, "second"), None, gap=10))
        layout = column(head, gap=5, margins=(12, 10, 12, 10))
        layout.addWidget(label(f"Trên ảnh: {name}, {f'mã {view.patient_no}' if view.patient_no else 'không có mã'}.",
                               wrap=True))
        layout.addWidget(label(_STRAYS[view.why], "attention", wrap=True))
        self.setLayout(layout)
        self.setAccessibleName(f"{name}, ảnh lạc, {what}")


def difference_words(one: ImageDifferenceView) -> str:
    """«Họ tên: trên ảnh «X», hồ sơ ghi «Y».»."""
    if one.field == "order":
        return f"Chỉ định {one.sent} {f'là của người bệnh {one.known}' if one.known else 'đã hủy'}."
    if not one.known:
        return f"{_FIELDS[one.field]} «{one.sent}» không có ở đây."
    return f"{_FIELDS[one.field]}: trên ảnh «{one.sent}», hồ sơ ghi «{one.known}»."


def person_words(who: PatientView) -> str:
    """Enough to know the person: name, sex, birth date, number."""
    return ", ".join(part for part in (who.full_name.upper(), _SEXES.get(who.sex, ""), times.birth(who.birth_date),
                                       who.patient_no) if part)


def _name(view: UnsettledStudyView) -> str:
    return " ".join(view.full_name.replace("^", " ").split()).upper() or "Không có tên"


def _sent(view: UnsettledStudyView) -> str:
    born = view.birth_date
    date = f"{born[6:8]}/{born[4:6]}/{born[:4]}" if len(born) == 8 else born
    number = f"mã {view.patient_no}" if view.patient_no else "không có mã"
    order = f"chỉ định {view.accession}" if view.accession else ""
    return ", ".join(part for part in (_name(view), _SEXES.get(view.sex, ""), date, number, order) if part) + "."
