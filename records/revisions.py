"""Where each revision of a signed file lies, read with no tolerance: each byte belongs to an object, a table, an end.

Our renderer and our signing write classic cross-reference tables, objects one behind the other, and nothing between
them. A file that is laid out otherwise was touched by another program; readers may disagree on what such a file
shows, so it is refused before anybody looks at its content.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from records.errors import Refusal

LARGEST = 32 * 1024 * 1024
"""A file larger than this is not ours; a chart's largest paper has some megabytes."""
MAX_REVISIONS = 200
MAX_OBJECTS = 100_000
_HEADER = re.compile(rb"%PDF-1\.[4-7]\n%[^\n]{1,120}\n\Z")
_TAIL = re.compile(rb"startxref\n(\d{1,10})\n%%EOF\n\Z")
_SUBSECTION = re.compile(rb"(\d{1,6}) (\d{1,6})\n")
_ENTRY = re.compile(rb"(\d{10}) (\d{5}) ([nf]) \n")
_PREVIOUS = re.compile(rb"/Prev (\d{1,10})\b")


@dataclass(frozen=True)
class Revision:
    """One stretch of the file, from the end of the one before; `objects`: where the objects that it writes begin."""

    start: int
    table: int
    end: int
    objects: dict[int, tuple[int, int]]
    """Object number -> first byte and byte after the last."""


def revisions(file: bytes) -> tuple[Revision, ...]:
    """All revisions, oldest first, or a refusal that says what is not as we write it."""
    if len(file) > LARGEST:
        raise Refusal.because("file_too_large", size=len(file), limit=LARGEST)
    tail = _TAIL.search(file, max(0, len(file) - 40))
    if tail is None:
        raise _without_end(file)
    tables: list[_Table] = []
    at: int | None = int(tail.group(1))
    while at is not None:
        table = _table(file, at)
        if tables and table.end > tables[-1].at:
            raise _foreign("the tables are not in the order of the file")
        tables.append(table)
        if len(tables) > MAX_REVISIONS:
            raise _foreign("too many revisions")
        at = table.previous
    start, found = 0, []
    for table in reversed(tables):
        found.append(_revision(file, start, table))
        start = table.end
    return tuple(found)


@dataclass(frozen=True)
class _Table:
    """A cross-reference table as it stands in the file, with its trailer."""

    at: int
    end: int
    previous: int | None
    offsets: dict[int, int]


def _foreign(detail: str) -> Refusal:
    return Refusal.because("file_not_by_signing", detail=detail)


def _without_end(file: bytes) -> Refusal:
    if not file.startswith(b"%PDF-"):
        return Refusal.because("file_unreadable", detail="it is no PDF")
    end = file.rfind(b"%%EOF\n")
    if end < 0:
        return Refusal.because("file_unreadable", detail="it has no end")
    return Refusal.because("file_has_trailing_bytes", count=len(file) - end - 6)


def _table(file: bytes, at: int) -> _Table:
    if not file.startswith(b"xref\n", at):
        raise _foreign(f"no cross-reference table at {at}")
    position = at + 5
    offsets: dict[int, int] = {}
    while (head := _SUBSECTION.match(file, position)) is not None:
        first, count = int(head.group(1)), int(head.group(2))
        position = head.end()
        if count > MAX_OBJECTS or position + 20 * count > len(file):
            raise _foreign(f"a broken table at {at}")
        for number in range(first, first + count):
            entry = _ENTRY.match(file, position)
            if entry is None or number in offsets:
                raise _foreign(f"a broken table at {at}")
            _take(offsets, number, entry)
            position = entry.end()
    end_mark = b"startxref\n%d\n%%%%EOF\n" % at
    end = file.find(end_mark, position, position + 4096)
    if not file.startswith(b"trailer\n", position) or end < 0:
        raise _foreign(f"no trailer behind the table at {at}")
    previous = _previous(file[position:end])
    return _Table(at, end + len(end_mark), previous, offsets)


def _take(offsets: dict[int, int], number: int, entry: re.Match[bytes]) -> None:
    if entry.group(3) == b"n":
        if entry.group(2) != b"00000":
            raise _foreign(f"object {number} has a generation")
        offsets[number] = int(entry.group(1))
    elif number != 0:
        raise _foreign(f"object {number} is freed")


def _previous(trailer: bytes) -> int | None:
    if b"/XRefStm" in trailer or b"/Encrypt" in trailer:
        raise _foreign("a hybrid or encrypted file")
    found = _PREVIOUS.findall(trailer)
    if len(found) > 1 or trailer.count(b"/Prev") != len(found):
        raise _foreign("a broken trailer")
    return int(found[0]) if found else None


def _revision(file: bytes, start: int, table: _Table) -> Revision:
    order = sorted((offset, number) for number, offset in table.offsets.items())
    if not order:
        raise _foreign(f"the revision at {start} writes nothing")
    first = order[0][0]
    if (start == 0 and not _HEADER.match(file[:min(first, 200)])) or (start and first != start):
        raise _foreign(f"bytes before the first object of the revision at {start}")
    objects = {}
    for (begin, number), (end, _) in zip(order, [*order[1:], (table.at, 0)], strict=True):
        head = b"%d 0 obj\n" % number
        if not (start <= begin < end <= table.at and file.startswith(head, begin)):
            raise _foreign(f"object {number} is not where the table says")
        if file.find(b"endobj", begin, end) != end - 7 or file[end - 7:end] != b"endobj\n":
            raise _foreign(f"bytes around object {number}")
        objects[number] = (begin, end)
    return Revision(start, table.at, table.end, objects)
