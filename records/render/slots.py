"""Where signatures stand: the name and the place of each slot's field."""

from __future__ import annotations

import io
from dataclasses import dataclass

import pikepdf

from records.errors import Refusal

PREFIX = "slot_"
MARK_SIZE = (176.0, 62.0)
"""Width and height of a signature box and of its mark, in points (62 x 22 mm)."""


@dataclass(frozen=True)
class Place:
    """A field's widget: page index from 0 and rectangle (left, low, right, high) in points."""

    page: int
    rect: tuple[float, float, float, float]


def slot_field(key: str) -> str:
    """The name of the PDF field that belongs to the form's slot `key`."""
    return PREFIX + key


def slot_places(pdf: bytes) -> dict[str, Place]:
    """Where each signature field of the file stands, by the field's name."""
    places: dict[str, Place] = {}
    try:
        with pikepdf.open(io.BytesIO(pdf)) as document:
            for index, page in enumerate(document.pages):
                for widget in page.obj.get("/Annots", pikepdf.Array()):
                    if widget.get("/FT") == "/Sig" and "/T" in widget:
                        name = str(widget["/T"])
                        if name in places:
                            raise Refusal.because("slot_place_unreadable", name)
                        places[name] = Place(index, _rect(name, widget))
    except (pikepdf.PdfError, ValueError, TypeError, AttributeError) as error:
        raise Refusal.because("page_unreadable", detail=str(error)) from error
    return places


def _rect(name: str, widget: pikepdf.Object) -> tuple[float, float, float, float]:
    values = [float(value) for value in widget.get("/Rect", ())]
    if len(values) != 4:
        raise Refusal.because("slot_place_unreadable", name)
    return values[0], values[1], values[2], values[3]
