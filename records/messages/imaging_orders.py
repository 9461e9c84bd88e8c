"""An imaging order as charts and devices see it, in the words of FHIR's ServiceRequest."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from records.entries import Instant
from records.forms import Frozen
from records.order_states import OrderState


class ImagingOrderStanding(Frozen):
    """Where one picture stands that an entry of a chart orders: all that is said beside the order's own words."""

    accession: str = ""
    """Its number, by which a result names it."""

    entry: UUID
    version: int
    row: int
    """The entry, its newest version that says the order, and the place in the list there, from 0."""
    state: OrderState
    studies: tuple[str, ...] = ()
    """UIDs of the studies that arrived for it."""
    result: UUID | None = None
    """The entry that reports on it."""


class ImagingOrderView(Frozen):
    """One picture that a signed entry orders. GET /api/encounters/{id}/imaging-orders gives all of a stay."""

    id: UUID
    status: Literal["active", "completed", "revoked"]
    state: OrderState
    priority: Literal["routine", "urgent"] = "routine"
    accession: str
    """(0008,0050), the number on the device and on its images."""
    study_uid: str
    """(0020,000D), given when it was ordered."""
    modality: str
    code: str = ""
    """As the house's catalogue has it."""
    display: str
    """What is to be examined, as it was ordered."""
    reason: str = ""
    reason_code: str = ""
    note: str = ""
    requester: str
    authored_on: Instant
    occurrence: Instant
    """From when on it is to be made."""
    subject: UUID
    encounter: UUID
    entry: UUID
    version: int
    row: int
    """Where it stands: the entry, its newest version that says it, and the place in the list there, from 0."""
    result: UUID | None = None
    """The entry that reports on it."""
