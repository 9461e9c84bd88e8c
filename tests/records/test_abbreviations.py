"""Abbreviations on papers that leave the house (R38): what is found, what is left alone, and where it is told."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from records import codes
from records.abbreviations import Found, national, unapproved
from records.bundled import bundled
from records.forms import all_forms, current_form
from records.validation import clean
from tests.server.filling import TODAY, enough

KIND = current_form("TT25-M02", TODAY).kind("certificate")


@pytest.mark.parametrize(("text", "found"), [
    ("BN vào viện vì khó thở.", [Found("BN", ("người bệnh",))]),
    ("Tiền sử THA, ĐTĐ typ 2.", [Found("THA", ("tăng huyết áp",)), Found("ĐTĐ", ("đái tháo đường",))]),
    ("bn tỉnh, ko sốt", [Found("bn", ("người bệnh",)), Found("ko", ("không",))]),
    ("Chụp XQ/CLVT ngực", [Found("XQ", ("X-quang",)), Found("CLVT", ("chụp cắt lớp vi tính",))]),
    ("HA 120/80 mmHg, BN, BN", [Found("HA", ("huyết áp",)), Found("BN", ("người bệnh",))]),
    ("Theo dõi TKTW", [Found("TKTW")]),
    ("ĐTr ngoại trú", [Found("ĐTr")]),
])
def test_what_is_abbreviated_is_found_with_the_full_words(text: str, found: list[Found]) -> None:
    assert list(unapproved(text, {})) == found


@pytest.mark.parametrize("text", [
    "Paracetamol 500 mg x 3 lần/ngày; Ceftriaxone 2 g; NaCl 0,9% 500 ml; Insulin 10 UI; KCl 10 mEq.",
    "Mạch 96 lần/phút, huyết áp 145/85 mmHg, SpO2 93 %, thở oxy 2 l/phút, PaO2 62 mmHg, nhiệt độ 38,6 °C.",
    "CRP 96 mg/l, AST 40 U/l, HbA1c 7,2 %, pH 7,35, INR 1,1, HBsAg âm tính, TSH bình thường.",
    "Suy tim độ III, đái tháo đường típ II, bỏng độ IIB, dây thần kinh VII, giai đoạn IV.",
    "Viêm phổi thùy dưới phải (J18.1), E11.9, mã I10.",
    "NGUYỄN VĂN BÌNH, ĐẶNG THỊ XUÂN, HÀ, CẤP CỨU, KHÔNG SỐT, UỐNG THUỐC ĐÚNG GIỜ, TRÁNH CÀ PHÊ.",
    "BS. Lê Thu Hà, BSCKII. Đỗ Văn Thành, KTV. Mai, GS.TS. Hùng; BHYT chi trả 80 %.",
    "Vitamin B12, B1, D3, K1; Augmentin 1g; đốt sống L4-L5; chuyển đạo V1-V6; típ A.",
    "Hẹn khám lại 8h30 ngày 20/11; gọi 0256.3822.900; Quốc lộ 1A.",
])
def test_what_only_looks_like_one_is_left_alone(text: str) -> None:
    assert unapproved(text, {}) == ()


def test_the_hospitals_own_list_goes_beside_the_national_one() -> None:
    assert unapproved("Chuyển khoa HSTC", {"HSTC": "hồi sức tích cực"}) == ()
    assert [one.word for one in unapproved("Chuyển khoa HSTC", {})] == ["HSTC"]


def test_no_word_is_approved_and_forbidden_at_once() -> None:
    assert set(national().approved) & set(national().known) <= {"PT"}
    assert national().edition


def words_of(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for inner in value.values():
                yield from words_of(inner)
        case list():
            for inner in value:
                yield from words_of(inner)


def test_the_disease_names_of_the_ministry_hold_hardly_any() -> None:
    """12,000 names, most without any: how often the search stops at words that it does not know (genes, toxins)."""
    names = [code.label for code in codes.code_list("icd10").entries]
    alarmed = [name for name in names if unapproved(name, {})]
    assert len(names) > 10_000
    assert len(alarmed) / len(names) < 0.01, alarmed[:40]


def test_a_disease_in_the_words_of_its_list_is_not_asked() -> None:
    listed = next(code for code in codes.code_list("icd10_main").entries
                  if unapproved(code.label, {}) and code.in_force(TODAY))
    values = enough(KIND) | {"diagnosis": {"code": listed.code, "text": listed.label}}
    assert clean(KIND, values, signing=True, on=TODAY).good
    other = values | {"diagnosis": {"code": listed.code, "text": f"{listed.label}, THA"}}
    assert next(one.code for one in clean(KIND, other, signing=True, on=TODAY).problems) == "abbreviation"


def test_the_labels_and_reasons_of_the_papers_themselves_hold_none() -> None:
    for form in all_forms():
        for kind in form.kinds:
            if kind.leaves_house:
                assert not [field.label for field in kind.fields if unapproved(field.label, {"CCCD": "", "BHXH": ""})]
                assert not [reason for reason in kind.replaced_for if unapproved(reason, {})]


def test_the_demos_texts_are_read_without_a_stop() -> None:
    told = tomllib.loads(bundled("demo", "entries.toml").read_text("utf-8"))
    found = {one.word for text in words_of(told) for one in unapproved(text, {})}
    assert "mmHg" not in found


def test_a_paper_that_leaves_the_house_warns_while_it_is_written_and_refuses_to_be_signed() -> None:
    values = enough(KIND) | {"treatment": "Kháng sinh, theo dõi THA.", "note": "Uống thuốc đều."}
    drafted = clean(KIND, values, signing=False)
    assert drafted.good
    assert [(one.code, one.where, one.facts["word"]) for one in drafted.warnings] == [
        ("abbreviation", "treatment", "THA")]
    signing = clean(KIND, values, signing=True, on=TODAY)
    (reason,) = signing.problems
    assert "«THA»" in reason.vietnamese
    assert "tăng huyết áp" in reason.todo
    assert clean(KIND, values, signing=True, on=TODAY, abbreviations={"THA": "tăng huyết áp"}).good


def test_numbers_names_and_what_stands_elsewhere_are_not_looked_at() -> None:
    values = enough(KIND) | {"paper_no": "12/GRV", "address": "KCN Nhơn Hội", "facility": "TTYT XYZT"}
    assert clean(KIND, values, signing=True, on=TODAY).good


def test_a_sheet_that_stays_in_the_house_is_not_asked() -> None:
    row = current_form("36/BV2", TODAY).kind("row")
    assert clean(row, enough(row, subjective="Có") | {"plan": "BN THA, ĐTĐ"}, signing=True, on=TODAY).good
