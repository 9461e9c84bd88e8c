"""A study that was destroyed: its words are gone from every table and dump, that there was one stays."""

from __future__ import annotations

import subprocess
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from records.errors import Refusal
from server.cluster import binaries
from server.services import image_devices
from server.services.image_receiving import receive
from server.store import base, images, migrate
from server.store.image_search import Level, Wanted
from tests.databases import Database
from tests.server.house import BY_NAME, House, key, reasons
from tests.server.pictures import a_slice, as_file, uid

WORDS = ("TRANQUANGKHAI", "0199-77777", "19630417", "SONO-XYZ", "KHAMDOI", "NGHIUNGTHU", "BSGIOITHIEU", "20261102",
         "MAYSOBA", "GOINHAMTEN", "VUNGBUNGX", "LOPMONGTT")
"""What the images below say of their patient and stay, and what a person wrote about them."""
PAPER = "biên bản tiêu hủy 12/BB-2036"


def telling(study: str, number: int = 1) -> bytes:
    return as_file(a_slice(
        study, "series-of-" + study, number, PatientName="TRANQUANGKHAI^VAN", PatientID="0199-77777",
        PatientBirthDate="19630417", PatientSex="O", AccessionNumber="SONO-XYZ", StudyID="KHAMDOI",
        StudyDescription="NGHIUNGTHU", ReferringPhysicianName="BSGIOITHIEU", StudyDate="20261102",
        StudyTime="101112", SeriesDescription="LOPMONGTT", BodyPartExamined="VUNGBUNGX", StationName="MAYSOBA",
        SeriesDate="20261102"))


@pytest.fixture
def settled(house: House) -> House:
    """Two studies: one waits for a person, one was tied to the patient with a reason that names somebody."""
    for study in ("open", "tied"):
        for number in (1, 2):
            receive(house.hospital, telling(study, number), sender="CT1")
    with house.sign_in("lan") as client:
        answer = client.post(f"/api/image-studies/{uid('tied')}/decisions", headers={"Idempotency-Key": key()}, json={
            "decision": "tie", "patient": str(house.patient), "known": 0, "reason": "GOINHAMTEN, đã hỏi người nhà"})
        assert answer.status_code == 200, answer.text
        [kept] = [one for one in client.get("/api/image-studies/unsettled").json() if one["uid"] == uid("tied")]
        assert kept["decisions"][0]["reason"] == "GOINHAMTEN, đã hỏi người nhà"
    return house


def destroy(house: House, *studies: str) -> None:
    with base.transaction(house.hospital.engine) as db:
        for study in studies:
            which: Any = db.execute(text("SELECT id FROM image_studies WHERE uid = :uid"), {"uid": uid(study)}).scalar()
            house.hospital.keys.destroy(db, which, BY_NAME["lan"].id, PAPER)


def dumped(database: Database) -> str:
    return subprocess.run([binaries() / "pg_dump", "--inserts", database.admin_dsn], check=True, capture_output=True,
                          text=True).stdout


def told(house: House) -> set[str]:
    """Those of the words that stand in any column of any table."""
    with base.single(house.hospital.engine) as db:
        tables = db.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
        return {word for table in tables for row in db.execute(text(f'SELECT t::text AS said FROM "{table}" AS t'))
                for word in WORDS if word in row.said}


@pytest.fixture
def both(settled: House, house_database: Database) -> tuple[House, Database]:
    return settled, house_database


def test_no_word_of_it_is_left_in_any_table_or_in_a_dump(both: tuple[House, Database]) -> None:
    house, database = both
    # What a person wrote lies under the key from the beginning.
    assert told(house) == {*WORDS} - {"GOINHAMTEN"}
    assert "TRANQUANGKHAI" in dumped(database)
    destroy(house, "open")
    assert told(house) == {*WORDS} - {"GOINHAMTEN"}, "another study keeps its own"
    destroy(house, "tied")
    assert told(house) == set()
    dump = dumped(database)
    assert [word for word in WORDS if word in dump] == []
    assert uid("tied") in dump
    assert PAPER in dump


def test_that_there_was_one_stays_and_is_told_to_who_would_have_seen_it(settled: House) -> None:
    destroy(settled, "open", "tied")
    with settled.sign_in("ha") as ha, settled.sign_in("long") as elsewhere, settled.sign_in("lan") as office:
        [gone] = ha.get(f"/api/patients/{settled.patient}/images").json()["destroyed"]
        assert (gone["uid"], gone["instances"], gone["modalities"], gone["why"]) == (uid("tied"), 2, ["CT"], PAPER)
        assert elsewhere.get(f"/api/patients/{settled.patient}/images").json()["destroyed"] == []
        path = f"/dicomweb/studies/{uid('tied')}/metadata"
        answer = ha.get(path)
        assert (answer.status_code, reasons(answer)) == (410, ["image_study_destroyed"])
        assert PAPER in answer.text
        assert elsewhere.get(path).status_code == 404
        assert office.get(f"/dicomweb/studies/{uid('open')}/metadata").status_code == 410
        assert ha.get(f"/dicomweb/studies/{uid('open')}/metadata").status_code == 404
    with base.single(settled.hospital.engine) as db:
        row = db.execute(text("SELECT * FROM image_studies WHERE uid = :uid"), {"uid": uid("tied")}).one()
        assert (row.state, row.patient, row.encounter, row.instances) == (
            "destroyed", settled.patient, settled.encounter, 2)
        nobodys = db.execute(text("SELECT patient, encounter FROM image_studies WHERE uid = :uid"),
                             {"uid": uid("open")}).one()
        assert tuple(nobodys) == (None, None)


def test_no_list_shows_it(settled: House) -> None:
    destroy(settled, "open", "tied")
    with settled.sign_in("lan") as client:
        for path in ("/dicomweb/studies", "/dicomweb/series", "/dicomweb/instances", "/api/image-studies/unsettled",
                     "/api/image-studies/strays", f"/dicomweb/studies?StudyInstanceUID={uid('tied')}"):
            assert client.get(path).json() == [], path
        assert client.get(f"/api/patients/{settled.patient}/images").json()["studies"] == []
    for level in Level:
        assert image_devices.search(settled.hospital, "CT1", Wanted(level, {})) == []
    assert image_devices.listed(settled.hospital, {"study": [uid("tied")]}) == ()


def test_the_image_sent_again_is_refused_and_brings_no_word_back(settled: House) -> None:
    destroy(settled, "open", "tied")
    with pytest.raises(Refusal) as refused:
        receive(settled.hospital, telling("tied", 3), sender="CT1")
    assert [one.code for one in refused.value.reasons] == ["key_destroyed"]
    assert told(settled) == set()


def test_an_image_that_was_on_its_way_when_its_study_went_is_not_acknowledged(
    settled: House, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its key was opened a moment before: filed now it would be counted, and never be read."""
    put = images.put

    def slowly(*given: Any) -> str:
        done = put(*given)
        destroy(settled, "tied")
        return done

    monkeypatch.setattr(images, "put", slowly)
    with pytest.raises(DBAPIError, match="destroyed study"):
        receive(settled.hospital, telling("tied", 3), sender="CT1")
    with base.single(settled.hospital.engine) as db:
        assert db.scalar(text("SELECT count(*) FROM image_instances")) == 4


def test_no_role_brings_its_words_back(both: tuple[House, Database]) -> None:
    house, database = both
    destroy(house, "tied")
    engine = create_engine(database.admin_dsn)
    try:
        for act in ("UPDATE image_studies SET full_name = 'x' WHERE uid = :uid",
                    "UPDATE image_studies SET state = 'matched' WHERE uid = :uid",
                    ("INSERT INTO image_series (id, study, uid, description) "
                     "SELECT gen_random_uuid(), id, '1.2.3', 'x' FROM image_studies WHERE uid = :uid")):
            with engine.begin() as db, pytest.raises(DBAPIError, match="destroyed study"):
                db.execute(text(act), {"uid": uid("tied")})
    finally:
        engine.dispose()


def test_the_images_of_an_encounter_go_with_it_and_its_order_stays_carried_out(settled: House) -> None:
    with base.transaction(settled.hospital.engine) as db:
        settled.hospital.keys.destroy(db, settled.encounter, BY_NAME["lan"].id, PAPER)
        found = db.execute(text("SELECT uid, state FROM image_studies"))
        states: dict[str, str] = {row.uid: row.state for row in found}
        gone: set[UUID] = set(db.scalars(text("SELECT scope FROM encounter_keys WHERE destroyed_why = :why"),
                                         {"why": PAPER}))
    assert states == {uid("tied"): "destroyed", uid("open"): "open"}, "whose the other is, nobody said"
    assert len(gone) == 2


def test_studies_that_were_destroyed_before_lose_their_words_by_the_migration(both: tuple[House, Database]) -> None:
    house, database = both
    engine = create_engine(database.admin_dsn)
    try:
        with engine.begin() as db:
            db.execute(text("SET LOCAL ROLE benhan_owner"))
            migrate.run(db, "0025", down=True)
        destroy(house, "open", "tied")
        assert "TRANQUANGKHAI" in told(house)
        migrate.upgrade(database.admin_dsn)
        assert told(house) == set()
    finally:
        engine.dispose()
