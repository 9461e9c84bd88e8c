"""A bell for a thread that waits on a connection, so that it need not look each millisecond what others have for it."""

from __future__ import annotations

import os
import threading
from contextlib import suppress


class Bell:
    """Rung by any thread; who waits for it by `select` wakes at once. Without effect once it is closed."""

    def __init__(self) -> None:
        self._line = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._lock = threading.Lock()

    def __del__(self) -> None:
        self.close()

    def fileno(self) -> int:
        """For `select`; -1 once it is closed."""
        return self._line

    def ring(self) -> None:
        """Wake who waits, or who will."""
        with self._lock:
            # Under the lock, so that the number is not another file's meanwhile.
            if self._line >= 0:
                os.eventfd_write(self._line, 1)

    def hush(self) -> None:
        """It was heard."""
        with self._lock, suppress(BlockingIOError):
            if self._line >= 0:
                os.eventfd_read(self._line)

    def close(self) -> None:
        """End."""
        with self._lock:
            if self._line >= 0:
                os.close(self._line)
                self._line = -1
