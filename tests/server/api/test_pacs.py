"""An existing PACS in our place: a real Orthanc behind our sign-in, sight and audit."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from server.api import pacs as pacs_api
from server.store import base
from tests.databases import Database
from tests.sandbox.orthanc import PASSWORD, USERNAME, WHY_NOT, Orthanc, orthanc
from tests.server import house as houses
from tests.server.house import House, reasons, settle_in
from tests.server.pictures import a_slice, as_file, uid

pytestmark = pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)
STUDY, SERIES, FIRST = str(uid("study")), str(uid("study", "series")), str(uid("study", "series", 1))
IMAGE = f"/dicomweb/studies/{STUDY}/series/{SERIES}/instances/{FIRST}"
MINE: dict[str, Any] = {"PatientID": "TEST-1", "PatientName": "NGUYEN^VAN BINH"}


@pytest.fixture
def place(database: Database, tmp_path: Path) -> Iterator[tuple[House, Orthanc]]:
    """The hospital whose images are in Orthanc, and Orthanc."""
    with orthanc(tmp_path / "orthanc") as peer:
        settings, hospital = houses.build(tmp_path / "house", database.dsn)
        (settings.home / "keys" / "pacs.toml").write_text(
            f'url = "{peer.url}"\nusername = "{USERNAME}"\npassword = "{PASSWORD}"\n')
        trusted = ssl.create_default_context(cafile=settings.home / "tls" / "ca.pem")
        made = House(settings, hospital, f"https://127.0.0.1:{settings.port}", trusted, {})
        try:
            settle_in(made)
            with houses.served(settings):
                yield made, peer
        finally:
            hospital.close()


def stow(client: httpx.Client, *files: bytes) -> httpx.Response:
    body = b"".join(b"--x\r\nContent-Type: application/dicom\r\n\r\n" + file + b"\r\n" for file in files) + b"--x--\r\n"
    return client.post("/dicomweb/studies", content=body, headers={
        "Content-Type": 'multipart/related; type="application/dicom"; boundary=x', "Accept": "application/dicom+json"})


def test_a_pacs_in_our_place_shows_each_person_what_they_may_see(place: tuple[House, Orthanc]) -> None:
    house, peer = place
    mine, other = a_slice(**MINE), a_slice("other", PatientID="KHAC-9")
    address = peer.url.split("/dicom-web")[0].removeprefix("http://")
    with house.guest() as guest:
        assert guest.get("/dicomweb/studies").status_code == 401
        assert stow(guest, as_file(mine)).status_code == 401
    with house.sign_in("ha") as doctor, house.sign_in("lan") as office, house.sign_in("long") as elsewhere:
        kept = stow(office, as_file(mine), as_file(other))
        assert kept.status_code == 200, kept.text
        found = doctor.get("/dicomweb/studies")
        assert [one["0020000D"]["Value"] for one in found.json()] == [[STUDY]]
        assert len(office.get("/dicomweb/studies").json()) == 2
        assert elsewhere.get("/dicomweb/studies").json() == []
        metadata = doctor.get(f"{IMAGE}/metadata", headers={"Accept": "application/dicom+json"})
        assert metadata.json()[0]["00100010"]["Value"][0]["Alphabetic"] == "NGUYEN^VAN BINH"
        frame = doctor.get(f"{IMAGE}/frames/1", headers={
            "Accept": 'multipart/related; type="application/octet-stream"; transfer-syntax=*'})
        assert mine.PixelData in frame.content
        assert as_file(mine)[-len(mine.PixelData):] in doctor.get(
            IMAGE, headers={"Accept": 'multipart/related; type="application/dicom"; transfer-syntax=*'}).content
        for answer in (kept, found, metadata, frame):
            assert address.encode() not in answer.content + str(answer.headers).encode()
            assert b"dicom-web" not in answer.content
        assert "https://benhan.example.vn:8443/dicomweb/studies/" in found.text + kept.text
        for path in (f"/dicomweb/studies/{uid('other')}", f"/dicomweb/studies/{uid('other')}/series",
                     "/dicomweb/studies/1.2.3/metadata", f"/dicomweb/studies/{STUDY}/../../../instances",
                     "/dicomweb/studies/*"):
            assert doctor.get(path).status_code == 404, path
        assert elsewhere.get(f"{IMAGE}/metadata").status_code == 404
        assert doctor.get("/dicomweb/instances").status_code == 422
    with base.single(house.hospital.engine) as db:
        rows: Any = db.execute(text("SELECT * FROM audit_events WHERE action = 'images.view'")).all()
        refused: Any = db.execute(text("SELECT * FROM audit_events WHERE action = 'images.refused'")).all()
    assert {(row.patient, row.person_name) for row in rows} == {(house.patient, "Lê Thu Hà")}
    assert {str(uid("other")), "1.2.3", STUDY, "*"} == {row.facts["study"] for row in refused}


def test_a_page_or_a_count_tells_nothing_of_patients_who_are_not_in_sight(
    place: tuple[House, Orthanc], monkeypatch: pytest.MonkeyPatch,
) -> None:
    house, _ = place
    monkeypatch.setattr(pacs_api, "_ANSWERS", 2)
    others = [as_file(a_slice(f"other{number}", PatientID=f"X{number}")) for number in range(4)]
    with house.sign_in("lan") as office, house.sign_in("ha") as doctor:
        assert stow(office, *others[:2], as_file(a_slice(**MINE)), *others[2:]).status_code == 200
        assert len(office.get("/dicomweb/studies").json()) == 5
        assert len(office.get("/dicomweb/studies?limit=2&offset=2").json()) == 2
        for question, found in (("limit=1", 1), ("limit=1&offset=0", 1), ("limit=1&offset=1", 0), ("offset=1", 0),
                                ("PatientID=X*", 0), ("PatientName=*", 1), ("PatientName=NGUYEN*", 1),
                                ("PatientName=TRAN*", 0)):
            answer = doctor.get(f"/dicomweb/studies?{question}")
            assert [one["0020000D"]["Value"] for one in answer.json()] == [[STUDY]] * found, question
            assert "warning" not in answer.headers
        inside = doctor.get(f"/dicomweb/studies/{STUDY}/series?StudyInstanceUID={uid('other1')}")
        assert [one["0020000E"]["Value"] for one in inside.json()] == [[SERIES]]
        for path in ("statistics", "reject/113037", "archive", "modify"):
            assert doctor.get(f"/dicomweb/studies/{STUDY}/{path}").status_code == 404, path
        page = doctor.get(f"/dicomweb/studies/{STUDY}/metadata", headers={"Accept": "application/dicom+xml"})
        assert b"dicom-web" not in page.content


def test_nobody_adds_to_a_study_that_they_do_not_see_or_of_another_patient(place: tuple[House, Orthanc]) -> None:
    house, _ = place
    with house.sign_in("ha") as doctor, house.sign_in("lan") as office:
        assert stow(office, as_file(a_slice(**MINE)), as_file(a_slice("other", PatientID="KHAC-9"))).status_code == 200
        assert stow(doctor, as_file(a_slice(number=2, **MINE))).status_code == 200
        for sent, why in (
                (a_slice("other", number=2, PatientID="KHAC-9"), "image_patient_not_in_sight"),
                (a_slice("new", PatientID="KHAC-9"), "image_patient_not_in_sight"),
                (a_slice("new", PatientID=""), "image_patient_not_in_sight"),
                (a_slice("other", number=2, **MINE), "image_study_of_other_patient")):
            answer = stow(doctor, as_file(a_slice(number=3, **MINE)), as_file(sent))
            assert (answer.status_code, reasons(answer)) == (422, [why])
        assert reasons(stow(office, as_file(a_slice("other", number=3, **MINE)))) == ["image_study_of_other_patient"]
        assert reasons(stow(doctor, b"no image")) == ["image_not_dicom"]
        assert len(office.get(f"/dicomweb/studies/{STUDY}/instances").json()) == 2
    with base.single(house.hospital.engine) as db:
        rows: Any = db.execute(text("SELECT * FROM audit_events WHERE action = 'images.add' ORDER BY id")).all()
        refused = db.execute(text("SELECT count(*) FROM audit_events WHERE action = 'images.refused'")).scalar()
    assert [(row.facts["study"], row.person_name) for row in rows][-1] == (STUDY, "Lê Thu Hà")
    assert refused == 5


def test_a_pacs_that_is_away_is_a_trouble(place: tuple[House, Orthanc]) -> None:
    house, peer = place
    peer.process.terminate()
    peer.process.wait(20)
    with house.sign_in("ha") as doctor:
        answer = doctor.get("/dicomweb/studies")
        assert (answer.status_code, reasons(answer)) == (503, ["pacs_out_of_reach"])
        assert answer.json()["reasons"][0]["english"].startswith("The PACS does not answer")
        assert peer.url not in answer.text
