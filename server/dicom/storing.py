"""C-STORE: an image that was acknowledged is on the disk (PS3.4 annex B); a message that is wrong is refused alone."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, cast

from pydicom import Dataset
from pynetdicom import evt
from pynetdicom.dimse_messages import C_STORE_RQ
from pynetdicom.dimse_primitives import C_STORE

from records.errors import Refusal, Trouble
from server.dicom.sending import Sender
from server.dicom.settings import Peer
from server.services import image_receiving
from server.services.image_receiving import Received

if TYPE_CHECKING:
    from server.dicom.listener import Listener

SUCCESS = 0x0000
OUT_OF_RESOURCES = 0xA700
"""The device keeps the image and sends it again."""
CANNOT_UNDERSTAND = 0xC000
NOT_AS_NAMED = 0xB007
"""Kept, with a warning: the data set is of another instance or class than the request said."""

CLASS_NOT_SUPPORTED = 0x0122
INVALID_INSTANCE = 0x0117
_UID = re.compile(r"[0-9.]{1,64}")
_log = logging.getLogger("benhan.server.dicom")


def mend(event: evt.Event) -> None:
    """Before the library judges a C-STORE request: one whose class is not that of its context, or that names no
    instance, is given what can be answered, and noted to be refused.

    pynetdicom ends the association over it, or never answers; the images after it would be lost with it.
    """
    message, sender = event.message, event.assoc.dimse
    context = next((one for one in event.assoc.accepted_contexts if one.context_id == message.context_id), None)
    if not isinstance(message, C_STORE_RQ) or not isinstance(sender, Sender) or context is None:
        return
    command = message.command_set
    told, uid = (str(command.get(f"AffectedSOP{name}UID") or "") for name in ("Class", "Instance"))
    number = int(command.get("MessageID") or 0)
    if not _UID.fullmatch(uid):
        command.AffectedSOPInstanceUID = "0"
        sender.faults[number] = INVALID_INSTANCE
    if told != context.abstract_syntax:
        command.AffectedSOPClassUID = context.abstract_syntax
        sender.faults[number] = CLASS_NOT_SUPPORTED
    if number in sender.faults:
        _log.warning("The device %s sends an image %.64r of the class %.64r as %s: refused.",
                     event.assoc.requestor.ae_title, uid, told, context.abstract_syntax)


def store(listener: Listener, peer: Peer, event: evt.Event) -> int | Dataset:
    """Keep the image as it was sent, byte for byte; what contradicts another is kept too, and no error here."""
    fault = cast("Sender", event.assoc.dimse).faults.pop(event.request.MessageID or 0, None)
    if fault is not None:
        return fault
    asked = cast("C_STORE", event.request)
    try:
        kept = image_receiving.receive(listener.hospital, event.encoded_dataset(), sender=peer.aet)
    except Trouble:
        raise  # a full disk is no fault of the image: its device sends it again
    except Refusal as refusal:
        _log.warning("The image %s of %s was refused: %s", asked.AffectedSOPInstanceUID, peer.aet, refusal)
        return _because(refusal)
    if (kept.uid, kept.sop_class) != (asked.AffectedSOPInstanceUID, asked.AffectedSOPClassUID):
        return _named_otherwise(asked, kept, peer)
    return SUCCESS


def _named_otherwise(asked: C_STORE, kept: Received, peer: Peer) -> Dataset:
    """Kept as what it says that it is; whoever looks for it by what its device said must know why it is not there."""
    _log.warning("The device %s sent the image %s (%s) as %s (%s): kept as what it says itself.", peer.aet, kept.uid,
                 kept.sop_class, asked.AffectedSOPInstanceUID, asked.AffectedSOPClassUID)
    status = Dataset()
    status.Status = NOT_AS_NAMED
    status.ErrorComment = "Kept under the UIDs of its data set"
    return status


def _because(refusal: Refusal) -> Dataset:
    """The status, with the reason for whoever stands at the device (PS3.7 C.4.2.1.4): plain letters, 64 at most."""
    status = Dataset()
    status.Status = CANNOT_UNDERSTAND
    status.ErrorComment = refusal.reasons[0].english.encode("ascii", "replace").decode()[:64]
    return status
