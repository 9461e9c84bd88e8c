"""The chart of vital signs: pulse red ● 40-160, temperature blue × 35-41, a bold line at 37 °C, lines below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from records.forms import Column, EntryKind
from records.render.cells import cell
from records.render.columns import head_of
from records.render.flow import PAD, Flow, Table, notes
from records.render.inline import Atom, Line, broken, words
from records.render.paper import BLUE, MM, RED, Colour
from records.render.sheet import Sheet, SheetItem, signed_lines, standing
from records.render.typeface import width
from records.render.words import clock, day, moment

LABEL = 33 * MM
STEP = 44.0
"""Height of one big step (20 beats, 1 °C), in points."""
STEPS = 6
PALE: Colour = (0.72, 0.72, 0.72)
SIZE = 7.5
WORDY = frozenset({"text", "line"})
"""Fields that need more room than a column has; they are told below the chart."""


@dataclass(frozen=True)
class Curve:
    """One curve of the chart and its axis."""

    field: str
    low: float
    high: float
    colour: Colour


PULSE = Curve("pulse", 40, 160, RED)
TEMPERATURE = Curve("temperature", 35, 41, BLUE)


def draw_chart(sheet: Sheet) -> None:
    """All measurements, `per_page` to a page."""
    layout = sheet.form.layout
    kind = sheet.form.kind(layout.kind)
    per_page = layout.per_page or 20
    sheet.head()
    for start in range(0, max(len(sheet.items), 1), per_page):
        if start:
            sheet.flow.next_page()
        _page(sheet, kind, sheet.items[start:start + per_page], per_page)


def _page(sheet: Sheet, kind: EntryKind, items: Sequence[SheetItem], per_page: int) -> None:
    flow = sheet.flow
    each = (flow.room - LABEL) / per_page
    wordy = {field.key for field in kind.fields if field.type in WORDY}
    _times(flow, items, each)
    _grid(flow, per_page, each)
    for curve in (PULSE, TEMPERATURE):
        _curve(flow, items, each, curve)
    flow.y -= STEPS * STEP
    for column in sheet.form.layout.columns:
        if not set(column.fields) & wordy:
            _line(flow, kind, column, items, (per_page, each))
    _line_of(flow, "Lần đo số", [[[Atom("word", str(index))]] for index, _ in enumerate(items, 1)], (per_page, each))
    flow.skip(6)
    _signatures(sheet, kind, items, wordy)


def _times(flow: Flow, items: Sequence[SheetItem], each: float) -> None:
    """Days above, clock times below."""
    top, high = flow.y, 13.0
    flow.page.rect(flow.left, top - 2 * high, flow.room, 2 * high)
    flow.page.text(flow.left + PAD, top - high + 4, "Ngày", SIZE, "Bold")
    flow.page.text(flow.left + PAD, top - 2 * high + 4, "Giờ", SIZE, "Bold")
    x = flow.left + LABEL
    for date, group in groupby(items, key=lambda item: day(item.version.occurred_at)):
        count = len(list(group))
        told = date[:5]
        flow.page.rect(x, top - high, count * each, high)
        flow.page.centred(x + count * each / 2, top - high + 4, told, min(SIZE, _fit(told, count * each)))
        x += count * each
    for index, item in enumerate(items):
        left = flow.left + LABEL + index * each
        told = clock(item.version.occurred_at)
        flow.page.rect(left, top - 2 * high, each, high)
        flow.page.centred(left + each / 2, top - 2 * high + 4, told, min(SIZE, _fit(told, each)))
    flow.y = top - 2 * high


def _fit(text: str, room: float) -> float:
    """The largest size at which the text fits into the room."""
    return (room - 2) / width(text, "Regular", 1)


def _grid(flow: Flow, per_page: int, each: float) -> None:
    page, low, top = flow.page, flow.y - STEPS * STEP, flow.y
    left = flow.left + LABEL
    for fine in range(1, STEPS * 5):
        page.line([(left, low + fine * STEP / 5), (flow.right, low + fine * STEP / 5)], 0.2, PALE)
    for column in range(per_page + 1):
        page.line([(left + column * each, low), (left + column * each, top)], 0.3, PALE)
    for big in range(STEPS + 1):
        y = low + big * STEP
        bold = TEMPERATURE.low + big == 37
        page.line([(left, y), (flow.right, y)], 1.6 if bold else 0.5)
        lift = -8.5 if big == STEPS else 1 if big == 0 else -3
        page.right(flow.left + LABEL * 0.42, y + lift, f"{PULSE.low + big * 20:.0f}", 9, "Bold", colour=RED)
        page.right(flow.left + LABEL * 0.9, y + lift, f"{TEMPERATURE.low + big:.0f}", 9, "Bold", colour=BLUE)
    page.rect(flow.left, low, flow.room, STEPS * STEP)
    middle = low + 5.45 * STEP
    page.dot(flow.left + 6, middle + 3, 2.2, RED)
    page.text(flow.left + 11, middle, "Mạch", 8, "Bold", colour=RED)
    page.text(flow.left + 11, middle - 9, "lần/phút", 7, colour=RED)
    _cross(flow, flow.left + LABEL * 0.52, middle + 3)
    page.text(flow.left + LABEL * 0.52 + 5, middle, "Nhiệt", 8, "Bold", colour=BLUE)
    page.text(flow.left + LABEL * 0.52 + 5, middle - 9, "độ °C", 7, colour=BLUE)


def _cross(flow: Flow, x: float, y: float) -> None:
    flow.page.line([(x - 2.4, y - 2.4), (x + 2.4, y + 2.4)], 1.1, BLUE)
    flow.page.line([(x - 2.4, y + 2.4), (x + 2.4, y - 2.4)], 1.1, BLUE)


def _curve(flow: Flow, items: Sequence[SheetItem], each: float, curve: Curve) -> None:
    """A mark a value, a line between them; a value off the axis is drawn at its end with its number beside it."""
    low, span = flow.y - STEPS * STEP, STEPS * STEP
    points = []
    for index, item in enumerate(items):
        told = item.version.values.get(curve.field)
        if told is None:
            continue
        value = float(told)
        inside = min(max(value, curve.low), curve.high)
        x = flow.left + LABEL + (index + 0.5) * each
        y = low + span * (inside - curve.low) / (curve.high - curve.low)
        points.append((x, y))
        if inside != value:
            beside = y - 8 if value > inside else y + 3
            flow.page.text(x + 4, beside, str(told).replace(".", ","), 6.5, "Bold", colour=curve.colour)
    if len(points) > 1:
        flow.page.line(points, 0.9, curve.colour)
    for x, y in points:
        if curve is PULSE:
            flow.page.dot(x, y, 2.2, curve.colour)
        else:
            _cross(flow, x, y)


def _line(flow: Flow, kind: EntryKind, column: Column, items: Sequence[SheetItem], grid: tuple[int, float]) -> None:
    """A line below the chart; two numbers of a cell stand one above the other, a choice by its code."""
    keys = {field.key: field for field in kind.fields}
    cells = []
    for item in items:
        field = keys[column.fields[0]]
        if field.type == "choice":
            atoms = words(str(item.version.values.get(field.key, "")))
        else:
            atoms = cell(kind, column, item.version)
        told = " ".join(atom.text for atom in atoms)
        parts = [f"{told.split('/')[0]}/", told.split("/")[1]] if "/" in told else [told]
        cells.append([[Atom("word", part)] for part in parts if part])
    _line_of(flow, head_of(column), cells, grid)


def _line_of(flow: Flow, label: str, cells: Sequence[Sequence[Line]], grid: tuple[int, float]) -> None:
    per_page, each = grid
    head = broken(words(label), SIZE + 0.5, LABEL - 2 * PAD)
    step = SIZE * 1.2
    high = max(len(head), *(len(lines) for lines in cells), 1) * step + 5
    flow.page.rect(flow.left, flow.y - high, LABEL, high)
    for index, line in enumerate(head):
        flow.page.atoms(flow.left + PAD, flow.y - 2 - (index + 1) * step + 1.5, line, SIZE + 0.5)
    for column in range(per_page):
        x = flow.left + LABEL + column * each
        flow.page.rect(x, flow.y - high, each, high)
        for index, line in enumerate(cells[column] if column < len(cells) else ()):
            told = line[0].text
            flow.page.centred(x + each / 2, flow.y - 2 - (index + 1) * step + 1.5, told, min(SIZE, _fit(told, each)))
    flow.y -= high


def _signatures(sheet: Sheet, kind: EntryKind, items: Sequence[SheetItem], wordy: set[str]) -> None:
    """Who signed each measurement, and what its nurse noted."""
    if not items:
        return
    flow = sheet.flow
    widths = [8 * MM, 25 * MM, 42 * MM]
    heads = ["Lần", "Thời điểm", "Ghi chú", f"{kind.slots[0].label} ký"]
    table = Table(flow, [*widths, flow.room - sum(widths)], heads, SIZE + 0.5, pad=1.5)
    labels = {field.key: field for field in kind.fields}
    for number, item in enumerate(items, 1):
        values = item.version.values
        told = [str(values[key]) if len(wordy) == 1 else f"{labels[key].label}: {values[key]}"
                for key in sorted(wordy) if key in values]
        noted = ". ".join(part for part in (standing(item), *told) if part)
        marks = [line for text in signed_lines(item) for line in notes(text, table.size, table.inside(3))]
        table.row([table.broken(0, words(str(number))), table.broken(1, words(moment(item.version.occurred_at))),
                   table.broken(2, words(noted)), marks])
