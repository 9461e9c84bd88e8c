"""The queue of long-term evidence over living services: complete, away, revoked, no contract, after a restart."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from records import evidence, pades, receipts
from records.receipts import Receipt
from records.signatures import EvidenceLevel, Question
from server.inspection import verify
from server.services import evidence as gathering
from server.services import trust_services
from server.store import base
from tests.databases import Database
from tests.server.house import House, build, key, reasons, send, served, settle_in
from tests.server.trusted import Trusted, trusted

Settle = Callable[..., House]


@pytest.fixture(scope="module")
def _one() -> Iterator[Trusted]:
    with trusted() as made:
        yield made


@pytest.fixture
def services(_one: Trusted) -> Iterator[Trusted]:
    """The services, awake and with nobody revoked."""
    yield _one
    _one.services.down.clear()
    _one.services.delay_s = 0
    _one.authority.revoked.clear()


@pytest.fixture
def settle(database: Database, tmp_path: Path, services: Trusted) -> Iterator[Settle]:
    """A served hospital whose queue is worked on only when the test says so."""
    made: list[House] = []

    def make(**changes: object) -> House:
        settings, hospital = build(tmp_path, database.dsn, **{
            "tsa_url": services.services.tsa, "evidence_every_s": 3600.0, **changes})
        trust = ssl.create_default_context(cafile=tmp_path / "tls" / "ca.pem")
        house = House(settings, hospital, f"https://127.0.0.1:{settings.port}", trust, {})
        settle_in(house)
        services.enrol(house, "ha")
        made.append(house)
        return house

    yield make
    for house in made:
        house.hospital.close()


@pytest.fixture
def house(settle: Settle) -> House:
    return settle()


def accepted(house: House, services: Trusted, *, stamped: bool = True) -> dict[str, object]:
    """A row that the doctor signed and the server took, as the server shows it."""
    with served(house.settings), house.sign_in("ha") as client:
        version = house.version("ha")
        answer = send(client, house, version, services.sign(house, version, stamped=stamped))
        assert answer.status_code == 201, answer.text
        entry: dict[str, object] = answer.json()["entry"]
        return entry


def shown(house: House, entry: object) -> dict[str, object]:
    with served(house.settings), house.sign_in("ha") as client:
        found: dict[str, object] = client.get(f"/api/entries/{entry}").json()
        return found


def make_due(house: House) -> None:
    with base.transaction(house.hospital.engine) as db:
        db.execute(text("UPDATE evidence_tasks SET next_at = clock_timestamp() WHERE state = 'waiting'"))


def due_now(house: House) -> None:
    make_due(house)
    house.hospital.services.wake()


def file_of(house: House, sha256: object) -> bytes:
    with base.transaction(house.hospital.engine) as db:
        opened = house.hospital.keys.of(db, house.encounter)
    return house.hospital.blobs.get(opened, str(sha256))


def test_a_stamped_signature_gets_its_evidence_and_the_signed_file_stays(house: House, services: Trusted) -> None:
    entry = accepted(house, services)
    assert (entry["evidence"], entry["evidence_pending"], entry["evidence_file"]) == ("T", True, "")
    assert gathering.work(house.hospital)
    assert not gathering.work(house.hospital)
    now = shown(house, entry["id"])
    assert (now["evidence"], now["evidence_pending"], now["file"]) == ("LT", False, entry["file"])
    whole = file_of(house, now["evidence_file"])
    assert whole.startswith(file_of(house, entry["file"]))
    verdict = pades.judge(whole, house.hospital.trust, datetime.now(UTC))
    assert verdict.good
    assert verdict.level is EvidenceLevel.LT


def test_both_files_have_a_receipt_and_both_can_be_had(house: House, services: Trusted) -> None:
    entry = accepted(house, services)
    gathering.work(house.hospital)
    now = shown(house, entry["id"])
    with served(house.settings), house.sign_in("ha") as client:
        for sha256 in (entry["file"], now["evidence_file"]):
            assert client.get(f"/api/files/{sha256}").status_code == 200
            receipt = Receipt.from_file(client.get(f"/api/files/{sha256}/receipt").content)
            server = house.hospital.server_key
            received = receipts.verify(receipt, {server.id: server.public}, str(sha256))
            assert received.verdict.good
            (signature,) = received.verdict.signatures
            assert [signature.answer(asked) for asked in (Question.SIGNER_ENROLLED, Question.AUTHORISED)] == [
                "yes", "yes"], "what the server knew when it took the file is said of the lasting one too"
    assert verify(house.settings, anchor=None, as_json=False) == 0


def test_without_a_stamp_the_document_is_stamped_when_the_service_is_back(house: House, services: Trusted) -> None:
    services.services.down.add("tsa")
    entry = accepted(house, services, stamped=False)
    gathering.work(house.hospital)
    waiting = shown(house, entry["id"])
    assert (waiting["evidence"], waiting["evidence_pending"]) == ("B", True)
    services.services.down.clear()
    due_now(house)
    gathering.work(house.hospital)
    now = shown(house, entry["id"])
    assert now["evidence"] == "LT"
    assert evidence.peeled(file_of(house, now["evidence_file"])).stamp


def test_an_authority_that_is_away_is_asked_again_later_and_later(house: House, services: Trusted) -> None:
    services.services.down |= {"ocsp", "crl"}
    accepted(house, services)
    waits = []
    for _ in range(3):
        due_now(house)
        assert gathering.work(house.hospital)
        with base.transaction(house.hospital.engine) as db:
            row = db.execute(text("SELECT next_at - changed_at AS wait, attempts, reasons FROM evidence_tasks")).one()
        waits.append(row.wait)
        assert row.reasons[0]["code"] == "evidence_incomplete"
    assert waits[0] < waits[1] < waits[2]
    assert row.attempts == 3


def postponed_for(house: House) -> float:
    with base.transaction(house.hospital.engine) as db:
        return float(db.execute(text(
            "SELECT extract(epoch FROM next_at - changed_at) FROM evidence_tasks")).scalar_one())


@pytest.mark.parametrize(("down", "stamped"), [(("ocsp", "crl"), True), (("tsa",), False)])
def test_a_service_that_only_rests_is_asked_when_its_rest_is_over(
    house: House, services: Trusted, monkeypatch: pytest.MonkeyPatch, down: tuple[str, ...], *, stamped: bool,
) -> None:
    """One question came to nothing, and put the services to rest: what was never asked does not wait for hours."""
    accepted(house, services, stamped=stamped)
    services.services.down |= set(down)
    gathering.work(house.hospital)
    services.services.down.clear()
    asked = len(services.services.asked)
    for tries in (2, 3):
        make_due(house)
        assert gathering.work(house.hospital)
        assert postponed_for(house) < trust_services.RESTS_S + 2, f"after {tries} tries"
    assert len(services.services.asked) == asked
    monkeypatch.setattr(gathering, "RESTED_TRIES", 3)
    make_due(house)
    assert gathering.work(house.hospital)
    assert postponed_for(house) > 200, "in a long outage nobody opens every file twice a minute"
    due_now(house)
    assert gathering.work(house.hospital)
    with base.transaction(house.hospital.engine) as db:
        assert db.execute(text("SELECT state FROM evidence_tasks")).scalar_one() == "done"


def test_the_queue_tells_what_waits_and_why(house: House, services: Trusted) -> None:
    services.services.down |= {"ocsp", "crl"}
    entry = accepted(house, services)
    gathering.work(house.hospital)
    with served(house.settings), house.sign_in("huy") as client:
        told = client.get("/api/evidence").json()
        assert (told["waiting"], told["stamps"]) == (1, True)
        assert told["tasks"][0]["entry"] == entry["id"]
        assert told["tasks"][0]["reasons"][0]["vietnamese"]
        services.services.down.clear()
        client.post("/api/evidence/retry", headers={"Idempotency-Key": key()})
        house.hospital.services.wake()
        assert gathering.work(house.hospital)
        assert client.get("/api/evidence").json()["done"] == 1
    with served(house.settings), house.sign_in("ha") as client:
        assert reasons(client.get("/api/evidence")) == ["right_missing"]


def test_a_task_that_was_taken_and_not_finished_comes_back(house: House, services: Trusted) -> None:
    from server.store import evidence as store

    accepted(house, services)
    with base.transaction(house.hospital.engine) as db:
        assert store.claim(db) is not None
    assert not gathering.work(house.hospital), "it is taken"
    with base.transaction(house.hospital.engine) as db:
        db.execute(text("UPDATE evidence_tasks SET next_at = next_at - interval '10 minutes'"))
    assert gathering.work(house.hospital), "whoever took it is dead"


@pytest.mark.parametrize("ended", ["postponed", "failed"])
def test_who_asks_for_it_while_it_is_tried_has_it_tried_again(house: House, services: Trusted, ended: str) -> None:
    from server.store import evidence as store

    accepted(house, services)
    with base.transaction(house.hospital.engine) as db:
        task = store.claim(db)
    assert task is not None
    with base.transaction(house.hospital.engine) as db:
        assert store.retry_at_once(db) == 1
    with base.transaction(house.hospital.engine) as db:
        if ended == "failed":
            store.fail(db, task, ())
        else:
            store.postpone(db, task, datetime.now(UTC) + timedelta(hours=1), ())
    assert gathering.work(house.hospital), "what was mended meanwhile is not waited for"


def test_revoked_after_the_stamp_is_still_good(house: House, services: Trusted) -> None:
    entry = accepted(house, services)
    services.authority.revoke(services.people["ha"], datetime.now(UTC) + timedelta(seconds=1))
    services.services.now = lambda: datetime.now(UTC) + timedelta(seconds=30)
    try:
        gathering.work(house.hospital)
    finally:
        services.services.now = lambda: datetime.now(UTC)
    assert shown(house, entry["id"])["evidence"] == "LT"


def test_revoked_before_the_stamp_fails_and_a_person_must_look(house: House, services: Trusted) -> None:
    """The authority tells late: the file was taken while its answer was still good."""
    entry = accepted(house, services)
    services.authority.revoke(services.people["ha"], datetime.now(UTC) - timedelta(hours=1))
    gathering.work(house.hospital)
    with served(house.settings), house.sign_in("huy") as client:
        (task,) = client.get("/api/evidence").json()["tasks"]
    assert task["state"] == "failed"
    assert "certificate_revoked_before" in [reason["code"] for reason in task["reasons"]]
    assert shown(house, entry["id"])["evidence_pending"]


def test_a_certificate_that_is_known_to_be_revoked_is_refused_at_acceptance(house: House, services: Trusted) -> None:
    services.authority.revoke(services.people["ha"], datetime.now(UTC) - timedelta(hours=1))
    with served(house.settings), house.sign_in("ha") as client:
        (standing,) = client.get("/api/certificates/standing").json()
        assert standing["state"] == "revoked"
        version = house.version("ha")
        answer = send(client, house, version, services.sign(house, version, stamped=True))
    assert answer.status_code == 422
    assert "certificate_revoked_before" in reasons(answer)


def test_the_standing_of_a_certificate_is_told_before_signing(house: House, services: Trusted) -> None:
    with served(house.settings), house.sign_in("ha") as client:
        (standing,) = client.get("/api/certificates/standing").json()
        assert (standing["state"], standing["serial"]) == ("good", services.people["ha"].serial)
        asked = len(services.services.asked)
        client.get("/api/certificates/standing")
        assert len(services.services.asked) == asked, "an answer of this hour still counts"


def test_when_nobody_answers_the_standing_is_unknown_and_signing_goes_on(house: House, services: Trusted) -> None:
    services.services.down |= {"ocsp", "crl"}
    with served(house.settings), house.sign_in("ha") as client:
        assert [one["state"] for one in client.get("/api/certificates/standing").json()] == ["unknown"]
        version = house.version("ha")
        assert send(client, house, version, services.sign(house, version, stamped=True)).status_code == 201


def test_a_hospital_without_a_contract_stays_at_b_and_says_so(settle: Settle, services: Trusted) -> None:
    house = settle(tsa_url="")
    entry = accepted(house, services, stamped=False)
    gathering.work(house.hospital)
    assert (entry["evidence"], entry["evidence_pending"]) == ("B", True)
    with served(house.settings), house.sign_in("huy") as client:
        told = client.get("/api/evidence").json()
    assert not told["stamps"]
    assert told["tasks"][0]["reasons"][0]["code"] == "no_time_stamp_contract"


def stamp_of(client: httpx.Client, digest: str) -> httpx.Response:
    return client.post("/api/timestamps", json={"digest": digest})


def test_the_server_gives_a_stamp_while_the_signer_waits(house: House) -> None:
    with served(house.settings), house.sign_in("ha") as client:
        answer = stamp_of(client, "ab" * 32)
        assert answer.status_code == 201
        assert answer.json()["authority"] == "Dấu thời gian tập sự"


def test_a_service_that_is_away_makes_the_stamp_pending_and_is_not_asked_again_at_once(
    house: House, services: Trusted,
) -> None:
    services.services.down.add("tsa")
    with served(house.settings), house.sign_in("ha") as client:
        asked = len(services.services.asked)
        answers = [stamp_of(client, "ab" * 32) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [202] * 5
    assert answers[0].json()["reasons"][0]["code"] == "trust_service_away"
    assert len(services.services.asked) == asked + 1


def test_a_slow_service_does_not_hold_the_signer(settle: Settle, services: Trusted) -> None:
    house = settle(tsa_wait_s=0.3)
    services.services.delay_s = 12.0
    with served(house.settings), house.sign_in("ha") as client:
        begin = datetime.now(UTC)
        assert stamp_of(client, "ab" * 32).status_code == 202
        assert datetime.now(UTC) - begin < timedelta(seconds=10)


def test_a_stamp_of_an_authority_that_nobody_trusts_is_no_stamp(house: House, services: Trusted) -> None:
    from server.demo import pki

    good = services.services.stamper
    services.services.stamper = pki.issue_stamper(pki.make_issuing(pki.make_root("Root lạ"), "CA lạ"))
    try:
        with served(house.settings), house.sign_in("ha") as client:
            answer = stamp_of(client, "ab" * 32)
    finally:
        services.services.stamper = good
    assert answer.status_code == 202
    assert [reason["code"] for reason in answer.json()["reasons"]] == ["stamp_untrusted", "trust_service_wrong"]


def test_a_stamp_that_was_given_and_is_missing_is_told(house: House, services: Trusted) -> None:
    import hashlib

    from records.cms import read, unpadded
    from server.services import timestamping
    from tests.forgeries.signing import gap

    version = house.version("ha")
    file = services.sign(house, version)
    begin, end = gap(file)
    der, _ = unpadded(bytes.fromhex(file[begin:end].decode()), file[begin:end], "")
    value = read(der, "").info["signature"].native
    timestamping.stamp(house.hospital, hashlib.sha256(value).digest())
    with served(house.settings), house.sign_in("ha") as client:
        entry = send(client, house, version, file).json()["entry"]
        receipt = Receipt.from_file(client.get(f"/api/files/{entry['file']}/receipt").content)
    server = house.hospital.server_key
    verdict = receipts.verify(receipt, {server.id: server.public}, entry["file"]).verdict
    (signature,) = verdict.signatures
    assert signature.answer(Question.TIME_STAMPED) == "unknown"
    told = [reason.code for item in signature.findings for reason in item.reasons]
    assert "stamp_given_and_not_inside" in told


def test_a_namesakes_certificate_is_refused(house: House, services: Trusted) -> None:
    """Another person with the same name, of the same authority: only the enrolment knows who it is."""
    from server.demo import pki
    from tests.server.house import BY_NAME

    own = services.people["ha"]
    services.people["ha"] = pki.issue_person(services.issuing, BY_NAME["ha"].full_name, "001199009999")
    try:
        version = house.version("ha")
        file = services.sign(house, version)
    finally:
        services.people["ha"] = own
    with served(house.settings), house.sign_in("ha") as client:
        answer = send(client, house, version, file)
    assert reasons(answer) == ["certificate_not_enrolled"]


def test_a_served_hospital_works_on_its_queue_by_itself(settle: Settle, services: Trusted) -> None:
    house = settle(evidence_every_s=0.1)
    with served(house.settings), house.sign_in("ha") as client:
        version = house.version("ha")
        entry = send(client, house, version, services.sign(house, version, stamped=True)).json()["entry"]
        end = time.monotonic() + 20
        while client.get(f"/api/entries/{entry['id']}").json()["evidence"] != "LT":
            assert time.monotonic() < end
            time.sleep(0.05)


def test_an_elliptic_certificate_is_enrolled_and_its_signature_accepted(house: House, services: Trusted) -> None:
    own = services.people["ha"]
    services.enrol(house, "ha", curve=True)
    try:
        entry = accepted(house, services)
        gathering.work(house.hospital)
        assert shown(house, entry["id"])["evidence"] == "LT"
        verdict = pades.judge(file_of(house, entry["file"]), house.hospital.trust, datetime.now(UTC))
        assert verdict.good
        assert verdict.elliptic, "and so no PDF/A claim is made for it"
    finally:
        services.people["ha"] = own


def test_a_dated_setting_says_which_level_is_needed_and_what_falls_short(house: House, services: Trusted) -> None:
    from records.evidence_demand import Step
    from server import cli
    from tests.server.house import at_desk
    from tests.server.services.test_organisation import settings_file

    entry = accepted(house, services)
    config = str(settings_file(house))

    def short() -> list[str]:
        with house.hospital.desk(at_desk(house, "lan")) as desk:
            return [reason.where for reason in gathering.missing(desk, house.encounter, Step.ARCHIVE)]

    assert short() == []
    assert cli.main(["evidence", "--config", config, "archive", "LT", "--since", "2026-01-01"]) == 0
    assert short() == [f"Lần ghi tờ điều trị ({entry['id']})"]
    with served(house.settings), house.sign_in("huy") as client:
        told = client.get("/api/evidence").json()
        assert (told["complete"], told["archive"]) == ("B", "LT")
    gathering.work(house.hospital)
    assert short() == []
    assert cli.main(["evidence", "--config", config, "archive", "B", "--since", "2099-01-01"]) == 0
    assert short() == []


def test_a_contract_that_comes_later_is_used_for_what_waited_for_it(settle: Settle, services: Trusted) -> None:
    house = settle(tsa_url="")
    entry = accepted(house, services, stamped=False)
    gathering.work(house.hospital)
    assert not gathering.work(house.hospital), "it waits for a day"
    settings = house.settings.model_copy(update={"tsa_url": services.services.tsa, "evidence_every_s": 0.1})
    with served(settings), house.sign_in("ha") as client:
        end = time.monotonic() + 20
        while client.get(f"/api/entries/{entry['id']}").json()["evidence"] != "LT":
            assert time.monotonic() < end
            time.sleep(0.05)


def test_the_console_tells_what_waits_and_tries_it_again(
    house: House, services: Trusted, capsys: pytest.CaptureFixture[str],
) -> None:
    from server import cli
    from tests.server.services.test_organisation import settings_file

    services.services.down |= {"ocsp", "crl"}
    entry = accepted(house, services)
    gathering.work(house.hospital)
    config = str(settings_file(house))
    assert cli.main(["evidence", "queue", "--config", config]) == 0
    told = capsys.readouterr().out
    assert told.startswith("1 waiting, 0 failed, 0 done. Time stamps: http://127.0.0.1:")
    assert "1 tries, next try" in told
    assert f"entry {entry['id']} version 1" in told
    assert "Nguyễn Văn Bình" not in told
    services.services.down.clear()
    assert not gathering.work(house.hospital), "it waits"
    assert cli.main(["evidence", "retry", "--config", config]) == 0
    house.hospital.services.wake()
    assert gathering.work(house.hospital)
    assert cli.main(["evidence", "queue", "--config", config]) == 0
    assert "0 waiting, 0 failed, 1 done" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        cli.main(["evidence", "archive", "--config", config])
