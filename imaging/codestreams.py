"""What a compressed frame says of itself, read before a decoder sees it: a forged size must not become memory."""

from __future__ import annotations

from dataclasses import dataclass

_NO_LENGTH = frozenset((0x01, *range(0xD0, 0xD8)))
_SOF = frozenset((*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0), 0xF7))
"""Start of frame, JPEG (ITU-T T.81 table B.1) and JPEG-LS (T.87)."""


@dataclass(frozen=True)
class Codestream:
    """Size, components and precision; for JPEG also the process and what it says of its colours."""

    rows: int
    columns: int
    components: int
    precision: int
    signed: bool = False
    process: int = 0
    adobe_transform: int | None = None
    jfif: bool = False
    component_ids: tuple[int, ...] = ()

    @property
    def lossless(self) -> bool:
        """JPEG process 14."""
        return self.process in (0xC3, 0xC7, 0xCB, 0xCF)


def read_jpeg(data: bytes) -> Codestream | None:
    """The frame header of a JPEG or JPEG-LS stream; None when there is none."""
    if data[:2] != b"\xff\xd8":
        return None
    at, adobe, jfif = 2, None, False
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
            continue
        if marker in _NO_LENGTH:
            at += 2
            continue
        length = int.from_bytes(data[at + 2:at + 4], "big")
        body = data[at + 4:at + 2 + length]
        if marker in _SOF:
            return _frame_header(marker, body, adobe, jfif)
        if marker == 0xE0 and body[:5] == b"JFIF\0":
            jfif = True
        if marker == 0xEE and body[:5] == b"Adobe" and len(body) >= 12:
            adobe = body[11]
        at += 2 + max(2, length)
    return None


def _frame_header(marker: int, body: bytes, adobe: int | None, jfif: bool) -> Codestream | None:
    if len(body) < 6 or len(body) < 6 + 3 * body[5]:
        return None
    return Codestream(
        rows=int.from_bytes(body[1:3], "big"), columns=int.from_bytes(body[3:5], "big"), components=body[5],
        precision=body[0], process=marker, adobe_transform=adobe, jfif=jfif,
        component_ids=tuple(body[6 + 3 * index] for index in range(body[5])))


def read_jpeg2000(data: bytes) -> Codestream | None:
    """The SIZ segment of a JPEG 2000 or HTJ2K codestream (ITU-T T.800 A.5.1), also inside a JP2 box."""
    at = 0 if data[:4] == b"\xff\x4f\xff\x51" else data.find(b"\xff\x4f\xff\x51", 0, 64 * 1024)
    if at < 0 or len(data) < at + 45:
        return None
    xsize, ysize, xoff, yoff = (int.from_bytes(data[at + place:at + place + 4], "big") for place in (8, 12, 16, 20))
    components = int.from_bytes(data[at + 40:at + 42], "big")
    depths = {data[at + 42 + 3 * index] for index in range(components) if at + 42 + 3 * index < len(data)}
    sampling = {data[at + 43 + 3 * index:at + 45 + 3 * index] for index in range(min(components, 4))}
    if len(depths) != 1 or sampling != {b"\x01\x01"}:
        return None
    depth = depths.pop()
    return Codestream(rows=ysize - yoff, columns=xsize - xoff, components=components,
                      precision=(depth & 0x7F) + 1, signed=bool(depth & 0x80))


def jpeg2000_start(data: bytes) -> bytes:
    """The bare codestream: a JP2 box around it, which the standard forbids but scanners write, is taken off."""
    at = data.find(b"\xff\x4f\xff\x51", 0, 64 * 1024)
    return data[at:] if at > 0 else data
