"""What devices may have of the images: they act for the house, and the audit names them by AE title."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from enum import Enum
from typing import Any

from records.errors import BenhAnError, Trouble
from server.services.hospital import Hospital
from server.store import audit, base, image_search, image_strays, images
from server.store.chunks import Sealed
from server.store.image_search import Sight, Wanted
from server.store.images import Kept

_log = logging.getLogger("benhan.server.dicom")


class Safe(Enum):
    """Whether we answer for an image."""

    YES = "yes"
    UNKNOWN = "unknown"
    OTHER_CLASS = "other_class"
    NOT_NOW = "not_now"
    """Its file cannot be looked at just now."""


def search(hospital: Hospital, aet: str, wanted: Wanted) -> list[dict[str, Any]]:
    """What fits the device's question."""
    with base.transaction(hospital.engine) as db:
        base.commit_without_waiting(db)
        return image_search.search(db, wanted, Sight(), audit.noted(
            "images.search", name=aet, facts={"level": wanted.level}))


def listed(hospital: Hospital, which: Mapping[str, list[str]]) -> tuple[Kept, ...]:
    """The images that are among the UIDs of every level that names any: `uid`, `series`, `study`.

    A device gets what it finds: nothing of a study that a person set aside as another patient's.
    """
    with base.single(hospital.engine) as db:
        return images.instances_among(db, which, Sight())


def sending(hospital: Hospital, aet: str, to: str, kept: tuple[Kept, ...]) -> None:
    """The audit says which device had what sent where."""
    with base.transaction(hospital.engine) as db:
        audit.note(db, "images.send", name=aet, facts={
            "to": to, "count": len(kept), "images": [one.uid for one in kept[:1000]]})


def file_of(hospital: Hospital, kept: Kept) -> Sealed:
    """The image's file as it was sent here, to read in parts."""
    with base.single(hospital.engine) as db:
        key = hospital.keys.of(db, kept.study)
    return images.open_file(hospital.images, key, kept.file)


def read(hospital: Hospital, kept: Kept) -> bytes:
    """The whole of it."""
    return file_of(hospital, kept).read()


def safe(hospital: Hospital, sop_class: str, uid: str) -> Safe:
    """Whether the image is here: not only filed, its file was opened just now. One that was kept apart from its study
    is as safe: a person decides about it, and a device that were told otherwise would send it for ever.
    """
    with base.single(hospital.engine) as db:
        kept = images.instance(db, uid)
        if kept is not None and kept.sop_class != sop_class:
            return Safe.OTHER_CLASS
        found = Safe.UNKNOWN
        files = image_strays.files_of(db, uid) if kept is None else [(kept.study, kept.file)]
        for study, file in files:
            try:
                images.open_file(hospital.images, hospital.keys.of(db, study), file).read(0, 1)
            except BenhAnError as error:
                _log.error("The image %s is filed and cannot be opened: %s", uid, error)
                found = Safe.NOT_NOW if isinstance(error, Trouble) else found
            else:
                return Safe.YES
    return found
