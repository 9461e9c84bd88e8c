"""Lines over TLS from us to devices (C-MOVE, storage commitment): where there is none, the log says why."""

from __future__ import annotations

import logging
import ssl
from typing import Any

_log = logging.getLogger("benhan.server.dicom")


class Calling(ssl.SSLSocket):
    """One line; pynetdicom tells only that it failed."""

    def connect(self, addr: Any) -> None:
        """As its parent."""
        try:
            super().connect(addr)
        except OSError as error:
            _log.warning("The device at %s:%s could not be called back over TLS: %s", addr[0], addr[1], error)
            self.close()  # pynetdicom forgets a line that never was one
            raise

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        """As its parent; by TLS 1.3 a device refuses our certificate only after it was greeted."""
        try:
            return super().recv(buflen, flags)
        except ssl.SSLWantReadError:
            raise
        except ssl.SSLError as error:
            _log.warning("A device that was called back ended TLS: %s", error)
            raise
