"""Python's collector of cycles, kept to the UI thread: it takes windows apart, and Qt outlives that on no other."""

from __future__ import annotations

import gc

from PyQt6.QtCore import QObject, QTimer

YOUNG_OBJECTS = 50_000
"""A chart of a thousand entries makes a hundred thousand objects at once: at Python's usual pace of seven hundred the
collector would walk over all of them again and again while the screen waits."""
ROUNDS = 20
"""So many looks at one generation before the next older one is looked at too."""
LOOK_MS = 500


class Collector(QObject):
    """While it lives, cycles are collected by its timer and by nothing else.

    Left to itself, Python collects on whichever thread happens to make the object too many: a loader of images, a lane
    of background work. What it frees there are closed dialogs and charts with their connections. A signal that is just
    being delivered to one of those then calls what is no more, and the program ends with a segmentation fault
    (tests/workstation/test_collecting.py shows it in a second).
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        gc.freeze()  # what is loaded at a start stays
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def look(self) -> None:
        """Collect what the counts of Python say is due, as Python itself would with these thresholds."""
        young, middle, old = gc.get_count()
        if young > YOUNG_OBJECTS:
            gc.collect(2 if middle > ROUNDS and old > ROUNDS else 1 if middle > ROUNDS else 0)
