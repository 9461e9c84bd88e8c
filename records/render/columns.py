"""A sheet whose entries are time columns (38/BV2): the form's lines down, the times across, signatures below."""

from __future__ import annotations

from collections.abc import Sequence

from records.forms import Column, EntryKind
from records.render.cells import FLUIDS, cell
from records.render.flow import Table, notes
from records.render.inline import words
from records.render.paper import MM
from records.render.sheet import Sheet, SheetItem, signed_lines, standing
from records.render.words import clock, day

LABEL = 44 * MM
SIZE = 8.5


def draw_columns(sheet: Sheet) -> None:
    """All entries as columns, `per_page` to a page, with the day's fluid totals at the end."""
    layout = sheet.form.layout
    kind = sheet.form.kind(layout.kind)
    per_page = layout.per_page or 6
    sheet.head()
    for start in range(0, max(len(sheet.items), 1), per_page):
        if start:
            sheet.flow.next_page()
        _table(sheet, kind, sheet.items[start:start + per_page], per_page)
    _totals(sheet, kind)


def _table(sheet: Sheet, kind: EntryKind, items: Sequence[SheetItem], per_page: int) -> None:
    columns = sheet.form.layout.columns
    each = (sheet.flow.room - LABEL) / per_page
    heads = [f"{clock(item.version.occurred_at)}\n{day(item.version.occurred_at)}" for item in items]
    blanks = [""] * (per_page - len(items))
    table = Table(sheet.flow, [LABEL, *[each] * per_page], ["Giờ, ngày", *heads, *blanks], SIZE, pad=1.5)
    if any(standing(item) for item in items):
        noted = [table.broken(number, words(standing(item), "Bold")) for number, item in enumerate(items, 1)]
        table.row([table.broken(0, words("Phiên bản")), *noted, *([] for _ in blanks)])
    for column in columns:
        cells = [table.broken(number, cell(kind, column, item.version)) for number, item in enumerate(items, 1)]
        table.row([table.broken(0, words(head_of(column))), *cells, *([] for _ in blanks)])
    marks = [[line for text in signed_lines(item) for line in notes(text, SIZE, table.inside(number))]
             for number, item in enumerate(items, 1)]
    table.row([table.broken(0, words(f"{kind.slots[0].label} ký", "Bold")), *marks, *([] for _ in blanks)])


def head_of(column: Column) -> str:
    """A line's head with its unit."""
    return f"{column.title} ({column.unit})" if column.unit else column.title


def _totals(sheet: Sheet, kind: EntryKind) -> None:
    """Fluid in and out a day, summed from the signed columns: it belongs to no single one."""
    counted = [field for field in kind.fields if field.computed in FLUIDS]
    totals: dict[str, dict[str, int]] = {}
    for item in sheet.items:
        for field in counted:
            if field.key in item.version.values:
                of_day = totals.setdefault(day(item.version.occurred_at), {})
                of_day[field.computed] = of_day.get(field.computed, 0) + int(item.version.values[field.key])
    if totals:
        sheet.flow.skip(4)
    for date, sums in totals.items():
        told = [f"{FLUIDS[name]} {amount} ml" for name, amount in sums.items()]
        if len(sums) == len(FLUIDS):
            told.append(f"chênh lệch {sums['fluid_in'] - sums['fluid_out']:+d} ml")
        sheet.flow.text(f"Ngày {date}: {', '.join(told)}.", 10)
