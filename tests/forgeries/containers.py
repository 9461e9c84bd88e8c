"""CMS containers that a verifier may let pass and the judge must not; each takes the document's digest."""

from __future__ import annotations

import hashlib

from asn1crypto import cms, core
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from records import cades
from tests.forgeries import people
from tests.forgeries.signing import container


def _opened(digest: bytes) -> cms.ContentInfo:
    return cms.ContentInfo.load(container(people.doctor())(digest))


def with_certificate_of_namesake(digest: bytes) -> bytes:
    """Number, issuer and certificate are the namesake's; the value is the doctor's."""
    who, other = people.identity(people.doctor()), people.identity(people.namesake())
    attributes = cades.signed_attributes(digest, who)
    return cades.container(attributes, people.raw_signature(people.doctor(), attributes), other)


def without_binding(digest: bytes) -> bytes:
    """Signed anew without signing-certificate-v2: the certificate could be exchanged for another of the same key."""
    who = people.identity(people.doctor())
    attributes = cms.CMSAttributes.load(cades.signed_attributes(digest, who))
    kept = cms.CMSAttributes([item for item in attributes if not item["type"].dotted.endswith("16.2.47")])
    data = kept.dump()
    return cades.container(data, people.raw_signature(people.doctor(), data), who)


def with_sha1(digest: bytes) -> bytes:
    """Everything with SHA-1."""
    content = _opened(digest)
    signer = content["content"]["signer_infos"][0]
    old = cms.DigestAlgorithm({"algorithm": "sha1"})
    signer["digest_algorithm"], content["content"]["digest_algorithms"] = old, [old]
    signer["signature_algorithm"] = {"algorithm": "sha1_rsa"}
    kept = [item for item in signer["signed_attrs"] if item["type"].native == "content_type"]
    attributes = cms.CMSAttributes([*kept, cms.CMSAttribute({
        "type": "message_digest", "values": [core.OctetString(hashlib.sha1(digest).digest())]})])
    binding = next(item for item in signer["signed_attrs"] if item["type"].dotted.endswith("16.2.47"))
    signer["signed_attrs"] = cms.CMSAttributes([*attributes, binding])
    key = people.doctor().key
    assert isinstance(key, rsa.RSAPrivateKey)
    signer["signature"] = key.sign(signer["signed_attrs"].untag().dump(), padding.PKCS1v15(), hashes.SHA1())
    return bytes(content.dump(force=True))


def with_unsigned_attribute(digest: bytes) -> bytes:
    """Something added that the signature does not cover."""
    content = _opened(digest)
    content["content"]["signer_infos"][0]["unsigned_attrs"] = cms.CMSAttributes([
        cms.CMSAttribute({"type": "content_type", "values": ["data"]})])
    return bytes(content.dump(force=True))


def with_spare_certificate(digest: bytes) -> bytes:
    """A certificate that has nothing to do with the signature."""
    content = _opened(digest)
    content["content"]["certificates"].append(
        cms.CertificateChoices({"certificate": cms.Certificate.load(people.namesake().der)}))
    return bytes(content.dump(force=True))

