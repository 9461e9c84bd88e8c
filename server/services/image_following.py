"""Images of a second patient that come after a person moved those before them: the same words, the same decision.

They are kept apart like any other first, and what cannot be moved waits there for a person.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from records.errors import BenhAnError
from records.image_identity import Named
from server.services import image_moving
from server.services.hospital import Hospital
from server.store import audit, base
from server.store import image_strays as store
from server.store.keys import ScopeKey

_log = logging.getLogger("benhan.server.images")


@dataclass(frozen=True)
class Late:
    """An image that was kept apart just now: its study's key and UID, whom it names, and its file's SHA-256."""

    key: ScopeKey
    study: str
    named: Named
    file: str


def follow(hospital: Hospital, late: Sequence[Late], sender: str) -> None:
    """Each into the study into which a person moved what named the same in the same study; the others stay apart."""
    for key, study, named in {(one.key, one.study, one.named): None for one in late}:
        files = {one.file for one in late if (one.key, one.named) == (key, named)}
        try:
            _follow(hospital, key, study, named, files=files, sender=sender)
        except BenhAnError as error:
            _log.warning("What came for a study that was moved waits for a person: %s", error)


def _follow(hospital: Hospital, key: ScopeKey, study: str, named: Named, *, files: set[str], sender: str) -> None:
    with hospital.looking.connect() as db:
        if store.last_said(db, key, named)[1] != "move":
            return
    with base.transaction(hospital.engine) as db:
        base.lock(db, "image-strays", key.scope)
        which, decision = store.last_said(db, key, named)
        alike = [one for one in store.of_studies(db, [key.scope]) if one.why == "other_patient"
                 and (said := store.opened(key, one)) is not None and said.named == named]
        new = [one for one in alike if one.file in files and not one.decided]
        if which is None or decision != "move" or not new:
            return
        moved = image_moving.moved(hospital, db, image_moving.From(study, key, named, sender), strays=new, alike=alike)
        store.settle(db, which, [one.id for one in moved.strays])
        audit.note(db, "images.follow", name=sender, patient=moved.patient, encounter=moved.encounter, facts={
            "study": study, "decision": str(which), "images": [one.uid for one in moved.strays]})
        if moved.encounter is not None:
            base.notify(db, "images", encounter=moved.encounter)
        base.notify(db, "images_unsettled")
