"""DER written and measured by hand: the few things that signatures, time stamps and their evidence need."""

from __future__ import annotations

INTEGER, BITS, OCTETS, NULL, OBJECT_ID, ENUMERATED, SEQUENCE, SET = 0x02, 0x03, 0x04, 0x05, 0x06, 0x0A, 0x30, 0x31


def wrap(tag: int, body: bytes) -> bytes:
    """Tag, shortest length, body."""
    size = len(body)
    if size < 0x80:
        return bytes((tag, size)) + body
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes((tag, 0x80 | len(length))) + length + body


def object_id(dotted: str) -> bytes:
    """An object identifier: «1.2.840.113549.1.7.1»."""
    first, second, *rest = map(int, dotted.split("."))
    body = bytearray([first * 40 + second])
    for arc in rest:
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(0x80 | (arc & 0x7F))
        body += bytes(reversed(groups))
    return wrap(OBJECT_ID, bytes(body))


def whole(data: bytes) -> int:
    """How many bytes the first DER value takes; all when it cannot be told."""
    if len(data) < 2 or data[0] != SEQUENCE:
        return len(data)
    if data[1] < 0x80:
        return min(len(data), 2 + data[1])
    count = data[1] & 0x7F
    if not 1 <= count <= 4:
        return len(data)
    return min(len(data), 2 + count + int.from_bytes(data[2:2 + count]))
