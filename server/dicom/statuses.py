"""How questions of devices are answered, one by one (PS3.4 C.4.1.1.4 and K.4.1.1.4)."""

from __future__ import annotations

from pydicom import DataElement

PENDING = 0xFF00
NOT_ALL_KEYS = 0xFF01
"""Pending too: by some optional key that was asked for nothing is matched here."""
CANCELLED = 0xFE00


def narrows(element: DataElement) -> bool:
    """Whether a key asks for something: a value that is not universal, in a sequence at any depth (PS3.4 C.2.2.2)."""
    if element.VR == "SQ":
        return any(narrows(inner) for item in element.value or () for inner in item)
    return str("" if element.value is None else element.value).strip("* ") != ""
