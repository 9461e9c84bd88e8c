"""A window dragged in the real viewport, painting included, beside Cornerstone3D's CPU renderer in Chromium."""

from __future__ import annotations

import json
import os
import statistics
import time
from collections.abc import Iterator
from functools import cache

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PyQt6.QtCore import QEvent, QPointF, Qt
from PyQt6.QtGui import QMouseEvent
from PyQt6.QtWidgets import QApplication

from bench import cornerstone
from bench.measure import Figure
from bench.pixels import slice_of
from tests.workstation.models.images.stacks import HeldStack, loaded, slice_at
from workstation.models.images.marks import Marks
from workstation.views import style
from workstation.views.images.viewport import Viewport

SIDES = {512: 1000 / 60, 3000: 1000 / 30}
SHOWN, STEPS, ROUNDS = 700, 60, 3
PACE_S = 1 / 60
"""Between two moves, as a mouse sends them and as the peer's page is called: neither is timed in one breath."""


def run() -> list[Figure]:
    """Medians of both, run in turn; without the peer (no npm, no Chromium) the issue's frame rates alone."""
    ours: dict[int, list[float]] = {side: [] for side in SIDES}
    theirs: dict[int, list[float]] = {side: [] for side in SIDES}
    with cornerstone.ready() as peer:
        for _ in range(ROUNDS):
            for side in SIDES:
                ours[side] += list(dragged(side))
            for side, taken in ({} if peer is None else peer.measured()).items():
                theirs[side] += taken
    return [figure for side in SIDES for figure in _figures(side, ours[side], theirs[side])]


def _figures(side: int, ours: list[float], theirs: list[float]) -> Iterator[Figure]:
    median, limit = statistics.median(ours), SIDES[side]
    name = f"window dragged in the viewport, {side}² at {SHOWN}², painting included"
    yield Figure(name, median, limit, "ms", "the issue's frame rate", f"under {limit:.1f} ms", median < limit)
    if theirs:
        peer = statistics.median(theirs)
        yield Figure(name, median, peer, "ms", f"Cornerstone3D {cornerstone.VERSION}, CPU, Chromium", "faster",
                     median < peer)
    else:
        print(f"Cornerstone3D was not measured: {cornerstone.why_not()}")


def dragged(side: int) -> Iterator[float]:
    """Milliseconds from the mouse's move to the painted widget, step by step."""
    application = _application()
    style.apply(application)
    viewport = Viewport(Marks())
    viewport.resize(SHOWN, SHOWN)
    viewport.show()
    for _ in range(20):  # nothing is painted before the window is exposed
        application.processEvents()
    viewport.show_stack(HeldStack([loaded(slice_at(slice_of(side)))]))
    viewport.repaint()
    _mouse(viewport, QEvent.Type.MouseButtonPress, 0)
    for step in range(1, STEPS + 11):
        start = time.perf_counter()
        _mouse(viewport, QEvent.Type.MouseMove, step)
        viewport.repaint()
        if step > 10:
            yield (time.perf_counter() - start) * 1000
        time.sleep(PACE_S)
    viewport.close()


@cache
def _application() -> QApplication:
    """Kept as long as the program runs: what it dies with cannot be made again."""
    held = QApplication.instance()
    return held if isinstance(held, QApplication) else QApplication([])


def _mouse(viewport: Viewport, kind: QEvent.Type, step: int) -> None:
    place = QPointF(200 + step, 300 - step % 7)
    button = Qt.MouseButton.RightButton
    QApplication.sendEvent(viewport, QMouseEvent(kind, place, viewport.mapToGlobal(place), button, button,
                                                 Qt.KeyboardModifier.NoModifier))


if __name__ == "__main__":
    print(json.dumps({side: statistics.median(dragged(side)) for side in SIDES}))
