"""The right column: the last day's vital signs, what runs out of time, and who else writes here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFrame, QGridLayout, QScrollArea, QWidget

from records.early_warning import ADULT_AGE, EarlyWarning, Level, early_warning, observed
from records.entries import State
from records.messages import Chart, ClockView, DraftView
from workstation.models.timeline import OPEN_STATES, TimelineItem
from workstation.views import style
from workstation.views.chart.earlier import signed_values
from workstation.views.widgets import times
from workstation.views.widgets.chip import Chip
from workstation.views.widgets.icons import Icon
from workstation.views.widgets.painting import ChipText, Tone
from workstation.views.widgets.sparkline import Pie, Sparkline
from workstation.views.widgets.text import PanelHead, clear, column, frame, label, row

DAY = timedelta(hours=24)
_LEVELS: dict[Level, Tone] = {Level.LOW: "neutral", Level.WATCH: "attention", Level.MEDIUM: "attention",
                              Level.HIGH: "critical"}
SIGNS = (("Mạch", ("pulse",), "l/ph"), ("Nhiệt độ", ("temperature",), "°C"),
         ("Huyết áp", ("systolic", "diastolic"), "mmHg"), ("Nhịp thở", ("breaths",), "l/ph"), ("SpO₂", ("spo2",), "%"))


@dataclass(frozen=True)
class Measured:
    """One measurement of vital signs, from whatever form it was written on."""

    at: datetime
    values: dict[str, Any]


def measured(items: Sequence[TimelineItem]) -> tuple[Measured, ...]:
    """All signed measurements, oldest first."""
    keys = {key for _, keys, _ in SIGNS for key in keys}
    found = [Measured(item.view.occurred_at, values) for item in items
             if item.view is not None and item.view.state is not State.CANCELLED
             and keys & (values := signed_values(item.view)).keys()]
    return tuple(sorted(found, key=lambda one: one.at))


def last_day(points: Sequence[Measured]) -> tuple[Measured, ...]:
    """The day that ends with the newest measurement."""
    return tuple(point for point in points if points[-1].at - point.at <= DAY) if points else ()


def warning_of(points: Sequence[Measured], age_years: int | None) -> EarlyWarning | None:
    """NEWS2 of the newest measurement; for grown-ups only."""
    if not points or (age_years is not None and age_years < ADULT_AGE):
        return None
    return early_warning(observed(points[-1].values))


def _numbers(points: Sequence[Measured], key: str) -> tuple[float, ...]:
    found: list[float] = []
    for point in points:
        try:
            found.append(float(Decimal(str(point.values[key]))))
        except (KeyError, InvalidOperation, ValueError):
            continue
    return tuple(found)


class Context(QFrame):
    """What one glances at while writing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.setFixedWidth(style.px("context"))
        self._page = column(gap=0)
        inside = QWidget()
        inside.setProperty("role", "panel")
        inside.setLayout(self._page)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inside)
        self.setLayout(column(scroll, gap=0))
        self.setAccessibleName("Bối cảnh")

    def show_chart(self, chart: Chart, items: Sequence[TimelineItem], me: UUID, entry: UUID | None,
                   now: datetime) -> None:
        """The facts of this chart, with the entry that is open."""
        clear(self._page)
        points = measured(items)
        warning = warning_of(points, _age(chart.patient.birth_date, now))
        self._page.addWidget(self._vitals(points, warning))
        self._page.addWidget(self._deadlines(chart.clocks, items, now))
        self._page.addWidget(self._others(chart.drafts, me, entry))
        self._page.addStretch(1)

    @staticmethod
    def _vitals(points: Sequence[Measured], warning: EarlyWarning | None) -> QFrame:
        part = frame("section")
        layout = column(gap=0)
        chip = Chip("")
        if warning is not None:
            words = warning.level.value if warning.complete else "chưa đủ"
            chip.show_as(ChipText(words, _LEVELS[warning.level], strong=f"NEWS2 {warning.score}"))
        layout.addWidget(PanelHead("activity", "Sinh hiệu 24 giờ", *([chip] if warning is not None else [])))
        day = last_day(points)
        if not day:
            layout.addLayout(row(label("Chưa đo sinh hiệu.", "second"), margins=(12, 8, 12, 8)))
        else:
            layout.addLayout(_signs(day, warning))
            at = day[-1].at
            layout.addLayout(row(label(f"Đo lúc {times.clock(at)} {times.day_month(at)}", "small_second"), None,
                                 margins=(10, 2, 10, 5)))
        part.setLayout(layout)
        return part

    @staticmethod
    def _deadlines(clocks: Sequence[ClockView], items: Sequence[TimelineItem], now: datetime) -> QFrame:
        part = frame("section")
        layout = column(PanelHead("clock", "Hạn của hồ sơ"), gap=0)
        lines = column(gap=5, margins=(10, 7, 10, 9))
        running = [clock for clock in clocks if clock.state != "done"]
        for clock in running:
            lines.addWidget(_clock(clock, now))
        late = _unsigned(items, now)
        if late:
            within = next(item.sign_within_min for item in items if item.state in OPEN_STATES)
            lines.addWidget(_line("signature", f"{late} lần ghi chưa ký quá {within} phút", "attention"))
        if not running and not late:
            lines.addWidget(label("Không có hạn nào đang chạy.", "second"))
        layout.addLayout(lines)
        part.setLayout(layout)
        return part

    @staticmethod
    def _others(drafts: Sequence[DraftView], me: UUID, entry: UUID | None) -> QFrame:
        part = QFrame()
        others = [draft for draft in drafts if draft.person != me]
        here = [draft for draft in others if draft.entry == entry]
        lines = column(gap=4, margins=(10, 8, 10, 8))
        for draft in here:
            lines.addWidget(_line("users", f"{draft.person_name} cũng đang mở lần ghi này, "
                                  f"lưu lúc {times.clock(draft.updated_at)}", "attention"))
        for draft in others:
            if draft not in here:
                lines.addWidget(_line("users", f"{draft.person_name} đang soạn một lần ghi khác", "second"))
        if not here and entry is not None:
            lines.addWidget(label("Không ai khác đang mở văn bản này.", "second", wrap=True))
        part.setLayout(lines)
        return part


def _signs(day: Sequence[Measured], warning: EarlyWarning | None) -> QGridLayout:
    grid = QGridLayout()
    grid.setContentsMargins(10, 2, 10, 2)
    grid.setHorizontalSpacing(8)
    grid.setVerticalSpacing(0)
    grid.setColumnStretch(2, 1)
    shares = warning.parts if warning is not None else {}
    for at, (name, keys, unit) in enumerate(SIGNS):
        newest = next((point for point in reversed(day) if keys[0] in point.values), None)
        told = "/".join(str(newest.values.get(key, "–")) for key in keys) if newest is not None else "–"
        grid.addWidget(label(name), at, 0)
        grid.addWidget(label(told.replace(".", ","), "attention_bold" if shares.get(keys[0]) else "bold"), at, 1)
        spark = Sparkline(name, _numbers(day, keys[0]))
        grid.addWidget(spark, at, 2)
        grid.addWidget(label(unit, "small_second"), at, 3)
        grid.setRowMinimumHeight(at, 25)
    return grid


def _clock(clock: ClockView, now: datetime) -> QWidget:
    ink = "primary" if clock.state == "ok" else "attention"
    started = clock.starts or now
    gone = 1.0 if clock.due <= now else (now - started) / max(clock.due - started, timedelta(seconds=1))
    words = f"quá {times.span(now - clock.due)}" if clock.due <= now else f"còn {times.span(clock.due - now)}"
    line = QWidget()
    line.setLayout(row(Pie(gone, ink), label(clock.label, wrap=False), None,
                       label(words, "new" if ink == "primary" else "attention"), gap=6))
    line.setAccessibleName(f"{clock.label}, {words}")
    return line


def _line(icon_name: str, words: str, role: Any) -> QWidget:
    line = QWidget()
    text = label(words, role, wrap=True)
    layout = row(Icon(icon_name, "ink2" if role == "second" else role), text, gap=6)
    layout.setStretch(1, 1)
    line.setLayout(layout)
    return line


def _unsigned(items: Sequence[TimelineItem], now: datetime) -> int:
    return sum(item.state in OPEN_STATES and now - item.occurred_at > timedelta(minutes=item.sign_within_min)
               for item in items)


def _age(birth_date: str, now: datetime) -> int | None:
    return times.local(now).year - int(birth_date[:4]) if birth_date[:4].isdigit() else None
