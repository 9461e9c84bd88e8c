"""Signs as the workstation does, but lets a forger change things on the way; and updates files without signing them."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import datetime
from functools import cache

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import SignatureObject

from records import cades, render
from records.entries import Mark, Version
from records.signatures import mark_for
from server.demo.pki import Issued
from tests.forgeries import people

Change = Callable[[IncrementalPdfFileWriter], None]


class Update(IncrementalPdfFileWriter):
    """An incremental update with nothing of pyHanko's own."""

    def _update_meta(self) -> None:
        return


def number(value: float) -> generic.PdfObject:
    """A PDF number."""
    return generic.FloatObject(value)  # type: ignore[no-untyped-call]  # pyHanko


def dictionary(items: dict[str, generic.PdfObject]) -> generic.DictionaryObject:
    """A PDF dictionary."""
    named = {generic.pdf_name(key): value for key, value in items.items()}
    return generic.DictionaryObject(named)  # type: ignore[no-untyped-call]  # pyHanko


def rewrite_root(writer: IncrementalPdfFileWriter) -> None:
    """Write the catalogue anew."""
    writer.update_root()  # type: ignore[no-untyped-call]  # pyHanko


def mark_of(version: Version, slot: str, person: Issued, *, name: str = "", title: str = people.TITLE,
            at: datetime = people.SIGNED) -> Mark:
    """The mark that this person's signature in that slot must show."""
    who = people.identity(person)
    return mark_for(version, slot, full_name=name or who.full_name, title=title, signed_at=at,
                    certificate_serial=who.serial, certificate_issuer=who.issuer)


def signed(pdf: bytes, slot: str, person: Issued, mark: Mark, *, change: Change | None = None,
           shown: Mark | None = None, cms: Callable[[bytes], bytes] | None = None,
           reserved: int = 12288) -> bytes:
    """`pdf` signed into that slot. `change` goes into the signing revision; `shown` is another mark than the one that
    the signature dictionary speaks of; `cms` makes another container over the document's digest."""
    writer = Update(io.BytesIO(pdf))
    embedding = PdfCMSEmbedder().write_cms(render.slot_field(slot), writer, existing_fields_only=True)
    widget = next(embedding).get_object()
    show(writer, widget, shown or mark)
    if change is not None:
        change(writer)
    embedding.send(SigObjSetup(sig_placeholder=SignatureObject(
        timestamp=mark.signed_at, subfilter=SigSeedSubFilter.PADES, name=mark.full_name, reason=mark.title,
        bytes_reserved=reserved)))
    place, file = embedding.send(SigIOSetup(md_algorithm="sha256"))
    place.fill_with_cms(file, (cms or container(person))(place.document_digest))
    return bytes(file.getvalue())


def container(person: Issued) -> Callable[[bytes], bytes]:
    """The workstation's own container, made with the person's key."""
    def made(digest: bytes) -> bytes:
        who = people.identity(person)
        attributes = cades.signed_attributes(digest, who)
        return cades.container(attributes, people.raw_signature(person, attributes), who)

    return made


def show(writer: IncrementalPdfFileWriter, widget: generic.DictionaryObject, mark: Mark) -> None:
    """Draw a mark into a widget."""
    reference = writer.import_page_as_xobject(PdfFileReader(io.BytesIO(render.mark_appearance(mark))))
    widget["/AP"] = dictionary({"/N": reference})
    writer.update_container(widget)


@cache
def good(person: Callable[[], Issued] = people.doctor) -> bytes:
    """A good file: the doctor's signed row."""
    return of(people.row(), person())


def of(version: Version, person: Issued) -> bytes:
    """That version, signed by that person as its doctor."""
    return signed(render.render_entry(version), "doctor", person, mark_of(version, "doctor", person))


@cache
def good_with_two() -> bytes:
    """A good file with two signatures: head of ward, then director."""
    version = people.cover()
    once = signed(render.render_entry(version), "ward_head", people.ward_head(),
                  mark_of(version, "ward_head", people.ward_head(), title=people.HEAD_TITLE))
    return signed(once, "director", people.director(),
                  mark_of(version, "director", people.director(), title=people.DIRECTOR_TITLE))


def updated(pdf: bytes, change: Change) -> bytes:
    """A later revision without a signature."""
    writer = Update(io.BytesIO(pdf))
    change(writer)
    out = io.BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]  # pyHanko
    return out.getvalue()


def turned_page(writer: IncrementalPdfFileWriter) -> None:
    """A change that turns the first page."""
    page = writer.root["/Pages"]["/Kids"][0].get_object()
    page["/Rotate"] = number(180)
    writer.update_container(page)


def relaid(pdf: bytes, edit: Callable[[int, bytes], bytes]) -> bytes:
    """An unsigned file whose objects were edited, laid out again as the renderer lays files out."""
    from records.revisions import revisions

    (revision,) = revisions(pdf)
    first = min(begin for begin, _ in revision.objects.values())
    out, offsets = bytearray(pdf[:first]), {}
    for number, (begin, end) in sorted(revision.objects.items(), key=lambda item: item[1]):
        offsets[number] = len(out)
        out += edit(number, pdf[begin:end])
    at = len(out)
    rows = b"".join(b"%010d 00000 n \n" % offsets[number] for number in sorted(offsets))
    trailer = pdf[pdf.index(b"trailer", revision.table):pdf.rindex(b"startxref")]
    out += b"xref\n0 %d\n0000000000 65535 f \n%s%sstartxref\n%d\n%%%%EOF\n" % (len(offsets) + 1, rows, trailer, at)
    return bytes(out)


def gap(file: bytes, which: int = -1) -> tuple[int, int]:
    """First and last+1 byte of a signature's hexadecimal digits (a document's time stamp is none)."""
    start, after, _ = ranges(file)[which]
    return start + 1, after - 1


def ranges(file: bytes) -> list[tuple[int, int, int]]:
    """Of each signature: end of what it covers before its value, begin of what it covers behind, and how much."""
    found = re.finditer(rb"/ByteRange \[0 ([1-9]\d*) (\d+) (\d+)\]", file)
    return [(int(one.group(1)), int(one.group(2)), int(one.group(3))) for one in found]


def flipped(file: bytes, at: int, bits: int = 1) -> bytes:
    """One byte changed."""
    bent = bytearray(file)
    bent[at] ^= bits
    return bytes(bent)
