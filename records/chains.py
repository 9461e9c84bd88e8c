"""Is a signature's value right for its bytes, and does its certificate lead to a trusted root; the one pyHanko user.

No other module of `records` imports pyHanko. Everything is offline: what is trusted is given, nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Self

from asn1crypto import pem, x509
from pyhanko.sign.general import CMSStructuralError
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import validate_sig_integrity
from pyhanko_certvalidator import CertificateValidator
from pyhanko_certvalidator.context import ValidationContext
from pyhanko_certvalidator.errors import PathError, ValidationError

from records.cms import Certificate, Container
from records.errors import Reason, Refusal

STAMPS_ONLY = b"purpose: time stamps"


@dataclass(frozen=True)
class Trust:
    """Frozen trust: the roots, and the authorities between them and people, in DER."""

    roots: tuple[bytes, ...]
    intermediates: tuple[bytes, ...] = ()
    of_stamps: tuple[bytes, ...] = ()
    """Roots and authorities that are trusted for time stamps only."""

    @classmethod
    def from_pem(cls, *texts: bytes) -> Self:
        """Trust from PEM: self-issued certificates are roots, the others stand between; what is none is passed over.

        A text with the line `STAMPS_ONLY` before its certificates is trusted for time stamps and nothing else.
        """
        stamps = tuple(text for text in texts if STAMPS_ONLY in text.partition(b"-----BEGIN")[0])
        try:
            found = _certificates(text for text in texts if text not in stamps)
            of_stamps = _certificates(stamps)
        except (ValueError, TypeError) as error:
            raise Refusal.because("trust_unreadable", detail=str(error)[:200]) from error
        return cls(tuple(der for der, root in found.items() if root),
                   tuple(der for der, root in found.items() if not root), tuple(of_stamps))

    @cached_property
    def stamps(self) -> Trust:
        """What time-stamp authorities are judged by: the authorities of persons, and those for stamps only."""
        selfs = {der: bool(x509.Certificate.load(der).self_issued) for der in self.of_stamps}
        return Trust((*self.roots, *(der for der, root in selfs.items() if root)),
                     (*self.intermediates, *(der for der, root in selfs.items() if not root)))

    @cached_property
    def parsed_roots(self) -> tuple[x509.Certificate, ...]:
        """The roots, parsed once."""
        return tuple(x509.Certificate.load(der) for der in self.roots)

    @cached_property
    def parsed_intermediates(self) -> tuple[x509.Certificate, ...]:
        """The others, parsed once."""
        return tuple(x509.Certificate.load(der) for der in self.intermediates)


def _certificates(texts: Iterable[bytes]) -> dict[bytes, bool]:
    """DER -> whether it is self-issued."""
    parts = [part for text in texts for part in pem.unarmor(text, multiple=True)]
    found = [der for kind, _, der in parts if kind == "CERTIFICATE"]
    return {der: bool(x509.Certificate.load(der, strict=True).self_issued) for der in found}


def wrong_value(container: Container, digest: bytes, where: str, content: str = "data") -> tuple[Reason, ...]:
    """What is wrong with the signature's value over bytes of that digest; nothing when it is right."""
    try:
        intact, valid = validate_sig_integrity(container.info, container.signer.parsed, content, digest)
    except (SignatureValidationError, CMSStructuralError) as error:
        told = str(error)
        return (Reason("certificate_not_bound" if "igning certificate" in told else "signature_wrong", where),)
    altered = () if intact else (Reason("signature_altered", where),)
    return altered if valid else (*altered, Reason("signature_wrong", where))


def path_to_root(signer: Certificate, others: Sequence[Certificate], trust: Trust, when: datetime) -> list[bytes] | str:
    """DER of the chain from the root to the signer's issuer, or why there is none."""
    key = (signer.der, tuple(item.der for item in others), trust)
    known = _known.get(key)
    if known is None or not known.begins <= when <= known.ends:
        found = _validated(signer, others, trust, when)
        if isinstance(found, str):
            return found
        if len(_known) >= KEPT_PATHS:
            _known.clear()
        known = _known[key] = found
    return list(known.certificates)


KEPT_PATHS = 512
"""A stack of fifty is signed with one certificate; its chain need not be proved fifty times."""


@dataclass(frozen=True)
class _Path:
    """A proved chain, and while it holds: nothing else in the proof depends on the time."""

    certificates: tuple[bytes, ...]
    begins: datetime
    ends: datetime


_known: dict[tuple[bytes, tuple[bytes, ...], Trust], _Path] = {}


def _validated(signer: Certificate, others: Sequence[Certificate], trust: Trust, when: datetime) -> _Path | str:
    context = ValidationContext(
        trust_roots=trust.parsed_roots, other_certs=[*trust.parsed_intermediates, *(item.parsed for item in others)],
        moment=when.astimezone(UTC), allow_fetching=False, revocation_mode="soft-fail",
    )
    validator = CertificateValidator(signer.parsed, validation_context=context)
    try:
        path = list(_finished(validator.async_validate_path()).iter_certs(include_root=True))
    except (PathError, ValidationError) as error:
        return str(error)[:300]
    return _Path(tuple(item.dump() for item in path[:-1]), max(item.not_valid_before for item in path),
                 min(item.not_valid_after for item in path))


def _finished(work: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine that never waits: nothing is fetched, so an event loop would only cost time."""
    try:
        work.send(None)
    except StopIteration as end:
        return end.value
    work.close()
    raise RuntimeError("the path validator waits for something")
