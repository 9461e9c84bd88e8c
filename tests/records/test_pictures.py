"""Pictures in records: what our own writer makes is read, all else is refused, and nothing grows past its bound."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image as Pillow

from imaging.png import png
from records.errors import Refusal
from records.pictures import LARGEST_SIDE, as_text, is_key_image, picture_of, read_png
from tests.records.samples import SAMPLES

GREY = np.arange(20 * 30, dtype=np.uint8).reshape(20, 30)
COLOUR = np.arange(20 * 30 * 3, dtype=np.uint8).reshape(20, 30, 3)
ITEM = SAMPLES["images"][0]


@pytest.mark.parametrize("pixels", [GREY, COLOUR], ids=["grey", "colour"])
def test_what_the_viewer_writes_is_read_pixel_by_pixel(pixels: np.ndarray) -> None:
    picture = read_png(png(pixels))
    assert (picture.width, picture.height) == (30, 20)
    assert picture.samples == pixels.tobytes()
    assert picture.samples == Pillow.open(io.BytesIO(png(pixels))).tobytes()


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _forged(*, head: bytes = b"", body: bytes = b"", extra: bytes = b"") -> bytes:
    head = head or struct.pack(">IIBBBBB", 30, 20, 8, 0, 0, 0, 0)
    return b"".join((b"\x89PNG\r\n\x1a\n", _chunk(b"IHDR", head), extra,
                     _chunk(b"IDAT", body or zlib.compress(bytes(31 * 20))), _chunk(b"IEND", b"")))


def _pillow() -> bytes:
    out = io.BytesIO()
    Pillow.fromarray(GREY).save(out, "PNG", optimize=True, pnginfo=None)
    return out.getvalue()


@pytest.mark.parametrize("data", [
    b"", b"GIF89a", png(GREY)[:-3], png(GREY)[:40], png(GREY) + b"x", png(GREY)[:60] + b"\0" + png(GREY)[61:],
    _forged(extra=_chunk(b"tEXt", b"Author\0somebody")),
    _forged(head=struct.pack(">IIBBBBB", 30, 20, 16, 0, 0, 0, 0)),
    _forged(head=struct.pack(">IIBBBBB", 30, 20, 8, 3, 0, 0, 0)),
    _forged(head=struct.pack(">IIBBBBB", 30, 20, 8, 0, 0, 0, 1)),
    _forged(head=struct.pack(">IIBBBBB", LARGEST_SIDE + 1, 1, 8, 0, 0, 0, 0)),
    _forged(head=struct.pack(">IIBBBBB", 0, 20, 8, 0, 0, 0, 0)),
    _forged(body=zlib.compress(bytes(31 * 20 + 1))), _forged(body=zlib.compress(bytes(31 * 19))),
    _forged(body=zlib.compress(bytes(50_000_000))), _forged(body=zlib.compress(b"\1" + bytes(31 * 20 - 1))),
    _forged(body=zlib.compress(bytes(31 * 20)) + b"hidden"), b"\x89PNG\r\n\x1a\n" + bytes(800_000), _pillow(),
])
def test_anything_else_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(Refusal) as caught:
        read_png(data)
    assert caught.value.reasons[0].code in ("picture_unreadable", "picture_too_large")


def test_a_key_image_is_known_by_all_its_parts() -> None:
    assert is_key_image(ITEM)
    assert picture_of(ITEM).width == 12
    for part, wrong in (("study", "1.2/3"), ("frame", 0), ("frame", True), ("sha256", "AB" * 32), ("words", None),
                        ("picture", b""), ("instance", "")):
        assert not is_key_image({**ITEM, part: wrong}), part
    assert not is_key_image({**ITEM, "more": 1})
    assert not is_key_image({key: ITEM[key] for key in ITEM if key != "sha256"})
    with pytest.raises(Refusal):
        picture_of({**ITEM, "picture": as_text(b"no png")[:-1] + "!"})
