"""Enrols the demo staff's certificates through the server's own services: challenge, proof by the token, approval."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from records.enrolment import bytes_to_sign
from records.messages import Challenge, Enrolment
from records.policy import Person
from server.demo import phone
from server.demo.tokens import TokenHome, TokenSetupError, token_label
from server.ids import new_id
from server.services import certificates
from server.services.hospital import Hospital, SignedIn
from server.store import base, people, sessions

WORKSTATION = "console"


def enrol_staff(hospital: Hospital, tokens: TokenHome, data: Mapping[str, Any]) -> int:
    """Enrol everyone who holds a token and has no certificate yet; a person of IT approves. How many were enrolled."""
    approver = next(_signed_in(hospital, person["username"]) for person in data["staff"] if "it" in person["roles"])
    waiting = [who for person in data["staff"] if person["token"]
               if not _has_certificate(hospital, who := _signed_in(hospital, person["username"]))]
    if not waiting:
        return 0
    challenges = []
    for who in waiting:
        with hospital.desk(who) as desk:
            challenges.append(certificates.challenge(desk))
    proofs = _proofs(tokens, data["accounts"]["token_pin"], waiting, challenges)
    for who, challenge, proof in zip(waiting, challenges, proofs, strict=True):
        _enrolled(hospital, who, approver, Enrolment(
            challenge=challenge.id, certificate=proof["certificate"], chain=tuple(proof["chain"]),
            signature=proof["signature"]))
    return len(waiting)


def enrol_phone(hospital: Hospital, folder: Path, data: Mapping[str, Any]) -> bool:
    """Enrol the certificate that lies at the played service, approved by a person of IT; whether it was needed."""
    issued = phone.held(folder)
    if issued is None:
        return False
    who = _signed_in(hospital, phone.person(data)["username"])
    with hospital.desk(who) as desk:
        if any(view.serial.upper() == issued.serial.upper() for view in certificates.listed(desk)):
            return False
        challenge = certificates.challenge(desk)
    signature = phone.proof(issued, bytes_to_sign(base64.b64decode(challenge.challenge)))
    approver = next(_signed_in(hospital, one["username"]) for one in data["staff"] if "it" in one["roles"])
    _enrolled(hospital, who, approver, Enrolment(
        challenge=challenge.id, certificate=_text(issued.der), chain=tuple(map(_text, issued.chain_der)),
        signature=_text(signature)))
    return True


def _enrolled(hospital: Hospital, who: SignedIn, approver: SignedIn, enrolment: Enrolment) -> None:
    with hospital.desk(who) as desk:
        enrolled = certificates.enrol(desk, enrolment)
    with hospital.desk(approver) as desk:
        certificates.approve(desk, enrolled.id)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _signed_in(hospital: Hospital, username: str) -> SignedIn:
    with base.transaction(hospital.engine) as db:
        which = people.by_username(db, username)
        person: Person | None = sessions.person(db, which) if which else None
    if person is None:
        raise LookupError(f"the demo hospital has no {username}")
    return SignedIn(new_id(), person, username, WORKSTATION, datetime.now(UTC) + timedelta(minutes=5))


def _has_certificate(hospital: Hospital, who: SignedIn) -> bool:
    with hospital.desk(who) as desk:
        return any(view.state == "approved" for view in certificates.listed(desk) if view.person == who.person.id)


def _proofs(
    tokens: TokenHome, pin: str, waiting: list[SignedIn], challenges: list[Challenge],
) -> list[dict[str, Any]]:
    items = [
        {"label": token_label(who.person.full_name), "pin": pin,
         "data": base64.b64encode(bytes_to_sign(base64.b64decode(challenge.challenge))).decode()}
        for who, challenge in zip(waiting, challenges, strict=True)
    ]
    done = subprocess.run([sys.executable, "-m", "server.demo.token_prover"], text=True, capture_output=True,
                          input=json.dumps({"module": str(tokens.module), "items": items}), check=False, timeout=60,
                          env={**os.environ, **tokens.env}, cwd=Path(__file__).parents[2])
    if done.returncode:
        raise TokenSetupError(f"The demo tokens did not answer: {done.stderr.strip()[-300:]}")
    proofs: list[dict[str, Any]] = json.loads(done.stdout)
    return proofs
