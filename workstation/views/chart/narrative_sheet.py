"""A sheet that is read as a document (bệnh án): its parts in the paper's order, numbers and blanks as printed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any
from uuid import UUID

from PyQt6.QtCore import Qt, QUrl, pyqtSignal
from PyQt6.QtWidgets import QTextBrowser, QWidget

from records.forms import Field, Form, Section
from records.forms import form as whole_form
from records.messages import EntryView
from records.pictures import is_key_image
from workstation.models import confirming
from workstation.models.cases import kind_of
from workstation.models.chart import ItemState, TimelineItem
from workstation.views import style
from workstation.views.chart.earlier import values_of
from workstation.views.chart.field_line import field_title
from workstation.views.chart.form_editor import beside_each_other
from workstation.views.chart.reading import safe_words
from workstation.views.chart.sheet_pictures import MOST_BESIDE, PictureBrowser, picture_html
from workstation.views.chart.states import SHOWN, amended_words, signature_words, unsigned_words
from workstation.views.widgets.text import column


class NarrativeSheet(QWidget):
    """Read with the arrows, search with the eye; signature lines are links."""

    explain = pyqtSignal(object)
    opened = pyqtSignal(object)
    chosen = pyqtSignal(object)
    image_wanted = pyqtSignal(object)
    """A key image whose frame the reader wants to see."""

    def __init__(self, form: Form, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.form = form
        self._items: tuple[TimelineItem, ...] = ()
        self._papers: dict[UUID, tuple[EntryView, ...]] = {}
        self._current: TimelineItem | None = None
        self._drawn: list[UUID] = []
        self.text = PictureBrowser()
        self.text.setOpenLinks(False)
        self.text.setFrameShape(QTextBrowser.Shape.NoFrame)
        self.text.setProperty("role", "sheet")
        self.text.anchorClicked.connect(self._clicked)
        self.text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextBrowserInteraction | Qt.TextInteractionFlag.TextSelectableByKeyboard)
        self.text.setAccessibleName(form.name)
        self.setLayout(column(self.text, gap=0))
        style.announcer().changed.connect(self._draw)

    def show_papers(self, papers: Mapping[UUID, tuple[EntryView, ...]]) -> None:
        """The patient's confirmations by what they confirm: they are read together (R7)."""
        if self._papers != papers:
            self._papers = dict(papers)
            self._draw()

    def show_items(self, items: Sequence[TimelineItem]) -> None:
        """The form's entries, oldest first; shown in the order of the paper's parts."""
        order = list(self.form.layout.kinds) or [kind.key for kind in self.form.kinds]
        ranked = tuple(sorted(items, key=lambda item: (order.index(item.form.kind) if item.form.kind in order else 99,
                                                       item.occurred_at)))
        if ranked != self._items:
            self._items = ranked
            self._draw()

    def choose(self, entry: UUID) -> bool:
        """Bring an entry's part to the top."""
        found = next((item for item in self._items if item.entry == entry), None)
        if found is None:
            return False
        self._current = found
        self.text.scrollToAnchor(str(entry))
        return True

    def current(self) -> TimelineItem | None:
        """The part that was chosen last."""
        return self._current or (self._items[0] if self._items else None)

    def put_editor(self, editor: QWidget | None) -> None:
        """Parts are written in an editor of their own, never inside the document."""

    def settle(self) -> None:
        """Nothing moves by itself here."""

    def show_earlier(self) -> None:
        """Alt+↑: the part before."""
        current = self.current()
        if current is not None:
            at = max(0, self._items.index(current) - 1)
            self.choose(self._items[at].entry)
            self.chosen.emit(self._items[at])

    def _clicked(self, link: QUrl) -> None:
        if link.scheme() == "image":
            self._wants(link.path())
            return
        item = next((item for item in self._items if str(item.entry) == link.path()), None)
        if item is not None:
            self._current = item
            self.explain.emit(item)

    def _wants(self, address: str) -> None:
        """The key image at that address."""
        found = (image for item in self._items for image in images_of(item) if _address(image) == address)
        if (image := next(found, None)) is not None:
            self.image_wanted.emit(image)

    def _draw(self) -> None:
        """Who reads on while something of it changes goes on reading where they were."""
        entries, bar = [item.entry for item in self._items], self.text.verticalScrollBar()
        at = bar.value() if bar is not None and entries == self._drawn else None
        self._drawn = entries
        parts = "".join(_part(self.form, item, self._papers.get(item.entry, ())) for item in self._items)
        ink, second = style.colour_name("ink"), style.colour_name("ink2")
        self.text.document().setDefaultStyleSheet(  # type: ignore[union-attr]  # a browser always has a document
            f"body {{ color: {ink}; }} .label {{ color: {second}; }} td {{ padding: 1px 8px 1px 0; }}"
            f"a {{ color: {style.colour_name('ok')}; text-decoration: none; }}")
        self.text.show_html(f"<body>{parts}</body>", [image for item in self._items for image in images_of(item)])
        self.text.document().setDocumentMargin(14)  # type: ignore[union-attr]  # a browser always has a document
        if bar is not None and at is not None:
            bar.setValue(at)
        elif self._current is not None:
            self.text.scrollToAnchor(str(self._current.entry))


def images_of(item: TimelineItem) -> Iterator[Mapping[str, Any]]:
    """All key images of an entry."""
    values = values_of(item)
    for field in kind_of(item.form).fields:
        if field.type == "images":
            yield from (image for image in values.get(field.key, ()) if is_key_image(image))


def _part(form: Form, item: TimelineItem, papers: Sequence[EntryView]) -> str:
    kind = form.kind(item.form.kind)
    values = values_of(item)
    title = escape(kind.name)
    body = "".join(_section(section, values) for section in kind.sections)
    return (f'<a name="{item.entry}"></a><h3 style="margin-bottom:2px">{title}</h3>{_standing(item)}{body}'
            f"{_marks(item)}{''.join(map(_paper, papers))}<hr/>")


def _paper(view: EntryView) -> str:
    """A confirmation below what it confirms: what is filled in, and who signed for it."""
    values = view.body.get("values", {})
    body = "".join(_section(section, values) for section in kind_of(view.form).sections)
    marks = "<br/>".join(escape(f"{mark.slot_label}: {signature_words(mark)}") for mark in view.signatures)
    return (f'<table width="100%" cellpadding="8" cellspacing="0" style="margin-top:8px; border:1px solid '
            f'{style.colour_name("line2")}"><tr><td><b>{escape(view_title(view))}</b>{body}<p>{marks}</p></td></tr></table>')


def view_title(view: EntryView) -> str:
    """The name of the paper."""
    return whole_form(view.form.code, view.form.edition).name


def _standing(item: TimelineItem) -> str:
    words = amended_words(item)
    shown = SHOWN[item.state]
    if not words and item.state not in (ItemState.SIGNED, ItemState.AMENDED):
        words = shown.word[:1].upper() + shown.word[1:]
    if not words:
        return ""
    ink = style.colour_name("amended" if item.view is not None and item.view.correction else shown.ink)
    return f'<p style="color:{ink}; margin:0"><b>{escape(words)}</b></p>'


def _marks(item: TimelineItem) -> str:
    lines = [f'<a href="mark:{item.entry}">{escape(mark.slot_label)}: {escape(signature_words(mark))}</a>'
             for mark in (item.view.signatures if item.view is not None else ())]
    if not lines or item.state is ItemState.PARTLY_SIGNED:
        words = escape(unsigned_words(item, datetime.now(UTC)))
        lines.append(f'<span style="color:{style.colour_name(SHOWN[item.state].ink)}">{words}</span>')
    if item.view is not None and (confirmed := confirming.told(item.view)):
        lines.append(f"<b>{escape(confirmed)}</b>")
    return f'<p style="margin-top:8px">{"<br/>".join(lines)}</p>'


def _section(section: Section, values: Mapping[str, Any]) -> str:
    filled = [field for field in section.fields if values.get(field.key) not in (None, "", [], {})]
    number = section.number if section.number not in ("+", "-") else ""
    head = f"{number}. {section.title}" if number else section.title
    alone = len(section.fields) == 1 and section.fields[0].label == section.title and not section.fields[0].number
    if alone:
        if not filled:
            return ""
        field = section.fields[0].model_copy(update={"number": "", "label": head})
        return _field(field, values[section.fields[0].key], bold=True)
    if not filled:
        return ""
    body = "".join(_together(fields, values) for fields in beside_each_other(filled))
    return f'<p style="margin-bottom:0; margin-top:8px"><b>{escape(head)}</b></p>{body}'


def _together(fields: Sequence[Field], values: Mapping[str, Any]) -> str:
    """Neighbours of a group share a line."""
    if len(fields) == 1:
        return _field(fields[0], values[fields[0].key])
    parts = [f'<span class="label">{escape(field_title(field))}:</span> {escape(safe_words(field, values[field.key]))}'
             for field in fields]
    return f'<p style="margin:2px 0">{" · ".join(parts)}</p>'


def _field(field: Field, value: Any, *, bold: bool = False) -> str:
    title = escape(field_title(field))
    head = f"<b>{title}</b>" if bold else f'<span class="label">{title}</span>'
    if field.type == "rows":
        return f'<p style="margin:2px 0 0 0">{head}</p>{_table(field, value)}'
    if field.type == "images":
        return f'<p style="margin:2px 0 0 0">{head}</p>{_images(value)}'
    words = escape(safe_words(field, value)).replace("\n", "<br/>")
    return f'<p style="margin:2px 0">{head}: {words}</p>'


def _table(field: Field, rows: Sequence[Mapping[str, Any]]) -> str:
    heads = "".join(f'<td><span class="label">{escape(part.label)}</span></td>' for part in field.fields)
    lines = []
    for number, values in enumerate(rows):
        label = field.fixed_rows[number] if number < len(field.fixed_rows) else f"{number + 1}."
        cells = "".join(f"<td>{escape(safe_words(part, values[part.key])) if part.key in values else ''}</td>"
                        for part in field.fields)
        lines.append(f"<tr><td>{escape(label)}</td>{cells}</tr>")
    return f'<table cellspacing="0"><tr><td></td>{heads}</tr>{"".join(lines)}</table>'


def _images(items: Sequence[Mapping[str, Any]]) -> str:
    """Key images beside each other; a click opens the frame that one was drawn from."""
    good = [(number, item) for number, item in enumerate(items, start=1) if is_key_image(item)]
    cells = [_image(number, item, len(good)) for number, item in good]
    lines = ["".join(cells[start:start + MOST_BESIDE]) for start in range(0, len(cells), MOST_BESIDE)]
    return f'<table cellspacing="4">{"".join(f"<tr>{line}</tr>" for line in lines)}</table>'


def _image(number: int, item: Mapping[str, Any], beside: int) -> str:
    picture = picture_html(item, beside)
    said = escape(f"Ảnh {number}. {item['words']}")
    return f'<td><a href="image:{_address(item)}">{picture}</a><br/>{said}</td>'


def _address(item: Mapping[str, Any]) -> str:
    return f"{item['instance']}/{item['frame']}"
