"""The report's paper: a sound PDF/A-3 whose evidence comes out as it went in, whatever names it is given."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pikepdf
import pytest

from records.render.pdfa import Attachment
from records.render.report import Part, render_report

AT = datetime(2026, 3, 1, 1, 2, 3, tzinfo=UTC)
INSIDE = Attachment("bien-nhan.json", b'{"good": true}', "application/json", "Supplement", "Biên nhận")


def report(rows: int = 3, name: str = "Tên") -> bytes:
    parts = [Part("Chi tiết", tuple((f"{name} {number}", "chữ " * 30) for number in range(rows)), "Một câu.")]
    return render_report("PHIẾU KIỂM TRA", "Chữ ký hợp lệ.", parts, foot="Bệnh Án", at=AT, attachments=[INSIDE])


def test_it_is_pdf_a_and_carries_its_evidence() -> None:
    pytest.importorskip("jsonschema", reason="pikepdf[pdfa] is not installed")
    from pikepdf import pdfa

    with pikepdf.open(io.BytesIO(report())) as document:
        assert list(pdfa.check(document, "3b").findings) == []
        assert document.attachments["bien-nhan.json"].get_file().read_bytes() == INSIDE.data


def test_many_rows_go_on_over_pages_and_nothing_else_changes_it() -> None:
    with pikepdf.open(io.BytesIO(report(80))) as document:
        assert len(document.pages) > 2
    assert report() == report()


def test_letters_that_the_paper_lacks_do_not_stop_it() -> None:
    assert report(name="病历 ✓").startswith(b"%PDF-1.7")
