"""RFC 3161: the request for a time stamp, its answer, and the judgement of a token; nothing is sent from here.

A token stands outside what the signature covers, so it is read as strictly as the signature itself: built again from
its parts and compared, its certificates only those of its own chain.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from asn1crypto import algos, core, tsp

from records.chains import path_to_root, wrong_value
from records.cms import DIGESTS, Certificate, Container, built, certificates_of, signed_data
from records.der import OCTETS, SEQUENCE, object_id, wrap
from records.errors import Reason, Refusal
from records.trust import Trust

TST_INFO = object_id("1.2.840.113549.1.9.16.1.4")
GRANTED = frozenset({"granted", "granted_with_mods"})
_BROKEN = (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError, OverflowError)


@dataclass(frozen=True)
class Token:
    """A time stamp: who stamped which digest, when."""

    der: bytes
    container: Container
    content: bytes
    """DER of the TSTInfo: what the authority signed."""
    imprint: bytes
    algorithm: str
    at: datetime
    nonce: int | None = None

    @property
    def authority(self) -> str:
        """The time-stamp authority's name."""
        return self.container.signer.name


def request(digest: bytes, nonce: int) -> bytes:
    """DER of the request to stamp a SHA-256 digest, with the authority's certificates in the answer."""
    return bytes(tsp.TimeStampReq({
        "version": "v1",
        "message_imprint": {"hash_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}), "hashed_message": digest},
        "nonce": core.Integer(nonce), "cert_req": True,
    }).dump())


def answered(response: bytes, digest: bytes, nonce: int) -> Token:
    """The token in an authority's answer to that request; refuses what is no token for it."""
    try:
        told = tsp.TimeStampResp.load(response, strict=True)
        status = str(told["status"]["status"].native)
        der = told["time_stamp_token"].dump() if status in GRANTED else b""
    except _BROKEN as error:
        raise Refusal.because("stamp_unreadable", detail=f"{type(error).__name__}: {error}"[:200]) from error
    if not der:
        raise Refusal.because("stamp_not_granted", detail=status)
    token = read(der)
    if (token.imprint, token.algorithm, token.nonce) != (digest, "sha256", nonce):
        raise Refusal.because("stamp_of_other_signature", "")
    return token


def read(der: bytes, where: str = "") -> Token:
    """A token, or a refusal that says what is not as it must be."""
    try:
        return _read(der)
    except _BROKEN as error:
        raise Refusal.because("stamp_unreadable", where, detail=f"{type(error).__name__}: {error}"[:200]) from error


def _read(der: bytes) -> Token:
    signed = signed_data(der)
    info = signed["signer_infos"][0]
    signer, others = certificates_of(signed, info)
    inside = signed["encap_content_info"]
    content: bytes = inside["content"].contents if inside["content_type"].native == "tst_info" else b""
    digest = str(info["digest_algorithm"]["algorithm"].native)
    encapsulated = wrap(SEQUENCE, TST_INFO + wrap(0xA0, wrap(OCTETS, content)))
    if digest not in DIGESTS or built(signed, info, signer, version=3, content=encapsulated) != der:
        raise ValueError("more or other parts than a time stamp has")
    told = tsp.TSTInfo.load(content, strict=True)
    imprint, nonce = told["message_imprint"], told["nonce"].native
    return Token(der, Container(signer, others, info, digest), content, imprint["hashed_message"].native,
                 str(imprint["hash_algorithm"]["algorithm"].native), told["gen_time"].native.astimezone(UTC), nonce)


def wrong(token: Token, digest: bytes, trust: Trust, where: str) -> tuple[Reason, ...]:
    """What is wrong with a stamp over that SHA-256 digest; nothing when it proves its time."""
    if (token.imprint, token.algorithm) != (digest, "sha256"):
        return (Reason("stamp_of_other_signature", where),)
    signer, facts = token.container.signer, {"authority": token.authority}
    inner = hashlib.new(token.container.digest, token.content).digest()
    if signer.weakness() or wrong_value(token.container, inner, where, "tst_info"):
        return (Reason("stamp_forged", where, facts),)
    if not for_stamping(signer):
        return (Reason("stamp_not_by_an_authority", where, facts),)
    path = authorities(token, trust)
    if isinstance(path, str):
        return (Reason("stamp_untrusted", where, facts),)
    known = {*trust.stamps.roots, *trust.stamps.intermediates}
    strangers = [item for item in token.container.others
                 if item.der not in known and not (item.der in path and item.well_formed)]
    return (Reason("stamp_carries_strangers", where, facts),) if strangers or not signer.well_formed else ()


def authorities(token: Token, trust: Trust) -> list[bytes] | str:
    """DER of the chain above the authority, root first, at the stamped time; or why there is none."""
    return path_to_root(token.container.signer, token.container.others, trust.stamps, token.at)


def for_stamping(certificate: Certificate) -> bool:
    """Its one extended key usage is time stamping, and critical (RFC 3161 2.3)."""
    usage = certificate.parsed.extended_key_usage_value
    critical = "extended_key_usage" in certificate.parsed.critical_extensions
    return usage is not None and usage.native == ["time_stamping"] and critical
