"""Fills a form's kind with the least that may be signed, asking the validator what is still missing."""

from __future__ import annotations

from datetime import date
from typing import Any

from records import codes
from records.computed import compute
from records.forms import EntryKind, Field
from records.validation import clean

TODAY = date(2026, 11, 22)


def enough(kind: EntryKind, **given: Any) -> dict[str, Any]:
    """Values that the validator lets through for signing."""
    values: dict[str, Any] = dict(given)
    fields = {field.key: field for field in kind.fields}
    for _ in range(6):
        for field in kind.fields:
            if field.computed and (result := compute(field.computed, values)) is not None:
                values[field.key] = result
        cleaned = clean(kind, values, signing=True, on=TODAY)
        missing = [reason.where for reason in cleaned.problems if reason.code == "field_missing"]
        if not missing:
            assert not cleaned.problems, [(reason.where, reason.english) for reason in cleaned.problems]
            return cleaned.values
        for key in missing:
            values[key] = _least(fields[key])
    raise AssertionError(f"{kind.key} still lacks {missing}")


def _least(field: Field) -> Any:
    match field.type:
        case "choice":
            return field.choices[0].code
        case "choices":
            return [field.choices[0].code]
        case "int":
            return int(field.min or 1)
        case "decimal":
            return f"{field.min or 37:.{field.precision}f}"
        case "bool":
            return False
        case "date":
            return "1959" if field.year_only else "2026-11-20"
        case "instant":
            return "2026-11-20T08:00:00+07:00"
        case "coded":
            return _coded(field)
        case "rows":
            return [{column.key: _least(column) for column in field.fields if column.required}
                    for _ in field.fixed_rows or "1"]
    return "Có"


def _coded(field: Field) -> dict[str, str]:
    if not field.codes:
        return {"text": "Có"}
    if field.codes.startswith("icd10"):
        return {"text": "Viêm phổi, tác nhân không xác định", "code": "J18.9"}
    found = next(code for code in codes.code_list(field.codes).entries if code.in_force(TODAY))
    return {"text": found.label, "code": found.code}
