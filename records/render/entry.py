"""One entry as the paper that is signed: heading, patient, fields, signature boxes, and the data attached."""

from __future__ import annotations

from collections.abc import Sequence

from records import canonical
from records.entries import Version
from records.forms import EntryKind, Form, Holder
from records.render.fields import draw_sections
from records.render.flow import SIZE, Flow
from records.render.head import draw_amended, draw_feet, draw_further, draw_heading, draw_patient
from records.render.inline import broken, words
from records.render.paper import GREY, MM, Paper
from records.render.pdfa import Attachment, Spot, add_metadata, add_signature_fields, attach
from records.render.slots import MARK_SIZE, slot_field
from records.render.words import moment

VERSION_FILE = "version.json"
LABEL_SIZE = 10.0
ELSEWHERE = "Xác nhận bằng phiếu riêng"


def draw_entry(version: Version, form: Form, attachments: Sequence[Attachment] = ()) -> bytes:
    """The file of one entry of that form, unsigned. The page is drawn from the attached bytes and nothing else, so
    that whoever has the attachment can draw it again.
    """
    data = canonical.encode(version)
    version = canonical.decode(data)
    kind = form.kind(version.form.kind)
    title = f"{kind.name} - {version.subject.full_name} - {version.subject.patient_no}"
    paper = Paper(title)
    flow = Flow(paper)
    flow.head = lambda further: draw_further(further, form, version.subject, version.stay)
    part = "" if kind.name == form.name else kind.name
    draw_heading(flow, form, version.subject, version.stay, part=part, training=version.training)
    if not any(field.source == "subject.full_name" for field in kind.fields):
        draw_patient(flow, version.subject, version.stay, version.occurred_at)
    flow.text(f"Thời điểm: {moment(version.occurred_at)}. Người ghi: {version.author.full_name}, "
              f"{version.author.title}; ghi xong {moment(version.written_at, seconds=True)}.", SIZE - 0.5)
    flow.skip(3)
    draw_amended(flow, version, kind)
    draw_sections(flow, form, kind, version.values)
    spots = draw_slots(flow, kind)
    draw_feet(paper, form, version.subject, training=version.training,
              second=f"Lần ghi {version.entry} · phiên bản {version.version}")
    paper.close_pages()
    add_metadata(paper, title, version.written_at, version.author.full_name)
    described = Attachment(VERSION_FILE, data, "application/json", "Data", "Nội dung đã ký, JSON chuẩn (RFC 8785)")
    attach(paper, [described, *attachments], version.written_at)
    add_signature_fields(paper, spots)
    return paper.to_bytes(data)


def draw_slots(flow: Flow, kind: EntryKind) -> list[Spot]:
    """A framed box for each signature, two in a line, never parted from its label.

    The patient's box is no signature field: their confirmation is a document of its own (R7).
    """
    wide, high = MARK_SIZE
    flow.skip(8)
    spots: list[Spot] = []
    for start in range(0, len(kind.slots), 2):
        pair = kind.slots[start:start + 2]
        labels = [broken(words(slot.label.upper(), "Bold"), LABEL_SIZE, wide) for slot in pair]
        head = max(len(lines) for lines in labels) * LABEL_SIZE * 1.22 + 3
        flow.need(head + high)
        columns = [flow.right - wide] if len(pair) == 1 else [flow.left + 8 * MM, flow.right - wide]
        for slot, lines, x in zip(pair, labels, columns, strict=True):
            for index, line in enumerate(lines):
                told = " ".join(atom.text for atom in line)
                flow.page.centred(x + wide / 2, flow.y - LABEL_SIZE * (1 + 1.22 * index), told, LABEL_SIZE, "Bold")
            left, low = round(x, 2), round(flow.y - head - high, 2)
            flow.page.rect(left, low, wide, high, thick=0.4, colour=GREY)
            if slot.holder is Holder.PATIENT:
                flow.page.centred(x + wide / 2, low + high / 2, ELSEWHERE, LABEL_SIZE - 1)
                continue
            spots.append(Spot(slot_field(slot.key), slot.label, len(flow.paper.pages) - 1,
                              (left, low, round(left + wide, 2), round(low + high, 2))))
        flow.y -= head + high + 10
    return spots
