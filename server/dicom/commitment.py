"""Storage commitment (PS3.4 annex J): a device asks whether its images are safe here before it forgets them.

Each image is looked for in the database and opened from the store before we answer for it. The answer travels on the
association on which the device asks, as long as it leaves that open (many have no port of their own); else on one of
our own, to the device's address. A device that hears nothing asks again.
"""

from __future__ import annotations

import io
import itertools
import logging
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self, cast

from pydicom import Dataset, Sequence
from pydicom.uid import UID
from pynetdicom import AE, build_role, evt
from pynetdicom.association import Association
from pynetdicom.dimse_primitives import N_ACTION, N_EVENT_REPORT
from pynetdicom.dsutils import encode
from pynetdicom.sop_class import (  # type: ignore[attr-defined] # made from a table at import
    StorageCommitmentPushModel,
    StorageCommitmentPushModelInstance,
)

from server.dicom.sending import Sender, prepare
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
_LINGERS_S = 1.0
"""A device that did not release after this waits for its answer on the association on which it asked; told sooner, the
answer would come in the middle of the release of one that does not."""
_ANSWERS_S = 20.0
"""So long it may take to say that it heard."""
_ids = itertools.count()
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
    thread = threading.Thread(target=_answer, args=(listener, peer, Asked.by(event), base_folder), name="commitment",
                              daemon=True)
    cast("Sender", event.assoc.dimse).after = thread.start
    return SUCCESS


@dataclass(frozen=True)
class Asked:
    """A question, and the association on which it came."""

    question: Dataset
    association: Association
    context_id: int
    implicit: bool
    little: bool

    @classmethod
    def by(cls, event: evt.Event) -> Self:
        """As a device asks."""
        syntax = UID(event.context.transfer_syntax)
        return cls(event.action_information, event.assoc, event.context.context_id, syntax.is_implicit_VR,
                   syntax.is_little_endian)

    def told(self, listener: Listener, reply: Dataset) -> bool:
        """Whether the device waited here for the answer, and heard it."""
        until = time.monotonic() + _LINGERS_S
        while self.association.is_established and time.monotonic() < until:
            if listener.stopping.wait(_LINGERS_S / 10):
                return False
        if not self.association.is_established:
            return False
        report = N_EVENT_REPORT()
        report.AffectedSOPClassUID = StorageCommitmentPushModel
        report.AffectedSOPInstanceUID = StorageCommitmentPushModelInstance
        report.EventTypeID = _kind(reply)
        report.EventInformation = io.BytesIO(encode(reply, self.implicit, self.little) or b"")
        number, sender = next(_ids) % 65535 + 1, cast("Sender", self.association.dimse)
        return sender.report(report, number, self.context_id, _ANSWERS_S) == SUCCESS


def _kind(reply: Dataset) -> int:
    """The event: all are safe, or some are not (PS3.4 table J.3-2)."""
    return 2 if "FailedSOPSequence" in reply else 1


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


def _answer(listener: Listener, peer: Peer, asked: Asked, base_folder: Path) -> None:
    try:
        reply = judge(listener.hospital, asked.question)
        if asked.told(listener, reply):
            return
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
            reply, _kind(reply), StorageCommitmentPushModel, StorageCommitmentPushModelInstance)
        return bool(status.get("Status") == SUCCESS)
    finally:
        association.release()
