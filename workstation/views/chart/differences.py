"""What differs between two texts, word by word: the pieces that stayed, went and came."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

_WORDS = re.compile(r"\s+|[^\s,.;:()]+|[,.;:()]")
Fate = Literal["same", "gone", "new"]


@dataclass(frozen=True)
class Piece:
    """A stretch of text and what became of it."""

    fate: Fate
    text: str


def differences(old: str, new: str) -> tuple[Piece, ...]:
    """Pieces in reading order; where words were replaced, what went stands before what came."""
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    pieces: list[Piece] = []
    gone = came = ""
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    steps = matcher.get_opcodes()
    for number, (kind, first, last, start, end) in enumerate(steps):
        stretch = "".join(before[first:last])
        # A lone space between two changes is part of one change: «hết sốt» -> «đổi kế» is not three.
        if kind == "equal" and (stretch.strip() or not (gone or came) or number + 1 == len(steps)):
            pieces += _changed(gone, came)
            pieces.append(Piece("same", stretch))
            gone = came = ""
        else:
            gone += stretch
            came += "".join(after[start:end])
    return tuple(pieces + _changed(gone, came))


def _changed(gone: str, came: str) -> list[Piece]:
    """What went before what came; nothing for no change."""
    pieces: tuple[tuple[Fate, str], ...] = (("gone", gone), ("new", came))
    return [Piece(fate, text) for fate, text in pieces if text]


def places(pieces: tuple[Piece, ...]) -> int:
    """At how many places something changed: neighbours that went and came are one place."""
    count = 0
    changed = False
    for piece in pieces:
        if piece.fate != "same" and not changed:
            count += 1
        changed = piece.fate != "same"
    return count
