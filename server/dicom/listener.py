"""The listening end: which device is let in, what each may do, and which handler answers it."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from pydicom import Dataset
from pydicom.uid import UID, ExplicitVRLittleEndian
from pynetdicom import (
    AE,
    ALL_TRANSFER_SYNTAXES,
    AllStoragePresentationContexts,
    _config,
    evt,
)
from pynetdicom.service_class import StorageServiceClass
from pynetdicom.sop_class import (  # type: ignore[attr-defined] # made from a table at import
    ModalityPerformedProcedureStep,
    ModalityWorklistInformationFind,
    StorageCommitmentPushModel,
    StudyRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelGet,
    StudyRootQueryRetrieveInformationModelMove,
    Verification,
    register_uid,
)

from imaging.apart import Apart
from imaging.sources import MIB
from records.errors import Refusal, Trouble
from server.dicom import commitment, door, performing, retrieving, sending, storing, worklist
from server.dicom.door import Budget, Door, Guests
from server.dicom.settings import DicomSettings, May, Peer
from server.services.hospital import Hospital

RETIRED = {
    "1.2.840.10008.5.1.4.1.1.3": "UltrasoundMultiFrameImageStorageRetired",
    "1.2.840.10008.5.1.4.1.1.5": "NuclearMedicineImageStorageRetired",
    "1.2.840.10008.5.1.4.1.1.6": "UltrasoundImageStorageRetired",
    "1.2.840.10008.5.1.4.1.1.77.1": "VLImageStorageTrial",
    "1.2.840.10008.5.1.4.1.1.77.2": "VLMultiFrameImageStorageTrial",
}
"""Storage classes that left the standard and pynetdicom's list, and not the old ultrasound machine."""
NOT_AUTHORISED = 0x0124
PROCESSING_FAILURE = 0x0110
_log = logging.getLogger("benhan.server.dicom")
Status = TypeVar("Status", int, int | Dataset)


# The library's log of each message and PDU: written for nobody, before our handlers, and it stumbles over messages that
# are wrong.
_config.LOG_HANDLER_LEVEL = "none"
for _uid, _keyword in RETIRED.items():
    register_uid(_uid, _keyword, StorageServiceClass)


class Listener:
    """The service of one hospital: begins to listen with `start`, ends every association with `stop`."""

    def __init__(self, hospital: Hospital, settings: DicomSettings) -> None:
        self.hospital = hospital
        self.settings = settings
        self._base = hospital.settings.path(hospital.settings.dicom).parent
        self._server: Door | None = None
        self.stopping = threading.Event()
        self.budget = Budget(settings.memory_mb * MIB)
        self.guests = Guests(self.budget, settings.associations)
        self.decoder = Apart()
        """Unpacks what a device takes only unpacked: one frame at a time, whoever asks."""

    def start(self) -> int:
        """Listen; the port on which it does (the settings' 0 takes any that is free)."""
        context = self.settings.tls(self._base)
        try:
            self._server = door.opened(self._application(), (self.settings.host, self.settings.port), context,
                                       self._handlers(), self.guests)
        except OSError as error:
            raise Refusal.because("dicom_port_taken", f"{self.settings.host}:{self.settings.port}",
                                  detail=str(error)) from error
        return int(self._server.server_address[1])

    def stop(self) -> None:
        """End."""
        self.stopping.set()
        if self._server is not None:
            self._server.shutdown()
            self._server = None
        self.decoder.close()

    def _application(self) -> AE:
        application = AE(self.settings.aet)
        application.maximum_associations = self.settings.associations
        application.require_called_aet = True
        # A list that is empty would let everyone in.
        application.require_calling_aet = [one.aet for one in self.settings.peers] or ["\x7f"]
        application.add_supported_context(Verification)
        application.add_supported_context(StorageCommitmentPushModel)
        application.add_supported_context(ModalityPerformedProcedureStep)
        for model in (StudyRootQueryRetrieveInformationModelFind, StudyRootQueryRetrieveInformationModelGet,
                      StudyRootQueryRetrieveInformationModelMove, ModalityWorklistInformationFind):
            application.add_supported_context(model)
        # Of several in one context the first of ours is taken. Native goes first, since every image can be turned to
        # it, and of these the one that says what each value is.
        syntaxes = sorted(ALL_TRANSFER_SYNTAXES, key=lambda one: one != ExplicitVRLittleEndian)
        for storage in (*(str(context.abstract_syntax) for context in AllStoragePresentationContexts), *RETIRED):
            # Both roles: a device sends images here, and takes them on the same association by C-GET.
            application.add_supported_context(storage, syntaxes, scu_role=True, scp_role=True)
        return application

    def _handlers(self) -> list[Any]:
        return [
            (evt.EVT_CONN_OPEN, sending.prepare, [self.guests]),
            (evt.EVT_CONN_CLOSE, lambda event: self.guests.leave(sending.caller(event))),
            (evt.EVT_ACCEPTED, self._let_in),
            (evt.EVT_REJECTED, self._turned_away),
            (evt.EVT_DIMSE_RECV, storing.mend),
            (evt.EVT_SOP_EXTENDED, retrieving.relational),
            (evt.EVT_C_STORE, self._one(May.STORE, storing.store)),
            (evt.EVT_N_ACTION, self._action),
            (evt.EVT_N_CREATE, self._step(performing.create)),
            (evt.EVT_N_SET, self._step(performing.change)),
            (evt.EVT_C_FIND, self._found),
            (evt.EVT_C_GET, self._many(May.RETRIEVE, retrieving.get)),
            (evt.EVT_C_MOVE, self._many(May.RETRIEVE, retrieving.move)),
        ]

    def peer_of(self, event: evt.Event) -> Peer | None:
        """Which device speaks; nothing when it calls from an address that is not its own."""
        peer = self.settings.peer(str(event.assoc.requestor.ae_title).strip())
        if peer is not None and peer.fixed and event.assoc.requestor.address != _address(peer.host):
            return None
        return peer

    def _let_in(self, event: evt.Event) -> None:
        name = event.assoc.requestor.ae_title
        if self.peer_of(event) is None:
            _log.warning("The device %s calls from %s, which is not its address: turned away.",
                         name, event.assoc.requestor.address)
            event.assoc.abort()
        elif unknown := [UID(str(one.abstract_syntax)).name for one in event.assoc.rejected_contexts]:
            _log.warning("The device %s offers what is not taken here: %s", name, ", ".join(unknown))

    def _turned_away(self, event: evt.Event) -> None:
        """A wrong title on either side is what goes wrong first with a new device, and its screen seldom says so."""
        asker = event.assoc.requestor
        name, called = str(asker.ae_title).strip(), str(getattr(asker.primitive, "called_ae_title", "")).strip()
        why = (f"it calls us {called!r}, and our title is {self.settings.aet!r}" if called != self.settings.aet else
               "it is not among the peers of the settings" if self.settings.peer(name) is None else
               "there are too many associations, or it asks for what is not offered")
        _log.warning("The device %r at %s was turned away: %s.", name, asker.address, why)

    def _allowed(self, event: evt.Event, may: May) -> Peer | None:
        """The device that speaks, if it may do that."""
        peer = self.peer_of(event)
        if peer is None or may in peer.may:
            return peer
        _log.warning("Refused to the device %s: its settings (may) do not name %r.", peer.aet, str(may))
        return None

    def _one(
        self, may: May, handler: Callable[[Listener, Peer, evt.Event], int | Dataset],
    ) -> Callable[[evt.Event], int | Dataset]:
        """A handler with one answer, in whose place a device that may not hears so."""
        def handle(event: evt.Event) -> int | Dataset:
            peer = self._allowed(event, may)
            if peer is None:
                return NOT_AUTHORISED
            return guarded(peer, lambda: handler(self, peer, event))

        return handle

    def _many(
        self, may: May, handler: Callable[[Listener, Peer, evt.Event], Iterator[Any]],
    ) -> Callable[[evt.Event], Iterator[Any]]:
        """The same for a handler with many answers."""
        def handle(event: evt.Event) -> Iterator[Any]:
            peer = self._allowed(event, may)
            if peer is None:
                yield from retrieving.refused(event, NOT_AUTHORISED)
                return
            yield from handler(self, peer, event)

        return handle

    def _found(self, event: evt.Event) -> Iterator[Any]:
        """C-FIND asks for images, or for what is to be done: a right of its own each."""
        asked = event.context.abstract_syntax == ModalityWorklistInformationFind
        yield from (self._many(May.WORKLIST, worklist.find) if asked else self._many(May.FIND, retrieving.find))(event)

    def _step(
        self, handler: Callable[[Listener, Peer, evt.Event], tuple[Any, Any]],
    ) -> Callable[[evt.Event], tuple[Any, Any]]:
        """A handler of a performed step."""
        def handle(event: evt.Event) -> tuple[Any, Any]:
            peer = self._allowed(event, May.PERFORM)
            if peer is None:
                return NOT_AUTHORISED, None
            try:
                return handler(self, peer, event)
            except Exception:
                _log.exception("A performed step could not be kept")
                return PROCESSING_FAILURE, None

        return handle

    def _action(self, event: evt.Event) -> tuple[int, None]:
        peer = self._allowed(event, May.COMMIT)
        if peer is None:
            return NOT_AUTHORISED, None
        return guarded(peer, lambda: commitment.asked(self, peer, event, self._base)), None


def guarded(peer: Peer, act: Callable[[], Status]) -> Status | int:
    """What an act answers; its errors as the status that lets the device send again, or tells it that it is useless."""
    try:
        return act()
    except Trouble as trouble:
        _log.warning("Trouble with what the device %s sent: %s", peer.aet, trouble)
        return storing.OUT_OF_RESOURCES
    except Refusal as refusal:
        _log.warning("Refused to the device %s: %s", peer.aet, refusal)
        return storing.CANNOT_UNDERSTAND
    except Exception:
        _log.exception("A device's request could not be answered")
        return storing.OUT_OF_RESOURCES


def _address(host: str) -> str:
    try:
        return socket.gethostbyname(host)
    except OSError:
        return host
