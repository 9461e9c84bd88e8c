"""Storage commitment (PS3.4 annex J): a device asks whether its images are safe here before it forgets them.

Each image is looked for in the database and opened from the store before we answer for it. The answer travels on an
association of its own, to the device's address; a device that hears nothing asks again.
"""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import TYPE_CHECKING, cast

from pydicom import Dataset, Sequence
from pynetdicom import AE, build_role, evt
from pynetdicom.dimse_primitives import N_ACTION
from pynetdicom.sop_class import (  # type: ignore[attr-defined] # made from a table at import
    StorageCommitmentPushModel,
    StorageCommitmentPushModelInstance,
)

from server.dicom.sending import prepare
from server.dicom.settings import Peer
from server.services import image_devices
from server.services.hospital import Hospital
from server.services.image_devices import Safe

if TYPE_CHECKING:
    from server.dicom.listener import Listener

SUCCESS = 0x0000
NO_SUCH_ACTION = 0x0123
NO_SUCH_INSTANCE = 0x0112
INVALID_ARGUMENT = 0x0115
_REASONS = {Safe.UNKNOWN: 0x0112, Safe.OTHER_CLASS: 0x0119, Safe.NOT_NOW: 0x0110}
"""No such object instance; class and instance conflict; processing failure (PS3.3 C.14.1.1)."""
_WAITS_S = (0.0, 5.0, 30.0, 120.0)
"""When the device is called, and how long after each attempt that failed."""
_log = logging.getLogger("benhan.server.dicom")


def asked(listener: Listener, peer: Peer, event: evt.Event, base_folder: Path) -> int:
    """Take the question; it is answered on another thread, so that the device is not kept waiting."""
    request = cast("N_ACTION", event.request)
    if request.RequestedSOPInstanceUID != StorageCommitmentPushModelInstance:
        return NO_SUCH_INSTANCE
    if event.action_type != 1:
        return NO_SUCH_ACTION
    if request.ActionInformation is None or not _names_images(event.action_information):
        return INVALID_ARGUMENT
    question = event.action_information
    threading.Thread(target=_answer, args=(listener, peer, question, base_folder), name="commitment",
                     daemon=True).start()
    return SUCCESS


def _names_images(question: Dataset) -> bool:
    """Whether it can be answered: a transaction, and images by class and instance (PS3.4 table J.3-1)."""
    references = question.get("ReferencedSOPSequence") or ()
    named = [question.get("TransactionUID"), *(
        one.get(keyword) for one in references for keyword in ("ReferencedSOPClassUID", "ReferencedSOPInstanceUID"))]
    return bool(references) and all(named)


def judge(hospital: Hospital, question: Dataset) -> Dataset:
    """Which of the images we answer for, and which not, each with its reason (PS3.3 C.14)."""
    safe, missing = [], []
    for reference in question.get("ReferencedSOPSequence", ()):
        item = Dataset()
        item.ReferencedSOPClassUID = reference.ReferencedSOPClassUID
        item.ReferencedSOPInstanceUID = reference.ReferencedSOPInstanceUID
        found = image_devices.safe(
            hospital, str(reference.ReferencedSOPClassUID), str(reference.ReferencedSOPInstanceUID))
        if found is not Safe.YES:
            item.FailureReason = _REASONS[found]
            missing.append(item)
        else:
            safe.append(item)
    reply = Dataset()
    reply.TransactionUID = question.TransactionUID
    if safe:
        # Of those that are not there neither sequence may be sent empty (table J.3-2).
        reply.ReferencedSOPSequence = Sequence(safe)
    if missing:
        reply.FailedSOPSequence = Sequence(missing)
    return reply


def _answer(listener: Listener, peer: Peer, question: Dataset, base_folder: Path) -> None:
    try:
        reply = judge(listener.hospital, question)
        for wait_s in _WAITS_S:
            listener.stopping.wait(wait_s)
            if listener.stopping.is_set() or _told(listener, peer, reply, base_folder):
                return
        _log.warning("The device %s could not be reached to answer for its images; it will ask again.", peer.aet)
    except Exception:
        _log.exception("A question for storage commitment could not be answered")


def _told(listener: Listener, peer: Peer, reply: Dataset, base_folder: Path) -> bool:
    application = AE(listener.settings.aet)
    application.connection_timeout = 20
    application.add_requested_context(StorageCommitmentPushModel)
    tls = (listener.settings.calling_tls(base_folder), peer.host) if peer.tls else None
    association = application.associate(
        peer.host, peer.port, ae_title=peer.aet, tls_args=tls, evt_handlers=[(evt.EVT_CONN_OPEN, prepare)],
        ext_neg=[build_role(StorageCommitmentPushModel, scp_role=True)])
    if not association.is_established:
        return False
    try:
        status, _ = association.send_n_event_report(
            reply, 2 if "FailedSOPSequence" in reply else 1, StorageCommitmentPushModel,
            StorageCommitmentPushModelInstance)
        return bool(status.get("Status") == SUCCESS)
    finally:
        association.release()
