"""A reader for the bench: opens one series in a viewport, scrolls it on time, and says what was there when."""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psutil
from PyQt6.QtCore import QObject, QTimer
from PyQt6.QtWidgets import QApplication

from workstation.background import Background, let_the_window_go_first
from workstation.client import Client
from workstation.models.images.loading import Loader
from workstation.models.images.marks import Marks
from workstation.models.images.pixel_memory import PixelMemory
from workstation.models.images.remote import RemoteImages
from workstation.models.images.stack import Stack
from workstation.views.images.viewport import Viewport

TICK_MS = 33
LOOK_MS = 4
"""How often the window's own loop is asked whether it still turns."""


@dataclass
class Told:
    """What was measured, in milliseconds and megabytes."""

    first_ms: float = 0.0
    all_ms: float = 0.0
    on_time: int = 0
    late: int = 0
    stalls_ms: list[float] = field(default_factory=list)
    memory_mb: float = 0.0
    children_mb: float = 0.0
    pixels_mb: float = 0.0
    held: int = 0
    places: int = 0


class Reader(QObject):
    """Clicks, waits for the first picture, and a second after the click scrolls one place each 33 ms."""

    def __init__(self, orders: dict[str, Any]) -> None:
        super().__init__()
        self.told, self._orders = Told(), orders
        self._client = Client(orders["url"], Path(orders["ca"]), workstation="bench")
        self._client.sign_in(orders["username"], orders["password"])
        self._background = Background()
        self._loader = Loader(PixelMemory(orders["memory_mb"] << 20))
        self._images = RemoteImages(self._client, self._loader, self._background)
        self._viewport = Viewport(Marks())
        self._viewport.resize(1000, 1000)
        self._viewport.show()
        self._images.opened.connect(self._opened)
        self._images.refused.connect(lambda _, why: sys.exit(why.english))
        self._viewport.gaze.shown.connect(self._shown)
        self._stack: Stack | None = None
        self._began = self._looked = 0.0
        self._whole = 1
        self._images.filled.connect(self._filled)
        self._tick, self._pulse = self._timer(TICK_MS, self._scroll), self._timer(LOOK_MS, self._look)
        QTimer.singleShot(500, self._click)

    def _timer(self, every_ms: int, act: Any) -> QTimer:
        timer = QTimer(self)
        timer.setTimerType(timer.timerType().PreciseTimer)
        timer.setInterval(every_ms)
        timer.timeout.connect(act)
        return timer

    def _click(self) -> None:
        self._began = self._looked = time.perf_counter()
        self._pulse.start()
        self._images.open(self._orders["study"], self._orders["series"])
        QTimer.singleShot(1000, self._tick.start)

    def _opened(self, _series: str, stack: Stack) -> None:
        self._stack = stack
        self._whole = len(stack) * self._orders["frame_bytes"]
        self._viewport.show_stack(stack)

    def _shown(self) -> None:
        if not self.told.first_ms and self._viewport.here is not None:
            self._viewport.repaint()
            self.told.first_ms = self._since()

    def _since(self) -> float:
        return (time.perf_counter() - self._began) * 1000

    def _look(self) -> None:
        now = time.perf_counter()
        late = (now - self._looked) * 1000 - LOOK_MS
        if late > 8:
            self.told.stalls_ms.append(round(late, 1))
        self._looked = now

    def _filled(self) -> None:
        if not self.told.all_ms and self._images.used_bytes >= self._whole:
            self.told.all_ms = self._since()

    def _scroll(self) -> None:
        """By the clock: a place that was passed over because the window was busy is late, as one that was not here."""
        gaze = self._viewport.gaze
        if self._stack is None:
            return
        place = min(len(self._stack) - 1, 1 + int((self._since() - 1000) / TICK_MS))
        self.told.late += max(0, place - gaze.state.place - 1)
        self.told.on_time += gaze.seen == gaze.state.place
        self.told.late += gaze.seen != gaze.state.place
        gaze.go_to(place)
        if place == len(self._stack) - 1:
            self._tick.stop()
            QTimer.singleShot(1500, self._end)

    def _end(self) -> None:
        me = psutil.Process(os.getpid())
        self.told.memory_mb = me.memory_info().rss / 1e6
        self.told.children_mb = sum(child.memory_info().rss for child in me.children()) / 1e6
        self.told.pixels_mb = self._images.used_bytes / 1e6
        self.told.held, self.told.places = self._images.held(self._orders["series"])
        self._images.clear()
        self._loader.stop()
        self._background.stop()
        QApplication.quit()


def main() -> int:
    """Orders come as JSON, the answer goes as JSON."""
    orders = json.loads(sys.stdin.read())
    application = QApplication([])
    reader = Reader(orders)
    let_the_window_go_first(reader)  # as the workstation does when it starts
    application.exec()
    print(json.dumps(asdict(reader.told)))
    return 0


if __name__ == "__main__":

    sys.exit(main())
