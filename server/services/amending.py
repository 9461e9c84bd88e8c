"""What a new version or entry means for those before it: may it follow, restore, replace or add to them (R31-R37)."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from records import canonical, lifecycle
from records.entries import State, Version
from records.errors import Reason
from records.forms import EntryKind
from records.lifecycle import Event
from records.succession import Before, Target, follows, relates
from server.services.hospital import Desk
from server.services.standing import Scene
from server.store import amendments, base, entries


def doubts(desk: Desk, scene: Scene, version: Version, kind: EntryKind) -> Iterator[Reason]:
    """Why it may not come after, or stand to, what is on file."""
    if (before := _before(desk, scene, version)) is not None:
        yield from follows(version, kind, before)
    relation, this = version.relates_to, scene.this
    if this is None:
        yield from relates(version, kind, _target(desk, scene, version))
        if relation is not None and relation.code == "replaces" and version.version == 1 and amendments.standing_for(
                desk.db, relation.entry, "replaces"):
            yield Reason("replaced_already")


def begun(desk: Desk, scene: Scene, version: Version) -> None:
    """The first file of a version was accepted: a relation is kept, a restored text is told to the audit (R34)."""
    if version.version == 1:
        amendments.relate(desk.db, version)
    correction, place = version.correction, scene.place
    if correction is not None and correction.restores is not None:
        desk.note("entry.restored", patient=place.patient, encounter=place.id, entry=version.entry,
                  facts={"number": version.version, "restores": correction.restores,
                         "permitted_by": correction.permitted_by or ""})


def issued(desk: Desk, version: Version) -> None:
    """All have signed: the entry in whose place it stands says so from now on (R35, R37)."""
    relation = version.relates_to
    if relation is None or relation.code != "replaces":
        return
    old = entries.latest_of(desk.db, [relation.entry]).get(relation.entry)
    if old is not None and old.state is State.SIGNED:
        entries.set_state(desk.db, old.entry, old.number, lifecycle.after(old.state, Event.REPLACE), open_slots=())
        desk.note("entry.replaced", encounter=old.encounter, entry=old.entry,
                  facts={"number": old.number, "by": str(version.entry), "reason": relation.reason})


def _before(desk: Desk, scene: Scene, version: Version) -> Before | None:
    correction = version.correction
    latest = next((one for one in scene.versions if correction and one.number == correction.of_version), None)
    if correction is None or latest is None or latest.encounter != scene.place.id:
        return None
    known = {one.number for one in scene.versions}
    restored = correction.restores if correction.restores in known else None
    return Before(
        _version(desk, scene, version.entry, latest.number), latest.state,
        _version(desk, scene, version.entry, restored) if restored is not None else None,
        amendments.permission(desk.db, scene.key, version.entry, latest.number))


def _target(desk: Desk, scene: Scene, version: Version) -> Target | None:
    relation = version.relates_to
    if relation is None or relation.entry == version.entry:
        return None
    base.lock(desk.db, "entry", relation.entry)
    found = entries.latest_of(desk.db, [relation.entry]).get(relation.entry)
    if found is None or found.encounter != scene.place.id:
        return None
    return Target(_version(desk, scene, found.entry, found.number), found.sha256, found.state)


def _version(desk: Desk, scene: Scene, entry: UUID, number: int) -> Version:
    return canonical.decode(entries.body(desk.db, scene.key, entry, number))
