"""One attribute of a data set that nobody has checked: a value of the kind asked for, or none; never an error."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import Any

from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

_LONG_TEXT, _LONG_NUMBERS = 64 * 1024, 4 * 1024 * 1024
_TEXTS = frozenset({"AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "PN", "SH", "TM", "UC", "UI"})
_NUMBERS = frozenset({"AT", "FD", "FL", "SL", "SS", "SV", "UL", "US", "UV", "US or SS"})


def raw(dataset: Dataset | None, keyword: str) -> Any:
    """The value as the parser gives it; None when it is absent, empty or cannot be parsed."""
    if dataset is None:
        return None
    tag = _tag(keyword)
    if tag is None or tag not in dataset.keys():  # noqa: SIM118 -- its own `in` parses each tag anew
        return None
    try:
        value = None if _is_endless(dataset, tag) else dataset[tag].value
    except Exception:  # the parser's errors on malformed values are of many kinds
        return None
    return None if value is None or value == "" else value


def _is_endless(dataset: Dataset, tag: BaseTag) -> bool:
    """Whether it would unfold into more values than anybody reads: each becomes an object of its own."""
    element: Any = dataset.get_item(tag)
    if not isinstance(element, RawDataElement) or len(element.value or b"") <= _LONG_TEXT:
        return False
    representation = element.VR or dictionary_VR(element.tag)
    return representation in _TEXTS or (representation in _NUMBERS and len(element.value or b"") > _LONG_NUMBERS)


@cache
def _tag(keyword: str) -> BaseTag | None:
    """Of a thousand files the same score of attributes is asked: the dictionary is searched once."""
    found = tag_for_keyword(keyword)
    return None if found is None else BaseTag(found)


def text(dataset: Dataset | None, keyword: str) -> str:
    """Trimmed text, values of several joined by a backslash as in the file."""
    value = raw(dataset, keyword)
    if value is None:
        return ""
    try:
        parts = [str(part) for part in value] if _is_many(value) else [str(value)]
    except Exception:  # a name in a broken character set
        return ""
    return "\\".join(parts).strip(" \0")


def number(dataset: Dataset | None, keyword: str) -> float | None:
    """One finite number: the first of several."""
    found = numbers(dataset, keyword)
    return found[0] if found else None


def numbers(dataset: Dataset | None, keyword: str) -> tuple[float, ...]:
    """Every value as a finite number; none at all when one of them is not."""
    value = raw(dataset, keyword)
    if value is None or isinstance(value, bytes | Dataset):
        return ()
    try:
        found = tuple(float(part) for part in (value if _is_many(value) else (value,)))
    except (TypeError, ValueError, OverflowError):
        return ()
    return found if all(map(math.isfinite, found)) else ()


def integer(dataset: Dataset | None, keyword: str) -> int | None:
    """One whole number: the first of several."""
    value = number(dataset, keyword)
    return int(value) if value is not None and value == int(value) else None


def items(dataset: Dataset | None, keyword: str) -> Sequence[Dataset]:
    """The items of a sequence, none when it is absent or no sequence."""
    value = raw(dataset, keyword)
    if value is None or isinstance(value, str | bytes):
        return ()
    try:
        found = list(value)
    except Exception:  # items are parsed when they are looked at
        return ()
    return [item for item in found if isinstance(item, Dataset)]


def item(dataset: Dataset | None, keyword: str) -> Dataset | None:
    """The first item of a sequence."""
    found = items(dataset, keyword)
    return found[0] if found else None


def _is_many(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)
