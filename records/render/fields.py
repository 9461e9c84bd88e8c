"""A form's fields as print: number, label, value, boxes and tables, in the ministry's order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from records.forms import EntryKind, Field, Form, Section
from records.render.blanks import field_atoms, label_atoms
from records.render.blocks import ROOM_FOR_BLOCK, draw_block
from records.render.flow import SIZE, Flow
from records.render.inline import WIDE, Atom

SHORT = frozenset({"int", "decimal", "date", "bool"})
"""Types whose neighbours share a line where the form does not keep a line for each blank."""

UNASKED = frozenset({"images", "order"})
"""Types that the ministry's blank does not have: nothing stands where nothing is known."""


def draw_sections(flow: Flow, form: Form, kind: EntryKind, values: Mapping[str, Any]) -> None:
    """All sections of an entry kind. A narrative form prints every blank, so that the ministry's numbers are all
    there; the others leave out what is empty.
    """
    blanks = form.layout.style == "narrative"
    for section in kind.sections:
        fields = [field for field in section.fields if field.key in values or (blanks and field.type not in UNASKED)]
        if not fields:
            continue
        if [field.label for field in fields] == [section.title] and not fields[0].number:
            # «V. Tiên lượng» with one blank: the section's title is the blank's label.
            flow.skip(4)
            _draw_fields(flow, form, [fields[0].model_copy(update={"number": section.number})], values, bold=True)
        else:
            _title(flow, section, ROOM_FOR_BLOCK if _is_block(fields[0], values) else 0)
            _draw_fields(flow, form, fields, values)


def _title(flow: Flow, section: Section, more: float) -> None:
    title = f"{section.number}. {section.title}" if section.number else section.title
    if title:
        flow.skip(4)
        flow.need(3 * SIZE + more)
        flow.text(title, SIZE, "Bold")


def _draw_fields(flow: Flow, form: Form, fields: Sequence[Field], values: Mapping[str, Any], *,
                 bold: bool = False) -> None:
    line: list[Atom] = []
    before: Field | None = None
    for field in fields:
        if before is not None and not _share(before, field, form):
            _flush(flow, line)
        before = field
        if _is_block(field, values):
            _flush(flow, line)
            flow.need(ROOM_FOR_BLOCK)
            flow.paragraph(label_atoms(field, bold=bold))
            draw_block(flow, form, field, values[field.key])
            continue
        if line:
            line.append(WIDE)
        line += field_atoms(field, values.get(field.key), bold=bold)
    _flush(flow, line)


def _share(before: Field, field: Field, form: Form) -> bool:
    """Do two neighbours share a line: the same group, or two short ones where no blanks are printed."""
    if before.group or field.group:
        return before.group == field.group
    return form.layout.style != "narrative" and {before.type, field.type} <= SHORT


def _flush(flow: Flow, line: list[Atom]) -> None:
    if line:
        flow.paragraph(line)
        flow.skip(1.5)
        line.clear()


def _is_block(field: Field, values: Mapping[str, Any]) -> bool:
    return field.type in {"rows", "gathered", "images"} and bool(values.get(field.key))
