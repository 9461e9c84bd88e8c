"""How questions of devices are answered, one by one (PS3.4 C.4.1.1.4 and K.4.1.1.4)."""

from __future__ import annotations

PENDING = 0xFF00
NOT_ALL_KEYS = 0xFF01
"""Pending too: by some optional key that was asked for nothing is matched here."""
CANCELLED = 0xFE00
