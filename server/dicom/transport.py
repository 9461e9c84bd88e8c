"""The library's connection to a device, made quicker and bounded: answers leave at once, large pieces are read."""

from __future__ import annotations

import socket
import time

from pynetdicom import evt
from pynetdicom.transport import AssociationSocket

from server.dicom import door

_PIECE = 256 * 1024


def quicken(event: evt.Event) -> None:
    """On each new connection: a device waits for each answer before it sends the next image."""
    transport = event.assoc.dul.socket
    if transport is not None and transport.socket is not None:
        transport.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        transport.socket.settimeout(door.SILENCE_S)
        # The library makes its socket by itself, and has no place to name another kind.
        transport.__class__ = _Transport


class _Transport(AssociationSocket):
    """A connection that reads a slice in a few pieces where the library takes 4 KB at a time, 130 for a slice."""

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
            if time.monotonic() > until:
                raise TimeoutError
        return taken
