"""Abbreviations outside the approved list, in papers that leave the house (R38): which word, and the full words for it.

Two levels: the national list ships with the program, the hospital's own list is its setting. What only looks like an
abbreviation is left alone: units, Roman numerals, codes, words in capitals that are Vietnamese syllables, numbers.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from records.bundled import bundled
from records.forms import Field

_WORD = re.compile(r"[^\W_]+(?:[/-][^\W_]+)*")
_PART = re.compile(r"[/-]")
_ROMAN = re.compile(r"X{0,3}(?:IX|IV|V?I{0,3})[ABab]?")
_SYLLABLE = re.compile(
    "(?:NGH|NG|NH|CH|TH|TR|PH|KH|GH|GI|QU|[BCDĐGHKLMNPRSTVX])?"
    "[AĂÂEÊIOÔƠUƯYÀÁẢÃẠẰẮẲẴẶẦẤẨẪẬÈÉẺẼẸỀẾỂỄỆÌÍỈĨỊÒÓỎÕỌỒỐỔỖỘỜỚỞỠỢÙÚỦŨỤỪỨỬỮỰỲÝỶỸỴ]{1,3}(?:CH|NG|NH|[CMNPT])?")
_UNITS = frozenset({
    "UI", "IU", "MHz", "GHz", "Hz", "kHz", "kV", "mV", "mA", "Gy", "mGy", "cGy", "Sv", "mSv", "Bq", "MBq", "kcal", "kJ",
    "mmHg", "cmH2O", "kPa", "Pa", "mEq", "mOsm", "mol", "mmol", "HZ", "ML", "MG", "KG", "CM", "MM",
})
LONGEST = 6
"""A longer word in capitals is a word."""


@dataclass(frozen=True)
class Found:
    """One abbreviation that may not stand, and the full words to choose from; none are known of a strange one."""

    word: str
    full: tuple[str, ...] = ()


@dataclass(frozen=True)
class _National:
    """The national list: its edition, what may stand, and what may not with its full words."""

    edition: str
    approved: Mapping[str, str]
    known: Mapping[str, tuple[str, ...]]


@cache
def national() -> _National:
    """The list that ships with the program."""
    told = tomllib.loads(bundled("abbreviations", "national.toml").read_text("utf-8"))
    return _National(told["edition"], told["approved"], {word: tuple(full) for word, full in told["known"].items()})


def unapproved(text: str, own: Mapping[str, str]) -> tuple[Found, ...]:
    """Every abbreviation of a text that stands in neither list, each once, in their order; `own`: the hospital's."""
    found: dict[str, Found] = {}
    for match in _WORD.finditer(text):
        for one in _of_word(match.group(), own):
            found.setdefault(one.word, one)
    return tuple(found.values())


def is_checked(field: Field) -> bool:
    """Whether a field holds words of its own: not a number, a name or a code, nor what stands elsewhere already."""
    return field.type in ("line", "text", "coded", "rows") and not field.source and not field.verbatim


def _of_word(word: str, own: Mapping[str, str]) -> Iterator[Found]:
    lists = national()
    if word in own or word in lists.approved:
        return
    if word in lists.known:
        yield Found(word, lists.known[word])
        return
    parts = _PART.split(word)
    if len(parts) > 1:
        for part in parts:
            yield from _of_word(part, own)
        return
    if _looks_abbreviated(word):
        yield Found(word)


def _looks_abbreviated(word: str) -> bool:
    """Two to six letters without a figure, nearly all capitals, and no unit, Roman numeral or syllable."""
    if not 2 <= len(word) <= LONGEST or not word.isalpha() or word in _UNITS or _ROMAN.fullmatch(word):
        return False
    if not _in_capitals(word):
        # «ĐTr», «NĐc»: more capitals than a word begins with; «pH», «NaCl», «McB» are symbols and names.
        return sum(letter.isupper() for letter in word) >= 2 and word[:2].isupper()
    return _SYLLABLE.fullmatch(word) is None


def _in_capitals(word: str) -> bool:
    return word.isalpha() and len(word) > 1 and word.isupper()
