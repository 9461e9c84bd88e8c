"""The demo hospital's data: nobody real, nothing that the forms would refuse, and a board as on a busy day."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from datetime import date, datetime, timedelta, timezone
from functools import cache
from typing import Any

import pytest

from records.bundled import bundled
from records.codes import code_list, exists, judge
from records.early_warning import early_warning, observed
from records.forms import EntryKind, Role, current_form
from records.policy import LICENSED
from records.validation import clean

NOW = datetime(2026, 11, 17, 3, 12, tzinfo=timezone(timedelta(hours=7)))


@cache
def read(name: str) -> dict[str, Any]:
    return tomllib.loads(bundled("demo", name).read_text("utf-8"))


def hospital() -> dict[str, Any]:
    return read("hospital.toml")


def entries() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = read("entries.toml")["entries"]
    return found


def patient(no: str) -> dict[str, Any]:
    return next(item for item in hospital()["patients"] if item["patient_no"] == no)


def placed(value: Any) -> Any:
    """The value with "@-3.5h" turned into an instant."""
    if isinstance(value, dict):
        return {key: placed(part) for key, part in value.items()}
    if isinstance(value, list):
        return [placed(part) for part in value]
    if isinstance(value, str) and (match := re.fullmatch(r"@-([\d.]+)h", value)):
        return (NOW - timedelta(hours=float(match[1]))).isoformat(timespec="seconds")
    return value


def kind_of(entry: dict[str, Any]) -> EntryKind:
    return current_form(entry["form"], NOW.date()).kind(entry["kind"])


@pytest.mark.parametrize("number", range(len(entries())))
def test_every_past_entry_could_be_signed_as_it_stands(number: int) -> None:
    entry = entries()[number]
    result = clean(kind_of(entry), placed(entry["values"]), signing=True)
    assert [reason.english for reason in result.problems] == []
    assert [reason.english for reason in judge(kind_of(entry), result.values, NOW.date())] == []


def test_every_past_entry_lies_in_the_stay_and_its_author_may_write_it_there() -> None:
    staff = {person["username"]: person for person in hospital()["staff"]}
    for entry in entries():
        stay, author = patient(entry["patient_no"]), staff[entry["author"]]
        assert stay.get("discharged_hours_ago", 0) < entry["hours_ago"] <= stay["admitted_hours_ago"], entry
        assert set(author["roles"]) & set(kind_of(entry).writers), entry
        assert stay["ward"] in author["wards"], entry
        assert author["token"], entry


def test_staff_are_complete_and_every_role_is_filled() -> None:
    staff = hospital()["staff"]
    assert {role for person in staff for role in person["roles"]} == set(Role)
    assert len({person["username"] for person in staff}) == len(staff)
    wards = {ward["code"] for ward in hospital()["wards"]}
    for person in staff:
        assert set(person["wards"]) <= wards
        assert person.get("licence_no") or not set(person["roles"]) & LICENSED, person["username"]


def test_nobody_is_real() -> None:
    people = [*hospital()["staff"], *hospital()["patients"]]
    numbers = [person["national_id"] for person in people if "national_id" in person]
    assert all(re.fullmatch(r"099\d{9}", number) for number in numbers)
    assert len(set(numbers)) == len(numbers)
    assert all(person["kin_phone"].startswith("0000") for person in hospital()["patients"])
    assert "Hòa Giang" not in " ".join(row.label for row in code_list("province").entries)


def test_no_bed_holds_two_and_the_first_ward_is_nearly_full() -> None:
    beds = {(ward["code"], room["name"], bed) for ward in hospital()["wards"] for room in ward["rooms"]
            for bed in room["beds"]}
    taken = Counter((item["ward"], item["room"], item["bed"]) for item in hospital()["patients"])
    assert set(taken) <= beds
    assert set(taken.values()) == {1}
    assert sum(ward == "NTH" for ward, _, _ in taken) == 28
    assert sum(ward == "NTH" for ward, _, _ in beds) == 30


def test_patients_carry_unique_numbers_and_codes_in_force() -> None:
    patients = hospital()["patients"]
    for key in ("patient_no", "record_no"):
        assert len({item[key] for item in patients}) == len(patients)
    for item in patients:
        assert exists("icd10_main", item["diagnosis_code"], NOW.date()), item
        assert exists("ethnicity", item["ethnicity"]["code"], NOW.date())
        assert exists("occupation", item["occupation"]["code"], NOW.date())
        born = item["birth_date"]
        assert date(1930, 1, 1) < date.fromisoformat(f"{born}-01-01" if len(born) == 4 else born) < NOW.date()
        if item["payer"] == "1":
            assert re.fullmatch(r"[A-Z]{2}\d{13}", item["insurance_no"]), item


@pytest.mark.parametrize(("name", "chip"), [
    ("Nguyễn Văn Bình", "5 Vừa"), ("Mai Xuân Phúc", "8 Cao"), ("Vũ Thị Thơm", "3 Chú ý"), ("Lý Thị Hạnh", "5 Vừa"),
    ("Hoàng Thị Ngà", "4 Thấp"), ("Trần Thị Sen", "0 Thấp"),
])
def test_the_last_measurements_give_the_boards_early_warning(name: str, chip: str) -> None:
    someone = next(item for item in hospital()["patients"] if item["full_name"] == name)
    taken = [item for item in entries()
             if item["patient_no"] == someone["patient_no"] and item["kind"] == "measurement"]
    last = min(taken, key=lambda item: float(item["hours_ago"]))
    assert early_warning(observed(last["values"]), someone.get("spo2_scale", 1)).text == chip


def test_names_make_both_sexes_in_great_number() -> None:
    names = read("names.toml")
    for sex in ("female", "male"):
        assert len(names["surnames"]) * len(names[sex]["middle"]) * len(names[sex]["given"]) > 30_000
        assert len(set(names[sex]["given"])) == len(names[sex]["given"])
