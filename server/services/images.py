"""Images as they are asked for: who sees which, found by DICOM's matching, read in parts, each look audited."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from records.errors import Refusal
from server.services import rights
from server.services.hospital import Desk
from server.services.rights import Right
from server.store import image_search, images
from server.store.chunks import Sealed
from server.store.image_search import Level, Sight, Wanted


def sight_of(desk: Desk) -> Sight:
    """A doctor or nurse sees the images of the patients of their wards; who makes or files images sees all."""
    rights.demand(desk.person, Right.SEE_IMAGES)
    return Sight(everything=rights.has(desk.person, Right.SEE_ALL_IMAGES), wards=tuple(desk.person.wards))


def search(desk: Desk, wanted: Wanted) -> list[dict[str, Any]]:
    """What fits the question and may be seen; the audit keeps that there was a search, not what was typed."""
    found = image_search.search(desk.db, wanted, sight_of(desk))
    desk.note("images.search", facts={"level": wanted.level, "found": len(found)})
    return found


def look(desk: Desk, kept: images.Kept) -> Sealed:
    """One image, to be read in parts, when the person may see its study."""
    return images.open_file(desk.hospital.images, desk.key(kept.study), kept.file)


def demand_sight(desk: Desk, study: str) -> UUID:
    """The study's id; refuses one that the person does not see, in the same words as one that is not there."""
    within: Mapping[str, str] = {"StudyInstanceUID": study}
    if not image_search.search(desk.db, Wanted(Level.STUDY, within, limit=1), sight_of(desk)):
        raise Refusal.because("thing_unknown", "study")
    which = images.study_id(desk.db, study)
    if which is None:
        raise Refusal.because("thing_unknown", "study")
    return which
