"""Sheets of paper: content streams written by hand into reportlab's document, so that each byte is ours to freeze."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from threading import Lock

from reportlab.pdfbase import pdfdoc

from records.pictures import Picture
from records.render.inline import TICK, Atom, gap
from records.render.typeface import Face, font, width

MM = 72 / 25.4
A4 = (595.28, 841.89)
BLACK = (0.0, 0.0, 0.0)
GREY = (0.45, 0.45, 0.45)
RED = (0.8, 0.05, 0.05)
BLUE = (0.05, 0.2, 0.75)
GREEN = (0.05, 0.5, 0.25)
Colour = tuple[float, float, float]
_writing = Lock()
"""reportlab reads its fonts through a cursor; two threads must not subset at once."""


def number(value: float) -> str:
    """A number as the content stream writes it: two decimals, no idle zeros."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def escaped(data: bytes) -> bytes:
    """The inside of a PDF string."""
    for raw, safe in ((b"\\", b"\\\\"), (b"(", b"\\("), (b")", b"\\)"), (b"\r", b"\\r"), (b"\n", b"\\n")):
        if raw in data:
            data = data.replace(raw, safe)
    return data


class Page:
    """One page while it is drawn; y grows upwards, in points."""

    def __init__(self, document: pdfdoc.PDFDocument, size: tuple[float, float]) -> None:
        self.size = size
        self._document = document
        self._code: list[bytes] = []
        self._fill: Colour = BLACK
        self._stroke: Colour = BLACK
        self._line_width = 1.0
        self._font = ("", 0.0)

    def text(self, x: float, y: float, text: str, size: float, face: Face = "Regular", *,
             colour: Colour = BLACK) -> None:
        """One line of text from x on."""
        if not text:
            return
        width(text, face, size)  # refuses what the font lacks
        self._set_fill(colour)
        parts = [b"BT 1 0 0 1 %s %s Tm" % (number(x).encode(), number(y).encode())]
        typeface = font(face)
        for subset, data in typeface.splitString(text, self._document):
            name = typeface.getSubsetInternalName(subset, self._document)
            if self._font != (name, size):
                parts.append(f"{name} {number(size)} Tf".encode())
                self._font = (name, size)
            parts.append(b"(" + escaped(data) + b") Tj")
        parts.append(b"ET")
        self._code.append(b" ".join(parts))

    def right(self, x: float, y: float, text: str, size: float, face: Face = "Regular", *,
              colour: Colour = BLACK) -> None:
        """One line of text that ends at x."""
        self.text(x - width(text, face, size), y, text, size, face, colour=colour)

    def centred(self, x: float, y: float, text: str, size: float, face: Face = "Regular", *,
                colour: Colour = BLACK) -> None:
        """One line of text around x."""
        self.text(x - width(text, face, size) / 2, y, text, size, face, colour=colour)

    def line(self, points: Sequence[tuple[float, float]], thick: float = 0.5, colour: Colour = BLACK) -> None:
        """Straight lines from point to point."""
        self._set_stroke(colour, thick)
        path = [f"{number(x)} {number(y)} {'l' if index else 'm'}" for index, (x, y) in enumerate(points)]
        self._code.append(" ".join([*path, "S"]).encode())

    def rect(self, x: float, y: float, wide: float, high: float, *, thick: float = 0.5, colour: Colour = BLACK,
             fill: Colour | None = None) -> None:
        """A rectangle: its frame when `thick` > 0, its ground when `fill` is given."""
        if fill is not None:
            self._set_fill(fill)
        if thick:
            self._set_stroke(colour, thick)
        paint = "B" if fill is not None and thick else "f" if fill is not None else "S"
        self._code.append(f"{number(x)} {number(y)} {number(wide)} {number(high)} re {paint}".encode())

    def image(self, name: str, box: tuple[float, float, float, float]) -> None:
        """A picture that the paper holds (`Paper.picture`), in a box of x, y, width and height."""
        x, y, wide, high = map(number, box)
        self._code.append(f"q {wide} 0 0 {high} {x} {y} cm /{name} Do Q".encode())

    def dot(self, x: float, y: float, radius: float, colour: Colour) -> None:
        """A filled circle, of four Bézier curves."""
        self._set_fill(colour)
        k = 0.5523 * radius
        r = radius
        curves = ((x + r, y + k, x + k, y + r, x, y + r), (x - k, y + r, x - r, y + k, x - r, y),
                  (x - r, y - k, x - k, y - r, x, y - r), (x + k, y - r, x + r, y - k, x + r, y))
        path = [f"{number(x + r)} {number(y)} m", *(" ".join(map(number, curve)) + " c" for curve in curves), "f"]
        self._code.append(" ".join(path).encode())

    def atoms(self, x: float, y: float, line: Sequence[Atom], size: float, colour: Colour = BLACK) -> None:
        """A line of words, boxes and ticks from x on; neighbouring words of one face become one string."""
        run, run_x = "", x
        run_face: Face = "Regular"
        for index, atom in enumerate(line):
            blank = " " if index and atom.space else ""
            if atom.kind == "word" and (run and atom.face == run_face):
                run += blank + atom.text
                continue
            x = self._flush(run_x, y, run, size, run_face, colour=colour) if run else x
            run = ""
            x += gap(atom.face, size) if blank else 0
            if atom.kind == "word":
                run, run_x, run_face = atom.text, x, atom.face
            else:
                if atom.kind != "gap":
                    self._box(x, y, atom, size)
                x += atom.width(size)
        if run:
            self._flush(run_x, y, run, size, run_face, colour=colour)

    def content(self) -> bytes:
        """The content stream."""
        return b"\n".join(self._code) + b"\n"

    def _flush(self, x: float, y: float, run: str, size: float, face: Face, *, colour: Colour) -> float:
        self.text(x, y, run, size, face, colour=colour)
        return x + width(run, face, size)

    def _box(self, x: float, y: float, atom: Atom, size: float) -> None:
        if atom.kind == "tick":
            side = TICK * size
            low = y - 0.08 * size
            self.rect(x, low, side, side, thick=0.6)
            if atom.text:
                self.line([(x + 1.5, low + 1.5), (x + side - 1.5, low + side - 1.5)], 1)
                self.line([(x + 1.5, low + side - 1.5), (x + side - 1.5, low + 1.5)], 1)
            return
        cells = max(len(atom.text), 1)
        cell = atom.width(size) / cells
        for index in range(cells):
            self.rect(x + index * cell, y - 0.28 * size, cell, 1.2 * size, thick=0.6)
            if atom.text:
                self.centred(x + (index + 0.5) * cell, y, atom.text[index], size)

    def _set_fill(self, colour: Colour) -> None:
        if colour != self._fill:
            self._code.append(" ".join([*map(number, colour), "rg"]).encode())
            self._fill = colour

    def _set_stroke(self, colour: Colour, thick: float) -> None:
        if colour != self._stroke:
            self._code.append(" ".join([*map(number, colour), "RG"]).encode())
            self._stroke = colour
        if thick != self._line_width:
            self._code.append(f"{number(thick)} w".encode())
            self._line_width = thick


class Info(pdfdoc.PDFInfo):  # type: ignore[misc]  # reportlab has no types
    """The information dictionary without reportlab's made-up dates and authors."""

    def format(self, document: pdfdoc.PDFDocument) -> bytes:
        words = {"Title": pdfdoc.PDFString(self.title), "Producer": pdfdoc.PDFString("Benh An")}
        formatted: bytes = pdfdoc.PDFDictionary(words).format(document)
        return formatted


class Catalogue(pdfdoc.PDFCatalog):  # type: ignore[misc]  # reportlab has no types
    """The catalogue with what PDF/A-3 adds."""

    __NoDefault__ = ["Pages", "AcroForm", "Names", "Metadata", "OutputIntents", "AF"]
    __Refs__ = ["Pages", "AcroForm", "Metadata"]
    __Defaults__ = {"Type": pdfdoc.PDFName("Catalog"), "Lang": pdfdoc.PDFString("vi")}


class Paper:
    """A document of pages."""

    def __init__(self, title: str, size: tuple[float, float] = A4) -> None:
        self.size = size
        self.pages: list[Page] = []
        self.document = pdfdoc.PDFDocument(compression=1, invariant=1, pdfVersion=(1, 7))
        pages = self.document.Pages
        self.document.Catalog = self.document._catalog = Catalogue()
        self.document.Catalog.Pages = pages
        self.document.info = Info()
        self.document.info.title = title
        self.page_objects: list[pdfdoc.PDFPage] = []
        self._pictures: dict[str, pdfdoc.PDFObjectReference] = {}

    def add(self) -> Page:
        """A new page."""
        self.pages.append(Page(self.document, self.size))
        return self.pages[-1]

    def picture(self, picture: Picture) -> str:
        """Hold a picture, once however often it is drawn; its name for `Page.image`."""
        name = f"Im{hashlib.sha256(picture.samples).hexdigest()[:16]}"
        if name not in self._pictures:
            space = "DeviceRGB" if picture.channels == 3 else "DeviceGray"
            told = pdfdoc.PDFDictionary({
                "Type": pdfdoc.PDFName("XObject"), "Subtype": pdfdoc.PDFName("Image"), "Width": picture.width,
                "Height": picture.height, "BitsPerComponent": 8, "ColorSpace": pdfdoc.PDFName(space)})
            stream = pdfdoc.PDFStream(told, picture.samples, filters=[pdfdoc.PDFZCompress])
            self._pictures[name] = self.document.Reference(stream, f"picture:{name}")
        return name

    def close_pages(self) -> None:
        """Turn what was drawn into page objects; after this only annotations and attachments may come."""
        resources = pdfdoc.PDFDictionary({"Font": pdfdoc.PDFObjectReference(pdfdoc.BasicFonts)})
        if self._pictures:
            resources["XObject"] = pdfdoc.PDFDictionary(self._pictures)
        shared = self.document.Reference(resources, "resources")
        for page in self.pages:
            obj = pdfdoc.PDFPage()
            wide, high = page.size
            obj.MediaBox = pdfdoc.PDFArray([0, 0, Number(wide), Number(high)])
            obj.Resources = shared
            obj.Contents = pdfdoc.PDFStream(content=page.content(), filters=[pdfdoc.PDFZCompress])
            self.document.addPage(obj)
            self.page_objects.append(obj)

    def to_bytes(self, fingerprint: bytes) -> bytes:
        """The file. `fingerprint` makes its /ID."""
        self.document.updateSignature(fingerprint)
        with _writing:
            data: bytes = self.document.GetPDFData(None)
        return data


class Number(pdfdoc.PDFObject):  # type: ignore[misc]  # reportlab has no types
    """A number with our two decimals."""

    def __init__(self, value: float) -> None:
        self.value = value

    def format(self, document: pdfdoc.PDFDocument) -> bytes:
        return number(self.value).encode()
