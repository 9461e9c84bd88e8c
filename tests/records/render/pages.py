"""Versions and marks for the tests of the paper; made-up people."""

from __future__ import annotations

from typing import Any

from records.entries import Mark, Version

ENTRY = "0193565e-1f00-7000-8000-0000000000aa"
PATIENT = {
    "id": "0193565e-1f00-7000-8000-000000000001", "patient_no": "26001234", "full_name": "Nguyễn Thị Thanh Hương",
    "birth_date": "1958-03-12", "sex": "2", "national_id": "052158001234", "insurance_no": "GD4527920012345",
    "address": "Thôn Vĩnh Trường, xã Phù Cát, tỉnh Gia Lai",
}
STAY = {
    "id": "0193565e-1f00-7000-8000-000000000002", "record_no": "26.004512", "facility": "Trung tâm Y tế Phù Mỹ",
    "facility_code": "52007", "health_department": "Sở Y tế Gia Lai", "ward": "Khoa Nội tổng hợp", "room": "203",
    "bed": "12", "admitted_at": "2026-11-20T08:10:00+07:00", "diagnosis": "Viêm phổi", "diagnosis_code": "J18.9",
}
AUTHOR = {"id": "0193565e-1f00-7000-8000-000000000003", "full_name": "Trần Quốc Bảo",
          "title": "Bác sĩ chuyên khoa I", "role": "doctor"}
ROW = {
    "diagnosis": {"text": "Viêm phổi thùy dưới phải", "code": "J18.9"},
    "subjective": "Còn ho khan, đỡ khó thở, ăn được ½ suất cháo. Không sốt từ 22 giờ hôm qua.",
    "objective": "Tỉnh, tiếp xúc tốt. Mạch 88 lần/phút, HA 130/80 mmHg, 37,2 °C, SpO₂ 96 %.\n"
    "Phổi: ran nổ đáy phải giảm.",
    "assessment": "Đáp ứng kháng sinh, CURB-65 ≤ 1.",
    "plan": "Tiếp tục kháng sinh ngày 3; chụp lại X-quang ngày 25/11.",
    "orders": [
        {"kind": "drug", "name": "Ceftriaxone", "strength": "1 g", "form": "bột pha tiêm", "dose": "2", "unit": "lọ",
         "route": "intravenous", "frequency": "1 lần/ngày", "times": "09:00", "days": 5, "day_number": 3},
        {"kind": "drug", "name": "Paracetamol", "strength": "500 mg", "dose": "1", "unit": "viên", "route": "oral",
         "frequency": "khi sốt ≥ 38,5 °C", "note": "cách nhau ít nhất 6 giờ"},
        {"kind": "lab", "name": "CRP, tổng phân tích tế bào máu"},
        {"kind": "diet", "name": "Cháo, 4 bữa/ngày"},
    ],
}


def version(**changed: Any) -> Version:
    """A row of 36/BV2, with what the test changes."""
    return Version.model_validate({
        "renderer": "1", "entry": ENTRY, "version": 1,
        "form": {"code": "36/BV2", "edition": "2024-01-01", "kind": "row"},
        "subject": PATIENT, "stay": STAY, "author": AUTHOR, "occurred_at": "2026-11-22T08:30:00+07:00",
        "written_at": "2026-11-22T08:41:17+07:00", "values": ROW, **changed,
    })


def mark(**changed: Any) -> Mark:
    """The mark of the doctor who signed it."""
    return Mark.model_validate({
        "slot": "doctor", "slot_label": "Bác sĩ", "full_name": "Trần Quốc Bảo", "title": "Bác sĩ chuyên khoa I",
        "signed_at": "2026-11-22T08:42:03+07:00", "certificate_serial": "540110AB33F0A2",
        "certificate_issuer": "CA Tập huấn Bệnh Án", **changed,
    })
