"""Two texts of one entry: what changed in one of them is joined silently, what changed in both a person settles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class Merged:
    """The joined values (mine where both differ), and the fields with two texts."""

    values: dict[str, Any]
    clashes: tuple[str, ...]


def merge(base: Mapping[str, Any] | None, mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> Merged:
    """Three-way by field. Without a base (never agreed) each difference is a clash, but for fields only one filled."""
    values: dict[str, Any] = {}
    clashes = []
    for key in _keys(mine, theirs):
        own, other = mine.get(key), theirs.get(key)
        old = base.get(key) if base is not None else None
        if other in (own, old):
            chosen = own
        elif own == old:
            chosen = other
        else:
            chosen = own
            clashes.append(key)
        if chosen is not None:
            values[key] = chosen
    return Merged(values, tuple(clashes))


def joined(mine: Any, theirs: Any) -> Any:
    """Both texts one after the other, theirs first; lists likewise; of other values, mine."""
    if isinstance(mine, str) and isinstance(theirs, str):
        return f"{theirs}\n{mine}"
    if isinstance(mine, list) and isinstance(theirs, list):
        return theirs + [item for item in mine if item not in theirs]
    return mine if mine is not None else theirs


def _keys(*values: Mapping[str, Any]) -> Iterable[str]:
    return dict.fromkeys(key for mapping in values for key in mapping)


def plain(value: Any) -> Any:
    """The value as a draft keeps it (JSON): instants and decimals as text; half characters, which some programs leave
    on the clipboard, are dropped, because no store could keep a text with one in it.
    """
    match value:
        case str():
            return value if value.isascii() else value.encode("utf-8", "ignore").decode()
        case datetime() | date():
            return value.isoformat()
        case Decimal():
            return str(value)
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
    return value
