"""What a token signs to prove that it holds the key of the certificate to be enrolled."""

from __future__ import annotations

PURPOSE = b"benhan-enrol-v1:"
"""Stands before the challenge, so that a signature over it can never pass for one over a document."""


def bytes_to_sign(challenge: bytes) -> bytes:
    """What the token signs for this challenge, and what the server holds the signature against."""
    return PURPOSE + challenge
