"""What an object that is no picture is, in plain values: for the command line, lists and lines about a series."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydicom.uid import ExplicitVRBigEndian

from imaging.image import Image
from imaging.objects.document import read_document
from imaging.objects.key_objects import read_key_objects
from imaging.objects.kinds import KIND_WORDS, Kind, kind_of
from imaging.objects.presentation import read_presentation
from imaging.objects.report import read_report
from imaging.objects.waveform import Waveforms, read_waveforms
from records.errors import Reason, Refusal


def waveforms_in(image: Image) -> Waveforms:
    """The waveforms of an opened file, whatever its byte order."""
    return read_waveforms(image.dataset, big_endian=image.header.transfer_syntax == ExplicitVRBigEndian)


def told(image: Image) -> tuple[dict[str, Any], tuple[Reason, ...]]:
    """Kind and contents, and why it cannot be shown; a picture tells nothing more here."""
    kind = kind_of(image.dataset)
    base: dict[str, Any] = {"kind": kind.value, "words": KIND_WORDS[kind]}
    tell = _TELLERS.get(kind)
    if tell is None:
        return base, ()
    try:
        return {**base, **tell(image)}, ()
    except Refusal as refused:
        return base, refused.reasons


def _presentation(image: Image) -> dict[str, Any]:
    state = read_presentation(image.dataset)
    return {"label": state.label, "description": state.description, "creator": state.creator,
            "images": [found.instance_uid for found in state.images], "mirrored": state.mirrored,
            "quarter_turns": state.quarter_turns, "shutters": len(state.shutters),
            "graphics": sum(len(entry.graphics) for entry in state.annotations),
            "texts": [words.text for entry in state.annotations for words in entry.texts][:100]}


def _key_objects(image: Image) -> dict[str, Any]:
    selected = read_key_objects(image.dataset)
    return {"title": selected.title.meaning, "title_words": selected.title_words, "description": selected.description,
            "images": [{"instance_uid": found.instance_uid, "frames": list(found.frames)}
                       for found in selected.images]}


def _report(image: Image) -> dict[str, Any]:
    report = read_report(image.dataset)
    return {"title": report.title, "lines": len(report.lines), "cut": report.cut, "text": report.plain}


def _document(image: Image) -> dict[str, Any]:
    document = read_document(image.dataset)
    return {"title": document.title, "bytes": len(document.pdf)}


def _waveform(image: Image) -> dict[str, Any]:
    return {"groups": [{"label": group.label, "channels": [channel.label for channel in group.channels],
                        "units": sorted({channel.unit for channel in group.channels}), "rate_hz": group.rate_hz,
                        "seconds": group.seconds} for group in waveforms_in(image).groups]}


_TELLERS: dict[Kind, Callable[[Image], dict[str, Any]]] = {
    Kind.PRESENTATION: _presentation, Kind.KEY_OBJECTS: _key_objects, Kind.REPORT: _report,
    Kind.DOCUMENT: _document, Kind.WAVEFORM: _waveform}
