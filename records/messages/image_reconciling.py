"""Studies whose patient a person must settle: what the images say, what we know, and what was decided."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from records.entries import Instant
from records.forms import Frozen
from records.messages.patients import PatientView

Decision = Literal["tie", "set_aside", "reopen"]
"""It is this patient; it is nobody's and wrong; what was decided is taken back."""


StrayDecision = Literal["release", "move", "apart"]
"""They are of the study's patient and go into it; they are of another and become a study of that one's; they stay
apart.
"""
StrayWhy = Literal["other_content", "other_series", "other_patient"]


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


class ImageNamesView(Frozen):
    """Whom images name, in their own words."""

    patient_no: str = ""
    full_name: str = ""
    birth_date: str = ""
    sex: str = ""


class StraySeriesView(Frozen):
    """A series that images name which were kept apart."""

    number: int | None = None
    modality: str = ""
    description: str = ""
    count: int


class StrayDecisionView(Frozen):
    """What somebody decided about images that were kept apart."""

    decision: StrayDecision
    reason: str
    person_name: str
    at: Instant


class StrayImagesView(Frozen):
    """GET /api/image-studies/strays: images of one study that contradict what was there first, and that name the same
    person. They are kept as they came and shown to nobody, unless a person releases them.
    """

    study: str
    """Study Instance UID that they name."""
    why: StrayWhy
    """Another file of the same SOP Instance UID is here; their series belongs to another study; or they name another
    patient than the images of their study that were there first.
    """
    patient_no: str
    full_name: str
    birth_date: str = ""
    sex: str = ""
    """As the first image of the study says it that they name."""
    study_state: Literal["open", "matched", "set_aside"] = "matched"
    patient: PatientView | None = None
    """Whose the study is."""
    names: ImageNamesView | None = None
    """Whom they name themselves; nothing where that was not kept."""
    differs: tuple[str, ...] = ()
    """Where their words contradict the study's as it stands now: fields of `names`."""
    fits: bool = False
    """Whether they name the patient whose the study is by now: one that came now would be filed."""
    series: tuple[StraySeriesView, ...] = ()
    description: str
    study_date: str
    modalities: tuple[str, ...]
    count: int
    here: int = 0
    """So many cannot be released: an image of their UID is here by now."""
    senders: tuple[str, ...]
    first_at: Instant
    last_at: Instant
    settled: Literal["", "release", "move", "apart"] = ""
    """What was decided about all of them; nothing while one waits."""
    decisions: tuple[StrayDecisionView, ...] = ()


class StrayDecisionGiven(Frozen):
    """POST /api/image-studies/{uid}/strays/decisions: about those of one reason that name the same person."""

    decision: StrayDecision
    why: StrayWhy
    names: ImageNamesView | None = None
    known: int
    """How many of them the person has seen: another's decision in between is not decided over."""
    reason: str


class StraysSettled(Frozen):
    """What came of it."""

    settled: int
    here: int = 0
    """Left apart because an image of their UID is here by now."""
    left: int = 0
    """All that are left of the group."""


class ImageDecisionGiven(Frozen):
    """POST /api/image-studies/{uid}/decisions."""

    decision: Decision
    patient: UUID | None = None
    """Whose it is; with `tie` only."""
    reason: str
    known: int
    """How many decisions the person has seen: another's in between is not decided over."""
