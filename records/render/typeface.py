"""The paper's typeface: fonts read once, widths of words, and what the fonts cannot write.

A character that the fonts lack is refused (`glyph_missing`), never left out: a page must not say less than the
data that is signed with it. `missing_glyphs` tells an editor before it comes to that.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from functools import cache
from threading import Lock
from typing import Literal

from reportlab.pdfbase.ttfonts import TTFont

from records.bundled import bundled
from records.errors import Refusal

Face = Literal["Regular", "Bold", "Italic"]
BLANKS = {"\t": " ", **{chr(code): " " for code in range(0x2000, 0x200B)}, "\u202f": "\u00a0"}
"""What is written as a plain space, or as one that does not break."""


_fonts: dict[Face, TTFont] = {}
_reading = Lock()
"""`functools.cache` lets two threads read the font at once, each its own: a page drawn with both is refused."""


def font(face: Face) -> TTFont:
    """The bundled font, parsed once a process, however many threads draw first."""
    found = _fonts.get(face)
    if found is None:
        with _reading:
            found = _fonts.get(face)
            if found is None:
                found = _fonts[face] = _read(face)
    return found


def _read(face: Face) -> TTFont:
    data = bundled("fonts", f"BenhAnSerif-{face}.ttf").read_bytes()
    return TTFont(f"BenhAnSerif-{face}", io.BytesIO(data), asciiReadable=False, shapable=False)


@cache
def _advances(face: Face) -> Mapping[str, float]:
    widths = {chr(code): width / 1000 for code, width in font(face).face.charWidths.items()}
    return {char: width for char, width in widths.items() if char.isprintable() or char == "\u00a0"}


_measured: dict[tuple[Face, str], float] = {}


def width(text: str, face: Face, size: float) -> float:
    """How wide the text is, in points. Refuses characters that the font lacks."""
    known = _measured.get((face, text))
    if known is None:
        advances = _advances(face)
        try:
            known = sum([advances[char] for char in text])
        except KeyError:
            raise missing(text) from None
        if len(_measured) > 20_000:
            _measured.clear()
        _measured[face, text] = known
    return known * size


def missing_glyphs(text: str) -> tuple[str, ...]:
    """The characters that the paper cannot print, each once, in their order."""
    advances = _advances("Regular")
    allowed = BLANKS.keys() | {"\n"}
    return tuple(dict.fromkeys(char for char in text if char not in advances and char not in allowed))


def missing(text: str) -> Refusal:
    """The refusal of a text that cannot be printed whole."""
    chars = missing_glyphs(text)
    codes = ", ".join(f"U+{ord(char):04X}" for char in chars)
    shown = " ".join(char for char in chars if char.isprintable()) or codes
    return Refusal.because("glyph_missing", chars=shown, codes=codes)


def plain(text: str) -> str:
    """The text with every kind of blank as a plain space."""
    for blank, space in BLANKS.items():
        if blank in text:
            text = text.replace(blank, space)
    return text
