"""Code lists: their words, their dates, their search."""

from __future__ import annotations

import unicodedata
from datetime import date
from typing import Any

import pytest

from records.codes import code_list, exists, judge, list_names, search
from records.errors import Refusal
from records.forms import EntryKind, current_form
from records.render import missing_glyphs

BEFORE = date(2026, 6, 30)
"""The last day of QĐ 4469/2020's coding rules; those of TT 06/2026 hold from the next."""
AFTER = date(2026, 7, 1)


@pytest.mark.parametrize("name", list_names())
def test_every_list_has_rows_with_unique_codes_and_words(name: str) -> None:
    rows = code_list(name).entries
    assert len(rows) >= 3
    assert len({row.code for row in rows}) == len(rows)
    assert all(row.label == row.label.strip() and row.label for row in rows)
    assert code_list(name).source


@pytest.mark.parametrize("name", list_names())
def test_every_label_is_composed_and_can_be_printed(name: str) -> None:
    words = " ".join(row.label for row in code_list(name).entries)
    assert unicodedata.is_normalized("NFC", words)
    assert missing_glyphs(words) == ()


def test_the_lists_have_the_length_that_their_decisions_give_them() -> None:
    lengths = {name: len(code_list(name).entries) for name in ("icd10", "ethnicity", "province", "sex", "outcome")}
    assert lengths == {"icd10": 12137, "ethnicity": 56, "province": 34, "sex": 3, "outcome": 8}


def test_a_list_that_does_not_exist_is_refused() -> None:
    with pytest.raises(Refusal) as refused:
        code_list("thuoc_la")
    assert refused.value.reasons[0].code == "code_list_unknown"


@pytest.mark.parametrize(("typed", "code"), [
    ("J18.1", "J18.1"), ("j181", "J18.1"), ("viem phoi thuy", "J18.1"), ("Viêm phổi thùy", "J18.1"),
    ("tang huyet ap", "I10"), ("nhoi mau nao", "I63"), ("phổi tắc nghẽn đợt cấp", "J44.1"), ("i10", "I10"),
])
def test_a_disease_is_found_by_code_or_by_words_without_diacritics(typed: str, code: str) -> None:
    found = [row.code for row in search("icd10", typed, 8)]
    assert any(hit.startswith(code) for hit in found[:5]), found


def test_words_may_stand_in_any_order_and_be_only_begun() -> None:
    assert "J18.1" in [row.code for row in search("icd10", "thuỳ viê ph", 50)]


def test_a_code_comes_before_a_word() -> None:
    assert [row.code for row in search("icd10", "A97", 4)] == ["A97", "A97.0", "A97.1", "A97.2"]


def test_the_search_gives_no_more_than_asked_and_nothing_for_nothing() -> None:
    assert len(search("icd10", "viem", 7)) == 7
    assert search("icd10", "   ") == ()
    assert search("icd10", "xyzzy") == ()


def test_the_search_leaves_out_what_is_not_in_force_on_the_day() -> None:
    assert "A00" in [row.code for row in search("icd10", "A00", on=BEFORE)]
    assert "A00" not in [row.code for row in search("icd10", "A00", on=AFTER)]


def test_a_category_with_finer_codes_closes_with_circular_06_of_2026() -> None:
    assert exists("icd10", "A00", BEFORE)
    assert not exists("icd10", "A00", AFTER)
    assert exists("icd10", "A00.9", AFTER)


def test_a_code_whose_finer_codes_this_list_lacks_stays_usable() -> None:
    assert code_list("icd10").by_code["J96.0"].note == "finer code in TT 06/2026"
    assert exists("icd10", "J96.0", AFTER)


def test_a_symptom_code_that_may_not_lead_is_no_main_diagnosis() -> None:
    leading = {row.code for row in code_list("icd10_main").entries}
    assert "J18.1" in leading
    assert not exists("icd10_main", "Z37.0", AFTER)
    assert exists("icd10", "Z37.0", AFTER)
    assert len(leading) < len(code_list("icd10").entries)


def test_unknown_codes_do_not_exist() -> None:
    assert not exists("icd10", "J18.1x", AFTER)
    assert not exists("icd10", "", AFTER)


def row_kind() -> EntryKind:
    return current_form("36/BV2", AFTER).kind("row")


def codes_of(values: dict[str, Any]) -> list[tuple[str, str]]:
    return [(reason.code, reason.where) for reason in judge(row_kind(), values, AFTER)]


def test_a_required_diagnosis_needs_its_code_and_a_differential_may_be_words_alone() -> None:
    assert codes_of({"diagnosis": {"text": "Viêm phổi"}}) == [("code_missing", "diagnosis")]
    assert codes_of({"diagnosis": {"text": "Viêm phổi thuỳ", "code": "J18.1"},
                     "diagnosis_differential": {"text": "Lao phổi"}}) == []


def test_an_unknown_code_and_a_closed_code_are_told_apart() -> None:
    assert codes_of({"diagnosis": {"text": "?", "code": "Q99.99"}}) == [("code_unknown", "diagnosis")]
    assert codes_of({"diagnosis": {"text": "Bệnh tả", "code": "A00"}}) == [("code_not_in_force", "diagnosis")]


def test_codes_inside_rows_are_judged_with_their_place() -> None:
    part_a = current_form("01/BV1", AFTER).kind("part_a")
    values = {"dx_other": [{"dx": {"text": "Tăng huyết áp", "code": "I10"}}, {"dx": {"text": "?", "code": "ZZZ"}}]}
    assert [(reason.code, reason.where) for reason in judge(part_a, values, AFTER)] == [
        ("code_unknown", "dx_other.2.dx")
    ]
    assert "ZZZ" in judge(part_a, values, AFTER)[0].vietnamese
