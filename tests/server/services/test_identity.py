"""Whose certificate it is: the number in the subject, the chain to a root, the purpose of a proof."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from records.enrolment import bytes_to_sign
from server.demo import pki
from server.services import identity
from tests.server.house import issuing, root

NOW = datetime.now(UTC)


def test_the_identity_number_is_read_from_the_subject() -> None:
    held = pki.issue_person(issuing(), "Lê Thu Hà", "099188001037")
    assert identity.identity_number(held.certificate) == "099188001037"
    assert identity.identity_number(root().certificate) == ""


def test_a_chain_leads_to_a_root_through_the_authorities_given() -> None:
    held = pki.issue_person(issuing(), "Lê Thu Hà", "099188001037").certificate
    between, roots = [issuing().certificate], [root().certificate]
    assert identity.chains_to(held, between, roots, NOW)
    assert not identity.chains_to(held, [], roots, NOW)
    assert not identity.chains_to(held, between, [pki.make_root("Root lạ").certificate], NOW)


def test_an_authority_that_has_ended_carries_nobody() -> None:
    held = pki.issue_person(issuing(), "Lê Thu Hà", "099188001037").certificate
    later = NOW + timedelta(days=365 * 15)
    assert not identity.chains_to(held, [issuing().certificate], [root().certificate], later)


def test_somebody_with_a_personal_certificate_is_no_authority() -> None:
    middle = pki.issue_person(issuing(), "Kẻ giả mạo", "099188009999")
    forged = pki.issue_person(middle, "Lê Thu Hà", "099188001037").certificate
    between = [middle.certificate, issuing().certificate]
    assert not identity.chains_to(forged, between, [root().certificate], NOW)


def test_a_document_signature_never_proves_possession() -> None:
    held = pki.issue_person(issuing(), "Lê Thu Hà", "099188001037")
    assert isinstance(held.key, rsa.RSAPrivateKey)
    bare = held.key.sign(b"challenge", padding.PKCS1v15(), hashes.SHA256())
    assert [reason.code for reason in identity.possession(held.certificate, b"challenge", bare)] == [
        "challenge_not_signed"]
    good = held.key.sign(bytes_to_sign(b"challenge"), padding.PKCS1v15(), hashes.SHA256())
    assert list(identity.possession(held.certificate, b"challenge", good)) == []
