"""The library's connection to a device, made quicker and bounded: answers leave at once, large pieces are read."""

from __future__ import annotations

import select
import socket
import ssl
import time
from typing import Any, cast

from pynetdicom import evt
from pynetdicom.dul import DULServiceProvider
from pynetdicom.transport import AssociationSocket

from server.dicom import door
from server.dicom.bell import Bell

_PIECE = 256 * 1024
_QUICK_ACK = getattr(socket, "TCP_QUICKACK", None)
"""Linux: what came is acknowledged at once. Most devices leave TCP_NODELAY out and hold an image's last bytes back
until then, 40 ms an image. The system forgets it with each answer, so it is said again with each piece.
"""
_LOOK_S = 0.01
"""What nobody rings for (timers, the end of the association) is looked for so often."""


def quicken(event: evt.Event) -> None:
    """On each new connection: a device waits for each answer before it sends the next image."""
    provider = event.assoc.dul
    transport = provider.socket
    if transport is not None and transport.socket is not None:
        transport.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        transport.socket.settimeout(door.SILENCE_S)
        # The library makes its parts by itself, and has no place to name others.
        transport.__class__ = _Transport
        cast("_Transport", transport).bell = Bell()
        provider.__class__ = _Provider
        provider._run_loop_delay = 0


class _Provider(DULServiceProvider):
    """The thread that reads and writes: woken when there is something to send, where the library sleeps and looks."""

    def send_pdu(self, primitive: Any) -> None:
        """As its parent; it leaves at once."""
        super().send_pdu(primitive)
        if isinstance(self.socket, _Transport):
            self.socket.bell.ring()


class _Transport(AssociationSocket):
    """A connection that reads a slice in a few pieces where the library takes 4 KB at a time, 130 for a slice."""

    bell: Bell

    @property
    def ready(self) -> bool:
        """Whether there is something to read: as soon as there is, or a moment later when there is not."""
        if self.socket is None or not self._is_connected:
            time.sleep(_LOOK_S)
            return False
        try:
            waits = not (isinstance(self.socket, ssl.SSLSocket) and self.socket.pending())
            lines: list[socket.socket | Bell] = [self.socket, self.bell]
            found, _, _ = select.select(lines, [], [], _LOOK_S if waits else 0)
        except (OSError, ValueError):
            self.event_queue.put("Evt17")  # the connection was closed (PS3.8 9.2)
            return False
        if self.bell in found:
            self.bell.hush()
        return self.socket in found or not waits

    def close(self) -> None:
        """As its parent."""
        super().close()
        self.bell.close()

    def _shutdown_socket(self) -> None:
        """As its parent, which leaves a line open whose other end is gone."""
        line = self.socket
        super()._shutdown_socket()
        if line is not None:
            line.close()

    def recv(self, nr_bytes: int) -> bytearray:
        """So many bytes, fewer where the connection ends; memory is taken only for what has come.

        A PDU that is too long or stops coming ends the connection: its rest would be waited for without end.
        """
        if nr_bytes > door.PDU + 1024:
            raise OSError(f"a PDU of {nr_bytes} bytes")
        until = time.monotonic() + door.SILENCE_S + (nr_bytes / door.SLOWEST if self.assoc.is_established else 0)
        taken = bytearray()
        while len(taken) < nr_bytes:
            piece = self.socket.recv(min(nr_bytes - len(taken), _PIECE)) if self.socket else b""
            if not piece:
                break
            taken += piece
            if _QUICK_ACK is not None and self.socket is not None:
                self.socket.setsockopt(socket.IPPROTO_TCP, _QUICK_ACK, 1)
            if time.monotonic() > until:
                raise TimeoutError
        return taken
