"""Cine: the place that the clock asks for, at the file's own pace; a late picture is dropped, the pace is kept."""

from __future__ import annotations

from PyQt6.QtCore import QElapsedTimer, QObject, Qt, QTimer, pyqtSignal

from workstation.models.images.readings import decimal

USUAL_MS = 1000 / 15
"""For series whose files tell no frame time: fifteen places a second."""
FASTEST_MS, SLOWEST_MS = 1000 / 120, 5000.0


class Cine(QObject):
    """A clock that counts places, round and round."""

    due = pyqtSignal(int)
    """The place whose turn it is."""
    changed = pyqtSignal(bool)
    """Whether it runs."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._clock = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._first = self._count = self._last = 0
        self._frame_ms, self._told = USUAL_MS, False

    @property
    def running(self) -> bool:
        """Whether places follow one another by themselves."""
        return self._timer.isActive()

    def words(self) -> str:
        """«đang chạy 30 hình/giây», and whose pace it is where the file tells none."""
        if not self.running:
            return ""
        whose = "" if self._told else " (tệp không ghi tốc độ)"
        return f"đang chạy {decimal(1000 / self._frame_ms, 0)} hình/giây{whose}"

    def start(self, place: int, count: int, frame_ms: float | None) -> None:
        """Begin at a place; nothing runs where there is only one."""
        if count < 2:
            return
        self._told = frame_ms is not None and frame_ms > 0
        told = frame_ms if frame_ms is not None and frame_ms > 0 else USUAL_MS
        self._frame_ms = min(max(FASTEST_MS, told), SLOWEST_MS)
        self._first, self._count, self._last = place, count, place
        self._clock.start()
        self._timer.start(max(4, int(self._frame_ms / 2)))
        self.changed.emit(True)

    def stop(self) -> None:
        """Stay at the place that is shown."""
        if self._timer.isActive():
            self._timer.stop()
            self.changed.emit(False)

    def place_at(self, elapsed_ms: float) -> int:
        """The place that is due after so long."""
        return (self._first + int(elapsed_ms / self._frame_ms)) % self._count

    def _tick(self) -> None:
        place = self.place_at(self._clock.nsecsElapsed() / 1e6)
        if place != self._last:
            self._last = place
            self.due.emit(place)
