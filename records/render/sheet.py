"""A composition as the ministry's sheet: assembled from its entries, each with its signers, times and verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from records.entries import Mark, State, Stay, Subject, Version
from records.forms import Form, form
from records.render.amended import amended_note
from records.render.flow import Flow
from records.render.head import draw_feet, draw_further, draw_heading, draw_patient
from records.render.mark import TRAINING
from records.render.notice import PrintNote, draw_notice, notice_line
from records.render.paper import A4, Paper
from records.render.pdfa import Attachment, add_metadata, attach
from records.render.words import moment


@dataclass(frozen=True)
class SheetItem:
    """An entry's version on a sheet, with the marks of its signatures and the word of their verdict."""

    version: Version
    marks: tuple[Mark, ...]
    state: State
    verdict: str = ""
    """What the signatures' verdict is, in a word for the paper: «Hợp lệ», «Không hợp lệ» ..."""
    ended: str = ""
    """Of a cancelled or replaced one: by whom, when and why."""
    confirmed: str = ""
    """What the patient's own slot says: how and when they confirmed, by a paper of its own (R7)."""
    papers: tuple[SheetItem, ...] = ()
    """Those papers: printed with what they confirm."""


STATES = {
    State.DRAFT: "BẢN NHÁP, CHƯA KÝ", State.PARTLY_SIGNED: "CHƯA KÝ ĐỦ", State.SIGNED: "",
    State.AMENDED: "ĐÃ THAY BẰNG BẢN SỬA", State.CANCELLED: "ĐÃ HỦY", State.REPLACED: "ĐÃ ĐƯỢC CẤP LẠI",
}
"""What the paper says of a version that is not simply signed."""


def standing(item: SheetItem) -> str:
    """What it corrects, restores or replaces and why, and its state, when there is something to say of them."""
    version = item.version
    kind = form(version.form.code, version.form.edition).kind(version.form.kind)
    state = f"{STATES[item.state]}. {item.ended}".removesuffix(". ") if STATES[item.state] else ""
    return " ".join(part for part in (state, amended_note(version, kind)) if part)


def signed_lines(item: SheetItem) -> tuple[str, ...]:
    """One line a signature, for the space beside the entry."""
    lines = tuple(
        f"{mark.slot_label}: {mark.full_name}, {mark.title.rstrip('.')}. Ký {moment(mark.signed_at, seconds=True)}. "
        f"Số chứng thư {mark.certificate_serial}, {mark.certificate_issuer}."
        + (f" {item.verdict}." if item.verdict else "") + (f" {TRAINING}." if mark.training else "")
        for mark in item.marks
    )
    return lines or ("Chưa ký.",)


class Sheet:
    """A sheet while it is drawn: the paper, the cursor, and what every page of it repeats."""

    def __init__(self, form: Form, items: Sequence[SheetItem], subject: Subject, stay: Stay) -> None:
        self.form = form
        self.items = items
        self.subject = subject
        self.stay = stay
        self.training = any(item.version.training for item in items)
        wide, high = A4
        self.title = f"{form.name} - {subject.full_name} - {subject.patient_no}"
        self.paper = Paper(self.title, (high, wide) if form.layout.landscape else A4)
        self.flow = Flow(self.paper)
        self.flow.head = lambda flow: draw_further(flow, form, subject, stay)

    def head(self, *, patient: bool = True) -> None:
        """The heading of the first page."""
        flow = self.flow
        draw_heading(flow, self.form, self.subject, self.stay, part="", training=self.training)
        if patient:
            at = max((item.version.occurred_at for item in self.items), default=self.stay.admitted_at)
            draw_patient(flow, self.subject, self.stay, at)
            code = f" ({self.stay.diagnosis_code})" if self.stay.diagnosis_code else ""
            if self.stay.diagnosis:
                flow.text(f"Chẩn đoán: {self.stay.diagnosis}{code}")
        flow.skip(4)

    def finish(self, printed: PrintNote | None, attachments: Sequence[Attachment]) -> bytes:
        """Feet, the notice of conversion, metadata, attachments: the file."""
        if printed is not None:
            draw_notice(self.flow, printed)
        draw_feet(self.paper, self.form, self.subject, training=self.training,
                  second=notice_line(printed) if printed is not None else "")
        self.paper.close_pages()
        at = max((item.version.written_at for item in self.items), default=self.stay.admitted_at)
        add_metadata(self.paper, self.title, printed.at if printed is not None else at)
        if attachments:
            attach(self.paper, attachments, at)
        listed = ",".join(f"{item.version.entry}.{item.version.version}" for item in self.items)
        return self.paper.to_bytes(f"{self.title} {listed}".encode())
