"""The notice that a paper print of a signed record carries (R42): what it was converted from, by whom, when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from reportlab.graphics.barcode.qr import QrCodeWidget

from records.render.flow import Flow
from records.render.inline import broken, words
from records.render.paper import MM, Page
from records.render.words import moment

SIDE = 24 * MM
"""Of the QR code."""


@dataclass(frozen=True)
class PrintNote:
    """Who printed it, when, from which system, and where it can be looked up."""

    system: str
    owner: str
    code: str
    """The look-up code that a person types."""
    at: datetime
    person: str
    link: str = ""
    """What the QR code holds; empty: the code itself."""


def draw_notice(flow: Flow, note: PrintNote) -> None:
    """The framed notice at the end of the print."""
    told = (f"BẢN GIẤY CHUYỂN ĐỔI TỪ BỆNH ÁN ĐIỆN TỬ\nHệ thống: {note.system}. Chủ quản: {note.owner}.\n"
            f"Người in: {note.person}. Thời điểm in: {moment(note.at, seconds=True)}.\n"
            f"Mã tra cứu: {note.code}. Chữ ký số trên bản điện tử là căn cứ; quét mã để đối chiếu.")
    size, room = 9.0, flow.room - SIDE - 12
    lines = broken(words(told), size, room)
    high = max(SIDE + 4, len(lines) * size * 1.25 + 8)
    flow.skip(6)
    flow.need(high)
    flow.page.rect(flow.left, flow.y - high, flow.room, high)
    _qr(flow.page, flow.left + 2, flow.y - 2 - SIDE, note.link or note.code)
    for index, line in enumerate(lines):
        flow.page.atoms(flow.left + SIDE + 8, flow.y - 5 - size * (1 + 1.25 * index), line, size)
    flow.y -= high


def notice_line(note: PrintNote) -> str:
    """The same in one line, for the foot of every page."""
    return f"Bản giấy chuyển đổi từ {note.system} · mã {note.code} · in {moment(note.at)} · {note.person}"


def _qr(page: Page, x: float, y: float, value: str) -> None:
    code = QrCodeWidget(value, barLevel="M").qr
    code.make()
    count = code.getModuleCount()
    quiet = 4
    cell = SIDE / (count + 2 * quiet)
    for row in range(count):
        column = 0
        while column < count:
            run = 0
            while column + run < count and code.isDark(row, column + run):
                run += 1
            if run:
                page.rect(x + (column + quiet) * cell, y + SIDE - (row + quiet + 1) * cell, run * cell, cell + 0.02,
                          thick=0, fill=(0.0, 0.0, 0.0))
            column += run + 1
