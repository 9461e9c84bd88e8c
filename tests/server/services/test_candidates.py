"""Those whom a list names for a slot are those whom the policy lets sign it: every slot of every form, many people."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product
from uuid import UUID

import pytest

from records.entries import EncounterState
from records.forms import EntryKind, Form, Holder, Role, SignatureSlot, all_forms
from records.policy import Allowed, Person, SignedSlot, barred, may_sign
from server.services import candidates
from server.store.waiting import Signer
from tests.records import factories as make

ELSEWHERE = UUID(int=990)
AUTHOR, FIRST = UUID(int=501), UUID(int=502)
LICENCES: tuple[tuple[str, date | None], ...] = (
    ("", None), ("1/CCHN", None), ("1/CCHN", make.TODAY), ("1/CCHN", make.TODAY - timedelta(days=1)))


def everybody() -> list[Signer]:
    """Each role in each ward with each kind of licence; two of them have their hand in the paper already."""
    found = [
        Signer(UUID(int=1000 + number), f"Người {number}", frozenset({role}), frozenset({ward}), *licence)
        for number, (role, ward, licence) in enumerate(product(Role, (make.WARD, ELSEWHERE), LICENCES))]
    hands = [Signer(who, "Có chữ ký rồi", frozenset({Role.DOCTOR, Role.WARD_HEAD}), frozenset({make.WARD}), "2/CCHN")
             for who in (AUTHOR, FIRST)]
    return [*found, *hands]


def as_person(one: Signer) -> Person:
    return Person(id=one.id, full_name=one.name, title="BS.", roles=one.roles, wards=one.wards,
                  licence_no=one.licence_no, licence_until=one.licence_until)


def before(kind: EntryKind, slot: SignatureSlot) -> tuple[SignedSlot, ...]:
    """All that comes first, and the slots that want another hand, signed by one person."""
    earlier = {*slot.after, *slot.other_than}
    return tuple(SignedSlot(each.key, FIRST, make.NOW) for each in kind.slots if each.key in earlier)


@pytest.mark.parametrize("form", all_forms(), ids=lambda form: f"{form.code} {form.edition}")
def test_a_list_names_exactly_whom_the_policy_lets_sign(form: Form) -> None:
    people, asked = everybody(), 0
    for kind in form.kinds:
        for slot in kind.slots:
            if slot.holder is not Holder.PERSON or slot.author:
                continue
            asked += 1
            signed = before(kind, slot)
            state = EncounterState.ARCHIVED if kind.addendum else EncounterState.ACTIVE
            case = make.case(kind, author=AUTHOR, signed=signed, form=form.code, signed_kinds=frozenset(kind.after),
                             encounter_state=state)
            named = candidates.without(candidates.able(people, slot.roles, make.WARD, make.TODAY),
                                       barred(slot, kind, AUTHOR, signed))
            allowed = [one for one in people
                       if isinstance(may_sign(as_person(one), slot.key, case, make.TODAY), Allowed)]
            assert [one.id for one in named] == [one.id for one in allowed], (kind.key, slot.key)
            assert named, (kind.key, slot.key)
    assert asked or all(slot.author or slot.holder is not Holder.PERSON for kind in form.kinds for slot in kind.slots)
