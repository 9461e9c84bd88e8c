"""Whose certificate is this: proof of possession, chain to a trusted root, identity number in the subject."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import NameOID

from records.enrolment import bytes_to_sign
from records.errors import Reason, Refusal
from records.receipts import PublicKey, signed_by

LONGEST_CHAIN = 5


def read_certificate(der: bytes) -> x509.Certificate:
    """The certificate in DER, or a refusal."""
    try:
        return x509.load_der_x509_certificate(der)
    except ValueError as error:
        raise Refusal.because("certificate_unreadable") from error


def serial_of(certificate: x509.Certificate) -> str:
    """The serial number as marks print it."""
    return f"{certificate.serial_number:X}"


def common_name(name: x509.Name) -> str:
    """The CN, or the whole name when there is none."""
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else name.rfc4514_string()


def identity_number(certificate: x509.Certificate) -> str:
    """The digits after CCCD: in UID or serialNumber of the subject; empty when there are none."""
    for oid in (NameOID.USER_ID, NameOID.SERIAL_NUMBER):
        for attribute in certificate.subject.get_attributes_for_oid(oid):
            if found := re.fullmatch(r"(?:CCCD|CMND|CCD):?\s*(\d{9,12})", str(attribute.value).strip()):
                return found.group(1)
    return ""


def possession(certificate: x509.Certificate, challenge: bytes, signature: bytes) -> Iterator[Reason]:
    """The token that holds the certificate's key has signed the challenge."""
    key = certificate.public_key()
    if not isinstance(key, PublicKey) or not signed_by(key, signature, bytes_to_sign(challenge)):
        yield Reason("challenge_not_signed")


def standing(certificate: x509.Certificate, at: datetime) -> Iterator[Reason]:
    """Valid now, and made for signing documents."""
    if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        yield Reason("certificate_out_of_time", facts={"until": f"{certificate.not_valid_after_utc:%d/%m/%Y}"})
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        yield Reason("certificate_not_for_signing")
        return
    if not (usage.digital_signature or usage.content_commitment):
        yield Reason("certificate_not_for_signing")


def untrusted(certificate: x509.Certificate) -> Reason:
    """No path of issuers leads to a trusted root."""
    return Reason("certificate_untrusted", common_name(certificate.issuer))


def chains_to(
    certificate: x509.Certificate, between: Sequence[x509.Certificate], roots: Sequence[x509.Certificate], at: datetime,
) -> bool:
    """Whether a path of issuers that were valid at that moment leads to one of the roots."""
    current = certificate
    for _ in range(LONGEST_CHAIN):
        if any(_issued(current, root) or current == root for root in roots):
            return True
        above = next((one for one in between if one != current and _issued(current, one) and _authority(one, at)), None)
        if above is None:
            return False
        current = above
    return False


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def is_authority(certificate: x509.Certificate) -> bool:
    """Whether it may issue certificates at all."""
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _authority(certificate: x509.Certificate, at: datetime) -> bool:
    return is_authority(certificate) and certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc
