"""Images as people ask for them: who sees which, found by DICOM's matching, opened in parts, each look audited."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from records.deadlines import ZONE
from records.errors import Refusal
from server.services import image_metadata, rights, sessions
from server.services.hospital import Desk, Hospital, SignedIn
from server.services.image_headers import parse
from server.services.rights import Right
from server.store import audit, base, image_looks, image_search, image_studies, images
from server.store.blobs import Place
from server.store.chunks import Sealed
from server.store.image_search import Sight, Wanted
from server.store.images import Kept, Known
from server.store.keys import ScopeKey


@dataclass(frozen=True)
class Look:
    """Images of one study that somebody may see: each opened when it is asked for, and read in parts."""

    images: tuple[Kept, ...]
    study: str
    _place: Place
    key: ScopeKey

    def file(self, kept: Kept) -> Sealed:
        """The image's file; refuses one that is missing or damaged."""
        return images.open_file(self._place, self.key, kept.file)

    def known(self, kept: Kept, known: Known) -> Sealed:
        """The same of a file that was opened before."""
        return images.known_file(self._place, self.key, kept.file, known)

    @property
    def first(self) -> Sealed:
        """The file of a look at one image."""
        return self.file(self.images[0])


def sight_of(desk: Desk) -> Sight:
    """A doctor or nurse sees the images of the patients of their wards, and of those that a delegation opens (R29)."""
    rights.demand(desk.person, Right.SEE_IMAGES)
    if rights.has(desk.person, Right.SEE_ALL_IMAGES):
        return Sight()
    given = [one for one in desk.person.delegations if one.in_force(desk.today)]
    if any(not one.wards for one in given):
        return Sight(nobodys=False)
    return Sight({*desk.person.wards, *(ward for one in given for ward in one.wards)}, nobodys=False)


def search(desk: Desk, wanted: Wanted) -> list[dict[str, Any]]:
    """What fits the question and may be seen; the audit keeps that there was a search, not what was typed."""
    sight, note = sight_of(desk), audit.noted("images.search", **desk.doing({"level": wanted.level}))
    if image_search.by_name(wanted):
        return image_search.search(desk.db, wanted, sight, note)
    with base.single(desk.hospital.engine) as db:
        # Not among the looks, which are planned once for all values: this is planned for what was typed.
        return image_search.search(db, wanted, sight, note)


def look(desk: Desk, study: str, series: str = "", uid: str = "") -> Look:
    """The images of a study, a series or one image.

    Refuses a study that the person does not see in the same words as one that is not there.
    """
    facts = {"study": study, **({"series": series} if series else {}), **({"image": uid} if uid else {})}
    seen = image_looks.look(desk.db, sight_of(desk), audit.noted("images.view", **desk.doing(facts)),
                            study=study, series=series, uid=uid)
    if seen is None:
        raise unseen(desk, study)
    return Look(seen.kept, study, desk.hospital.images,
                desk.keys.opened(seen.kept[0].study, seen.wrapped, seen.hospital_key))


def unseen(desk: Desk, study: str) -> Refusal:
    """Why it is not shown: who would see it hears that it was destroyed, anybody else what a stranger's study says."""
    for one in image_studies.destroyed(desk.db, sight_of(desk), uid=study):
        return Refusal.because("image_study_destroyed", study, why=one.why,
                               at=f"{one.destroyed_at.astimezone(ZONE):%d/%m/%Y}")
    return Refusal.because("thing_unknown", "image")


def refusing(*, patient: UUID | None = None, **asked: str) -> Callable[[Desk, Refusal], None]:
    """Keeps in the audit also what was refused: what was asked for (a study, a list ...), and why not."""
    def note(desk: Desk, refusal: Refusal) -> None:
        facts = {name: value[:64] for name, value in asked.items()}
        desk.note("images.refused", patient=patient, facts={**facts, "why": refusal.reasons[0].code})

    return note


def demand_still(hospital: Hospital, signed_in: SignedIn, seen: Look) -> None:
    """Whoever reads on for long is asked again: the session, the sight and the study's key may be gone meanwhile."""
    with hospital.desk(as_now(hospital, signed_in), reading=True) as desk:
        if images.seen_study(desk.db, seen.study, sight_of(desk)) is None:
            raise Refusal.because("thing_unknown", "image")
        desk.key(seen.images[0].study)


def metadata(desk: Desk, study: str, series: str = "", uid: str = "") -> list[tuple[Kept, bytes]]:
    """What the images' files say of themselves, as it was kept when they came (`services.image_metadata`)."""
    seen = look(desk, study, series, uid)
    kept: dict[UUID, bytes] = images.metadata_of(desk.db, seen.key, [one.id for one in seen.images])
    return [(one, kept.get(one.id) or image_metadata.made(parse(seen.file(one).read()))) for one in seen.images]


def as_now(hospital: Hospital, signed_in: SignedIn) -> SignedIn:
    """The person as they are now: wards and delegations come and go; refuses once the session has ended."""
    person = sessions.still_there(hospital, signed_in)
    if person is None:
        raise Refusal.because("session_ended")
    return replace(signed_in, person=person)
