"""A blank of the form on a line: its number and label, its value, its boxes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from records.forms import Field
from records.render.inline import THIN, WIDE, Atom, box, tick, words
from records.render.words import clock, day, value_words

DOTS = "…" * 6
UNBROKEN = 24
"""A label shorter than this many characters stays on one line with its number."""
MANY_CHOICES = 10
"""More choices than this print only the chosen one."""


def label_atoms(field: Field, *, bold: bool = False) -> list[Atom]:
    """«1. Toàn thân:» as the form prints it; numbered ones are bold."""
    number = f"{field.number}. " if field.number and field.number[-1].isalnum() else f"{field.number} "
    label = (number if field.number else "") + field.label
    return words(label if label.endswith((":", "?")) else f"{label}:", "Bold" if field.number or bold else "Regular")


def field_atoms(field: Field, value: Any, *, bold: bool = False) -> list[Atom]:
    """Label and value on a line; a short one is never parted from its label."""
    plain = not field.number and not bold
    if field.type in {"int", "decimal"} and value is not None and plain and len(field.label) < UNBROKEN:
        return words(f"{field.label}: {value_words(field, value)}".replace(" ", "\u00a0"))
    return [*label_atoms(field, bold=bold), *value_atoms(field, value)]


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
        listed = [atom for choice in field.choices
                  for atom in (*words(f"{choice.code}.\u00a0{choice.label}"), THIN)]
        return [*listed, box(str(value) if value is not None else "")]
    chosen = set(value or ()) if field.type == "choices" else {value}
    return [atom for choice in field.choices
            for atom in (tick(choice.code in chosen), *words(choice.label), THIN)]
