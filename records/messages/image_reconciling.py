"""Studies whose patient a person must settle: what the images say, what we know, and what was decided."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from records.entries import Instant
from records.forms import Frozen
from records.messages.patients import PatientView

Decision = Literal["tie", "set_aside", "reopen"]
"""It is this patient; it is nobody's and wrong; what was decided is taken back."""


class ImageDifferenceView(Frozen):
    """One thing that the images say otherwise: `patient_no`, `full_name`, `birth_date`, `sex` or `order`."""

    field: str
    sent: str
    known: str


class ImageDecisionView(Frozen):
    """What somebody decided."""

    decision: Decision
    patient_no: str = ""
    patient_name: str = ""
    reason: str
    person_name: str
    at: Instant


class UnsettledStudyView(Frozen):
    """GET /api/image-studies/unsettled: one study that waits, or about which somebody decided."""

    uid: str
    state: Literal["open", "matched", "set_aside"]
    patient_no: str
    full_name: str
    birth_date: str
    sex: str
    """As the images say it, also after a decision."""
    differences: tuple[ImageDifferenceView, ...]
    patient: PatientView | None = None
    """Whose it is, or whom its number means while it waits."""
    order_patient: PatientView | None = None
    """Whose order it bears."""
    accession: str
    modalities: tuple[str, ...]
    description: str
    study_date: str
    instances: int
    received_at: Instant
    decisions: tuple[ImageDecisionView, ...] = ()
    """Oldest first; the last one counts."""


class StrayImagesView(Frozen):
    """GET /api/image-studies/strays: images of one study that contradict what was there first. They are kept as they
    came, shown to nobody, and decide nothing.
    """

    study: str
    """Study Instance UID that they name."""
    why: Literal["other_content", "other_series", "other_patient"]
    """Another file of the same SOP Instance UID is here; their series belongs to another study; or they name another
    patient than the images of their study that were there first.
    """
    patient_no: str
    full_name: str
    """As the study says it that they name."""
    description: str
    study_date: str
    modalities: tuple[str, ...]
    count: int
    senders: tuple[str, ...]
    first_at: Instant
    last_at: Instant


class ImageDecisionGiven(Frozen):
    """POST /api/image-studies/{uid}/decisions."""

    decision: Decision
    patient: UUID | None = None
    """Whose it is; with `tie` only."""
    reason: str
    known: int
    """How many decisions the person has seen: another's in between is not decided over."""
