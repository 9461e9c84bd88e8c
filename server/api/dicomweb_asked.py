"""What a DICOMweb request asks for, read from its address and headers (PS3.18 8.3, 8.7, 10.6, RFC 9110)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cache

from fastapi import Request
from pydicom.datadict import keyword_for_tag, tag_for_keyword

from imaging.grey import Shape, Window
from records.errors import Refusal
from server.services.image_details import MOST_WHOLE, Included
from server.store.image_search import ATTRIBUTES, LIMIT, NUMBERS, REQUESTS, WITHIN, Level, Wanted

_SHAPES = {"linear": Shape.LINEAR, "linear-exact": Shape.LINEAR_EXACT, "sigmoid": Shape.SIGMOID}
LARGEST_PICTURE = 1 << 24
"""Pixels of a picture that is drawn to a size: four times what the largest reading screens show."""
_DAY, _HOUR = r"[0-9?*]{8}", r"[0-9]{2}(?:[0-9]{2}(?:[0-9]{2}(?:\.[0-9]{1,6})?)?)?"
_DATES = re.compile(rf"\*?|-|{_DAY}(?:\\{_DAY})*|{_DAY}-(?:{_DAY})?|-{_DAY}|[0-9?]{{0,7}}\*")
_TIMES = re.compile(rf"\*?|-|{_HOUR}(?:\\{_HOUR})*|{_HOUR}-(?:{_HOUR})?|-{_HOUR}|[0-9?.]{{0,12}}\*")
"""Wildcards beside what the standard has: they were always understood here, and say what they mean."""
_NUMBER = re.compile(r"\*?|-?[0-9]{1,12}")
_OURS = frozenset({"limit", "offset", "fuzzymatching", "accept"})


@dataclass(frozen=True)
class Question:
    """A QIDO-RS question, and what is said of it where not all of it is answered."""

    wanted: Wanted
    warnings: tuple[str, ...]
    included: Included


def question(request: Request, level: Level, fixed: dict[str, str]) -> Question:
    """Each query parameter is an attribute by keyword or tag, or one of paging; names are matched without fuzziness."""
    matching: dict[str, str] = {}
    ignored: list[str] = []
    fields: list[str] = []
    for name, value in request.query_params.multi_items():
        keyword = _keyword(name)
        if keyword in WITHIN or (keyword in ATTRIBUTES[level] and keyword != REQUESTS):
            matching[keyword] = value.replace(",", "\\") if keyword.endswith("UID") else _fitting(keyword, value)
        elif name.lower() == "includefield":
            fields += value.split(",")
        elif name.lower() not in _OURS:
            ignored.append(name)
    matching |= {keyword: value for keyword, value in fixed.items() if value}
    limit, offset = page(request)
    tags = {one: _tag(one) for one in fields if one != "all"}
    left_out = [one for one, tag in tags.items() if not tag]
    included = Included(frozenset(filter(None, tags.values())) - _told_anyway(level), "all" in fields)
    if included.whole:
        limit = min(limit, MOST_WHOLE)
    warnings = [f"{words}: {', '.join(map(_harmless, names[:20]))}."
                for words, names in (("Not matched here", ignored), ("Not included here", left_out)) if names]
    if request.query_params.get("fuzzymatching", "").lower() == "true":
        warnings.append("The fuzzymatching parameter is not supported. Only literal matching has been performed.")
    return Question(Wanted(level, matching, limit=limit, offset=offset), tuple(warnings), included)


def _fitting(keyword: str, value: str) -> str:
    """The value where it is one that such an attribute can have, or can be searched by (PS3.18 8.3.4.1, PS3.4 C.2.2.2):
    who asks for a day that is none must not believe that nothing was made on it.
    """
    form, words = ((_DATES, "YYYYMMDD, or two such with - between") if keyword.endswith("Date")
                   else (_TIMES, "HHMMSS, or two such with - between") if keyword.endswith("Time")
                   else (_NUMBER, "a whole number") if keyword in NUMBERS else (None, ""))
    if form is not None and not (form.fullmatch(value) and (form is not _DATES or _are_days(value))):
        raise Refusal.because("question_malformed", keyword, wanted=words)
    return value


def _are_days(value: str) -> bool:
    """No for the 32nd of a month; the ends of a range only say from where to where (the 31st ends every month)."""
    for one in () if "-" in value else value.split("\\"):
        try:
            if one.isdigit():
                date.fromisoformat(one)
        except ValueError:
            return False
    return True


@cache
def _told_anyway(level: Level) -> frozenset[str]:
    return frozenset(map(_tag, ATTRIBUTES[level]))


def _harmless(name: str) -> str:
    """It is told again in a header: nothing that could end the header, or be another, may stand in it."""
    return re.sub(r"[^0-9A-Za-z.]", "?", name[:40])


def page(request: Request) -> tuple[int, int]:
    """How many answers are wanted, and after how many."""
    return min(LIMIT, _count(request, "limit", LIMIT)), _count(request, "offset", 0)


def frame_numbers(text: str) -> list[int]:
    """Frames as they are counted in an address: `1,2,7`."""
    if not re.fullmatch(r"\d{1,6}(,\d{1,6}){0,999}", text):
        raise Refusal.because("request_malformed", "frames", detail="numbers from 1, with commas between")
    return [int(one) for one in text.split(",")]


def window(text: str) -> Window | None:
    """`centre,width` or `centre,width,function`."""
    if not text:
        return None
    found = re.fullmatch(r"(-?\d{1,9}(?:\.\d{1,9})?),(\d{1,9}(?:\.\d{1,9})?)(?:,(linear|linear-exact|sigmoid))?", text)
    if found is None or float(found[2]) <= 0:
        raise Refusal.because("request_malformed", "window", detail="centre,width,function")
    return Window(float(found[1]), float(found[2]), _SHAPES[found[3] or "linear"])


def viewport(text: str) -> tuple[int, int] | None:
    """`width,height` of the picture."""
    if not text:
        return None
    found = re.match(r"(\d{1,4}),(\d{1,4})(,|$)", text)
    size = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 0 < size[0] * size[1] <= LARGEST_PICTURE:
        raise Refusal.because("request_malformed", "viewport", detail="width,height")
    return size


def has_it(request: Request, tag: str) -> bool:
    """Whether the asker says that it has the file with that tag already (If-None-Match, RFC 9110 13.1.2)."""
    told = [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]
    return "*" in told or tag in told


def part_of(request: Request, size: int, tag: str) -> tuple[int, int] | None:
    """First byte and the one after the last of a `Range`; None where the whole is wanted (RFC 9110 14.2): also where
    the part is to fit (If-Range) to another file than this one.

    Several ranges in one request are answered with the whole, as the standard allows. One that is not in the file
    comes back empty: (size, size).
    """
    found = re.fullmatch(r"bytes=(\d{0,15})-(\d{0,15})", request.headers.get("range", "").replace(" ", ""))
    if found is None or not (found[1] or found[2]) or request.headers.get("if-range", tag) != tag:
        return None
    if not found[1]:
        return max(0, size - int(found[2])), size
    start, stop = int(found[1]), min(size, int(found[2]) + 1) if found[2] else size
    return (start, stop) if start < stop else (size, size)


def _keyword(name: str) -> str:
    """The attribute that a query parameter names, by keyword or by tag; empty for the others. Of one within a sequence
    (PS3.18 8.3.4.1) the words with a point between.
    """
    if "." in name:
        return ".".join(map(_keyword, name.split(".")))
    if re.fullmatch(r"[0-9a-fA-F]{8}", name):
        return keyword_for_tag(int(name, 16))
    return name if tag_for_keyword(name) is not None else ""


def _tag(name: str) -> str:
    """The same as DICOM JSON writes it, of a sequence the whole; also of a maker's own element."""
    first = name.partition(".")[0]
    if re.fullmatch(r"[0-9a-fA-F]{8}", first):
        return first.upper()
    tag = tag_for_keyword(first)
    return "" if tag is None else f"{tag:08X}"


def _count(request: Request, name: str, otherwise: int) -> int:
    value = request.query_params.get(name, "")
    if value and not re.fullmatch("[0-9]{1,18}", value):
        raise Refusal.because("question_malformed", name, wanted="a whole number from 0")
    return min(int(value), 10 ** 8) if value else otherwise
