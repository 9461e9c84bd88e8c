"""One signed file as it goes onto paper: its pages, a line at the foot of each, and the notice of conversion (R42)."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pikepdf

from records.render.flow import LEFT, Flow
from records.render.notice import PrintNote, draw_notice, notice_line
from records.render.paper import RED, Paper

SIZE = 7.5
LOW, HIGH = 6.0, 12.0
"""How far from the lower and the upper edge the two lines stand, in points."""


def converted(pages: bytes, note: PrintNote, standing: str = "") -> bytes:
    """The pages, already flat, with the notice; `standing` says on each of them what became of the entry since.

    Only for screen and printer: the signed file stays as it was signed.
    """
    with pikepdf.open(io.BytesIO(pages)) as document:
        sizes = [(float(page.mediabox[2]), float(page.mediabox[3])) for page in document.pages]
        with pikepdf.open(io.BytesIO(_lines(sizes, note, standing))) as lines:
            for page, line in zip(document.pages, lines.pages, strict=False):
                page.add_overlay(line, pikepdf.Rectangle(line.mediabox))
            document.pages.append(lines.pages[-1])
            out = io.BytesIO()
            document.save(out)
    return out.getvalue()


def _lines(sizes: Sequence[tuple[float, float]], note: PrintNote, standing: str) -> bytes:
    """A page for each page with its two lines, then the page of the notice."""
    paper = Paper("Bản giấy chuyển đổi")
    for size in sizes:
        paper.size = size
        page = paper.add()
        page.text(LEFT, LOW, notice_line(note), SIZE)
        if standing:
            page.text(LEFT, size[1] - HIGH - SIZE, standing[:160], SIZE + 1.5, "Bold", colour=RED)
    paper.size = sizes[0] if sizes else paper.size
    flow = Flow(paper)
    if standing:
        flow.text(standing, 11, "Bold")
    draw_notice(flow, note)
    paper.close_pages()
    return paper.to_bytes(b"converted")
