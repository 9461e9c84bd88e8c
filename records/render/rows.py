"""A sheet whose entries are rows (36/BV2): time, what was seen, what was ordered, each row with its signature."""

from __future__ import annotations

from collections.abc import Sequence

from records.forms import Column
from records.render.cells import cell
from records.render.flow import Table, notes
from records.render.inline import words
from records.render.paper import MM
from records.render.sheet import Sheet, signed_lines, standing


def widths(columns: Sequence[Column], room: float) -> list[float]:
    """The columns' widths in points; those without one share what is left."""
    fixed = [column.width_mm * MM for column in columns]
    open_columns = fixed.count(0)
    share = (room - sum(fixed)) / open_columns if open_columns else 0.0
    return [width or share for width in fixed]


def draw_rows(sheet: Sheet) -> None:
    """All entries as rows, in the order given; the mark stands under the last column's text."""
    sheet.head()
    columns = sheet.form.layout.columns
    kind = sheet.form.kind(sheet.form.layout.kind)
    table = Table(sheet.flow, widths(columns, sheet.flow.room), [column.title for column in columns])
    last = len(columns) - 1
    room = table.inside(last)
    for item in sheet.items:
        cells = [table.broken(index, cell(kind, column, item.version)) for index, column in enumerate(columns)]
        if standing(item):
            cells[1] = [*table.broken(1, words(standing(item), "Bold")), *cells[1]]
        cells[last] += [line for text in signed_lines(item) for line in notes(text, table.size, room)]
        table.row(cells)
