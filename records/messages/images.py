"""A patient's studies as the viewer lists them, and what readers drew on a frame: who, when, what took its place."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import Field

from records.entries import Instant
from records.forms import Frozen
from records.image_lists import ImageStudyView

_UID = r"^[0-9.]{1,64}$"


class DestroyedStudyView(Frozen):
    """That there was a study, of what kind and how large; when it was destroyed and by which paper."""

    uid: str
    modalities: tuple[str, ...] = ()
    instances: int = 0
    received_at: Instant
    destroyed_at: Instant
    why: str = ""


class PatientImages(Frozen):
    """GET /api/patients/{patient}/images: newest first. Those that nobody has settled yet are counted, not shown."""

    studies: tuple[ImageStudyView, ...] = ()
    unsettled: int = 0
    destroyed: tuple[DestroyedStudyView, ...] = ()


class ImageFileView(Frozen):
    """GET /api/image-files/{study}/{series}/{instance}: which file the server keeps of an image."""

    sha256: str
    length: int
    """Bytes."""


class ImageExportGiven(Frozen):
    """POST /api/image-exports: studies are about to leave the house on a medium; for whom and why is kept."""

    studies: tuple[str, ...] = Field(min_length=1, max_length=100)
    named: bool
    """Whether the patient's data stay in the files."""
    reason: str = Field(min_length=3, max_length=500)


class ImageMarkGiven(Frozen):
    """POST /api/image-studies/{study}/marks: how a mark is from now on, or that it is gone. Nothing is lost."""

    mark: UUID
    """The same through all its changes; made by the workstation that drew it."""
    series_uid: str = Field(pattern=_UID)
    sop_instance_uid: str = Field(pattern=_UID)
    frame: int = Field(ge=1, le=100_000)
    removed: bool = False
    content: dict[str, Any]
    """What was drawn, in pixels of the frame, with the words that the reader saw; empty when it is removed."""
    made_at: Instant


class ImageMarkView(Frozen):
    """A mark as it stands, and whose it is."""

    mark: UUID
    series_uid: str
    sop_instance_uid: str
    frame: int
    content: dict[str, Any]
    made_at: Instant
    person: UUID
    person_name: str


class ImageMarks(Frozen):
    """GET /api/image-studies/{study}/marks: what stands on its frames now, oldest first."""

    marks: tuple[ImageMarkView, ...] = ()
