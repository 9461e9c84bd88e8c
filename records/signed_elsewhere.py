"""What signatures stand in any signed PDF, whoever wrote it: read with pyHanko, which forgives what other programs do.

`records.pades` is far stricter and judges our own records; this one only reads and computes, with no trust and no
clock: what each signature covers, whether its value fits, what was added after it, what evidence lies in the file.
"""

from __future__ import annotations

import hashlib
import io
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DiffResult, ModificationLevel
from pyhanko.sign.general import extract_signer_info
from pyhanko.sign.validation.generic_cms import (
    extract_certs_for_validation,
    extract_tst_data_iter,
    validate_sig_integrity,
)
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

from records.errors import Refusal
from records.revocation import Evidence

After = Literal["nothing", "evidence", "filling", "other", "unknown"]
"""What was added behind a signature: nothing; evidence alone; further signatures or filled fields; something else."""
_AFTER: dict[ModificationLevel, After] = {
    ModificationLevel.NONE: "nothing", ModificationLevel.LTA_UPDATES: "evidence",
    ModificationLevel.FORM_FILLING: "filling", ModificationLevel.ANNOTATIONS: "other",
    ModificationLevel.OTHER: "other",
}
_WHOLE = (SignatureCoverageLevel.ENTIRE_FILE, SignatureCoverageLevel.ENTIRE_REVISION)
_MOST_SIGNATURES = 100
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SeenStamp:
    """A time stamp (RFC 3161), on a signature's value or on the file."""

    at: datetime
    over: bool
    """It is over this signature, or over these bytes of the file."""
    genuine: bool
    """Its own value is by its certificate's key."""
    certificate: bytes = field(repr=False)
    others: tuple[bytes, ...] = field(default=(), repr=False)
    algorithms: tuple[str, ...] = ()
    """Of its imprint and of its own value."""

    @property
    def fits(self) -> bool:
        """It is over what it stands on, and its own value is right."""
        return self.over and self.genuine


@dataclass(frozen=True)
class SeenDocumentStamp:
    """A document time stamp (ETSI EN 319 142-1, 5.4.3), as it stands in the file."""

    name: str
    """The field's name."""
    stamp: SeenStamp | None = None
    covers: int = 0
    """Up to which byte."""
    whole: bool = False
    """It covers everything up to there, of the file as it was then."""
    after: After = "unknown"
    failure: str = ""
    """Why it could not be read; then nothing else is known."""


@dataclass(frozen=True)
class Seen:
    """One signature, as it stands in the file."""

    name: str
    """The field's name."""
    subfilter: str
    said_name: str = ""
    said_reason: str = ""
    said_place: str = ""
    claimed: datetime | None = None
    certificate: bytes = field(default=b"", repr=False)
    others: tuple[bytes, ...] = field(default=(), repr=False)
    algorithm: str = ""
    intact: bool = False
    """The bytes that it covers are the ones that were signed."""
    fits: bool = False
    """Its value is by its certificate's key."""
    covers: int = 0
    """Up to which byte."""
    whole: bool = False
    """It covers everything up to there, of the file as it was then."""
    after: After = "unknown"
    stamp: SeenStamp | None = None
    failure: str = ""
    """Why it could not be read; then nothing else is known."""


@dataclass(frozen=True)
class SeenFile:
    """The signatures and document time stamps of a file, each oldest first, and the evidence that it carries."""

    signatures: tuple[Seen, ...]
    evidence: Evidence = field(default_factory=Evidence, repr=False)
    document_stamps: tuple[SeenDocumentStamp, ...] = ()


def look(file: bytes) -> SeenFile:
    """Read a signed PDF; refuses what is none, or is locked with a password."""
    try:
        reader = PdfFileReader(io.BytesIO(file), strict=False)
        if reader.encrypted:
            raise Refusal.because("file_locked")
        found = list(reader.embedded_signatures)[:_MOST_SIGNATURES]
    except Refusal:
        raise
    except Exception as error:  # a parser that chokes on a hostile or broken file
        raise Refusal.because("file_unreadable", detail=f"{type(error).__name__}: {error}"[:200]) from error
    stamps = [one for one in found if _is_stamp(one)]
    signatures = tuple(_seen(one) for one in found if not _is_stamp(one))
    return SeenFile(signatures, _evidence(reader, found), tuple(_document_stamp(one) for one in stamps))


def _is_stamp(one: EmbeddedPdfSignature) -> bool:
    """It says so by its type or its subfilter; whether it is one is judged."""
    return bool(one.sig_object_type == "/DocTimeStamp" or _at(one.sig_object, "/SubFilter", "") == "/ETSI.RFC3161")


def _seen(one: EmbeddedPdfSignature) -> Seen:
    told = one.sig_object
    name, reason, place = (_words(_at(told, key, "")) for key in ("/Name", "/Reason", "/Location"))
    basis = Seen(str(one.fq_name), str(_at(told, "/SubFilter", "")), said_name=name, said_reason=reason,
                 said_place=place)
    try:
        return _computed(basis, one)
    except Exception as error:  # one signature that nobody can read must not hide the others
        _log.info("a signature that could not be read", exc_info=True)
        return replace(basis, failure=f"{type(error).__name__}: {error}"[:200])


def _computed(basis: Seen, one: EmbeddedPdfSignature) -> Seen:
    one.compute_integrity_info()  # type: ignore[no-untyped-call]  # pyHanko's
    intact, fits = validate_sig_integrity(one.signer_info, one.signer_cert, "data", one.compute_digest())
    return replace(
        basis, claimed=_aware(one.self_reported_timestamp), certificate=one.signer_cert.dump(),
        others=tuple(item.dump() for item in one.other_embedded_certs), algorithm=str(one.md_algorithm),
        intact=bool(intact), fits=bool(fits), covers=sum([int(part) for part in one.byte_range][2:]),
        whole=one.coverage in _WHOLE, after=_after(one), stamp=_stamp(one))


def _after(one: EmbeddedPdfSignature) -> After:
    coverage: SignatureCoverageLevel | None = one.coverage
    difference: object = one.diff_result
    if coverage == SignatureCoverageLevel.ENTIRE_FILE:
        return "nothing"
    return _AFTER[difference.modification_level] if isinstance(difference, DiffResult) else "other"


def _stamp(one: EmbeddedPdfSignature) -> SeenStamp | None:
    signed = next(extract_tst_data_iter(one.signer_info, signed=False), None)
    value = one.signer_info["signature"].native
    return _token(signed, lambda algorithm: hashlib.new(algorithm, value).digest()) if signed is not None else None


def _document_stamp(one: EmbeddedPdfSignature) -> SeenDocumentStamp:
    basis = SeenDocumentStamp(str(one.fq_name))
    try:
        one.compute_integrity_info()  # type: ignore[no-untyped-call]  # pyHanko's
        return replace(
            basis, stamp=_token(one.signed_data, one.compute_digest), whole=one.coverage in _WHOLE, after=_after(one),
            covers=sum([int(part) for part in one.byte_range][2:]))
    except Exception as error:  # what only calls itself a stamp is told as one that cannot be read
        _log.info("a document time stamp that could not be read", exc_info=True)
        return replace(basis, failure=f"{type(error).__name__}: {error}"[:200])


def _token(signed: Any, digest_of: Callable[[str], bytes]) -> SeenStamp:
    """A time stamp's token; `digest_of`: the digest of what it must be over."""
    content = signed["encap_content_info"]["content"]
    info, signer, certificates = content.parsed, extract_signer_info(signed), extract_certs_for_validation(signed)
    imprint, own = info["message_imprint"], signer["digest_algorithm"]["algorithm"].native
    algorithm = imprint["hash_algorithm"]["algorithm"].native
    intact, fits = validate_sig_integrity(
        signer, certificates.signer_cert, "tst_info", hashlib.new(own, bytes(content)).digest())
    return SeenStamp(
        info["gen_time"].native, over=digest_of(algorithm) == imprint["hashed_message"].native,
        genuine=bool(intact and fits), certificate=certificates.signer_cert.dump(),
        others=tuple(item.dump() for item in certificates.other_certs), algorithms=(str(algorithm), str(own)))


def _evidence(reader: PdfFileReader, found: Iterable[EmbeddedPdfSignature]) -> Evidence:
    """The document's security store, and what signatures carry in Adobe's way."""
    try:
        kept = Evidence(*(tuple(_streams(reader, kind)) for kind in ("/Certs", "/OCSPs", "/CRLs")))
        for one in found:
            kept = kept.and_also(_archived(one))
    except Exception:  # evidence that cannot be read is no evidence
        _log.info("the evidence in a file could not be read", exc_info=True)
        return Evidence()
    return kept


def _streams(reader: PdfFileReader, kind: str) -> Iterator[bytes]:
    store = _at(reader.root, "/DSS", {})
    for item in _at(store, kind, ()):
        yield bytes(item.get_object().data if hasattr(item, "get_object") else item.data)


def _archived(one: EmbeddedPdfSignature) -> Evidence:
    """adbe-revocationInfoArchival (ISO 32000-1, 12.8.3.3.2) among the signed attributes."""
    for attribute in one.signer_info["signed_attrs"]:
        if attribute["type"].native == "adobe_revocation_info_archival":
            kept = attribute["values"][0]
            return Evidence(ocsps=tuple(item.dump() for item in kept["ocsp"] or ()),
                            crls=tuple(item.dump() for item in kept["crl"] or ()))
    return Evidence()


def _at(dictionary: Any, key: str, otherwise: Any) -> Any:
    """What stands under a key, followed where it is a reference; `get` would not follow it."""
    return dictionary[key] if key in dictionary else otherwise  # noqa: SIM401


def _words(value: Any) -> str:
    return str(value)[:200] if isinstance(value, str) else ""


def _aware(at: datetime | None) -> datetime | None:
    """A time without a zone tells no moment."""
    return at if at is not None and at.tzinfo is not None else None
