"""A workstation without a window that asks for a tap on the phone: run by itself, to be killed."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from PyQt6.QtWidgets import QApplication

from tests.journeys.phones import choose, draft_tasks, sat_down
from workstation.models.signing import Stage
from workstation.signing.base import Pin

KIND = "smartca"


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


def main(url: str, ca: str, folder: str, encounter: str, count: str) -> None:
    """Sign in, write so many rows, tell which, ask for the tap, and wait until somebody kills this."""
    loop: Any = Loop(QApplication([]))
    place, model = sat_down(url, Path(ca), UUID(encounter), Path(folder), loop)
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
