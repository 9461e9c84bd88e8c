"""What the ward board counts, filters and orders by: functions over its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from records.deadlines import spoken
from records.early_warning import ADULT_AGE, EarlyWarning, Level, early_warning, observed
from records.folding import fold
from records.messages import BoardRow, ClockView
from workstation.config import ZONE
from workstation.models.beginning import age_on

CLOCK_RANK = {"past": 0, "near": 1, "ok": 2, "done": 3}
LEVEL_RANK = {Level.HIGH: 0, Level.MEDIUM: 1, Level.WATCH: 2, Level.LOW: 3}


class BoardFilter(StrEnum):
    """Keys 1 to 5."""

    OCCUPIED = "occupied"
    ATTENTION = "attention"
    DEADLINE = "deadline"
    UNSIGNED = "unsigned"
    RESULTS = "results"


class BoardOrder(StrEnum):
    """Ctrl+S changes it."""

    BED = "bed"
    URGENCY = "urgency"
    DEADLINE = "deadline"


ORDER_WORDS = {BoardOrder.BED: "giường", BoardOrder.URGENCY: "cảnh báo sớm", BoardOrder.DEADLINE: "hạn hồ sơ"}


@dataclass(frozen=True)
class Counter:
    """One of the five counters of the board's head."""

    filter: BoardFilter
    key: str
    count: int
    of: int | None
    """«28/30»."""
    label: str
    detail: str = ""
    """«tôi 5, quá hạn 2»."""


@dataclass(frozen=True)
class ClockLine:
    """The clock that matters most in a row."""

    text: str
    state: str
    """ok, near, past, done."""
    gone: float
    """0 to 1, for the pie."""
    due: datetime


@dataclass(frozen=True)
class BoardLine:
    """A row with all that is worked out from it once."""

    row: BoardRow
    age: int | None
    warning: EarlyWarning | None
    scores: tuple[float, ...]
    """The last early warning scores, oldest first, for the spark."""
    clock: ClockView | None
    words: str
    """Folded, to search in."""


def lines_of(rows: Sequence[BoardRow], now: datetime) -> tuple[BoardLine, ...]:
    """The rows, worked out."""
    return tuple(_line(row, now) for row in rows)


def clock_line(clock: ClockView, now: datetime) -> ClockLine:
    """«24 giờ · còn 3 giờ 10», «TK duyệt · quá 2 giờ», «Đủ»."""
    if clock.state == "done":
        return ClockLine("Đủ", "done", 1.0, clock.due)
    left = clock.due - now
    state = "past" if left.total_seconds() < 0 else clock.state
    word = "quá" if state == "past" else "còn"
    gone = 1.0
    if clock.starts is not None and clock.due > clock.starts:
        gone = min(1.0, max(0.0, (now - clock.starts) / (clock.due - clock.starts)))
    return ClockLine(f"{clock.label} · {word} {spoken(abs(left))}", state, gone, clock.due)


def passes(line: BoardLine, which: BoardFilter | None) -> bool:
    """Whether a row stays under that filter; without one, all beds do."""
    match which:
        case None:
            return True
        case BoardFilter.OCCUPIED:
            return line.row.encounter is not None
        case BoardFilter.ATTENTION:
            return line.warning is not None and line.warning.level is not Level.LOW
        case BoardFilter.DEADLINE:
            return line.clock is not None and line.clock.state in ("near", "past")
        case BoardFilter.UNSIGNED:
            return line.row.unsigned > 0
        case BoardFilter.RESULTS:
            return False  # results come with the laboratory; until then nobody has new ones


def counters(lines: Sequence[BoardLine]) -> tuple[Counter, ...]:
    """The five counters."""
    labels = {BoardFilter.OCCUPIED: "giường có người", BoardFilter.ATTENTION: "cần xem trước",
              BoardFilter.DEADLINE: "sắp hoặc quá hạn", BoardFilter.UNSIGNED: "chưa ký",
              BoardFilter.RESULTS: "kết quả mới"}
    found = []
    for number, (which, label) in enumerate(labels.items(), start=1):
        count = sum(passes(line, which) for line in lines)
        detail = ""
        if which is BoardFilter.UNSIGNED:
            count = sum(line.row.unsigned for line in lines)
            detail = unsigned_words(sum(line.row.unsigned_mine for line in lines),
                                    sum(line.row.unsigned_overdue for line in lines))
        found.append(Counter(which, str(number), count, len(lines) if which is BoardFilter.OCCUPIED else None, label,
                             detail))
    return tuple(found)


def unsigned_text(row: BoardRow) -> str:
    """«3 · tôi 2»: unsigned papers of a bed, and how many of them wait for me."""
    return f"{row.unsigned} · tôi {row.unsigned_mine}" if row.unsigned_mine else str(row.unsigned or "–")


def unsigned_words(mine: int, overdue: int) -> str:
    """«tôi 5, quá hạn 2»: of what is unsigned, what waits for me and what is late, whoever holds it."""
    return ", ".join(word for word in (f"tôi {mine}" if mine else "", f"quá hạn {overdue}" if overdue else "") if word)


def ordered(lines: Sequence[BoardLine], order: BoardOrder) -> list[BoardLine]:
    """By bed, by early warning (highest first), or by the clock that ends first."""
    if order is BoardOrder.URGENCY:
        return sorted(lines, key=lambda line: (_rank(line), *_bed(line)))
    if order is BoardOrder.DEADLINE:
        return sorted(lines, key=lambda line: (*_due(line), *_bed(line)))
    return sorted(lines, key=_bed)


def _line(row: BoardRow, now: datetime) -> BoardLine:
    age = age_on(row.patient.birth_date, now.astimezone(ZONE).date()) if row.patient is not None else None
    found = [early_warning(observed(point.values)) for point in row.vitals] if (age or 0) >= ADULT_AGE else []
    # A warning is of the newest time at which anything that scores was measured; a weight alone says nothing.
    scored = [warning for warning in found if warning.parts]
    patient = row.patient
    words = fold(" ".join((row.room, row.bed, f"{row.room}-{row.bed}", patient.full_name if patient else "",
                           row.record_no, row.diagnosis, row.diagnosis_code, patient.patient_no if patient else "",
                           row.attending)))
    clock = min((clock for clock in row.clocks if clock.state != "done"), default=None,
                key=lambda clock: (CLOCK_RANK[clock.state], clock.due))
    return BoardLine(row, age, scored[-1] if scored else None, tuple(float(item.score) for item in scored), clock,
                     words)


def _bed(line: BoardLine) -> tuple[tuple[int, int, str], ...]:
    return _natural(line.row.room), _natural(line.row.bed)


def _natural(text: str) -> tuple[int, int, str]:
    """Bed 9 before bed 10, whatever stands around the number."""
    digits = "".join(letter for letter in text if letter.isdigit())
    return (0, int(digits), text) if digits else (1, 0, text)


def _rank(line: BoardLine) -> tuple[int, int, int]:
    if line.row.encounter is None:
        return (2, 0, 0)
    if line.warning is None:
        return (1, 0, 0)
    return (0, LEVEL_RANK[line.warning.level], -line.warning.score)


def _due(line: BoardLine) -> tuple[int, float]:
    if line.row.encounter is None:
        return (2, 0.0)
    return (1, 0.0) if line.clock is None else (0, line.clock.due.timestamp())
