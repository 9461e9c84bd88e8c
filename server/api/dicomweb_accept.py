"""Which of the representations that there are an asker takes (PS3.18 8.7): media types, transfer syntaxes, in parts.

What is asked for and not there is refused (406): a program that asked for JPEG 2000 takes whatever comes for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from fastapi import Request
from pydicom.uid import ExplicitVRLittleEndian

from records.errors import Refusal
from server.services.image_web import MEDIA, OCTETS

DICOM, DICOM_JSON, PNG, JPEG = "application/dicom", "application/dicom+json", "image/png", "image/jpeg"
ANY = "*/*"
MOST = 32
"""Of what a header names; who names more is answered by these."""
_RANGES = re.compile(r'(?:[^,"]|"[^"]*")+')
_WORDS = re.compile(r'(?:[^;"]|"[^"]*")+')


@dataclass(frozen=True)
class Range:
    """One media range: a media type, perhaps in one transfer syntax, alone or as parts of a message."""

    media: str
    syntax: str = ""
    parts: bool = False
    weight: float = 1.0

    def takes(self, media: str) -> bool:
        """Whether that media type is within it."""
        return self.media in (ANY, media, media.partition("/")[0] + "/*")

    def takes_syntax(self, syntax: str) -> bool:
        """Whether a file's own syntax is: any where none is named."""
        return self.syntax in ("", "*", syntax)


def accepted(request: Request) -> tuple[Range, ...]:
    """What the asker takes, the best first: the header, or the query parameter in its place (PS3.18 8.3.3.1)."""
    # A plus sign in an address stands for a space.
    return _ranges(request.query_params.get("accept", "").replace("dicom ", "dicom+")
                   or request.headers.get("accept", ""))


@lru_cache(64)
def _ranges(asked: str) -> tuple[Range, ...]:
    """A viewer asks for a thousand frames in the same words."""
    found = [_range(one) for one in _RANGES.findall(asked)[:MOST] if one.strip()]
    return tuple(sorted((one for one in found if one.weight > 0), key=lambda one: -one.weight)) if found else (
        Range(ANY),)


def demand(request: Request, *offered: str) -> Range:
    """The best range within which one of these media types is; refuses when there is none."""
    for one in accepted(request):
        if any(one.takes(media) for media in offered):
            return one
    raise none_of(offered)


def demand_json(request: Request) -> None:
    """DICOM's JSON, or JSON as such."""
    demand(request, DICOM_JSON, "application/json")


def picture(request: Request) -> tuple[str, Range]:
    """PNG, which keeps every pixel, unless JPEG is what is asked for."""
    for one in accepted(request):
        for media in (PNG, JPEG):
            if one.takes(media):
                return media, one
    raise none_of((PNG, JPEG))


def files(request: Request, stored: Iterable[str]) -> tuple[bool, Range]:
    """Whether files that lie in these syntaxes go out as they are, or each in plain little endian."""
    syntaxes = set(stored)
    for one in accepted(request):
        if not one.takes(DICOM):
            continue
        if all(map(one.takes_syntax, syntaxes)):
            return True, one
        if one.syntax == ExplicitVRLittleEndian:
            return False, one
    raise none_of(f"{DICOM}; transfer-syntax={syntax}" for syntax in (ExplicitVRLittleEndian, *sorted(syntaxes)))


def frames(request: Request, stored: str) -> tuple[bool, Range]:
    """Whether frames that lie in that syntax go out as they are, or decoded."""
    own = MEDIA.get(stored)
    for one in accepted(request):
        if one.takes(OCTETS):
            if one.syntax in ("", ExplicitVRLittleEndian):
                return False, one
            if one.takes_syntax(stored):
                return True, one
        if own is not None and one.takes(own) and one.takes_syntax(stored):
            return True, one
    raise none_of([f"{OCTETS}; transfer-syntax={ExplicitVRLittleEndian}", *([own] if own else [])])


def none_of(offered: Iterable[str]) -> Refusal:
    """The refusal, with what is there."""
    return Refusal.because("media_not_offered", offered=", ".join(offered))


def _range(text: str) -> Range:
    media, *rest = (word.strip() for word in _WORDS.findall(text))
    words = {name.strip().lower(): value.strip().strip("\"'") for name, _, value in (word.partition("=")
                                                                                  for word in rest)}
    parts = media.lower() == "multipart/related"
    found = re.fullmatch(r"[01](?:\.\d{0,3})?", words.get("q", "1"))
    return Range(words.get("type", ANY).lower() if parts else media.lower(), words.get("transfer-syntax", ""), parts,
                 float(found[0]) if found else 1.0)
