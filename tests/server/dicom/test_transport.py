"""What comes from a device is acknowledged at once: most hold an image's last bytes back until it is."""

from __future__ import annotations

import socket
from typing import Any

from pynetdicom import AE, evt
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined] # made from a table at import

from server.dicom.transport import quicken


def test_a_device_that_waits_for_its_acknowledgement_waits_for_nothing() -> None:
    """As Linux tells it of the connection, after exchanges that made it hold acknowledgements back (40 ms each)."""
    at_once: list[int] = []

    def seen(event: evt.Event) -> int:
        line: Any = event.assoc.dul.socket
        at_once.append(line.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK))
        return 0x0000

    ours, device = AE("OURS"), AE("DEVICE")
    ours.add_supported_context(Verification)
    device.add_requested_context(Verification)
    server: Any = ours.start_server(("127.0.0.1", 0), block=False, evt_handlers=[
        (evt.EVT_CONN_OPEN, quicken), (evt.EVT_C_ECHO, seen)])
    try:
        line = device.associate(*server.socket.getsockname())
        for _ in range(6):
            assert line.send_c_echo().Status == 0x0000
        line.release()
    finally:
        server.shutdown()
    assert at_once == [1] * 6
