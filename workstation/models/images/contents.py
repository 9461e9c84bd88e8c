"""What a file that is no picture holds, ready to be shown: read in the background, given to a pane as a value."""

from __future__ import annotations

from collections.abc import Callable

from imaging.image import Image
from imaging.objects.document import Document, read_document
from imaging.objects.key_objects import KeyObjects, read_key_objects
from imaging.objects.kinds import Kind, kind_of
from imaging.objects.presentation import Presentation, read_presentation
from imaging.objects.references import ImageReference
from imaging.objects.report import Line, Report, person, read_report
from imaging.objects.telling import waveforms_in
from imaging.objects.waveform import Waveforms
from records.errors import Reason, Refusal

Contents = Report | Document | Waveforms | Reason
"""Key objects and presentation states come as short reports of which images they are about."""


def contents_of(image: Image) -> Contents:
    """In the background: what there is to show, or why there is nothing."""
    read = _READERS.get(kind_of(image.dataset))
    if read is None:
        return image.why_not or Reason("object_is_a_picture")
    try:
        return read(image)
    except Refusal as refused:
        return refused.reasons[0]


def _selected(selected: KeyObjects) -> Report:
    lines = [Line(0, "Ghi chú", selected.description)] if selected.description else []
    if selected.observer:
        lines.append(Line(0, "Người chọn", person(selected.observer)))
    return _about(f"Ảnh then chốt: {selected.title_words}", lines, selected.images)


def _state(state: Presentation) -> Report:
    lines = [Line(0, "Ghi chú", state.description)] if state.description else []
    if state.creator:
        lines.append(Line(0, "Người lưu", person(state.creator)))
    texts = [words.text for entry in state.annotations for words in entry.texts]
    lines += [Line(0, "Trên ảnh", words) for words in texts[:200]]
    return _about(f"Cách trình bày: {state.label or 'không tên'}", lines, state.images)


def _about(title: str, lines: list[Line], images: tuple[ImageReference, ...]) -> Report:
    """Instances are numbered: their identifiers say nothing to a reader."""
    named = [Line(1, f"Ảnh {number}", _frames(image), reference=image) for number, image in enumerate(images, 1)]
    heading = Line(0, f"{len(images)} ảnh", "", heading=True)
    return Report(title, "", "", "", (), (*lines, heading, *named))


def _frames(image: ImageReference) -> str:
    if not image.frames:
        return ""
    shown = ", ".join(map(str, image.frames[:20]))
    return f"khung hình {shown}{', …' if len(image.frames) > 20 else ''}"


_READERS: dict[Kind, Callable[[Image], Contents]] = {
    Kind.REPORT: lambda image: read_report(image.dataset),
    Kind.DOCUMENT: lambda image: read_document(image.dataset), Kind.WAVEFORM: waveforms_in,
    Kind.KEY_OBJECTS: lambda image: _selected(read_key_objects(image.dataset)),
    Kind.PRESENTATION: lambda image: _state(read_presentation(image.dataset))}
