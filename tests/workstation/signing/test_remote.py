"""Tokens and remote certificates as one signer: a service that is away holds nobody up who has a token."""

from __future__ import annotations

import base64
from uuid import UUID

import pytest

from records.errors import Refusal, Trouble
from records.messages import RemoteCertificateView, RemoteCode, RemoteSigningView, RemoteSigningWish
from server.demo.pki import Issued
from tests.workstation.signing.people import PIN, Person
from workstation.signing.base import Mechanism
from workstation.signing.remote import RemoteSigner, TokensAndRemote
from workstation.signing.token import TokenSigner


class Door:
    """The list of certificates, or a service that is away; nothing is signed through it here."""

    def __init__(self, held: Issued | None) -> None:
        self.held, self.asked = held, 0

    def remote_certificates(self, within_s: float) -> tuple[RemoteCertificateView, ...]:
        self.asked += 1
        if self.held is None:
            raise Trouble.because("remote_service_away", "MySign", detail="ConnectTimeout")
        return (RemoteCertificateView(service="mysign", label="MySign", needs_code=False, credential="1",
                                      certificate=base64.b64encode(self.held.der).decode()),)

    def remote_begin(self, wish: RemoteSigningWish, key: UUID) -> RemoteSigningView:
        raise NotImplementedError

    def remote_state(self, transaction: UUID) -> RemoteSigningView:
        raise NotImplementedError

    def remote_confirm(self, transaction: UUID, code: RemoteCode, key: UUID) -> RemoteSigningView:
        raise NotImplementedError

    def remote_cancel(self, transaction: UUID, key: UUID) -> RemoteSigningView:
        raise NotImplementedError


def test_both_are_listed_and_the_token_still_signs(hardware: TokenSigner, doctor: Issued) -> None:
    both = TokensAndRemote(hardware, RemoteSigner(Door(doctor)))
    here, there = both.identities()
    assert (here.module.startswith("remote:"), there.module) == (False, "remote:mysign")
    assert [token.label for token in both.tokens()][-1] == "MySign"
    both.open(here, Person(PIN))
    assert not both.together
    assert here.made(both.sign_raw(b"one", Mechanism.RSA_SHA256), b"one")
    both.close()


def test_who_has_a_token_waits_for_a_service_that_is_away_once_and_not_each_time(hardware: TokenSigner) -> None:
    door = Door(None)
    both = TokensAndRemote(hardware, RemoteSigner(door))
    for _ in range(3):
        assert len(both.identities()) == 1
    assert door.asked == 1


def test_without_a_token_the_service_is_asked_each_time_and_its_trouble_is_told(hardware: TokenSigner) -> None:
    door = Door(None)
    signer = RemoteSigner(door)
    for _ in range(2):
        assert signer.identities() == ()
    assert door.asked == 2
    said: Refusal = signer.absence()
    assert [reason.code for reason in said.reasons] == ["remote_service_away"]
    assert RemoteSigner(door, lambda: True).identities() == ()
    assert door.asked == 2
    with pytest.raises(Refusal, match="token"):
        _ = signer.identity
