"""A value for each field of each form, sensible or not, so that a sweep visits all of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from imaging.png import png
from records.entries import Version
from records.forms import EntryKind, Field, Form, all_forms
from records.pictures import as_text
from tests.records.render import pages

KINDS = [(form, kind) for form in all_forms() for kind in form.kinds]
SAMPLES: dict[str, Any] = {
    "line": "Dòng chữ & <dấu>", "text": "Dòng một.\nDòng hai.", "int": 7, "decimal": "36.5", "bool": True,
    "date": "2026-11-20", "instant": "2026-11-20T08:10:00+07:00", "coded": {"text": "Viêm phổi", "code": "J18.9"},
    "images": [{"study": "1.2.3", "series": "1.2.3.4", "instance": "1.2.3.4.5", "frame": 1, "sha256": "cd" * 32,
                "words": "Lát 168 <phổi>", "picture": as_text(png(np.arange(96, dtype=np.uint8).reshape(8, 12)))}],
    "order": "2600000012",
    "gathered": [{"entry": pages.ENTRY, "kind": "part_a", "version": 1, "sha256": "ab" * 32}],
}


def sample(field: Field) -> Any:
    """A value of the field's type."""
    if field.type == "choice":
        return field.choices[0].code
    if field.type == "choices":
        return [choice.code for choice in field.choices[:2]]
    if field.type == "rows":
        row = {column.key: sample(column) for column in field.fields}
        count = len(field.fixed_rows) or 2
        kinds = [choice.code for column in field.fields if column.key == "kind" for choice in column.choices]
        return [{**row, "kind": kind} for kind in kinds] or [row] * count
    return SAMPLES[field.type]


def filled(form: Form, kind: EntryKind) -> Version:
    """A version in which every field has a value, sensible or not."""
    values = {field.key: sample(field) for field in kind.fields}
    ref = {"code": form.code, "edition": form.edition, "kind": kind.key}
    return pages.version(form=ref, values=values)
