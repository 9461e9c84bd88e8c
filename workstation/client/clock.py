"""How far this PC's clock is off the server's: measured with each answer, asked before each signature."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from records.errors import Reason

TOLERANCE_S = 120


def steady_s() -> float:
    """Seconds that no one can set, and that go on while the PC sleeps."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


@dataclass(frozen=True)
class Measured:
    """One comparison: the server's time less this PC's, and when both were read."""

    offset_s: float
    wall: datetime
    steady: float


class ServerClock:
    """The last comparison with the server; between two of them it notices when the PC's clock is set."""

    def __init__(self, tolerance_s: int = TOLERANCE_S) -> None:
        self.tolerance_s = tolerance_s
        self._measured: Measured | None = None

    def note(self, server_time: datetime, *, sent: datetime, received: datetime) -> None:
        """Compare: the server read its clock between sending and receiving; the middle is the best guess."""
        middle = sent + (received - sent) / 2
        self._measured = Measured((server_time - middle).total_seconds(), datetime.now(UTC), steady_s())

    @property
    def offset_s(self) -> float | None:
        """The server's time less this PC's, in seconds; None before the first answer."""
        if self._measured is None:
            return None
        went = (datetime.now(UTC) - self._measured.wall).total_seconds()
        return self._measured.offset_s + (steady_s() - self._measured.steady) - went

    def server_now(self) -> datetime:
        """The server's time, as well as this PC can tell."""
        return datetime.now(UTC) + timedelta(seconds=self.offset_s or 0)

    def reasons(self) -> tuple[Reason, ...]:
        """Why this PC may not sign now on account of its clock; empty when it may."""
        offset = self.offset_s
        if offset is None or abs(offset) <= self.tolerance_s:
            return ()
        return (Reason("workstation_clock_off", "", {"minutes": max(1, round(abs(offset) / 60)),
                                         "limit": self.tolerance_s // 60,
                                         "direction": "chậm" if offset > 0 else "nhanh",
                                         "seconds": round(offset)}),)
