"""What a reader of images works with: the patient's studies, and what was measured on them, by whom."""

from __future__ import annotations

from uuid import UUID

from records.errors import Refusal
from records.messages import ImageMarkGiven, ImageMarks, PatientImages
from server.services import images
from server.services.hospital import Desk
from server.store import image_marks, image_studies, patients
from server.store import images as store
from server.store.images import Owner


def of_patient(desk: Desk, patient: UUID) -> PatientImages:
    """The studies that this person may see, newest first."""
    sight = images.sight_of(desk)
    if patients.read(desk.db, patient) is None:
        raise Refusal.because("thing_unknown", "patient")
    found = image_studies.of_patient(desk.db, patient, sight)
    desk.note("images.list", patient=patient, facts={"studies": len(found)})
    return PatientImages(studies=found, unsettled=image_studies.unsettled(desk.db, patient),
                         destroyed=image_studies.destroyed(desk.db, sight, patient=patient))


def marks(desk: Desk, uid: str) -> ImageMarks:
    """What stands on the study's frames, everybody's."""
    study, owner = _seen(desk, uid)
    desk.note("images.marks", patient=owner.patient, encounter=owner.encounter, facts={"study": uid})
    return ImageMarks(marks=image_marks.of_study(desk.db, desk.key(study)))


def mark(desk: Desk, uid: str, given: ImageMarkGiven) -> None:
    """Keep how a mark stands from now on; only who drew it changes or removes it."""
    study, owner = _seen(desk, uid)
    drawn = image_marks.owner(desk.db, given.mark)
    if drawn is not None and drawn[0] != desk.person.id:
        raise Refusal.because("image_mark_of_another")
    if (drawn is not None and drawn[1] != study) or not image_marks.holds(
            desk.db, study, given.series_uid, given.sop_instance_uid, given.frame):
        raise Refusal.because("thing_unknown", "image")
    image_marks.keep(desk.db, desk.key(study), desk.person.id, given)
    desk.note("images.mark", patient=owner.patient, encounter=owner.encounter, facts={
        "study": uid, "image": given.sop_instance_uid, "frame": given.frame, "mark": str(given.mark),
        "removed": given.removed})


def _seen(desk: Desk, uid: str) -> tuple[UUID, Owner]:
    """The study's id, and whose it is; refuses one that the person does not see as one that is not there."""
    owner = store.seen_study(desk.db, uid, images.sight_of(desk))
    which = store.study_id(desk.db, uid) if owner is not None else None
    if owner is None or which is None:
        raise images.unseen(desk, uid)
    return which, owner
