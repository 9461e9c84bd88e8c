"""The cable between one PC and the server: pulled and plugged in again, while everybody else keeps theirs."""

from __future__ import annotations

import contextlib
import socket
import threading
from types import TracebackType
from typing import Self


class Cable:
    """Carries bytes between a port of its own and the server's, for as long as it is plugged in."""

    def __init__(self, server: int) -> None:
        self._server = server
        self._live: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._plugged = True
        self.delay_s = 0.0
        """How long each piece of bytes lies in the line."""
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._door.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def pull(self) -> None:
        """Nothing gets through, and what was under way breaks."""
        with self._lock:
            self._plugged = False
            for end in self._live:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def plug(self) -> None:
        """New connections get through again."""
        with self._lock:
            self._plugged = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.pull()
        with contextlib.suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._door.accept()
            except OSError:
                return
            self._join(near)

    def _join(self, near: socket.socket) -> None:
        with self._lock:
            if not self._plugged:
                near.close()
                return
            far = socket.create_connection(("127.0.0.1", self._server))
            self._live |= {near, far}
        for one, other in ((near, far), (far, near)):
            threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                threading.Event().wait(self.delay_s)
                other.sendall(data)
        for end in (one, other):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        with self._lock:
            if one in self._live:
                self._live.discard(one)
            else:
                return
        one.close()
