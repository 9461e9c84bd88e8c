"""A hospital with accounts at the sandbox's remote signers, for tests of the server and of whole journeys."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from records.messages import RemoteCertificateView, RemoteSigningView
from server.demo.pki import Issued
from tests.sandbox.mysign import PROFILE
from tests.sandbox.program import Sandbox, serving
from tests.sandbox.remote_signers import LOGIN, SECRET, SignerConduct, everyone
from tests.server.house import BY_NAME, issued, key

KINDS = {"smartca": "smartca", "smartca_code": "smartca", "mysign": "mysign", "csc1": "csc", "csc2": "csc"}
"""Our kinds of accounts, and which system of the sandbox plays each."""
CALL_BACK_KEY = "dia-chi-khong-ai-doan-duoc-7f3a"
ENDED = ("signed", "partly", "declined", "failed", "cancelled")


def people() -> dict[str, Issued]:
    """The staff whose keys the services hold."""
    return {BY_NAME[name].national_id: issued(name) for name in ("ha", "son")}


@contextmanager
def sandbox_of(home: Path) -> Iterator[Sandbox]:
    """All services, with the staff's keys."""
    home.mkdir(exist_ok=True)
    with serving(everyone(people()), home) as sandbox:
        yield sandbox


def write_accounts(file: Path, sandbox: Sandbox, *, waits_s: int = 300, secret: str = SECRET) -> None:
    """One account of each kind, named like the kind."""
    lines = []
    for kind, system in KINDS.items():
        lines += ["[[service]]", *(f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in {
            "name": kind, "kind": kind, "label": f"Dịch vụ {kind}", "url": sandbox.url(system), "login": LOGIN,
            "secret": secret, "profile": PROFILE if kind == "mysign" else "", "ca": str(sandbox.ca),
            "answers_within_s": 3.0, "every_s": 0.05, "waits_s": waits_s,
            **({"call_back_key": CALL_BACK_KEY} if kind == "smartca" else {})}.items())]
    file.parent.mkdir(exist_ok=True)
    file.write_text("\n".join(lines), "utf-8")


def conduct(sandbox: Sandbox, kind: str) -> SignerConduct:
    """How the service of that kind of account behaves."""
    told = sandbox.systems[KINDS[kind]].conduct
    assert isinstance(told, SignerConduct)
    return told


def some_data(count: int) -> list[bytes]:
    """What is to be signed, made up."""
    return [b"signed attributes " + secrets.token_bytes(16) for _ in range(count)]


def post(client: httpx.Client, path: str, body: Any = None, command: str = "") -> httpx.Response:
    """A command."""
    return client.post(f"/api/remote-signing/{path}", json=body, headers={"Idempotency-Key": command or key()})


def offered(client: httpx.Client, kind: str) -> RemoteCertificateView:
    """The caller's certificate at that service."""
    told = client.get("/api/remote-signing/certificates")
    assert told.status_code == 200, told.text
    return next(one for one in map(RemoteCertificateView.model_validate, told.json()) if one.service == kind)


def wish(certificate: RemoteCertificateView, data: list[bytes]) -> dict[str, Any]:
    """The body of a wish."""
    return {"service": certificate.service, "credential": certificate.credential,
            "certificate": certificate.certificate, "description": "Ký tờ điều trị",
            "hashes": [hashlib.sha256(one).hexdigest() for one in data]}


def until_ended(client: httpx.Client, which: object, within_s: float = 20) -> RemoteSigningView:
    """How the transaction ended."""
    end = time.monotonic() + within_s
    while True:
        told = RemoteSigningView.model_validate(client.get(f"/api/remote-signing/transactions/{which}").json())
        if told.state in ENDED:
            return told
        assert time.monotonic() < end, told
        time.sleep(0.05)


def values(told: RemoteSigningView) -> list[bytes]:
    """The signatures, in order."""
    return [base64.b64decode(one) for one in told.signatures]
