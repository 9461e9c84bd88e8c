"""Sheets on paper: only what is signed, with the notice of conversion, under a code that names exactly this content."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from PyQt6.QtPdf import QPdfDocument
from pytestqt.qtbot import QtBot

from records.entries import State, Version
from records.errors import Refusal
from records.messages import Chart, VersionRecord
from records.prints import address
from records.render import render_entry
from tests.workstation import hospital
from tests.workstation.little_server import LittleServer
from tests.workstation.models.desks import Desks
from workstation.models.printing import Printed, PrintModel, code_of, entries_of


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
    assert code_of(chart, "36/BV2", entries_of(chart, "36/BV2")) in printed.note
    assert printed.file_name.endswith(".pdf")


def test_the_qr_code_of_a_print_holds_an_address_of_the_server(qtbot: QtBot, desks: Desks, tmp_path: Path) -> None:
    chart = hospital.chart(hospital.many_entries(3))
    desk = desks.open(start=False)
    held = replace(desk, account=desk.account.model_copy(update={"public_url": "https://benhan.example.vn:8443"}))
    model = PrintModel(held)
    with qtbot.waitSignal(model.ready, timeout=20_000) as told:
        model.sheet(chart, "36/BV2")
    code = code_of(chart, "36/BV2", entries_of(chart, "36/BV2"))
    assert scanned(told.args[0].pdf, tmp_path) == address("https://benhan.example.vn:8443", code)
    assert scanned(drawn(qtbot, desks, chart).pdf, tmp_path) == code
    assert [(one.entry, one.version) for one in told.args[0].versions] == [
        (view.id, view.version) for view in entries_of(chart, "36/BV2")]


def scanned(pdf: bytes, folder: Path) -> str:
    """What a scanner reads off the last page."""
    (folder / "qr.pdf").write_bytes(pdf)
    subprocess.run(["pdftoppm", "-r", "200", "-png", folder / "qr.pdf", folder / "qr"], check=True)
    pages = sorted(folder.glob("qr-*.png"))
    read = subprocess.run(["zbarimg", "--quiet", "--raw", pages[-1]], check=True, capture_output=True, text=True)
    for page in pages:
        page.unlink()
    return read.stdout.strip()


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
    assert code_of(chart, "36/BV2", chart.entries) != code_of(more, "36/BV2", more.entries)


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


def test_a_print_is_told_to_the_server_even_when_it_was_away(
    qtbot: QtBot, desks: Desks, little: LittleServer,
) -> None:
    chart = hospital.chart(hospital.many_entries(2))
    desk = desks.open()
    qtbot.waitUntil(lambda: desk.sync.is_listening)
    little.down()
    model = PrintModel(desk)
    with qtbot.waitSignal(model.ready, timeout=20_000) as ready:
        model.sheet(chart, "36/BV2")
    model.tell(ready.args[0], "printed", "Nguyễn Văn Bình")
    qtbot.waitUntil(lambda: bool(desk.sync.status.waiting), timeout=10_000)
    assert desk.sync.status.waiting[0].command.label == f"In {ready.args[0].name}"
    little.up()
    desk.sync.retry_now()
    qtbot.waitUntil(lambda: bool(little.prints), timeout=10_000)
    (told,) = little.prints
    assert (told.form_code, told.entry, told.what) == ("36/BV2", None, "printed")
    assert told.look_up_code == code_of(chart, "36/BV2", entries_of(chart, "36/BV2"))


def test_the_print_of_one_signed_file_carries_the_notice_and_names_its_entry(
    qtbot: QtBot, desks: Desks, little: LittleServer, tmp_path: Path,
) -> None:
    """R42."""
    view = hospital.entry(UUID(int=1)).model_copy(update={"file": "ab" * 32})
    pdf = little.files[view.file] = render_entry(Version.model_validate(view.body))
    model = PrintModel(desks.open())
    with qtbot.waitSignal(model.ready, timeout=20_000) as ready:
        model.entry(view, "Tờ điều trị", "ĐÃ HỦY. Người hủy: BS. Lê Thu Hà. Lý do: nhầm người bệnh.")
    assert not little.prints
    printed = ready.args[0]
    assert (printed.pdf, scanned(printed.shown, tmp_path)) == (pdf, printed.look_up_code), "the file stays as signed"
    text = words(printed.shown, tmp_path)
    assert "BẢN GIẤY CHUYỂN ĐỔI TỪ BỆNH ÁN ĐIỆN TỬ" in text
    assert text.count("Bản giấy chuyển đổi từ Bệnh Án") == 1
    assert text.count("ĐÃ HỦY. Người hủy") == 2, "on its page and by the notice"
    model.tell(ready.args[0], "saved", "Nguyễn Văn Bình")
    qtbot.waitUntil(lambda: bool(little.prints), timeout=10_000)
    assert [(told.form_code, told.entry, told.what) for told in little.prints] == [("36/BV2", view.id, "saved")]


def test_an_earlier_version_prints_under_its_own_code_and_says_what_took_its_place(
    qtbot: QtBot, desks: Desks, little: LittleServer, tmp_path: Path,
) -> None:
    """R33, R42."""
    view = hospital.entry(UUID(int=1), version=2)
    old = Version.model_validate(hospital.entry(UUID(int=1)).body)
    record = VersionRecord(number=1, state=State.AMENDED, author="BS. Lê Thu Hà", written_at=view.written_at,
                           sha256=hospital.sha256(old), file="cd" * 32)
    pdf = little.files[record.file] = render_entry(old)
    since = "PHIÊN BẢN 1, ĐÃ ĐƯỢC THAY bằng phiên bản 2. Lý do: Ghi nhầm."
    model = PrintModel(desks.open())
    with qtbot.waitSignal(model.ready, timeout=20_000) as ready:
        model.version(view, "Tờ điều trị, phiên bản 1", since, record)
    printed = ready.args[0]
    assert (printed.pdf, printed.file_name) == (pdf, f"36-BV2-{view.id}-1.pdf")
    assert [(one.entry, one.version) for one in printed.versions] == [(view.id, 1)]
    assert scanned(printed.shown, tmp_path) == printed.look_up_code
    assert words(printed.shown, tmp_path).count("ĐÃ ĐƯỢC THAY bằng phiên bản 2") == 2


def test_the_report_of_a_check_is_told_when_it_is_of_an_entry_of_the_house(
    qtbot: QtBot, desks: Desks, little: LittleServer,
) -> None:
    """R40; of a file from elsewhere nobody is told: it is in no record."""
    view = hospital.entry(UUID(int=1))
    model = PrintModel(desks.open())
    stranger = Printed(b"", "Phiếu kiểm tra chữ ký", "phieu.pdf", "", b"", UUID(int=0), "", report=True)
    ours = replace(stranger, encounter=view.encounter, form_code="36/BV2", entry=view.id)
    for printed in (stranger, ours):
        model.tell(printed, "printed", "Nguyễn Văn Bình")
    qtbot.waitUntil(lambda: bool(little.prints), timeout=10_000)
    assert [(told.entry, told.report) for told in little.prints] == [(view.id, True)]
