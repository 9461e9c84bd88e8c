"""Proves to the server that the person at this workstation holds the key of the certificate to be enrolled."""

from __future__ import annotations

import base64

from records.enrolment import bytes_to_sign
from records.messages import Challenge, Enrolment
from workstation.signing.base import Identity, Prompter, Signer


def answer(challenge: Challenge, signer: Signer, identity: Identity, prompter: Prompter) -> Enrolment:
    """Sign the challenge with the token (this asks for the PIN), ready to be sent."""
    try:
        signer.open(identity, prompter)
        signature = signer.sign_raw(bytes_to_sign(base64.b64decode(challenge.challenge)), identity.mechanism)
    finally:
        signer.close()
    return Enrolment(challenge=challenge.id, certificate=_text(identity.certificate),
                     chain=tuple(map(_text, identity.chain)), signature=_text(signature))


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
