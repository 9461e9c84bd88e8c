"""«Ai xác nhận»: the patient, who stands for them, or family; name, paper number, and why it is not the patient."""

from __future__ import annotations

from typing import Literal

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QButtonGroup, QWidget

from records.messages import PatientView
from workstation.models.confirming import Who
from workstation.views.widgets.buttons import TouchButton
from workstation.views.widgets.fields import LineField
from workstation.views.widgets.text import column, label, row

_WHO: dict[Literal["1", "2", "3"], str] = {"1": "Người bệnh", "2": "Người đại diện", "3": "Người nhà"}


class WhoPane(QWidget):
    """Three large choices and the blanks that belong to the chosen one."""

    changed = pyqtSignal()

    def __init__(self, patient: PatientView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._patient = patient
        self.choices = {key: TouchButton(words, choice=True) for key, words in _WHO.items()}
        self.full_name = LineField("Họ và tên người xác nhận", patient.full_name)
        self.id_no = LineField("Số CCCD, định danh, hộ chiếu", patient.national_id)
        self.relationship = LineField("Quan hệ với người bệnh")
        self.why = LineField("Vì sao người bệnh không tự xác nhận")
        self._other = QWidget()
        self._other.setLayout(column(label("Quan hệ với người bệnh", "caption"), self.relationship,
                                     label("Vì sao người bệnh không tự xác nhận", "caption"), self.why, gap=2))
        names = column(label("Họ và tên", "caption"), self.full_name, gap=2)
        papers = column(label("Số CCCD, định danh, hộ chiếu", "caption"), self.id_no, gap=2)
        beside = row(gap=8)
        beside.addLayout(names, 3)
        beside.addLayout(papers, 2)
        layout = column(row_of(*self.choices.values()), gap=6)
        layout.addLayout(beside)
        layout.addWidget(self._other)
        self.setLayout(layout)
        one_of(self, *self.choices.values())
        self.choices["1"].setChecked(True)
        self._other.hide()
        for key, button in self.choices.items():
            button.clicked.connect(lambda _on, key=key: self._chosen(key))
        for field in (self.full_name, self.id_no, self.relationship, self.why):
            field.textChanged.connect(lambda _text: self.changed.emit())

    @property
    def who(self) -> Who:
        """As it stands in the pane."""
        key = next(key for key, button in self.choices.items() if button.isChecked())
        other = key != "1"
        return Who(key, _plain(self.full_name), _plain(self.id_no), _plain(self.relationship) if other else "",
                   _plain(self.why) if other else "")

    def _chosen(self, key: Literal["1", "2", "3"]) -> None:
        mine = key == "1"
        # A name that was typed stays; what was filled in for the patient is nobody else's.
        known = ((self.full_name, self._patient.full_name), (self.id_no, self._patient.national_id))
        for field, value in known:
            if mine or field.text() == value:
                field.setText(value if mine else "")
        self._other.setVisible(not mine)
        (self.full_name if not mine else self.choices["1"]).setFocus()
        self.changed.emit()


def one_of(parent: QWidget, *buttons: TouchButton) -> None:
    """Of these only one is pressed."""
    group = QButtonGroup(parent)
    for button in buttons:
        group.addButton(button)


def row_of(*buttons: TouchButton) -> QWidget:
    """Buttons beside each other, as one widget."""
    held = QWidget()
    held.setLayout(row(*buttons, gap=6))
    return held


def _plain(field: LineField) -> str:
    return " ".join(field.text().split())
