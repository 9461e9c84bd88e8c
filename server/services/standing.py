"""What the store knows about the entry, version and encounter that a signed file is about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from records import canonical, cda, lifecycle, policy
from records.deadlines import ZONE
from records.entries import State, Version
from records.errors import Reason, Refusal
from records.forms import EntryKind, Holder, form
from records.lifecycle import Event
from records.policy import Case, SignedSlot
from server.services import consents
from server.services.hospital import Desk
from server.services.questions import OnFile
from server.store import amendments, entries, sessions
from server.store.entries import Standing
from server.store.keys import ScopeKey
from server.store.stays import Place, place


@dataclass(frozen=True)
class Scene:
    """Everything about one version of one entry, read under the entry's lock."""

    place: Place
    key: ScopeKey
    entry: entries.Entry | None
    versions: tuple[Standing, ...]
    number: int
    signed: tuple[SignedSlot, ...]

    @property
    def this(self) -> Standing | None:
        """The version that the file is of, when an earlier file of it was accepted."""
        return next((version for version in self.versions if version.number == self.number), None)

    @property
    def latest(self) -> Standing | None:
        """The entry's latest version."""
        return self.versions[-1] if self.versions else None


def read(desk: Desk, encounter: UUID, entry: UUID, number: int) -> Scene:
    """The scene of a version; refuses an encounter that is not there or whose key was destroyed."""
    where = place(desk.db, encounter)
    if where is None:
        raise Refusal.because("thing_unknown", "encounter")
    versions = entries.standings(desk.db, entry)
    begun = any(version.number == number for version in versions)
    return Scene(
        where, desk.key(encounter), entries.entry(desk.db, entry) if versions else None, versions, number,
        entries.signed_slots(desk.db, entry, number) if begun else (),
    )


def expected(desk: Desk, scene: Scene) -> Version | None:
    """The version that a further file must carry: exactly the one on file."""
    if scene.this is None or scene.this.encounter != scene.place.id:
        return None
    return canonical.decode(entries.body(desk.db, scene.key, scene.this.entry, scene.number))


def beside(desk: Desk, scene: Scene, version: Version) -> dict[str, bytes]:
    """What a file must carry beside its version: a composition HL7 CDA R2 of the entries that it gathers."""
    listed = version.values.get("gathered", ())
    try:
        bodies = [entries.body(desk.db, scene.key, UUID(item["entry"]), item["version"]) for item in listed]
    except (Refusal, KeyError, TypeError, ValueError):
        return {}  # what it gathers is not there: the policy says so
    children = [canonical.decode(body) for body in bodies]
    return {cda.CDA_FILE: cda.document(version, children)} if children else {}


def on_file(desk: Desk, scene: Scene, data: bytes, version: Version, kind: EntryKind) -> OnFile:
    """The scene as the questions ask about it."""
    latest, this = scene.latest, scene.this
    others = () if kind.repeatable else entries.others_of_kind(
        desk.db, scene.place.id, version.form, {version.entry, *amendments.target_of(version.relates_to)})
    elsewhere = scene.entry is not None and scene.entry.encounter != scene.place.id
    continues = this is None or elsewhere or data.startswith(desk.hospital.blobs.get(scene.key, this.file))
    return OnFile(
        elsewhere=elsewhere,
        patient=scene.place.patient, patient_no=scene.place.patient_no, record_no=scene.place.record_no,
        encounter_state=scene.place.state, form=scene.entry.form if scene.entry else None,
        latest=latest.number if latest else 0, latest_sha256=latest.sha256 if latest else "",
        begun=this is not None, continues=continues, taken=bool(others),
        author=desk.person if version.author.id == desk.person.id else sessions.person(desk.db, version.author.id),
    )


def case(desk: Desk, scene: Scene, version: Version, kind: EntryKind) -> Case:
    """The scene as the policy asks about it."""
    latest, this = scene.latest, scene.this
    return Case(
        kind=kind, author=this.author if this else version.author.id, state=this.state if this else State.DRAFT,
        is_latest=latest is None or latest.number <= scene.number, encounter_state=scene.place.state,
        ward=scene.place.ward, signed=scene.signed, form=version.form.code, written_at=version.written_at,
        signed_kinds=entries.signed_kinds(desk.db, scene.place.id, version.form.code) if kind.after else frozenset(),
        unsigned_children=tuple(_unsigned_children(desk, version, kind)),
        permission=consents.permission(desk, version, kind),
    )


def may_sign(desk: Desk, slot: str, facts: Case) -> policy.Answer:
    """The policy's answer for the person at the desk, today."""
    return policy.may_sign(desk.person, slot, facts, desk.now.astimezone(ZONE).date())


def house_may_sign(slot: str, facts: Case) -> policy.Answer:
    """The policy's answer for the organisation itself: its slot is open, and the record is not archived (R10)."""
    if not lifecycle.takes_in(facts.encounter_state, facts.kind):
        return policy.Refused((Reason("record_archived"),))
    found = next((one for one in policy.standing(facts) if one.slot.key == slot), None)
    if found is None or found.slot.holder is not Holder.ORGANISATION:
        return policy.Refused((Reason("slot_not_of_organisation", slot),))
    if found.state is policy.SlotState.OPEN:
        return policy.Allowed()
    return policy.Refused(found.waits_for or (Reason("slot_already_signed", found.slot.label),))


def supersede(desk: Desk, scene: Scene) -> None:
    """The version that this one corrects gives way once this one is fully signed (R32, R33)."""
    for version in scene.versions:
        if version.number < scene.number and version.state in (State.SIGNED, State.PARTLY_SIGNED):
            entries.set_state(desk.db, version.entry, version.number, lifecycle.after(version.state, Event.SUPERSEDE),
                              open_slots=())


def _unsigned_children(desk: Desk, version: Version, kind: EntryKind) -> Iterator[str]:
    """What a composition gathers and is not there, changed since, or not fully signed (R19)."""
    listed = [item for field in kind.fields if field.type == "gathered" for item in version.values.get(field.key, ())]
    names = {each.key: each.name for each in form(version.form.code, version.form.edition).kinds}
    yield from (names[key] for key in kind.gathers if not any(item["kind"] == key for item in listed))
    found = entries.latest_of(desk.db, [UUID(item["entry"]) for item in listed])
    for item in listed:
        there = found.get(UUID(item["entry"]))
        good = (there is not None and there.encounter == version.stay.id and there.state is State.SIGNED
                and (there.number, there.sha256) == (item["version"], item["sha256"]))
        if not good:
            yield names.get(item["kind"], item["kind"])
