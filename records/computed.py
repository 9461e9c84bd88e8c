"""Values that the form computes from others: totals and sums, by the rule's name in the form file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from records.errors import Refusal


def _glasgow(values: Mapping[str, Any]) -> int | None:
    parts = [values.get(key) for key in ("gcs_eye", "gcs_verbal", "gcs_motor")]
    return sum(int(part) for part in parts if part is not None) if all(part is not None for part in parts) else None


def _total_days(values: Mapping[str, Any]) -> int | None:
    """Days of treatment: discharge day minus admission day, plus one (QĐ 3176, SO_NGAY_DTRI for inpatients)."""
    if "admit_at" not in values or "discharge_at" not in values:
        return None
    admitted = datetime.fromisoformat(values["admit_at"]).date()
    return (datetime.fromisoformat(values["discharge_at"]).date() - admitted).days + 1


def _sum_of(*keys: str) -> Callable[[Mapping[str, Any]], int | None]:
    def total(values: Mapping[str, Any]) -> int | None:
        present = [int(values[key]) for key in keys if key in values]
        return sum(present) if present else None

    return total


def _sum_of_lines(table: str, column: str) -> Callable[[Mapping[str, Any]], int | None]:
    def total(values: Mapping[str, Any]) -> int | None:
        lines = values.get(table) or []
        return sum(int(line.get(column) or 0) for line in lines) if lines else None

    return total


_RULES: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "glasgow": _glasgow,
    "total_days": _total_days,
    "fluid_out": _sum_of("out_urine", "out_drain", "out_other"),
    "fluid_in": _sum_of("in_oral", "in_infusion", "in_other"),
    "all_files": _sum_of("count_xray", "count_ct", "count_ultrasound", "count_lab", "count_other"),
    "cost_total": _sum_of_lines("lines", "amount"),
    "cost_insured": _sum_of_lines("lines", "insured"),
    "cost_patient": _sum_of_lines("lines", "patient_pays"),
}


def compute(rule: str, values: Mapping[str, Any]) -> Any:
    """The value that the rule yields, or None while something that it needs is missing."""
    if rule not in _RULES:
        raise Refusal.because("rule_unknown", rule)
    return _RULES[rule](values)
