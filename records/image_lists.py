"""A patient's studies and series as they are listed, by the server or from a disc: plain values, read by both sides.

They stand apart from `records.messages`, so that a disc is listed without the language of the wire.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

_STRICT = {"extra": "forbid"}
"""As `records.forms.Frozen`: strict about keys that nobody knows."""


@dataclass(frozen=True, kw_only=True)
class ImageSeriesView:
    """One series of a study."""

    __pydantic_config__: ClassVar[Mapping[str, str]] = _STRICT
    uid: str
    modality: str = ""
    number: int | None = None
    description: str = ""
    body_part: str = ""
    instances: int = 0
    frames: int = 0
    """Of all its images together: what a reader counts as slices."""
    middle: str = ""
    """SOP Instance UID of the image in the middle: the one that is drawn small."""
    shown: bool = True
    """Whether it has pictures; reports, presentation states and key objects have none."""


@dataclass(frozen=True, kw_only=True)
class ImageStudyView:
    """A study of a patient, whenever it was made."""

    __pydantic_config__: ClassVar[Mapping[str, str]] = _STRICT
    uid: str
    date: str = ""
    """YYYYMMDD as the device wrote it; empty when it wrote none."""
    time: str = ""
    description: str = ""
    modalities: tuple[str, ...] = ()
    accession: str = ""
    encounter: UUID | None = None
    instances: int = 0
    received_at: datetime
    series: tuple[ImageSeriesView, ...] = ()

    def __post_init__(self) -> None:
        """Instants are aware."""
        if self.received_at.tzinfo is None:
            raise ValueError("a naive instant has no place on the time line")
