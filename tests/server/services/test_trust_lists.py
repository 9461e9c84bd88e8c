"""Whom the hospital trusts changes in two hands, from a day on, and what was accepted before stays accepted."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from records.trust import STAMPS_ONLY
from server import cli
from server.demo import pki
from server.demo.pki import Issued
from server.inspection import verify
from tests.server.house import PASSWORD, House, issuing, key, reasons, root, send
from tests.server.services.test_organisation import settings_file

TODAY = f"{datetime.now(UTC) + timedelta(hours=7):%Y-%m-%d}"


@pytest.fixture(scope="module")
def other() -> Issued:
    return pki.make_root("Root CA khác")


def pem(issued: Issued) -> str:
    return issued.certificate.public_bytes(Encoding.PEM).decode()


def proposal(*texts: str, since: str = TODAY) -> dict[str, Any]:
    return {"pems": list(texts), "valid_from": since, "note": "Thêm nơi cấp mới"}


def post(client: httpx.Client, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
    return client.post(f"/api/trust-lists{path}", json=body or {}, headers={"Idempotency-Key": key()})


def editions(client: httpx.Client) -> dict[int, dict[str, Any]]:
    return {one["number"]: one for one in client.get("/api/trust-lists").json()}


def adopt(house: House, body: dict[str, Any]) -> None:
    with house.sign_in("huy") as client:
        number = post(client, "", body).json()["number"]
    with house.sign_in("lan") as client:
        assert post(client, f"/{number}/accept").status_code == 200


def test_the_folder_is_the_first_edition(house: House) -> None:
    with house.sign_in("huy") as client:
        (folder,) = editions(client).values()
    assert (folder["number"], folder["in_force"]) == (0, True)
    assert [one["name"] for one in folder["authorities"]] == [pki.ROOT_NAME]


def test_an_edition_counts_once_another_person_accepted_it(house: House, other: Issued) -> None:
    with house.sign_in("huy") as client:
        assert post(client, "", proposal(pem(root()), pem(other))).json()["state"] == "proposed"
        assert editions(client)[0]["in_force"]
        assert reasons(post(client, "/1/accept")) == ["approves_own_trust_list"]
    with house.sign_in("lan") as client:
        assert post(client, "/1/accept", {"reason": "Đã đối chiếu"}).json()["state"] == "accepted"
        assert editions(client)[1]["in_force"]
        assert reasons(post(client, "/1/reject")) == ["trust_list_decided"]
    with house.sign_in("ha") as client:
        trusted = client.post("/api/sessions", json={"username": "ha", "password": PASSWORD, "workstation": "pc"})
    assert trusted.json()["trust_roots"] == [pem(root()), pem(other)]


def test_a_rejected_edition_never_counts(house: House, other: Issued) -> None:
    with house.sign_in("huy") as client:
        post(client, "", proposal(pem(other)))
    with house.sign_in("lan") as client:
        post(client, "/1/reject")
        assert editions(client)[1]["state"] == "rejected"
        assert editions(client)[0]["in_force"]


def test_an_edition_of_tomorrow_waits_for_its_day(house: House, other: Issued) -> None:
    adopt(house, proposal(pem(root()), pem(other), since="2099-01-01"))
    with house.sign_in("lan") as client:
        assert editions(client)[1]["state"] == "accepted"
        assert editions(client)[0]["in_force"]


def test_whoever_was_taken_off_signs_nothing_more_and_what_they_signed_stays(house: House, other: Issued) -> None:
    before = house.version("ha")
    with house.sign_in("ha") as client:
        assert send(client, house, before, house.sign(before)).status_code == 201
    adopt(house, proposal(pem(other)))
    after = house.version("ha")
    with house.sign_in("ha") as client:
        assert "chain_untrusted" in reasons(send(client, house, after, house.sign(after)))
    assert verify(house.settings, anchor=None, as_json=False) == 0


@pytest.mark.parametrize(("texts", "code"), [
    (["no certificate"], "trust_text_empty"), (["issuing"], "trust_without_root"),
    (["person"], "trust_not_an_authority"),
])
def test_a_list_that_could_trust_nobody_is_refused(house: House, texts: list[str], code: str) -> None:
    from tests.server.house import issued

    known = {"issuing": pem(issuing()), "person": pem(issued("ha"))}
    with house.sign_in("huy") as client:
        assert code in reasons(post(client, "", proposal(*(known.get(text, text) for text in texts))))


def test_an_authority_for_time_stamps_signs_no_document(house: House, other: Issued) -> None:
    marked = STAMPS_ONLY.decode() + "\n" + pem(other)
    adopt(house, proposal(pem(root()), marked))
    house.hospital.trust_list.forget()
    trust = house.hospital.trust
    assert other.der not in trust.roots
    assert other.der in trust.stamps.roots
    with house.sign_in("lan") as client:
        assert [one["stamps_only"] for one in editions(client)[1]["authorities"]] == [False, True]


def test_who_lacks_the_right_sees_and_changes_nothing(house: House, other: Issued) -> None:
    with house.sign_in("ha") as client:
        assert reasons(client.get("/api/trust-lists")) == ["right_missing"]
        assert reasons(post(client, "", proposal(pem(other)))) == ["right_missing"]


def test_at_the_console_it_takes_two_passwords(house: House, other: Issued, tmp_path: Path,
                                               monkeypatch: pytest.MonkeyPatch,
                                               capsys: pytest.CaptureFixture[str]) -> None:
    config, folder = str(settings_file(house)), tmp_path / "next"
    folder.mkdir()
    for name, one in (("a", root()), ("b", other)):
        (folder / f"{name}.pem").write_text(pem(one), "ascii")

    def run(*arguments: str, username: str) -> int:
        monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD + "\n"))
        return cli.main(["trust", *arguments, "--config", config, "--username", username])

    assert run("propose", str(folder), "--note", "Thêm nơi cấp", username="huy") == 0
    assert run("accept", "1", username="huy") == 1
    assert run("accept", "1", username="lan") == 0
    capsys.readouterr()
    assert run("list", username="lan") == 0
    assert "IN FORCE edition 1: accepted" in capsys.readouterr().out
