"""Remote signing through the server: each service, each outcome, call-backs, restarts; all over HTTPS."""

from __future__ import annotations

import base64
import logging
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text

from records import signing_pdf
from records.deadlines import ZONE
from records.enrolment import bytes_to_sign
from records.errors import Refusal
from records.messages import RemoteCertificateView, RemoteSigningView, RemoteSigningWish
from records.render import render_entry, slot_field
from records.signatures import mark_for
from server.exchange.remote_signing import read_accounts
from server.services import remote_polling, remote_signing
from server.store import base
from server.store import remote_signings as store
from tests.databases import Database
from tests.sandbox.csc import Csc
from tests.sandbox.mysign import MySign
from tests.sandbox.program import Sandbox
from tests.sandbox.remote_signers import OTP, PIN, SECRET, Transaction
from tests.sandbox.smartca import SmartCA
from tests.server import remote
from tests.server.house import House, at_desk, build, enrol, issued, reasons, send, served, settle_in
from tests.server.remote import CALL_BACK_KEY, KINDS, conduct, offered, post, some_data, until_ended, values, wish
from workstation.signing.base import Identity

TAPPED = ("smartca", "mysign", "csc2")


@pytest.fixture(scope="module")
def _sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with remote.sandbox_of(tmp_path_factory.mktemp("sandbox")) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(_sandbox: Sandbox) -> Iterator[Sandbox]:
    """The services, well-behaved again afterwards."""
    yield _sandbox
    for kind in KINDS:
        told = conduct(_sandbox, kind)
        told.phone, told.gives, told.lists, told.down, told.error, told.delay_s = "approve", "all", "own", "", "", 0.0
    _sandbox.asked.clear()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_polling, "LOOKS_EVERY_S", 0.05)


@pytest.fixture
def house(database: Database, tmp_path: Path, sandbox: Sandbox, quick: None) -> Iterator[House]:
    """A hospital with accounts at all services, not served yet; Dr Hà's certificate is approved."""
    settings, hospital = build(tmp_path, database.dsn)
    remote.write_accounts(tmp_path / "keys" / "remote_signing.toml", sandbox)
    trusted = ssl.create_default_context(cafile=tmp_path / "tls" / "ca.pem")
    house = House(settings, hospital, f"https://127.0.0.1:{settings.port}", trusted, {})
    settle_in(house)
    enrol(house, "ha")
    yield house
    hospital.close()


@contextmanager
def at_work(house: House, username: str = "ha") -> Iterator[httpx.Client]:
    with served(house.settings), house.sign_in(username) as client:
        yield client


def begun(client: httpx.Client, certificate: RemoteCertificateView, data: list[bytes]) -> UUID:
    told = post(client, "transactions", wish(certificate, data))
    assert told.status_code == 201, told.text
    which = told.json()["id"]
    if certificate.needs_code:
        assert post(client, f"transactions/{which}/confirm", {"secret": PIN, "otp": OTP}).status_code == 200
    return UUID(which)


def asked(client: httpx.Client, certificate: RemoteCertificateView, data: list[bytes]) -> RemoteSigningView:
    return until_ended(client, begun(client, certificate, data))


def rung(sandbox: Sandbox, kind: str) -> list[Transaction]:
    """Every transaction that a person was asked to confirm there."""
    system = sandbox.systems[KINDS[kind]]
    assert isinstance(system, Csc | MySign | SmartCA)
    return list(system.signers.transactions.values())


def codes(told: RemoteSigningView) -> list[str]:
    return [reason["code"] for reason in told.reasons]


def identity_of(certificate: RemoteCertificateView) -> Identity:
    return Identity(base64.b64decode(certificate.certificate), tuple(map(base64.b64decode, certificate.chain)))


@pytest.mark.parametrize("kind", KINDS)
def test_one_confirmation_signs_many_hashes_in_order(house: House, sandbox: Sandbox, kind: str) -> None:
    with at_work(house) as client:
        certificate, data = offered(client, kind), some_data(12)
        identity = identity_of(certificate)
        assert identity.certificate == issued("ha").der
        told = asked(client, certificate, data)
        assert (told.state, told.reasons) == ("signed", ())
        assert all(identity.made(value, one) for value, one in zip(values(told), data, strict=True))
        sent = [bytes.fromhex(one) for one in told.hashes]
        assert [made.hashes for made in rung(sandbox, kind)].count(sent) == 1


@pytest.mark.parametrize("kind", ["smartca_code", "csc1"])
def test_a_wrong_code_signs_nothing_and_stands_nowhere(
    house: House, sandbox: Sandbox, kind: str, caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    with at_work(house) as client:
        certificate = offered(client, kind)
        which = post(client, "transactions", wish(certificate, some_data(2))).json()["id"]
        assert post(client, f"transactions/{which}/confirm", {"secret": "mật-mã-sai-9", "otp": "909090"}).is_success
        told = until_ended(client, which)
        assert (told.state, codes(told)) == ("declined", ["remote_code_wrong"])
        again = post(client, f"transactions/{which}/confirm", {"secret": PIN, "otp": OTP})
        assert reasons(again) == ["remote_code_not_wanted"]
    with base.transaction(house.hospital.engine) as db:
        rows = repr(db.execute(text("SELECT * FROM remote_signings")).all())
        rows += repr(db.execute(text("SELECT * FROM audit_events")).all())
    for secret in ("mật-mã-sai-9", "909090", SECRET):
        assert secret not in caplog.text + rows
    assert SECRET not in repr(house.hospital.remote_accounts) + repr(house.hospital.remote_services)


@pytest.mark.parametrize("kind", TAPPED)
def test_what_waits_survives_a_restart_and_the_phone_rings_once(house: House, sandbox: Sandbox, kind: str) -> None:
    conduct(sandbox, kind).phone = "silent"
    data = some_data(3)
    with at_work(house) as client:
        which = begun(client, offered(client, kind), data)
        _until(lambda: state_of(house, which) == "waiting")
    before = len(rung(sandbox, kind))
    conduct(sandbox, kind).phone = "approve"
    with at_work(house) as client:
        assert [one["id"] for one in client.get("/api/remote-signing/transactions").json()] in ([str(which)], [])
        told = until_ended(client, which)
        assert told.state == "signed"
        assert identity_of(offered(client, kind)).made(values(told)[2], data[2])
    assert len(rung(sandbox, kind)) == before


def test_a_server_that_died_while_asking_never_asks_twice(house: House, sandbox: Sandbox) -> None:
    with at_work(house) as client:
        certificate = offered(client, "smartca")
    with house.hospital.desk(at_desk(house, "ha")) as desk:
        view = remote_signing.begin(desk, RemoteSigningWish.model_validate(wish(certificate, some_data(2))))
    with base.transaction(house.hospital.engine) as db:
        claimed = store.claim(db)  # and here the power went
        assert claimed is not None
        assert claimed[1] == "asked"
        db.execute(text("UPDATE remote_signings SET next_at = clock_timestamp()"))  # the lease is over
    with at_work(house) as client:
        told = until_ended(client, view.id)
    assert (told.state, codes(told)) == ("failed", ["remote_signing_interrupted"])
    assert sandbox.calls("smartca", "/v1/signatures/sign") == []


def test_who_never_taps_is_told_so_at_the_end_of_the_time(house: House, sandbox: Sandbox) -> None:
    conduct(sandbox, "mysign").phone = "silent"
    with at_work(house) as client:
        which = begun(client, offered(client, "mysign"), some_data(1))
        _until(lambda: state_of(house, which) == "waiting")
        with base.transaction(house.hospital.engine) as db:
            db.execute(text("UPDATE remote_signings SET ends_at = clock_timestamp()"))
        told = until_ended(client, which)
    assert (told.state, codes(told)) == ("declined", ["remote_too_late"])


def test_a_service_that_is_away_while_the_person_thinks_loses_nothing(house: House, sandbox: Sandbox) -> None:
    conduct(sandbox, "mysign").phone = "silent"
    with at_work(house) as client:
        which = begun(client, offered(client, "mysign"), some_data(2))
        _until(lambda: state_of(house, which) == "waiting")
        conduct(sandbox, "mysign").down = "cut"
        time.sleep(0.5)
        assert state_of(house, which) == "waiting"
        conduct(sandbox, "mysign").down, conduct(sandbox, "mysign").phone = "", "approve"
        assert until_ended(client, which).state == "signed"


def test_a_cancelled_transaction_uses_nothing_that_comes_later(house: House, sandbox: Sandbox) -> None:
    conduct(sandbox, "smartca").phone = "silent"
    with at_work(house) as client:
        which = begun(client, offered(client, "smartca"), some_data(1))
        _until(lambda: state_of(house, which) == "waiting")
        assert post(client, f"transactions/{which}/cancel").json()["state"] == "cancelled"
        conduct(sandbox, "smartca").phone = "approve"
        time.sleep(0.5)
        told = until_ended(client, which)
        assert (told.state, told.signatures) == ("cancelled", ())
        assert _call(house, sandbox, which).status_code == 404


def test_a_command_sent_twice_rings_once(house: House, sandbox: Sandbox) -> None:
    with at_work(house) as client:
        certificate = offered(client, "smartca")
        body, command = wish(certificate, some_data(1)), str(uuid4())
        first, again = (post(client, "transactions", body, command).json()["id"] for _ in range(2))
        assert first == again
        until_ended(client, first)
        assert len(sandbox.calls("smartca", "/v1/signatures/sign")) == 1


def test_smartcas_call_back_is_used_only_when_every_signature_verifies(house: House, sandbox: Sandbox) -> None:
    told = conduct(sandbox, "smartca")
    told.phone = "silent"
    with at_work(house) as client:
        which = begun(client, offered(client, "smartca"), some_data(3))
        _until(lambda: state_of(house, which) == "waiting")
        assert _call(house, sandbox, which, transaction_id=str(uuid4())).status_code == 404
        assert _call(house, sandbox, which, transaction_id="'; --").status_code == 404
        for gives in ("other_key", "wrong", "half", "surplus"):
            told.gives = gives
            assert _call(house, sandbox, which).status_code == 204
            assert state_of(house, which) == "waiting", gives
        told.gives = "all"
        assert _call(house, sandbox, which).status_code == 204
        ended = until_ended(client, which, 1)
        assert (ended.state, len(ended.signatures)) == ("signed", 3)


def test_a_call_back_by_who_does_not_know_the_secret_address_is_refused(
    house: House, sandbox: Sandbox, caplog: pytest.LogCaptureFixture,
) -> None:
    conduct(sandbox, "smartca").phone = "silent"
    with at_work(house) as client:
        which = begun(client, offered(client, "smartca"), some_data(1))
        _until(lambda: state_of(house, which) == "waiting")
        assert _call(house, sandbox, which, sp_id="somebody").status_code == 404
        for key in ("x", CALL_BACK_KEY[:-1], CALL_BACK_KEY.upper()):
            assert _call(house, sandbox, which, key=key).status_code == 404
        for service in ("mysign", "smartca_code", "khac"):
            assert _call(house, sandbox, which, service=service).status_code == 404
        assert state_of(house, which) == "waiting"
        assert CALL_BACK_KEY not in caplog.text


def test_a_call_back_again_changes_nothing_and_a_replay_is_refused(house: House, sandbox: Sandbox) -> None:
    told = conduct(sandbox, "smartca")
    told.phone = "silent"
    with at_work(house) as client:
        certificate = offered(client, "smartca")
        first, second = (begun(client, certificate, some_data(2)) for _ in range(2))
        for which in (first, second):
            _until(lambda which=which: state_of(house, which) == "waiting")  # type: ignore[misc]  # bound here
        assert _call(house, sandbox, first).status_code == 204
        kept = until_ended(client, first, 1)
        assert _call(house, sandbox, first).status_code == 204  # our answer was lost, and it says so again
        assert until_ended(client, first, 1) == kept
        assert _settled_notes(house, first) == 1
        # Another word about it, the same word about another transaction, and the same word too late: replays.
        told.gives = "half"
        assert _call(house, sandbox, first).status_code == 404
        told.gives = "all"
        assert _call(house, sandbox, first, transaction_id=str(second)).status_code == 204
        assert state_of(house, second) == "waiting"  # its values verify nothing here: the service is asked, no more
        with base.transaction(house.hospital.engine) as db:
            db.execute(text("UPDATE remote_signings SET ends_at = clock_timestamp() WHERE id = :id"), {"id": first})
        assert _call(house, sandbox, first).status_code == 404


def _settled_notes(house: House, which: UUID) -> int:
    with base.transaction(house.hospital.engine) as db:
        return int(db.execute(text("SELECT count(*) FROM audit_events WHERE action = 'remote_signing.signed' "
                                   "AND facts->>'transaction' = :id"), {"id": str(which)}).scalar_one())


def test_another_persons_certificate_is_neither_offered_nor_taken(house: House, sandbox: Sandbox) -> None:
    with at_work(house) as client:
        certificate = offered(client, "csc2")
        for kind in KINDS:
            conduct(sandbox, kind).lists = "other"
        assert client.get("/api/remote-signing/certificates").json() == []
        foreign = {**wish(certificate, some_data(1)), "certificate": base64.b64encode(issued("son").der).decode()}
        assert reasons(post(client, "transactions", foreign)) == ["remote_certificate_unfit"]
        assert reasons(post(client, "transactions", {**foreign, "service": "khac"})) == ["remote_service_unknown"]
        short = {**wish(certificate, some_data(1)), "hashes": ["abcd"]}
        assert reasons(post(client, "transactions", short)) == ["request_malformed"]


def test_a_certificate_that_is_not_approved_yet_signs_one_hash_and_no_stack(house: House, sandbox: Sandbox) -> None:
    with at_work(house, "son") as client:
        certificate = offered(client, "smartca")
        assert reasons(post(client, "transactions", wish(certificate, some_data(2)))) == ["remote_certificate_unfit"]
        challenge = client.post("/api/certificates/challenges", headers={"Idempotency-Key": str(uuid4())}).json()
        told = asked(client, certificate, [bytes_to_sign(base64.b64decode(challenge["challenge"]))])
        enrolled = client.post("/api/certificates", headers={"Idempotency-Key": str(uuid4())}, json={
            "challenge": challenge["id"], "certificate": certificate.certificate, "chain": certificate.chain,
            "signature": told.signatures[0]})
        assert (enrolled.status_code, enrolled.json()["state"]) == (201, "pending")


def test_nobody_sees_or_ends_another_persons_transaction(house: House, sandbox: Sandbox) -> None:
    conduct(sandbox, "smartca").phone = "silent"
    with at_work(house) as client, house.sign_in("son") as other:
        which = begun(client, offered(client, "smartca"), some_data(1))
        assert other.get(f"/api/remote-signing/transactions/{which}").status_code == 404
        assert post(other, f"transactions/{which}/cancel").status_code == 404
        assert other.get("/api/remote-signing/transactions").json() == []


def test_five_hundred_hashes_take_one_authorisation(house: House, sandbox: Sandbox) -> None:
    with at_work(house) as client:
        for kind in ("csc2", "csc1", "mysign", "smartca"):
            certificate, data = offered(client, kind), some_data(500)
            told = asked(client, certificate, data)
            assert (told.state, len(values(told))) == ("signed", 500)
        assert len(sandbox.calls("csc", "credentials/authorize")) == 2


def test_the_accounts_file_is_judged_without_telling_what_stands_in_it(tmp_path: Path) -> None:
    file = tmp_path / "remote_signing.toml"
    assert read_accounts(file) == ()
    plain = '[[service]]\nname = "x"\nkind = "csc1"\nlabel = "x"\nurl = "http://x"\nlogin = "l"\nsecret = "rat-bi-mat"'
    for body in (plain, '[[service]]\nsecret = "rat-bi-mat"\n', 'secret = "rat-bi-mat',
                 'service = ["rat-bi-mat"]'):
        file.write_text(body, "utf-8")
        with pytest.raises(Refusal) as refused:
            read_accounts(file)
        assert "rat-bi-mat" not in str(refused.value)


def state_of(house: House, which: UUID) -> str:
    with base.transaction(house.hospital.engine) as db:
        return store.one(db, which).state


def _until(true: Callable[[], bool], within_s: float = 10) -> None:
    end = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < end
        time.sleep(0.03)


def _call(house: House, sandbox: Sandbox, which: UUID, *, service: str = "smartca", key: str = CALL_BACK_KEY,
          **changes: object) -> httpx.Response:
    smartca = sandbox.systems["smartca"]
    assert isinstance(smartca, SmartCA)
    with house.guest() as vnpt:
        return vnpt.post(f"/api/remote-signing/callbacks/{service}/{key}",
                         json=smartca.call_back(str(which), **changes))


def test_a_tap_after_five_minutes_is_no_wrong_clock_but_an_old_signature_of_a_token_is(
    house: House, sandbox: Sandbox,
) -> None:
    before = datetime.now(ZONE).replace(microsecond=0) - timedelta(minutes=5)
    version = house.version(written_at=before, occurred_at=before - timedelta(minutes=3))
    with at_work(house) as client:
        certificate = offered(client, "mysign")
        identity = identity_of(certificate)
        mark = mark_for(version, "doctor", full_name=identity.full_name, title="BS.", signed_at=before,
                        certificate_serial=identity.serial, certificate_issuer=identity.issuer)
        prepared = signing_pdf.prepare(render_entry(version), slot_field("doctor"), mark, identity)
        told = asked(client, certificate, [prepared.to_sign])
        file = signing_pdf.complete(prepared, values(told)[0])
        late = send(client, house, version, file)
        assert "clock_off" in late.text  # the server was asked just now, for a signature of five minutes ago
        with base.transaction(house.hospital.engine) as db:
            db.execute(text("UPDATE remote_signings SET begun_at = begun_at - interval '5 minutes'"))
        taken = send(client, house, version, file)
        assert taken.status_code == 201, taken.text
