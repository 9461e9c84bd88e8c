"""Modality Performed Procedure Step (PS3.4 annex F): N-CREATE when a device begins, N-SET until it has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydicom import Dataset
from pynetdicom import evt

from records.performed_steps import Fault
from server.dicom.settings import Peer
from server.services import image_steps

if TYPE_CHECKING:
    from server.dicom.listener import Listener

SUCCESS = 0x0000
NO_INSTANCE = 0x0117
"""Invalid object instance: the device named none."""
_NO_LONGER = 0xA710
_TOLD = 10_000
"""Characters of a value that are kept: a step says what was done, and holds no images."""


def create(listener: Listener, peer: Peer, event: evt.Event) -> tuple[Any, Dataset | None]:
    """A step begins."""
    uid = str(getattr(event.request, "AffectedSOPInstanceUID", None) or "")
    if not uid:
        return NO_INSTANCE, None
    told: Dataset = event.attribute_list
    return _answer(image_steps.begin(listener.hospital, peer.aet, uid, _kept(told), _status(told))), Dataset()


def change(listener: Listener, peer: Peer, event: evt.Event) -> tuple[Any, Dataset | None]:
    """A step goes on, or ends."""
    uid = str(getattr(event.request, "RequestedSOPInstanceUID", None) or "")
    told: Dataset = event.modification_list
    return _answer(image_steps.change(listener.hospital, peer.aet, uid, _kept(told), _status(told))), Dataset()


def _answer(fault: Fault | None) -> Any:
    if fault is None:
        return SUCCESS
    status = Dataset()
    status.Status = int(fault)
    if fault is Fault.ENDED:
        status.ErrorID = _NO_LONGER
        status.ErrorComment = "Performed Procedure Step Object may no longer be updated"
    return status


def _kept(told: Dataset) -> dict[str, Any]:
    """The attributes as DICOM JSON, text in Unicode; one that cannot be read is left out, not the whole message."""
    kept: dict[str, Any] = told.to_json_dict(bulk_data_threshold=_TOLD, bulk_data_element_handler=lambda _: "",
                                             suppress_invalid_tags=True)
    return kept


def _status(told: Dataset) -> str:
    return str(told.get("PerformedProcedureStepStatus") or "")
