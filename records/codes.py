"""Code lists as data: what a code means, whether it may be used on a date, and how a person finds it by typing.

The lists stand in `resources/codes/`; `lists.toml` there says title, edition and source of each. A list is read when
it is first asked for and stays in memory.
"""

from __future__ import annotations

import csv
import gzip
import io
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache, cached_property
from heapq import nsmallest
from typing import Any

from records.bundled import bundled
from records.errors import Reason, Refusal
from records.folding import fold
from records.forms import EntryKind, Field

NEVER = date.min
"""As `main_to`: the code never stands as main diagnosis."""


@dataclass(frozen=True)
class Code:
    """One row of a list."""

    code: str
    label: str
    parent: str = ""
    note: str = ""
    """ICD-10: † or *, F or M for one sex only, what the coding rules advise."""
    valid_from: date | None = None
    valid_to: date | None = None
    main_from: date | None = None
    """ICD-10: from when to when the code may stand as main diagnosis."""
    main_to: date | None = None

    def in_force(self, on: date) -> bool:
        """Whether the code may be used on that date."""
        return _within(on, self.valid_from, self.valid_to)


@dataclass(frozen=True)
class CodeList:
    """One list in one edition, in printed order."""

    name: str
    title: str
    edition: str
    source: str
    demanded: bool
    """A required blank with this list needs the code, not the words alone."""
    entries: tuple[Code, ...] = field(repr=False)

    @cached_property
    def by_code(self) -> Mapping[str, Code]:
        """Rows by their code as printed."""
        return {entry.code: entry for entry in self.entries}

    @cached_property
    def folded(self) -> tuple[tuple[str, str], ...]:
        """Beside each row, what a search compares: code without dot, words without diacritics."""
        return tuple((_bare(entry.code), " " + fold(entry.label)) for entry in self.entries)

    def find(self, code: str) -> Code | None:
        """The row of that code."""
        return self.by_code.get(code)


@cache
def list_names() -> tuple[str, ...]:
    """The names of all lists that this build ships."""
    return tuple(_catalogue())


@cache
def code_list(name: str) -> CodeList:
    """The list of that name."""
    try:
        about = _catalogue()[name]
    except KeyError:
        raise Refusal.because("code_list_unknown", name) from None
    rows = _as_main(code_list(about["of"]).entries) if "of" in about else _read(name)
    return CodeList(name, about["title"], about["edition"], about["source"], about.get("demanded", False), tuple(rows))


def search(name: str, text: str, limit: int = 20, on: date | None = None) -> tuple[Code, ...]:
    """The best rows for what a person typed: a code's beginning (dot or not), or beginnings of words in any order.

    Codes come before words, words at the front of a label before later ones, short labels before long ones.
    With `on`, only codes in force on that date.
    """
    wanted = fold(text).split()
    if not wanted:
        return ()
    found = code_list(name)
    bare = _bare("".join(wanted))
    hits = (
        (rank, len(label) if rank > 1 else 0, position)
        for position, (code, label) in enumerate(found.folded)
        if (rank := _rank(bare, wanted, code, label)) is not None
        and (on is None or found.entries[position].in_force(on))
    )
    return tuple(found.entries[position] for _, _, position in nsmallest(limit, hits))


def exists(name: str, code: str, on: date) -> bool:
    """Whether the list has that code in force on that date."""
    entry = code_list(name).find(code)
    return entry is not None and entry.in_force(on)


def judge(kind: EntryKind, values: Mapping[str, Any], on: date) -> tuple[Reason, ...]:
    """What is wrong with the coded values of an entry: a code missing, unknown, or not in force on that date.

    `values` are clean (`records.validation`); in rows the place is `field.number.column`.
    """
    return tuple(_judged(kind.fields, values, on, ""))


def _judged(fields: tuple[Field, ...], values: Mapping[str, Any], on: date, place: str) -> Iterator[Reason]:
    for blank in fields:
        value = values.get(blank.key)
        if value is None:
            continue
        if blank.type == "rows":
            for number, row in enumerate(value, start=1):
                yield from _judged(blank.fields, row, on, f"{place}{blank.key}.{number}.")
        elif blank.type == "coded" and blank.codes:
            yield from _judged_code(blank, value, on, place + blank.key)


def _judged_code(blank: Field, value: Mapping[str, str], on: date, where: str) -> Iterator[Reason]:
    code, found = value.get("code", ""), code_list(blank.codes)
    facts = {"label": blank.label, "code": code, "list": found.title}
    if not code:
        if blank.required and found.demanded:
            yield Reason("code_missing", where, facts)
    elif (entry := found.find(code)) is None:
        yield Reason("code_unknown", where, facts)
    elif not entry.in_force(on):
        yield Reason("code_not_in_force", where, facts)


def _rank(bare: str, wanted: list[str], code: str, label: str) -> int | None:
    """0 the code itself, 1 the code's beginning, 2 the label's beginning, 3 in this order, 4 all words somewhere.

    «Bệnh», «Bệnh lý» at the front of a label do not count: I10 «Bệnh lý tăng huyết áp» begins with «tang huyet ap».
    """
    if code.startswith(bare):
        return 0 if code == bare else 1
    for word in wanted:
        if " " + word not in label:
            return None
    phrase = " " + " ".join(wanted)
    if label.removeprefix(" benh").removeprefix(" ly").startswith(phrase) or label.startswith(phrase):
        return 2
    return 3 if phrase in label else 4


def _bare(code: str) -> str:
    return code.replace(".", "").lower()


def _within(on: date, first: date | None, last: date | None) -> bool:
    return (first is None or first <= on) and (last is None or on <= last)


@cache
def _catalogue() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads(bundled("codes", "lists.toml").read_text("utf-8"))


def _read(name: str) -> Iterator[Code]:
    packed = bundled("codes", f"{name}.csv.gz")
    raw = gzip.decompress(packed.read_bytes()) if packed.is_file() else bundled("codes", f"{name}.csv").read_bytes()
    rows = csv.reader(io.StringIO(raw.decode("utf-8")))
    next(rows)
    for code, label, parent, note, *days in rows:
        yield Code(code, label, parent, note, *(date.fromisoformat(day) if day else None for day in days))


def _as_main(entries: tuple[Code, ...]) -> Iterator[Code]:
    """The rows that may stand as main diagnosis at some time, valid at those times."""
    for entry in entries:
        if entry.main_to == NEVER:
            continue
        starts = [day for day in (entry.valid_from, entry.main_from) if day]
        ends = [day for day in (entry.valid_to, entry.main_to) if day]
        yield replace(entry, valid_from=max(starts, default=None), valid_to=min(ends, default=None))
