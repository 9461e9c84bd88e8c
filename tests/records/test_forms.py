"""The built forms against the ministry's blanks: every field, its words, its limits, its lists, its signatures.

The tables below were written by hand from the official forms, not from the files: a blank that somebody forgets in a
file is missed here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest

from records.codes import list_names
from records.computed import compute
from records.entries import Stay, Subject
from records.errors import Refusal, reason_words
from records.forms import EntryKind, Field, Form, Role, all_forms, current_form, form
from records.validation import clean

ON = date(2026, 11, 25)

VITALS = "pulse temperature systolic diastolic breaths weight"
COVER = """
    health_dept facility facility_code ward room bed archive_no med_code record_no patient_id
    full_name birth_date age sex job ethnicity nationality
    addr_no addr_street addr_commune addr_district addr_province workplace payer bhyt_valid_to bhyt_no
    kin_name_addr kin_phone national_id
    admit_at admit_via referred_by nth_time ward_in ward_in_at ward_in_days ward_transfers transfer_type transfer_to
    discharge_at discharge_type total_days
    dx_referrer dx_ed dx_ward has_procedure has_surgery dx_out_main dx_out_other accident complication
    outcome outcome_wide pathology death_at death_cause_type death_window death_main_cause autopsy autopsy_dx cover_date
"""
PART_A = f"""
    reason day_of_illness history past_personal risk_table past_family exam_general {VITALS}
    exam_cardio exam_resp exam_gi exam_gu exam_neuro exam_msk exam_ent exam_dental exam_eye exam_endo_other
    tests_needed case_summary dx_main dx_other dx_diff prognosis plan
"""
PART_B = """
    course key_results treatment condition_out followup
    count_xray count_ct count_ultrasound count_lab count_other count_other_name count_total
"""
CARE = """
    care_level consciousness gcs gcs_eye gcs_verbal gcs_motor pulse systolic diastolic temperature breaths spo2
    skin respiration oxygen ventilated ventilator_settings pain posture eating excretion mobility
    in_oral in_infusion in_other in_total out_urine out_drain out_other out_total
    hygiene tubes_lines risk_fall risk_ulcer nursing_diagnosis interventions orders_done evaluation handover
"""
ASKED = "diagnosis examination urgency remark"
ANSWERED = "order orderer ordered_at examination performed_at findings conclusion advice"
SERIES = ("09/BV2", "10/BV2", "11/BV2", "12/BV2", "13/BV2", "14/BV2")
"""Built like 08/BV2."""
KINDS = {
    ("01/BV1", "part_a"): PART_A,
    ("01/BV1", "part_b"): PART_B,
    ("01/BV1", "cover"): COVER,
    ("01/BV1", "closing"): "gathered note",
    ("36/BV2", "row"): "diagnosis diagnosis_differential subjective objective assessment plan orders",
    ("38/BV2", "column"): CARE,
    ("EX-SINHHIEU", "measurement"):
        "pulse temperature systolic diastolic weight breaths spo2 urine height oxygen consciousness note",
    ("TT25-M02", "certificate"): """
        health_dept facility paper_no record_no full_name birth_date age sex ethnicity job id_no id_issued_on
        insurance_no address admit_at discharge_at diagnosis diagnosis_other pregnancy_weeks pregnancy_end treatment
        rest_days rest_for_pregnancy return_on guardian_name note
    """,
    ("01/BV2", "consent"): """
        class surgeon_name surgeon_title surgeon_ward anaesthetist_name anaesthetist_title diagnosis procedure
        counselled not_counselled_why risks
        signer_name signer_birth_date signer_address signer_id relationship phone decision
    """,
    ("06/BV2", "procedure"): """
        admit_at performed_at dx_before dx_after method class anaesthesia surgeon_name anaesthetist_name
        diagram drain packing drain_out_on stitches_out_on other steps
    """,
    ("EX-PTCC", "decision"): "decided_at procedure diagnosis why reason",
    ("EX-CONGKHAI", "day"): "day total items note",
    ("PL-KQ", "late_result"): """
        result_kind specimen report_no taken_on reported_on reported_by result conclusion informed informed_how
    """,
    ("08/BV2", "request"): "diagnosis examination urgency remark",
    ("08/BV2", "result"): "order orderer ordered_at examination performed_at findings conclusion advice key_images",
    ("09/BV2", "request"): f"{ASKED} contrast allergy creatinine creatinine_on pregnancy",
    ("09/BV2", "result"): f"{ANSWERED} device films dose technique key_images",
    ("10/BV2", "request"): f"{ASKED} metal metal_detail contrast allergy creatinine creatinine_on pregnancy",
    ("10/BV2", "result"): f"{ANSWERED} device films technique key_images",
    ("11/BV2", "request"): f"{ASKED} preparation last_period",
    ("11/BV2", "result"): f"{ANSWERED} device key_images",
    ("12/BV2", "request"): f"{ASKED} medicines",
    ("12/BV2", "result"): f"{ANSWERED} device rhythm rate axis pr qrs qt qtc key_images",
    ("13/BV2", "request"): f"{ASKED} last_seizure medicines",
    ("13/BV2", "result"): f"{ANSWERED} device awake background activation",
    ("14/BV2", "request"): f"{ASKED} sedation blood_thinners allergy",
    ("14/BV2", "result"): f"""{ANSWERED} device anaesthesia preparation
        intervention biopsy biopsy_detail urease complications key_images""",
    ("XN-NB", "confirmation"): """
        document_name document_form document_version document_entry document_sha256 document_file_sha256
        answer refusal_reason who full_name relationship id_no not_patient_why
        method confirmed_at workstation transaction_no device quality evidence_sha256 template_sha256
        phone phone_source code_sent_at code_tries message_no witness_name witness_role witness_why
    """,
    ("40/BV2", "admission_consent"): """
        diagnosis ward admit_at explained explained_more questions
        signer_name signer_birth_date signer_address signer_id relationship phone decision
    """,
    ("QD697-01", "statement"): """
        full_name birth_date sex address record_no insurance_no benefit_percent diagnosis from_day to_day
        lines total total_insured total_patient advance note
    """,
}
ROWS = {
    ("01/BV1", "part_a", "risk_table"): "present months detail",
    ("01/BV1", "part_a", "dx_other"): "dx",
    ("01/BV1", "cover", "ward_transfers"): "ward at days",
    ("01/BV1", "cover", "dx_out_other"): "dx",
    ("TT25-M02", "certificate", "diagnosis_other"): "dx",
    ("EX-CONGKHAI", "day", "items"): "name strength unit quantity unit_price amount payer",
    ("QD697-01", "statement", "lines"): "group code name unit quantity unit_price amount insured patient_pays",
    ("36/BV2", "row", "orders"): "kind code name strength form dose unit route frequency times start days note "
                                 "day_number stop_at stop_reason",
    ("38/BV2", "column", "orders_done"): "order order_ref done_at result reason",
}
REQUIRED = {
    ("01/BV1", "part_a"): f"reason day_of_illness history past_personal risk_table past_family exam_general {VITALS} "
                          "exam_cardio exam_resp exam_gi exam_gu exam_neuro exam_msk case_summary dx_main "
                          "prognosis plan",
    ("01/BV1", "part_b"): "course key_results treatment condition_out followup count_xray count_ct count_ultrasound "
                          "count_lab count_other count_total",
    ("01/BV1", "cover"): "health_dept facility facility_code ward bed record_no patient_id full_name birth_date age "
                         "sex job ethnicity addr_commune addr_province payer kin_name_addr kin_phone admit_at "
                         "admit_via referred_by ward_in ward_in_at ward_in_days discharge_at discharge_type "
                         "total_days dx_ed dx_ward has_procedure has_surgery dx_out_main accident complication "
                         "outcome cover_date",
    ("01/BV1", "closing"): "gathered",
    ("36/BV2", "row"): "diagnosis",
    ("38/BV2", "column"): "care_level",
    ("EX-SINHHIEU", "measurement"): "",
    ("TT25-M02", "certificate"): "health_dept facility record_no full_name birth_date age sex admit_at discharge_at "
                                 "diagnosis treatment",
    ("01/BV2", "consent"): "class surgeon_name anaesthetist_name diagnosis procedure counselled signer_name decision",
    ("06/BV2", "procedure"): "performed_at dx_before dx_after method class anaesthesia surgeon_name steps",
    ("EX-PTCC", "decision"): "decided_at procedure diagnosis why reason",
    ("EX-CONGKHAI", "day"): "day items",
    ("08/BV2", "request"): "diagnosis examination urgency",
    ("08/BV2", "result"): "orderer examination performed_at findings conclusion",
    **{(code, "request"): "diagnosis examination urgency" + " metal" * (code == "10/BV2") for code in SERIES},
    **{(code, "result"): "orderer examination performed_at findings conclusion" for code in SERIES},
    ("40/BV2", "admission_consent"): "explained signer_name decision",
    ("QD697-01", "statement"): "full_name from_day to_day lines total total_insured total_patient",
    ("XN-NB", "confirmation"): "document_name document_form document_version document_entry document_sha256 "
                               "document_file_sha256 answer who full_name method confirmed_at workstation "
                               "transaction_no",
}
CODED = {
    "icd10": {"dx_referrer", "dx_ed", "dx_ward", "dx_out_other.dx", "death_main_cause", "autopsy_dx", "dx_main",
              "dx_before", "dx_after",
              "dx_other.dx", "dx_diff", "diagnosis", "diagnosis_differential", "diagnosis_other.dx"},
    "icd10_main": {"dx_out_main", "diagnosis"},
    "occupation": {"job"},
    "ethnicity": {"ethnicity"},
    "country": {"nationality"},
    "province": {"addr_province"},
    "ward": {"ward_in", "ward_transfers.ward"},
}
# Label, unit, warning limits, LOINC code and UCUM unit of the vital signs, the same on each form that has them.
SIGNS = {
    "pulse": ("Mạch", "lần/phút", "20", "250", "8867-4", "/min"),
    "temperature": ("Nhiệt độ", "°C", "30", "43", "8310-5", "Cel"),
    "systolic": ("Huyết áp tâm thu", "mmHg", "40", "300", "8480-6", "mm[Hg]"),
    "diastolic": ("Huyết áp tâm trương", "mmHg", "20", "200", "8462-4", "mm[Hg]"),
    "breaths": ("Nhịp thở", "lần/phút", "4", "100", "9279-1", "/min"),
    "weight": ("Cân nặng", "kg", "0.3", "300", "29463-7", "kg"),
}
# Who signs what, in the order of the ministry's list: the slots of each kind, their roles and what they wait for.
SLOTS = {
    ("01/BV1", "part_a"): [("doctor", {Role.DOCTOR}, ())],
    ("01/BV1", "part_b"): [("doctor", {Role.DOCTOR}, ())],
    ("01/BV1", "cover"): [("ward_head", {Role.WARD_HEAD}, ()), ("director", {Role.DIRECTOR}, ("ward_head",))],
    ("01/BV1", "closing"): [("giver", {Role.DOCTOR, Role.NURSE, Role.WARD_HEAD}, ()),
                            ("receiver", {Role.RECORDS_OFFICE}, ("giver",))],
    ("36/BV2", "row"): [("doctor", {Role.DOCTOR}, ())],
    ("38/BV2", "column"): [("nurse", {Role.NURSE}, ())],
    ("EX-SINHHIEU", "measurement"): [("nurse", {Role.NURSE}, ())],
    ("TT25-M02", "certificate"): [("practitioner", {Role.DOCTOR}, ()),
                                  ("representative", {Role.DIRECTOR}, ("practitioner",)),
                                  ("organisation", set(), ("representative",))],
    ("01/BV2", "consent"): [("surgeon", {Role.DOCTOR}, ()), ("anaesthetist", {Role.DOCTOR}, ()),
                            ("patient", set(), ("surgeon", "anaesthetist"))],
    ("06/BV2", "procedure"): [("surgeon", {Role.DOCTOR}, ())],
    ("EX-PTCC", "decision"): [("first_doctor", {Role.DOCTOR}, ()), ("second_doctor", {Role.DOCTOR}, ())],
    ("EX-CONGKHAI", "day"): [("nurse", {Role.NURSE}, ()), ("patient", set(), ("nurse",)),
                             ("ward_head", {Role.WARD_HEAD}, ("nurse", "patient"))],
    ("40/BV2", "admission_consent"): [("receiver", {Role.DOCTOR, Role.NURSE}, ()), ("patient", set(), ("receiver",))],
    ("QD697-01", "statement"): [("maker", {Role.NURSE, Role.RECORDS_OFFICE}, ()), ("patient", set(), ("maker",)),
                                ("cashier", {Role.RECORDS_OFFICE}, ("maker", "patient"))],
    ("PL-KQ", "late_result"): [("writer", {Role.DOCTOR, Role.TECHNICIAN}, ()),
                               ("ward_head", {Role.WARD_HEAD}, ("writer",))],
    **{(code, "request"): [("doctor", {Role.DOCTOR}, ())] for code in ("08/BV2", *SERIES)},
    **{(code, "result"): [("technician", {Role.TECHNICIAN}, ()), ("specialist", {Role.DOCTOR}, ("technician",))]
       for code in ("08/BV2", *SERIES)},
    ("XN-NB", "confirmation"): [("taker", {Role.DOCTOR, Role.NURSE}, ())],
}


def kind(code: str, key: str) -> EntryKind:
    return current_form(code, ON).kind(key)


def every_field() -> Iterator[tuple[Form, EntryKind, str, Field]]:
    for paper in all_forms():
        for part in paper.kinds:
            for blank in part.fields:
                yield paper, part, blank.key, blank
                for column in blank.fields:
                    yield paper, part, f"{blank.key}.{column.key}", column


@pytest.mark.parametrize("where", KINDS, ids=str)
def test_a_part_has_exactly_the_blanks_of_the_paper(where: tuple[str, str]) -> None:
    assert sorted(blank.key for blank in kind(*where).fields) == sorted(KINDS[where].split())


@pytest.mark.parametrize("where", ROWS, ids=str)
def test_a_table_has_exactly_the_columns_of_the_paper(where: tuple[str, str, str]) -> None:
    code, part, table = where
    columns = next(blank.fields for blank in kind(code, part).fields if blank.key == table)
    assert [column.key for column in columns] == ROWS[where].split()


def test_no_table_is_left_out_of_the_list_above() -> None:
    tables = {(paper.code, part.key, key) for paper, part, key, blank in every_field() if blank.type == "rows"}
    assert tables == set(ROWS)


@pytest.mark.parametrize("where", REQUIRED, ids=str)
def test_signing_demands_what_the_reading_of_the_form_demands(where: tuple[str, str]) -> None:
    missing = [reason.where for reason in clean(kind(*where), {}, signing=True).problems
               if reason.code == "field_missing"]
    assert sorted(missing) == sorted(REQUIRED[where].split())


def test_each_coded_blank_uses_its_list_and_every_list_exists() -> None:
    used: dict[str, set[str]] = {}
    for _, _, key, blank in every_field():
        if blank.type == "coded":
            used.setdefault(blank.codes, set()).add(key)
    assert used == CODED
    assert set(used) <= set(list_names())


@pytest.mark.parametrize("where", [("01/BV1", "part_a"), ("38/BV2", "column"), ("EX-SINHHIEU", "measurement")], ids=str)
def test_vital_signs_have_the_same_words_limits_and_codes_on_every_form(where: tuple[str, str]) -> None:
    for blank in kind(*where).fields:
        if blank.key in SIGNS:
            label, unit, low, high, loinc, ucum = SIGNS[blank.key]
            assert (blank.label, blank.unit, blank.code, blank.ucum) == (label, unit, loinc, ucum)
            assert (blank.warn_min, blank.warn_max) == (Decimal(low), Decimal(high))
            assert blank.min is not None
            assert blank.max is not None
            assert blank.min <= Decimal(low) < Decimal(high) < blank.max


@pytest.mark.parametrize(("part", "values", "code"), [
    (("EX-SINHHIEU", "measurement"), {"systolic": 80, "diastolic": 80}, "diastolic_not_below_systolic"),
    (("38/BV2", "column"), {"systolic": 80, "diastolic": 90}, "diastolic_not_below_systolic"),
    (("01/BV1", "part_a"), {"systolic": 80, "diastolic": 90}, "diastolic_not_below_systolic"),
    (("EX-SINHHIEU", "measurement"), {"note": "Không đo được"}, "measurement_empty"),
    (("38/BV2", "column"), {"care_level": "2"}, "care_empty"),
    (("36/BV2", "row"), {"diagnosis": {"text": "Viêm phổi", "code": "J18.9"}}, "progress_empty"),
    (("01/BV1", "cover"), {"admit_at": "2026-11-10T08:00:00+07:00", "discharge_at": "2026-11-09T08:00:00+07:00"},
     "discharge_before_admission"),
    (("01/BV1", "cover"), {"admit_at": "2026-11-10T08:00:00+07:00", "death_at": "2026-11-10T07:59:00+07:00"},
     "death_before_admission"),
], ids=str)
def test_a_rule_across_blanks_finds_what_contradicts(part: tuple[str, str], values: dict[str, object],
                                                     code: str) -> None:
    assert code in [reason.code for reason in clean(kind(*part), values, signing=True).problems]


@pytest.mark.parametrize(("part", "values", "missing"), [
    (("01/BV1", "cover"), {"payer": "1"}, {"bhyt_no", "bhyt_valid_to"}),
    (("01/BV1", "cover"), {"transfer_to": "Bệnh viện tỉnh"}, {"transfer_type"}),
    (("01/BV1", "cover"), {"referred_by": "1"}, {"dx_referrer"}),
    (("01/BV1", "cover"), {"outcome": "5"},
     {"death_at", "death_cause_type", "death_window", "death_main_cause", "autopsy"}),
    (("01/BV1", "cover"), {"outcome": "5", "autopsy": True}, {"autopsy_dx"}),
    (("TT25-M02", "certificate"), {"pregnancy_weeks": 20}, {"pregnancy_end"}),
    (("EX-CONGKHAI", "day"), {"items": [{"name": "Paracetamol"}]}, {"items.1.unit", "items.1.quantity"}),
    (("XN-NB", "confirmation"), {"method": "fingerprint"},
     {"device", "quality", "evidence_sha256", "template_sha256"}),
    (("XN-NB", "confirmation"), {"method": "drawn"}, {"device", "evidence_sha256"}),
    (("XN-NB", "confirmation"), {"method": "code"},
     {"device", "evidence_sha256", "phone", "phone_source", "code_sent_at", "code_tries"}),
    (("XN-NB", "confirmation"), {"method": "witness"}, {"witness_name", "witness_role", "witness_why"}),
    (("XN-NB", "confirmation"), {"who": "2"}, {"relationship", "not_patient_why"}),
    (("XN-NB", "confirmation"), {"answer": "2"}, {"refusal_reason"}),
    (("36/BV2", "row"), {"orders": [{"kind": "drug", "name": "Paracetamol"}]},
     {"orders.1.dose", "orders.1.unit", "orders.1.route"}),
    (("36/BV2", "row"), {"orders": [{"kind": "lab", "name": "CRP", "stop_at": "2026-11-10T08:00:00+07:00"}]},
     {"orders.1.stop_reason"}),
    (("38/BV2", "column"), {"ventilated": True}, {"ventilator_settings"}),
    (("09/BV2", "request"), {"contrast": "2"}, {"allergy"}),
    (("10/BV2", "request"), {"metal": "2"}, {"metal_detail"}),
    (("14/BV2", "result"), {"biopsy": True}, {"biopsy_detail"}),
    (("38/BV2", "column"), {"orders_done": [{"order": "Levofloxacin", "result": "not_done"}]},
     {"orders_done.1.reason"}),
    (("38/BV2", "column"), {"orders_done": [{"order": "Levofloxacin", "result": "done"}]},
     {"orders_done.1.done_at"}),
    (("01/BV1", "part_a"), {"risk_table": [{"present": True}]}, {"risk_table.1.detail"}),
    (("EX-SINHHIEU", "measurement"), {"diastolic": 80}, {"systolic"}),
], ids=lambda value: str(sorted(value) if isinstance(value, set) else value))
def test_a_condition_demands_what_belongs_to_it(part: tuple[str, str], values: dict[str, object],
                                               missing: set[str]) -> None:
    def missed(given: dict[str, object]) -> set[str]:
        problems = clean(kind(*part), given, signing=True).problems
        return {reason.where for reason in problems if reason.code == "field_missing"}

    assert missing <= missed(values) - missed({})


@pytest.mark.parametrize("where", SLOTS, ids=str)
def test_signatures_are_those_of_the_ministry_in_their_order(where: tuple[str, str]) -> None:
    slots = [(slot.key, set(slot.roles), slot.after) for slot in kind(*where).slots]
    assert slots == SLOTS[where]


def test_the_whole_series_of_requests_and_results_is_signed_changed_and_told_alike() -> None:
    """R6, R36: what holds for the X-ray form holds for its sisters; none is said to be read off the official blank."""
    xray = {part.key: part for part in current_form("08/BV2", ON).kinds}
    for code in ("08/BV2", *SERIES):
        paper = current_form(code, ON)
        assert "chưa đối chiếu với bản in chính thức" in paper.unconfirmed, code
        for part in paper.kinds:
            like = xray[part.key]
            assert part.slots == like.slots, code
            assert (part.writers, part.amending, part.orderer, part.rules) == (
                like.writers, like.amending, like.orderer, like.rules), code
            sources = {blank.key: blank.source for blank in part.fields if blank.source}
            assert sources == {blank.key: blank.source for blank in like.fields if blank.source}, code


def test_rows_and_columns_are_signed_by_whoever_wrote_them_and_the_cover_is_not() -> None:
    assert all(slot.author for where in SLOTS for slot in kind(*where).slots
               if where[1] in ("part_a", "part_b", "row", "column", "measurement"))
    assert not any(slot.author for slot in kind("01/BV1", "cover").slots)


def test_whoever_writes_may_sign_the_slot_that_only_the_writer_may_sign() -> None:
    for paper in all_forms():
        for part in paper.kinds:
            for slot in part.slots:
                assert not slot.author or set(part.writers) <= set(slot.roles), (paper.code, part.key, slot.key)


def test_the_parts_of_a_record_wait_for_each_other_and_the_hand_over_for_all() -> None:
    parts = {part.key: part for part in current_form("01/BV1", ON).kinds}
    assert [parts[key].after for key in ("part_a", "part_b", "cover", "closing")] == [
        (), ("part_a",), ("part_b",), ("cover",)
    ]
    assert parts["closing"].gathers == ("part_a", "part_b", "cover")
    assert all(slot.children_signed for slot in parts["closing"].slots)
    assert {key: part.deadline for key, part in parts.items()} == {
        "part_a": "admission", "part_b": "discharge", "cover": "discharge", "closing": "discharge"
    }
    assert not any(part.repeatable for part in parts.values())


def test_the_cover_numbers_its_items_from_1_to_29_without_a_gap() -> None:
    numbers = [int(blank.number) for blank in kind("01/BV1", "cover").fields if blank.number.isdigit()]
    assert numbers == list(range(1, 30))


def test_the_risk_table_asks_its_six_lines() -> None:
    table = next(blank for blank in kind("01/BV1", "part_a").fields if blank.key == "risk_table")
    assert [label[:2] for label in table.fixed_rows] == ["01", "02", "03", "04", "05", "06"]
    unasked = clean(kind("01/BV1", "part_a"), {"risk_table": [{}]}, signing=True)
    assert "risk_table.1.present" in [reason.where for reason in unasked.problems]


def test_every_rule_has_words_in_both_languages_and_every_computed_blank_its_rule() -> None:
    for paper in all_forms():
        for part in paper.kinds:
            for rule in part.rules:
                assert {"en", "vi", "todo"} <= set(reason_words()[rule.reason]), (paper.code, rule.reason)
    for _, _, _, blank in every_field():
        if blank.computed:
            assert compute(blank.computed, {}) is None


def test_every_condition_names_a_neighbour() -> None:
    for paper in all_forms():
        for part in paper.kinds:
            for family in (part.fields, *(blank.fields for blank in part.fields)):
                keys = {blank.key for blank in family}
                for blank in family:
                    for condition in (blank.required_when, blank.shown_when):
                        assert condition is None or condition.field in keys, (paper.code, part.key, blank.key)


def test_every_column_of_the_sheet_names_blanks_of_its_kind_and_none_is_left_out() -> None:
    for paper in all_forms():
        if paper.layout.style == "narrative":
            continue
        printed = {key for column in paper.layout.columns for key in column.fields} - {"occurred_at"}
        blanks = {blank.key for blank in paper.kind(paper.layout.kind).fields}
        beside = {"rows": {"diagnosis", "diagnosis_differential"}, "chart": {"pulse", "temperature"}}
        assert printed == blanks - beside.get(paper.layout.style, set()), paper.code


def test_section_codes_look_like_loinc_and_every_measured_blank_has_its_unit_in_ucum() -> None:
    for paper in all_forms():
        for part in paper.kinds:
            for section in part.sections:
                assert re.fullmatch(r"(\d{4,5}-\d)?", section.code), (paper.code, section.key)
    for paper, _, key, blank in every_field():
        if blank.code and blank.type in ("int", "decimal"):
            assert blank.ucum, (paper.code, key)


def test_prefilled_blanks_name_the_patient_the_stay_or_the_request() -> None:
    known = {"subject": set(Subject.model_fields) | {"age"}, "stay": set(Stay.model_fields),
             "request": {"number", "orderer", "ordered_at", "examination"}}
    for paper, _, key, blank in every_field():
        if blank.source:
            root, _, attribute = blank.source.partition(".")
            assert attribute in known[root], (paper.code, key)


def test_choices_have_unique_codes_and_keys_are_plain_english() -> None:
    for paper, _, key, blank in every_field():
        codes = [choice.code for choice in blank.choices]
        assert len(codes) == len(set(codes)), (paper.code, key)
        assert bool(codes) == (blank.type in ("choice", "choices")), (paper.code, key)
        assert re.fullmatch(r"[a-z][a-z0-9_.]*", key), (paper.code, key)


def test_the_edition_follows_the_date_and_an_unknown_form_is_refused() -> None:
    assert current_form("36/BV2", ON).edition == "2024-01-01"
    assert current_form("EX-SINHHIEU", ON).edition == "2001-09-28"
    assert form("01/BV1", "2024-01-01").printed_code == "01/BV-01"
    with pytest.raises(Refusal):
        current_form("36/BV2", date(2023, 12, 31))
    with pytest.raises(Refusal):
        form("99/BV9", "2024-01-01")
