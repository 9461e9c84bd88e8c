"""What a page shows, as one number: a digest of the decoded page tree, the same however the file was written.

The digest does not depend on object numbers, compression, the form of the cross-reference table or how a number is
spelt. It covers every key of every page but /Parent and /Annots, inherited ones resolved; content streams and fonts
count by their decoded bytes. Annotations are judged one by one: a signature's mark through `appearance_digest`.

How the signing side makes a widget that `appearance_digest` recognises (the working example is
`tests/records/render/test_digest.py`): import the one page of `mark_appearance(mark)` with pyHanko's
`writer.import_page_as_xobject(PdfFileReader(BytesIO(pdf)))` and set that very object as the widget's /AP /N, through
a stamp style whose stamp returns it from `register()`. Nothing is drawn around it and no matrix is set. Then

    appearance_digest(widget) == mark_digest(mark_appearance(mark))

A file may be hostile: depth, objects and bytes are bounded, cycles and filters that we never write are refused.
"""

from __future__ import annotations

import hashlib
import io
import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pikepdf

from records.errors import Refusal

MAX_BYTES = 64 * 1024 * 1024
"""Decoded content and fonts of one file."""
MAX_OBJECTS = 50_000
MAX_DEPTH = 40
MAX_PAGES = 2_000
UNREADABLE = (pikepdf.PdfError, RuntimeError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError,
              zlib.error)
"""What a broken or hostile file may raise on the way."""
_STREAM_KEYS = frozenset({"/Length", "/Filter", "/DecodeParms"})
_FORM_KEYS = _STREAM_KEYS | {"/Type", "/Subtype", "/FormType"}
_INHERITED = ("/MediaBox", "/CropBox", "/Rotate", "/Resources")


def page_digest(pdf: bytes) -> str:
    """SHA-256 over all pages of the file's last revision."""
    with _opened(pdf) as document:
        return document_digest(document)


def document_digest(document: pikepdf.Pdf) -> str:
    """The same of a file that is open already."""
    with _refused():
        tree = _Tree(document)
        total = hashlib.sha256(b"benhan page tree 1\n")
        pages = list(document.pages)
        if len(pages) > MAX_PAGES:
            raise Refusal.because("page_too_large", limit=MAX_PAGES, what="pages")
        for page in pages:
            total.update(tree.page(page.obj))
        return total.hexdigest()


def mark_digest(pdf: bytes) -> str:
    """The digest of the form XObject that the one page of a mark becomes when it is imported."""
    with _opened(pdf) as document, _refused():
        if len(document.pages) != 1:
            raise Refusal.because("page_unreadable", detail="a mark has one page")
        page = document.pages[0].obj
        tree = _Tree(document)
        return tree.form({"/BBox": tree.value(page["/MediaBox"]), "/Resources": tree.value(page["/Resources"])},
                         tree.contents(page))


def appearance_digest(widget: pikepdf.Object, document: pikepdf.Pdf) -> str:
    """The digest of a widget's normal appearance; empty when it has none or more than the normal one."""
    with _refused():
        appearance = widget.get("/AP")
        if not isinstance(appearance, pikepdf.Dictionary) or list(appearance.keys()) != ["/N"]:
            return ""
        form = appearance["/N"]
        if not isinstance(form, pikepdf.Stream):
            return ""
        tree = _Tree(document)
        keys = {key: tree.value(value) for key, value in form.stream_dict.items() if key not in _FORM_KEYS}
        return tree.form(keys, tree.content(form))


@contextmanager
def _opened(pdf: bytes) -> Iterator[pikepdf.Pdf]:
    try:
        document = pikepdf.open(io.BytesIO(pdf))
    except (pikepdf.PdfError, pikepdf.PasswordError, ValueError) as error:
        raise Refusal.because("page_unreadable", detail=str(error)) from error
    with document:
        yield document


@contextmanager
def _refused() -> Iterator[None]:
    try:
        yield
    except UNREADABLE as error:
        raise Refusal.because("page_unreadable", detail=f"{type(error).__name__}: {error}") from error


class _Tree:
    """Walks objects into plain values; each indirect object once, as the digest of its value."""

    def __init__(self, document: pikepdf.Pdf) -> None:
        self._document = document
        self._known: dict[str, str] = {}
        self._open: set[str] = set()
        self._bytes = 0

    def page(self, page: pikepdf.Object) -> bytes:
        """One page: its own keys, the inherited ones, its content."""
        keys = set(page.keys()) - {"/Parent", "/Annots", "/Contents", "/Type"}
        values = {key: self.value(page[key]) for key in keys - set(_INHERITED)}
        for key in _INHERITED:
            inherited = _inherited(page, key)
            if inherited is not None:
                values[key] = self.value(inherited)
        return _hashed([values, hashlib.sha256(self.contents(page)).hexdigest()])

    def contents(self, page: pikepdf.Object) -> bytes:
        """The decoded content of a page, streams joined as a reader joins them."""
        contents = page.get("/Contents")
        if contents is None:
            return b""
        if isinstance(contents, pikepdf.Array):
            return b"\n".join(self.content(stream) for stream in list(contents))
        return self.content(contents)

    def form(self, keys: dict[str, Any], content: bytes) -> str:
        """A form XObject: its keys that matter, its content."""
        if keys.get("/Matrix") == [1, 0, 0, 1, 0, 0]:
            del keys["/Matrix"]
        return _hashed(["form", keys, hashlib.sha256(content).hexdigest()]).hex()

    def content(self, stream: pikepdf.Object) -> bytes:
        """A stream's decoded bytes, within what is left of the limit. Only what we write ourselves is read."""
        names = stream.get("/Filter")
        filters = [str(name) for name in names] if isinstance(names, pikepdf.Array) else [str(names)] if names else []
        parameters = stream.get("/DecodeParms")
        if filters not in ([], ["/FlateDecode"]) or parameters is not None or "/F" in stream:
            raise Refusal.because("page_filter_unknown", " ".join(filters) or "/F")
        raw = stream.read_raw_bytes()
        left = MAX_BYTES - self._bytes
        if filters:
            raw = zlib.decompressobj().decompress(raw, left + 1)
        self._bytes += len(raw)
        if len(raw) > left:
            raise Refusal.because("page_too_large", limit=MAX_BYTES, what="bytes")
        return raw

    def value(self, item: Any, depth: int = 0) -> Any:
        """A plain value: indirect objects as digests, numbers as numbers."""
        if isinstance(item, pikepdf.Object):
            if item.is_indirect:
                return self._reference(f"{item.objgen[0]} {item.objgen[1]} R", depth)
            return self._plain(json.loads(item.to_json(dereference=False, schema_version=2)), depth)
        return _number(item)

    def _plain(self, value: Any, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise Refusal.because("page_too_large", limit=MAX_DEPTH, what="depth")
        if isinstance(value, dict):
            return {key: self._plain(item, depth + 1) for key, item in value.items()}
        if isinstance(value, list):
            return [self._plain(item, depth + 1) for item in value]
        if isinstance(value, str) and value.endswith(" R") and value[0].isdigit():
            return self._reference(value, depth)
        return _number(value)

    def _reference(self, name: str, depth: int) -> str:
        if name in self._known:
            return self._known[name]
        if name in self._open:
            raise Refusal.because("page_cyclic")
        if len(self._known) > MAX_OBJECTS:
            raise Refusal.because("page_too_large", limit=MAX_OBJECTS, what="objects")
        self._open.add(name)
        number, generation, _ = name.split(" ")
        digest = self._object(self._document.get_object(int(number), int(generation)), depth + 1)
        self._open.discard(name)
        self._known[name] = digest
        return digest

    def _object(self, item: Any, depth: int) -> str:
        if not isinstance(item, pikepdf.Stream):
            told = item.to_json(dereference=True, schema_version=2) if isinstance(item, pikepdf.Object) else b"null"
            return _hashed(self._plain(json.loads(told), depth)).hex()
        keys = json.loads(item.stream_dict.to_json(dereference=True, schema_version=2))
        kept = {key: self._plain(value, depth) for key, value in keys.items() if key not in _STREAM_KEYS}
        return _hashed(["stream", kept, hashlib.sha256(self.content(item)).hexdigest()]).hex()


def _inherited(page: pikepdf.Object, key: str) -> Any:
    node = page
    for _ in range(MAX_DEPTH):
        if key in node:
            return node[key]
        if "/Parent" not in node:
            return None
        node = node["/Parent"]
    raise Refusal.because("page_cyclic")


def _number(value: Any) -> Any:
    """One spelling a number: whole ones as integers, the others to six decimals."""
    if isinstance(value, bool) or value is None or isinstance(value, (str, int)):
        return value
    return int(value) if value == int(value) else round(float(value), 6)


def _hashed(value: Any) -> bytes:
    told = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(told.encode()).digest()
