"""Who sees which images of a PACS that is not ours, and adds to which: by the patient's number that they bear.

The PACS is asked outside of any transaction; what it answers is let through only for patients in sight, and each look
is audited, also one that is refused.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from records.errors import Refusal
from server.services import image_headers, rights
from server.services.hospital import Desk, Hospital, SignedIn
from server.services.images import as_now, sight_of
from server.services.rights import Right
from server.store import images

PATIENT, STUDY = "00100020", "0020000D"


def value_of(found: dict[str, Any], tag: str) -> str:
    """The first value of an attribute in DICOM's JSON."""
    values = (found.get(tag) or {}).get("Value") or [""]
    return str(values[0])


def seen(desk: Desk, found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those answers of a search that the person may see."""
    numbers = {value_of(one, PATIENT) for one in found}
    shown = images.numbers_in_sight(desk.db, numbers, sight_of(desk))
    return [one for one in found if value_of(one, PATIENT) in shown]


def searched(desk: Desk, count: int) -> None:
    """The audit keeps that there was a search, not what was typed."""
    desk.note("images.search", facts={"level": "PACS", "found": count})


def look(desk: Desk, study: str, found: Sequence[dict[str, Any]], what: str) -> None:
    """Let the person look at the study that the PACS tells of; refuses, as if it were not there, what they do not see.

    `found`: what the PACS answers when it is asked for this study: an answer for another one counts for nothing. A
    study that it files under several patients is seen by who sees them all.
    """
    numbers = numbers_of(study, found)
    if not numbers or numbers - images.numbers_in_sight(desk.db, numbers, sight_of(desk)):
        raise Refusal.because("thing_unknown", "image")
    desk.note("images.view", patient=images.patient_of(desk.db, min(numbers)), facts={"study": study, "pacs": what})


def demand_still(hospital: Hospital, signed_in: SignedIn, numbers: Collection[str]) -> None:
    """As `images.demand_still`, for patients of a PACS."""
    with hospital.desk(as_now(hospital, signed_in), reading=True) as desk:
        if set(numbers) - images.numbers_in_sight(desk.db, numbers, sight_of(desk)):
            raise Refusal.because("thing_unknown", "image")


def numbers_of(study: str, found: Iterable[dict[str, Any]]) -> set[str]:
    """The patient numbers under which the PACS has the study."""
    return {value_of(one, PATIENT) for one in found if value_of(one, STUDY) == study}


def named_by(files: Iterable[bytes], study: str = "") -> dict[str, set[str]]:
    """The studies of files that are to be added, each with the patient numbers that its files bear."""
    named: dict[str, set[str]] = {}
    for file in files:
        uid, number = image_headers.belongs(file)
        if study and uid != study:
            raise Refusal.because("image_other_study", study)
        named.setdefault(uid, set()).add(number)
    return named


def demand_may_add(desk: Desk, named: Mapping[str, set[str]], known: Mapping[str, set[str]]) -> None:
    """Images of patients in sight may be added, and no patient's to another one's study.

    Our own store keeps what contradicts apart, for a person to settle; a PACS may mix it, or write it over.
    """
    rights.demand(desk.person, Right.ADD_IMAGES)
    for study, sent in named.items():
        if len(sent | known[study]) > 1:
            raise Refusal.because("image_study_of_other_patient", study)
    numbers = {number for sent in named.values() for number in sent}
    if numbers - images.numbers_in_sight(desk.db, numbers, sight_of(desk)):
        raise Refusal.because("image_patient_not_in_sight")
    for study, sent in named.items():
        desk.note("images.add", patient=images.patient_of(desk.db, min(sent)), facts={"study": study, "pacs": True})
