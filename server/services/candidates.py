"""Who can fill a slot, as every list names them: exactly those whom `records.policy` would not refuse for who they are.

Who signs in another's place (R29) is named apart, beside the giver.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from uuid import UUID

from records import policy
from records.forms import Role
from records.policy import Person
from server.store.waiting import Signer

EVERYWHERE = frozenset({Role.DIRECTOR, Role.RECORDS_OFFICE})
"""Roles whose work is in every ward."""
NAMES = 3
"""So many of them are named."""


def able(everybody: Iterable[Signer], roles: Collection[Role], ward: UUID, on: date) -> tuple[Signer, ...]:
    """Who holds one of the roles in the ward, or everywhere, and may practise on that day (R2, R9, R39)."""
    wanted = frozenset(roles)
    return tuple(one for one in everybody if one.roles & wanted
                 and (ward in one.wards or one.roles & wanted & EVERYWHERE) and may_practise(one, on))


def may_practise(one: Signer, on: date) -> bool:
    """Whether they work under a licence that is in force, where their role wants one (R9)."""
    return policy.in_practice(Person(id=one.id, full_name=one.name, title="", roles=one.roles, wards=one.wards,
                                     licence_no=one.licence_no, licence_until=one.licence_until), on)


def without(found: Collection[Signer], barred: Collection[UUID]) -> tuple[Signer, ...]:
    """Those who are not barred because their hand is in the paper already (R19b: two doctors)."""
    return tuple(one for one in found if one.id not in barred) if barred else tuple(found)
