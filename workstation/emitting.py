"""Signals as callbacks: who was closed before the answer came is told nothing."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6 import sip
from PyQt6.QtCore import QObject, pyqtBoundSignal


def emitter(owner: QObject, signal: pyqtBoundSignal) -> Callable[..., None]:
    """Emits a signal of `owner` when called, whatever became of `owner` meanwhile.

    A bare `owner.signal.emit` that is kept neither keeps its object nor notices that Qt has deleted it: to call it then
    ends the whole program with a segmentation fault.
    """
    def emit(*values: object) -> None:
        if not sip.isdeleted(owner):
            signal.emit(*values)

    return emit
