"""A section's text for people: every filled field with its label, in the form's words and order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from records.cda.markup import Element, node
from records.forms import Field, Section
from records.render.words import value_words

NOTHING = "Không ghi."


def write_text(parent: Element, section: Section, values: Mapping[str, Any], anchor: str) -> None:
    """The `text` of a section; `anchor` begins the ids that coded entries refer to."""
    text = node(parent, "text")
    filled = [field for field in section.fields if field.key in values]
    if not filled:
        node(text, "paragraph", NOTHING)
    short = [field for field in filled if field.type not in {"text", "rows", "gathered", "images"}]
    if short:
        body = node(node(text, "table"), "tbody")
        for field in short:
            row = node(body, "tr")
            node(row, "th", _label(field))
            _lines(node(node(row, "td"), "content", ID=f"{anchor}-{field.key}"), value_words(field, values[field.key]))
    for field in filled:
        value = values[field.key]
        if field.type == "text":
            paragraph = node(text, "paragraph")
            node(paragraph, "caption", _label(field))
            _lines(node(paragraph, "content", ID=f"{anchor}-{field.key}"), str(value))
        elif field.type == "rows":
            _table(text, field, value, f"{anchor}-{field.key}")
        elif field.type == "gathered":
            _gathered(text, field, value)
        elif field.type == "images":
            _images(text, field, value, f"{anchor}-{field.key}")


def _label(field: Field) -> str:
    return f"{field.number} {field.label}" if field.number else field.label


def _lines(parent: Element, words: str) -> None:
    first, *rest = words.split("\n")
    parent.text = first
    for line in rest:
        node(parent, "br").tail = line


def _table(text: Element, field: Field, rows: Sequence[Mapping[str, Any]], anchor: str) -> None:
    table = node(text, "table")
    node(table, "caption", _label(field))
    head = node(node(table, "thead"), "tr")
    used = [column for column in field.fields if any(column.key in row for row in rows)]
    for title in (*([""] if field.fixed_rows else []), *(_label(column) for column in used)):
        node(head, "th", title)
    if not len(head):
        node(head, "th", _label(field))
    body = node(table, "tbody")
    for index, row in enumerate(rows):
        line = node(body, "tr", ID=f"{anchor}-{index + 1}")
        if field.fixed_rows:
            node(line, "th", field.fixed_rows[index] if index < len(field.fixed_rows) else "")
        for column in used:
            cell = node(line, "td")
            if column.key in row:
                _lines(cell, value_words(column, row[column.key]))
        if not len(line):
            node(line, "td")


def _gathered(text: Element, field: Field, items: Sequence[Mapping[str, Any]]) -> None:
    table = node(text, "table")
    node(table, "caption", _label(field))
    head = node(node(table, "thead"), "tr")
    for title in ("Phần", "Mã lần ghi", "Phiên bản", "SHA-256"):
        node(head, "th", title)
    body = node(table, "tbody")
    for item in items:
        line = node(body, "tr")
        for key in ("kind", "entry", "version", "sha256"):
            node(line, "td", str(item[key]))


def _images(text: Element, field: Field, items: Sequence[Mapping[str, Any]], anchor: str) -> None:
    """A list of pictures with their words; the pictures themselves are entries."""
    told = node(text, "list")
    node(told, "caption", _label(field))
    for number, item in enumerate(items, start=1):
        line = node(told, "item")
        node(line, "content", item["words"] or f"Ảnh {number}")
        node(line, "renderMultiMedia", referencedObject=f"{anchor}-{number}")
