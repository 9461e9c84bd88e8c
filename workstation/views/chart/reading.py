"""What stands in a cell of the ministry's sheet, as the screen reads it: from the form's layout, never its name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from records.forms import Column, EntryKind, Field, Form
from records.render.words import row_words, value_words
from workstation.models.chart import TimelineItem
from workstation.views.chart.earlier import values_of
from workstation.views.chart.states import amended_words, ordered_rows, signature_words
from workstation.views.widgets import times

OCCURRED = "occurred_at"
"""The pseudo-field of a layout's time column."""


@dataclass(frozen=True)
class Said:
    """One line of a cell: the field's letter, if the paper has one, and the words."""

    letter: str
    words: str


def column_kind(form: Form) -> EntryKind:
    """The kind whose entries are the sheet's rows or columns."""
    return form.kind(form.layout.kind)


def fields_of(kind: EntryKind, column: Column) -> tuple[Field, ...]:
    """The column's fields; the time column has none."""
    known = {field.key: field for field in kind.fields}
    return tuple(known[key] for key in column.fields if key in known)


def beside_the_sheet(form: Form) -> tuple[Field, ...]:
    """Fields of the entry that the sheet's columns do not show."""
    placed = {key for column in form.layout.columns for key in column.fields}
    return tuple(field for field in column_kind(form).fields if field.key not in placed)


def said(
    kind: EntryKind, column: Column, values: Mapping[str, Any], rows: Mapping[int, str] = MappingProxyType({}),
) -> tuple[Said, ...]:
    """The lines of one entry in one column; empty blanks say nothing. `rows`: a word behind rows of a list, from 0."""
    fields = fields_of(kind, column)
    if len(fields) > 1 and all(field.type == "int" for field in fields):
        numbers = _numbers(fields, values)
        return (Said("", numbers),) if numbers else ()
    lines: list[Said] = []
    for field in fields:
        value = values.get(field.key)
        if value in (None, "", [], {}):
            continue
        if field.type == "rows":
            lines += [Said(f"{number}.", _with(row_words(field, row), rows.get(number - 1, "")))
                      for number, row in enumerate(value, start=1)]
        else:
            bare = field.model_copy(update={"unit": ""}) if column.unit and field.unit == column.unit else field
            named = len(fields) > 1 and not field.number and (lines or field.type in ("bool", "choice"))
            words = safe_words(bare, value)
            lines.append(Said(field.number, f"{field.label}: {words}" if named else words))
    return tuple(lines)


def safe_words(field: Field, value: Any) -> str:
    """The value as words; a half-typed draft stands as it was typed."""
    try:
        return value_words(field, value)
    except (TypeError, ValueError, AttributeError, KeyError):
        return str(value)


def _with(words: str, word: str) -> str:
    return f"{words} · {word}" if word else words


def _numbers(fields: tuple[Field, ...], values: Mapping[str, Any]) -> str:
    if not any(field.key in values for field in fields):
        return ""
    between = "/" if len(fields) == 2 and fields[0].group == fields[1].group != "" else "; "
    return between.join(str(values.get(field.key, "–")) for field in fields)


def said_of(kind: EntryKind, column: Column, item: TimelineItem) -> tuple[Said, ...]:
    """The same for an item of the time line."""
    return said(kind, column, values_of(item), ordered_rows(item))


def line_title(column: Column) -> str:
    """A line's head with its unit, as the paper prints it."""
    return f"{column.title} ({column.unit})" if column.unit else column.title


def spoken_row(form: Form, item: TimelineItem) -> str:
    """A row read aloud."""
    kind = column_kind(form)
    parts = [f"{times.clock(item.occurred_at)} {times.full_date(item.occurred_at)}"]
    for column in form.layout.columns:
        words = "; ".join(f"{line.letter} {line.words}".strip() for line in said_of(kind, column, item))
        if words:
            parts.append(f"{column.title}: {words}")
    if words := amended_words(item):
        parts.append(words)
    parts += [signature_words(mark) for mark in (item.view.signatures if item.view is not None else ())]
    return ". ".join(parts)
