"""Is a signature's value right for its bytes, and does its certificate lead to a trusted root; the one pyHanko user.

No other module of `records` imports pyHanko. Everything is offline: what is trusted is given, nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pyhanko.sign.general import CMSStructuralError
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import validate_sig_integrity
from pyhanko_certvalidator import CertificateValidator
from pyhanko_certvalidator.context import ValidationContext
from pyhanko_certvalidator.errors import PathError, ValidationError

from records.cms import Certificate, Container
from records.errors import Reason
from records.trust import Trust


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
