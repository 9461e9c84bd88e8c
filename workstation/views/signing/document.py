"""What exactly is signed: the document's title and patient, what a correction changes, the whole text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFrame, QScrollArea, QWidget

from records.entries import FieldChange
from records.errors import Reason
from records.messages import PatientView
from workstation.models.signing import Line, Task
from workstation.models.signing_tasks import change_words
from workstation.views.signing.words import written_at
from workstation.views.widgets import times
from workstation.views.widgets.banner import Stripe, allergy_words
from workstation.views.widgets.chip import Chip
from workstation.views.widgets.states import Refused
from workstation.views.widgets.text import clear, column, frame, label, row


def patient_line(task: Task) -> QWidget:
    """MAI XUÂN PHÚC · 77 tuổi · Giường 13 · Nhiễm khuẩn huyết (A41.9) · Không dị ứng."""
    patient, encounter = task.patient, task.encounter
    code = f" ({encounter.diagnosis_code})" if encounter.diagnosis_code else ""
    parts = [times.age(patient.birth_date, datetime.now(UTC)), task.place, f"{encounter.diagnosis}{code}"]
    holder = QWidget()
    stripe = Stripe(patient.id)
    stripe.setFixedHeight(18)
    words = label(" · ".join(part for part in parts if part), "second", wrap=True)
    layout = row(stripe, label(patient.full_name.upper(), "bold"), words, gap=8)
    layout.setStretch(2, 1)
    layout.addWidget(_allergies(patient))
    holder.setLayout(layout)
    return holder


def _allergies(patient: PatientView) -> QWidget:
    if patient.allergies:
        return label(f"Dị ứng: {allergy_words(patient.allergies)}", "critical_bold")
    return label("Không dị ứng" if patient.allergies_asked_at else "Chưa hỏi dị ứng", "second")


class DocumentPanel(QScrollArea):
    """Shows one document at a time; nothing in it can be edited."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._inside = QWidget()
        self._inside.setProperty("role", "panel")
        self._layout = column(gap=6, margins=(16, 12, 16, 12))
        self._inside.setLayout(self._layout)
        self.setWidget(self._inside)
        self._shown: Line | None = None

    def show_line(self, line: Line | None) -> None:
        """This document now; the same one again changes nothing, so that reading is not disturbed."""
        if line is not None and self._shown is not None and (
                line.task, line.refusals) == (self._shown.task, self._shown.refusals):
            return
        self._shown = line
        clear(self._layout)
        if line is None:
            return
        self._show_head(line.task)
        if line.refusals:
            self._layout.addWidget(_why_not(line.refusals))
        if line.task.changes:
            self._show_changes(line.task)
        self._show_text(line.task)
        self._layout.addStretch(1)
        bar = self.verticalScrollBar()
        if bar is not None:
            bar.setValue(0)

    def _show_head(self, task: Task) -> None:
        head = row(label(task.title, "title"), Chip(task.form.code), None, gap=10)
        self._layout.addLayout(head)
        self._layout.addWidget(patient_line(task))
        self._layout.addWidget(label(
            f"Thời điểm {written_at(task.occurred_at)} · người ghi {task.author} · ký với vai trò {task.slot_label}",
            "small_second", wrap=True))

    def _show_changes(self, task: Task) -> None:
        self._layout.addWidget(label(f"ĐÍNH CHÍNH, PHIÊN BẢN {task.number}: {task.correction_reason}", "caption",
                                     wrap=True))
        for change in task.changes:
            self._layout.addWidget(label(change.label, "small_second"))
            for words, role in _both_sides(task, change):
                ground = frame(role)
                ground.setLayout(row(label(words, wrap=True), margins=(8, 4, 8, 4)))
                self._layout.addWidget(ground)

    def _show_text(self, task: Task) -> None:
        self._layout.addWidget(label("TOÀN VĂN", "caption"))
        ground: QFrame = frame("boxed")
        inner = column(gap=6, margins=(12, 8, 12, 8))
        for name, words in task.facts:
            inner.addWidget(label(name, "small_bold"))
            inner.addWidget(label(words, wrap=True))
        if not task.facts:
            inner.addWidget(label("Chưa ghi gì.", "second"))
        ground.setLayout(inner)
        self._layout.addWidget(ground)


def _both_sides(task: Task, change: FieldChange) -> Sequence[tuple[str, str]]:
    old, new = change_words(task.form_kind, change)
    sides = [(f"− {old}", "removed")] if old else []
    return [*sides, (f"+ {new}", "added")] if new else sides


def _why_not(reasons: tuple[Reason, ...]) -> QWidget:
    return Refused("Chưa ký được văn bản này", reasons)
