"""Signatures that came from a remote service, held against the certificate and the very hashes that were sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from records.errors import Reason

_SHA256 = Prehashed(hashes.SHA256())


def signed_hash(certificate: x509.Certificate, signature: bytes, sha256: bytes) -> bool:
    """Whether the certificate's key made `signature` over data with that SHA-256."""
    key = certificate.public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, sha256, padding.PKCS1v15(), _SHA256)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, sha256, ec.ECDSA(_SHA256))
        else:
            return False
    except (InvalidSignature, ValueError):
        return False
    return True


def judged(certificate: bytes, sent: Sequence[bytes], found: Mapping[int, bytes], surplus: int = 0) -> Reason | None:
    """Why nothing of an answer may be used; None when each value stands at the place of its hash.

    A place may be missing: then that document stays unsigned. One value of another key, another hash or another
    place, or one too many, spoils the whole answer: whoever mixes them up once is not believed in the rest (R1).
    """
    if surplus:
        return Reason("remote_signatures_surplus", facts={"sent": len(sent), "surplus": surplus})
    if not found:
        return Reason("remote_signatures_none")
    parsed = x509.load_der_x509_certificate(certificate)
    wrong = [place for place, value in found.items()
             if not 0 <= place < len(sent) or not signed_hash(parsed, value, sent[place])]
    if wrong:
        return Reason("remote_signature_wrong", facts={"serial": f"{parsed.serial_number:X}", "wrong": len(wrong)})
    return None
