"""A report on paper: titled parts of questions and answers or names and words, with evidence attached as files.

Nobody signs it and no page of a record changes with it, so it has no renderer version.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from records.render.flow import FOOT, LEFT, RIGHT, Flow, Table
from records.render.inline import words
from records.render.paper import GREY, Paper
from records.render.pdfa import Attachment, add_metadata, attach
from records.render.typeface import missing_glyphs

_NARROW = 0.32
"""Share of the paper's width that names take."""


@dataclass(frozen=True)
class Part:
    """A heading, and rows of two columns; words under it when there are no rows."""

    title: str
    rows: tuple[tuple[str, str], ...] = ()
    words: str = ""


def render_report(title: str, lead: str, parts: Sequence[Part], *, foot: str, at: datetime,
                  attachments: Sequence[Attachment] = ()) -> bytes:
    """The report as PDF/A-3. `lead`: the one sentence that matters; `foot`: on every page, who made it and when."""
    paper = Paper(_printable(title))
    flow = Flow(paper)
    flow.text(_printable(title), 14, "Bold")
    flow.skip(4)
    flow.text(_printable(lead), 12)
    for part in parts:
        _draw(flow, part)
    _feet(paper, _printable(foot))
    paper.close_pages()
    add_metadata(paper, title, at)
    if attachments:
        attach(paper, attachments, at)
    inside = "".join(f"{item.name}{hashlib.sha256(item.data).hexdigest()}" for item in attachments)
    return paper.to_bytes(f"{title}{at.isoformat()}{inside}".encode())


def _draw(flow: Flow, part: Part) -> None:
    flow.skip(8)
    flow.need(40)
    flow.text(_printable(part.title), 12, "Bold")
    if part.words:
        flow.text(_printable(part.words), 10)
    if not part.rows:
        return
    flow.skip(2)
    table = Table(flow, [flow.room * _NARROW, flow.room * (1 - _NARROW)], ["", ""], 10)
    for name, told in part.rows:
        table.row([table.broken(0, words(_printable(name), "Bold")), table.broken(1, words(_printable(told)))])


def _feet(paper: Paper, foot: str) -> None:
    total = len(paper.pages)
    for index, page in enumerate(paper.pages, 1):
        y = FOOT - 14
        page.line([(LEFT, y + 10), (page.size[0] - RIGHT, y + 10)], 0.4, GREY)
        page.text(LEFT, y, foot, 8)
        page.right(page.size[0] - RIGHT, y, f"Trang {index}/{total}", 8)


def _printable(text: str) -> str:
    """Files from elsewhere name people in any script; what the font lacks is shown as a question mark."""
    lacking = missing_glyphs(text)
    return "".join("?" if letter in lacking else letter for letter in text)
