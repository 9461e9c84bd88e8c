"""Page and mark digests: the same for the same page however it was written, another for any other page."""

from __future__ import annotations

import io
import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pikepdf
import pytest
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.content import AppearanceContent
from pyhanko.pdf_utils.generic import IndirectObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import BoxConstraints
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.stamp import BaseStampStyle
from pyhanko_certvalidator.registry import SimpleCertificateStore

from records import render
from records.errors import Refusal
from tests.records.render import pages


class ImportedStamp(AppearanceContent):
    """The mark's page, imported as it is: nothing drawn around it."""

    def __init__(self, writer: BasePdfFileWriter, box: BoxConstraints, pdf: bytes) -> None:
        super().__init__(writer=writer, box=box)
        self._pdf = pdf

    def register(self) -> IndirectObject:
        reader = PdfFileReader(io.BytesIO(self._pdf))
        imported: IndirectObject = self._ensure_writer.import_page_as_xobject(reader)
        return imported


@dataclass(frozen=True)
class MarkStyle(BaseStampStyle):
    """What the signing side hands to pyHanko: a style whose stamp is the imported mark."""

    pdf: bytes = b""

    def create_stamp(self, writer: BasePdfFileWriter, box: BoxConstraints, text_params: dict[str, Any]) -> Any:
        return ImportedStamp(writer, box, self.pdf)


@pytest.fixture(scope="module")
def signer() -> SimpleSigner:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Trần Quốc Bảo")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(7).not_valid_before(now).not_valid_after(now + timedelta(days=1)).sign(key, hashes.SHA256())
    )
    der = key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8,
                            serialization.NoEncryption())
    return SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER)),
        signing_key=asn1_keys.PrivateKeyInfo.load(der), cert_registry=SimpleCertificateStore(),  # type: ignore[no-untyped-call]  # pyHanko
    )


def signed(pdf: bytes, slot: str, mark_pdf: bytes, signer: SimpleSigner) -> bytes:
    metadata = PdfSignatureMetadata(field_name=render.slot_field(slot), subfilter=SigSeedSubFilter.PADES,
                                    md_algorithm="sha256")
    out = PdfSigner(metadata, signer, stamp_style=MarkStyle(pdf=mark_pdf)).sign_pdf(
        IncrementalPdfFileWriter(io.BytesIO(pdf)), bytes_reserved=8192)
    data: bytes = out.getvalue()
    return data


def test_a_signature_leaves_the_page_digest_alone_and_shows_exactly_the_mark(signer: SimpleSigner) -> None:
    pdf = render.render_entry(pages.version())
    mark_pdf = render.mark_appearance(pages.mark())
    done = signed(pdf, "doctor", mark_pdf, signer)
    assert render.page_digest(done) == render.page_digest(pdf)
    assert len(done) < 60_000
    with pikepdf.open(io.BytesIO(done)) as document:
        (widget,) = [item for item in document.pages[0].Annots if item.get("/T") == render.slot_field("doctor")]
        assert render.appearance_digest(widget, document) == render.mark_digest(mark_pdf)
        other = render.mark_appearance(pages.mark(full_name="Trần Quốc Bình"))
        assert render.appearance_digest(widget, document) != render.mark_digest(other)
    assert render.slot_places(done) == render.slot_places(pdf)


def test_the_digest_survives_another_way_of_writing_the_file() -> None:
    pdf = render.render_entry(pages.version())
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as document:
        document.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate, recompress_flate=True,
                      linearize=True)
    assert out.getvalue() != pdf
    assert render.page_digest(out.getvalue()) == render.page_digest(pdf)


def altered(change: Any) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(render.render_entry(pages.version()))) as document:
        change(document)
        document.save(out)
    return out.getvalue()


@pytest.mark.parametrize("change", [
    lambda document: document.pages[0].contents_add(b"0 0 10 10 re f"),
    lambda document: setattr(document.pages[0], "Rotate", 90),
    lambda document: setattr(document.pages[0], "CropBox", pikepdf.Array([0, 0, 300, 300])),
    lambda document: setattr(document.pages[0], "UserUnit", 2),
    lambda document: document.pages.append(document.pages[0]),
    lambda document: document.pages[0].Resources.Font["/F1+0"].Widths.__setitem__(3, 999),
    lambda document: document.pages[0].Resources.Font["/F1+0"].FontDescriptor.FontFile2.write(b"another font"),
], ids=["overlay", "turned", "cropped", "scaled", "added page", "moved letters", "other font"])
def test_every_change_of_what_is_seen_changes_the_digest(change: Any) -> None:
    assert render.page_digest(altered(change)) != render.page_digest(render.render_entry(pages.version()))


def hostile_cycle(document: pikepdf.Pdf) -> None:
    first = document.make_indirect(pikepdf.Dictionary())
    first.Again = document.make_indirect(pikepdf.Dictionary(Back=first))
    document.pages[0].Resources.Properties = first


def hostile_bomb(document: pikepdf.Pdf) -> None:
    document.pages[0].Contents = document.make_stream(b"0 0 m\n" * (render.digest.MAX_BYTES // 6 + 1))


def hostile_filter(document: pikepdf.Pdf) -> None:
    stream = document.make_stream(b"30203020 6d>")
    stream.Filter = pikepdf.Name.ASCIIHexDecode
    document.pages[0].Contents = stream


def hostile_depth(document: pikepdf.Pdf) -> None:
    deep: Any = pikepdf.Array([])
    for _ in range(render.digest.MAX_DEPTH + 5):
        deep = pikepdf.Array([deep])
    document.pages[0].Resources.Properties = pikepdf.Dictionary(Deep=deep)


@pytest.mark.parametrize(("change", "code"), [
    (hostile_cycle, "page_cyclic"), (hostile_bomb, "page_too_large"), (hostile_depth, "page_too_large"),
])
def test_a_hostile_file_is_refused(change: Any, code: str) -> None:
    with pytest.raises(Refusal) as caught:
        render.page_digest(altered(change))
    assert caught.value.reasons[0].code == code


def test_content_under_a_filter_that_we_never_write_is_refused() -> None:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(render.render_entry(pages.version()))) as document:
        hostile_filter(document)
        document.save(out, stream_decode_level=pikepdf.StreamDecodeLevel.none, compress_streams=False)
    with pytest.raises(Refusal) as caught:
        render.page_digest(out.getvalue())
    assert caught.value.reasons[0].code == "page_filter_unknown"


@pytest.mark.parametrize("data", [b"", b"not a PDF", b"%PDF-1.7\n%%EOF"])
def test_what_is_no_pdf_is_refused(data: bytes) -> None:
    with pytest.raises(Refusal) as caught:
        render.page_digest(data)
    assert caught.value.reasons[0].code == "page_unreadable"


def test_a_file_with_broken_bytes_is_refused_or_digested_and_never_more() -> None:
    chance = random.Random(20261122)
    pdf = render.render_entry(pages.version())
    good = render.page_digest(pdf)
    seen: set[bool | str] = set()
    for _ in range(300):
        data = bytearray(pdf)
        for _ in range(chance.choice((1, 2, 20))):
            data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            seen.add(render.page_digest(bytes(data)) == good)
            render.slot_places(bytes(data))
        except Refusal as refusal:
            seen.add(refusal.reasons[0].code)
    assert "page_unreadable" in seen


def test_threads_that_draw_at_once_draw_the_same() -> None:
    wanted = render.page_digest(render.render_entry(pages.version()))
    marks = render.mark_digest(render.mark_appearance(pages.mark()))
    with ThreadPoolExecutor(6) as pool:
        drawn = list(pool.map(lambda _: render.page_digest(render.render_entry(pages.version())), range(30)))
        marked = list(pool.map(lambda _: render.mark_digest(render.mark_appearance(pages.mark())), range(30)))
    assert (set(drawn), set(marked)) == ({wanted}, {marks})


def test_a_widget_with_more_than_its_normal_appearance_has_no_digest() -> None:
    def doubled(document: pikepdf.Pdf) -> None:
        widget = document.pages[0].Annots[0]
        widget.AP.D = widget.AP.N

    with pikepdf.open(io.BytesIO(altered(doubled))) as document:
        assert render.appearance_digest(document.pages[0].Annots[0], document) == ""


@pytest.mark.parametrize("change", [
    lambda form: setattr(form, "Matrix", pikepdf.Array([1, 0, 0, 1, 40, 0])),
    lambda form: setattr(form, "BBox", pikepdf.Array([0, 0, 90, 31])),
    lambda form: setattr(form, "Group", pikepdf.Dictionary(S=pikepdf.Name.Transparency)),
    lambda form: form.write(form.read_bytes() + b"0 0 9 9 re f"),
], ids=["moved", "clipped", "transparent", "overdrawn"])
def test_a_mark_shown_in_another_way_has_another_digest(change: Any, signer: SimpleSigner) -> None:
    mark_pdf = render.mark_appearance(pages.mark())
    done = signed(render.render_entry(pages.version()), "doctor", mark_pdf, signer)
    with pikepdf.open(io.BytesIO(done)) as document:
        (widget,) = [item for item in document.pages[0].Annots if item.get("/T") == render.slot_field("doctor")]
        change(widget.AP.N)
        assert render.appearance_digest(widget, document) not in {"", render.mark_digest(mark_pdf)}
