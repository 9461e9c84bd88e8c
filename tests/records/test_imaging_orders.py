"""Which pictures entries order through their versions, which results answer them, and where each stands."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from records.entries import FormRef, State, Version
from records.forms import form
from records.imaging_orders import (
    Answerable,
    Asked,
    Report,
    Reporting,
    Source,
    Standing,
    accession_number,
    alike,
    answered,
    answered_order,
    asked,
    data,
    modality_of,
    report,
    reports_on,
    study_uid,
)
from records.order_states import OPEN, STATES, Fact, OrderState, state_of
from tests.records.factories import version

AT = datetime(2026, 11, 25, 8, tzinfo=UTC)


def version_of(code: str, kind: str, number: int = 1, **values: Any) -> Version:
    return version(form=FormRef(code=code, edition="2024-01-01", kind=kind), version=number, values=values,
                   written_at=AT, occurred_at=AT)


def a_row(*names: str, number: int = 1, **row: Any) -> Version:
    orders = [{"kind": "imaging", "name": name, **row} for name in names]
    return version_of("36/BV2", "row", number, plan="x", orders=orders,
                      diagnosis={"text": "Viêm phổi", "code": "J18.9"})


def through(*standing: tuple[Version, State]) -> dict[str, Asked]:
    return {one.name: one for one in asked([Standing(version, state) for version, state in standing])}


def test_only_rows_that_order_pictures_are_orders() -> None:
    values: dict[str, Any] = {"plan": "x", "diagnosis": {"text": "Viêm phổi", "code": "J18.9"}, "orders": [
        {"kind": "lab", "name": "Công thức máu"}, {"kind": "imaging", "name": "CT ngực", "note": "Không tiêm thuốc"},
        {"kind": "imaging", "name": "Siêu âm bụng", "stop_at": "2026-11-25T08:00:00+07:00", "stop_reason": "x"}]}
    (one,) = asked([Standing(version_of("36/BV2", "row", **values), State.SIGNED)])
    assert (one.name, one.row, one.modality, one.remark, one.reason, one.reason_code, one.live) \
        == ("CT ngực", 1, "CT", "Không tiêm thuốc", "Viêm phổi", "J18.9", True)


def test_a_request_of_its_own_form_is_one_order() -> None:
    made = version_of("08/BV2", "request", diagnosis={"text": "Gãy xương"},
                      examination="Cẳng tay phải thẳng, nghiêng", urgency="2")
    (one,) = asked([Standing(made, State.SIGNED)])
    assert (one.name, one.modality, one.urgent) == ("Cẳng tay phải thẳng, nghiêng", "DX", True)


@pytest.mark.parametrize(("code", "examination", "modality"), [
    ("09/BV2", "Ổ bụng", "CT"), ("09/BV2", "Chụp bụng có thuốc", "CT"), ("09/BV2", "PET/CT toàn thân", "PT"),
    ("10/BV2", "Cột sống thắt lưng, in phim", "MR"), ("11/BV2", "Tuyến giáp", "US"), ("12/BV2", "12 chuyển đạo", "ECG"),
    ("13/BV2", "Thường quy", "EEG"), ("14/BV2", "Dạ dày - tá tràng", "ES"), ("14/BV2", "Siêu âm nội soi tụy", "ES"),
    ("08/BV2", "Nhũ ảnh hai bên", "MG"), ("08/BV2", "Bụng không chuẩn bị", "DX"),
])
def test_a_request_goes_to_the_device_of_its_form(code: str, examination: str, modality: str) -> None:
    made = version_of(code, "request", diagnosis={"text": "Đau"}, examination=examination, urgency="1")
    (one,) = asked([Standing(made, State.SIGNED)])
    assert (one.modality, one.urgent) == (modality, False)


def test_what_must_be_known_before_reaches_the_device_with_its_labels() -> None:
    made = version_of("10/BV2", "request", diagnosis={"text": "Đau"}, examination="Sọ não", urgency="1", metal="2",
                      metal_detail="Máy tạo nhịp", contrast="1", creatinine="88.0", remark="Thở máy")
    (one,) = asked([Standing(made, State.SIGNED)])
    assert one.remark == ("Kim loại, thiết bị trong người: Có; Là gì, ở đâu, từ bao giờ: Máy tạo nhịp; "
                          "Tiêm thuốc đối quang từ: Không; Creatinin máu: 88,0 µmol/l; Thở máy")
    scan = version_of("11/BV2", "request", diagnosis={"text": "Thai"}, examination="Thai", urgency="1",
                      preparation=["2"], last_period="2026-09-01")
    (one,) = asked([Standing(scan, State.SIGNED)])
    assert one.remark == "Người bệnh đã: Nhịn tiểu; Kỳ kinh cuối: 01/09/2026"


def test_a_correction_elsewhere_in_the_entry_leaves_the_order_what_it_is() -> None:
    first = a_row("CT ngực", "X-quang ngực thẳng")
    second = a_row("X-quang  ngực thẳng", "CT Ngực", number=2, note="Ngồi xe lăn")
    found = through((first, State.AMENDED), (second, State.SIGNED))
    assert {(one.first_version, one.row, one.version, one.at_row, one.live, one.remark) for one in found.values()} \
        == {(1, 0, 2, 1, True, "Ngồi xe lăn"), (1, 1, 2, 0, True, "Ngồi xe lăn")}


def test_a_correction_of_what_is_ordered_cancels_and_orders_anew() -> None:
    found = through((a_row("CT sọ não"), State.AMENDED), (a_row("CT ngực", number=2), State.SIGNED))
    assert {name: (one.first_version, one.live) for name, one in found.items()} \
        == {"CT sọ não": (1, False), "CT ngực": (2, True)}


def test_the_same_picture_twice_is_two_orders_and_stays_two() -> None:
    first, second = a_row("X-quang ngực", "X-quang ngực"), a_row("X-quang ngực", number=2)
    found = asked([Standing(first, State.AMENDED), Standing(second, State.SIGNED)])
    assert [(one.row, one.live) for one in found] == [(0, True), (1, False)]


@pytest.mark.parametrize("state", [State.CANCELLED, State.REPLACED])
def test_what_ended_orders_nothing(state: State) -> None:
    assert [one.live for one in through((a_row("CT ngực"), state)).values()] == [False]


def test_a_text_that_is_restored_takes_up_its_order_again() -> None:
    found = through((a_row("CT ngực"), State.CANCELLED), (a_row("CT ngực", number=2), State.SIGNED))
    assert [(one.first_version, one.live) for one in found.values()] == [(1, True)]


def test_what_is_not_signed_by_all_changes_nothing_yet() -> None:
    assert through((a_row("CT ngực"), State.PARTLY_SIGNED)) == {}
    found = through((a_row("CT ngực"), State.SIGNED), (a_row("CT sọ", number=2), State.PARTLY_SIGNED))
    assert [(one.name, one.live) for one in found.values()] == [("CT ngực", True)]


@pytest.mark.parametrize(("words", "modality"), [
    ("X-quang ngực thẳng", "DX"), ("XQ khớp gối", "DX"), ("CT ngực không tiêm thuốc cản quang", "CT"),
    ("Chụp CLVT sọ não 64 dãy", "CT"), ("MRI cột sống", "MR"), ("Chụp cộng hưởng từ khớp vai", "MR"),
    ("Siêu âm hệ tiết niệu", "US"), ("Siêu âm Doppler tim", "US"), ("PET/CT toàn thân", "PT"), ("Đo điện tim", "ECG"),
    ("Điện não đồ", "EEG"), ("Holter 24 giờ", "ECG"), ("Nội soi đại tràng", "ES"),
    ("Chụp nhũ ảnh hai bên", "MG"), ("Chụp mạch DSA", "XA"), ("Chụp gì đó", "OT"), ("Factor VIII", "OT"),
])
def test_the_words_say_the_device(words: str, modality: str) -> None:
    assert modality_of(words) == modality


def test_numbers_fit_what_devices_take() -> None:
    assert accession_number(2026, 7) == "2600000007"
    assert len(accession_number(2099, 99_999_999)) <= 15
    uid = study_uid(UUID(int=2**128 - 1))
    assert len(uid) <= 64
    assert uid.startswith("2.25.")
    assert alike("CR") == {"DX", "CR", "RG"}
    assert alike("CT") == {"CT"}


def an_order(which: int, name: str = "CT ngực", *, live: bool = True, studies: tuple[str, ...] = ()) -> Answerable:
    return Answerable(UUID(int=which), frozenset(studies or (f"1.{which}",)), name, live, AT)


def a_report(which: int, *studies: str, name: str = "CT ngực", state: Any = "signed", hours: int = 1) -> Report:
    return Report(UUID(int=which), frozenset(studies), name, state, AT + timedelta(hours=hours))


def test_a_result_answers_the_order_of_its_key_images_and_else_the_only_one_of_that_name() -> None:
    orders = (an_order(1), an_order(2), an_order(3, "Siêu âm bụng"), an_order(4, "X-quang tay", live=False))
    found = answered(orders, [a_report(11, "1.2"), a_report(12, name="siêu âm  BỤNG", state="begun"),
                              a_report(13, name="X-quang tay"), a_report(14, name="Siêu âm tim")])
    assert {which.int: one.entry.int for which, one in found.items()} == {2: 11, 3: 12}
    assert answered([an_order(1), an_order(2)], [a_report(11)]) == {}, "two of that name: nobody knows which"
    assert answered([an_order(1)], [a_report(11, hours=-1)]) == {}, "it was written before the order"
    begun, signed = a_report(11, "1.1", state="begun", hours=5), a_report(12, "1.1")
    assert answered([an_order(1)], [signed, begun])[UUID(int=1)] == signed


def test_a_result_that_names_its_order_answers_that_one_whatever_else_it_shows() -> None:
    orders = [replace(an_order(which), accession=f"26{which}") for which in (1, 2, 3)]
    named = replace(a_report(11, "1.1"), order="262")
    assert {which.int: one.entry.int for which, one in answered(orders, [named]).items()} == {2: 11}, \
        "the picture of the first is there to compare"
    plain = a_report(12, "1.1")
    assert {which.int: one.entry.int for which, one in answered(orders, [named, plain]).items()} == {2: 11, 1: 12}
    assert {which.int: one.entry.int for which, one in answered(orders, [named, plain, a_report(13)]).items()} \
        == {2: 11, 1: 12, 3: 13}, "one of that name is left"
    later = a_report(14, "1.2", hours=9)
    assert answered(orders, [named, later])[UUID(int=2)] == named, "of two signed ones, that which names it"
    assert answered(orders, [replace(named, state="begun"), later])[UUID(int=2)] == later
    assert answered(orders, [replace(a_report(15, "1.3"), order="991")])[UUID(int=3)].entry == UUID(int=15), \
        "a number of elsewhere says nothing"


def test_what_a_result_names_is_kept_through_its_versions() -> None:
    first = version_of("08/BV2", "result", order="2600000001", examination="Ngực")
    second = version_of("08/BV2", "result", 2, order="2600000002", examination="Ngực")
    told = report([Standing(first, State.AMENDED), Standing(second, State.SIGNED)])
    assert told is not None
    assert told.order == "2600000002"
    assert answered_order(a_row("CT")) == answered_order(version_of("08/BV2", "result")) == ""


def test_a_result_answers_no_order_of_another_device_though_it_is_called_the_same() -> None:
    orders = [replace(an_order(which, "Ngực"), modality=device) for which, device in ((1, "DX"), (2, "CT"))]
    told = replace(a_report(11, name="ngực"), modalities=frozenset({"CT"}))
    assert {which.int for which in answered(orders, [told])} == {2}
    assert {which.int for which in answered([replace(an_order(3, "Ngực"), modality="PT")], [told])} == {3}, \
        "no paper of its own: any may answer"


@pytest.mark.parametrize(("code", "devices"), [
    ("08/BV2", ("CR",)), ("08/BV2", ("MG",)), ("09/BV2", ("CT", "SR")), ("10/BV2", ("MR",)), ("11/BV2", ("US",)),
    ("12/BV2", ("ECG",)), ("13/BV2", ("EEG",)), ("14/BV2", ("ES",)), ("", ("OT",)),
])
def test_each_device_has_the_paper_that_reports_on_it(code: str, devices: tuple[str, ...]) -> None:
    assert [one.form for one in reports_on(devices)] == [code] * bool(code)


def test_a_result_that_was_taken_back_is_none() -> None:
    made = version_of("08/BV2", "result")
    states = {state: report([Standing(made, state)]) for state in State}
    assert {state: one.state for state, one in states.items() if one} \
        == {State.PARTLY_SIGNED: "begun", State.SIGNED: "signed"}
    assert report([Standing(a_row("CT"), State.SIGNED)]) is None


def test_the_first_fact_that_holds_decides_the_state() -> None:
    for many in range(len(Fact) + 1):
        for facts in itertools.combinations(Fact, many):
            decided = [state for fact, state in STATES if fact in facts]
            assert state_of(facts) == (decided[0] if decided else OrderState.ORDERED)
    assert state_of({Fact.GIVEN, Fact.IMAGES}) is OrderState.TAKEN
    assert state_of({Fact.GIVEN, Fact.IMAGES, Fact.WITHDRAWN}) is OrderState.CANCELLED
    assert {fact for fact, _ in STATES} == set(Fact)
    assert state_of(()) in OPEN


def test_the_data_names_forms_and_fields_that_exist() -> None:
    sources: list[Source | Reporting] = [*data().orders, *data().reports]
    for source in sources:
        kind = form(source.form, "2024-01-01").kind(source.kind)
        fields = {field.key: field for section in kind.sections for field in section.fields}
        for name in ("name", "start", "remark", "stopped", "code", "urgency", "images", "order"):
            key, rows = getattr(source, name, ""), getattr(source, "rows", "")
            within = {field.key for field in fields[rows].fields} if rows else set(fields)
            assert not key or key in within, (source.form, name)
        for key in getattr(source, "warnings", ()):
            assert fields[key].type in ("choice", "choices", "line", "text", "decimal", "date"), (source.form, key)
    assert len({one.form for one in data().reports}) == len(data().reports) == 7
    told = [device for one in data().reports for device in one.modalities]
    assert len(told) == len(set(told)), "two papers report on one device"
    assert {one.modality for one in data().orders if one.modality} <= set(told)
