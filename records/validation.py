"""Raw values -> clean values and every problem with them; nothing is dropped and nothing is guessed.

`clean(kind, values)` is asked with `signing=False` while a draft is written (what is missing is not yet wrong)
and with `signing=True` before the act and again by the server.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any

from records.abbreviations import is_checked, unapproved
from records.codes import code_list, judge
from records.computed import compute
from records.errors import Reason, Refusal
from records.forms import Condition, EntryKind, Field, Rule
from records.pictures import MOST, is_key_image, picture_of

LINE_LENGTH = 255
TEXT_LENGTH = 20_000
_CONTROL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffe\uffff\ud800-\udfff]"
)
"""Control, bidirectional override and lone surrogate characters: invisible on the page, so never in what is signed."""
_YEAR_ONLY = re.compile(r"^\d{4}$")
_ORDER = re.compile(r"[0-9]{1,16}")
"""An accession number as the house gives them (SH: 16 characters)."""


@dataclass(frozen=True)
class Cleaned:
    """The values as they would be stored, what is wrong with them, and what is only unusual."""

    values: dict[str, Any]
    problems: tuple[Reason, ...]
    warnings: tuple[Reason, ...]

    @property
    def good(self) -> bool:
        """Nothing is wrong; warnings do not count."""
        return not self.problems


class _Notes:
    """Collects problems and warnings with the label of the field at which they stand."""

    def __init__(self) -> None:
        self.problems: list[Reason] = []
        self.warnings: list[Reason] = []

    def wrong(self, code: str, field: Field, **facts: Any) -> None:
        self.problems.append(Reason(code, field.key, {"label": field.label, **facts}))

    def unusual(self, code: str, field: Field, **facts: Any) -> None:
        self.warnings.append(Reason(code, field.key, {"label": field.label, **facts}))


def clean(
    kind: EntryKind, values: Mapping[str, Any], *, signing: bool, on: date | None = None,
    abbreviations: Mapping[str, str] = MappingProxyType({}),
) -> Cleaned:
    """All values of an entry, cleaned, with every problem and warning in the form's order.

    `on`: the day of signing; with it, codes must be known and in force on that day (`records.codes`).
    `abbreviations`: those that the hospital approves beside the national list (R38).
    """
    notes = _Notes()
    known = {field.key for field in kind.fields}
    for key in values:
        if key not in known:
            notes.problems.append(Reason("field_unknown", str(key)[:80], {"kind": kind.name}))
    cleaned = _fields(kind.fields, values, notes)
    _computed(kind, cleaned, notes, signing=signing)
    if signing:
        _demands(kind.fields, cleaned, notes)
        if on is not None:
            notes.problems += judge(kind, cleaned, on)
    if kind.leaves_house:
        _abbreviated(kind.fields, cleaned, abbreviations, notes, signing=signing)
    for rule in kind.rules:
        _across(rule, kind, cleaned, notes, signing=signing)
    return Cleaned(cleaned, tuple(notes.problems), tuple(notes.warnings))


def holds(condition: Condition | None, values: Mapping[str, Any]) -> bool:
    """Whether a condition of the form is true of these values; no condition always holds."""
    if condition is None:
        return True
    value = values.get(condition.field)
    return value in condition.among if condition.among else value not in (None, "", [], False)


def _fields(fields: tuple[Field, ...], values: Mapping[str, Any], notes: _Notes) -> dict[str, Any]:
    cleaned: dict[str, Any] = {}
    for field in fields:
        raw = values.get(field.key)
        if raw in (None, "", [], {}):
            continue
        value = _READERS[field.type](field, raw, notes)
        if value is not None:
            cleaned[field.key] = value
    return cleaned


def _demands(fields: tuple[Field, ...], cleaned: Mapping[str, Any], notes: _Notes) -> None:
    for field in fields:
        demanded = field.required or (field.required_when is not None and holds(field.required_when, cleaned))
        named = any(problem.where == field.key for problem in notes.problems)
        if demanded and field.key not in cleaned and holds(field.shown_when, cleaned) and not named:
            notes.wrong("field_missing", field)


def _computed(kind: EntryKind, cleaned: dict[str, Any], notes: _Notes, *, signing: bool) -> None:
    for field in kind.fields:
        if not field.computed:
            continue
        result = compute(field.computed, cleaned)
        if field.key in cleaned and result is not None and cleaned[field.key] != result and signing:
            notes.wrong("field_not_as_computed", field, expected=result)


def _abbreviated(
    fields: tuple[Field, ...], cleaned: Mapping[str, Any], own: Mapping[str, str], notes: _Notes, *, signing: bool,
) -> None:
    """R38: told while it is written, demanded before it is signed."""
    for field in fields:
        if not is_checked(field) or field.key not in cleaned:
            continue
        for found in unapproved("\n".join(_words(field, cleaned[field.key])), own):
            facts = {"word": found.word, "full": ", ".join(found.full) or "…"}
            notes.unusual("abbreviation", field, **facts)
            if signing:
                notes.wrong("abbreviation", field, **facts)


def _words(field: Field, value: Any) -> Iterator[str]:
    """The words of a value that somebody wrote, without codes and numbers."""
    match field.type:
        case "line" | "text":
            yield value
        case "coded" if not _is_of_the_list(field, value):
            yield value.get("text", "")
        case "rows":
            for row in value:
                for column in field.fields:
                    if is_checked(column) and column.key in row:
                        yield from _words(column, row[column.key])


def _is_of_the_list(field: Field, value: Mapping[str, str]) -> bool:
    """The code list's own words for the code: the ministry wrote them, not the author."""
    entry = code_list(field.codes).find(value.get("code", "")) if field.codes else None
    return entry is not None and entry.label == value.get("text")


def _across(rule: Rule, kind: EntryKind, cleaned: Mapping[str, Any], notes: _Notes, *, signing: bool) -> None:
    labels = {field.key: field.label for field in kind.fields}
    present = [cleaned[key] for key in rule.fields if key in cleaned]
    match rule.rule:
        case "any":
            broken = signing and not present
        case "less":
            broken = len(present) == 2 and not Decimal(str(present[0])) < Decimal(str(present[1]))
        case "not_before":
            broken = len(present) == 2 and _moment(present[1]) < _moment(present[0])
    if broken:
        names = ", ".join(labels[key] for key in rule.fields)
        notes.problems.append(Reason(rule.reason, rule.fields[0], {"labels": names}))


def _moment(value: str) -> float:
    instant = datetime.fromisoformat(value)
    return instant.timestamp() if instant.tzinfo else datetime.fromisoformat(f"{value}T00:00:00+07:00").timestamp()


def _string(field: Field, raw: Any, notes: _Notes, limit: int) -> str | None:
    if not isinstance(raw, str):
        notes.wrong("value_not_text", field)
        return None
    text = unicodedata.normalize("NFC", raw).replace("\r\n", "\n").replace("\r", "\n").strip()
    if found := _CONTROL.search(text):
        notes.wrong("value_has_control_character", field, character=f"U+{ord(found.group()):04X}", at=found.start() + 1)
        return None
    longest = field.max_length or limit
    if len(text) > longest:
        notes.wrong("value_too_long", field, length=len(text), limit=longest)
        return None
    if strange := _unprintable(text):
        notes.wrong("value_unprintable", field, characters=" ".join(strange))
        return None
    return text or None


def _unprintable(text: str) -> tuple[str, ...]:
    """Characters that the paper's fonts lack: what cannot be read on the page cannot be signed."""
    from records.render import missing_glyphs  # reportlab is heavy, and a start that writes nothing need not wait

    return missing_glyphs(text) if not text.isascii() else ()


def _line(field: Field, raw: Any, notes: _Notes) -> str | None:
    text = _string(field, raw, notes, LINE_LENGTH)
    if text is not None and ("\n" in text or "\t" in text):
        notes.wrong("value_not_one_line", field)
        return None
    return text


def _text(field: Field, raw: Any, notes: _Notes) -> str | None:
    return _string(field, raw, notes, TEXT_LENGTH)


def _int(field: Field, raw: Any, notes: _Notes) -> int | None:
    if isinstance(raw, str) and re.fullmatch(r"[+-]?\d{1,12}", raw.strip()):
        raw = int(raw)
    if isinstance(raw, bool) or not isinstance(raw, int):
        notes.wrong("value_not_whole_number", field)
        return None
    return raw if _within(field, Decimal(raw), notes) else None


def _decimal(field: Field, raw: Any, notes: _Notes) -> str | None:
    try:
        if isinstance(raw, bool | float):
            raise InvalidOperation
        number = Decimal(str(raw).strip().replace(",", "."))
        if not number.is_finite() or len(str(raw)) > 24:
            raise InvalidOperation
        exact = number.quantize(Decimal(1).scaleb(-field.precision))
    except InvalidOperation:
        notes.wrong("value_not_number", field)
        return None
    if exact != number:
        notes.wrong("value_too_precise", field, precision=field.precision)
        return None
    return f"{exact:f}" if _within(field, exact, notes) else None


def _within(field: Field, number: Decimal, notes: _Notes) -> bool:
    if (field.min is not None and number < field.min) or (field.max is not None and number > field.max):
        notes.wrong("value_out_of_limits", field, value=_shown(number), low=_shown(field.min), high=_shown(field.max),
                    unit=field.unit)
        return False
    low, high = field.warn_min, field.warn_max
    if (low is not None and number < low) or (high is not None and number > high):
        notes.unusual("value_unusual", field, value=_shown(number), low=_shown(low), high=_shown(high),
                      unit=field.unit)
    return True


def _shown(number: Decimal | None) -> str:
    return "…" if number is None else f"{number:f}".replace(".", ",")


def _bool(field: Field, raw: Any, notes: _Notes) -> bool | None:
    if not isinstance(raw, bool):
        notes.wrong("value_not_yes_no", field)
        return None
    return raw


def _date(field: Field, raw: Any, notes: _Notes) -> str | None:
    if field.year_only and isinstance(raw, str) and _YEAR_ONLY.match(raw):
        return raw
    try:
        return date.fromisoformat(raw).isoformat()
    except (TypeError, ValueError):
        notes.wrong("value_not_date", field)
        return None


def _instant(field: Field, raw: Any, notes: _Notes) -> str | None:
    try:
        instant = raw if isinstance(raw, datetime) else datetime.fromisoformat(raw)
        if instant.tzinfo is None:
            raise ValueError
    except (TypeError, ValueError):
        notes.wrong("value_not_instant", field)
        return None
    return instant.isoformat(timespec="seconds")


def _choice(field: Field, raw: Any, notes: _Notes) -> str | None:
    if not isinstance(raw, str) or raw not in {choice.code for choice in field.choices}:
        notes.wrong("value_not_a_choice", field)
        return None
    return raw


def _choices(field: Field, raw: Any, notes: _Notes) -> list[str] | None:
    codes = [choice.code for choice in field.choices]
    if not isinstance(raw, list | tuple) or not all(isinstance(item, str) and item in codes for item in raw):
        notes.wrong("value_not_a_choice", field)
        return None
    return sorted(set(raw), key=codes.index)


def _coded(field: Field, raw: Any, notes: _Notes) -> dict[str, str] | None:
    if not isinstance(raw, Mapping) or not set(raw) <= {"text", "code"}:
        notes.wrong("value_not_coded", field)
        return None
    value = {part: text for part in ("text", "code") if raw.get(part)
             if (text := _string(field, raw[part], notes, 500)) is not None}
    return value or None


def _rows(field: Field, raw: Any, notes: _Notes) -> list[dict[str, Any]] | None:
    if not isinstance(raw, list | tuple) or not all(isinstance(row, Mapping) for row in raw):
        notes.wrong("value_not_rows", field)
        return None
    if len(raw) > (len(field.fixed_rows) or field.max_rows):
        notes.wrong("value_too_many_rows", field, limit=len(field.fixed_rows) or field.max_rows)
        return None
    rows = []
    for number, row in enumerate(raw, start=1):
        rows.append(_row(field, number, row, notes))
    return rows if any(rows) else None


def _row(field: Field, number: int, row: Mapping[str, Any], notes: _Notes) -> dict[str, Any]:
    own = _Notes()
    known = {column.key for column in field.fields}
    own.problems += [Reason("field_unknown", str(key)[:80], {"kind": field.label}) for key in row if key not in known]
    cleaned = _fields(field.fields, row, own)
    if cleaned or field.fixed_rows:
        _demands(field.fields, cleaned, own)
    for kept, found in ((notes.problems, own.problems), (notes.warnings, own.warnings)):
        kept += [Reason(item.code, f"{field.key}.{number}.{item.where}", item.facts) for item in found]
    return cleaned


def _gathered(field: Field, raw: Any, notes: _Notes) -> list[dict[str, Any]] | None:
    def good(item: Any) -> bool:
        return (isinstance(item, Mapping) and set(item) == {"entry", "kind", "version", "sha256"}
                and isinstance(item["version"], int) and re.fullmatch("[0-9a-f]{64}", str(item["sha256"])) is not None)

    if not isinstance(raw, list | tuple) or not all(good(item) for item in raw):
        notes.wrong("value_not_gathered", field)
        return None
    return [dict(item) for item in raw]


def _images(field: Field, raw: Any, notes: _Notes) -> list[dict[str, Any]] | None:
    if not isinstance(raw, list | tuple) or not all(is_key_image(item) for item in raw):
        notes.wrong("value_not_images", field)
        return None
    if len(raw) > MOST:
        notes.wrong("value_too_many_images", field, limit=MOST)
        return None
    cleaned: list[dict[str, Any]] = []
    for item in raw:
        said = _string(field, item["words"], notes, LINE_LENGTH) or ""
        try:
            picture_of(item)
        except Refusal as refused:
            notes.problems += [Reason(reason.code, field.key, {**reason.facts, "label": field.label})
                               for reason in refused.reasons]
            return None
        cleaned.append({**item, "words": said.replace("\n", " ")})
    return cleaned


def _order(field: Field, raw: Any, notes: _Notes) -> str | None:
    if not isinstance(raw, str) or not _ORDER.fullmatch(raw):
        notes.wrong("value_not_an_order", field)
        return None
    return raw


_READERS = {
    "line": _line, "text": _text, "int": _int, "decimal": _decimal, "bool": _bool, "date": _date,
    "instant": _instant, "choice": _choice, "choices": _choices, "coded": _coded, "rows": _rows,
    "gathered": _gathered, "images": _images, "order": _order,
}
