"""What keeps a record from being taken in and from the archive (R14, R16, R25, R27-R30), as values."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from records import closing
from records.closing import Paper, Record
from records.deadlines import StayFacts, clocks
from records.entries import EncounterState, FormRef, State
from records.errors import Reason
from records.evidence_demand import Step
from records.forms import Role, all_forms
from records.policy import SignedSlot
from records.signatures import EvidenceLevel

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
ONE = UUID("01920000-0000-7000-8000-000000000001")
KINDS = ("part_a", "part_b", "cover", "closing")
SLOTS = {"part_a": ("doctor",), "part_b": ("doctor",), "cover": ("ward_head", "director"),
         "closing": ("giver", "receiver")}
NOTHING = dict.fromkeys(Step, EvidenceLevel.B)


def paper(kind: str, hour: int, **changes: object) -> Paper:
    at = NOW - timedelta(hours=20 - hour)
    good = Paper(
        UUID(int=hour + 1), 1, FormRef(code="01/BV1", edition="2024-01-01", kind=kind), ONE, "Lê Thu Hà", at, at,
        State.SIGNED, f"{hour:064d}", tuple(SignedSlot(slot, ONE, at) for slot in SLOTS[kind]), EvidenceLevel.LT)
    return replace(good, **changes)  # type: ignore[arg-type]  # a test's shorthand


def record(*changed: Paper, **facts: object) -> Record:
    papers = {kind: paper(kind, hour) for hour, kind in enumerate(KINDS)} | {one.form.kind: one for one in changed}
    whole = Record(state=EncounterState.CLOSED, ward=ONE, papers=tuple(papers.values()))
    return replace(whole, **{"taken_in": whole.content, **facts})  # type: ignore[arg-type]  # a test's shorthand


def told(found: Record, demands: dict[Step, EvidenceLevel] = NOTHING) -> list[tuple[str, str]]:
    return [(point.rule, point.reason.code) for point in closing.points(found, demands, NOW)]


def test_a_whole_record_has_no_point() -> None:
    assert told(record()) == []


def test_each_form_that_is_a_record_has_the_ward_heads_and_the_directors_slot() -> None:
    """R28, R29: so a record whose mandatory slots are signed was signed by both."""
    for form in all_forms():
        if any(kind.deadline == "admission" for kind in form.kinds):
            roles = {role for kind in form.kinds for slot in kind.slots if not slot.optional for role in slot.roles}
            assert {Role.WARD_HEAD, Role.DIRECTOR, Role.RECORDS_OFFICE} <= roles, form.code


@pytest.mark.parametrize("kind", KINDS)
def test_a_missing_part_is_told(kind: str) -> None:
    here = record()
    without = replace(here, papers=tuple(one for one in here.papers if one.form.kind != kind), taken_in="")
    assert ("R30", "closing_part_missing" if len(without.papers) else "closing_record_missing") in told(without)


def test_a_stay_without_any_record_form_says_so() -> None:
    assert ("R30", "closing_record_missing") in told(replace(record(), papers=()))


def test_open_slots_name_the_rule_of_whose_they_are() -> None:
    at = NOW - timedelta(hours=18)
    by_head = paper("cover", 2, state=State.PARTLY_SIGNED, signed=(SignedSlot("ward_head", ONE, at),), level=None)
    assert told(record(by_head)) == [("R29", "closing_slot_open")]
    (point,) = closing.points(record(by_head), NOTHING, NOW)
    assert (point.slot, point.since) == ("director", at), "it waits since the slot before it was signed"
    nobody = paper("cover", 2, state=State.PARTLY_SIGNED, signed=(), level=None)
    assert ("R28", "closing_slot_open") in told(record(nobody))


def test_a_draft_holds_the_record_up_and_changes_nothing_of_what_it_holds() -> None:
    draft = replace(paper("part_a", 9), state=State.DRAFT, file="", number=0, signed=(), level=None)
    here = record()
    with_draft = replace(here, papers=(*here.papers, draft))
    assert with_draft.content == here.content
    assert ("R30", "closing_draft") in told(with_draft)


def test_what_the_ward_head_could_not_have_read_wants_a_second_look() -> None:
    later = paper("part_b", 15)
    assert told(record(later)) == [("R28", "closing_after_look")]
    assert told(record(later, looked_at=NOW - timedelta(hours=1))) == []


def test_a_clock_past_its_end_blocks_and_a_running_one_does_not() -> None:
    """R25 with R23: 24 hours after discharge."""
    for hours, expected in ((23, []), (25, [("R25", "closing_overdue")])):
        stay = StayFacts(NOW - timedelta(days=3), emergency=False, record_signed_at=NOW - timedelta(days=2),
                         discharged_at=NOW - timedelta(hours=hours))
        assert told(record(clocks=clocks(stay, NOW))) == expected


def test_evidence_below_the_demand_blocks_the_step_that_demands_it() -> None:
    weak = record(paper("part_a", 0, level=EvidenceLevel.T))
    assert told(weak) == [("R16", "closing_weak_t")]
    archive = {Step.COMPLETE: EvidenceLevel.B, Step.ARCHIVE: EvidenceLevel.LT}
    found = closing.points(weak, archive, NOW)
    assert closing.blocking(found, Step.COMPLETE) == ()
    assert [point.reason.code for point in closing.blocking(found, Step.ARCHIVE)] == ["evidence_below_demand"]
    complete = closing.points(weak, dict.fromkeys(Step, EvidenceLevel.LT), NOW)
    assert len(closing.blocking(complete, Step.COMPLETE)) == 1
    assert len(closing.blocking(complete, Step.ARCHIVE)) == 1


def test_a_signature_that_can_never_be_proved_blocks_at_every_level() -> None:
    """R14: its certificate was revoked before it signed."""
    why = Reason("certificate_revoked_before", "Lê Thu Hà", {"at": "24/11/2026", "signed": "25/11/2026"})
    failed = paper("part_a", 0, level=EvidenceLevel.T, evidence_failed=(why,))
    found = closing.points(record(failed), NOTHING, NOW)
    assert [(point.rule, point.reason.code) for point in closing.blocking(found, Step.COMPLETE)] == [
        ("R14", "closing_evidence_failed")]


def test_a_record_is_as_strong_as_its_weakest_paper() -> None:
    assert record().level is EvidenceLevel.LT
    assert record(paper("cover", 2, level=EvidenceLevel.B)).level is EvidenceLevel.B


def test_only_what_was_taken_in_as_it_is_goes_to_the_archive() -> None:
    for taken_in, code in (("", "closing_not_taken_in"), ("0" * 64, "closing_changed_since")):
        found = closing.points(record(taken_in=taken_in), NOTHING, NOW)
        assert closing.blocking(found, Step.COMPLETE) == ()
        assert [point.reason.code for point in closing.blocking(found, Step.ARCHIVE)] == [code]


@pytest.mark.parametrize(("state", "code"), [
    (EncounterState.ACTIVE, "closing_not_discharged"), (EncounterState.ARCHIVED, "record_archived")])
def test_the_state_of_the_encounter_comes_first(state: EncounterState, code: str) -> None:
    assert told(record(state=state))[0] == ("R27", code)


def test_files_that_nobody_settled_hold_the_record_up() -> None:
    assert told(record(unsettled=2)) == [("R30", "closing_unsettled")]
