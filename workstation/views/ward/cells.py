"""What each cell of the ward board shows, from a bed's row: a pure step between model and delegate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from records.early_warning import EarlyWarning, Level
from records.messages import BoardRow, PatientView
from workstation.models.board import unsigned_text
from workstation.models.worklist import ClockLine, Column
from workstation.views.widgets import times
from workstation.views.widgets.banner import allergy_words, sex_word
from workstation.views.widgets.delegates import Cell, CellText, ChipAndSpark, PieText
from workstation.views.widgets.painting import ChipText, Tone

LEVEL_TONES: dict[Level, Tone] = {
    Level.LOW: "neutral", Level.WATCH: "attention", Level.MEDIUM: "attention", Level.HIGH: "critical",
}
CLOCK_INKS = {"ok": "primary", "near": "attention", "past": "attention", "done": "ink2"}
_SHORT_FAMILY = {"Nguyễn": "Ng."}


def short_name(full_name: str) -> str:
    """Lê T. Hà, Ng. V. Sơn: a doctor in a narrow column; titles before the name are left out."""
    words = [word for word in full_name.split() if not word.endswith((".", ",")) or len(word) == 2]
    if len(words) < 3:
        return " ".join(words)
    family, *middle, given = words
    return " ".join([_SHORT_FAMILY.get(family, family), *(f"{word[0]}." for word in middle), given])


def warning_chip(warning: EarlyWarning) -> ChipText:
    """8 Cao: number, word and colour; ≥ while signs are missing."""
    return ChipText(warning.level.value, LEVEL_TONES[warning.level], strong=str(warning.score))


def diagnosis_text(row: BoardRow) -> str:
    """Suy tim EF giảm (I50.0)."""
    return f"{row.diagnosis} ({row.diagnosis_code})" if row.diagnosis and row.diagnosis_code else row.diagnosis


@dataclass(frozen=True)
class Bed:
    """A bed with somebody in it, and what the model worked out of its row."""

    row: BoardRow
    patient: PatientView
    warning: EarlyWarning | None
    spark: tuple[float, ...]
    clock: ClockLine | None
    now: datetime


def bed_name(row: BoardRow) -> str:
    """4-13: room and bed."""
    return f"{row.room}-{row.bed}" if row.room else row.bed


def empty_cell(column: Column, row: BoardRow) -> Cell:
    """What stands in this column of an empty bed."""
    if column is Column.BED:
        return CellText(bed_name(row), bold=True)
    return CellText("Giường trống", "ink2") if column is Column.PATIENT else None


def cell(column: Column, bed: Bed) -> Cell:
    """What stands in this column of this bed."""
    return _CELLS[column](bed) if column in _CELLS else None


def _age(bed: Bed) -> Cell:
    age = times.age(bed.patient.birth_date, bed.now).removesuffix(" tuổi")
    return CellText(f"{age} {sex_word(bed.patient.sex)}", "ink2")


def _diagnosis(bed: Bed) -> Cell:
    if not bed.row.diagnosis:
        return CellText("Chưa có chẩn đoán", "ink3", may_be_cut=True)
    return CellText(diagnosis_text(bed.row), may_be_cut=True)


def _allergies(bed: Bed) -> Cell:
    if bed.patient.allergies:
        return CellText(allergy_words(bed.patient.allergies), "critical", icon="alert-triangle", may_be_cut=True)
    return CellText("Không", "ink2") if bed.patient.allergies_asked_at else CellText("Chưa hỏi", "attention")


def _warning(bed: Bed) -> Cell:
    if bed.warning is None:
        return CellText("Chưa đo", "ink3")
    ink = "critical" if bed.warning.level is Level.HIGH else "ink2"
    return ChipAndSpark(warning_chip(bed.warning), bed.spark, ink)


def _clock(bed: Bed) -> Cell:
    clock = bed.clock
    if clock is None or clock.state == "done":
        return CellText(clock.text if clock is not None else "Đủ", "ink2", icon="check")
    return PieText(clock.text, CLOCK_INKS[clock.state], 1.0 if clock.state == "past" else clock.gone)


def _unsigned(bed: Bed) -> Cell:
    row = bed.row
    if not row.unsigned:
        return CellText("–", "ink3", right=True)
    late = row.unsigned_overdue > 0
    return CellText(unsigned_text(row), "attention" if late else "ink", bold=bool(row.unsigned_mine), right=True,
                    icon="clock" if late else "")


_CELLS: dict[Column, Callable[[Bed], Cell]] = {
    Column.BED: lambda bed: CellText(bed_name(bed.row), bold=True),
    Column.PATIENT: lambda bed: CellText(bed.patient.full_name, bold=True, may_be_cut=True, cut_inside=True),
    Column.AGE: _age,
    Column.DAY: lambda bed: CellText(str(bed.row.day), right=True),
    Column.DIAGNOSIS: _diagnosis,
    Column.ALLERGIES: _allergies,
    Column.WARNING: _warning,
    Column.CLOCK: _clock,
    Column.UNSIGNED: _unsigned,
    Column.DOCTOR: lambda bed: CellText(short_name(bed.row.attending), "ink2", may_be_cut=True),
}
