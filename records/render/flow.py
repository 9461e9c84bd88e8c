"""Text that flows down pages: a cursor, lines of print, tables whose rows break over pages with nothing lost."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from records.render.inline import Atom, Line, broken, words
from records.render.paper import BLACK, GREEN, MM, Colour, Page, Paper
from records.render.typeface import Face

LEFT, RIGHT, TOP, FOOT = 20 * MM, 15 * MM, 11 * MM, 14 * MM
"""Margins of the paper (20 mm left for the binding)."""
SIZE = 11.0
LEADING = 1.22
"""Line height in font sizes; Vietnamese letters carry two marks."""
PAD = 3.0
"""Inside of a table's cell, at its sides and, unless told otherwise, above and below."""


class Flow:
    """The cursor on a paper; `head`, when set, draws what stands on top of every further page."""

    def __init__(self, paper: Paper) -> None:
        self.paper = paper
        self.left = LEFT
        self.right = paper.size[0] - RIGHT
        self.bottom = FOOT
        self.head: Callable[[Flow], None] | None = None
        self.page: Page = paper.add()
        self.y = paper.size[1] - TOP

    @property
    def room(self) -> float:
        """The width between the margins."""
        return self.right - self.left

    def next_page(self) -> None:
        """Go on at the top of a new page."""
        self.page = self.paper.add()
        self.y = self.paper.size[1] - TOP
        if self.head is not None:
            self.head(self)

    def need(self, height: float) -> bool:
        """Make sure that `height` fits on this page; says whether a new page was begun."""
        if self.y - height >= self.bottom:
            return False
        self.next_page()
        return True

    def skip(self, height: float) -> None:
        """Leave a gap; none at the foot of a page."""
        self.y = max(self.y - height, self.bottom)

    def lines(self, lines: Sequence[Line], size: float = SIZE, indent: float = 0) -> None:
        """Print broken lines, each where there is room for it."""
        step = size * LEADING
        for line in lines:
            self.need(step)
            self.page.atoms(self.left + indent, self.y - size, line, size)
            self.y -= step

    def paragraph(self, atoms: Sequence[Atom], size: float = SIZE, indent: float = 0) -> None:
        """Break and print."""
        self.lines(broken(atoms, size, self.room - indent), size, indent)

    def text(self, text: str, size: float = SIZE, face: Face = "Regular", indent: float = 0) -> None:
        """A paragraph of one face."""
        self.paragraph(words(text, face), size, indent)

    def rule(self, thick: float = 0.5, colour: Colour = BLACK) -> None:
        """A line from margin to margin."""
        self.page.line([(self.left, self.y), (self.right, self.y)], thick, colour)


class Note(list[Atom]):
    """A line that is printed smaller and in green: a signature's mark beside what it signs."""


def notes(text: str, size: float, room: float) -> list[Line]:
    """Text broken into such lines."""
    return [Note(line) for line in broken(words(text), size - NOTE, room)]


NOTE = 1.5
"""How much smaller a note is than its table, in points."""
TOGETHER = 8
"""A row of at most so many lines is never parted."""


class Table:
    """A table of cells with text; rows break over pages and the head is repeated."""

    def __init__(self, flow: Flow, widths: Sequence[float], heads: Sequence[str], size: float = SIZE - 1, *,
                 pad: float = PAD) -> None:
        self.flow = flow
        self.widths = widths
        self.size = size
        self.step = size * LEADING
        self.pad = pad
        self._heads = [broken(words(head, "Bold"), size, self.inside(column)) for column, head in enumerate(heads)]
        self.head()

    def head(self) -> None:
        """The head row; kept together with at least one line below it."""
        if not any(any(lines) for lines in self._heads):
            return
        high = max(len(lines) for lines in self._heads) * self.step + 2 * self.pad
        self.flow.need(high + self.step + 2 * self.pad)
        self._cells(self._heads, high)

    def row(self, cells: Sequence[Sequence[Line]]) -> None:
        """A row of broken cells; what does not fit goes on, under a repeated head, on the next page."""
        rest = [list(cell) for cell in cells]
        while True:
            count = max(1, *(len(cell) for cell in rest))
            fitting = int((self.flow.y - self.flow.bottom - 2 * self.pad) / self.step)
            if fitting < count and fitting < max(2, min(count, TOGETHER)):
                self.flow.next_page()
                self.head()
                continue
            now = min(count, fitting)
            self._cells([cell[:now] for cell in rest], now * self.step + 2 * self.pad)
            rest = [cell[now:] for cell in rest]
            if not any(rest):
                return
            self.flow.next_page()
            self.head()

    def inside(self, column: int) -> float:
        """The width of the column's text."""
        return self.widths[column] - 2 * PAD

    def broken(self, column: int, atoms: Sequence[Atom]) -> list[Line]:
        """Atoms broken to the column's width."""
        return broken(atoms, self.size, self.inside(column))

    def _cells(self, cells: Sequence[Sequence[Line]], high: float) -> None:
        flow, x = self.flow, self.flow.left
        for lines, width in zip(cells, self.widths, strict=True):
            flow.page.rect(x, flow.y - high, width, high)
            for number, line in enumerate(lines):
                y = flow.y - self.pad - self.size - number * self.step
                if isinstance(line, Note):
                    flow.page.atoms(x + PAD, y, line, self.size - NOTE, GREEN)
                else:
                    flow.page.atoms(x + PAD, y, line, self.size)
            x += width
        flow.y -= high
