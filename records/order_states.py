"""Where an imaging order stands, as one table: the first fact that holds decides, so that it can be made anew any time.

Its facts come from different hands (a doctor signs, a device asks, another sends images) in no certain order; a chain
of transitions would refuse the images of a device that sends no MPPS.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum


class OrderState(StrEnum):
    """Where an order stands."""

    ORDERED = "ordered"
    LISTED = "listed"
    """A device has it on its worklist."""
    TAKEN = "taken"
    REPORTED = "reported"
    """A result is written and not signed by all."""
    SIGNED = "signed"
    CANCELLED = "cancelled"


class Fact(StrEnum):
    """What is known of an order."""

    WITHDRAWN = "withdrawn"
    """Its entry was cancelled, or corrected so that it orders something else."""
    RESULT_SIGNED = "result_signed"
    RESULT_BEGUN = "result_begun"
    IMAGES = "images"
    """Images are here that bear its number or its study's UID."""
    PERFORMED = "performed"
    """A device said that it completed it (MPPS)."""
    GIVEN = "given"
    """A device was answered with it."""


STATES: tuple[tuple[Fact, OrderState], ...] = (
    (Fact.WITHDRAWN, OrderState.CANCELLED),
    (Fact.RESULT_SIGNED, OrderState.SIGNED),
    (Fact.RESULT_BEGUN, OrderState.REPORTED),
    (Fact.IMAGES, OrderState.TAKEN),
    (Fact.PERFORMED, OrderState.TAKEN),
    (Fact.GIVEN, OrderState.LISTED),
)
OPEN = frozenset({OrderState.ORDERED, OrderState.LISTED})
"""In these an order is on the worklist."""


def state_of(facts: Collection[Fact]) -> OrderState:
    """The state of an order of which these facts are known."""
    return next((state for fact, state in STATES if fact in facts), OrderState.ORDERED)
