"""The challenge of an enrolment, answered by the token and judged by the server's own rule."""

from __future__ import annotations

import base64
from datetime import timedelta
from uuid import UUID

from cryptography import x509

from records.messages import Challenge
from server.demo.pki import Issued
from server.services.identity import possession
from tests.workstation.signing.people import PIN, Person, now
from workstation.signing.enrolment import answer
from workstation.signing.token import TokenSigner

CHALLENGE = Challenge(id=UUID(int=7), challenge=base64.b64encode(b"r" * 32).decode(),
                      expires_at=now() + timedelta(hours=1))


def test_the_server_sees_that_the_token_holds_the_key(hardware: TokenSigner, doctor: Issued) -> None:
    (identity,) = hardware.identities()
    enrolment = answer(CHALLENGE, hardware, identity, Person(PIN))
    assert enrolment.challenge == CHALLENGE.id
    assert base64.b64decode(enrolment.certificate) == doctor.der
    assert tuple(map(base64.b64decode, enrolment.chain)) == doctor.chain_der
    certificate = x509.load_der_x509_certificate(doctor.der)
    signature = base64.b64decode(enrolment.signature)
    assert not list(possession(certificate, b"r" * 32, signature))
    assert [reason.code for reason in possession(certificate, b"x" * 32, signature)] == ["challenge_not_signed"]
