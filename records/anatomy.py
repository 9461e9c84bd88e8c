"""What a signed PDF holds: attachments, signature fields, and each place where it is not the rendered document.

The walk compares the whole file with a fresh rendering, object by object from the trailer on, whatever the objects'
numbers or compression. The only freedom that it grants: a signed field's `/V` and its mark.
"""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pikepdf

from records.errors import Reason, Refusal
from records.render import Attachment, appearance_digest

CDA_FILE = "cda.xml"
"""What a composition may carry beside its version: the same in HL7 CDA R2 (`records.cda`)."""
MAX_PAIRS = 200_000
MAX_DEPTH = 60
MAX_ATTACHED = 16 * 1024 * 1024
ENOUGH = 6
"""So many differences are told; more would only repeat."""
_STREAM_KEYS = frozenset({"/Length", "/Filter", "/DecodeParms"})
_TRAILER_KEYS = frozenset({"/Root", "/Info", "/ID", "/Size", "/Prev"})
_VALUE_KEYS = frozenset({
    "/Type", "/Filter", "/SubFilter", "/Contents", "/ByteRange", "/M", "/Name", "/Reason",
})


@contextmanager
def opened(file: bytes) -> Iterator[pikepdf.Pdf]:
    """The file's last revision, read without repairing anything; whatever the parser throws becomes a refusal."""
    try:
        with pikepdf.open(io.BytesIO(file), suppress_warnings=True, attempt_recovery=False) as document:
            yield document
    except (pikepdf.PdfError, pikepdf.PasswordError, pikepdf.ForeignObjectError, zlib.error, RecursionError, ValueError,
            TypeError, KeyError, AttributeError, IndexError, OverflowError) as error:
        raise Refusal.because("file_unreadable", detail=f"{type(error).__name__}: {error}"[:200]) from error


def attachments(document: pikepdf.Pdf) -> tuple[Attachment, ...]:
    """The attached files in the order of their names; one that cannot be unpacked is empty."""
    tree = document.Root.get("/Names", pikepdf.Dictionary()).get("/EmbeddedFiles", pikepdf.Dictionary())
    names = list(tree.get("/Names", pikepdf.Array()))
    return tuple(_attachment(str(names[at]), names[at + 1]) for at in range(0, len(names), 2))


def _attachment(name: str, specification: pikepdf.Object) -> Attachment:
    stream = specification["/EF"]["/F"]
    try:
        data = _unpacked(stream, MAX_ATTACHED)
    except (ValueError, zlib.error):
        data = b""
    if len(data) > MAX_ATTACHED:
        raise ValueError("an attachment is too large")
    return Attachment(name, data, str(stream["/Subtype"])[1:],
                      str(specification["/AFRelationship"])[1:], str(specification.get("/Desc", "")))


def _unpacked(stream: pikepdf.Object, limit: int) -> bytes:
    """A stream's bytes, at most one more than the limit; only the one filter that we write."""
    filters = stream.get("/Filter")
    named = [str(item) for item in filters] if isinstance(filters, pikepdf.Array) else [str(filters)] if filters else []
    if named not in ([], ["/FlateDecode"]) or "/DecodeParms" in stream or "/F" in stream:
        raise ValueError("a stream is packed in a way that we never write")
    raw = stream.read_raw_bytes()
    return zlib.decompressobj().decompress(raw, limit + 1) if named else raw[:limit + 1]


@dataclass(frozen=True)
class SignatureValue:
    """A signature dictionary, as it stands in the file."""

    field: str
    number: int
    """Object number of the dictionary."""
    byte_range: tuple[int, ...]
    contents: bytes
    subfilter: str
    moment: str
    name: str
    reason: str
    foreign_keys: tuple[str, ...]


def signature_values(document: pikepdf.Pdf) -> tuple[SignatureValue, ...]:
    """The signed fields, by the end of what they cover."""
    form = document.Root.get("/AcroForm", pikepdf.Dictionary())
    found = [_signature_value(field) for field in form.get("/Fields", pikepdf.Array()) if "/V" in field]
    return tuple(sorted(found, key=lambda value: value.byte_range[2:]))


def _signature_value(field: pikepdf.Object) -> SignatureValue:
    value = field["/V"]
    return SignatureValue(
        field=str(field["/T"]),
        number=value.objgen[0],
        byte_range=tuple(int(item) for item in value["/ByteRange"]),
        contents=bytes(value["/Contents"]),
        subfilter=str(value.get("/SubFilter", "")),
        moment=str(value.get("/M", "")),
        name=str(value.get("/Name", "")),
        reason=str(value.get("/Reason", "")),
        foreign_keys=tuple(sorted(set(value.keys()) - _VALUE_KEYS)),
    )


class Rendered:
    """The drawn document, each of its objects read once however many revisions are compared with it."""

    def __init__(self, document: pikepdf.Pdf) -> None:
        self.document = document
        self._known: dict[str, tuple[Any, Any]] = {}
        self._unpacked: dict[str, bytes] = {}

    def read(self, reference: str) -> tuple[Any, Any]:
        """The object and its JSON (of a stream, its dictionary's)."""
        if reference not in self._known:
            item = _object(self.document, reference)
            told = _told(item.stream_dict if isinstance(item, pikepdf.Stream) else item)
            self._known[reference] = item, told
        return self._known[reference]

    def bytes_of(self, reference: str) -> bytes:
        """A stream's bytes."""
        if reference not in self._unpacked:
            self._unpacked[reference] = self.read(reference)[0].read_bytes()
        return self._unpacked[reference]


def differences(rendered: Rendered, signed: pikepdf.Pdf, marks: Mapping[str, frozenset[str]],
                reached: set[int]) -> tuple[Reason, ...]:
    """Each place where `signed` is not `rendered` with these signed fields.

    `marks`: signed field -> digests of the marks that it may show; none when nobody can tell. Every other field must
    be empty. Numbers of the objects that the walk comes by are added to `reached`. The pages come first, so that what
    they share with the rest of the file counts as theirs.
    """
    walk, drawn = _Walk(rendered, signed, marks), rendered.document
    if not set(signed.trailer.keys()) <= _TRAILER_KEYS:
        walk.tell("document_carries_more", "trailer")
    walk.values(_reference(drawn.Root, "/Pages"), _reference(signed.Root, "/Pages"), ("/Root", "/Pages"))
    for key in ("/Root", "/Info"):
        walk.values(_reference(drawn.trailer, key), _reference(signed.trailer, key), (key,))
    reached |= walk.reached
    return tuple(walk.found)


def _reference(holder: pikepdf.Object, key: str) -> str | None:
    item = holder.get(key)
    return None if item is None else f"{item.objgen[0]} {item.objgen[1]} R"


class _Walk:
    """Goes through both files in step; each pair of objects once."""

    def __init__(self, rendered: Rendered, signed: pikepdf.Pdf, marks: Mapping[str, frozenset[str]]) -> None:
        self._rendered, self._signed, self._marks = rendered, signed, marks
        self._seen: set[tuple[str, str]] = set()
        self.reached: set[int] = set()
        """Objects of the signed file that the walk came by."""
        self.found: list[Reason] = []

    def tell(self, code: str, detail: str, where: str = "", **facts: Any) -> None:
        if len(self.found) < ENOUGH:
            self.found.append(Reason(code, where, {"detail": detail, **facts}))

    def values(self, mine: Any, theirs: Any, path: tuple[str, ...]) -> None:
        """Two values of the files' JSON."""
        if len(self.found) >= ENOUGH:
            return
        if _is_reference(mine) and _is_reference(theirs):
            self._objects(mine, theirs, path)
        elif isinstance(mine, dict) and isinstance(theirs, dict):
            self._dictionaries(mine, theirs, path, frozenset())
        elif isinstance(mine, list) and isinstance(theirs, list) and len(mine) == len(theirs):
            for index, (one, other) in enumerate(zip(mine, theirs, strict=True)):
                self.values(one, other, (*path, str(index)))
        elif mine != theirs:
            self._differs(path)

    def _objects(self, mine: str, theirs: str, path: tuple[str, ...]) -> None:
        pair = (mine, theirs)
        if pair in self._seen:
            return
        self._seen.add(pair)
        self.reached.add(int(theirs.split(" ", 1)[0]))
        if len(self._seen) > MAX_PAIRS or len(path) > MAX_DEPTH:
            raise ValueError("the document is too deep or too large")
        (one, told), other = self._rendered.read(mine), _object(self._signed, theirs)
        if isinstance(one, pikepdf.Stream) and isinstance(other, pikepdf.Stream):
            self._streams(mine, told, other, path)
            return
        if isinstance(one, pikepdf.Stream) or isinstance(other, pikepdf.Stream):
            self._differs(path)
            return
        theirs_told = _told(other)
        if isinstance(told, dict) and isinstance(theirs_told, dict) and told.get("/Type") == "/Page":
            self._page(told, theirs_told, path)
        elif isinstance(told, dict) and isinstance(theirs_told, dict) and told.get("/Subtype") == "/Widget":
            self._widget(told, theirs_told, other, path)
        else:
            self.values(told, theirs_told, path)

    def _streams(self, mine: str, told: dict[str, Any], theirs: pikepdf.Object, path: tuple[str, ...]) -> None:
        self._dictionaries(told, _told(theirs.stream_dict), path, _STREAM_KEYS)
        expected = self._rendered.bytes_of(mine)
        try:
            same = _unpacked(theirs, len(expected)) == expected
        except (ValueError, zlib.error):
            same = False
        if not same:
            self._differs(path)

    def _dictionaries(self, mine: dict[str, Any], theirs: dict[str, Any], path: tuple[str, ...],
                      but: frozenset[str]) -> None:
        for key in sorted((set(mine) | set(theirs)) - but):
            if key in mine and key in theirs:
                self.values(mine[key], theirs[key], (*path, key))
            else:
                self._differs((*path, key))

    def _page(self, mine: dict[str, Any], theirs: dict[str, Any], path: tuple[str, ...]) -> None:
        self._dictionaries(mine, theirs, path, frozenset({"/Annots"}))
        number = path[-1]
        wanted, there = mine.get("/Annots", []), theirs.get("/Annots", [])
        if not isinstance(there, list) or len(there) > len(wanted):
            self.tell("annotation_foreign", "", page=number)
        elif len(there) < len(wanted):
            self.tell("widget_missing", "", _name(self._rendered.read(wanted[len(there)])[1]))
        else:
            for one, other in zip(wanted, there, strict=True):
                self._annotation(one, other, (*path, "/Annots"), number)

    def _annotation(self, mine: str, theirs: Any, path: tuple[str, ...], page: str) -> None:
        told = _told(_object(self._signed, theirs)) if _is_reference(theirs) else None
        if not isinstance(told, dict) or _name(told) != _name(self._rendered.read(mine)[1]):
            self.tell("annotation_foreign", "", page=page)
        else:
            self.values(mine, theirs, path)

    def _widget(self, mine: dict[str, Any], theirs: dict[str, Any], widget: pikepdf.Object,
                path: tuple[str, ...]) -> None:
        name = _name(mine)
        signed = "/V" in theirs
        if theirs.get("/Rect") != mine.get("/Rect"):
            self.tell("widget_misplaced", "", name)
        for key in sorted((set(mine) | set(theirs)) - {"/V", "/AP", "/Rect", "/P"}):
            if mine.get(key) != theirs.get(key):
                self.tell("widget_altered", key, name)
        self.values(mine.get("/P"), theirs.get("/P"), (*path, "/P"))
        if signed and name in self._marks:
            if self._marks[name] and not self._shows(widget, self._marks[name]):
                self.tell("mark_differs", "", name)
            self._reach([theirs.get("/AP"), theirs["/V"]])
            return
        before = len(self.found)
        self.values(mine.get("/AP"), theirs.get("/AP"), (*path, "/AP"))
        if signed or len(self.found) > before:
            del self.found[before:]
            self.tell("widget_not_empty", "", name)

    def _reach(self, values: list[Any]) -> None:
        """Everything below a mark and a signature's value counts as reached."""
        while values:
            value = values.pop()
            if isinstance(value, dict):
                values += value.values()
            elif isinstance(value, list):
                values += value
            elif _is_reference(value) and (number := int(value.split(" ", 1)[0])) not in self.reached:
                self.reached.add(number)
                item = _object(self._signed, value)
                values.append(_told(item.stream_dict if isinstance(item, pikepdf.Stream) else item))

    def _shows(self, widget: pikepdf.Object, marks: frozenset[str]) -> bool:
        try:
            return appearance_digest(widget, self._signed) in marks
        except Refusal:
            return False

    def _differs(self, path: tuple[str, ...]) -> None:
        code = "page_differs" if path[:2] == ("/Root", "/Pages") else "document_carries_more"
        self.tell(code, "".join(part if part.startswith("/") else f"[{part}]" for part in path))


def _object(document: pikepdf.Pdf, reference: str) -> Any:
    number, generation, _ = reference.split(" ")
    return document.get_object(int(number), int(generation))


def _told(item: Any) -> Any:
    if isinstance(item, pikepdf.Object):
        return json.loads(item.to_json(dereference=True, schema_version=2))
    return item


def _is_reference(value: Any) -> bool:
    return isinstance(value, str) and value.endswith(" R") and value[0].isdigit()


def _name(widget: Any) -> str:
    told = str(widget.get("/T", "")) if isinstance(widget, dict) else ""
    return told.removeprefix("u:")
