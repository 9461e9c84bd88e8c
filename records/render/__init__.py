"""Version or composition -> the page; deterministic, PDF/A-3b, by renderer versions that stay for ever.

A change of what is drawn takes a new renderer version: pages that were signed must be drawn again, byte for byte in
content, for as long as records are kept. Golden digests stand in `tests/vectors/pages/`.
"""

from __future__ import annotations

from collections.abc import Sequence

from records import forms
from records.entries import Stay, Subject, Version
from records.errors import Refusal
from records.forms import Form
from records.render.chart import draw_chart
from records.render.columns import draw_columns
from records.render.digest import appearance_digest, document_digest, mark_digest, page_digest
from records.render.entry import VERSION_FILE, draw_entry
from records.render.mark import mark_appearance, mark_text
from records.render.narrative import draw_narrative
from records.render.notice import PrintNote
from records.render.pdfa import Attachment
from records.render.rows import draw_rows
from records.render.sheet import Sheet, SheetItem
from records.render.slots import MARK_SIZE, Place, slot_field, slot_places
from records.render.typeface import missing_glyphs

CURRENT = "1"
"""The renderer that new versions name."""
RENDERERS = ("1",)
"""The renderers that this build can draw with."""


def render_entry(version: Version, attachments: Sequence[Attachment] = ()) -> bytes:
    """The unsigned PDF/A-3b of one entry, drawn by the renderer that the version names."""
    if version.renderer not in RENDERERS:
        raise Refusal.because("renderer_unknown", version.renderer)
    form = forms.form(version.form.code, version.form.edition)
    try:
        return draw_entry(version, form, attachments)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        # Values are any JSON until `records.validation` has seen them; a foreign file may hold a list for a text.
        raise Refusal.because("values_unprintable", version.form.kind, detail=repr(error)) from error


STYLES = {"rows": draw_rows, "columns": draw_columns, "chart": draw_chart, "narrative": draw_narrative}


def render_sheet(form: Form, items: Sequence[SheetItem], subject: Subject, stay: Stay,
                 printed: PrintNote | None = None, *, attachments: Sequence[Attachment] = ()) -> bytes:
    """The composition as the ministry's sheet, assembled from its entries in the order given.

    `printed`: the notice that a paper print of signed records carries (R42); without it the file is a view.
    """
    sheet = Sheet(form, items, subject, stay)
    STYLES[form.layout.style](sheet)
    return sheet.finish(printed, attachments)


__all__ = [
    "CURRENT", "MARK_SIZE", "RENDERERS", "VERSION_FILE", "Attachment", "Place", "PrintNote", "SheetItem",
    "appearance_digest", "document_digest", "mark_appearance", "mark_digest", "mark_text", "missing_glyphs",
    "page_digest", "render_entry", "render_sheet", "slot_field", "slot_places",
]
