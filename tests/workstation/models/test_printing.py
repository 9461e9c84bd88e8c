"""Sheets on paper: only what is signed, with the notice of conversion, under a code that names exactly this content."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from PyQt6.QtPdf import QPdfDocument
from pytestqt.qtbot import QtBot

from records.errors import Refusal
from records.messages import Chart
from tests.workstation import hospital
from tests.workstation.models.desks import Desks
from workstation.models.printing import Printed, PrintModel, entries_of, look_up_code


def drawn(qtbot: QtBot, desks: Desks, chart: Chart, code: str = "36/BV2") -> Printed:
    model = PrintModel(desks.open(start=False))
    with qtbot.waitSignal(model.ready, timeout=20_000) as told:
        model.sheet(chart, code)
    printed = told.args[0]
    assert isinstance(printed, Printed)
    return printed


def words(pdf: bytes, folder: Path) -> str:
    file = folder / "sheet.pdf"
    file.write_bytes(pdf)
    document = QPdfDocument(None)
    document.load(str(file))
    return " ".join(" ".join(document.getAllText(page).text() for page in range(document.pageCount())).split())


def test_a_sheet_carries_who_printed_it_from_what_and_a_code(qtbot: QtBot, desks: Desks, tmp_path: Path) -> None:
    chart = hospital.chart(hospital.many_entries(3))
    printed = drawn(qtbot, desks, chart)
    text = words(printed.pdf, tmp_path)
    assert "BẢN GIẤY CHUYỂN ĐỔI TỪ BỆNH ÁN ĐIỆN TỬ" in text
    assert "Lê Thu Hà" in text
    assert look_up_code(chart, "36/BV2", entries_of(chart, "36/BV2")) in printed.note
    assert printed.file_name.endswith(".pdf")


def test_an_unsigned_entry_is_never_printed_on_the_sheet() -> None:
    signed, waiting = hospital.entry(UUID(int=1)), hospital.entry(UUID(int=2), signed=False)
    assert entries_of(hospital.chart([signed, waiting]), "36/BV2") == (signed,)


def test_entries_are_printed_oldest_first() -> None:
    now = datetime.now(UTC)
    new, old = (hospital.entry(UUID(int=number), occurred_at=now - timedelta(hours=number)) for number in (1, 5))
    assert entries_of(hospital.chart([new, old]), "36/BV2") == (old, new)


def test_another_content_has_another_code() -> None:
    chart = hospital.chart(hospital.many_entries(2))
    more = hospital.chart(hospital.many_entries(3))
    assert look_up_code(chart, "36/BV2", chart.entries) != look_up_code(more, "36/BV2", more.entries)


def test_nothing_signed_is_a_refusal_and_no_empty_sheet(qtbot: QtBot, desks: Desks) -> None:
    model = PrintModel(desks.open(start=False))
    with qtbot.waitSignal(model.refused, timeout=20_000) as told:
        model.sheet(hospital.chart(), "36/BV2")
    refusal = told.args[0]
    assert isinstance(refusal, Refusal)
    assert [reason.code for reason in refusal.reasons] == ["nothing_to_print"]


@pytest.mark.parametrize("settled", [True, False])
def test_the_paper_says_whether_a_late_signature_was_settled(
    qtbot: QtBot, desks: Desks, tmp_path: Path, settled: bool,
) -> None:
    view = hospital.entry(UUID(int=1))
    marks = tuple(mark.model_copy(update={"offline": True, "settled": settled}) for mark in view.signatures)
    text = words(drawn(qtbot, desks, hospital.chart([view.model_copy(update={"signatures": marks})])).pdf, tmp_path)
    assert ("Máy chủ đã kiểm tra khi nhận" in text) is settled
