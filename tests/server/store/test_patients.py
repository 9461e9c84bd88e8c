"""Finding patients: by any number, by name with or without diacritics, always by an index."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, text

from records.errors import Refusal
from records.messages import AllergyView
from server.store import patients
from server.store.keys import Keys
from tests.records.factories import NOW
from tests.server import builders

NAMES = ("Nguyễn Văn Bình", "Nguyễn Văn Bách", "Nguyễn Thị Bình", "Trần Thị Đào", "Lê Hoàng Ánh Nguyệt",
         "Đặng Bình Nguyên", "Phạm Ngọc_Ánh")


@pytest.fixture
def known(db: Connection) -> Connection:
    for name in NAMES:
        builders.a_patient(db, name)
    return db


def names(db: Connection, asked: str, limit: int = 20) -> list[str]:
    return [one.full_name for one in patients.search(db, asked, limit)]


@pytest.mark.parametrize(("asked", "found"), [
    ("nguyen van b", ["Nguyễn Văn Bách", "Nguyễn Văn Bình"]),
    ("Nguyễn Văn B", ["Nguyễn Văn Bách", "Nguyễn Văn Bình"]),
    ("  NGUYEN   van  BINH ", ["Nguyễn Văn Bình"]),
    ("dao", ["Trần Thị Đào"]),
    ("Đào", ["Trần Thị Đào"]),
    ("anh nguyet", ["Lê Hoàng Ánh Nguyệt"]),
    ("le nguyet", ["Lê Hoàng Ánh Nguyệt"]),
    ("nguyen binh", ["Nguyễn Văn Bình", "Nguyễn Thị Bình"]),
    ("hoang anh", ["Lê Hoàng Ánh Nguyệt"]),
    ("%", []),
    ("ngoc_", ["Phạm Ngọc_Ánh"]),
    ("", []),
    ("\x00", []),
    ("khong co ai", []),
])
def test_a_name_is_found_however_it_is_typed(known: Connection, asked: str, found: list[str]) -> None:
    assert sorted(names(known, asked)) == sorted(found)


def test_decomposed_letters_find_the_same(known: Connection) -> None:
    assert names(known, "Nguye\u0302\u0303n Va\u0306n Bi\u0300nh") == ["Nguyễn Văn Bình"]


def test_a_beginning_of_the_name_or_of_the_given_name_comes_first(known: Connection) -> None:
    found = names(known, "nguyen")
    assert found[:3] == ["Nguyễn Thị Bình", "Nguyễn Văn Bách", "Nguyễn Văn Bình"]
    assert found[3] == "Đặng Bình Nguyên"
    assert names(known, "nguyen", limit=2) == found[:2]


def test_any_number_finds_the_patient(db: Connection, keys: Keys) -> None:
    patient = builders.a_patient(db, "Vũ Thị Mai", national_id="001159000111", insurance_no="GD4790000000111")
    encounter = builders.an_encounter(db, keys, builders.a_ward(db), patient.id, record_no="26-909090")
    for asked in (patient.patient_no, "001159000111", "0011 5900 0111", "gd4790000000111", "26-909090"):
        (found,) = patients.search(db, asked, 20)
        assert (found.id, found.encounter) == (patient.id, encounter)
    assert patients.search(db, "001159000112", 20) == ()


def test_numbers_are_given_in_order_and_never_twice(db: Connection) -> None:
    first, second = builders.a_patient(db), builders.a_patient(db)
    year, number = first.patient_no.split("-")
    assert second.patient_no == f"{year}-{int(number) + 1:05d}"


@pytest.mark.parametrize(("field", "code"), [
    ("national_id", "patient_national_id_taken"), ("insurance_no", "patient_insurance_no_taken"),
])
def test_the_same_number_is_not_registered_twice(db: Connection, field: str, code: str) -> None:
    builders.a_patient(db, **{field: "001159000222"})
    with pytest.raises(Refusal) as refusal, db.begin_nested():
        builders.a_patient(db, "Người khác", **{field: "001159000222"})
    assert refusal.value.reasons[0].code == code
    builders.a_patient(db)
    builders.a_patient(db)


def test_asking_for_allergies_again_replaces_what_is_shown_and_keeps_what_was_said(db: Connection) -> None:
    penicillin, nothing = AllergyView(substance="Penicillin", reaction="mày đay", year=2019), ()
    patient = builders.a_patient(db, allergies=(penicillin,))
    assert patient.allergies == (penicillin,)
    assert patient.allergies_asked_at == NOW
    patients.asked_for_allergies(db, patient.id, nothing, builders.a_person(db), NOW)
    now = patients.read(db, patient.id)
    assert now is not None
    assert now.allergies == ()
    assert db.scalar(text("SELECT count(*) FROM allergies WHERE patient = :id"), {"id": patient.id}) == 1


def plan(db: Connection, statement: str, **values: object) -> str:
    return "\n".join(db.scalars(text(f"EXPLAIN {statement}"), values))


def test_every_step_of_a_search_reads_an_index(db: Connection) -> None:
    # A table this small is scanned whole by choice; what counts is that each index answers its question.
    db.execute(text("SET LOCAL enable_seqscan = off"))
    beginning = plan(db, patients._BEGINNING.text, name="nguyen%", given="nguyen%", limit=20)
    assert "Index Scan using ix_patients_search_name" in beginning.replace("Index Only", "Index")
    assert "Index Scan using ix_patients_search_given" in beginning.replace("Index Only", "Index")
    assert "Sort" not in beginning, "rows come in order, so that the limit ends the work"
    assert "ix_patients_search_trigrams" in plan(db, patients._CONTAINING.text, pattern="%nguyen% binh%", limit=20)
    number = plan(db, patients._BY_NUMBER.text, number="001159000111", limit=20)
    assert "Seq Scan" not in number
