"""A minimal sRGB profile (ICC.1 version 2.4, input device), which colour presentation states must carry (C.11.15)."""

from __future__ import annotations

import struct


def _profile() -> bytes:
    """Three primaries and the white, adapted to D50; the curve of sRGB in 256 points."""
    steps = [round(65535 * _linear(step / 255)) for step in range(256)]
    curve = b"curv" + bytes(4) + struct.pack(">I256H", len(steps), *steps)
    description = b"desc" + bytes(4) + struct.pack(">I", 5) + b"sRGB\0" + bytes(4 + 4 + 2 + 1 + 67)
    parts = {
        b"desc": description, b"cprt": b"text" + bytes(4) + b"Public domain\0",
        b"wtpt": _xyz(0.9642, 1.0, 0.8249), b"rXYZ": _xyz(0.4360747, 0.2225045, 0.0139322),
        b"gXYZ": _xyz(0.3850649, 0.7168786, 0.0971045), b"bXYZ": _xyz(0.1430804, 0.0606169, 0.7141733),
        b"rTRC": curve, b"gTRC": curve, b"bTRC": curve}
    table, body, places = b"", b"", dict[bytes, int]()
    start = 128 + 4 + 12 * len(parts)
    for name, part in parts.items():
        if part not in places:
            places[part] = start + len(body)
            body += part + bytes(-len(part) % 4)
        table += name + struct.pack(">II", places[part], len(part))
    size = start + len(body)
    head = struct.pack(">I4sI4s4s4s6H4s4sI4s4sQI3i", size, bytes(4), 0x02400000, b"scnr", b"RGB ", b"XYZ ",
                       2026, 1, 1, 0, 0, 0, b"acsp", bytes(4), 0, bytes(4), bytes(4), 0, 0, 63190, 65536, 54061)
    return head.ljust(128, b"\0") + struct.pack(">I", len(parts)) + table + body


def _xyz(*values: float) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(65536 * value) for value in values))


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


SRGB = _profile()
