"""Compositions as they print: assembled in the background, with the notice that a print carries; each print is told."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from PyQt6.QtCore import QObject, pyqtSignal

from records.entries import Mark, Version
from records.errors import Refusal
from records.forms import Form, form
from records.messages import Chart, EntryView, PrintedVersion, PrintNotice, VersionRecord
from records.prints import address, look_up_code
from workstation.background import Query
from workstation.client.routes import print_path
from workstation.config import ZONE
from workstation.drafts import OutboxCommand
from workstation.emitting import emitter
from workstation.ids import new_id
from workstation.models.account import utc_now
from workstation.models.amending import ended_words
from workstation.models.beginning import stay_of, subject_of
from workstation.models.confirming import papers_of, told
from workstation.models.desk import Desk

if TYPE_CHECKING:
    from records.render import PrintNote

SYSTEM = "Bệnh Án"
Way = Literal["saved", "printed"]
"""How signed records leave the house: as a file, or on paper."""


@dataclass(frozen=True)
class Printed:
    """A file ready to be looked at, saved or printed."""

    pdf: bytes = field(repr=False)
    name: str
    """«Tờ điều trị»."""
    file_name: str
    """What «Lưu PDF» offers."""
    note: str
    """What the foot of each page says of the print; empty for a signed file itself."""
    shown: bytes = field(repr=False)
    """The same pages with the signature marks drawn into them (`as_shown`): for screen and printer only."""
    encounter: UUID
    form_code: str
    entry: UUID | None = None
    """The entry whose signed file it is; None for a whole sheet."""
    look_up_code: str = ""
    """What names the content on each page of a sheet."""
    versions: tuple[PrintedVersion, ...] = ()
    """What stands on it."""
    report: bool = False
    """A report of a signature check: it tells of an entry and holds no page of it."""


@dataclass(frozen=True)
class _Signed:
    """Which version's file."""

    file: str
    version: int
    sha256: str


class PrintModel(QObject):
    """Draws sheets and fetches signed files; what was asked last arrives last."""

    ready = pyqtSignal(object)
    """Printed."""
    refused = pyqtSignal(object)

    def __init__(self, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk

    def sheet(self, chart: Chart, code: str) -> None:
        """The whole sheet of a form, from the chart's signed entries."""
        at = self._desk.client.clock.server_now()
        self._run(lambda: self._drawn(chart, code, at))

    def entry(self, view: EntryView, name: str, ended: str = "") -> None:
        """The signed file of one entry as it is; onto paper it goes with the notice of conversion (R42).

        `ended`: what became of it since, for the paper.
        """
        self._signed(view, name, ended, _Signed(view.file, view.version, view.sha256))

    def version(self, view: EntryView, name: str, ended: str, record: VersionRecord) -> None:
        """The same of any version of that entry: what was signed stays readable and printable (R33)."""
        self._signed(view, name, ended, _Signed(record.file, record.number, record.sha256))

    def _signed(self, view: EntryView, name: str, ended: str, what: _Signed) -> None:
        at = self._desk.client.clock.server_now()

        def fetch() -> Printed:
            store, key = self._desk.store, f"file:{what.file}"
            held = store.cached(key)
            pdf = held.body if held is not None else store.put_cache(key, self._desk.client.file(what.file)).body
            code = look_up_code(str(view.body["stay"]["record_no"]), view.form.code,
                                [(view.id, what.version, what.sha256)])
            note = self._note(code, at)
            return Printed(pdf, name, f"{view.form.code.replace('/', '-')}-{view.id}-{what.version}.pdf",
                           note_words(note), on_paper(pdf, note, ended), view.encounter, view.form.code, view.id, code,
                           (PrintedVersion(entry=view.id, version=what.version),))

        self._run(fetch)

    def tell(self, printed: Printed, what: Way, patient_name: str) -> None:
        """It went out of the house: the server's audit hears of it, after an outage if there is one (R40, R42).

        The report of a file that is in no record tells of nobody, and is told to nobody.
        """
        if printed.encounter.int == 0:
            return
        notice = PrintNotice(form_code=printed.form_code, entry=printed.entry, what=what,
                             look_up_code=printed.look_up_code, versions=printed.versions,
                             report=printed.report, at=self._desk.client.clock.server_now())
        verb = "In" if what == "printed" else "Lưu PDF"
        self._desk.sync.send(OutboxCommand(
            id=new_id(), kind="print", method="POST", path=print_path(printed.encounter),
            body=notice.model_dump_json().encode(), label=f"{verb} {printed.name}", patient_name=patient_name,
            encounter=printed.encounter, created_at=utc_now()))

    def _drawn(self, chart: Chart, code: str, at: datetime) -> Printed:
        from records.render import SheetItem, render_sheet
        from records.render.notice import notice_line

        entries = entries_of(chart, code)
        if not entries:
            raise Refusal.because("nothing_to_print", code)
        whole = _form_of(entries, code)
        papers = {view.id: papers_of(view, chart.entries) for view in entries}

        def item(view: EntryView) -> SheetItem:
            return SheetItem(Version.model_validate(view.body), marks_of(view), view.state, verdict_of(view),
                             ended_words(chart, view), told(view), tuple(map(item, papers.get(view.id, ()))))

        items = [item(view) for view in entries]
        entries = (*entries, *(paper for view in entries for paper in papers[view.id]))
        who = self._desk.account
        look_up = code_of(chart, code, entries)
        note = self._note(look_up, at)
        pdf = render_sheet(whole, items, subject_of(chart), stay_of(chart, who), note)
        name = f"{code.replace('/', '-')}-{chart.encounter.record_no}-{at.astimezone(ZONE):%Y%m%d-%H%M}.pdf"
        return Printed(pdf, whole.short_name, name, notice_line(note), pdf, chart.encounter.id, code,
                       look_up_code=look_up, versions=tuple(
                           PrintedVersion(entry=view.id, version=view.version) for view in entries))

    def _note(self, look_up: str, at: datetime) -> PrintNote:
        from records.render import PrintNote

        who = self._desk.account
        return PrintNote(system=SYSTEM, owner=who.facility, code=look_up, at=at.astimezone(ZONE),
                         person=f"{who.person.title} {who.person.full_name}".strip(),
                         link=address(who.public_url, look_up))

    def _run(self, work: Any) -> None:
        self._desk.background.run(Query(
            "draw what is printed", work, emitter(self, self.ready), emitter(self, self.refused)))


def note_words(note: PrintNote) -> str:
    """The notice in one line."""
    from records.render.notice import notice_line

    return notice_line(note)


def on_paper(pdf: bytes, note: PrintNote, ended: str) -> bytes:
    """What goes to the printer of a signed file; a broken one goes as it can be drawn."""
    import pikepdf

    from records.render.converted import converted

    try:
        return converted(as_shown(pdf), note, ended)
    except pikepdf.PdfError:
        return pdf


def as_shown(pdf: bytes) -> bytes:
    """The file with what its annotations show drawn into the pages: Qt's viewer leaves signature marks out."""
    import pikepdf

    out = io.BytesIO()
    try:
        with pikepdf.open(io.BytesIO(pdf)) as document, warnings.catch_warnings():
            # Other programs leave fields outside the form; here they are drawn, and nobody fills them any more.
            warnings.simplefilter("ignore")
            document.flatten_annotations("all")
            document.save(out)
    except (pikepdf.PdfError, ValueError, TypeError, AttributeError, RuntimeError):
        return pdf  # a broken file from disk: the viewer shows what it can, the judge says what is wrong
    return out.getvalue()


def entries_of(chart: Chart, code: str) -> tuple[EntryView, ...]:
    """The signed entries of a form: by the form's parts, then oldest first."""
    found = [view for view in chart.entries if view.form.code == code and view.signatures]
    if not found:
        return ()
    order = [kind.key for kind in _form_of(found, code).kinds]
    return tuple(sorted(found, key=lambda view: (
        order.index(view.form.kind) if view.form.kind in order else len(order), view.occurred_at)))


def marks_of(view: EntryView) -> tuple[Mark, ...]:
    """The marks of an entry's signatures, as its own page shows them."""
    return tuple(
        Mark(slot=mark.slot, slot_label=mark.slot_label, full_name=mark.full_name, title=mark.title,
             signed_at=mark.signed_at, certificate_serial=mark.certificate_serial,
             certificate_issuer=mark.certificate_issuer, training=mark.training)
        for mark in view.signatures)


def verdict_of(view: EntryView) -> str:
    """What the server made of the signatures when it received them."""
    if all(mark.settled for mark in view.signatures):
        return "Máy chủ đã kiểm tra khi nhận"
    return "Ký khi mất mạng, đang chờ xử lý"


def code_of(chart: Chart, code: str, entries: Sequence[EntryView]) -> str:
    """The look-up code of a sheet of these entries."""
    return look_up_code(chart.encounter.record_no, code, [(view.id, view.version, view.sha256) for view in entries])


def _form_of(entries: Sequence[EntryView], code: str) -> Form:
    """The edition of the newest entry."""
    return form(code, max(entries, key=lambda view: view.occurred_at).form.edition)
