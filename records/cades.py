"""The CMS of a CAdES/PAdES signature, B-B or B-T, in DER: what the token signs, and the container around its value.

Written out here because pyHanko's way through asn1crypto takes twenty times as long, more than everything else that a
signature costs the workstation; the outside judges (openssl, pdfsig, pyHanko) read it in the tests.
"""

from __future__ import annotations

import hashlib

from records.der import INTEGER, NULL, OCTETS, SEQUENCE, SET, object_id, wrap
from records.identities import Identity, Mechanism

OBJECT_IDS = {
    "data": "1.2.840.113549.1.7.1",
    "signed_data": "1.2.840.113549.1.7.2",
    "content_type": "1.2.840.113549.1.9.3",
    "message_digest": "1.2.840.113549.1.9.4",
    "signing_certificate_v2": "1.2.840.113549.1.9.16.2.47",
    "algorithm_protection": "1.2.840.113549.1.9.52",
    "time_stamp": "1.2.840.113549.1.9.16.2.14",
    "sha256": "2.16.840.1.101.3.4.2.1",
    Mechanism.RSA_SHA256: "1.2.840.113549.1.1.11",
    Mechanism.ECDSA_SHA256: "1.2.840.10045.4.3.2",
}


def signed_attributes(document_digest: bytes, identity: Identity) -> bytes:
    """DER of the signed attributes (RFC 5652 §5.3) over a document's SHA-256: the bytes that the token signs.

    PAdES (EN 319 142-1) wants no signing time here: it stands in the PDF's signature dictionary.
    """
    certificate = wrap(SEQUENCE, wrap(SEQUENCE, wrap(SEQUENCE, (
        wrap(OCTETS, hashlib.sha256(identity.certificate).digest()) + _issuer_serial(identity)
    ))))
    protection = wrap(SEQUENCE, _digest_algorithm() + wrap(0xA1, _signature_algorithm(identity.mechanism)[2:]))
    attributes = (
        _attribute("content_type", _object_id("data")),
        _attribute("message_digest", wrap(OCTETS, document_digest)),
        _attribute("signing_certificate_v2", certificate),
        _attribute("algorithm_protection", protection),
    )
    return wrap(SET, b"".join(sorted(attributes)))


def container(attributes: bytes, signature: bytes, identity: Identity, stamp: bytes = b"") -> bytes:
    """DER of the ContentInfo with the SignedData that holds the certificates and the one signature.

    `stamp`: the time-stamp token over the signature's value (B-T), the one unsigned attribute that we write.
    """
    issuer = identity.parsed.issuer.public_bytes()
    signer = wrap(SEQUENCE, b"".join((
        wrap(INTEGER, b"\x01"),
        wrap(SEQUENCE, issuer + _serial(identity)),
        _digest_algorithm(),
        b"\xa0" + attributes[1:],
        _signature_algorithm(identity.mechanism),
        wrap(OCTETS, signature),
        wrap(0xA1, _attribute("time_stamp", stamp)) if stamp else b"",
    )))
    certificates = b"".join(sorted((identity.certificate, *identity.chain)))
    signed_data = wrap(SEQUENCE, b"".join((
        wrap(INTEGER, b"\x01"),
        wrap(SET, _digest_algorithm()),
        wrap(SEQUENCE, _object_id("data")),
        wrap(0xA0, certificates),
        wrap(SET, signer),
    )))
    return wrap(SEQUENCE, _object_id("signed_data") + wrap(0xA0, signed_data))


def _attribute(name: str, value: bytes) -> bytes:
    return wrap(SEQUENCE, _object_id(name) + wrap(SET, value))


def _digest_algorithm() -> bytes:
    return wrap(SEQUENCE, _object_id("sha256"))


def _signature_algorithm(mechanism: Mechanism) -> bytes:
    parameters = wrap(NULL, b"") if mechanism is Mechanism.RSA_SHA256 else b""
    return wrap(SEQUENCE, _object_id(mechanism) + parameters)


def _issuer_serial(identity: Identity) -> bytes:
    """IssuerSerial of RFC 5035: the issuer as a GeneralName of kind directoryName."""
    names = wrap(SEQUENCE, wrap(0xA4, identity.parsed.issuer.public_bytes()))
    return wrap(SEQUENCE, names + _serial(identity))


def _serial(identity: Identity) -> bytes:
    number = identity.parsed.serial_number
    return wrap(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, signed=True))


def _object_id(name: str) -> bytes:
    return object_id(OBJECT_IDS[name])
