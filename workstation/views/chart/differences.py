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
    for kind, first, last, start, end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            pieces.append(Piece("same", "".join(before[first:last])))
            continue
        if last > first:
            pieces.append(Piece("gone", "".join(before[first:last])))
        if end > start:
            pieces.append(Piece("new", "".join(after[start:end])))
    return tuple(pieces)


def places(pieces: tuple[Piece, ...]) -> int:
    """At how many places something changed: neighbours that went and came are one place."""
    count = 0
    changed = False
    for piece in pieces:
        if piece.fate != "same" and not changed:
            count += 1
        changed = piece.fate != "same"
    return count
