"""A form's fields as print: number, label, value, boxes and tables, in the ministry's order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from records.forms import EntryKind, Field, Section
from records.render.flow import SIZE, Flow, Table
from records.render.inline import BREAK, WIDE, Atom, box, tick, words
from records.render.paper import MM
from records.render.words import clock, day, row_words, value_words

DOTS = "…" * 6
MANY_CHOICES = 10
"""More choices than this print only the chosen one."""
MANY_COLUMNS = 6
"""A `rows` field with more columns than this prints each row as a sentence."""


def draw_sections(flow: Flow, kind: EntryKind, values: Mapping[str, Any], *, blanks: bool) -> None:
    """All sections of an entry kind. `blanks`: an empty blank prints its label and dots, so that the ministry's
    numbers are all there; otherwise it is left out.
    """
    for section in kind.sections:
        fields = [field for field in section.fields if blanks or field.key in values]
        if fields:
            if [field.label for field in fields] != [section.title]:
                _title(flow, section)
            _draw_fields(flow, fields, values)


def _title(flow: Flow, section: Section) -> None:
    title = f"{section.number}. {section.title}" if section.number else section.title
    if title:
        flow.skip(4)
        flow.need(3 * SIZE)
        flow.text(title, SIZE, "Bold")


def _draw_fields(flow: Flow, fields: Sequence[Field], values: Mapping[str, Any]) -> None:
    for _, run in groupby(enumerate(fields), key=lambda item: item[1].group or item[0]):
        together = [field for _, field in run]
        line: list[Atom] = []
        for field in together:
            if _is_block(field, values):
                _flush(flow, line)
                draw_block(flow, field, values[field.key])
                continue
            if line:
                line.append(WIDE)
            line += field_atoms(field, values.get(field.key))
        _flush(flow, line)


def _flush(flow: Flow, line: list[Atom]) -> None:
    if line:
        flow.paragraph(line)
        flow.skip(1.5)
        line.clear()


def _is_block(field: Field, values: Mapping[str, Any]) -> bool:
    return field.type in {"rows", "gathered"} and bool(values.get(field.key))


def label_atoms(field: Field) -> list[Atom]:
    """«1. Toàn thân:» as the form prints it."""
    number = f"{field.number}. " if field.number and field.number[-1].isalnum() else f"{field.number} "
    label = (number if field.number else "") + field.label
    return words(label if label.endswith((":", "?")) else f"{label}:", "Bold" if field.number else "Regular")


def field_atoms(field: Field, value: Any) -> list[Atom]:
    """Label and value on a line."""
    return [*label_atoms(field), *value_atoms(field, value)]


def value_atoms(field: Field, value: Any) -> list[Atom]:
    """The value alone, with the boxes of the paper form; dots where there is none."""
    if field.type == "bool":
        return [*words("Có"), tick(value is True), WIDE, *words("Không"), tick(value is False)]
    if field.type in {"choice", "choices"}:
        return _choice_atoms(field, value)
    if value is None:
        return words(f"{DOTS} {field.unit}" if field.unit else DOTS)
    if field.type == "coded" and value.get("code"):
        return [*words(str(value.get("text", ""))), WIDE, *words("MÃ"), box(str(value["code"]))]
    return _told(field, value)


def _told(field: Field, value: Any) -> list[Atom]:
    if field.type == "instant":
        instant = datetime.fromisoformat(str(value))
        return words(f"{clock(instant)} ngày {day(instant)}")
    if field.source == "subject.full_name":
        return words(str(value).upper(), "Bold")
    return words(value_words(field, value))


def _choice_atoms(field: Field, value: Any) -> list[Atom]:
    if field.type == "choice" and len(field.choices) > MANY_CHOICES:
        return words(value_words(field, value) if value is not None else DOTS)
    numbered = all(choice.code.isdigit() and len(choice.code) <= 2 for choice in field.choices)
    if field.type == "choice" and numbered:
        listed = [atom for choice in field.choices for atom in words(f"{choice.code}.\u00a0{choice.label}")]
        return [*listed, box(str(value) if value is not None else "")]
    chosen = set(value or ()) if field.type == "choices" else {value}
    return [atom for choice in field.choices
            for atom in (tick(choice.code in chosen), *words(choice.label))]


def draw_block(flow: Flow, field: Field, value: Sequence[Mapping[str, Any]]) -> None:
    """A field of many rows: a table when it is narrow enough, else a numbered list."""
    flow.need(3 * SIZE)
    flow.paragraph(label_atoms(field))
    if field.type == "gathered":
        _gathered(flow, value)
    elif len(field.fields) == 1:
        for number, row in enumerate(value, 1):
            flow.paragraph([*words(f"{number}."), *value_atoms(field.fields[0], row.get(field.fields[0].key))],
                           indent=4 * MM)
    elif 1 < len(field.fields) <= MANY_COLUMNS:
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
    table = Table(flow, [*first, *(left * weight / sum(weights) for weight in weights)], heads)
    for index, row in enumerate(rows):
        label = field.fixed_rows[index] if index < len(field.fixed_rows) else str(index + 1)
        cells = [table.broken(0, words(label))]
        cells += [table.broken(number, _cell(column, row.get(column.key)))
                  for number, column in enumerate(field.fields, 1)]
        table.row(cells)


def _head(column: Field) -> str:
    return f"{column.label} ({column.unit})" if column.unit else column.label


def _weight(column: Field) -> float:
    return {"text": 4.0, "line": 3.0, "coded": 3.0, "bool": 0.8, "int": 1.0, "decimal": 1.0}.get(column.type, 1.6)


def _cell(column: Field, value: Any) -> list[Atom]:
    if value is None:
        return []
    bare = column.model_copy(update={"unit": ""})
    return words(value_words(bare, value))


def _gathered(flow: Flow, items: Sequence[Mapping[str, Any]]) -> None:
    widths = [9 * MM, 34 * MM, 0.0, 15 * MM]
    widths[2] = flow.room - sum(widths)
    table = Table(flow, widths, ["TT", "Phần", "Mã lần ghi và SHA-256", "Phiên bản"], SIZE - 2)
    for number, item in enumerate(items, 1):
        told = [*words(str(item["entry"])), BREAK, *words(str(item["sha256"]))]
        cells = [words(str(number)), words(str(item.get("name", item["kind"]))), told, words(str(item["version"]))]
        table.row([table.broken(index, cell) for index, cell in enumerate(cells)])
