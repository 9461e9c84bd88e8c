"""The catalogue's signing orders: each row is read, and every order of its signatures is walked through the policy."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from records.entries import State
from records.errors import Refusal
from records.forms import EntryKind, Holder, Role, SignatureSlot, all_forms
from records.policy import Case, Refused, SignedSlot, SlotState, may_sign, standing, wanted
from records.signing_order import SEAL, CatalogueForm, Order, Step, catalogue, holders, parse
from tests.records import factories as make

SIGNED = [one for one in catalogue() if one.order is not None]


def told_apart(notation: str) -> dict[str, tuple[int, bool]]:
    """Key -> (stage, may be left out), read off the letters alone: another way than the parser's, as its judge."""
    found: dict[str, tuple[int, bool]] = {}
    stage, depth, at, optional_from = 0, 0, 0, -1
    while at < len(notation):
        letter = notation[at]
        if letter == "(":
            depth += 1
            begins = notation[at + 1]
            if begins == ">" or (begins.isupper() and notation[at + 2] != ")"):
                optional_from = depth
            elif begins == "+":
                found["dau"] = (stage + 1, False)
        elif letter == ")":
            optional_from = -1 if optional_from == depth else optional_from
            depth -= 1
        elif letter == ">":
            stage += 1
        else:
            name = next((name for name in sorted(holders(), key=len, reverse=True)
                         if notation.startswith(name, at) and (depth == 0 or optional_from == depth)), "")
            if name:
                part = notation[at + len(name):at + len(name) + 3]
                key = name.lower().replace("/", "_")
                key += f"_{part[1].lower()}" if part[:1] == "(" and part[1:2].isupper() and part[2:] == ")" else ""
                found[key] = (stage, optional_from > 0)
                at += len(name) - 1
        at += 1
    return found


def may_come(key: str, signed: list[str], steps: dict[str, tuple[int, bool]]) -> bool:
    """What the notation says in plain words."""
    stage, optional = steps[key]
    waits = [other for other, (earlier, left_out) in steps.items() if earlier < stage and (not left_out or optional)]
    later = [other for other in signed if steps[other][0] > stage]
    return key not in signed and set(waits) <= set(signed) and not (optional and later)


def orders(steps: dict[str, tuple[int, bool]], signed: list[str]) -> Iterator[list[str]]:
    """Every state that lawful signing can reach."""
    yield signed
    for key in steps:
        if may_come(key, signed, steps):
            yield from orders(steps, [*signed, key])


def kind_of(order: Order) -> EntryKind:
    return EntryKind(key="paper", name="Văn bản", writers=(Role.DOCTOR,), sections=(), slots=order.slots())


def case_after(kind: EntryKind, signed: list[str]) -> Case:
    done = tuple(SignedSlot(key, make.DOCTOR, make.NOW) for key in signed)
    return make.case(kind, signed=done, state=State.PARTLY_SIGNED if done else State.DRAFT)


@pytest.mark.parametrize("paper", SIGNED, ids=lambda paper: paper.code)
def test_every_order_of_a_forms_signatures_is_open_or_refused_as_its_notation_says(paper: CatalogueForm) -> None:
    order = paper.order
    assert order is not None
    steps, kind = told_apart(paper.notation), kind_of(order)
    assert {step.key: step.optional for step in order.steps} == {key: left for key, (_, left) in steps.items()}
    forbidden = 0
    for signed in orders(steps, []):
        case = case_after(kind, signed)
        assert wanted(case) == tuple(one for one in standing(case)
                                     if one.state is SlotState.OPEN and not one.slot.optional)
        for one in standing(case):
            lawful = may_come(one.slot.key, signed, steps)
            assert (one.state is SlotState.OPEN) == lawful, (signed, one.slot.key)
            if one.slot.holder is Holder.PERSON:
                person = make.person(roles=frozenset(one.slot.roles))
                answer = may_sign(person, one.slot.key, case, make.TODAY)
                assert isinstance(answer, Refused) != lawful, (signed, one.slot.key)
                if isinstance(answer, Refused):
                    assert {reason.code for reason in answer.reasons} <= {
                        "slot_already_signed", "slot_waits_for_slot", "slot_shut"}
            forbidden += not lawful
    assert forbidden


@pytest.mark.parametrize("paper", SIGNED, ids=lambda paper: paper.code)
def test_only_the_named_roles_fill_a_slot(paper: CatalogueForm) -> None:
    """R2: each slot of each form, asked by each role of the house."""
    order = paper.order
    assert order is not None
    kind = kind_of(order)
    for step, slot in zip(order.steps, kind.slots, strict=True):
        before = [other.key for other in kind.slots if other.key in slot.after]
        for role in Role:
            answer = may_sign(make.person(roles=frozenset({role})), slot.key, case_after(kind, before), make.TODAY)
            codes = {reason.code for reason in answer.reasons} if isinstance(answer, Refused) else set()
            named = slot.holder is Holder.PERSON and role in holders()[step.name].roles
            assert not codes if named else codes & {"role_may_not_sign", "slot_of_patient", "slot_of_organisation"}


def test_the_catalogue_holds_all_forms_of_the_circular_once() -> None:
    codes = [one.code for one in catalogue()]
    assert len(codes) == len(set(codes)) == 106
    assert {f"{number:02}/BV1" for number in range(1, 30)} | {f"{number:02}/BV2" for number in range(1, 54)} <= {*codes}
    assert [one.code for one in catalogue() if one.order is None] == ["54/BV2", "55/BV2"]


@pytest.mark.parametrize(("notation", "stages", "remarks"), [
    ("PHAU_THUAT_VIEN|BS_GAY_ME>NGUOI_BENH", [["PHAU_THUAT_VIEN", "BS_GAY_ME"], ["NGUOI_BENH"]], ()),
    ("THU_KY>CHU_TOA(>GIAM_DOC)", [["THU_KY"], ["CHU_TOA"], ["?GIAM_DOC"]], ()),
    ("(BS_DIEU_TRI>TRUONG_KHOA nội bộ)>DAI_DIEN_DON_VI(+dấu)",
     [["?BS_DIEU_TRI"], ["?TRUONG_KHOA"], ["DAI_DIEN_DON_VI"], ["DAU"]], ("nội bộ", "dấu")),
    ("DIEU_DUONG (mỗi lần đo)", [["DIEU_DUONG"]], ("mỗi lần đo",)),
])
def test_a_notation_is_read_into_stages(notation: str, stages: list[list[str]], remarks: tuple[str, ...]) -> None:
    order = parse(notation)
    assert [[f"{'?' if step.optional else ''}{step.name}" for step in stage] for stage in order.stages] == stages
    assert order.remarks == remarks


@pytest.mark.parametrize("notation", [
    "", "-", "THU_KY>", ">THU_KY", "THU_KY>>CHU_TOA", "THU_KY|", "NGUOI_LA", "THU_KY>(CHU_TOA", "THU_KY CHU_TOA",
    "THU_KY)", "bác sĩ",
])
def test_a_notation_that_means_nothing_is_refused(notation: str) -> None:
    with pytest.raises(Refusal, match="cannot be read at letter"):
        parse(notation)


def chain_of(code: str) -> tuple[SignatureSlot, ...]:
    """The slots of a built form, kind after kind in the order in which they wait for each other."""
    built = next(form for form in all_forms() if form.code == code)
    return tuple(slot for kind in built.kinds for slot in kind.slots)


@pytest.mark.parametrize("code", sorted({form.code for form in all_forms()} & {one.code for one in catalogue()}))
def test_a_built_forms_slots_are_the_catalogues(code: str) -> None:
    order = next(one for one in SIGNED if one.code == code).order
    assert order is not None
    slots = chain_of(code)
    assert [slot.optional for slot in slots] == [step.optional for step in order.steps]
    for slot, step in zip(slots, order.steps, strict=True):
        holder = holders()[step.name]
        assert slot.holder is holder.holder
        assert set(slot.roles) <= set(holder.roles), (slot.key, step.name)


def test_the_seal_comes_last() -> None:
    assert parse("NGUOI_HANH_NGHE>DAI_DIEN_DON_VI(+dấu)").stages[-1] == (Step(SEAL),)
