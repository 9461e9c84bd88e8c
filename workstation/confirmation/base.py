"""What a fingerprint reader gives, and the interface that every driver of one has."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Print:
    """One finger, once: image and template are never shown in a log (R8)."""

    image: bytes = field(repr=False)
    template: bytes = field(repr=False)
    quality: int
    """0 to 100, as the reader's maker judges it."""
    device: str
    """Maker, model and serial number, as the confirmation names them."""


class Reader(Protocol):
    """A fingerprint reader on this PC."""

    def read(self, wait_s: float) -> Print:
        """Wait for a finger so long; refuses with what the person can do. Never called on the UI thread."""
