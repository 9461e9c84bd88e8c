"""Sheets assembled from entries: nothing of an entry is lost, and each one's signers, times and verdict stand by it."""

from __future__ import annotations

import io
import subprocess
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from uuid import UUID

import pikepdf
import pytest

from records import forms, render
from records.entries import Author, State
from records.forms import Form
from records.render import PrintNote, SheetItem
from records.render.sheet import standing
from tests.records.render import pages
from tests.records.render.test_entry import flat, text_of

VIETNAM = timezone(timedelta(hours=7))
START = datetime(2026, 11, 20, 6, 0, tzinfo=VIETNAM)
NOTE = PrintNote("Bệnh Án", "Trung tâm Y tế Phù Mỹ", "7K3M-PQ2X-19", datetime(2026, 11, 22, 9, 0, tzinfo=VIETNAM),
                 "Võ Thị Lan", "https://phumy.example/tra-cuu/7K3M-PQ2X-19")
NURSE = {**pages.AUTHOR, "full_name": "Nguyễn Thị Mai", "title": "Điều dưỡng", "role": "nurse"}


def current(code: str) -> Form:
    return next(form for form in forms.all_forms() if form.code == code)


def item(code: str, values: dict[str, Any], number: int = 0, *, kind: str = "", state: State = State.SIGNED,
         **changed: Any) -> SheetItem:
    form = current(code)
    key = kind or form.layout.kind
    at = START + timedelta(hours=8 * number)
    version = pages.version(
        form={"code": code, "edition": form.edition, "kind": key}, values=values, entry=UUID(int=100 + number),
        occurred_at=at, written_at=at + timedelta(minutes=6), author=NURSE if code != "36/BV2" else pages.AUTHOR,
        **changed)
    slot = form.kind(key).slots[0]
    mark = pages.mark(slot=slot.key, slot_label=slot.label, full_name=version.author.full_name,
                      title=version.author.title, signed_at=at + timedelta(minutes=7, seconds=number))
    return SheetItem(version, (mark,) if state is not State.DRAFT else (), state, "Hợp lệ")


def sheet(items: list[SheetItem], printed: PrintNote | None = None) -> bytes:
    version = items[0].version
    return render.render_sheet(current(version.form.code), items, version.subject, version.stay, printed)


def check(pdf: bytes, folder: Path) -> None:
    (folder / "sheet.pdf").write_bytes(pdf)
    done = subprocess.run(["qpdf", "--check", str(folder / "sheet.pdf")], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    with pikepdf.open(io.BytesIO(pdf)) as document:
        pytest.importorskip("jsonschema", reason="pikepdf[pdfa] is not installed")
        pytest.importorskip("referencing", reason="pikepdf[pdfa] is not installed")
        from pikepdf import pdfa
        assert list(pdfa.check(document, "3b").findings) == []


def test_rows_stand_in_their_order_each_with_its_signature(tmp_path: Path) -> None:
    items = [item("36/BV2", {**pages.ROW, "subjective": f"Lần ghi thứ {number}."}, number) for number in range(5)]
    pdf = sheet(items, NOTE)
    text = flat(text_of(pdf))
    assert [text.index(f"Lần ghi thứ {number}.") for number in range(5)] == sorted(
        text.index(f"Lần ghi thứ {number}.") for number in range(5))
    assert text.count("540110AB33F0A2") == 5
    assert text.count("Hợp lệ") == 5
    assert "06:07:00" in text
    check(pdf, tmp_path)


def test_a_row_longer_than_a_page_goes_on_with_nothing_lost() -> None:
    told = [f"từ{number}" for number in range(1500)]
    done = subprocess.run(["pdftotext", "-enc", "UTF-8", "-", "-"], capture_output=True, check=True,
                          input=sheet([item("36/BV2", {**pages.ROW, "subjective": " ".join(told)}), item(
                              "36/BV2", pages.ROW, 1)]))
    found = set(done.stdout.decode().split())
    assert set(told) <= found


def test_amended_cancelled_and_unsigned_versions_say_so() -> None:
    correction = {"reason": "Ghi nhầm liều", "of_version": 1, "of_sha256": "c" * 64, "changed": ["plan"]}
    restored = {**correction, "of_version": 2, "restores": 1, "permitted_by": "BSCKI. Đỗ Văn Thành"}
    items = [
        item("36/BV2", pages.ROW, 0, state=State.AMENDED),
        item("36/BV2", pages.ROW, 0, version=2, correction=correction),
        replace(item("36/BV2", pages.ROW, 1, state=State.CANCELLED),
                ended="Người hủy: BS. Lê Thu Hà, 20/11/2026 15:20. Lý do: nhầm người bệnh."),
        item("36/BV2", pages.ROW, 3, version=3, correction=restored),
        item("36/BV2", pages.ROW, 2, state=State.DRAFT),
    ]
    text = flat(text_of(sheet(items)))
    for words in ("ĐÃ THAY BẰNG BẢN SỬA", "Đính chính (phiên bản 2)", "Khôi phục (phiên bản 3)", "ĐÃ HỦY",
                  "BẢN NHÁP, CHƯA KÝ", "Chưa ký."):
        assert words in text
    said = [standing(one) for one in items]
    assert said[1] == ("Đính chính (phiên bản 2), thay phiên bản 1. Lý do: Ghi nhầm liều. Mục sửa: Kế hoạch. "
                       "Người đính chính: Bác sĩ chuyên khoa I Trần Quốc Bảo, 20/11/2026 06:06.")
    assert said[2] == "ĐÃ HỦY. Người hủy: BS. Lê Thu Hà, 20/11/2026 15:20. Lý do: nhầm người bệnh."
    assert said[3].startswith("Khôi phục (phiên bản 3): lấy lại nội dung phiên bản 1, sau phiên bản 2. Lý do: ")
    assert "Người cho khôi phục: BSCKI. Đỗ Văn Thành. Người ký lại: " in said[3]


COLUMN = {
    "care_level": "2", "consciousness": "A", "gcs": 15, "gcs_eye": 4, "gcs_verbal": 5, "gcs_motor": 6, "pulse": 88,
    "systolic": 130, "diastolic": 80, "temperature": "37.2", "in_oral": 300, "in_infusion": 500, "in_total": 800,
    "out_urine": 450, "out_total": 450, "interventions": "Vỗ rung, hướng dẫn ho", "risk_fall": "2",
    "orders_done": [{"order": "Ceftriaxone 2 g", "done_at": "2026-11-20T09:05:00+07:00", "result": "done"}],
}


def test_columns_fill_pages_and_the_day_is_summed(tmp_path: Path) -> None:
    items = [item("38/BV2", {**COLUMN, "posture": f"Tư thế {number}"}, number) for number in range(8)]
    pdf = sheet(items, NOTE)
    text = flat(text_of(pdf))
    for number in range(8):
        assert f"Tư thế {number}" in text
    assert text.count("130/80") == 8
    assert text.count("37,2") == 8
    assert "300; 500; –; 800" in text
    assert "Ngày 20/11/2026: Tổng nước vào 2400 ml, Tổng nước ra 1350 ml, chênh lệch +1050 ml." in text
    check(pdf, tmp_path)


def measurement(number: int, **changed: Any) -> SheetItem:
    values = {"pulse": 80 + number, "temperature": "37.5", "systolic": 130, "diastolic": 80, "breaths": 20,
              "consciousness": "A", "note": f"Ghi chú số {number}", **changed}
    return item("EX-SINHHIEU", {key: value for key, value in values.items() if value is not None}, number)


def test_the_chart_draws_a_red_dot_and_a_blue_cross_for_each_measurement() -> None:
    def drawn(items: list[SheetItem]) -> tuple[int, int]:
        with pikepdf.open(io.BytesIO(sheet(items))) as document:
            content = b"".join(page.Contents.read_bytes() for page in document.pages).decode("latin-1").split("\n")
        dots = sum(line.endswith(" c f") for line in content)
        crosses = sum(line.count(" l ") == 1 and line.endswith("l S") for line in content)
        return dots, crosses

    base_dots, base_lines = drawn([measurement(0, pulse=None, temperature=None)])
    dots, lines = drawn([measurement(0)])
    assert (dots - base_dots, lines - base_lines) == (1, 2)


def test_more_measurements_than_a_page_holds_take_a_further_page_and_none_is_lost(tmp_path: Path) -> None:
    items = [measurement(number) for number in range(45)]
    pdf = sheet(items, NOTE)
    text = flat(text_of(pdf))
    for number in range(45):
        assert f"Ghi chú số {number}" in text
    assert text.count("540110AB33F0A2") == 45
    check(pdf, tmp_path)


def test_a_value_off_the_charts_axis_is_told_in_figures() -> None:
    assert "182" in text_of(sheet([measurement(0, pulse=182)]))
    assert "34,1" in text_of(sheet([measurement(0, temperature="34.1")]))


def test_a_record_prints_cover_then_part_a_then_part_b(tmp_path: Path) -> None:
    items = [
        item("01/BV1", {"course": "Diễn biến của phần B"}, 1, kind="part_b"),
        item("01/BV1", {"reason": "Lý do của phần A"}, 0, kind="part_a"),
        item("01/BV1", {"full_name": "Nguyễn Thị Thanh Hương"}, 2, kind="cover"),
    ]
    pdf = sheet(items)
    text = flat(text_of(pdf))
    cover, part_a, part_b = (text.index(words) for words in ("BÌA BỆNH ÁN", "Lý do của phần A", "Diễn biến của phần B"))
    assert cover < part_a < part_b
    assert "GIÁM ĐỐC BỆNH VIỆN" in text
    assert "Chưa ký" in text
    check(pdf, tmp_path)


def test_a_print_carries_the_notice_of_conversion_on_each_page() -> None:
    pdf = sheet([item("36/BV2", {**pages.ROW, "plan": "dài " * 2000})], NOTE)
    text = text_of(pdf)
    printed = text.split("\f")[:-1]
    assert len(printed) > 1
    assert all("Bản giấy chuyển đổi từ Bệnh Án · mã 7K3M-PQ2X-19 · in 22/11/2026 09:00 · Võ Thị Lan" in flat(page)
               for page in printed)
    assert "Chủ quản: Trung tâm Y tế Phù Mỹ" in text
    assert "Bản giấy chuyển đổi" not in text_of(sheet([item("36/BV2", pages.ROW)]))


def test_a_title_that_ends_in_a_full_stop_gets_no_second_one() -> None:
    shortened = {**pages.AUTHOR, "title": "BS."}
    for code, values in (("36/BV2", pages.ROW), ("01/BV1", {})):
        made = item(code, values, kind="row" if code == "36/BV2" else "part_a")
        version = made.version.model_copy(update={"author": Author.model_validate(shortened)})
        marks = tuple(mark.model_copy(update={"title": "BS."}) for mark in made.marks)
        text = flat(text_of(sheet([SheetItem(version, marks, made.state, made.verdict)])))
        assert "BS." in text
        assert "BS.." not in text


def test_an_empty_sheet_prints_its_head() -> None:
    for form in forms.all_forms():
        version = pages.version()
        pdf = render.render_sheet(form, [], version.subject, version.stay)
        assert form.printed_code in text_of(pdf)
