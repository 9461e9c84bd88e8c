"""A workstation without a window that asks for a tap on the phone: run by itself, to be killed."""

from __future__ import annotations

import itertools
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from PyQt6.QtWidgets import QApplication

from tests.journeys.phones import choose, draft_tasks, sat_down
from workstation import drafts
from workstation.client import Client
from workstation.drafts import awaited, captures
from workstation.models.signing import Stage
from workstation.signing.base import Pin

KIND = "smartca"
POINTS: dict[str, tuple[Any, str, bool, int]] = {
    "the question is about to be kept": (awaited.AwaitedShelf, "put", False, 1),
    "the question is kept and not sent": (awaited.AwaitedShelf, "put", True, 1),
    "the question is sent": (Client, "remote_begin", True, 1),
    "the answer is here": (awaited.AwaitedShelf, "finish", False, 1),
    "the first file is half in the outbox": (awaited, "item_of", False, 1),
    "the first file is in the outbox": (awaited.AwaitedShelf, "finish", True, 1),
    "the last file is in the outbox": (awaited.AwaitedShelf, "finish", True, 3),
    "a file is about to be sent": (Client, "send", False, 1),
    "the server has acknowledged a file": (Client, "send", True, 1),
    "the server has acknowledged the last file": (Client, "send", True, 3),
    "a file is half acknowledged here": (captures, "drop", False, 1),
    "the first draft is closed for good": (drafts.Store, "mark_done", True, 1),
    "the last draft is closed for good": (drafts.Store, "mark_done", True, 3),
    "nothing came and the drafts are about to be opened": (awaited.AwaitedShelf, "drop", False, 1),
    "the drafts are half open again": (awaited, "reopen", True, 2),
    "the drafts are open again": (awaited.AwaitedShelf, "drop", True, 1),
    "nothing came after the restart": (awaited.AwaitedShelf, "end", False, 1),
    "the person is to be told after the restart": (awaited.AwaitedShelf, "end", True, 1),
}
"""At which call this program dies: of what, before or after it is done, and which of the calls."""


def dies_at(point: str) -> None:
    """As by SIGKILL from outside, but at exactly that point."""
    owner, name, after, which = POINTS[point]
    real, calls = getattr(owner, name), itertools.count(1)

    def dying(*arguments: Any, **named: Any) -> Any:
        this = next(calls) == which
        if this and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        done = real(*arguments, **named)
        if this:
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    setattr(owner, name, dying)


class Loop:
    """What this program needs of pytest-qt, outside a test."""

    def __init__(self, application: QApplication) -> None:
        self._application = application

    def waitUntil(self, so: Callable[[], bool], *, timeout: int = 5000) -> None:
        end = time.monotonic() + timeout / 1000
        while not so():
            if time.monotonic() > end:
                raise TimeoutError
            self._application.processEvents()
            time.sleep(0.002)

    @contextmanager
    def waitSignal(self, signal: Any, *, timeout: int = 5000) -> Iterator[Any]:
        class Told:
            args: list[Any] | None = None

        told = Told()
        came: list[bool] = []

        def hear(*args: Any) -> None:
            told.args = list(args)
            came.append(True)

        signal.connect(hear)
        yield told
        self.waitUntil(lambda: bool(came), timeout=timeout)
        signal.disconnect(hear)


def main(url: str, ca: str, folder: str, encounter: str, count: str, point: str = "") -> None:
    """Sign in, write so many rows, tell which, ask for the tap, and wait until somebody kills this; with a `point` it
    dies by itself. No rows: what was asked before is gone on with.
    """
    if point:
        dies_at(point)
    loop: Any = Loop(QApplication([]))
    place, model = sat_down(url, Path(ca), UUID(encounter), Path(folder), loop)
    if int(count):
        act = model.begin(draft_tasks(loop, place, int(count)))
        loop.waitUntil(lambda: act.stage is not Stage.LOOKING, timeout=20_000)
        entries = {line.task.entry for line in act.lines}
        loop.waitUntil(lambda: entries <= {draft.entry for draft in place.desk.store.drafts()}, timeout=20_000)
        choose(act, KIND)
        print(*(line.task.entry for line in act.lines), flush=True)
        act.sign(Pin(""))
    loop.waitUntil(lambda: False, timeout=600_000)


if __name__ == "__main__":
    main(*sys.argv[1:])
