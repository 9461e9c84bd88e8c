"""One-time codes (R7): which telephone, bound to which text, and why one does not count any more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from records.one_time_codes import TRIES, Bound, Event, Standing, check_mark, masked, phone_number, phone_numbers
from records.one_time_codes import refused as judged
from tests.records.factories import NOW

BOUND = Bound(UUID(int=1), "0912345678", UUID(int=2), 1, "ab" * 32, "cd" * 32)
SALT = b"salt" * 8
SENT, WRONG, RIGHT, FAILED = Event.SENT, Event.WRONG, Event.RIGHT, Event.FAILED


@pytest.mark.parametrize(("typed", "found"), [
    ("0912345678", "0912345678"), (" 0912 345 678 ", "0912345678"), ("+84912345678", "0912345678"),
    ("84 91.234.56-78", "0912345678"), ("0212345678", ""), ("091234567", ""), ("09123456789", ""), ("a", ""), ("", ""),
])
def test_only_a_mobile_number_is_one(typed: str, found: str) -> None:
    assert phone_number(typed) == found


def test_numbers_are_found_in_what_people_write_of_their_kin() -> None:
    assert phone_numbers("Con gái: Lan, 0912 345 678; nhà: 0269.123456") == {"0912345678"}
    assert phone_numbers("") == frozenset()


def test_a_masked_number_shows_its_ends_only() -> None:
    assert masked("0912345678") == "09*****678"
    assert check_mark("3f2a9c" + "0" * 58) == "3F2A9C"


@pytest.mark.parametrize("change", [
    {"transaction": UUID(int=9)}, {"phone": "0912345679"}, {"entry": UUID(int=9)}, {"number": 2}, {"sha256": "00" * 32},
    {"file_sha256": "00" * 32},
], ids=lambda change: next(iter(change)))
def test_a_code_is_another_one_for_anything_else(change: dict[str, object]) -> None:
    assert BOUND.proof(SALT, "123456") == BOUND.proof(SALT, "123456")
    assert BOUND.proof(SALT, "123456") != BOUND.proof(SALT, "123457")
    assert BOUND.proof(SALT, "123456") != BOUND.proof(b"x" * 32, "123456")
    assert replace(BOUND, **change).proof(SALT, "123456") != BOUND.proof(SALT, "123456")  # type: ignore[arg-type]


@pytest.mark.parametrize(("events", "changes", "code"), [
    ([SENT], {}, ""), ([SENT, *[WRONG] * (TRIES - 1)], {}, ""),
    ([SENT, *[WRONG] * TRIES], {}, "code_spent"), ([SENT, RIGHT], {}, "code_used"), ([FAILED], {}, "code_not_sent"),
    ([], {}, "code_not_sent"), ([SENT], {"ends_at": NOW - timedelta(seconds=1)}, "code_expired"),
    ([SENT], {"latest": False}, "code_replaced"), ([SENT], {"same_text": False}, "code_for_other_text"),
    ([SENT, RIGHT], {"ends_at": NOW - timedelta(days=1), "same_text": False}, "code_used"),
], ids=str)
def test_why_a_code_does_not_count(events: Sequence[Event], changes: dict[str, object], code: str) -> None:
    good = Standing(NOW + timedelta(minutes=5), events, latest=True, same_text=True)
    why = judged(replace(good, **changes), NOW)  # type: ignore[arg-type]
    assert (why.code if why else "") == code
