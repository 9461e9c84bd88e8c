"""Files whose time stamp, revocation or long-term evidence is wrong, each by a small named function."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from asn1crypto import cms, x509

from records import cades, evidence, timestamps
from records.revisions import revisions
from records.revocation import Evidence
from server.demo import pki
from server.demo.pki import Issued
from tests.forgeries import people, trust
from tests.forgeries.signing import flipped, gap, good, turned_page, updated
from tests.forgeries.trust import LATER, document_stamped, lasting, proofs, stamped, stamped_by, token
from tests.trust_services import Authority

# ------------------------------------------------------------------------------------------------ time stamps


def time_stamp_of_another_signature() -> bytes:
    return stamped_by(lambda value: token(hashlib.sha256(value + b"another").digest()))


def time_stamp_by_a_strange_authority() -> bytes:
    return stamped_by(lambda value: token(hashlib.sha256(value).digest(), trust.strange_stamper()))


def time_stamp_by_a_doctor() -> bytes:
    """A trusted certificate, but no authority's."""
    return stamped_by(lambda value: token(hashlib.sha256(value).digest(), people.doctor()))


def time_stamp_by_a_usage_that_is_not_critical() -> bytes:
    loose = pki.issue_stamper(people.issuing(), begin=people.LONG_AGO, critical=False)
    return stamped_by(lambda value: token(hashlib.sha256(value).digest(), loose))


def time_stamp_hours_after_the_claim() -> bytes:
    """The signature was made in the evening and says the morning."""
    return stamped_by(lambda value: token(hashlib.sha256(value).digest(), at=people.SIGNED + timedelta(minutes=15)))


def time_stamp_before_the_claim() -> bytes:
    return stamped_by(lambda value: token(hashlib.sha256(value).digest(), at=people.SIGNED - timedelta(hours=1)))


def time_stamp_in_the_future() -> bytes:
    return stamped_by(lambda value: token(hashlib.sha256(value).digest(), at=people.NOW + timedelta(days=1)))


def time_stamp_with_another_time_written_in() -> bytes:
    """The stamped time is changed, and nothing else."""
    def later(value: bytes) -> bytes:
        good_one = token(hashlib.sha256(value).digest())
        told = timestamps.read(good_one).at
        written = f"{told:%Y%m%d%H%M%S}".encode()
        return good_one.replace(written, f"{told + timedelta(seconds=1):%Y%m%d%H%M%S}".encode(), 1)

    return stamped_by(later)


def time_stamp_with_the_authoritys_certificate_and_another_key() -> bytes:
    forger = Issued(pki.issue_stamper(people.issuing(), begin=people.LONG_AGO).key, trust.stamper().certificate,
                    trust.stamper().chain)
    return stamped_by(lambda value: token(hashlib.sha256(value).digest(), forger))


def time_stamp_with_a_spare_certificate() -> bytes:
    def with_spare(value: bytes) -> bytes:
        content = cms.ContentInfo.load(token(hashlib.sha256(value).digest()))
        content["content"]["certificates"].append(x509.Certificate.load(people.colleague().der))
        return bytes(content.dump(force=True))

    return stamped_by(with_spare)


def time_stamp_that_is_none() -> bytes:
    return stamped_by(lambda value: cms.ContentInfo({"content_type": "data", "content": value}).dump())


def byte_flipped_in_time_stamp() -> bytes:
    """In the authority's signature, at the very end of the container."""
    file = stamped()
    begin, end = gap(file)
    used = len(file[begin:end].rstrip(b"0"))
    at = begin + used - 20
    return flipped(file, at, ord("1") ^ ord("2")) if file[at:at + 1] in b"12" else file[:at] + b"1" + file[at + 1:]


def two_time_stamps() -> bytes:
    def twice(digest: bytes) -> bytes:
        content = cms.ContentInfo.load(trust.stamped_container(people.doctor())(digest))
        attributes = content["content"]["signer_infos"][0]["unsigned_attrs"]
        attributes.append(attributes[0].copy())
        return bytes(content.dump(force=True))

    return trust.with_container(twice)


def time_stamp_stripped() -> bytes:
    """The stamp is taken out and the evidence written anew, without what spoke of the stamp."""
    def stripped(digest: bytes) -> bytes:
        who = people.identity(people.doctor())
        attributes = cades.signed_attributes(digest, who)
        return cades.container(attributes, people.raw_signature(people.doctor(), attributes), who)

    left = proofs(people.doctor())
    only_signer = Evidence((people.doctor().der, people.issuing().der, people.root().der),
                           (trust.authority().answer_for(people.doctor(), LATER),), left.crls)
    return evidence.stored(trust.with_container(stripped), only_signer)


# ------------------------------------------------------------------------------------------------ revocation


def revoked_before_the_stamp() -> bytes:
    knows = Authority(people.issuing(), trust.authority().responder)
    knows.revoke(people.doctor(), people.SIGNED - timedelta(days=1))
    return evidence.stored(stamped(), proofs(people.doctor(), authority_of=knows))


def authority_revoked_before_the_stamp() -> bytes:
    knows = Authority(people.root(), trust.root_authority().responder)
    knows.revoke(people.issuing(), people.SIGNED - timedelta(days=1))
    told = proofs(people.doctor())
    return evidence.stored(stamped(), Evidence(told.certificates, told.ocsps, (knows.listed(LATER),)))


# ------------------------------------------------------------------------------------------------ the store


def evidence_of_another_person() -> bytes:
    """The store of another file: everything in it is true, of somebody else."""
    return evidence.stored(stamped(), proofs(people.colleague()))


def evidence_with_strangers() -> bytes:
    told = proofs(people.doctor())
    more = Evidence(ocsps=(trust.authority().answer_for(people.colleague(), LATER),))
    return evidence.stored(stamped(), told.and_also(more))


def evidence_with_a_spare_certificate() -> bytes:
    return evidence.stored(stamped(), proofs(people.doctor()).and_also(Evidence((people.colleague().der,))))


def evidence_answered_by_nobody_who_may() -> bytes:
    """The answer is good, its signature too, but the doctor gave it about herself."""
    own = Authority(people.issuing(), people.doctor())
    told = proofs(people.doctor())
    ocsps = (own.answer_for(people.doctor(), LATER), trust.authority().answer_for(trust.stamper(), LATER))
    return evidence.stored(stamped(), Evidence(told.certificates, ocsps, told.crls))


def evidence_from_before_the_signature() -> bytes:
    return evidence.stored(stamped(), proofs(people.doctor(), at=people.SIGNED - timedelta(days=30)))


def evidence_with_a_page_change() -> bytes:
    """The store's revision also turns the page."""
    file = lasting()
    begin = file.rindex(b"startxref")
    (found,) = (item for item in revisions(file)[-1:])
    page = _page_of(file)
    turned = page.replace(b"/Type /Page", b"/Rotate 90 /Type /Page", 1)
    body, table = bytearray(file[:found.table]), file[found.table:begin]
    at = len(body)
    body += turned
    number = int(page.split(b" ", 1)[0])
    rows = table.replace(b"trailer\n", b"%d 1\n%010d 00000 n \ntrailer\n" % (number, at), 1)
    where = len(body)
    return bytes(body + rows + b"startxref\n%d\n%%%%EOF\n" % where)


def page_changed_before_the_evidence() -> bytes:
    return evidence.stored(updated(stamped(), turned_page), proofs(people.doctor()))


def page_changed_after_the_evidence() -> bytes:
    return updated(lasting(), turned_page)


def evidence_twice() -> bytes:
    return evidence.stored(lasting(), proofs(people.doctor()))


def byte_flipped_in_the_evidence() -> bytes:
    """In a certificate of the store."""
    file = lasting()
    at = file.index(people.doctor().der, len(stamped())) + 200
    return flipped(file, at)


def document_stamp_of_another_file() -> bytes:
    place = evidence.stamp_place(good())
    return evidence.stored(place.filled(token(hashlib.sha256(b"another").digest(), at=LATER)), proofs(people.doctor()))


def document_stamp_by_a_strange_authority() -> bytes:
    place = evidence.stamp_place(good())
    by_stranger = token(place.digest, trust.strange_stamper(), LATER)
    told = proofs(people.doctor())
    return evidence.stored(place.filled(by_stranger), told)


def document_stamp_without_evidence() -> bytes:
    return document_stamped(good())


def _page_of(file: bytes) -> bytes:
    """The page's object as the renderer wrote it."""
    first = revisions(file)[0]
    return next(file[begin:end] for begin, end in first.objects.values() if b"/Type /Page\n" in file[begin:end]
                or b"/Type /Page " in file[begin:end])


