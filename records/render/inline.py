"""A line of print: words, boxes and ticks, broken greedily into lines of a given width."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from records.render.typeface import Face, plain, width

CELL = 1.35
"""A box's width a character, in font sizes."""
TICK = 0.85
"""A tick box's side, in font sizes."""


GAP = 1.0
"""A wide blank, in font sizes."""


@dataclass(frozen=True, slots=True)
class Atom:
    """What is never broken: a word, a box with a code, or a tick box."""

    kind: Literal["word", "box", "tick", "gap", "break"]
    text: str = ""
    face: Face = "Regular"
    space: bool = True
    """A blank stands before it, unless it opens a line."""

    def width(self, size: float) -> float:
        """In points."""
        if self.kind == "word":
            return width(self.text, self.face, size)
        if self.kind == "box":
            return max(len(self.text), 1) * CELL * size
        if self.kind == "gap":
            return (GAP / 4 if self.text else GAP) * size
        return TICK * size if self.kind == "tick" else 0.0


BREAK = Atom("break")
WIDE = Atom("gap", space=False)
"""A wide blank between fields that share a line."""
THIN = Atom("gap", "thin", space=False)
"""A smaller one between choices."""
Line = list[Atom]


def words(text: str, face: Face = "Regular") -> list[Atom]:
    """The text's words; its line ends stay."""
    atoms: list[Atom] = []
    for number, line in enumerate(plain(text).split("\n")):
        if number:
            atoms.append(BREAK)
        atoms += [Atom("word", word, face) for word in line.split(" ") if word]
    return atoms


def box(text: str) -> Atom:
    """A box of the form with a code in it, one cell a character."""
    return Atom("box", text)


def tick(checked: bool) -> Atom:
    """A box to be ticked."""
    return Atom("tick", "x" if checked else "")


def gap(face: Face, size: float) -> float:
    """The width of a blank."""
    return width(" ", face, size)


def broken(atoms: Iterable[Atom], size: float, room: float, indent: float = 0) -> list[Line]:
    """Lines that fit into `room` points; the first is shorter by `indent`. Longer words break by characters."""
    lines: list[Line] = [[]]
    left = room - indent
    for atom in _split(atoms, size, room):
        if atom.kind == "break":
            lines.append([])
            left = room
            continue
        if atom.kind == "gap" and not lines[-1]:
            continue
        needed = atom.width(size)
        blank = gap(atom.face, size) if atom.space and lines[-1] else 0.0
        if lines[-1] and needed + blank > left:
            lines.append([])
            left, blank = room, 0.0
        lines[-1].append(atom)
        left -= needed + blank
    return lines


def _split(atoms: Iterable[Atom], size: float, room: float) -> Iterator[Atom]:
    for atom in atoms:
        if atom.kind != "word" or atom.width(size) <= room:
            yield atom
            continue
        part, wide = "", 0.0
        for char in atom.text:
            more = width(char, atom.face, size)
            if part and wide + more > room:
                yield Atom("word", part, atom.face, atom.space)
                part, wide = "", 0.0
            part, wide = part + char, wide + more
        yield Atom("word", part, atom.face, atom.space)


def balanced(atoms: Sequence[Atom], size: float, room: float) -> list[Line]:
    """As few lines as fit, of lengths as even as may be: for titles."""
    lines = broken(atoms, size, room)
    while len(lines) > 1 and room > size:
        room -= size / 2
        narrower = broken(atoms, size, room)
        if len(narrower) > len(lines) or max(measured(line, size) for line in narrower) > room:
            break
        lines = narrower
    return lines


def measured(line: Sequence[Atom], size: float) -> float:
    """The line's width in points."""
    blanks = sum(gap(atom.face, size) for index, atom in enumerate(line) if index and atom.space)
    return sum(atom.width(size) for atom in line) + blanks
