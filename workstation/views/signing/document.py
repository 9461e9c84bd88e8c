"""What exactly is signed: the document's title and patient, what a correction changes, the whole text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QFrame, QGridLayout, QScrollArea, QWidget

from records.entries import FieldChange
from records.errors import Reason
from records.messages import PatientView
from workstation.models.signing import Line, Task
from workstation.models.signing_tasks import change_words
from workstation.views.signing.shown import Shown
from workstation.views.signing.words import hand_words, sight_caption, written_at
from workstation.views.widgets import times
from workstation.views.widgets.banner import Stripe, allergy_words
from workstation.views.widgets.chip import Chip
from workstation.views.widgets.states import Refused
from workstation.views.widgets.text import clear, column, frame, label, row

NAMES_WIDTH = 132


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

    looked = pyqtSignal(object)
    """Task: the whole of it was on the screen."""
    longer = pyqtSignal(bool)
    """Some of it has not been on the screen yet."""

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
        self._sight = Shown(self)
        self._sight.whole.connect(self._was_whole)
        self._sight.part.connect(lambda: self.longer.emit(True))

    def show_line(self, line: Line | None) -> None:
        """This document now; the same one again changes nothing, so that reading is not disturbed."""
        if line is not None and self._shown is not None and _face(line) == _face(self._shown):
            return
        again = line is not None and self._shown is not None and line.task.key == self._shown.task.key
        self._shown = line
        clear(self._layout)
        self.longer.emit(False)
        if line is None:
            self._sight.rest()
            return
        self._show_head(line.task)
        if line.refusals:
            self._layout.addWidget(_why_not(line.refusals))
        self._show_sight(line.task)
        if line.task.changes:
            self._show_changes(line.task)
        self._show_text(line.task)
        self._layout.addStretch(1)
        bar = self.verticalScrollBar()
        if bar is not None and not again:
            bar.setValue(0)
        self._sight.begin()

    def page(self, by: int) -> None:
        """The next screenful, with a line of the one before; or back."""
        bar, port = self.verticalScrollBar(), self.viewport()
        if bar is not None and port is not None:
            bar.setValue(bar.value() + by * max(24, port.height() - 24))

    def _was_whole(self) -> None:
        self.longer.emit(False)
        if self._shown is not None:
            self.looked.emit(self._shown.task)

    def _show_sight(self, task: Task) -> None:
        """What changed since the reader last had it on the screen, with whose hand and when."""
        found, now = task.sight, datetime.now(UTC)
        self._layout.addWidget(label(sight_caption(found, now), "caption", wrap=True))
        for change in found.changes:
            self._layout.addWidget(label(hand_words(change, now), "small_second", wrap=True))
            self._show_sides(task, change.field)
        for one in found.signed:
            self._show_side(f"Đã ký với vai trò {one.slot}: {one.full_name}, "
                            f"{times.day_and_clock(one.at, now)}", "added")

    def _show_sides(self, task: Task, change: FieldChange) -> None:
        for words, role in _both_sides(task, change):
            self._show_side(words, role)

    def _show_side(self, words: str, role: str) -> None:
        ground = frame(role)
        ground.setLayout(row(label(words, wrap=True), margins=(8, 4, 8, 4)))
        self._layout.addWidget(ground)

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
            self._show_sides(task, change)

    def _show_text(self, task: Task) -> None:
        self._layout.addWidget(label("TOÀN VĂN", "caption"))
        ground: QFrame = frame("boxed")
        inner = QGridLayout()
        inner.setContentsMargins(12, 8, 12, 8)
        inner.setHorizontalSpacing(12)
        inner.setVerticalSpacing(4)
        inner.setColumnStretch(1, 1)
        changed = {one.field.label for one in task.sight.changes}
        for number, (name, words) in enumerate(task.facts):
            inner.addWidget(_named(name, changed=name in changed), number, 0, Qt.AlignmentFlag.AlignTop)
            said = label(words, wrap=True)
            said.setAlignment(Qt.AlignmentFlag.AlignTop)
            inner.addWidget(said, number, 1)
        if not task.facts:
            inner.addWidget(label("Chưa ghi gì.", "second"), 0, 0)
        ground.setLayout(inner)
        self._layout.addWidget(ground)


def _named(name: str, *, changed: bool) -> QWidget:
    """A field's name beside its text: most documents then stand on one screen."""
    holder = QWidget()
    holder.setFixedWidth(NAMES_WIDTH)
    words = label(name, "small_bold", wrap=True)
    holder.setLayout(column(words, *((Chip("đổi", "new"),) if changed else ()), gap=2, margins=(0, 1, 0, 0)))
    return holder


def _face(line: Line) -> tuple[object, ...]:
    """What of a line is shown: the same face again must not disturb who reads."""
    task, sight = line.task, replace(line.task.sight, seen=False)
    return task.key, task.wording, task.facts, task.changes, sight, task.encounter, line.refusals


def _both_sides(task: Task, change: FieldChange) -> Sequence[tuple[str, str]]:
    old, new = change_words(task.form_kind, change)
    sides = [(f"− {old}", "removed")] if old else []
    return [*sides, (f"+ {new}", "added")] if new else sides


def _why_not(reasons: tuple[Reason, ...]) -> QWidget:
    return Refused("Chưa ký được văn bản này", reasons)
