"""The value of one signature, read against the one shape that we write (CAdES B-B or B-T), with no tolerance.

CMS leaves room that no signature covers: padding, letter case of hexadecimal digits, spare certificates, unsigned
attributes, other encodings of the same algorithm. A changed byte there would pass any verifier; here the value is
built again from its parts and compared, so that it does not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from asn1crypto import algos, cms, keys, tsp, x509

from records.der import BITS, NULL, OCTETS, SEQUENCE, SET, object_id, whole, wrap
from records.errors import Reason, Refusal

DIGESTS = {"sha256": "2.16.840.1.101.3.4.2.1", "sha384": "2.16.840.1.101.3.4.2.2", "sha512": "2.16.840.1.101.3.4.2.3"}
CURVES = frozenset({"secp256r1", "secp384r1"})
RSA_BITS = range(2048, 4097)
_NATIONAL_ID = re.compile(r"(?:CCCD|CMND|CMT|HC)\s*:\s*([0-9A-Z]+)", re.IGNORECASE)
_DIGITS = re.compile(r"\d{9}|\d{12}")
BINDING: str = tsp.CMSAttributeType.map("1.2.840.113549.1.9.16.2.47")
"""signing-certificate-v2 (RFC 5035): the signature says which certificate it belongs to."""
SIGNED_DATA = object_id("1.2.840.113549.1.7.2")
STAMP = object_id("1.2.840.113549.1.9.16.2.14")
DATA = wrap(SEQUENCE, object_id("1.2.840.113549.1.7.1"))
"""Detached content: the bytes lie in the PDF."""
_ATTRIBUTES = frozenset({
    "content_type", "message_digest", BINDING, "cms_algorithm_protection",
    "commitment_type_indication", "signer_attr_v2",
})


@dataclass(frozen=True)
class Certificate:
    """An X.509 certificate, asked for what a judgement needs."""

    der: bytes

    @cached_property
    def parsed(self) -> x509.Certificate:
        """As asn1crypto (and pyHanko) hold it."""
        return x509.Certificate.load(self.der, strict=True)

    @property
    def name(self) -> str:
        """Common name of the subject."""
        return _first(self.parsed.subject, "common_name")

    @property
    def issuer(self) -> str:
        """Common name of the issuer."""
        return _first(self.parsed.issuer, "common_name") or str(self.parsed.issuer.human_friendly)

    @property
    def serial(self) -> str:
        """Upper-case hexadecimal, as marks print it."""
        return f"{self.parsed.serial_number:X}"

    @property
    def national_id(self) -> str:
        """The subject's identity number: `CCCD:...` in UID or serialNumber, or the digits alone; else empty."""
        for kind in ("user_id", "serial_number"):
            told = _first(self.parsed.subject, kind)
            found = _NATIONAL_ID.search(told)
            if found:
                return found.group(1).upper()
            if _DIGITS.fullmatch(told.strip()):
                return told.strip()
        return ""

    @property
    def for_documents(self) -> bool:
        """Key usage nonRepudiation (contentCommitment): what RFC 5280 asks of a key that signs documents."""
        usage = self.parsed.key_usage_value
        return usage is not None and "non_repudiation" in usage.native

    def weakness(self) -> str:
        """What is too weak in its key; empty when nothing is."""
        key: keys.PublicKeyInfo = self.parsed.public_key
        if key.algorithm == "rsa":
            return "" if key.bit_size in RSA_BITS else f"RSA {key.bit_size}"
        if key.algorithm == "ec" and key.curve[0] == "named":
            return "" if key.curve[1] in CURVES else f"ECDSA {key.curve[1]}"
        return str(key.algorithm)

    @property
    def well_formed(self) -> bool:
        """Nothing outside the part that its issuer signed can be changed: the outer frame is built again."""
        outer = self.parsed
        inner = outer["tbs_certificate"]
        value: bytes = outer["signature_value"].native
        algorithm: bytes = inner["signature"].dump()
        frame = wrap(SEQUENCE, inner.dump() + algorithm + wrap(BITS, b"\0" + value))
        return frame == self.der


def _first(name: x509.Name, kind: str) -> str:
    value = name.native.get(kind, "")
    return str(value[0] if isinstance(value, list) else value)


@dataclass(frozen=True)
class Container:
    """A signature's CMS: who signed, with what, over which digest."""

    signer: Certificate
    others: tuple[Certificate, ...]
    info: cms.SignerInfo
    digest: str
    stamp: bytes = b""
    """The time-stamp token over the value (RFC 3161): the only unsigned attribute there may be."""

    @property
    def weakness(self) -> str:
        """An algorithm that is not accepted; empty when all are."""
        return "" if self.digest in DIGESTS else self.digest


def unpadded(contents: bytes, written: bytes, where: str) -> tuple[bytes, tuple[Reason, ...]]:
    """The DER value in `/Contents`, and what is wrong with how it was written.

    `written` is the hexadecimal text as it stands in the file.
    """
    size = whole(contents)
    value, rest = contents[:size], contents[size:]
    reasons = []
    if rest.strip(b"\0") or written[2 * size:].strip(b"0"):
        reasons.append(Reason("signature_padding_not_zero", where))
    digits = written[:2 * size].decode("latin-1")
    if digits not in (value.hex(), value.hex().upper()) or len(written) != 2 * len(contents):
        reasons.append(Reason("signature_encoding_foreign", where, {"detail": "hexadecimal digits"}))
    return value, tuple(reasons)


def read(der: bytes, where: str) -> Container:
    """The container, or a refusal that says what is not as we write it."""
    try:
        return _read(der, where)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError, OverflowError) as error:
        raise Refusal.because("signature_unreadable", where, detail=f"{type(error).__name__}: {error}"[:200]) from error


def _read(der: bytes, where: str) -> Container:
    signed = signed_data(der)
    info = signed["signer_infos"][0]
    signer, others = certificates_of(signed, info)
    digest = str(info["digest_algorithm"]["algorithm"].native)
    stamp = _stamp(info, where)
    if digest in DIGESTS and built(signed, info, signer, version=1, content=DATA, stamp=stamp) != der:
        raise Refusal.because("signature_encoding_foreign", where, detail="more or other parts than CAdES has")
    kinds = [attribute["type"].native for attribute in info["signed_attrs"]]
    if len(kinds) != len(set(kinds)) or not set(kinds) <= _ATTRIBUTES:
        raise Refusal.because("signature_encoding_foreign", where, detail="signed attributes " + ", ".join(kinds))
    if BINDING not in kinds:
        raise Refusal.because("certificate_not_bound", where)
    return Container(signer, others, info, digest, stamp)


def signed_data(der: bytes) -> cms.SignedData:
    """The signed data with its one signer."""
    content = cms.ContentInfo.load(der, strict=True)
    if content["content_type"].native != "signed_data":
        raise ValueError("it is no signed data")
    signed = content["content"]
    if len(signed["signer_infos"]) != 1:
        raise ValueError(f"{len(signed['signer_infos'])} signers")
    return signed


def certificates_of(signed: cms.SignedData, info: cms.SignerInfo) -> tuple[Certificate, tuple[Certificate, ...]]:
    """The signer's certificate, and the others beside it."""
    certificates = [Certificate(choice.chosen.dump()) for choice in signed["certificates"]]
    identifier = info["sid"].chosen
    named = [item for item in certificates if item.parsed.serial_number == identifier["serial_number"].native
             and item.parsed.issuer.dump() == identifier["issuer"].dump()]
    if len(named) != 1:
        raise ValueError("the signer's certificate is not inside")
    return named[0], tuple(item for item in certificates if item is not named[0])


def _stamp(info: cms.SignerInfo, where: str) -> bytes:
    """The time-stamp token; empty when there is no unsigned attribute, refused when there is any other."""
    attributes = info["unsigned_attrs"]
    if not len(attributes):
        return b""
    kinds = [attribute["type"].native for attribute in attributes]
    if kinds != ["signature_time_stamp_token"] or len(attributes[0]["values"]) != 1:
        raise Refusal.because("signature_encoding_foreign", where, detail="unsigned attributes " + ", ".join(kinds))
    token: bytes = attributes[0]["values"][0].dump()
    return token


def built(signed: cms.SignedData, info: cms.SignerInfo, signer: Certificate, *, version: int, content: bytes,
          stamp: bytes = b"") -> bytes:
    """The container made again from its parts, in the one order and encoding that we write and accept."""
    digest = _digest_algorithm(info["digest_algorithm"])
    attributes = info["signed_attrs"].untag().dump()
    identifier = wrap(SEQUENCE, signer.parsed.issuer.dump() + signer.parsed["tbs_certificate"]["serial_number"].dump())
    unsigned = wrap(0xA1, wrap(SEQUENCE, STAMP + wrap(SET, stamp))) if stamp else b""
    one = wrap(SEQUENCE, b"".join((
        b"\x02\x01\x01", identifier, digest, b"\xa0" + attributes[1:],
        _signature_algorithm(info["signature_algorithm"]), wrap(OCTETS, info["signature"].native), unsigned,
    )))
    certificates = b"".join(choice.chosen.dump() for choice in signed["certificates"])
    data = wrap(SEQUENCE, b"".join((
        b"\x02\x01" + bytes((version,)), wrap(SET, digest), content, wrap(0xA0, certificates), wrap(SET, one),
    )))
    return wrap(SEQUENCE, SIGNED_DATA + wrap(0xA0, data))


def _digest_algorithm(found: algos.DigestAlgorithm) -> bytes:
    """SHA-2, with or without the idle NULL; any other parameter yields what cannot be equal."""
    bare = algos.DigestAlgorithm({"algorithm": found["algorithm"].native})["algorithm"].dump()
    told: bytes = found.dump()
    return told if told in (wrap(SEQUENCE, bare), wrap(SEQUENCE, bare + wrap(NULL, b""))) else b""


def _signature_algorithm(found: algos.SignedDigestAlgorithm) -> bytes:
    bare = algos.SignedDigestAlgorithm({"algorithm": found["algorithm"].native})["algorithm"].dump()
    told: bytes = found.dump()
    return told if told in (wrap(SEQUENCE, bare), wrap(SEQUENCE, bare + wrap(NULL, b""))) else b""
