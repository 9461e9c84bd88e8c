"""A waveform group laid out on paper in millimetres, as an electrocardiograph prints it; measures along it.

Pure: strokes as arrays of (x, y) in mm from the top left corner of the sheet. Whoever paints knows its own mm.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imaging.objects.waveform import Group

SPEEDS = (12.5, 25.0, 50.0, 100.0)
GAINS = (2.5, 5.0, 10.0, 20.0, 40.0)
MARGIN, LABELS, ROW = 6.0, 8.0, 25.0
_STANDARD = (("I", "AVR", "V1", "V4"), ("II", "AVL", "V2", "V5"), ("III", "AVF", "V3", "V6"))
_MOST_POINTS = 60_000
_FINEST_MM = 0.05


@dataclass(frozen=True)
class Scale:
    """Paper speed and gain; the usual ones as a start."""

    mm_per_s: float = 25.0
    mm_per_mv: float = 10.0


@dataclass(frozen=True, eq=False)
class Trace:
    """One channel's stretch in one strip. `stroke` breaks where there is no sample (NaN)."""

    channel: int
    label: str
    unit: str
    left: float
    middle: float
    width: float
    start_s: float
    stroke: NDArray[np.float32]
    mm_per_unit: float

    def holds(self, x: float, y: float, height: float = ROW) -> bool:
        """Whether a place of the sheet lies in its strip."""
        return self.left <= x <= self.left + self.width and abs(y - self.middle) <= height / 2


@dataclass(frozen=True, eq=False)
class Sheet:
    """A page: its size, its strips, and the calibration pulse before each row (1 mV high, 0.2 s long)."""

    width: float
    height: float
    scale: Scale
    row: float
    traces: tuple[Trace, ...]
    pulses: tuple[NDArray[np.float32], ...]
    start_s: float
    seconds: float

    def trace_at(self, x: float, y: float) -> Trace | None:
        """The strip at a place."""
        return next((trace for trace in self.traces if trace.holds(x, y, self.row)), None)


@dataclass(frozen=True)
class Reach:
    """What lies between two places of one strip. `per_minute` is the rate that the time would be the beat of."""

    milliseconds: float
    amplitude: float
    unit: str

    @property
    def per_minute(self) -> float | None:
        """60 000 by the milliseconds; None for no time at all."""
        return 60_000 / self.milliseconds if self.milliseconds >= 1 else None


def is_standard(group: Group) -> bool:
    """Whether all twelve standard leads are there."""
    return {name for row in _STANDARD for name in row} <= set(_by_lead(group))


def standard_sheet(group: Group, scale: Scale = Scale(), start_s: float = 0.0) -> Sheet:
    """Three rows of four leads, a quarter of the time each, and lead II below over all of it."""
    places = _by_lead(group)
    whole = min(10.0, group.seconds)
    quarter = whole / 4
    rows = [[(places[name], start_s + quarter * column, quarter) for column, name in enumerate(row)]
            for row in _STANDARD]
    return _sheet(group, scale, [*rows, [(places["II"], start_s, whole)]], start_s, whole)


def rows_sheet(group: Group, scale: Scale = Scale(), start_s: float = 0.0, seconds: float = 10.0) -> Sheet:
    """Every channel in a row of its own over one stretch of time."""
    seconds = max(0.1, min(seconds, group.seconds - start_s))
    rows = [[(place, start_s, seconds)] for place in range(len(group.channels))]
    return _sheet(group, scale, rows, start_s, seconds)


def reach(sheet: Sheet, trace: Trace, start: tuple[float, float], end: tuple[float, float]) -> Reach:
    """Time and height between two places of the sheet, as a ruler on the paper gives them."""
    milliseconds = abs(end[0] - start[0]) / sheet.scale.mm_per_s * 1000
    return Reach(milliseconds, (start[1] - end[1]) / trace.mm_per_unit, trace.unit)


def _sheet(group: Group, scale: Scale, rows: list[list[tuple[int, float, float]]], start_s: float, seconds: float,
           ) -> Sheet:
    row = max(12.0, min(ROW, 2.5 * scale.mm_per_mv)) if len(rows) > 6 else ROW
    traces, pulses = [], []
    for index, strips in enumerate(rows):
        middle, left = MARGIN + row * (index + 0.5), MARGIN + LABELS
        pulses.append(_pulse(MARGIN, middle, scale))
        for channel, begin, length in strips:
            trace = _trace(group, scale, (channel, begin, length), left, middle)
            traces.append(trace)
            left += trace.width
    width = MARGIN * 2 + LABELS + seconds * scale.mm_per_s
    return Sheet(width, MARGIN * 2 + row * len(rows), scale, row, tuple(traces), tuple(pulses), start_s, seconds)


def _trace(group: Group, scale: Scale, strip: tuple[int, float, float], left: float, middle: float) -> Trace:
    channel, begin, length = strip
    found = group.channels[channel]
    first, stop = round(begin * group.rate_hz), round((begin + length) * group.rate_hz) + 1
    values = group.values(channel, first, stop)
    per_unit = scale.mm_per_mv if found.unit == "mV" else _fitting(values)
    x = left + (np.arange(len(values)) + first) / group.rate_hz * scale.mm_per_s - begin * scale.mm_per_s
    stroke = np.column_stack((x + found.skew_s * scale.mm_per_s, middle - values * per_unit)).astype(np.float32)
    return Trace(channel, found.label, found.unit, left, middle, length * scale.mm_per_s, begin,
                 _thinned(stroke, scale.mm_per_s / group.rate_hz), per_unit)


def _fitting(values: NDArray[np.float32]) -> float:
    """What is no voltage has no agreed gain: its range takes most of a row."""
    known = values[np.isfinite(values)]
    span = float(np.abs(known).max()) if known.size else 0.0
    return 0.4 * ROW / span if span > 0 else 1.0


def _thinned(stroke: NDArray[np.float32], step_mm: float) -> NDArray[np.float32]:
    """Where samples lie closer than ink is fine, each stretch keeps its least and its greatest: no spike is lost."""
    stride = max(int(_FINEST_MM / step_mm) if step_mm > 0 else 1, -(-2 * len(stroke) // _MOST_POINTS))
    if stride < 4:
        return stroke
    whole = len(stroke) // stride * stride
    blocks = stroke[:whole].reshape(-1, stride, 2)
    heights = blocks[:, :, 1]
    filled = np.where(np.isfinite(heights), heights, np.inf), np.where(np.isfinite(heights), heights, -np.inf)
    ends = np.sort(np.column_stack((filled[0].argmin(1), filled[1].argmax(1))), axis=1)
    picked = np.take_along_axis(blocks, ends[:, :, None].repeat(2, 2), axis=1).reshape(-1, 2)
    return np.concatenate((picked, stroke[whole:]))


def _pulse(left: float, middle: float, scale: Scale) -> NDArray[np.float32]:
    wide, high = min(LABELS - 2, 0.2 * scale.mm_per_s), scale.mm_per_mv
    return np.array([(left, middle), (left + 1, middle), (left + 1, middle - high), (left + 1 + wide, middle - high),
                     (left + 1 + wide, middle), (left + 2 + wide, middle)], np.float32)


def _by_lead(group: Group) -> dict[str, int]:
    """Channels by the lead's name, however it is written."""
    return {channel.label.upper().removeprefix("LEAD ").removeprefix("ECG ").strip(): place
            for place, channel in reversed(list(enumerate(group.channels)))}
