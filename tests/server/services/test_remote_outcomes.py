"""Every behaviour of phone and service, for each kind of account: signed or not, in plain words, no secret."""

from __future__ import annotations

import base64
import logging
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from records.errors import Reason
from records.messages import RemoteCertificateView, RemoteSigningView
from server.services import remote_polling
from server.store import base
from server.store import remote_signings as store
from tests.databases import Database
from tests.sandbox.csc import Csc
from tests.sandbox.mysign import PROFILE
from tests.sandbox.program import Sandbox
from tests.sandbox.remote_signers import LOGIN, OTP, PIN, SECRET, SignerConduct
from tests.server import remote
from tests.server.house import House, build, enrol, issued, served, settle_in
from tests.server.remote import CALL_BACK_KEY, KINDS, conduct, offered, post, some_data, until_ended, values, wish
from workstation.signing.base import Identity

TAPPED = frozenset({"smartca", "mysign", "csc2"})
EVERY = frozenset(KINDS)
MEANT = {"signed": ("",), "partly": ("chưa ký",), "unsigned": ("Chưa ký gì", "Không dùng chữ ký nào")}
"""What the words must say of each end."""


@dataclass(frozen=True)
class Row:
    """One behaviour and its end."""

    name: str
    end: str
    code: str = ""
    first: dict[str, Any] = field(default_factory=dict)
    """How phone and service behave when they are asked."""
    then: dict[str, Any] = field(default_factory=dict)
    """And once the person has been asked: only where somebody taps."""
    kinds: frozenset[str] = EVERY


ROWS = (
    Row("approve", "signed"),
    Row("refuse", "unsigned", "remote_refused_on_phone", {"phone": "refuse"}, kinds=TAPPED),
    Row("time out at the service", "unsigned", "remote_too_late", {"phone": "late"}, kinds=TAPPED),
    Row("nobody taps", "unsigned", "remote_too_late", {"phone": "silent"}, {"phone": "silent"}, TAPPED),
    Row("half a list", "partly", "remote_signatures_missing", {"gives": "half"}),
    Row("no list", "unsigned", "remote_signatures_none", {"gives": "none"}),
    Row("one too many", "unsigned", "remote_signatures_surplus", {"gives": "surplus"}),
    Row("in another order", "unsigned", "remote_signature_wrong", {"gives": "swapped"}),
    Row("another person's key", "unsigned", "remote_signature_wrong", {"gives": "other_key"}),
    Row("wrong bytes", "unsigned", "remote_signature_wrong", {"gives": "wrong"}),
    Row("down", "unsigned", "remote_service_away", {"down": "cut"}),
    Row("500", "unsigned", "remote_service_away", {"down": "500"}),
    Row("503", "unsigned", "remote_service_away", {"down": "503"}),
    Row("our account is refused", "unsigned", "remote_service_login", {"down": "401"}),
    Row("certificate locked", "unsigned", "remote_certificate_not_active", {"down": "403"}),
    Row("slow, in time", "signed", first={"delay_s": 0.6}),
    Row("slower than we wait", "unsigned", "remote_service_away", {"delay_s": 3.6}),
    Row("500 while the person thinks, then fine", "signed", "", {"phone": "silent"}, {"down": "500"}, TAPPED),
    Row("down while the person thinks, then fine", "signed", "", {"phone": "silent"}, {"down": "cut"}, TAPPED),
)


@pytest.fixture(scope="module")
def _sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with remote.sandbox_of(tmp_path_factory.mktemp("sandbox")) as made:
        yield made


@pytest.fixture
def sandbox(_sandbox: Sandbox) -> Iterator[Sandbox]:
    """Well-behaved before and after."""
    yield _sandbox
    for kind in KINDS:
        well(_sandbox, kind)


def well(sandbox: Sandbox, kind: str) -> None:
    for name, value in vars(SignerConduct()).items():
        setattr(conduct(sandbox, kind), name, value)


@dataclass
class Wire:
    """A workstation's door to the server, and every byte that went through it."""

    client: httpx.Client
    sent: bytearray
    came: bytearray


@pytest.fixture
def house(database: Database, tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setattr(remote_polling, "LOOKS_EVERY_S", 0.05)
    settings, hospital = build(tmp_path, database.dsn)
    remote.write_accounts(tmp_path / "keys" / "remote_signing.toml", sandbox)
    trusted = ssl.create_default_context(cafile=tmp_path / "tls" / "ca.pem")
    made = House(settings, hospital, f"https://127.0.0.1:{settings.port}", trusted, {})
    settle_in(made)
    enrol(made, "ha")
    with served(settings):
        yield made
    hospital.close()


@pytest.fixture
def wire(house: House) -> Iterator[Wire]:
    with house.sign_in("ha") as client:
        made = Wire(client, bytearray(), bytearray())

        def sent(request: httpx.Request) -> None:
            made.sent += str(request.url).encode() + str(request.headers).encode() + request.read()

        def came(answer: httpx.Response) -> None:
            made.came += str(answer.headers).encode() + answer.read()

        client.event_hooks = {"request": [sent], "response": [came]}
        yield made


def ended(house: House, sandbox: Sandbox, client: httpx.Client, certificate: RemoteCertificateView, row: Row,
          data: list[bytes]) -> RemoteSigningView:
    """Asked under the row's conduct; how it ended."""
    kind = certificate.service
    for name, value in row.first.items():
        setattr(conduct(sandbox, kind), name, value)
    which = UUID(post(client, "transactions", wish(certificate, data)).json()["id"])
    if certificate.needs_code:
        post(client, f"transactions/{which}/confirm", {"secret": PIN, "otp": OTP})
    if row.then:
        _until(lambda: _state(house, which) == "waiting")
        for name, value in row.then.items():
            setattr(conduct(sandbox, kind), name, value)
        time.sleep(0.3)
        assert _state(house, which) == "waiting"
        if row.then.get("phone") == "silent":
            _time_passes(house, which)
        else:
            well(sandbox, kind)
    return until_ended(client, which)


@pytest.mark.parametrize("kind", KINDS)
def test_each_behaviour_ends_signed_or_unsigned_and_says_so(
    house: House, sandbox: Sandbox, wire: Wire, kind: str, caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    certificate = offered(wire.client, kind)
    identity = Identity(base64.b64decode(certificate.certificate))
    for row in (row for row in ROWS if kind in row.kinds):
        data = some_data(4)
        told = ended(house, sandbox, wire.client, certificate, row, data)
        well(sandbox, kind)
        signed = [bool(value) and identity.made(value, one) for value, one in zip(values(told), data, strict=False)]
        wanted = {"signed": [True] * 4, "partly": [True, True, False, False], "unsigned": []}[row.end]
        assert signed == wanted, (kind, row.name)
        reasons = [Reason.from_json(reason) for reason in told.reasons]
        assert [reason.code for reason in reasons] == ([row.code] if row.code else []), (kind, row.name)
        for reason in reasons:
            assert any(words in reason.vietnamese for words in MEANT[row.end]), (row.name, reason.vietnamese)
            assert reason.todo, row.name
            assert not any(word in reason.vietnamese for word in ("Error", "HTTP", "None", "{")), row.name
    _no_secret(sandbox, wire, caplog.text, house)


@pytest.mark.parametrize("kind", KINDS)
def test_another_persons_certificate_is_neither_shown_nor_signed_with(
    house: House, sandbox: Sandbox, wire: Wire, kind: str,
) -> None:
    mine = offered(wire.client, kind)
    conduct(sandbox, kind).lists = "other"
    assert all(one["service"] != kind for one in wire.client.get("/api/remote-signing/certificates").json())
    other = {**wish(mine, some_data(1)), "certificate": base64.b64encode(issued("son").der).decode()}
    refused = post(wire.client, "transactions", other)
    assert refused.json()["reasons"][0]["code"] == "remote_certificate_unfit"
    assert "không đứng tên" in refused.json()["reasons"][0]["vietnamese"]


def _no_secret(sandbox: Sandbox, wire: Wire, logs: str, house: House) -> None:
    """The service's account and its access tokens stand in no log and on no workstation's wire."""
    csc = sandbox.systems["csc"]
    assert isinstance(csc, Csc)
    ours = [SECRET, LOGIN, CALL_BACK_KEY, PROFILE, *csc.tokens, *csc.authorised]
    seen = bytes(wire.sent + wire.came)
    files = b"".join(file.read_bytes() for file in house.settings.home.rglob("*.log"))
    assert len(seen) > 5000
    assert len(logs) > 1000
    for secret in ours:
        assert secret.encode() not in seen + files, "on the wire"
    for secret in (SECRET, CALL_BACK_KEY, *csc.tokens, f'"{PIN}"', f'"{OTP}"'):
        assert secret not in logs, "in a log"
    for typed in (PIN, OTP):
        assert f'"{typed}"'.encode() not in bytes(wire.came), "a code came back"


def _state(house: House, which: UUID) -> str:
    with base.transaction(house.hospital.engine) as db:
        return store.one(db, which).state


def _time_passes(house: House, which: UUID) -> None:
    with base.transaction(house.hospital.engine) as db:
        db.execute(text("UPDATE remote_signings SET ends_at = clock_timestamp() WHERE id = :id"), {"id": which})


def _until(true: Callable[[], bool], within_s: float = 10) -> None:
    end = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < end
        time.sleep(0.03)
