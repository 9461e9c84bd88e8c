"""C-FIND, C-GET and C-MOVE in the study root model (PS3.4 annex C): what a device finds, and where it has it sent."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

from pydicom import Dataset
from pydicom.multival import MultiValue
from pynetdicom import evt
from pynetdicom.association import Association
from pynetdicom.sop_class import (  # type: ignore[attr-defined] # made from a table at import
    StudyRootQueryRetrieveInformationModelGet as Get,
)
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    StudyRootQueryRetrieveInformationModelMove as Move,
)

from records.worklists import plain
from server.dicom import sending
from server.dicom.sending import Preparing, Sender
from server.dicom.settings import Letters, Peer
from server.dicom.statuses import CANCELLED, NOT_ALL_KEYS, PENDING, narrows
from server.services import image_answers as answers
from server.services import image_devices
from server.services.hospital import Hospital
from server.store.image_search import ATTRIBUTES, WITHIN, Level, Wanted
from server.store.images import Kept

if TYPE_CHECKING:
    from server.dicom.listener import Listener

_log = logging.getLogger("benhan.server.dicom")
_TOLD = ("QueryRetrieveLevel", "RetrieveAETitle", "InstanceAvailability", "SpecificCharacterSet")
"""What is no key of the images, and answered by itself."""
UNREACHABLE = 0xA702
"""Refused: unable to perform sub-operations, where pynetdicom says that it does not know the device (A801)."""
UNKNOWN_LEVEL = 0xA900
"""The identifier does not match the SOP class: no level of study root, or not the unique keys that it wants."""
_LATIN = frozenset({"", *(f"ISO{kind} {number}" for kind in ("_IR", " 2022 IR")
                          for number in (6, 100, 101, 109, 110, 148))})
_UID = re.compile(r"[0-9.]{1,64}")
_UIDS = {Level.STUDY: "StudyInstanceUID", Level.SERIES: "SeriesInstanceUID", Level.IMAGE: "SOPInstanceUID"}


def refused(event: evt.Event, status: int) -> Iterator[Any]:
    """One answer for all three services: no, with this status."""
    if event.event is evt.EVT_C_FIND:
        yield status, None
        return
    if event.event is evt.EVT_C_MOVE:
        # A move is told where to before how many; nowhere is pynetdicom's word for a destination that is refused, for
        # which the sender says what it is.
        if isinstance(event.assoc.dimse, Sender):
            event.assoc.dimse.instead = status
        yield None, None
        return
    # One that fails: none at all would be a success.
    yield 1
    yield status, None


def find(listener: Listener, peer: Peer, event: evt.Event) -> Iterator[Any]:
    """Answers one by one, until there are none, or the device has enough."""
    level = answers.level_of(event.identifier)
    if level is None:
        yield UNKNOWN_LEVEL, None
        return
    asked = answers.matching_of(event.identifier)
    keywords = _keywords(event.identifier)
    wanted = [keyword for keyword in keywords if keyword in ATTRIBUTES[level]]
    known = set(keywords) <= {*wanted, *_TOLD} and not _narrows_within(event.identifier)
    pending = PENDING if known else NOT_ALL_KEYS
    change = plain if _is_plain(peer, event.identifier) else None
    for row in image_devices.search(listener.hospital, peer.aet, Wanted(level, asked)):
        if event.is_cancelled:
            yield CANCELLED, None
            return
        reply = answers.answer(row, [*wanted, _UIDS[level]], change=change)
        reply.QueryRetrieveLevel = str(level)
        reply.RetrieveAETitle = listener.settings.aet
        reply.InstanceAvailability = "ONLINE"
        yield pending, reply


def _narrows_within(asked: Dataset) -> bool:
    """Whether it asks for something in a sequence by which nothing is matched here."""
    return any(narrows(inner) for element in asked if element.VR == "SQ" for item in element.value or ()
               for inner in item if f"{element.keyword}.{inner.keyword}" not in WITHIN)


def _is_plain(peer: Peer, asked: Dataset) -> bool:
    """Whether answers are without diacritics: always, or because it asks in letters of Western or Central Europe, into
    which some turn what they hear, and lose every other letter of a Vietnamese name. Who names none is told in Unicode.
    """
    named = asked.get("SpecificCharacterSet")
    sets = named if isinstance(named, MultiValue) else [named]
    return peer.letters is Letters.PLAIN or (
        peer.letters is Letters.ASKED and bool(named) and all(one in _LATIN for one in sets))


def get(listener: Listener, peer: Peer, event: evt.Event) -> Iterator[Any]:
    """The images, on the association on which they were asked for."""
    kept = _wanted_images(listener.hospital, event)
    if kept is None:
        yield from refused(event, UNKNOWN_LEVEL)
        return
    yield len(kept)
    yield from _sent(listener, peer, event, kept, Way(event.assoc, peer.aet))


def move(listener: Listener, peer: Peer, event: evt.Event) -> Iterator[Any]:
    """The images, to the device that is named, when it is one of ours."""
    to = listener.settings.peer(str(event.move_destination).strip())
    if to is None:
        yield None, None
        return
    kept = _wanted_images(listener.hospital, event)
    if kept is None:
        yield from refused(event, UNKNOWN_LEVEL)
        return
    way = Way(None, to.aet)
    base_folder = listener.hospital.settings.path(listener.hospital.settings.dicom).parent
    told: dict[str, Any] = {"ae_title": to.aet, "contexts": sending.contexts(kept),
                            "evt_handlers": [(evt.EVT_CONN_OPEN, way.begin)]}
    if to.tls:
        told["tls_args"] = (listener.settings.calling_tls(base_folder), to.host)
    yield to.host, to.port, told
    if isinstance(event.assoc.dimse, Sender):
        event.assoc.dimse.instead = UNREACHABLE
    yield len(kept)
    yield from _sent(listener, peer, event, kept, way)


@dataclass
class Way:
    """On which association images go out, known once it is there, and to whom."""

    association: Association | None
    to: str

    def begin(self, event: evt.Event) -> None:
        """The association to the device was opened."""
        sending.prepare(event)
        self.association = event.assoc


def relational(event: Any) -> dict[str, bytes]:
    """What is agreed on beyond the baseline: who asks for relational retrieval has it (PS3.4 C.5.2.1, C.5.3.1)."""
    return {model: b"\x01" for model in (Get, Move) if event.app_info.get(model, b"")[:1] == b"\x01"}


def _wanted_images(hospital: Hospital, event: evt.Event) -> tuple[Kept, ...] | None:
    """The images that the identifier names by unique keys; nothing when it is none of this service (A900)."""
    named = _named(event.identifier)
    if named is None:
        _log.warning("The device %s asks to retrieve what does not name images as it must: refused (A900).",
                     event.assoc.requestor.ae_title)
        return None
    return image_devices.listed(hospital, named)


_PARAMETERS = {Level.STUDY: "study", Level.SERIES: "series", Level.IMAGE: "uid"}


def _named(identifier: Dataset) -> dict[str, list[str]] | None:
    """The UIDs by level: one or a list at the level that is asked for, one above it, none below (PS3.4 C.4.2.2.1).

    What is above may be missing, also where relational retrieval was not agreed on: a UID is one in the world, and
    devices ask for an image by nothing else.
    """
    level = answers.level_of(identifier)
    if level is None:
        return None
    levels = list(_PARAMETERS)
    at = levels.index(level)
    named = {one: _listed(identifier.get(_UIDS[one])) for one in levels}
    above = [named[one] for one in levels[:at]]
    if (not named[level] or any(named[one] for one in levels[at + 1:]) or any(len(one) > 1 for one in above)
            or not all(map(_UID.fullmatch, chain(*named.values())))):
        return None
    return {_PARAMETERS[one]: uids for one, uids in named.items() if uids}


def _sent(listener: Listener, peer: Peer, event: evt.Event, kept: tuple[Kept, ...], way: Way) -> Iterator[Any]:
    """Each image when its turn comes; one that cannot go is counted as failed, and its UID told at the end."""
    hospital = listener.hospital
    if isinstance(event.assoc.dimse, Sender):
        event.assoc.dimse.instead = None  # it was reached
    image_devices.sending(hospital, peer.aet, way.to, kept)
    preparing = Preparing(partial(image_devices.file_of, hospital), listener.decoder, way.to)
    for one in sending.known_first(kept):
        if event.is_cancelled:
            yield CANCELLED, None
            return
        if way.association is None:
            return
        parcel = preparing.parcel(way.association, one)
        if isinstance(way.association.dimse, Sender):
            way.association.dimse.parcel = parcel
        yield PENDING, parcel


def _keywords(identifier: Dataset) -> list[str]:
    return [element.keyword for element in identifier]


def _listed(value: Any) -> list[str]:
    """A UID, several, or none."""
    if value in (None, ""):
        return []
    return [str(one) for one in value] if isinstance(value, (list, tuple)) or hasattr(value, "append") else [str(value)]
