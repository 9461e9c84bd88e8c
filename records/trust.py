"""Whom a judge of signatures trusts: roots and the authorities below them, as files of PEM texts name them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from asn1crypto import pem, x509

from records.errors import Refusal

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
