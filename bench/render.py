"""Drawing one entry, beside reportlab drawing the same lines of text with no structure around them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from typing import Any
from unittest.mock import patch

from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from bench.house import house
from bench.measure import Figure, p95, times_ms
from bench.rows import row
from records.entries import Version
from records.render import render_entry
from records.render.paper import Page
from records.render.typeface import Face, font

DRAWINGS = 60
TIMES = 5.0
Line = tuple[float, float, str, float, Face]


def run() -> list[Figure]:
    """p95 of drawing, and of reportlab alone for the same words; the limit on the ratio is our own."""
    with house() as place:
        client, account = place.client()
        with closing(client):
            chart = client.chart(place.encounter())
    version = row(chart, account, 1)
    lines = _lines(version)
    ours = p95(times_ms(partial(render_entry, version), DRAWINGS))
    theirs = p95(times_ms(partial(_bare, lines), DRAWINGS))
    return [Figure("one entry drawn (PDF/A-3, data attached), p95", ours, theirs, "ms", "reportlab, bare lines",
                   f"at most {TIMES:.0f} times (own limit)", ours <= TIMES * theirs)]


def _lines(version: Version) -> list[Line]:
    """Every run of text that the page holds, at its place."""
    lines: list[Line] = []
    text = Page.text

    def noted(page: Page, x: float, y: float, words: str, size: float, face: Face = "Regular", **more: Any) -> None:
        lines.append((x, y, words, size, face))
        text(page, x, y, words, size, face, **more)

    with patch.object(Page, "text", noted):
        render_entry(version)
    return [line for line in lines if line[2]]


def _bare(lines: Sequence[Line]) -> bytes:
    """reportlab's canvas: the same runs in the same fonts, no measuring, no structure, nothing attached."""
    out = io.BytesIO()
    for face in {line[4] for line in lines}:
        pdfmetrics.registerFont(font(face))
    canvas = Canvas(out, pagesize=A4, invariant=1)
    for x, y, words, size, face in lines:
        canvas.setFont(font(face).fontName, size)
        canvas.drawString(x, y, words)
    canvas.save()
    return out.getvalue()
