"""C-STORE: an image that was acknowledged is on the disk (PS3.4 annex B)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pynetdicom import evt

from server.dicom.settings import Peer
from server.services import image_receiving

if TYPE_CHECKING:
    from server.dicom.listener import Listener

SUCCESS = 0x0000
OUT_OF_RESOURCES = 0xA700
"""The device keeps the image and sends it again."""
CANNOT_UNDERSTAND = 0xC000


def store(listener: Listener, peer: Peer, event: evt.Event) -> int:
    """Keep the image as it was sent, byte for byte; what contradicts another is kept too, and no error here."""
    image_receiving.receive(listener.hospital, event.encoded_dataset(), sender=peer.aet)
    return SUCCESS
