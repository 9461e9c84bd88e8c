"""The people of the signing tests: who they are, their PIN, and how they answer a prompt."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from records.entries import Mark
from workstation.signing.base import Identity, Pin, PinRequest

DOCTOR_NAME = "Nguyễn Thị Đào"
DOCTOR_ID = "001185000123"
PIN = "73915602"


class Person:
    """Answers each prompt with the next of the PINs given, and cancels when there is none left."""

    def __init__(self, *pins: str, picks: int | None = None) -> None:
        self._pins = list(pins)
        self._picks = picks
        self.asked: list[PinRequest] = []
        self.offered: list[Identity] = []

    def ask_pin(self, request: PinRequest) -> Pin | None:
        self.asked.append(request)
        return Pin(self._pins.pop(0)) if self._pins else None

    def choose_identity(self, choices: Sequence[Identity]) -> Identity | None:
        self.offered.extend(choices)
        return choices[self._picks] if self._picks is not None else None


class Accepting(Person):
    """Was told of the last try, and goes on."""

    def ask_pin(self, request: PinRequest) -> Pin | None:
        pin = super().ask_pin(request)
        return None if pin is None else Pin(pin.reveal(), last_try=request.final_try)


def now() -> datetime:
    return datetime.now(UTC)


def mark_of(identity: Identity, signed_at: datetime) -> Mark:
    """The doctor's mark on a treatment row."""
    return Mark(slot="doctor", slot_label="Bác sĩ điều trị", full_name=identity.full_name, title="Bác sĩ",
                signed_at=signed_at, certificate_serial=identity.serial, certificate_issuer=identity.issuer)


def wait_until(condition: Callable[[], bool], limit_s: float = 30) -> None:
    """Wait for what another process or thread is about to do; fail when it never does."""
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, "it never happened"
        threading.Event().wait(0.01)
