"""What must not happen to a program with windows, noted while it runs: bugs, complaints of Qt, a window that waits."""

from __future__ import annotations

import logging
import sys
import threading
import time
import traceback
from collections.abc import Callable
from types import FrameType
from typing import Any

from PyQt6.QtCore import QObject, QTimer, QtMsgType, qInstallMessageHandler

from records.errors import BenhAnError

BUSY_S, WAITS_S = 2.0, 10.0
"""The window's own work between two rounds of its loop, in processor time, and how long it may wait for others: a bug
of waiting is far beyond these, a machine that a dozen programs share is not."""
PLATFORM_SAYS = ("This plugin does not support",)
"""What only a platform without a screen says."""


class Watch(QObject):
    """Collects faults, each once, with the step at which it came first."""

    def __init__(self, at: Callable[[], int]) -> None:
        super().__init__()
        self.faults: dict[str, int] = {}
        self._at, self._main = at, threading.main_thread().ident or 0
        self._beat, self._cpu = time.monotonic(), self._spent()
        self.longest = (0.0, 0)
        """The most work between two rounds, in seconds of processor time, and the step."""
        self._heart = QTimer(self)
        self._heart.setInterval(50)
        self._heart.timeout.connect(self.beats)
        self._heart.start()

    def begin(self) -> None:
        """From now on."""
        before = sys.excepthook

        def uncaught(kind: type[BaseException], error: BaseException, trace: Any) -> None:
            if not isinstance(error, BenhAnError):
                self.note("uncaught", "".join(traceback.format_exception(kind, error, trace)))
            before(kind, error, trace)

        sys.excepthook = uncaught
        threading.excepthook = lambda told: self.note("uncaught in a thread", "".join(
            traceback.format_exception(told.exc_type, told.exc_value, told.exc_traceback)))
        sys.unraisablehook = lambda told: self.note("unraisable", f"{told.err_msg} {told.object!r} " + "".join(
            traceback.format_exception(told.exc_type, told.exc_value, told.exc_traceback)))
        qInstallMessageHandler(self._qt_says)
        logging.getLogger().addHandler(_Errors(self))
        threading.Thread(target=self._look, name="watch", daemon=True).start()

    def end(self) -> None:
        """The window's loop is over."""
        self._heart.stop()

    def note(self, kind: str, what: str) -> None:
        """A fault."""
        self.faults.setdefault(f"{kind}: {what}", self._at())

    def beats(self) -> None:
        """The window's loop came round."""
        spent = self._spent()
        self.longest = max(self.longest, (round(spent - self._cpu, 2), self._at()))
        self._beat, self._cpu = time.monotonic(), spent

    def _spent(self) -> float:
        return time.clock_gettime(time.pthread_getcpuclockid(self._main))

    def _look(self) -> None:
        told = 0.0
        while True:
            threading.Event().wait(0.2)
            beat, busy = self._beat, self._spent() - self._cpu
            if beat != told and (busy > BUSY_S or time.monotonic() - beat > WAITS_S):
                told = beat
                frame: FrameType | None = sys._current_frames().get(self._main)  # its documented use
                spans = f"{busy:.1f} s of work, {time.monotonic() - beat:.1f} s in all\n"
                self.note("the window waits", spans + "".join(traceback.format_stack(frame)[-14:]))

    def _qt_says(self, kind: QtMsgType, _context: object, message: str | None) -> None:
        if kind is not QtMsgType.QtDebugMsg and message and not message.startswith(PLATFORM_SAYS):
            self.note("Qt", message + "\n" + "".join(traceback.format_stack()[-6:-1]))


class _Errors(logging.Handler):
    """A bug is logged wherever it was caught."""

    def __init__(self, watch: Watch) -> None:
        super().__init__(logging.ERROR)
        self._watch = watch

    def emit(self, record: logging.LogRecord) -> None:
        trace = "".join(traceback.format_exception(*record.exc_info)) if record.exc_info else ""
        self._watch.note("logged", f"{record.name}: {record.getMessage()}\n{trace}")
