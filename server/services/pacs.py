"""Who sees which images of a PACS that is not ours: by the patient's number that they bear, each look audited.

The PACS is asked outside of any transaction; what it answers is let through only for patients in sight.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from records.errors import Refusal
from server.services.hospital import Desk
from server.services.images import sight_of
from server.store import images

_PATIENT, _STUDY = "00100020", "0020000D"


def value_of(found: dict[str, Any], tag: str) -> str:
    """The first value of an attribute in DICOM's JSON."""
    values = (found.get(tag) or {}).get("Value") or [""]
    return str(values[0])


def seen(desk: Desk, found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those answers of a search that the person may see; the audit keeps that there was one."""
    numbers = {value_of(one, _PATIENT) for one in found}
    shown = images.numbers_in_sight(desk.db, numbers, sight_of(desk))
    kept = [one for one in found if value_of(one, _PATIENT) in shown]
    desk.note("images.search", facts={"level": "PACS", "found": len(kept)})
    return kept


def look(desk: Desk, study: str, found: Sequence[dict[str, Any]], what: str) -> None:
    """Let the person look at the study that the PACS tells of; refuses, as if it were not there, what they do not see.

    `found`: what the PACS answers when it is asked for this study: an answer for another one counts for nothing.
    """
    told = [one for one in found if value_of(one, _STUDY) == study]
    number = value_of(told[0], _PATIENT) if told else ""
    if not told or number not in images.numbers_in_sight(desk.db, {number}, sight_of(desk)):
        raise Refusal.because("thing_unknown", "image")
    desk.note("images.view", patient=images.patient_of(desk.db, number), facts={"study": study, "pacs": what})
