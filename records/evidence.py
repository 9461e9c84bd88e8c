"""Long-term evidence in a signed PDF (PAdES B-LT): a security store, and before it at most one time stamp.

Written here byte by byte, in one layout that depends on nothing but the file and the evidence, so that judging is
writing again: what stands behind the last signature is exactly what this module would have put there, or it is foreign.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from records.anatomy import opened
from records.der import whole
from records.errors import Refusal
from records.revisions import Revision, revisions
from records.revocation import Evidence

STAMP_FIELD = "evidence_stamp"
STAMP_DIGITS = 20 * 1024
"""Hexadecimal digits kept free for the document's time stamp: 10 KB hold a token with a chain of four."""
_ROOT = re.compile(rb"/Root (\d{1,6}) 0 R\b")
_INFO = re.compile(rb"/Info (\d{1,6}) 0 R\b")
_SIZE = re.compile(rb"/Size (\d{1,6})\b")
_ID = re.compile(rb"/ID\s*\[\s*<([0-9a-f]{32})>")
_FORM = re.compile(rb"/AcroForm (\d{1,6}) 0 R\b")
_KINDS = (("/Certs", "certificates"), ("/OCSPs", "ocsps"), ("/CRLs", "crls"))


@dataclass(frozen=True)
class Peeled:
    """A file without its evidence: the signed file, and what lay around it."""

    signed: bytes = field(repr=False)
    evidence: Evidence | None = None
    stamp: bytes = b""
    """The document's time-stamp token, DER."""
    stamped: bytes = b""
    """SHA-256 of what the token must be over."""


@dataclass(frozen=True)
class StampPlace:
    """A file with an empty place for the document's time stamp."""

    before: bytes = field(repr=False)
    after: bytes = field(repr=False)

    @property
    def digest(self) -> bytes:
        """SHA-256 of everything but the place: what the authority stamps."""
        digest = hashlib.sha256(self.before)
        digest.update(self.after)
        return digest.digest()

    def filled(self, token: bytes) -> bytes:
        """The file with the token in its place."""
        if 2 * len(token) > STAMP_DIGITS:
            raise Refusal.because("stamp_too_large", size=len(token), limit=STAMP_DIGITS // 2)
        return b"".join((self.before, b"<", token.hex().encode().ljust(STAMP_DIGITS, b"0"), b">", self.after))


def stamp_place(file: bytes) -> StampPlace:
    """A further revision with a document time stamp (EN 319 142-1 5.4.3) that covers the whole file before it.

    No page is touched.
    """
    tail = _Tail.of(file)
    number = tail.size
    # A widget of no size that no page shows: readers look for one.
    field_of = (b"%d 0 obj\n<<\n/F 132\n/FT /Sig\n/Rect [ 0 0 0 0 ]\n/Subtype /Widget\n/T (%s)\n/Type /Annot\n"
                b"/V %d 0 R\n>>\nendobj\n" % (number + 1, STAMP_FIELD.encode(), number))
    objects = {tail.form: _inserted(tail.latest(tail.form), b"/Fields [", b" %d 0 R" % (number + 1)),
               number: _stamp_value(number, 0, 0, 0), number + 1: field_of}
    laid_out = tail.updated(objects)
    begin = laid_out.index(b"/Contents <", len(file)) + len(b"/Contents ")
    end = begin + STAMP_DIGITS + 2
    written = tail.updated({**objects, number: _stamp_value(number, begin, end, len(laid_out) - end)})
    return StampPlace(written[:begin], written[end:])


def _stamp_value(number: int, begin: int, end: int, rest: int) -> bytes:
    """The signature dictionary, as long with these numbers as with any others."""
    return (b"%d 0 obj\n<<\n/Type /DocTimeStamp\n/Filter /Adobe.PPKLite\n/SubFilter /ETSI.RFC3161\n"
            b"/ByteRange [0 %010d %010d %010d]\n/Contents <%s>\n>>\nendobj\n"
            % (number, begin, end, rest, b"0" * STAMP_DIGITS))


def stored(file: bytes, evidence: Evidence) -> bytes:
    """A further revision with a document security store (EN 319 142-1 5.4.2), and nothing else."""
    tail = _Tail.of(file)
    objects: dict[int, bytes] = {}
    lists = []
    number = tail.size + 1
    for key, name in _KINDS:
        items: Sequence[bytes] = sorted(set(getattr(evidence, name)))
        for item in items:
            objects[number] = b"%d 0 obj\n<<\n/Length %d\n>>\nstream\n%s\nendstream\nendobj\n" % (
                number, len(item), item)
            number += 1
        named = b" ".join(b"%d 0 R" % at for at in range(number - len(items), number))
        lists += [b"%s [ %s ]\n" % (key.encode(), named)] if items else []
    objects[tail.size] = b"%d 0 obj\n<<\n/Type /DSS\n%s>>\nendobj\n" % (tail.size, b"".join(lists))
    objects[tail.root] = _inserted(tail.latest(tail.root), b"<<", b"\n/DSS %d 0 R" % tail.size)
    return tail.updated(objects)


def peeled(file: bytes) -> Peeled:
    """The file without its evidence; refuses what lies behind the signatures in any other layout than ours."""
    tail = _Tail.of(file)
    if b"/DSS" not in tail.latest(tail.root):
        return Peeled(file)
    before = file[:tail.found[-2].end] if len(tail.found) > 1 else b""
    if not before or b"/DSS" in _Tail.of(before).latest(tail.root):
        raise _foreign("the store is not the one thing behind the signatures")
    evidence = _evidence_in(file)
    if stored(before, evidence) != file:
        raise _foreign("the store's revision holds more or other objects")
    signed, stamp, digest = without_stamp(before)
    return Peeled(signed, evidence, stamp, digest)


def without_stamp(file: bytes) -> tuple[bytes, bytes, bytes]:
    """The file before its document time stamp, the token, and what it must be over; of one without, the file itself."""
    found = revisions(file)
    last = found[-1]
    if len(found) < 2 or b"/Type /DocTimeStamp" not in file[last.start:last.table]:
        return file, b"", b""
    before = file[:found[-2].end]
    place = stamp_place(before)
    digits = file[len(place.before) + 1:len(place.before) + 1 + STAMP_DIGITS]
    try:
        padded = bytes.fromhex(digits.decode("ascii"))
    except ValueError:
        raise _foreign("the time stamp is not written as digits") from None
    token = padded[:whole(padded)]
    if place.filled(token) != file:
        raise _foreign("the time stamp's revision holds more or other objects")
    return before, token, place.digest


def _evidence_in(file: bytes) -> Evidence:
    with opened(file) as document:
        store = document.Root["/DSS"]
        return Evidence(*(tuple(item.read_raw_bytes() for item in store.get(key, ())) for key, _ in _KINDS))


def _foreign(detail: str) -> Refusal:
    return Refusal.because("evidence_revision_foreign", detail=detail)


@dataclass(frozen=True)
class _Tail:
    """What the next revision of a file must know of it."""

    file: bytes
    found: tuple[Revision, ...]
    root: int
    info: int
    size: int
    first_id: bytes

    @classmethod
    def of(cls, file: bytes) -> _Tail:
        found = revisions(file)
        trailer = file[file.rindex(b"trailer\n", found[-1].table):found[-1].end]
        told = [pattern.search(trailer) for pattern in (_ROOT, _INFO, _SIZE, _ID)]
        if any(item is None for item in told):
            raise _foreign("the trailer is not as this program writes it")
        root, info, size, first_id = (item.group(1) for item in told if item is not None)
        return cls(file, found, int(root), int(info), int(size), first_id)

    @property
    def form(self) -> int:
        """Number of the form's object."""
        named = _FORM.search(self.latest(self.root))
        if named is None:
            raise _foreign("there is no form")
        return int(named.group(1))

    def latest(self, number: int) -> bytes:
        """An object as the newest revision that writes it has it."""
        for revision in reversed(self.found):
            if number in revision.objects:
                begin, end = revision.objects[number]
                return self.file[begin:end]
        raise _foreign(f"object {number} is nowhere")

    def updated(self, objects: Mapping[int, bytes]) -> bytes:
        """The file with one more revision of these objects."""
        out = bytearray(self.file)
        offsets = {}
        for number in sorted(objects):
            offsets[number] = len(out)
            out += objects[number]
        at = len(out)
        out += b"xref\n0 1\n0000000000 65535 f \n"
        for number, offset in offsets.items():
            out += b"%d 1\n%010d 00000 n \n" % (number, offset)
        mine = hashlib.sha256(self.file).hexdigest()[:32].encode()
        out += b"trailer\n<<\n/ID [ <%s> <%s> ]\n/Info %d 0 R\n/Root %d 0 R\n/Size %d\n/Prev %d\n>>\n" % (
            self.first_id, mine, self.info, self.root, max(self.size, *offsets) + 1, self.found[-1].table)
        out += b"startxref\n%d\n%%%%EOF\n" % at
        return bytes(out)


def _inserted(written: bytes, behind: bytes, more: bytes) -> bytes:
    """An object with something put behind the first place that reads so."""
    head, mark, rest = written.partition(behind)
    if not mark:
        raise _foreign(f"nothing reads {behind.decode()}")
    return head + mark + more + rest
