"""The visible mark of a signature (R13): who, under what title, when, with which certificate. Never a handwriting."""

from __future__ import annotations

from records.entries import Mark
from records.render.paper import GREEN, RED, Page, Paper
from records.render.slots import MARK_SIZE
from records.render.typeface import Face, width
from records.render.words import moment

TRAINING = "BẢN TẬP HUẤN"
WHITE = (1.0, 1.0, 1.0)
INSET = 5.0


def mark_appearance(mark: Mark) -> bytes:
    """A PDF of one page, exactly as large as the slot's box, that shows the mark.

    The signing side imports this page as the widget's normal appearance: page MediaBox -> form BBox, page content
    -> form content, page resources -> form resources, no matrix. `digest.mark_digest(mark_appearance(mark))` then
    equals `digest.appearance_digest(widget)`.
    """
    paper = Paper(title="", size=MARK_SIZE)
    page = paper.add()
    wide, high = MARK_SIZE
    page.rect(0.6, 0.6, wide - 1.2, high - 1.2, thick=1.2, colour=GREEN, fill=WHITE)
    y = high - 12
    for text, size, colour in _lines(mark):
        _fitted(page, y, text, size, colour)
        y -= size + 2.8
    paper.close_pages()
    return paper.to_bytes(repr(mark).encode())


def mark_text(mark: Mark) -> tuple[str, ...]:
    """The mark's lines, as they also stand beside an entry on a sheet."""
    lines = (
        f"Ký bởi: {mark.full_name}",
        mark.title,
        f"Thời điểm: {moment(mark.signed_at, seconds=True)}",
        f"Số chứng thư: {mark.certificate_serial}",
        f"Cấp bởi: {mark.certificate_issuer}",
    )
    return (*lines, TRAINING) if mark.training else lines


def _lines(mark: Mark) -> list[tuple[str, float, tuple[float, float, float]]]:
    black = (0.0, 0.0, 0.0)
    signed, title, moment_, serial, issuer, *training = mark_text(mark)
    lines = [(signed, 9.0, black), (title, 8.0, black), (moment_, 7.5, black), (serial, 6.5, black),
             (issuer, 6.5, black)]
    if training:
        lines[1] = (f"{title} · {training[0]}", 8.0, RED)
    return lines


def _fitted(page: Page, y: float, text: str, size: float, colour: tuple[float, float, float]) -> None:
    """One line, made smaller until it fits; a name is never cut."""
    face: Face = "Regular"
    room = page.size[0] - 2 * INSET
    wide = width(text, face, size)
    page.text(INSET, y, text, size if wide <= room else size * room / wide, face, colour=colour)

