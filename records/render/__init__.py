"""Version or composition -> the page; deterministic, PDF/A-3b, by renderer versions that stay for ever.

A change of what is drawn takes a new renderer version: pages that were signed must be drawn again, byte for byte in
content, for as long as records are kept. Golden digests stand in `tests/vectors/pages/`.
"""

from __future__ import annotations

from collections.abc import Sequence

from records import forms
from records.entries import Version
from records.errors import Refusal
from records.render.digest import appearance_digest, document_digest, mark_digest, page_digest
from records.render.entry import VERSION_FILE, draw_entry
from records.render.mark import mark_appearance, mark_text
from records.render.pdfa import Attachment
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
    return draw_entry(version, forms.form(version.form.code, version.form.edition), attachments)


__all__ = [
    "CURRENT", "MARK_SIZE", "RENDERERS", "VERSION_FILE", "Attachment", "Place", "appearance_digest",
    "document_digest", "mark_appearance", "mark_digest", "mark_text", "missing_glyphs", "page_digest", "render_entry",
    "slot_field", "slot_places",
]
