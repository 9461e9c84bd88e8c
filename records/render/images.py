"""Key images on paper: two in a row, each with its words and with the frame that it was drawn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from records.pictures import Picture, picture_of
from records.render.flow import LEADING, Flow
from records.render.inline import Line, broken, words
from records.render.paper import GREY, MM

_GAP, _HIGHEST = 6 * MM, 78 * MM
_SAID, _NAMED = 9.5, 6.5
"""Sizes of what is said of a picture, and of where it comes from."""


def draw_images(flow: Flow, items: Sequence[Mapping[str, Any]]) -> None:
    """All of a blank's images, numbered; a row is never parted from its words."""
    wide = (flow.room - _GAP) / 2
    for start in range(0, len(items), 2):
        pair = [(start + place + 1, item, picture_of(item)) for place, item in enumerate(items[start:start + 2])]
        sizes = [_fitted(picture, wide) for _number, _item, picture in pair]
        told = [_told(number, item, wide) for number, item, _picture in pair]
        high = max(size[1] for size in sizes)
        below = max(sum(size * LEADING for _line, size in lines) for lines in told)
        flow.need(high + below + 8)
        for place, ((_number, _item, picture), size) in enumerate(zip(pair, sizes, strict=True)):
            x, low = flow.left + place * (wide + _GAP), flow.y - size[1]
            flow.page.image(flow.paper.picture(picture), (x, low, *size))
            flow.page.rect(x, low, *size, thick=0.4, colour=GREY)
            _print(flow, told[place], x, flow.y - high - 2)
        flow.y -= high + below + 8


def _fitted(picture: Picture, wide: float) -> tuple[float, float]:
    scale = min(wide / picture.width, _HIGHEST / picture.height)
    return picture.width * scale, picture.height * scale


def _told(number: int, item: Mapping[str, Any], wide: float) -> list[tuple[Line, float]]:
    said = f"Ảnh {number}. {item['words']}".rstrip()
    source = f"DICOM {item['instance']} khung {item['frame']} SHA-256 {item['sha256'][:32]} {item['sha256'][32:]}"
    return [*((line, _SAID) for line in broken(words(said), _SAID, wide)),
            *((line, _NAMED) for line in broken(words(source), _NAMED, wide))]


def _print(flow: Flow, lines: Sequence[tuple[Line, float]], x: float, y: float) -> None:
    for line, size in lines:
        flow.page.atoms(x, y - size, line, size)
        y -= size * LEADING
