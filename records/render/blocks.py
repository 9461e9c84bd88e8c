"""A field of many rows: a table, a numbered list, or the entries that a composition gathers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from records.forms import Field, Form
from records.render.blanks import value_atoms
from records.render.flow import SIZE, Flow, Table
from records.render.images import draw_images
from records.render.inline import BREAK, Atom, words
from records.render.paper import MM
from records.render.words import row_words, value_words

WEIGHTS = {"text": 4.0, "line": 3.0, "coded": 3.0, "bool": 0.8, "int": 1.0, "decimal": 1.0}
"""How wide a column of a table is beside the others, by its type."""
MANY_COLUMNS = 6
"""A `rows` field with more columns than this prints each row as a sentence, unless the form wants a table."""
SMALLER = 2.5
"""How much smaller a table of many columns is printed, in points."""
ROOM_FOR_BLOCK = 70.0
"""A block's label is not left alone at the foot of a page: this much must follow on it, in points."""


def draw_block(flow: Flow, form: Form, field: Field, value: Sequence[Mapping[str, Any]]) -> None:
    """A field of many rows: a table when it is narrow enough, else a numbered list."""
    if not all(isinstance(row, Mapping) for row in value):
        raise TypeError(f"{field.key} takes rows")
    if field.type == "images":
        draw_images(flow, value)
    elif field.type == "gathered":
        _gathered(flow, {kind.key: kind.name for kind in form.kinds}, value)
    elif len(field.fields) == 1:
        for number, row in enumerate(value, 1):
            flow.paragraph([*words(f"{number}."), *value_atoms(field.fields[0], row.get(field.fields[0].key))],
                           indent=4 * MM)
    elif field.table or 1 < len(field.fields) <= MANY_COLUMNS:
        _table(flow, field, value)
    else:
        for number, row in enumerate(value, 1):
            flow.paragraph(words(f"{number}. {row_words(field, row)}"), indent=4 * MM)
    flow.skip(3)


def _table(flow: Flow, field: Field, rows: Sequence[Mapping[str, Any]]) -> None:
    fixed = bool(field.fixed_rows)
    heads = ["" if fixed else "TT", *(_head(column) for column in field.fields)]
    weights = [_weight(column) for column in field.fields]
    first = [45 * MM if fixed else 9 * MM]
    left = flow.room - sum(first)
    size = SIZE - SMALLER if len(field.fields) > MANY_COLUMNS else SIZE - 1
    table = Table(flow, [*first, *(left * weight / sum(weights) for weight in weights)], heads, size)
    for index, row in enumerate(rows):
        label = field.fixed_rows[index] if index < len(field.fixed_rows) else str(index + 1)
        cells = [table.broken(0, words(label))]
        cells += [table.broken(number, _cell(column, row.get(column.key)))
                  for number, column in enumerate(field.fields, 1)]
        table.row(cells)


def _head(column: Field) -> str:
    told = column.unit and column.unit not in column.label
    return f"{column.label} ({column.unit})" if told else column.label


def _weight(column: Field) -> float:
    return column.weight or WEIGHTS.get(column.type, 1.6)


def _cell(column: Field, value: Any) -> list[Atom]:
    return [] if value is None else words(value_words(column.model_copy(update={"unit": ""}), value))


def _gathered(flow: Flow, names: Mapping[str, str], items: Sequence[Mapping[str, Any]]) -> None:
    widths = [9 * MM, 34 * MM, 0.0, 15 * MM]
    widths[2] = flow.room - sum(widths)
    table = Table(flow, widths, ["TT", "Phần", "Mã lần ghi và SHA-256", "Phiên bản"], SIZE - 2)
    for number, item in enumerate(items, 1):
        told = [*words(str(item["entry"])), BREAK, *words(str(item["sha256"]))]
        name = names.get(str(item["kind"]), str(item["kind"]))
        cells = [words(str(number)), words(name), told, words(str(item["version"]))]
        table.row([table.broken(index, cell) for index, cell in enumerate(cells)])
