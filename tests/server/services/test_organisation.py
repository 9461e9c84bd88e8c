"""The organisation's signature: its key in a sealed file or an HSM, by right, last of all, and changed in two hands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from cryptography import x509

from records import pades
from records.entries import FormRef, Version
from server import cli
from server.demo import pki, tokens
from server.inspection import verify
from server.services import certificates
from server.store import base, organisation_keys
from server.store.key_files import HospitalKey
from tests.server.house import House, at_desk, issuing, key, reasons, send

NAME = "Trung tâm Y tế thử"
PIN = "13572468"


def certificate_of_discharge(house: House) -> Version:
    now = datetime.now(UTC) + timedelta(hours=7)
    return house.version("ha", form=FormRef(code="TT25-M02", edition="2025-07-01", kind="certificate"), values={
        "health_dept": "Sở Y tế thử", "facility": NAME, "record_no": house.record_no, "full_name": "Nguyễn Văn Bình",
        "birth_date": "1959-03-12", "age": 67, "sex": "1",
        "admit_at": f"{house.admitted_at + timedelta(hours=7):%Y-%m-%dT%H:%M:%S}+07:00",
        "discharge_at": f"{now:%Y-%m-%dT%H:%M:%S}+07:00",
        "diagnosis": {"text": "Viêm phổi", "code": "J18.9"}, "treatment": "Kháng sinh 7 ngày."})


def signed_by_people(house: House) -> tuple[Version, dict[str, Any]]:
    """The paper with both persons' signatures, at the server."""
    version = certificate_of_discharge(house)
    first = house.sign(version, "practitioner")
    with house.sign_in("ha") as client:
        answer = send(client, house, version, first, "practitioner")
        assert answer.status_code == 201, answer.text
    second = house.sign(version, "representative", "tuan", pdf=first)
    with house.sign_in("tuan") as client:
        answer = send(client, house, version, second, "representative")
        assert answer.status_code == 201, answer.text
    return version, answer.json()["entry"]


def command(client: httpx.Client, version: Version) -> httpx.Response:
    return client.post(f"/api/entries/{version.entry}/versions/{version.version}/organisation-signature",
                       headers={"Idempotency-Key": key()})


def settings_file(house: House) -> Path:
    file = house.settings.home / "server.toml"
    given = house.settings.model_dump(mode="json", exclude_defaults=True, exclude={"home"})
    lines = [f"{name} = {value!r}" if not isinstance(value, bool) else f"{name} = {str(value).lower()}"
             for name, value in given.items()]
    file.write_text("\n".join(lines).replace("'", '"') + "\n", "utf-8")
    return file


def run(*arguments: object) -> int:
    return cli.main(["organisation-key", *map(str, arguments)])


def in_a_sealed_file(house: House, tmp_path: Path) -> None:
    """As the IT person does it: make the key, have it certified, take the certificate on."""
    config, asked = settings_file(house), tmp_path / "request.pem"
    assert run("new", "--config", config, "--name", NAME, "--request", asked) == 0
    folder = house.settings.path(house.settings.organisation)
    newest = max(folder.glob("*.sealed"), key=lambda file: file.stat().st_mtime_ns)
    private = organisation_keys.unseal(HospitalKey.read(house.settings.path(house.settings.hospital_key)), newest)
    request = x509.load_pem_x509_csr(asked.read_bytes())
    assert request.is_signature_valid
    assert request.public_key() == private.public_key()
    issued = pki.issue_organisation(issuing(), NAME, "0101234567", key=private)
    pem = pki.write_pem(tmp_path / "organisation.pem", issued.certificate, *issued.chain[:-1])
    assert run("install", "--config", config, "--certificate", pem) == 0


def in_an_hsm(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tokens.make_home(tmp_path / "hsm")
    issued = pki.issue_organisation(issuing(), NAME, "0101234567")
    tokens.make_token(home, "organisation", PIN, issued)
    monkeypatch.setenv("SOFTHSM2_CONF", str(home.config))
    pin = house.settings.path(house.settings.organisation) / "pin"
    pin.parent.mkdir(parents=True, exist_ok=True)
    pin.write_text(PIN, "utf-8")
    pin.chmod(0o600)
    pem = pki.write_pem(tmp_path / "organisation.pem", issued.certificate, *issued.chain[:-1])
    assert run("install", "--config", settings_file(house), "--certificate", pem, "--module", home.module,
               "--token", "organisation") == 0


def approve(house: House, username: str = "huy") -> UUID:
    with house.hospital.desk(at_desk(house, username)) as desk:
        (pending,) = (one for one in certificates.listed(desk) if one.state == "pending")
        certificates.approve(desk, pending.id)
    return pending.id


Installed = Callable[[House], None]


@pytest.fixture(params=["sealed file", "hsm"])
def installed(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installed:
    def install(house: House) -> None:
        if request.param == "hsm":
            in_an_hsm(house, tmp_path, monkeypatch)
        else:
            in_a_sealed_file(house, tmp_path)
        approve(house)

    return install


def test_the_organisation_signs_last_and_the_paper_is_whole(house: House, installed: Installed) -> None:
    installed(house)
    version, entry = signed_by_people(house)
    assert (entry["state"], entry["open_slots"]) == ("partly_signed", ["organisation"])
    with house.sign_in("lan") as client:
        answer = command(client, version)
        assert answer.status_code == 201, answer.text
        done = answer.json()["entry"]
        file = client.get(f"/api/files/{done['file']}").content
    assert done["state"] == "signed"
    assert [one["slot"] for one in done["signatures"]] == ["practitioner", "representative", "organisation"]
    verdict = pades.judge(file, house.hospital.trust, datetime.now(UTC))
    assert verdict.good, verdict.reasons
    assert verdict.signatures[-1].signer == NAME
    assert verify(house.settings, anchor=None, as_json=False) == 0


def test_the_audit_says_who_commanded_it(house: House, tmp_path: Path) -> None:
    from sqlalchemy import text

    in_a_sealed_file(house, tmp_path)
    approve(house)
    version, _ = signed_by_people(house)
    with house.sign_in("lan") as client:
        command(client, version)
    with base.transaction(house.hospital.engine) as db:
        names = db.execute(text("SELECT action, person_name FROM audit_events WHERE entry = :entry "
                                "AND action IN ('organisation.sign', 'signature.accept') ORDER BY id DESC LIMIT 2"),
                           {"entry": version.entry}).all()
    assert {tuple(row) for row in names} == {("organisation.sign", "Vũ Thị Lan"), ("signature.accept", NAME)}


def test_whoever_lacks_the_right_is_refused(house: House, tmp_path: Path) -> None:
    in_a_sealed_file(house, tmp_path)
    approve(house)
    version, _ = signed_by_people(house)
    for username in ("ha", "huy"):
        with house.sign_in(username) as client:
            assert reasons(command(client, version)) == ["right_missing"]


def test_it_does_not_sign_before_the_persons_have(house: House, tmp_path: Path) -> None:
    in_a_sealed_file(house, tmp_path)
    approve(house)
    version = certificate_of_discharge(house)
    with house.sign_in("ha") as client:
        send(client, house, version, house.sign(version, "practitioner"), "practitioner")
    with house.sign_in("lan") as client:
        assert reasons(command(client, version)) == ["slot_waits_for_slot"]


def test_it_does_not_sign_where_it_has_no_slot(house: House, tmp_path: Path) -> None:
    in_a_sealed_file(house, tmp_path)
    approve(house)
    version = house.version("ha")
    with house.sign_in("ha") as client:
        send(client, house, version, house.sign(version))
    with house.sign_in("lan") as client:
        assert reasons(command(client, version)) == ["slot_not_of_organisation"]


def test_no_person_fills_the_organisations_slot(house: House) -> None:
    version, _ = signed_by_people(house)
    with house.sign_in("tuan") as client:
        file = client.get(f"/api/files/{client.get(f'/api/entries/{version.entry}').json()['file']}").content
        answer = send(client, house, version, house.sign(version, "organisation", "tuan", pdf=file), "organisation")
    assert "slot_of_organisation" in reasons(answer)


def test_a_key_signs_nothing_before_a_second_person_approved_it(house: House, tmp_path: Path) -> None:
    in_a_sealed_file(house, tmp_path)
    version, _ = signed_by_people(house)
    with house.sign_in("lan") as client:
        assert reasons(command(client, version)) == ["organisation_key_missing"]


def test_the_newest_approved_key_signs_and_a_revoked_one_does_not(house: House, tmp_path: Path) -> None:
    in_a_sealed_file(house, tmp_path)
    first = approve(house)
    in_a_sealed_file(house, tmp_path)
    second = approve(house)
    with base.transaction(house.hospital.engine) as db:
        found = organisation_keys.in_force(db)
    assert found is not None
    assert found.certificate == second
    with house.hospital.desk(at_desk(house, "huy")) as desk:
        certificates.revoke(desk, second)
    with base.transaction(house.hospital.engine) as db:
        found = organisation_keys.in_force(db)
    assert found is not None
    assert found.certificate == first


def test_a_certificate_of_another_key_is_not_taken_on(house: House, tmp_path: Path,
                                                      capsys: pytest.CaptureFixture[str]) -> None:
    issued = pki.issue_organisation(issuing(), NAME, "0101234567")
    pem = pki.write_pem(tmp_path / "organisation.pem", issued.certificate)
    assert run("install", "--config", settings_file(house), "--certificate", pem) == 1
    assert "no sealed key here belongs to it" in capsys.readouterr().err


def test_a_sealed_key_opens_with_its_own_hospitals_key_only(house: House, tmp_path: Path) -> None:
    from records.errors import Refusal

    in_a_sealed_file(house, tmp_path)
    (file,) = house.settings.path(house.settings.organisation).glob("*.sealed")
    other = HospitalKey.create(tmp_path / "other.key")
    with pytest.raises(Refusal, match="does not hold a key"):
        organisation_keys.unseal(other, file)


def test_nobody_signs_in_as_the_organisation(house: House, tmp_path: Path) -> None:
    in_a_sealed_file(house, tmp_path)
    for password in ("", "organisation"):
        with house.guest() as client:
            answer = client.post("/api/sessions", json={"username": "organisation", "password": password,
                                                        "workstation": "pc"})
            assert answer.status_code in (401, 422)


def test_the_list_says_which_key_signs(house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    in_a_sealed_file(house, tmp_path)
    approve(house)
    capsys.readouterr()
    assert run("list", "--config", settings_file(house)) == 0
    assert capsys.readouterr().out.startswith(f"SIGNS  {NAME}")
