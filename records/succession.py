"""What may come after a signed version, and in its place: corrected, restored, replaced, or added to (R31-R37)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from records.entries import RelatesTo, State, Version, changes
from records.errors import Reason
from records.forms import Amending, EntryKind, Role

RESTORERS = frozenset({Role.WARD_HEAD, Role.RECORDS_OFFICE})
"""R34: who may let a text be restored; a right of its own, whoever wrote or signed the text."""
REASON_LENGTH = 5
"""R32: a reason has at least this many characters."""


@dataclass(frozen=True)
class Permission:
    """Somebody with the right let a version be restored (R34)."""

    restores: int
    reason: str
    permitted_by: str
    """Title and name."""


@dataclass(frozen=True)
class Before:
    """What a new version of an entry comes after."""

    version: Version
    state: State
    restored: Version | None = None
    """The version whose text the new one says that it takes up again."""
    permission: Permission | None = None
    """The newest one for exactly this place."""


@dataclass(frozen=True)
class Target:
    """The entry that a new one relates to, as it is on file."""

    version: Version
    """Its latest version."""
    sha256: str
    state: State


def changed_fields(old: Version, new: Version, kind: EntryKind) -> tuple[str, ...]:
    """Keys of the fields that differ, in the form's order: what `Correction.changed` says."""
    labels = {field.key: field.label for field in kind.fields}
    return tuple(change.key for change in changes(old, new, labels))


def follows(new: Version, kind: EntryKind, before: Before) -> Iterator[Reason]:
    """Why a version may not come after the one on file; its number and SHA-256 are asked elsewhere (R32-R37)."""
    correction = new.correction
    if correction is None:
        return
    if correction.changed != changed_fields(before.version, new, kind):
        yield Reason("correction_changes_differ")
    if why := may_not_follow(kind, before.state, restores=correction.restores is not None):
        yield why
    if correction.restores is not None:
        yield from _restored(new, before)
    elif correction.permitted_by is not None:
        yield Reason("restore_not_permitted")
    if new.relates_to != before.version.relates_to:
        yield Reason("relation_differs")


def may_not_follow(kind: EntryKind, state: State, *, restores: bool) -> Reason | None:
    """Why the latest version, in this state, has no successor of that sort; None: it may have one."""
    if state is State.REPLACED:
        return Reason("entry_was_replaced")
    if state is State.CANCELLED and not restores:
        return Reason("cancelled_is_restored")
    if kind.amending is Amending.REPLACE and state is State.SIGNED:
        return Reason("issued_is_replaced", kind.name)
    return None


def may_restore(kind: EntryKind, latest: int, state: State, restores: int) -> Reason | None:
    """Why the text of a version may not be taken up again now; None: it may (R34)."""
    if not 1 <= restores <= latest or (restores == latest and state is not State.CANCELLED):
        return Reason("nothing_to_restore")
    return may_not_follow(kind, state, restores=True)


def _restored(new: Version, before: Before) -> Iterator[Reason]:
    """R34: exactly the old text, and exactly what somebody with the right has let be restored."""
    correction, old, given = new.correction, before.restored, before.permission
    if correction is None:
        return
    if given is None or (given.restores, given.reason, given.permitted_by) != (
            correction.restores, correction.reason, correction.permitted_by):
        yield Reason("restore_not_permitted")
    if old is None or (old.values, old.occurred_at, old.form) != (new.values, new.occurred_at, new.form):
        yield Reason("restored_text_differs")


def relates(new: Version, kind: EntryKind, target: Target | None) -> Iterator[Reason]:
    """Why an entry may not begin as what it says it is: in another's place (R35, R37), or added to one (R31)."""
    relation = new.relates_to
    if new.version > 1:
        return
    if kind.addendum and (relation is None or relation.code != "appends"):
        yield Reason("addendum_to_nothing", kind.name)
    if relation is None:
        return
    if len(relation.reason.strip()) < REASON_LENGTH:
        yield Reason("correction_reason_missing", facts={"least": REASON_LENGTH})
    if target is None or (target.version.entry, target.version.version, target.sha256) != (
            relation.entry, relation.version, relation.sha256):
        yield Reason("relation_to_other_version")
    elif target.version.stay.id != new.stay.id:
        yield Reason("file_of_other_encounter")
    elif relation.code == "replaces":
        yield from _replaces(new, relation, kind, target)
    elif not kind.addendum:
        yield Reason("not_an_addendum", kind.name)


def _replaces(new: Version, relation: RelatesTo, kind: EntryKind, target: Target) -> Iterator[Reason]:
    """R37: the same form, after it was issued, for a reason of the list; its number goes on where the form says so."""
    same = (target.version.form.code, target.version.form.kind) == (new.form.code, new.form.kind)
    if kind.amending is not Amending.REPLACE or not same:
        yield Reason("not_replaceable", kind.name)
    elif target.state is not State.SIGNED:
        yield Reason("replaces_unissued", kind.name)
    if kind.replaced_for and not relation.reason.startswith(kind.replaced_for):
        yield Reason("replaced_for_other_reason", kind.name)
    for key in kind.keeps:
        if new.values.get(key) != target.version.values.get(key):
            yield Reason("replacement_keeps", key)


def name_of_target(relation: RelatesTo) -> str:
    """How paper and screen name it: «Giấy ra viện 10:05 17/11/2026, phiên bản 1»."""
    return f"{relation.named}, phiên bản {relation.version}"
