"""Images on their way to a device, by C-STORE within C-GET and C-MOVE: as they came where the device takes that, else
decoded to what it takes; in pieces, so that a large image is never whole in memory.

pynetdicom sends data sets that it holds whole. Here it is handed a `Parcel`, a data set of a few bytes that names the
image and the syntax, and `Sender`, the association's DIMSE service, puts the image's own bytes in its place.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

from pydicom import Dataset, FileMetaDataset
from pydicom.uid import UID
from pynetdicom import build_context, evt
from pynetdicom.association import Association
from pynetdicom.dimse import DIMSEServiceProvider
from pynetdicom.dimse_messages import C_STORE_RQ
from pynetdicom.dimse_primitives import C_STORE, N_EVENT_REPORT
from pynetdicom.pdu_primitives import P_DATA
from pynetdicom.presentation import PresentationContext

from imaging.image import Decoder, open_image
from imaging.sources import MIB, Source
from imaging.transcoding import TARGETS, as_stored, native
from records.errors import BenhAnError, Reason, Refusal
from server.dicom.door import Gathering, Guests, may_wait
from server.dicom.transport import quicken
from server.store.images import Kept

_KEPT_BYTES = 32 * MIB
"""What was prepared of an image is kept until it is sent up to this size; of a larger one it is made again."""
_FRAGMENT = 128 * 1024
"""Bytes of one PDU to a device that sets no limit."""
_QUEUED = 8
"""PDUs that wait for the network; more are not made before."""
_STALLED_S = 60.0
"""A device that takes nothing for this long is hung up on."""
_LOOK_S = 0.003
"""So long a loop waits for a question before it looks whether the association has ended."""
_AT_ONCE = 128
"""Presentation contexts that one association can carry (PS3.8 9.3.2.2)."""
_log = logging.getLogger("benhan.server.dicom")


class Parcel(Dataset):
    """What pynetdicom is told of an image; `pieces` make its data set. One without can only fail, by name."""

    pieces: Callable[[], Iterable[bytes]] | None = None


@dataclass(frozen=True)
class Preparing:
    """What is needed to make an image ready: a way to open its file, a decoder, and to whom it goes."""

    open_file: Callable[[Kept], Source]
    decoder: Decoder
    to: str

    def parcel(self, association: Association, kept: Kept) -> Parcel:
        """The image in a syntax that was agreed on, tried to its end; else one that fails, and the log says why."""
        made = Parcel()
        made.SOPInstanceUID = kept.uid
        if not association.is_established:
            return made  # it hung up: nothing is decoded for it
        try:
            syntax = _agreed(association, kept)
            made.pieces = _tried(lambda: self._pieces(kept, syntax))
        except BenhAnError as error:
            _log.warning("The image %s was not sent to %s: %s", kept.uid, self.to, error)
            return made
        made.SOPClassUID = kept.sop_class
        made.file_meta = FileMetaDataset()
        made.file_meta.TransferSyntaxUID = syntax
        return made

    def _pieces(self, kept: Kept, syntax: UID) -> Iterator[bytes]:
        file = self.open_file(kept)
        return as_stored(file) if syntax == kept.transfer_syntax else native(open_image(file), syntax, self.decoder)


class Sender(DIMSEServiceProvider):
    """The DIMSE service of an association on which images go out: parcels are sent as what they stand for."""

    parcel: Parcel | None = None
    instead: int | None = None
    """The status of the next answer, where pynetdicom has no way to say it."""
    gathering: Gathering | None = None

    def __init__(self, assoc: Association) -> None:
        super().__init__(assoc)
        self.faults: dict[int, int] = {}
        """By message, why a request is refused whatever it asks."""
        self.after: Callable[[], None] | None = None
        """What is begun once the answer to this request is out."""
        self._one_by_one = threading.Lock()
        self._answers: dict[int, SimpleQueue[int]] = {}

    def get_msg(self, block: bool = False) -> tuple[Any, Any]:
        """As its parent; nothing for the association's own loop while somebody waits for an answer.

        pynetdicom stops that loop before it sends, and on a busy machine a last turn of it took the answer away.
        """
        if block:
            while self._is_answer(found := super().get_msg(block)):
                pass
            return found
        if not self.assoc._reactor_checkpoint.is_set():
            return None, None
        try:
            # The loop of who answers waits for the question itself; who asks stops its loop before each, and must not
            # wait for it.
            found = self.msg_queue.get(block=self.assoc.is_acceptor, timeout=_LOOK_S)
        except Empty:
            return None, None
        return (None, None) if self._is_answer(found) else found

    def report(self, told: N_EVENT_REPORT, number: int, context_id: int, wait_s: float) -> int | None:
        """Tell the device something on the association on which it asks, and wait for its answer; nothing when none
        comes. The association's loop goes on meanwhile: the device may send its next image, or release.
        """
        told.MessageID = number
        answer = self._answers[number] = SimpleQueue()
        with self._one_by_one:
            super().send_msg(told, context_id)
        until = time.monotonic() + wait_s
        while self.assoc.is_established and time.monotonic() < until:
            with suppress(Empty):
                return answer.get(timeout=_LOOK_S)
        return None

    def _is_answer(self, found: tuple[Any, Any]) -> bool:
        """Whether it answers what was reported: handed to who waits for it."""
        _, message = found
        if not isinstance(message, N_EVENT_REPORT) or message.MessageIDBeingRespondedTo is None:
            return False
        waiting = self._answers.pop(message.MessageIDBeingRespondedTo, None)
        if waiting is not None:
            waiting.put(int(message.Status or 0))
        return True

    def receive_primitive(self, primitive: P_DATA) -> None:
        """As its parent; a message that grows too large ends the association."""
        if self.gathering is not None and not (
                may_wait(self.msg_queue.qsize()) and self.gathering.more(primitive)):
            _log.warning("The device %s sent more than is held at once: hung up on.", self.assoc.requestor.ae_title)
            self.gathering.done()
            self.dul.event_queue.put("Evt19")  # an invalid PDU (PS3.8 9.2): what it sends from now on is not looked at
            return
        super().receive_primitive(primitive)

    def send_msg(self, primitive: Any, context_id: int) -> None:
        """As its parent; the data set of a parcel that was put ready is its pieces."""
        if self.gathering is not None and self.message is None and primitive.MessageIDBeingRespondedTo is not None:
            self.gathering.done()
        if self.instead is not None:
            primitive.Status, self.instead = self.instead, None
        parcel, self.parcel = self.parcel, None
        with self._one_by_one:
            self._send(primitive, context_id, parcel)
        after, self.after = self.after, None
        if after is not None:
            after()

    def _send(self, primitive: Any, context_id: int, parcel: Parcel | None) -> None:
        if parcel is None or parcel.pieces is None or not isinstance(primitive, C_STORE):
            super().send_msg(primitive, context_id)
            return
        message = C_STORE_RQ()
        message.primitive_to_message(primitive)
        message.data_set = None
        for part in message.encode_msg(context_id, self.maximum_pdu_size):
            self.dul.send_pdu(part)
        try:
            self._stream(parcel.pieces(), context_id)
        except BaseException:
            # Half an image is out: what follows would be taken for its rest.
            self.assoc.abort()
            raise

    def _stream(self, pieces: Iterable[bytes], context_id: int) -> None:
        most = min(self.maximum_pdu_size or _FRAGMENT, _FRAGMENT) - 6
        last = b""
        for fragment in _cut(pieces, most):
            if last:
                self._queue(context_id, b"\x00" + last)
            last = fragment
        self._queue(context_id, b"\x02" + last)

    def _queue(self, context_id: int, value: bytes) -> None:
        """Hand over once the network has taken what went before."""
        queue, until = self.dul.to_provider_queue, time.monotonic() + _STALLED_S
        while queue.qsize() >= _QUEUED:
            if not self.assoc.is_established or time.monotonic() > until:
                raise Refusal.because("device_takes_nothing", seconds=int(_STALLED_S))
            time.sleep(0.0005)
        part = P_DATA()
        part.presentation_data_value_list.append((context_id, value))
        self.dul.send_pdu(part)


def prepare(event: evt.Event, guests: Guests | None = None) -> None:
    """On each new connection: answers leave at once (a device waits for each), images can go out, and what comes in is
    bounded.
    """
    quicken(event)
    event.assoc.dimse = sender = Sender(event.assoc)
    sender.gathering = guests.seat(caller(event), event.assoc) if guests is not None else None


def caller(event: evt.Event) -> tuple[Any, ...]:
    """Address and port at the other end of a connection to us."""
    where = event.assoc.requestor.address_info
    return () if where is None else where.as_tuple


def known_first(images: Iterable[Kept]) -> tuple[Kept, ...]:
    """Images of classes that the standard does not know (private ones, a class that is no UID) come last.

    A receiver may take such a context and then end the association over its first image, as pynetdicom's does: the
    others are there by then.
    """
    return tuple(sorted(images, key=lambda one: UID(one.sop_class).type != "SOP Class"))


def contexts(images: Iterable[Kept]) -> list[PresentationContext]:
    """What is offered to a device that images are moved to: each class natively, and in the syntaxes that they have."""
    kinds = sorted({(one.sop_class, UID(one.transfer_syntax)) for one in images})
    plain: dict[str, list[str | UID]] = {}
    for sop_class, syntax in kinds:
        own = plain.setdefault(sop_class, list(TARGETS[:2]))
        if syntax in TARGETS:
            # Its own before the others: then it goes out byte for byte.
            plain[sop_class] = [syntax, *(one for one in own if one != syntax)]
    packed = [build_context(*kind) for kind in kinds if kind[1] not in TARGETS]
    return [*(build_context(*one) for one in plain.items()), *packed][:_AT_ONCE]


def _agreed(association: Association, kept: Kept) -> UID:
    """In which syntax the image goes: its own, else the best of those that every image can be turned to."""
    agreed = [context.transfer_syntax[0] for context in association.accepted_contexts
              if context.abstract_syntax == kept.sop_class and context.as_scu]
    found = next((one for one in (UID(kept.transfer_syntax), *TARGETS) if one in agreed), None)
    if found is None:
        raise Refusal(Reason("device_takes_no_such", facts={
            "kind": UID(kept.sop_class).name, "syntax": UID(kept.transfer_syntax).name,
            "agreed": ", ".join(one.name for one in agreed) or "-"}))
    return found


def _tried(make: Callable[[], Iterable[bytes]]) -> Callable[[], Iterable[bytes]]:
    """Go through all of it before the first byte leaves, since an image that was begun cannot be taken back."""
    kept: list[bytes] | None = []
    size = 0
    for piece in make():
        size += len(piece)
        if kept is not None and size <= _KEPT_BYTES:
            kept.append(piece)
        else:
            kept = None
    return make if kept is None else lambda: kept


def _cut(pieces: Iterable[bytes], size: int) -> Iterator[bytes]:
    """The same bytes in stretches of that size, the last one perhaps shorter."""
    left = b""
    for piece in pieces:
        whole = left + piece if left else piece
        end = len(whole) - len(whole) % size
        for start in range(0, end, size):
            yield whole[start:start + size]
        left = whole[end:]
    if left:
        yield left
