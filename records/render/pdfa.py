"""What makes a PDF a PDF/A-3b: metadata, output intent, attached files, and the empty signature fields."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from xml.sax.saxutils import escape

from reportlab.pdfbase import pdfdoc

from records.bundled import bundled
from records.render.paper import Number, Paper, number
from records.render.words import ZONE

XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:pdf="http://ns.adobe.com/pdf/1.3/">
<pdfaid:part>3</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<dc:language><rdf:Bag><rdf:li>vi</rdf:li></rdf:Bag></dc:language>{creator}
<xmp:CreateDate>{created}</xmp:CreateDate><xmp:ModifyDate>{created}</xmp:ModifyDate>
<pdf:Producer>Benh An</pdf:Producer>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""


@dataclass(frozen=True)
class Attachment:
    """A file inside the PDF. `relationship`: Data, Source, Alternative, Supplement (PDF/A-3, 6.8)."""

    name: str
    data: bytes
    mime: str
    relationship: str
    description: str = ""


@dataclass(frozen=True)
class Spot:
    """Where an empty signature field goes: page index and rectangle, in points."""

    field: str
    label: str
    page: int
    rect: tuple[float, float, float, float]


@cache
def _profile() -> bytes:
    return bundled("colour", "sRGB.icc").read_bytes()


def add_metadata(paper: Paper, title: str, at: datetime, author: str = "") -> None:
    """XMP and the output intent."""
    creator = f"<dc:creator><rdf:Seq><rdf:li>{escape(author)}</rdf:li></rdf:Seq></dc:creator>" if author else ""
    created = at.astimezone(ZONE).isoformat(timespec="seconds")
    xmp = XMP.format(title=escape(title), creator=creator, created=created)
    kind = {"Type": pdfdoc.PDFName("Metadata"), "Subtype": pdfdoc.PDFName("XML")}
    catalogue = paper.document.Catalog
    catalogue.Metadata = pdfdoc.PDFStream(pdfdoc.PDFDictionary(kind), xmp.encode(), filters=[])
    profile = pdfdoc.PDFStream(pdfdoc.PDFDictionary({"N": 3}), _profile(), filters=[pdfdoc.PDFZCompress])
    intent = pdfdoc.PDFDictionary({
        "Type": pdfdoc.PDFName("OutputIntent"), "S": pdfdoc.PDFName("GTS_PDFA1"),
        "OutputConditionIdentifier": pdfdoc.PDFString("sRGB IEC61966-2.1"),
        "Info": pdfdoc.PDFString("sRGB IEC61966-2.1"),
        "DestOutputProfile": paper.document.Reference(profile, "profile"),
    })
    catalogue.OutputIntents = pdfdoc.PDFArray([intent])


def attach(paper: Paper, files: Sequence[Attachment], at: datetime) -> None:
    """Embed the files, each with its relationship."""
    document = paper.document
    references = {item.name: document.Reference(_file(paper, item, at), f"file:{item.name}") for item in files}
    names = [part for name in sorted(references) for part in (pdfdoc.PDFString(name), references[name])]
    tree = pdfdoc.PDFDictionary({"Names": pdfdoc.PDFArray(names)})
    document.Catalog.Names = pdfdoc.PDFDictionary({"EmbeddedFiles": tree})
    document.Catalog.AF = pdfdoc.PDFArray([references[item.name] for item in files])


def _file(paper: Paper, item: Attachment, at: datetime) -> pdfdoc.PDFDictionary:
    date = f"D:{at.astimezone(ZONE):%Y%m%d%H%M%S}+07'00'".encode()
    checksum = hashlib.md5(item.data, usedforsecurity=False).digest()
    parameters = pdfdoc.PDFDictionary({
        "Size": len(item.data), "ModDate": pdfdoc.PDFString(date, enc="raw"),
        "CheckSum": pdfdoc.PDFText(checksum, enc="raw"),
    })
    kind = {"Type": pdfdoc.PDFName("EmbeddedFile"), "Subtype": "/" + item.mime.replace("/", "#2F"),
            "Params": parameters}
    stream = pdfdoc.PDFStream(pdfdoc.PDFDictionary(kind), item.data, filters=[pdfdoc.PDFZCompress])
    reference = paper.document.Reference(stream, f"data:{item.name}")
    name = pdfdoc.PDFString(item.name)
    return pdfdoc.PDFDictionary({
        "Type": pdfdoc.PDFName("Filespec"), "F": name, "UF": name, "Desc": pdfdoc.PDFString(item.description),
        "AFRelationship": pdfdoc.PDFName(item.relationship),
        "EF": pdfdoc.PDFDictionary({"F": reference, "UF": reference}),
    })


def add_signature_fields(paper: Paper, spots: Sequence[Spot]) -> None:
    """One empty field a slot, placed before the first signature; each shows an empty appearance of its size."""
    if not spots:
        return
    document = paper.document
    references = []
    empties: dict[tuple[str, str], pdfdoc.PDFObjectReference] = {}
    for spot in spots:
        left, low, right, high = spot.rect
        size = (number(right - left), number(high - low))
        if size not in empties:
            empties[size] = document.Reference(_empty_form(size), f"empty:{size}")
        page = paper.page_objects[spot.page]
        widget = pdfdoc.PDFDictionary({
            "Type": pdfdoc.PDFName("Annot"), "Subtype": pdfdoc.PDFName("Widget"), "FT": pdfdoc.PDFName("Sig"),
            "T": pdfdoc.PDFString(spot.field), "TU": pdfdoc.PDFString(spot.label), "F": 132,
            "Rect": pdfdoc.PDFArray([Number(value) for value in spot.rect]), "P": document.Reference(page),
            "AP": pdfdoc.PDFDictionary({"N": empties[size]}),
        })
        reference = document.Reference(widget, f"field:{spot.field}")
        references.append(reference)
        page.Annots = [*(page.Annots or []), reference]
    document.Catalog.AcroForm = pdfdoc.PDFDictionary({"Fields": pdfdoc.PDFArray(references), "SigFlags": 3})


def _empty_form(size: tuple[str, str]) -> pdfdoc.PDFStream:
    wide, high = size
    kind = {"Type": pdfdoc.PDFName("XObject"), "Subtype": pdfdoc.PDFName("Form"),
            "BBox": f"[0 0 {wide} {high}]", "Resources": pdfdoc.PDFDictionary({})}
    return pdfdoc.PDFStream(pdfdoc.PDFDictionary(kind), b" ", filters=[])
