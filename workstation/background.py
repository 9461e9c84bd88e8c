"""Query and Command: work off the UI thread whose success or failure arrives back on it; cancel, stop on close."""

from __future__ import annotations

import logging
import queue
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from records.errors import BenhAnError, Cancelled, Refusal
from workstation.collecting import Collector
from workstation.emitting import emitter

log = logging.getLogger(__name__)
SLOW_AFTER_MS = 1000
SWITCH_S = 0.001
"""How long a busy thread keeps the interpreter while others wait for it. Python's own five milliseconds, waited several
times for each signature while the window is busy, cost a quick token a third of its pace (bench/token_pace.py)."""
HANGING_QUERY_S = 0.2
"""What closing waits for a thread that hangs in a query; it is a daemon and dies with the program."""


def let_the_window_go_first(program: QObject) -> None:
    """Once at the start of a program with a window: the interpreter stops it as seldom and as shortly as can be."""
    Collector(program)
    sys.setswitchinterval(SWITCH_S)


@dataclass(frozen=True)
class Query:
    """Something to find out: `work()` in the background, then `done(result)` or `failed(refusal)` on the UI thread.

    A cancelled or forgotten query is silent.
    """

    name: str
    work: Callable[[], Any]
    done: Callable[[Any], None]
    failed: Callable[[Refusal], None] | None = None


@dataclass(frozen=True)
class Command(Query):
    """Something to do: once begun it is always finished, and closing waits for it."""

    changes: str = ""
    """What a success changes; told by `Background.changed`."""


_OVER = Query("over", lambda: None, lambda _result: None)


class Job(QObject):
    """One running query or command; lives on the UI thread."""

    ended = pyqtSignal()
    _arrived = pyqtSignal(object, object)

    def __init__(self, background: Background, task: Query) -> None:
        super().__init__(background)
        self.task = task
        self.cancelled = threading.Event()
        self.begun = threading.Event()
        self.slow = False
        self._arrived.connect(self._land)
        self._arrive = emitter(self, self._arrived)
        self._background = background
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.timeout.connect(self._is_slow)

    def begin(self, slow_after_ms: int) -> None:
        """Start counting how long it takes."""
        self._patience.start(slow_after_ms)

    def cancel(self) -> None:
        """Forget it: a query's answer is dropped, a command that has not begun is not begun."""
        if isinstance(self.task, Command) and self.begun.is_set():
            return
        self.cancelled.set()

    def work(self) -> None:
        """Do the work, on a background thread, and post what came of it."""
        self.begun.set()
        result: Any = None
        failure: Refusal | None = None
        try:
            if self.cancelled.is_set():
                raise Cancelled
            result = self.task.work()
        except Refusal as refusal:
            failure = refusal
        except BenhAnError:
            self.cancelled.set()
        except Exception:
            if self._background.stopped:  # behind it everything else is closed: the line, the store, the token
                log.info("The work %r was cut off by the program's end.", self.task.name)
            else:
                log.exception("The work %r failed by a bug.", self.task.name)
            failure = Refusal.because("unexpected", self.task.name)
        self._arrive(result, failure)

    def _land(self, result: Any, failure: Refusal | None) -> None:
        self._patience.stop()
        task = self.task
        self._background.forget(self)
        try:
            self._tell(task, self._background, result, failure)
        except RuntimeError as gone:
            # The view or model that asked was closed meanwhile: nobody is left to be told.
            if "has been deleted" not in str(gone):
                raise
            log.debug("Who asked for %r is gone.", task.name)
        finally:
            # Whoever asked is let go of here: the last to hold this job may be its thread, where no widget may end.
            self.task = _OVER
            self.ended.emit()
            self.deleteLater()

    def _is_slow(self) -> None:
        self.slow = True
        self._background.tell_busy()

    def _tell(self, task: Query, background: Background, result: Any, failure: Refusal | None) -> None:
        if self.cancelled.is_set() or background.stopped:
            return
        if failure is None:
            task.done(result)
            if isinstance(task, Command) and task.changes:
                background.changed.emit(task.changes)
        elif task.failed is not None:
            task.failed(failure)
        else:
            background.failed.emit(task.name, failure)


class _Lane:
    """One queue and the threads that empty it, first come first served."""

    def __init__(self, name: str, threads: int) -> None:
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._commands = 0
        self._fewer = threading.Condition()
        # Daemons, so that a server that never answers cannot keep a closed program alive; commands are waited for.
        self._threads = [threading.Thread(target=self._empty, name=f"{name}-{number}", daemon=True)
                         for number in range(threads)]
        for thread in self._threads:
            thread.start()

    def put(self, job: Job) -> None:
        with self._fewer:
            self._commands += isinstance(job.task, Command)
        self._jobs.put(job)

    def stop(self) -> None:
        for _ in self._threads:
            self._jobs.put(None)

    def join(self, timeout_s: float) -> bool:
        """Wait for commands as long as it takes within the limit; for a query that hangs, hardly at all."""
        with self._fewer:
            finished = self._fewer.wait_for(lambda: self._commands == 0, timeout_s)
        for thread in self._threads:
            thread.join(HANGING_QUERY_S)
        return finished

    def _empty(self) -> None:
        while (job := self._jobs.get()) is not None:
            command = isinstance(job.task, Command)
            job.work()
            del job
            with self._fewer:
                self._commands -= command
                self._fewer.notify_all()


class Background(QObject):
    """A few threads for the network and one each for what must stay in order (`lane`)."""

    busy = pyqtSignal(bool)
    """True while something has taken over a second."""
    changed = pyqtSignal(str)
    """What a command that succeeded has changed."""
    failed = pyqtSignal(str, object)
    """Name and refusal of work that brought no `failed` of its own."""

    def __init__(self, parent: QObject | None = None, *, threads: int = 4, slow_after_ms: int = SLOW_AFTER_MS) -> None:
        super().__init__(parent)
        self.stopped = False
        self._threads = threads
        self._slow_after_ms = slow_after_ms
        self._lanes: dict[str, _Lane] = {}
        self._jobs: set[Job] = set()
        self._busy = False

    def run(self, task: Query, *, lane: str = "") -> Job:
        """Begin the work; jobs of the same named lane run one after another in the order they came."""
        job = Job(self, task)
        if self.stopped:
            job.cancelled.set()
            return job
        self._jobs.add(job)
        job.begin(self._slow_after_ms)
        if lane not in self._lanes:
            self._lanes[lane] = _Lane(lane or "background", 1 if lane else self._threads)
        self._lanes[lane].put(job)
        return job

    @property
    def running(self) -> int:
        """How many jobs have not come back yet."""
        return len(self._jobs)

    def forget(self, job: Job) -> None:
        """Take a job that came back off the books."""
        self._jobs.discard(job)
        self.tell_busy()

    def stop(self, timeout_s: float = 10.0) -> bool:
        """Cancel queries, finish commands, end the threads; True when every command was finished in time."""
        for job in self._jobs:
            if not isinstance(job.task, Command):
                job.cancel()
        for lane in self._lanes.values():
            lane.stop()
        ended = [lane.join(timeout_s) for lane in self._lanes.values()]
        self.stopped = True
        self._lanes.clear()
        return all(ended)

    def tell_busy(self) -> None:
        """Say whether anything takes long, when that has changed."""
        busy = any(job.slow for job in self._jobs)
        if busy != self._busy:
            self._busy = busy
            self.busy.emit(busy)
