"""The CMS of a CAdES/PAdES B-B signature, in DER: what the token signs, and the container around its signature.

Written out here because pyHanko's way through asn1crypto takes twenty times as long, more than everything else that a
signature costs the workstation; the outside judges (openssl, pdfsig, pyHanko) read it in the tests.
"""

from __future__ import annotations

import hashlib

from records.identities import Identity, Mechanism

OBJECT_IDS = {
    "data": "1.2.840.113549.1.7.1",
    "signed_data": "1.2.840.113549.1.7.2",
    "content_type": "1.2.840.113549.1.9.3",
    "message_digest": "1.2.840.113549.1.9.4",
    "signing_certificate_v2": "1.2.840.113549.1.9.16.2.47",
    "algorithm_protection": "1.2.840.113549.1.9.52",
    "sha256": "2.16.840.1.101.3.4.2.1",
    Mechanism.RSA_SHA256: "1.2.840.113549.1.1.11",
    Mechanism.ECDSA_SHA256: "1.2.840.10045.4.3.2",
}
INTEGER, OCTETS, NULL, OBJECT_ID, SEQUENCE, SET = 0x02, 0x04, 0x05, 0x06, 0x30, 0x31


def signed_attributes(document_digest: bytes, identity: Identity) -> bytes:
    """DER of the signed attributes (RFC 5652 §5.3) over a document's SHA-256: the bytes that the token signs.

    PAdES (EN 319 142-1) wants no signing time here: it stands in the PDF's signature dictionary.
    """
    certificate = _der(SEQUENCE, _der(SEQUENCE, _der(SEQUENCE, (
        _der(OCTETS, hashlib.sha256(identity.certificate).digest()) + _issuer_serial(identity)
    ))))
    protection = _der(SEQUENCE, _digest_algorithm() + _der(0xA1, _signature_algorithm(identity.mechanism)[2:]))
    attributes = (
        _attribute("content_type", _object_id("data")),
        _attribute("message_digest", _der(OCTETS, document_digest)),
        _attribute("signing_certificate_v2", certificate),
        _attribute("algorithm_protection", protection),
    )
    return _der(SET, b"".join(sorted(attributes)))


def container(attributes: bytes, signature: bytes, identity: Identity) -> bytes:
    """DER of the ContentInfo with the SignedData that holds the certificates and the one signature."""
    issuer = identity.parsed.issuer.public_bytes()
    signer = _der(SEQUENCE, b"".join((
        _der(INTEGER, b"\x01"),
        _der(SEQUENCE, issuer + _serial(identity)),
        _digest_algorithm(),
        b"\xa0" + attributes[1:],
        _signature_algorithm(identity.mechanism),
        _der(OCTETS, signature),
    )))
    certificates = b"".join(sorted((identity.certificate, *identity.chain)))
    signed_data = _der(SEQUENCE, b"".join((
        _der(INTEGER, b"\x01"),
        _der(SET, _digest_algorithm()),
        _der(SEQUENCE, _object_id("data")),
        _der(0xA0, certificates),
        _der(SET, signer),
    )))
    return _der(SEQUENCE, _object_id("signed_data") + _der(0xA0, signed_data))


def _attribute(name: str, value: bytes) -> bytes:
    return _der(SEQUENCE, _object_id(name) + _der(SET, value))


def _digest_algorithm() -> bytes:
    return _der(SEQUENCE, _object_id("sha256"))


def _signature_algorithm(mechanism: Mechanism) -> bytes:
    parameters = _der(NULL, b"") if mechanism is Mechanism.RSA_SHA256 else b""
    return _der(SEQUENCE, _object_id(mechanism) + parameters)


def _issuer_serial(identity: Identity) -> bytes:
    """IssuerSerial of RFC 5035: the issuer as a GeneralName of kind directoryName."""
    names = _der(SEQUENCE, _der(0xA4, identity.parsed.issuer.public_bytes()))
    return _der(SEQUENCE, names + _serial(identity))


def _serial(identity: Identity) -> bytes:
    number = identity.parsed.serial_number
    return _der(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, signed=True))


def _object_id(name: str) -> bytes:
    first, second, *rest = map(int, OBJECT_IDS[name].split("."))
    body = bytearray([first * 40 + second])
    for arc in rest:
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(0x80 | (arc & 0x7F))
        body += bytes(reversed(groups))
    return _der(OBJECT_ID, bytes(body))


def _der(tag: int, body: bytes) -> bytes:
    if len(body) < 0x80:
        return bytes((tag, len(body))) + body
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8)
    return bytes((tag, 0x80 | len(length))) + length + body
