"""How long a test waits for a signal or a state: a limit is there for what never comes, not for a busy machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytestqt.qtbot import QtBot

PATIENCE_MS = 20_000


class PatientBot(QtBot):
    """pytest-qt's, which gives up after five seconds where a test says nothing else; this one waits longer."""

    def waitUntil(self, callback: Callable[[], bool | None], *, timeout: int = PATIENCE_MS) -> None:
        """Until it is so."""
        super().waitUntil(callback, timeout=max(timeout, PATIENCE_MS))

    def waitSignal(self, signal: Any, *, timeout: int = PATIENCE_MS, raising: bool | None = None, **rest: Any) -> Any:
        """Until it is told; for as long as was said where the test goes on without it (`assertNotEmitted`)."""
        least = 0 if raising is False else PATIENCE_MS
        return super().waitSignal(signal, timeout=max(timeout, least), raising=raising, **rest)

    def waitSignals(self, signals: Any, *, timeout: int = PATIENCE_MS, **rest: Any) -> Any:
        """Until all are told."""
        return super().waitSignals(signals, timeout=max(timeout, PATIENCE_MS), **rest)
