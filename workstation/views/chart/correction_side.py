"""Why it is corrected, and who has to sign again: the right column of a correction."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFrame, QRadioButton, QWidget

from records.entries import State
from records.forms import Amending
from workstation.models.editor import EditorModel
from workstation.models.history import LEAST_REASON
from workstation.views import style
from workstation.views.widgets.buttons import KeyButton, PrimaryButton
from workstation.views.widgets.fields import TextField
from workstation.views.widgets.text import PanelHead, column, label, row

KINDS = ("Ghi nhầm số liệu", "Ghi nhầm bên, vị trí", "Bổ sung thông tin đến sau", "Nhầm người bệnh", "Lý do khác")
WIDTH = 328


def who_is_told(model: EditorModel) -> str:
    """R36: whom the form names, and who hears of it when nobody here bears that name; empty: nobody is told."""
    if model.kind.amending is not Amending.NOTIFY or model.base is None:
        return ""
    named = [name for name in (model.base.body["values"].get(model.kind.orderer, ""),
                               model.values.get(model.kind.orderer, "")) if name]
    names = " và ".join(dict.fromkeys(" ".join(str(name).split()) for name in named))
    if model.base.version == 1 and model.base.state is State.PARTLY_SIGNED:
        return "Phiên bản trước chưa trả: không báo ai."
    return (f"Khi ký đủ, báo người chỉ định: {names or 'chưa ghi tên'}. Không ai mang tên ấy thì báo các bác sĩ của "
            "khoa. Lịch sử phiên bản ghi ai đã xem, lúc nào.")


class CorrectionSide(QFrame):
    """The usual reasons by a choice, the words beside; one string on paper."""

    def __init__(self, model: EditorModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.setFixedWidth(WIDTH)
        self._model = model
        self.kinds = [QRadioButton(words) for words in KINDS]
        self.text = TextField("Lý do đính chính", placeholder="Nói rõ sửa gì và vì sao", lines=3, most_lines=6)
        self._count = label("", "small_second", wrap=True)
        # What a draft says already is shown before anything listens: half of it must not be written over the whole.
        self._show_reason(model.correction_reason)
        for words, button in zip(KINDS, self.kinds, strict=True):
            button.toggled.connect(lambda on, words=words: self._chosen(words) if on else None)
        self.text.textChanged.connect(self._changed)
        body = column(*self.kinds, 4, self.text, self._count, gap=2, margins=(12, 8, 12, 8))
        base = model.base
        number = base.version + 1 if base is not None else 1
        self.sign = PrimaryButton(f"Ký phiên bản {number}", "F9")
        self.drop = KeyButton("Bỏ khôi phục" if model.is_fixed else "Bỏ đính chính")
        foot = QFrame()
        foot.setProperty("role", "foot")
        foot.setLayout(row(self.drop, None, self.sign, margins=(12, 10, 12, 10)))
        if model.is_fixed:
            self._fix(model)
        title = "Lý do khôi phục" if model.is_fixed else "Lý do đính chính"
        layout = column(PanelHead("pencil", title, label("bắt buộc", "small_second")), gap=0)
        layout.addLayout(body)
        layout.addWidget(PanelHead("signature", "Phải ký lại", label("mọi chữ ký của lần ghi", "small_second")))
        slots = column(gap=4, margins=(12, 8, 12, 8))
        for slot in model.kind.slots:
            note = "ký bây giờ" if slot is model.kind.slots[0] else "ký sau"
            slots.addLayout(row(label(slot.label), None, label(note, "attention"), gap=6))
        layout.addLayout(slots)
        if told := who_is_told(model):
            layout.addWidget(PanelHead("send", "Ai sẽ được báo"))
            layout.addLayout(column(label(told, "second", wrap=True), margins=(12, 8, 12, 8)))
        layout.addStretch(1)
        layout.addWidget(foot)
        self.setLayout(layout)
        self._say_count()

    def _fix(self, model: EditorModel) -> None:
        """A restored text: the reason is whose who let it be restored, and only signing is left (R34)."""
        for button in self.kinds:
            button.hide()
        self.text.setReadOnly(True)
        given = model.draft.restoration
        if given is not None:
            self.text.setAccessibleDescription(f"{given.permitted_by} cho khôi phục phiên bản {given.restores}")

    def _show_reason(self, reason: str) -> None:
        for words, button in zip(KINDS, self.kinds, strict=True):
            if reason.startswith(words) and words != KINDS[-1]:
                button.setChecked(True)
                self.text.setPlainText(reason.removeprefix(words).lstrip("; "))
                return
        if reason:
            self.kinds[-1].setChecked(True)
            self.text.setPlainText(reason)

    def _chosen(self, words: str) -> None:
        del words
        self._changed()

    @property
    def reason(self) -> str:
        """Choice and words as one."""
        chosen = next((words for words, button in zip(KINDS, self.kinds, strict=True) if button.isChecked()), "")
        words = self.text.toPlainText().strip()
        parts = [part for part in ("" if chosen == KINDS[-1] else chosen, words) if part]
        return "; ".join(parts)

    def reason_good(self) -> bool:
        """Long enough to say something."""
        return len(self.reason) >= LEAST_REASON

    def _changed(self) -> None:
        reason = self.reason
        self._model.set_correction_reason(reason if len(reason) >= LEAST_REASON else "")
        self._say_count()

    def _say_count(self) -> None:
        given = self._model.draft.restoration
        if given is not None:
            self._count.setText(f"{given.permitted_by} cho khôi phục nguyên văn phiên bản {given.restores}. Bạn đọc "
                                "lại rồi ký, hoặc bỏ. Lý do in kèm trên bản giấy.")
            style.set_role(self._count, "small_second")
            return
        short = not self.reason_good()
        self._count.setText(f"{len(self.reason)} ký tự, cần ít nhất {LEAST_REASON}. Lý do in kèm trên bản giấy.")
        style.set_role(self._count, "attention" if short else "small_second")

    def take_focus(self) -> bool:
        """The cursor to the reason."""
        chosen = next((button for button in self.kinds if button.isChecked()), None)
        target: QWidget = self.text if chosen is not None else self.kinds[0]
        target.setFocus(Qt.FocusReason.ShortcutFocusReason)
        return True
