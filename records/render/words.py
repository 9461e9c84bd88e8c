"""Values as words: how a date, a number, a choice or an order reads on Vietnamese paper."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Any

from records.entries import Stay, Subject
from records.forms import Field

ZONE = timezone(timedelta(hours=7))
"""Asia/Ho_Chi_Minh; it has had no other offset since 1975, and paper must not wait for a time zone database."""
SEXES = {"1": "Nam", "2": "Nữ", "3": "Chưa xác định"}
ADULT_MONTHS = 72
"""Below this age, months are written (TT 32/2023, TT 26/2025)."""


def moment(instant: datetime, *, seconds: bool = False) -> str:
    """dd/mm/yyyy HH:MM in Vietnam's zone."""
    return f"{instant.astimezone(ZONE):{'%d/%m/%Y %H:%M:%S' if seconds else '%d/%m/%Y %H:%M'}}"


def clock(instant: datetime) -> str:
    """HH:MM in Vietnam's zone."""
    return f"{instant.astimezone(ZONE):%H:%M}"


def day(instant: datetime) -> str:
    """dd/mm/yyyy in Vietnam's zone."""
    return f"{instant.astimezone(ZONE):%d/%m/%Y}"


def calendar_day(iso: str) -> str:
    """dd/mm/yyyy from an ISO date; a year alone stays a year."""
    parts = iso.split("-")
    return "/".join(reversed(parts))


def age(subject: Subject, on: datetime) -> str:
    """Years, or months below six years; by the year alone when only that is known."""
    local = on.astimezone(ZONE).date()
    if "-" not in subject.birth_date:
        return f"{local.year - int(subject.birth_date)} tuổi"
    born = date.fromisoformat(subject.birth_date)
    months = (local.year - born.year) * 12 + local.month - born.month - (local.day < born.day)
    return f"{months} tháng" if months < ADULT_MONTHS else f"{months // 12} tuổi"


def place(stay: Stay) -> str:
    """Ward, room and bed in one line."""
    parts = [stay.ward, stay.room and f"buồng {stay.room}", stay.bed and f"giường {stay.bed}"]
    return ", ".join(part for part in parts if part)


def label_of(field: Field, code: str) -> str:
    """The words of a choice; a code that the form does not know stands for itself."""
    return next((choice.label for choice in field.choices if choice.code == code), code)


def coded(value: Mapping[str, Any]) -> str:
    """Text and code of a coded value."""
    text, code = value.get("text", ""), value.get("code", "")
    return f"{text} ({code})" if text and code else str(text or code)


def value_words(field: Field, value: Any) -> str:
    """Any value in one string, unit included."""
    if field.type in _WORDS:
        return _WORDS[field.type](field, value)
    return f"{value}\u00a0{field.unit}" if field.unit else str(value)


def _decimal(field: Field, value: Any) -> str:
    text = str(value).replace(".", ",")
    return f"{text}\u00a0{field.unit}" if field.unit else text


def _int(field: Field, value: Any) -> str:
    text = f"{int(value):,}".replace(",", ".") if field.grouped else str(value)
    return f"{text}\u00a0{field.unit}" if field.unit else text


JOINED = frozenset({"strength", "unit"})
"""Columns that follow the one before without a comma: 500 mg, 1 viên."""
UNTOLD = frozenset({"code"})
"""Columns that are for machines: the catalogue's code is in the attached data."""


def row_words(field: Field, row: Mapping[str, Any]) -> str:
    """A row of `rows` as one sentence: «Thuốc: Paracetamol 500 mg, 1 viên, uống, 3 lần/ngày»."""
    head = ""
    parts: list[str] = []
    for column in field.fields:
        if column.key not in row or column.key in UNTOLD:
            continue
        said = column.unit != "" and column.unit in column.label.lower()
        words = value_words(column.model_copy(update={"unit": ""}) if said else column, row[column.key])
        if column.type == "choice" and not head and not parts:
            head = f"{words}: "
        elif column.key in JOINED and parts:
            parts[-1] += f" {words}"
        elif _stands_alone(column):
            parts.append(words)
        else:
            parts.append(f"{column.label[:1].lower()}{column.label[1:]} {words}")
    return head + ", ".join(parts)


def _stands_alone(column: Field) -> bool:
    told_by_another = column.shown_when is not None and not column.shown_when.among
    return column.type in {"line", "text", "choice", "choices", "coded"} and not told_by_another


_WORDS: Mapping[str, Callable[[Field, Any], str]] = {
    "bool": lambda _field, value: "Có" if value else "Không",
    "choice": lambda field, value: label_of(field, str(value)),
    "choices": lambda field, value: ", ".join(label_of(field, str(code)) for code in value),
    "coded": lambda _field, value: coded(value),
    "date": lambda _field, value: calendar_day(str(value)),
    "instant": lambda _field, value: moment(datetime.fromisoformat(str(value))),
    "decimal": _decimal,
    "int": _int,
    "rows": lambda field, value: "; ".join(row_words(field, row) for row in value),
    "gathered": lambda _field, value: "; ".join(f"{item['kind']} {item['entry']} (v{item['version']})"
                                               for item in value),
    "images": lambda _field, value: "; ".join(f"Ảnh {number}: {item['words'] or 'không có lời'}"
                                             for number, item in enumerate(value, start=1)),
}
"""How each type reads; what is not here stands as it was written."""
