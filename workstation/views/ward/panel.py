"""The right panel of the ward board: the chosen patient's early warning, what waits, and the one main act."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from PyQt6.QtWidgets import QFrame, QHBoxLayout, QWidget

from records.early_warning import EarlyWarning, Level, early_warning, observed
from records.messages import BoardRow, ClockView, PatientView, VitalsPoint
from workstation.views.actions import ActionSet, key_of
from workstation.views.ward.cells import diagnosis_text, warning_chip
from workstation.views.widgets import times
from workstation.views.widgets.banner import Stripe, allergy_words, sex_word
from workstation.views.widgets.buttons import KeyButton, PrimaryButton
from workstation.views.widgets.chip import Chip
from workstation.views.widgets.icons import Icon
from workstation.views.widgets.sparkline import Pie, Sparkline
from workstation.views.widgets.states import Empty
from workstation.views.widgets.text import clear, column, frame, label, row

WIDTH = 266
_CLOCK_INKS = {"ok": "primary", "near": "attention", "past": "attention"}


class PatientPanel(QFrame):
    """Everything about one bed that is needed before its chart is opened."""

    def __init__(self, actions: ActionSet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.setFixedWidth(WIDTH)
        self._actions = actions
        self.open = PrimaryButton("Mở hồ sơ", key_of("ward.open"), on_click=lambda: actions.trigger("ward.open"))
        self.write = KeyButton("Ghi điều trị", key_of("ward.write"), on_click=lambda: actions.trigger("ward.write"))
        self._acts = QFrame()
        self._acts.setLayout(column(self.open, self.write, gap=6, margins=(12, 10, 12, 10)))
        self._parts = column(gap=0)
        outer = column(gap=0)
        outer.addLayout(self._parts)
        outer.addWidget(self._acts)
        outer.addStretch(1)
        self.setLayout(outer)

    def show_row(self, bed: BoardRow | None, warning: EarlyWarning | None, scores: tuple[float, ...],
                 now: datetime) -> None:
        """Another bed was chosen."""
        clear(self._parts)
        self._acts.setVisible(bed is not None and bed.patient is not None)
        if bed is None or bed.patient is None:
            words = "Chưa chọn người bệnh nào." if bed is None else f"Giường {bed.bed} đang trống."
            self._parts.addWidget(Empty(words))
            return
        for part in (_who(bed, bed.patient, now), _warning_part(bed.vitals, warning, scores, now), _waiting(bed, now)):
            self._parts.addWidget(part)
        for button, action in ((self.open, "ward.open"), (self.write, "ward.write")):
            button.setVisible(self._actions.bound(action))
        self.setAccessibleName(f"Người bệnh đang chọn: {bed.patient.full_name}")


def _who(bed: BoardRow, patient: PatientView, now: datetime) -> QFrame:
    part = frame("section")
    place = f"Giường {bed.bed}" + (f", buồng {bed.room}" if bed.room else "")
    words = column(
        label(patient.full_name.upper(), "name", wrap=True),
        label(f"{times.age(patient.birth_date, now)} · {sex_word(patient.sex)} · {place}", "small"),
        label(f"Số vào viện {bed.record_no} · ngày {bed.day}", "small_second"), 2,
        label(diagnosis_text(bed) or "Chưa có chẩn đoán", "text", wrap=True),
        gap=0, margins=(10, 8, 12, 10))
    if patient.allergies:
        allergies = row(Icon("alert-triangle", "critical"),
                        label(f"Dị ứng: {allergy_words(patient.allergies)}", "critical_bold", wrap=True), gap=5)
        allergies.setStretch(1, 1)
        words.addLayout(allergies)
    elif patient.allergies_asked_at:
        words.addWidget(label(f"Không dị ứng, đã hỏi {times.day_month(patient.allergies_asked_at)}", "second"))
    else:
        words.addWidget(label("Chưa hỏi dị ứng", "attention"))
    layout = row(Stripe(patient.id), gap=2)
    layout.addLayout(words, 1)
    part.setLayout(layout)
    return part


def _warning_part(points: tuple[VitalsPoint, ...], warning: EarlyWarning | None, scores: tuple[float, ...],
                  now: datetime) -> QFrame:
    part = frame("section")
    points = tuple(point for point in points if early_warning(observed(point.values)).parts)
    if not points or warning is None:
        part.setLayout(column(label("CẢNH BÁO SỚM (NEWS2)", "caption"), label("Chưa đo sinh hiệu.", "second"),
                              margins=(12, 8, 12, 10)))
        return part
    newest = points[-1]
    layout = column(label(f"CẢNH BÁO SỚM (NEWS2) · {times.day_and_clock(newest.at, now)}", "caption"), gap=5,
                    margins=(12, 8, 12, 10))
    ink = "critical" if warning.level is Level.HIGH else "ink2"
    spark = Sparkline("Điểm cảnh báo sớm", scores, ink)
    known = len(scores) == len(points) > 1
    before = label(f"lúc {times.clock(points[-2].at)}: {scores[-2]:g}" if known else "", "small_second")
    chip = Chip("")
    chip.show_as(warning_chip(warning))
    line = row(chip, spark, before, gap=10)
    line.setStretch(1, 1)
    layout.addLayout(line)
    for line in _vitals_lines(newest.values):
        layout.addLayout(line)
    if not warning.complete:
        layout.addWidget(label("Chưa đo đủ bảy chỉ số: điểm thật có thể cao hơn.", "small_second", wrap=True))
    part.setLayout(layout)
    return part


def _vitals_lines(values: Mapping[str, Any]) -> list[QHBoxLayout]:
    """Pulse, pressure, breaths; temperature, saturation, consciousness: the number is what the eye finds."""
    pressure = f"{_number(values.get('systolic'))}/{_number(values.get('diastolic'))}"
    pairs = [
        _pair("Mạch", _number(values.get("pulse"))), _pair("HA", pressure),
        _pair("Thở", _number(values.get("breaths"))),
        _pair("Nhiệt độ", _number(values.get("temperature"))), _pair("SpO₂", _percent(values.get("spo2"))),
        _pair("Tỉnh", str(values.get("consciousness") or "–")),
    ]
    return [row(pairs[0], None, pairs[1], None, pairs[2], gap=2), row(pairs[3], None, pairs[4], None, pairs[5], gap=2)]


def _pair(name: str, value: str) -> QWidget:
    pair = QWidget()
    pair.setLayout(row(label(name), label(value, "bold"), gap=4))
    pair.setAccessibleName(f"{name} {value}")
    return pair


def _number(value: object) -> str:
    return "–" if value is None or value == "" else str(value).replace(".", ",")


def _percent(value: object) -> str:
    return "–" if value is None else f"{_number(value)} %"


def _waiting(bed: BoardRow, now: datetime) -> QFrame:
    part = frame("section")
    layout = column(label("VIỆC ĐANG CHỜ", "caption"), gap=5, margins=(12, 8, 12, 10))
    running = [clock for clock in bed.clocks if clock.state != "done"]
    for clock in running:
        layout.addLayout(_clock_line(clock, now))
    if bed.unsigned:
        others = bed.unsigned - bed.unsigned_mine
        for count, words in ((bed.unsigned_mine, "chờ tôi ký"), (others, "chờ người khác ký")):
            if count:
                layout.addLayout(row(Icon("signature", "ink"), label(f"{count} văn bản"), None, label(words, "second"),
                                     gap=6))
        if bed.unsigned_overdue:
            layout.addLayout(row(Icon("clock", "attention"), label(f"trong đó {bed.unsigned_overdue} văn bản"), None,
                                 label("quá hạn ký", "attention"), gap=6))
    if not running and not bed.unsigned:
        layout.addWidget(label("Không có việc nào chờ.", "second"))
    part.setLayout(layout)
    return part


def _clock_line(clock: ClockView, now: datetime) -> QHBoxLayout:
    ink = _CLOCK_INKS[clock.state]
    started = clock.starts or now
    gone = 1.0 if clock.state == "past" else (now - started) / max(clock.due - started, timedelta(seconds=1))
    words = f"quá {times.span(now - clock.due)}" if clock.due <= now else f"hạn {times.day_and_clock(clock.due, now)}"
    return row(Pie(gone, ink), label(clock.label), None, label(words, "attention" if ink == "attention" else "new"),
               gap=6)
