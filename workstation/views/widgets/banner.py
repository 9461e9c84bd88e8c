"""The patient's banner: in every window of a patient, so that nobody writes into another's record."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from PyQt6.QtCore import QRect, Qt
from PyQt6.QtGui import QPainter, QPaintEvent
from PyQt6.QtWidgets import QFrame, QVBoxLayout, QWidget

from workstation.views import style
from workstation.views.widgets import times
from workstation.views.widgets.chip import Chip
from workstation.views.widgets.icons import Icon, icon_pixmap
from workstation.views.widgets.text import Elided, column, frame, label, row

if TYPE_CHECKING:  # images from a disc are read without the language of the wire
    from records.entries import Sex
    from records.messages import AllergyView, EncounterView, PatientView

_PROVED = {
    "LT": ("đủ bằng chứng lâu dài",
           "Mỗi chữ ký có dấu thời gian và bằng chứng chứng thư còn hiệu lực khi ký: chứng minh được lâu dài."),
    "T": ("bằng chứng chưa đủ",
          "Các chữ ký có dấu thời gian, nhưng có chữ ký thiếu bằng chứng chứng thư còn hiệu lực khi ký."),
    "B": ("bằng chứng yếu, không dấu thời gian",
          "Có chữ ký không có dấu thời gian: sau khi chứng thư hết hạn khó chứng minh đã ký lúc nào."),
}
"""What an archived record can be proved by, in words; and why that is so (R14, R16, R30)."""
SEX_WORDS: dict[Sex, str] = {"1": "Nam", "2": "Nữ", "3": "Chưa xác định"}


class Stripe(QWidget):
    """6 px in the patient's colour at the left edge."""

    def __init__(self, patient: UUID, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._colour = style.stripe(patient)
        self.setFixedWidth(style.px("stripe"))

    def paintEvent(self, event: QPaintEvent | None) -> None:
        QPainter(self).fillRect(self.rect(), self._colour)


class _Photo(QWidget):
    """Where the photo stands; a figure on the patient's colour while there is none."""

    def __init__(self, patient: UUID, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._colour = style.stripe(patient)
        self.setFixedSize(38, 40)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = self._colour
        ground.setAlpha(50)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(self.rect(), 3, 3)
        pixmap = icon_pixmap("user", "ink", 20, self.devicePixelRatioF())
        painter.drawPixmap(QRect(9, 10, 20, 20), pixmap)


def sex_word(sex: Sex) -> str:
    """Nam, Nữ."""
    return SEX_WORDS[sex]


def allergy_words(allergies: tuple[AllergyView, ...]) -> str:
    """Penicillin, Aspirin."""
    return ", ".join(allergy.substance for allergy in allergies)


def allergy_details(allergies: tuple[AllergyView, ...]) -> str:
    """mày đay, 2019; of the first that has any."""
    for allergy in allergies:
        parts = [part for part in (allergy.reaction, str(allergy.year or "")) if part]
        if parts:
            return ", ".join(parts)
    return ""


class AllergyBox(QFrame):
    """Red with its word and sign when there is an allergy; says whether anybody asked when there is none."""

    def __init__(self, patient: PatientView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        if patient.allergies:
            self.setProperty("role", "allergy")
            head = label(f"Dị ứng: {allergy_words(patient.allergies)}", "critical_bold")
            inner = column(gap=0, margins=(8, 2, 8, 2))
            inner.addLayout(row(Icon("alert-triangle", "critical", 14), head, gap=5))
            details = allergy_details(patient.allergies)
            if details:
                inner.addWidget(label(details, "critical"))
            self.setLayout(inner)
            self.setAccessibleName(f"Dị ứng: {allergy_words(patient.allergies)}. {details}")
            return
        asked = patient.allergies_asked_at
        words = f"Không dị ứng, đã hỏi {times.day_month(asked)}" if asked else "Chưa hỏi dị ứng"
        self.setLayout(column(label(words, "second" if asked else "attention"), margins=(8, 2, 8, 2)))
        self.setAccessibleName(words)


def archived_words(encounter: EncounterView) -> str:
    """Lưu trữ 25/11/2026, bằng chứng yếu, không dấu thời gian; empty while the record is not archived."""
    if encounter.archived_at is None:
        return ""
    known = _PROVED.get(encounter.archived_level)
    return f"Lưu trữ {times.full_date(encounter.archived_at)}" + (f", {known[0]}" if known else "")


class ArchivedChip(Chip):
    """Says on every screen of an archived record that it is one, and how strong its proof is; weaker looks weaker."""

    def __init__(self, encounter: EncounterView, parent: QWidget | None = None) -> None:
        strong = encounter.archived_level == "LT"
        super().__init__(archived_words(encounter), "ok" if strong else "attention",
                         "shield-check" if strong else "alert-triangle", parent=parent)
        self.setToolTip(_PROVED.get(encounter.archived_level, ("", ""))[1])
        self.setAccessibleDescription(self.toolTip())


class Banner(QFrame):
    """Stripe, photo, name, age, bed, day, allergies, diagnosis; 50 px, the same in every window and dialog."""

    def __init__(self, patient: PatientView, encounter: EncounterView | None, now: datetime,
                 parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "band")
        self.setFixedHeight(style.px("banner"))
        sex = sex_word(patient.sex)
        who = f"{times.age(patient.birth_date, now)} ({times.birth(patient.birth_date)}) · {sex}"
        name = label(patient.full_name.upper(), "name")
        second = row(*self._second_line(patient, encounter, now), None, gap=0)
        first = row(name, label(who, "second"), gap=8)
        if encounter is not None and encounter.archived_at is not None:
            first.addWidget(ArchivedChip(encounter))
        first.addStretch(1)
        facts = column(gap=0)
        facts.addLayout(first)
        facts.addLayout(second)
        layout = row(Stripe(patient.id), 10, _Photo(patient.id), 12, gap=0)
        layout.addLayout(facts)
        layout.addSpacing(12)
        layout.addWidget(AllergyBox(patient), 0, Qt.AlignmentFlag.AlignVCenter)
        layout.addSpacing(12)
        layout.addLayout(self._diagnosis(encounter), 1)
        layout.addSpacing(10)
        self.setLayout(layout)
        self.setAccessibleName(f"Người bệnh {patient.full_name}, {who}")

    @staticmethod
    def _second_line(patient: PatientView, encounter: EncounterView | None, now: datetime) -> list[QWidget]:
        parts: list[tuple[str, bool]] = []
        if encounter is not None and encounter.stays:
            stay = encounter.stays[-1]
            if stay.room:
                parts.append((f"Buồng {stay.room}", False))
            if stay.bed:
                parts.append((f"Giường {stay.bed}", True))
        parts.append((f"Mã NB {patient.patient_no}", False))
        if encounter is not None:
            parts.append((f"Số vào viện {encounter.record_no}", False))
        if patient.insurance_percent is not None:
            parts.append((f"BHYT {patient.insurance_percent} %", False))
        if encounter is not None:
            until = encounter.discharged_at or now
            day = (times.local(until).date() - times.local(encounter.admitted_at).date()).days + 1
            parts.append((f"Ngày điều trị {day}", True))
        widgets: list[QWidget] = []
        for index, (text, strong) in enumerate(parts):
            if index:
                widgets.append(label(" · ", "small_second"))
            widgets.append(label(text, "small_bold" if strong else "small_second"))
        return widgets

    @staticmethod
    def _diagnosis(encounter: EncounterView | None) -> QVBoxLayout:
        layout = column(gap=0)
        if encounter is not None and encounter.diagnosis:
            code = f" ({encounter.diagnosis_code})" if encounter.diagnosis_code else ""
            layout.addStretch(1)
            layout.addWidget(Elided(encounter.diagnosis + code, "bold"))
            if encounter.attending:
                layout.addWidget(Elided(f"Bác sĩ điều trị: {encounter.attending}", "small_second"))
            layout.addStretch(1)
        return layout


def dialog_head(patient: PatientView, detail: str) -> QFrame:
    """The line that names the patient at the top of every dialog: stripe, name, detail."""
    ground = frame("band")
    ground.setFixedHeight(34)
    ground.setLayout(row(Stripe(patient.id), 10, label(patient.full_name.upper(), "name"), 8,
                         label(detail, "second"), None, gap=0))
    ground.setAccessibleName(f"Người bệnh {patient.full_name}. {detail}")
    return ground
