"""The ministry's heading, the patient's lines, the note of a correction, and the foot of every page."""

from __future__ import annotations

from datetime import datetime

from records.entries import Stay, Subject, Version
from records.forms import EntryKind, Form
from records.render.amended import amended_lines
from records.render.flow import FOOT, LEFT, RIGHT, SIZE, Flow
from records.render.inline import WIDE, Atom, balanced, broken, words
from records.render.mark import TRAINING
from records.render.paper import GREY, MM, RED, Paper
from records.render.typeface import Face, width
from records.render.words import SEXES, age, calendar_day, place

HEAD_SIZE = 10.0
SIDE = 56 * MM
"""Width of the heading's left and right parts."""
UNBROKEN = 24
"""A label and a value shorter than this many characters stay on one line."""


def draw_heading(flow: Flow, form: Form, subject: Subject, stay: Stay, *, part: str, training: bool) -> None:
    """Sở Y tế, Bệnh viện, Khoa left; the form's name in the middle; MS, số vào viện, mã người bệnh right."""
    top = flow.y
    left = [stay.health_department, stay.facility, _ward(stay.ward)]
    right = [f"MS: {form.printed_code}", f"Số vào viện: {stay.record_no}", f"Mã NB: {subject.patient_no}"]
    low = min(_column(flow, top, left, flow.left, SIDE, bold=1),
              _column(flow, top, right, flow.right - SIDE * 0.78, SIDE * 0.78, bold=0))
    middle = flow.left + SIDE
    room = flow.room - 1.78 * SIDE
    y = top
    titles = [(form.name.upper(), 14.0, True), (part, 11.0, False)] if part else [(form.name.upper(), 14.0, True)]
    for text, size, bold in titles:
        for line in balanced(words(text, "Bold" if bold else "Regular"), size, room - 16):
            told = " ".join(atom.text for atom in line)
            flow.page.centred(middle + room / 2, y - size, told, size, "Bold" if bold else "Regular")
            y -= size * 1.25
    if training:
        wide = width(TRAINING, "Bold", 12) + 12
        flow.page.rect(middle + room / 2 - wide / 2, y - 18, wide, 16, thick=1, colour=RED)
        flow.page.centred(middle + room / 2, y - 14, TRAINING, 12, "Bold", colour=RED)
        y -= 22
    flow.y = min(low, y) - 6


def _ward(name: str) -> str:
    return name if name.lower().startswith("khoa") else f"Khoa: {name}"


def _column(flow: Flow, top: float, texts: list[str], x: float, room: float, *, bold: int) -> float:
    y = top
    for index, text in enumerate(texts):
        face: Face = "Bold" if index == bold else "Regular"
        for line in broken(words(text, face), HEAD_SIZE, room - 4):
            flow.page.atoms(x, y - HEAD_SIZE, line, HEAD_SIZE)
            y -= HEAD_SIZE * 1.22
    return y


def draw_patient(flow: Flow, subject: Subject, stay: Stay, at: datetime) -> None:
    """Who the page is about and where they lie."""
    first = [*_told("Họ và tên", subject.full_name.upper(), bold=True),
             *_told("Ngày sinh", f"{calendar_day(subject.birth_date)} ({age(subject, at)})"),
             *_told("Giới", SEXES[subject.sex])]
    second = [*_told("Khoa/phòng/giường", place(stay)), *_told("Số định danh", subject.national_id),
              *_told("Số thẻ BHYT", subject.insurance_no)]
    flow.paragraph(first)
    flow.paragraph(second)
    if subject.address:
        flow.paragraph(_told("Địa chỉ", subject.address))


def _told(label: str, value: str, *, bold: bool = False) -> list[Atom]:
    if not value:
        return []
    if len(value) < UNBROKEN and not bold:
        return [*words(f"{label}: {value}".replace(" ", "\u00a0")), WIDE]
    return [*words(f"{label}:"), *words(value, "Bold" if bold else "Regular"), WIDE]


def draw_further(flow: Flow, form: Form, subject: Subject, stay: Stay) -> None:
    """What stands on top of every page but the first."""
    flow.text(f"{form.name.upper()} (tiếp theo) · Tờ số {len(flow.paper.pages)}", SIZE, "Bold")
    flow.text(f"{subject.full_name.upper()} · Mã NB: {subject.patient_no} · {place(stay)}", SIZE - 1)
    flow.skip(4)


def draw_amended(flow: Flow, version: Version, kind: EntryKind) -> None:
    """R32: which version this is, what it replaces and in which fields, why and who; R34, R37: restored, issued anew.

    A correction that does not name its fields was signed before they were printed, and keeps its page.
    """
    correction = version.correction
    if correction is not None and correction.changed is None:
        note = (f"Bản sửa, phiên bản {version.version}, thay phiên bản {correction.of_version} "
                f"(SHA-256 {correction.of_sha256[:16]}…). Lý do sửa: {correction.reason}")
        told: tuple[str, ...] = (note,)
    else:
        told = amended_lines(version, kind)
    if not told:
        return
    lines = [line for at, text in enumerate(told)
             for line in broken(words(text, "Regular" if at else "Bold"), 10, flow.room - 10)]
    high = len(lines) * 12.2 + 6
    flow.need(high + 4)
    flow.page.rect(flow.left, flow.y - high, flow.room, high, thick=0.8)
    for index, line in enumerate(lines):
        flow.page.atoms(flow.left + 5, flow.y - 12 - index * 12.2, line, 10)
    flow.y -= high + 4


def draw_feet(paper: Paper, form: Form, subject: Subject, *, training: bool, second: str) -> None:
    """Form number, name, patient number and page x/y on every page; run when all pages are there. `second`: a
    second line, which says of an entry which one it is, of a print where it comes from.
    """
    total = len(paper.pages)
    for index, page in enumerate(paper.pages, 1):
        y = FOOT - 14
        page.line([(LEFT, y + 10), (page.size[0] - RIGHT, y + 10)], 0.4, GREY)
        told = f"MS: {form.printed_code} · {subject.full_name.upper()} · Mã NB: {subject.patient_no}"
        page.text(LEFT, y, told, 8.5)
        page.text(LEFT, y - 10, second, 7.5)
        page.right(page.size[0] - RIGHT, y, f"Trang {index}/{total}", 8.5)
        if training:
            page.centred(page.size[0] / 2 + 30 * MM, y, TRAINING, 8.5, "Bold", colour=RED)
