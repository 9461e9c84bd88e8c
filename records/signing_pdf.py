"""Puts a PAdES signature (B-B or B-T) into the empty field that `records.render` placed, on either side.

Three steps, three values: `prepare` writes the incremental update with its mark and gives the bytes that the token
must sign; the token signs them, an authority may stamp the value; `complete` puts the signature in its place. `sign`
does it with no stamp. No other module writes with pyHanko.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest, SignatureObject

from records import cades
from records.entries import Mark
from records.errors import Refusal
from records.identities import Identity, Mechanism
from records.render import mark_appearance

RESERVED = 12 * 1024
"""Hexadecimal digits kept free for the signature: 6 KB of CMS hold an RSA 4096 signature and a chain of three."""

STAMP_ROOM = 16 * 1024
"""Digits more where signatures are stamped: 8 KB hold a time-stamp token with its chain."""

SignRaw = Callable[[bytes, Mechanism], bytes]


@dataclass(frozen=True)
class Prepared:
    """A file with its mark and an empty place for the signature, and what the token must sign."""

    to_sign: bytes = field(repr=False)
    """DER of the signed attributes."""
    identity: Identity
    file: bytes = field(repr=False)
    place: PreparedByteRangeDigest = field(repr=False)

    @property
    def room(self) -> tuple[int, int]:
        """Where the signature goes in the file."""
        return self.place.reserved_region_start, self.place.reserved_region_end


def taken_up(file: bytes, to_sign: bytes, room: tuple[int, int], identity: Identity) -> Prepared:
    """What was prepared before and kept while somebody confirmed elsewhere."""
    return Prepared(to_sign, identity, file, PreparedByteRangeDigest(b"", *room))


def sign(pdf: bytes, field: str, mark: Mark, identity: Identity, sign_raw: SignRaw) -> bytes:
    """`pdf` with a signature of `identity` in the empty field `field`, showing `mark`; one incremental update."""
    prepared = prepare(pdf, field, mark, identity)
    return complete(prepared, sign_raw(prepared.to_sign, identity.mechanism))


def prepare(pdf: bytes, field: str, mark: Mark, identity: Identity, *, stamped: bool = False) -> Prepared:
    """Write the update up to the signature itself; `field_not_empty`, `not_signable` when the file forbids it.

    `stamped`: keep room for a time stamp; whether one comes in time is known only once the value is there.
    The signature dictionary carries the mark's parts as `records.signatures.mark_for` says: /Name, /Reason, /M.
    """
    try:
        writer = _SigningRevision(io.BytesIO(pdf))
        embedding = PdfCMSEmbedder().write_cms(field, writer, existing_fields_only=True)
        _show(writer, next(embedding).get_object(), mark)
        signature = SignatureObject(timestamp=mark.signed_at, subfilter=SigSeedSubFilter.PADES, name=mark.full_name,
                                    reason=mark.title, bytes_reserved=_room(identity) + (STAMP_ROOM if stamped else 0))
        embedding.send(SigObjSetup(sig_placeholder=signature))
        place, file = embedding.send(SigIOSetup(md_algorithm="sha256"))
        embedding.close()
    except SigningError as error:
        raise Refusal.because("field_not_empty", field) from error
    except (PdfError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise Refusal.because("not_signable", field, detail=str(error)) from error
    return Prepared(cades.signed_attributes(place.document_digest, identity), identity, file.getvalue(), place)


def complete(prepared: Prepared, signature: bytes, stamp: bytes = b"") -> bytes:
    """The signed file; `stamp`: the time-stamp token over the signature's value, when there is one."""
    file = io.BytesIO(prepared.file)
    prepared.place.fill_with_cms(file, cades.container(prepared.to_sign, signature, prepared.identity, stamp))
    return file.getvalue()


def _room(identity: Identity) -> int:
    """Digits to reserve; more than usual for a long chain of certificates."""
    certificates = len(identity.certificate) + sum(map(len, identity.chain))
    return max(RESERVED, 2 * (certificates + 2048))


class _SigningRevision(IncrementalPdfFileWriter):
    """An update that adds what signing adds and nothing else: no producer, no date of change, no new metadata."""

    def _update_meta(self) -> None:
        return


def _show(writer: IncrementalPdfFileWriter, widget: generic.DictionaryObject, mark: Mark) -> None:
    """Make the mark's page the widget's normal appearance, as `records.render.mark_appearance` demands."""
    reader = PdfFileReader(io.BytesIO(mark_appearance(mark)))
    reference = writer.import_page_as_xobject(reader)
    appearances = generic.DictionaryObject({pdf_name("/N"): reference})  # type: ignore[no-untyped-call]  # pyHanko
    widget[pdf_name("/AP")] = appearances
    writer.update_container(widget)
