"""A record printed as a whole (01/BV1): cover, part A, part B one after the other, each closed by its signatures."""

from __future__ import annotations

from records.forms import EntryKind, Holder, form
from records.render.fields import draw_sections
from records.render.flow import NOTE, Flow, notes
from records.render.inline import broken, words
from records.render.mark import mark_text
from records.render.paper import BLACK, GREEN, GREY, MM
from records.render.sheet import Sheet, SheetItem, signed_lines, standing
from records.render.slots import MARK_SIZE
from records.render.words import moment, value_words

SIZE = 8.0
PAPER_SIZE, PAPER_ROOM = 9.5, 90.0
"""A confirmation's print below its document, and what of it is not left alone at the foot of a page, in points."""


def draw_narrative(sheet: Sheet) -> None:
    """Every entry, in the printed order of its kinds, then by time."""
    order = list(sheet.form.layout.kinds or (kind.key for kind in sheet.form.kinds))
    items = sorted(sheet.items, key=lambda item: (order.index(item.version.form.kind), item.version.occurred_at,
                                                  item.version.version))
    sheet.head(patient=not any(_names_the_patient(sheet, item) for item in items[:1]))
    for index, item in enumerate(items):
        if index:
            sheet.flow.next_page()
        _part(sheet, item)


def _names_the_patient(sheet: Sheet, item: SheetItem) -> bool:
    kind = sheet.form.kind(item.version.form.kind)
    return any(field.source == "subject.full_name" for field in kind.fields)


def _part(sheet: Sheet, item: SheetItem) -> None:
    flow = sheet.flow
    kind = sheet.form.kind(item.version.form.kind)
    flow.text(kind.name.upper(), 12, "Bold")
    if standing(item):
        flow.text(standing(item), 10, "Bold")
    draw_sections(flow, sheet.form, kind, item.version.values)
    flow.skip(6)
    flow.text(f"Thời điểm: {moment(item.version.occurred_at)}. Người ghi: {item.version.author.full_name}, "
              f"{item.version.author.title.rstrip('.')}.", 10)
    _marks(flow, kind, item)
    for paper in item.papers:
        _paper(flow, paper)


def _paper(flow: Flow, paper: SheetItem) -> None:
    """The patient's confirmation below what it confirms: what is filled in, and who signed for it (R7)."""
    whole = form(paper.version.form.code, paper.version.form.edition)
    flow.need(PAPER_ROOM)
    flow.text(whole.name.upper(), PAPER_SIZE, "Bold")
    for section in whole.kind(paper.version.form.kind).sections:
        told = [f"{field.label}: {value_words(field, paper.version.values[field.key])}" for field in section.fields
                if field.key in paper.version.values]
        if told:
            flow.text(f"{section.number}. {section.title}. {'; '.join(told)}.", PAPER_SIZE)
    for line in signed_lines(paper):
        flow.lines(notes(line, PAPER_SIZE, flow.room), PAPER_SIZE - NOTE)
    flow.skip(8)


def _marks(flow: Flow, kind: EntryKind, item: SheetItem) -> None:
    """A framed mark for each slot of the kind; a slot that nobody signed says so."""
    wide, high = MARK_SIZE[0], MARK_SIZE[1] + 8
    signed = {mark.slot: mark for mark in item.marks}
    for start in range(0, len(kind.slots), 2):
        pair = kind.slots[start:start + 2]
        flow.need(high + 24)
        columns = [flow.right - wide] if len(pair) == 1 else [flow.left + 8 * MM, flow.right - wide]
        for slot, x in zip(pair, columns, strict=True):
            mark = signed.get(slot.key)
            flow.page.centred(x + wide / 2, flow.y - 12, slot.label.upper(), 10, "Bold")
            flow.page.rect(x, flow.y - 16 - high, wide, high, thick=1.2 if mark else 0.4,
                           colour=GREEN if mark else GREY)
            told = [*mark_text(mark), *([item.verdict] if item.verdict else [])] if mark else ["Chưa ký"]
            if slot.holder is Holder.PATIENT:
                told = [item.confirmed or "Chưa xác nhận"]
            lines = [line for text in told for line in broken(words(text), SIZE, wide - 10)]
            for index, line in enumerate(lines[:7]):
                flow.page.atoms(x + 5, flow.y - 27 - index * SIZE * 1.18, line, SIZE, BLACK)
        flow.y -= high + 24
