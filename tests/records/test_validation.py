"""Bad input gets a clear problem at its field and loses nothing; good input comes out in one form only."""

import unicodedata
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.forms import EntryKind, Field
from records.validation import clean, holds

FIELDS: list[dict[str, Any]] = [
    {"key": "note", "label": "Ghi chú", "type": "text"},
    {"key": "room", "label": "Buồng", "type": "line", "max_length": 10},
    {"key": "pulse", "label": "Mạch", "type": "int", "min": 0, "max": 400, "warn_min": 20, "warn_max": 250,
     "unit": "lần/phút", "required": True},
    {"key": "temperature", "label": "Nhiệt độ", "type": "decimal", "precision": 1, "min": 25, "max": 45,
     "warn_min": 30, "warn_max": 43, "unit": "°C"},
    {"key": "systolic", "label": "Huyết áp trên", "type": "int"},
    {"key": "diastolic", "label": "Huyết áp dưới", "type": "int"},
    {"key": "on_oxygen", "label": "Thở oxy", "type": "bool"},
    {"key": "flow", "label": "Lưu lượng", "type": "int", "required_when": {"field": "on_oxygen", "among": [True]}},
    {"key": "seen", "label": "Ngày", "type": "date", "year_only": True},
    {"key": "at", "label": "Lúc", "type": "instant"},
    {"key": "outcome", "label": "Kết quả", "type": "choice", "choices": [{"code": "1", "label": "Khỏi"}]},
    {"key": "signs", "label": "Dấu hiệu", "type": "choices",
     "choices": [{"code": "a", "label": "A"}, {"code": "b", "label": "B"}]},
    {"key": "dx", "label": "Chẩn đoán", "type": "coded", "codes": "icd10"},
    {"key": "orders", "label": "Y lệnh", "type": "rows", "max_rows": 2,
     "fields": [{"key": "name", "label": "Tên", "type": "line", "required": True},
                {"key": "times", "label": "Số lần", "type": "int", "min": 1}]},
]
KIND = EntryKind.model_validate({
    "key": "k", "name": "Phiếu thử", "writers": ["nurse"], "slots": [],
    "sections": [{"key": "s", "title": "S", "fields": FIELDS}],
    "rules": [{"rule": "less", "fields": ["diastolic", "systolic"], "reason": "diastolic_not_below_systolic"},
              {"rule": "any", "fields": ["note", "room"], "reason": "measurement_empty"}],
})
GOOD = {"note": "ổn", "pulse": 80}


def problems(values: dict[str, Any], *, signing: bool = False) -> list[tuple[str, str]]:
    return [(problem.code, problem.where) for problem in clean(KIND, values, signing=signing).problems]


def test_good_values_come_out_clean() -> None:
    cleaned = clean(KIND, {
        **GOOD, "temperature": "38,2", "seen": "1959", "at": "2026-11-17T03:10:00+07:00", "signs": ["b", "a", "b"],
        "dx": {"text": "Viêm phổi", "code": "J18.1"}, "orders": [{"name": "Paracetamol", "times": "3"}],
        "outcome": "1", "on_oxygen": False,
    }, signing=True)
    assert cleaned.problems == ()
    assert cleaned.values == {
        "note": "ổn", "pulse": 80, "temperature": "38.2", "on_oxygen": False, "seen": "1959",
        "at": "2026-11-17T03:10:00+07:00", "outcome": "1", "signs": ["a", "b"],
        "dx": {"text": "Viêm phổi", "code": "J18.1"}, "orders": [{"name": "Paracetamol", "times": 3}],
    }


BAD: list[tuple[str, str, Any]] = [
    ("value_out_of_limits", "pulse", 401),
    ("value_out_of_limits", "pulse", -1),
    ("value_not_whole_number", "pulse", "nhanh"),
    ("value_not_whole_number", "pulse", True),
    ("value_not_whole_number", "pulse", 80.5),
    ("value_not_whole_number", "pulse", "9" * 5000),
    ("value_not_number", "temperature", "cao"),
    ("value_not_number", "temperature", "NaN"),
    ("value_not_number", "temperature", "1e999999999"),
    ("value_not_number", "temperature", 38.2),
    ("value_too_precise", "temperature", "38.25"),
    ("value_not_text", "note", 5),
    ("value_too_long", "note", "x" * 1_000_000),
    ("value_too_long", "room", "phòng số mười hai"),
    ("value_not_one_line", "room", "a\nb"),
    ("value_has_control_character", "note", "a\x00b"),
    ("value_has_control_character", "note", "đảo\u202echữ"),
    ("value_has_control_character", "note", "nửa\ud800chữ"),
    ("value_unprintable", "note", "ổn \N{SLIGHTLY SMILING FACE}"),
    ("value_not_yes_no", "on_oxygen", "có"),
    ("value_not_date", "seen", "31/02/2026"),
    ("value_not_date", "seen", "2026-02-31"),
    ("value_not_instant", "at", "2026-11-17T03:10:00"),
    ("value_not_a_choice", "outcome", "9"),
    ("value_not_a_choice", "signs", ["a", "z"]),
    ("value_not_a_choice", "signs", "a"),
    ("value_not_coded", "dx", "J18.1"),
    ("value_not_coded", "dx", {"text": "x", "hack": 1}),
    ("value_not_rows", "orders", {"name": "x"}),
    ("value_too_many_rows", "orders", [{"name": "x"}] * 3),
    ("value_out_of_limits", "orders.1.times", [{"name": "x", "times": 0}]),
    ("field_missing", "orders.1.name", [{"times": 1}]),
    ("field_unknown", "orders.1.price", [{"name": "x", "price": 1}]),
    ("field_unknown", "nothing", "x"),
]


@pytest.mark.parametrize(("code", "where", "value"), BAD)
def test_each_bad_value_is_named_at_its_place(code: str, where: str, value: Any) -> None:
    values = {**GOOD, where.split(".", maxsplit=1)[0]: value}
    found = clean(KIND, values, signing=False)
    assert [(problem.code, problem.where) for problem in found.problems] == [(code, where)]
    for problem in found.problems:
        assert problem.vietnamese
        assert problem.english


def test_codes_are_asked_only_on_a_day_of_signing() -> None:
    values = {**GOOD, "dx": {"text": "Viêm phổi", "code": "J99.99"}}
    assert problems(values, signing=True) == []
    found = clean(KIND, values, signing=True, on=date(2026, 11, 17))
    assert [(problem.code, problem.where) for problem in found.problems] == [("code_unknown", "dx")]


def test_the_values_that_were_asked_about_are_left_as_they_were() -> None:
    values: dict[str, Any] = {"pulse": "nhanh", "note": "  giữ  ", "x": [1]}
    before = {**values}
    clean(KIND, values, signing=True)
    assert values == before


def test_what_is_missing_is_wrong_only_when_signing() -> None:
    assert problems({"note": "x"}) == []
    assert problems({"note": "x"}, signing=True) == [("field_missing", "pulse")]
    assert problems({**GOOD, "on_oxygen": True}, signing=True) == [("field_missing", "flow")]
    assert problems({"pulse": 80}, signing=True) == [("measurement_empty", "note")]


def test_a_wrong_value_is_not_also_called_missing() -> None:
    assert problems({"note": "x", "pulse": "?"}, signing=True) == [("value_not_whole_number", "pulse")]


def test_rules_across_fields_are_told_in_words() -> None:
    found = clean(KIND, {**GOOD, "systolic": 80, "diastolic": 120}, signing=False)
    assert [problem.code for problem in found.problems] == ["diastolic_not_below_systolic"]
    assert "thấp hơn" in found.problems[0].vietnamese


def test_an_unusual_value_warns_and_stays() -> None:
    found = clean(KIND, {**GOOD, "temperature": "44.0"}, signing=True)
    assert found.good
    assert found.values["temperature"] == "44.0"
    assert [warning.code for warning in found.warnings] == ["value_unusual"]


@given(st.dictionaries(st.sampled_from([*(field["key"] for field in FIELDS), "stranger"]), st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["text", "code", "name", "times", "z"]), inner, max_size=3), max_leaves=6)))
def test_no_input_breaks_the_validator_and_clean_values_stay_clean(values: dict[str, Any]) -> None:
    once = clean(KIND, values, signing=True)
    again = clean(KIND, once.values, signing=False)
    assert again.values == once.values
    for text in (value for value in once.values.values() if isinstance(value, str)):
        assert unicodedata.is_normalized("NFC", text)


def test_a_condition_without_choices_asks_for_anything() -> None:
    field = Field.model_validate({"key": "a", "label": "A", "type": "line", "shown_when": {"field": "b"}})
    assert holds(field.shown_when, {"b": "x"})
    assert not holds(field.shown_when, {"b": ""})
    assert holds(None, {})
