"""What keeps a discharged record from being taken in, and from the archive: each point with its place (R25, R27-R30).

Nothing here blocks care (R25): it answers when the records office wants to take a record in, and when it is archived.
Which level of evidence is demanded is the hospital's dated setting; a weaker record may go in, and says how weak it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from records import policy
from records.deadlines import Clock, ClockKind, ClockState, spoken
from records.entries import EncounterState, FormRef, State
from records.errors import Reason
from records.evidence_demand import Step
from records.forms import EntryKind, Form, Role, SignatureSlot, all_forms, form
from records.policy import Case, SignedSlot, SlotState
from records.signatures import EvidenceLevel

Gravity = Literal["mend", "look"]
"""`mend`: it must be mended first; `look`: worth a look, it blocks nothing."""
_OF_ROLE = {Role.WARD_HEAD: "R28", Role.DIRECTOR: "R29"}
_WEAK = {EvidenceLevel.B: "closing_weak_b", EvidenceLevel.T: "closing_weak_t"}


class Act(StrEnum):
    """What people do with a discharged record; each is kept for ever."""

    CHECKED = "checked"
    """The ward head looked through it once more (R28)."""
    RETURNED = "returned"
    """The records office gave it back to the ward, with a remark."""
    COMPLETED = "completed"
    """The records office took it in (R23)."""
    ARCHIVED = "archived"
    """From now on nothing changes (R27)."""


@dataclass(frozen=True)
class Paper:
    """One entry of the record: its latest version that was not cancelled, or a draft."""

    entry: UUID
    number: int
    form: FormRef
    author: UUID
    author_name: str
    written_at: datetime
    occurred_at: datetime
    state: State
    file: str = ""
    signed: tuple[SignedSlot, ...] = ()
    level: EvidenceLevel | None = None
    """What its signatures can be proved by; None while somebody must still sign."""
    evidence_failed: tuple[Reason, ...] = ()
    """Why no evidence will ever come (a certificate was revoked before it signed)."""

    @property
    def kind(self) -> EntryKind:
        """Its kind in its edition."""
        return form(self.form.code, self.form.edition).kind(self.form.kind)


@dataclass(frozen=True)
class Record:
    """A whole record as the check sees it; the caller reads it from its store."""

    state: EncounterState
    ward: UUID
    papers: tuple[Paper, ...]
    clocks: tuple[Clock, ...] = ()
    unsettled: int = 0
    """Files that came late or wrong and that nobody decided on."""
    looked_at: datetime | None = None
    """When the ward head looked through it once more (R28)."""
    taken_in: str = ""
    """What the record held when it was taken in (`content`); empty when it was not, or was given back since."""

    @property
    def content(self) -> str:
        """SHA-256 over the newest file of each paper: the same as long as nothing is added, corrected or cancelled."""
        lines = sorted(f"{paper.entry} {paper.number} {paper.file}" for paper in self.papers if paper.file)
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    @property
    def level(self) -> EvidenceLevel:
        """What the whole record can be proved by: as little as the weakest of its fully signed papers."""
        levels = [paper.level or EvidenceLevel.B for paper in self.papers if paper.state is State.SIGNED]
        return min(levels, key=tuple(EvidenceLevel).index, default=EvidenceLevel.B)


@dataclass(frozen=True)
class Point:
    """One thing to see to: what, by which rule, where, for which step."""

    rule: str
    reason: Reason
    gravity: Gravity = "mend"
    entry: UUID | None = None
    slot: str = ""
    since: datetime | None = None
    only: Step | None = None
    """It blocks this step alone; None: every step."""


def points(record: Record, demands: Mapping[Step, EvidenceLevel], now: datetime) -> tuple[Point, ...]:
    """Everything that is to be seen to, what must be mended first."""
    found = (*_state(record), *_parts(record), *_open(record), *_unlooked(record), *_overdue(record, now),
             *_unsettled(record), *_evidence(record, demands), *_taken_in(record))
    return tuple(sorted(found, key=lambda point: point.gravity != "mend"))


def blocking(found: Iterable[Point], step: Step) -> tuple[Point, ...]:
    """R30: what keeps the record from this step. What keeps it from being taken in keeps it from the archive too."""
    steps = (None, Step.COMPLETE) if step is Step.COMPLETE else (None, Step.COMPLETE, Step.ARCHIVE)
    return tuple(point for point in found if point.gravity == "mend" and point.only in steps)


def head_signed_at(record: Record) -> datetime | None:
    """R28: when the ward head last signed the record's own papers, or looked through it once more."""
    signed = [slot.at for paper in record.papers if _is_record(paper.form.code, paper.form.edition)
              for slot in paper.signed if Role.WARD_HEAD in paper.kind.slot(slot.slot).roles
              and not paper.kind.gathers]
    return max((*signed, *((record.looked_at,) if record.looked_at else ())), default=None)


def _state(record: Record) -> Iterator[Point]:
    if record.state is EncounterState.ACTIVE:
        yield Point("R27", Reason("closing_not_discharged"))
    elif record.state is not EncounterState.CLOSED:
        yield Point("R27", Reason("record_archived"))


def _parts(record: Record) -> Iterator[Point]:
    """R30: the parts that each record has; the ward head's and the director's slots are among theirs."""
    whole = next((form(paper.form.code, paper.form.edition) for paper in record.papers
                  if _is_record(paper.form.code, paper.form.edition)), None)
    if whole is None:
        yield Point("R30", Reason("closing_record_missing"))
        return
    there = {paper.form.kind for paper in record.papers if paper.form.code == whole.code and paper.file}
    for kind in whole.kinds:
        if kind.deadline and kind.key not in there:
            yield Point("R30", Reason("closing_part_missing", kind.name, {"form": whole.printed_code}))


def _is_record(code: str, edition: str) -> bool:
    """A form that is a whole record: a part of it is due after admission (R20)."""
    return any(kind.deadline == "admission" for kind in _form(code, edition).kinds)


def _form(code: str, edition: str) -> Form:
    return next(each for each in all_forms() if (each.code, each.edition) == (code, edition))


def _open(record: Record) -> Iterator[Point]:
    """R30: drafts, and mandatory slots that nobody has signed."""
    for paper in record.papers:
        if not paper.file:
            yield Point("R30", Reason("closing_draft", paper.kind.name, {"author": paper.author_name}),
                        entry=paper.entry, since=paper.written_at)
        elif paper.state is State.PARTLY_SIGNED:
            yield from _slots(record, paper)


def _slots(record: Record, paper: Paper) -> Iterator[Point]:
    case = Case(kind=paper.kind, author=paper.author, state=paper.state, is_latest=True, encounter_state=record.state,
                ward=record.ward, signed=paper.signed, form=paper.form.code, written_at=paper.written_at,
                signed_kinds=frozenset(one.form.kind for one in record.papers
                                       if one.form.code == paper.form.code and one.state is State.SIGNED))
    for one in policy.standing(case):
        if one.slot.optional or one.state in (SlotState.SIGNED, SlotState.SHUT):
            continue
        yield Point(_rule_of(one.slot), Reason("closing_slot_open", one.slot.label, {"paper": paper.kind.name}),
                    entry=paper.entry, slot=one.slot.key, since=one.since)


def _rule_of(slot: SignatureSlot) -> str:
    return next((rule for role, rule in _OF_ROLE.items() if slot.roles == (role,)), "R30")


def _unlooked(record: Record) -> Iterator[Point]:
    """R28: what was written or corrected after the ward head's look was not looked at."""
    looked = head_signed_at(record)
    if looked is None:
        return
    for paper in record.papers:
        # By the server's clock: what was written on a PC without the server came only when it was sent.
        came = min((slot.at for slot in paper.signed), default=looked)
        if paper.file and not paper.kind.gathers and came > looked:
            yield Point("R28", Reason("closing_after_look", paper.kind.name), entry=paper.entry, since=came)


def _overdue(record: Record, now: datetime) -> Iterator[Point]:
    """R25: a clock that is past its end blocks closing until what it runs for is done."""
    for clock in record.clocks:
        if clock.state is ClockState.PAST and clock.kind is not ClockKind.UNSIGNED:
            yield Point("R25", Reason("closing_overdue", clock.label, {"span": spoken(now - clock.due)}),
                        since=clock.due)


def _unsettled(record: Record) -> Iterator[Point]:
    if record.unsettled:
        yield Point("R30", Reason("closing_unsettled", facts={"count": record.unsettled}))


def _evidence(record: Record, demands: Mapping[Step, EvidenceLevel]) -> Iterator[Point]:
    """R14, R16: what falls short of the level that the hospital demands; what is only weak is told."""
    for paper in record.papers:
        if paper.level is None:
            continue
        if paper.evidence_failed:
            yield Point("R14", Reason("closing_evidence_failed", paper.kind.name,
                                      {"why": paper.evidence_failed[0].vietnamese}), entry=paper.entry)
            continue
        short = next((step for step in Step if not paper.level.reaches(demands[step])), None)
        if short is not None:
            told = {"level": f"B-{paper.level.value}", "wanted": f"B-{demands[short].value}"}
            yield Point("R16", Reason("evidence_below_demand", paper.kind.name, told), entry=paper.entry, only=short)
    if record.level in _WEAK:
        yield Point("R16", Reason(_WEAK[record.level]), "look")


def _taken_in(record: Record) -> Iterator[Point]:
    """R23: only what was taken in is archived, and only as it was when it was taken in."""
    if not record.taken_in:
        yield Point("R23", Reason("closing_not_taken_in"), only=Step.ARCHIVE)
    elif record.taken_in != record.content:
        yield Point("R23", Reason("closing_changed_since"), only=Step.ARCHIVE)


def names(found: Sequence[Point]) -> tuple[Reason, ...]:
    """The points as the reasons of a refusal."""
    return tuple(point.reason for point in found)
