"""The page that the patient reads before confirming: the signed file itself, or the same text drawn on this PC."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from records import canonical
from records.entries import Version
from records.errors import Refusal, Trouble
from records.messages import EntryView
from workstation.background import Query
from workstation.models.desk import Desk
from workstation.models.printing import as_shown


@dataclass(frozen=True)
class Page:
    """What is shown."""

    pdf: bytes = field(repr=False)
    signed_file: bool
    """False: the server is away, and the same text (by its SHA-256) was drawn here, without the marks of signatures."""


def fetch_page(desk: Desk, view: EntryView, done: Callable[[Page], None], failed: Callable[[Refusal], None]) -> None:
    """The page of exactly this version; another one is refused, whoever sent it (R7)."""
    desk.background.run(Query("page to confirm", lambda: _page(desk, view), done, failed))


def _page(desk: Desk, view: EntryView) -> Page:
    pdf = _file(desk, view)
    if pdf is not None:
        return Page(as_shown(pdf), signed_file=True)
    from records.render import render_entry

    version = Version.model_validate(view.body)
    if canonical.sha256(canonical.encode(version)) != view.sha256:
        raise Refusal.because("page_not_here")
    return Page(as_shown(render_entry(version)), signed_file=False)


def _file(desk: Desk, view: EntryView) -> bytes | None:
    """From this PC or the server; None when neither has it now."""
    key = f"file:{view.file}"
    held = desk.store.cached(key)
    pdf = held.body if held is not None else None
    if pdf is None and not desk.away:
        try:
            pdf = desk.client.file(view.file)
        except Trouble:
            return None
    if pdf is not None and hashlib.sha256(pdf).hexdigest() != view.file:
        raise Refusal.because("confirmation_of_other_text")
    if pdf is not None and held is None:
        desk.store.put_cache(key, pdf)
    return pdf
