"""Hands the PIN from the window to the thread that signs: that thread waits here, the window never does."""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence

from PyQt6.QtCore import QObject, pyqtSignal

from workstation.emitting import emitter
from workstation.signing.base import Identity, Pin, PinRequest


class WindowPrompter(QObject):
    """A `Prompter` whose questions are shown by the window. Nothing here keeps a PIN longer than its way takes."""

    pin_wanted = pyqtSignal(object)
    """PinRequest: show it, then `answer`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._want_pin = emitter(self, self.pin_wanted)
        self._answers: queue.SimpleQueue[Pin | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._offered: Pin | None = None
        self._waiting = False
        self._over = False

    @property
    def waiting(self) -> bool:
        """A question stands unanswered."""
        return self._waiting

    # From the window

    def offer(self, pin: Pin) -> None:
        """The person typed it before anyone asked: the first question gets it."""
        with self._lock:
            self._offered, before = pin, self._offered
        if before is not None:
            before.wipe()

    def answer(self, pin: Pin | None) -> None:
        """The answer to the question that stands; None: the person cancelled."""
        with self._lock:
            waiting, self._waiting = self._waiting, False
        if waiting:
            self._answers.put(pin)
        elif pin is not None:
            pin.wipe()

    def forget(self) -> None:
        """Wipe what was offered and not used."""
        with self._lock:
            held, self._offered = self._offered, None
        if held is not None:
            held.wipe()

    def end(self) -> None:
        """The window goes: every question, now and later, is answered with a cancel."""
        self._over = True
        self.forget()
        self.answer(None)

    # From the thread that signs

    def ask_pin(self, request: PinRequest) -> Pin | None:
        """Wait for the person. What they typed beforehand answers the first question, never one after a refusal, and
        a last try only when they accepted it.
        """
        with self._lock:
            offered, self._offered = self._offered, None
            accepted = offered is not None and (offered.last_try or not request.final_try)
            if offered is not None and accepted and request.refused is None:
                return offered
            if self._over:
                return None
            self._waiting = True
        if offered is not None:
            offered.wipe()
        self._want_pin(request)
        return self._answers.get()

    def choose_identity(self, choices: Sequence[Identity]) -> Identity | None:
        """The window lets the person choose before it signs, so nobody is asked here."""
        return choices[0] if len(choices) == 1 else None
