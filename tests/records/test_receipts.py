"""The server's receipt: canonical, signed, and of one file only."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from records import receipts
from records.errors import Refusal
from records.receipts import Receipt
from records.signatures import Question, SignatureVerdict, Verdict, yes

AT = datetime(2026, 3, 1, 1, 2, 3, tzinfo=UTC)
KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
ID = receipts.key_id(KEY.public_key())


def verdict(sha256: str = "ab" * 32) -> Verdict:
    signature = SignatureVerdict("doctor", "Lê Thị Hoa", "001", "0A", "CA thử", AT, (yes(Question.INTACT),))
    return Verdict(sha256, (yes(Question.READABLE, pages=1, seconds=0.5),), (signature,))


def made() -> Receipt:
    return receipts.make(verdict(), AT, ID, KEY.sign)


def refused(receipt: Receipt, sha256: str | None = None) -> str:
    with pytest.raises(Refusal) as caught:
        receipts.verify(receipt, {ID: KEY.public_key()}, sha256)
    return caught.value.reasons[0].code


def test_a_receipt_gives_back_the_verdict_and_the_time() -> None:
    received = receipts.verify(Receipt.from_file(made().to_file()), KEY.public_key(), "ab" * 32)
    assert (received.received_at, received.key_id) == (AT, ID)
    assert received.verdict.good
    assert received.verdict.signatures == verdict().signatures


def test_the_same_verdict_makes_the_same_receipt() -> None:
    assert made() == made()


def test_a_receipt_of_another_file_is_refused() -> None:
    assert refused(made(), "cd" * 32) == "receipt_of_other_file"


def test_a_receipt_by_another_key_is_refused() -> None:
    other = Ed25519PrivateKey.from_private_bytes(b"x" * 32)
    assert refused(receipts.make(verdict(), AT, ID, other.sign)) == "receipt_forged"
    assert refused(receipts.make(verdict(), AT, "0" * 16, other.sign)) == "receipt_key_unknown"


def test_a_changed_byte_anywhere_in_a_receipt_is_refused() -> None:
    good = made()
    for at in range(0, len(good.body), 7):
        bent = bytearray(good.body)
        bent[at] ^= 1
        assert refused(Receipt(bytes(bent), good.signature)) in {
            "receipt_forged", "receipt_unreadable", "receipt_key_unknown"}


def test_another_message_signed_by_the_server_is_no_receipt() -> None:
    body = made().body
    assert refused(Receipt(body, KEY.sign(body))) == "receipt_forged"


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"receipt": 1, "receipt_signature": 2}', b"[" * 100_000])
def test_what_is_no_receipt_is_refused_without_a_crash(data: bytes) -> None:
    with pytest.raises(Refusal) as caught:
        Receipt.from_file(data)
    assert caught.value.reasons[0].code == "receipt_unreadable"


def test_rsa_and_elliptic_keys_sign_receipts_too() -> None:
    rsa_key = rsa.generate_private_key(65537, 2048)
    ec_key = ec.generate_private_key(ec.SECP256R1())
    by_rsa = receipts.make(verdict(), AT, "r", lambda data: rsa_key.sign(data, padding.PKCS1v15(), hashes.SHA256()))
    by_ec = receipts.make(verdict(), AT, "e", lambda data: ec_key.sign(data, ec.ECDSA(hashes.SHA256())))
    keys: dict[str, receipts.PublicKey] = {"r": rsa_key.public_key(), "e": ec_key.public_key()}
    assert receipts.verify(by_rsa, keys).key_id == "r"
    assert receipts.verify(by_ec, keys).key_id == "e"
