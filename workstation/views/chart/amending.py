"""Dialogs on what became of a signed entry: its versions with who, when and why; and why another takes its place."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QFrame, QRadioButton, QWidget

from records.entries import State
from records.messages import EntryHistory, PatientView, ToldView, VersionRecord
from records.succession import REASON_LENGTH
from workstation.models.history import since_then
from workstation.views.prompts import Dialog, WorkList
from workstation.views.widgets import times
from workstation.views.widgets.buttons import KeyButton, PrimaryButton
from workstation.views.widgets.chip import Chip
from workstation.views.widgets.fields import TextField
from workstation.views.widgets.painting import Tone
from workstation.views.widgets.text import Role, column, frame, label, row

STATES: dict[State, tuple[str, Tone]] = {
    State.DRAFT: ("Nháp", "attention"), State.PARTLY_SIGNED: ("Chờ ký tiếp", "attention"),
    State.SIGNED: ("Đang dùng", "ok"), State.AMENDED: ("Đã thay bằng bản sau", "amended"),
    State.CANCELLED: ("Đã hủy", "neutral"), State.REPLACED: ("Đã được cấp lại", "amended"),
}


class HistoryDialog(WorkList):
    """Every version, newest first; a text that may be restored has the button for it."""

    def __init__(self, parent: QWidget, *, restorable: Sequence[int], on_restore: Callable[[int], object],
                 on_compare: Callable[[int], object], on_print: Callable[[VersionRecord, str], object]) -> None:
        super().__init__("Lịch sử phiên bản", parent, width=720, height=460)
        self._restorable, self._on_restore, self._on_compare = frozenset(restorable), on_restore, on_compare
        self._on_print = on_print
        self.prints: dict[int, KeyButton] = {}
        self.buttons: dict[int, KeyButton] = {}

    def show_history(self, history: EntryHistory) -> None:
        """Fill the list anew."""
        self.buttons, self.prints = {}, {}
        while (item := self.rows.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        for record in history.versions:
            self.rows.addWidget(self._card(record, since_then(history, record)))
        self.rows.addStretch(1)

    def _card(self, record: VersionRecord, since: str) -> QFrame:
        words, tone = STATES[record.state]
        head = row(label(f"Phiên bản {record.number}", "bold"), Chip(words, tone), label(
            f"{record.author} ghi {times.clock(record.written_at)} {times.full_date(record.written_at)}",
            "small_second"), None, gap=8)
        if record.number > 1:
            head.addWidget(KeyButton("Xem chỗ đã đổi", small=True,
                                     on_click=lambda: self._leave(self._on_compare, record.number)))
        if record.number in self._restorable:
            again = KeyButton("Khôi phục", small=True, on_click=lambda: self._leave(self._on_restore, record.number))
            self.buttons[record.number] = again
            head.addWidget(again)
        if record.file:
            self.prints[record.number] = KeyButton("Xem bản in", small=True,
                                                   on_click=lambda: self._print(record, since))
            head.addWidget(self.prints[record.number])
        layout = column(gap=2, margins=(12, 8, 12, 8))
        layout.addLayout(head)
        for text, role in lines_of(record):
            layout.addWidget(label(text, role, wrap=True))
        card = frame("row")
        card.setLayout(layout)
        return card

    def _print(self, record: VersionRecord, since: str) -> None:
        self.accept()
        self._on_print(record, since)

    def _leave(self, act: Callable[[int], object], number: int) -> None:
        self.accept()
        act(number)


def lines_of(record: VersionRecord) -> tuple[tuple[str, Role], ...]:
    """What a version says of itself, as (words, role of the label)."""
    found: list[tuple[str, Role]] = []
    if (why := record.correction) is not None:
        word = f"Khôi phục nội dung phiên bản {why.restores}" if why.restores is not None else "Đính chính"
        found.append((f"{word}. Lý do: {why.reason}", "amended"))
        if why.permitted_by:
            found.append((f"Người cho khôi phục: {why.permitted_by}", "small_second"))
        found.append((f"Mục đã đổi: {', '.join(record.changed) or 'không có'}", "small_second"))
    if (gone := record.cancellation) is not None:
        at = f"{times.clock(gone.at)} {times.full_date(gone.at)}"
        found.append((f"{gone.by} hủy {at}. Lý do: {gone.reason}", "critical"))
    found += [(f"Ký: {signed}", "small_second") for signed in record.signatures]
    found += [(told_words(one), "second" if one.known_at else "attention") for one in record.told]
    return tuple(found)


def told_words(one: ToldView) -> str:
    """«Đã báo cho BS. Lê Thu Hà 09:02 16/11/2026, đã xem lúc 09:10 16/11/2026» (R36)."""
    what = "Đã báo việc hủy cho" if one.cancelled else "Đã báo cho"
    who = f"{one.who}, người chỉ định," if one.named else f"{one.who} (không tìm thấy người chỉ định)"
    seen = "chưa xem"
    if one.known_at is not None:
        by = f"{one.known_by} đã xem thay" if one.known_by else "đã xem"
        seen = f"{by} lúc {times.clock(one.known_at)} {times.full_date(one.known_at)}"
    return f"{what} {who} lúc {times.clock(one.at)} {times.full_date(one.at)}: {seen}"


class ReasonDialog(Dialog):
    """Why another paper takes this one's place: one reason of the rule's list, and what was wrong, in words."""

    def __init__(self, title: str, reasons: Sequence[str], verb: str, parent: QWidget, *,
                 on_reason: Callable[[str], object], hint: str, patient: PatientView | None = None) -> None:
        super().__init__(title, parent, patient=patient)
        self.choices = [QRadioButton(words) for words in reasons]
        self.field = TextField("Nói rõ thêm", lines=2)
        self._why = label(hint, "small_second", wrap=True)
        for widget in (label("Lý do, bắt buộc", "caption"), *self.choices, label("Nói rõ thêm", "caption"), self.field,
                       self._why):
            self.body.addWidget(widget)
        self._on_reason = on_reason
        self.verbs(PrimaryButton(verb, "Ctrl+Enter", on_click=self.take), KeyButton("Thôi", "Esc",
                                                                                    on_click=self.reject))
        (self.choices[0] if self.choices else self.field).setFocus()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if (event is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
                and event.modifiers() & Qt.KeyboardModifier.ControlModifier):
            self.take()
            return
        super().keyPressEvent(event)

    @property
    def reason(self) -> str:
        """The choice and the words as one."""
        chosen = next((button.text() for button in self.choices if button.isChecked()), "")
        return "; ".join(part for part in (chosen, self.field.toPlainText().strip()) if part)

    def take(self) -> None:
        """Hand the reason on, when there is one."""
        chosen = not self.choices or any(button.isChecked() for button in self.choices)
        if not chosen or len(self.reason) < REASON_LENGTH:
            self._why.setText("Hãy chọn một lý do." if not chosen else f"Lý do cần ít nhất {REASON_LENGTH} ký tự.")
            return
        self.accept()
        self._on_reason(self.reason)
