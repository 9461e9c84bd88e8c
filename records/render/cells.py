"""What stands in a cell of a sheet: the fields that the layout puts together, as words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from records.entries import Version
from records.forms import Column, EntryKind, Field
from records.render.inline import BREAK, Atom, words
from records.render.words import clock, day, row_words, value_words

OCCURRED = "occurred_at"
"""The pseudo-field of a layout's time column."""
FLUIDS = {"fluid_in": "Tổng nước vào", "fluid_out": "Tổng nước ra"}
"""Computed fields whose sum over a day belongs to the composition."""


def cell(kind: EntryKind, column: Column, version: Version) -> list[Atom]:
    """The cell of one entry in one column or line."""
    if column.fields == (OCCURRED,):
        return [*words(day(version.occurred_at)), BREAK, *words(clock(version.occurred_at))]
    known = {field.key: field for field in kind.fields}
    fields = [known[key] for key in column.fields]
    if len(fields) > 1 and all(field.type == "int" for field in fields):
        return words(_numbers(fields, version.values))
    return _parts(fields, version.values, unit=column.unit)


def _numbers(fields: list[Field], values: Mapping[str, Any]) -> str:
    """Several numbers of one cell: 120/80, or 200; 500; –; 700 in the order of the head."""
    if not any(field.key in values for field in fields):
        return ""
    between = "/" if len(fields) == 2 and fields[0].group == fields[1].group != "" else "; "
    return between.join(str(values.get(field.key, "–")) for field in fields)


def _parts(fields: list[Field], values: Mapping[str, Any], *, unit: str) -> list[Atom]:
    atoms: list[Atom] = []
    for index, field in enumerate(fields):
        value = values.get(field.key)
        if value is None:
            continue
        if atoms:
            atoms.append(BREAK)
        if field.number and len(fields) > 1:
            atoms += words(f"{field.number}:", "Bold")
        elif len(fields) > 1 and (index or field.type in {"bool", "choice"}):
            atoms += words(f"{field.label}:")
        atoms += _value(field, value, unit)
    return atoms


def _value(field: Field, value: Any, unit: str) -> list[Atom]:
    if field.type == "rows":
        lines = [f"{number}. {row_words(field, row)}" for number, row in enumerate(value, 1)]
        return words("\n".join(lines))
    bare = field.model_copy(update={"unit": ""}) if unit and field.unit == unit else field
    return words(value_words(bare, value))
