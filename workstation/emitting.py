"""Signals as callbacks: who was closed before the answer came is told nothing, on whichever thread it comes."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable

from PyQt6 import sip
from PyQt6.QtCore import QObject, pyqtBoundSignal, pyqtSignal


class _Relay(QObject):
    """Carries to the UI thread what others have to say. It lives until its end: any of them may emit it."""

    _said = pyqtSignal(object)

    def __init__(self) -> None:
        super().__init__()
        self._lock, self._over = threading.Lock(), False
        self._said.connect(self._say)
        # Called before PyQt's own, which deletes every object while other threads still go on.
        atexit.register(self.end)

    def carry(self, owner: QObject, signal: pyqtBoundSignal, values: tuple[object, ...]) -> None:
        """In the order in which one thread calls this, and before whatever it posts afterwards."""
        with self._lock:
            if not self._over:
                self._said.emit((owner, signal, values))

    def end(self) -> None:
        """Nothing is carried any more; it waits for what is just being carried."""
        with self._lock:
            self._over = True

    def _say(self, carried: tuple[QObject, pyqtBoundSignal, tuple[object, ...]]) -> None:
        owner, signal, values = carried
        if not sip.isdeleted(owner):
            signal.emit(*values)


_RELAY = _Relay()


def fall_silent() -> None:
    """Before the application goes, and every object with it: what other threads still say is heard by nobody."""
    _RELAY.end()


def emitter(owner: QObject, signal: pyqtBoundSignal) -> Callable[..., None]:
    """Emits a signal of `owner` when called, whatever became of `owner` meanwhile.

    A bare `owner.signal.emit` that is kept neither keeps its object nor notices that Qt has deleted it: to call it then
    ends the whole program with a segmentation fault. Another thread may not even look first: while it emits, the UI
    thread deletes. So it emits nothing of `owner`: that is done on the UI thread, where alone `owner` can go. Nor may
    it ask for `owner.signal`: this itself is called on the UI thread only (RuntimeError otherwise).
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("An emitter is made on the UI thread, before the work begins that it is for.")

    def emit(*values: object) -> None:
        if threading.current_thread() is not threading.main_thread():
            _RELAY.carry(owner, signal, values)
        elif not sip.isdeleted(owner):
            signal.emit(*values)

    return emit
