"""The workstation with one chart on its screen, a process of its own: when could one use it, and what does it hold.

    python -m bench.chart_window SETTINGS ENCOUNTER USERNAME PASSWORD      answers one JSON object
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil
from PyQt6.QtCore import QEvent, QEventLoop, QObject, QTimer
from PyQt6.QtWidgets import QApplication, QWidget

from workstation.app import Program
from workstation.client.door import Answer
from workstation.config import read_config
from workstation.views.actions import Place
from workstation.views.chart.place import ChartPlace


class Painted(QObject):
    """Knows which widgets were painted since it was asked to look."""

    def __init__(self) -> None:
        super().__init__()
        self.widgets: set[QObject] = set()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Note paint events, stop nothing."""
        if event is not None and watched is not None and event.type() == QEvent.Type.Paint:
            self.widgets.add(watched)
        return False

    def below(self, widget: QWidget) -> bool:
        """Whether the widget or something in it was painted."""
        return any(isinstance(one, QWidget) and (one is widget or widget.isAncestorOf(one)) for one in self.widgets)


def main(settings: str, encounter: str, username: str, password: str) -> int:
    """Sign in, open the chart, say how long after the answer it could be used."""
    application = QApplication([])
    program = Program(application, read_config(Path(settings)))
    program.window.resize(1600, 900)
    program.window.show()
    form = program.window.sign_in.password_form
    form.name.setText(username)
    form.password.setText(password)
    form.enter.click()
    wait(lambda: program.window.work is not None)
    answered = _note_answers(program, f"/api/encounters/{encounter}/chart")
    wait(lambda: program.window.work is not None and program.window.work.isVisible(), still_ms=1500)
    painted = Painted()
    program.open_chart(UUID(encounter))
    page = program.window.work
    place = page.place(Place.CHART) if page is not None else None
    if not isinstance(place, ChartPlace):
        return 1

    loaded: list[float] = []

    def look() -> None:
        loaded.append(time.perf_counter())
        painted.widgets.clear()
        application.installEventFilter(painted)

    place.chart.loaded.connect(look)
    wait(lambda: usable(place, painted))
    usable_at = time.perf_counter()
    rss = psutil.Process().memory_info().rss / 1e6
    print(json.dumps({"usable_ms": (usable_at - answered[0]) * 1000, "read_ms": (loaded[0] - answered[0]) * 1000,
                      "rss_mb": rss}), flush=True)
    application.removeEventFilter(painted)
    program.window.close()
    sys.stdout.flush()
    # Python takes Qt's objects apart in any order at its end, which may crash; what was asked is answered.
    os._exit(0)


def usable(place: ChartPlace, painted: Painted) -> bool:
    """The list is drawn and the newest sheet is open, from the server's answer."""
    sheet = place.sheet
    return (place.chart.chart is not None and not place.chart.cached and sheet is not None and sheet.isVisible()
            and painted.below(sheet) and painted.below(place.timeline))


def wait(condition: Callable[[], bool], *, still_ms: int = 0, limit_s: float = 60) -> None:
    """Let Qt work until it is so (and for a while longer)."""
    loop, end = QEventLoop(), time.monotonic() + limit_s
    timer = QTimer()

    def look() -> None:
        if condition():
            loop.quit()
        elif time.monotonic() > end:
            raise TimeoutError("the window never came so far")

    timer.timeout.connect(look)
    timer.start(2)
    loop.exec()
    if still_ms:
        QTimer.singleShot(still_ms, loop.quit)
        loop.exec()


def _note_answers(program: Program, path: str) -> list[float]:
    """When the answer to that path had come in whole."""
    times: list[float] = []
    ask = program.client.ask

    def noted(asked: str, *rest: Any, **more: Any) -> Answer:
        answer = ask(asked, *rest, **more)
        if asked == path:
            times.append(time.perf_counter())
        return answer

    setattr(program.client, "ask", noted)  # noqa: B010 -- mypy forbids the plain assignment to a method
    return times


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
