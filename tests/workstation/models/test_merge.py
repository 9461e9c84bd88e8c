"""Two texts of one entry: nothing that either wrote is lost without a person's choice."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation.models.merge import joined, merge

KEYS = st.sampled_from(["plan", "objective", "assessment"])
TEXTS = st.dictionaries(KEYS, st.sampled_from(["một", "hai", "ba"]))


@given(base=TEXTS, mine=TEXTS, theirs=TEXTS)
def test_each_field_is_mine_or_theirs_and_a_clash_is_never_silent(
    base: dict[str, Any], mine: dict[str, Any], theirs: dict[str, Any],
) -> None:
    merged = merge(base, mine, theirs)
    for key in {*base, *mine, *theirs}:
        i_changed, they_changed = mine.get(key) != base.get(key), theirs.get(key) != base.get(key)
        if i_changed and they_changed and mine.get(key) != theirs.get(key):
            assert key in merged.clashes
        else:
            assert key not in merged.clashes
            assert merged.values.get(key) == (mine if i_changed else theirs).get(key)


@given(mine=TEXTS, theirs=TEXTS)
def test_without_a_common_text_only_what_one_alone_wrote_is_taken_silently(
    mine: dict[str, Any], theirs: dict[str, Any],
) -> None:
    merged = merge(None, mine, theirs)
    assert set(merged.clashes) == {key for key in mine if key in theirs and mine[key] != theirs[key]}
    assert set(merged.values) == {*mine, *theirs}


@given(base=TEXTS, mine=TEXTS)
def test_an_unchanged_text_changes_nothing(base: dict[str, Any], mine: dict[str, Any]) -> None:
    assert merge(base, mine, base).values == mine
    assert merge(base, base, mine).values == mine


@pytest.mark.parametrize(("mine", "theirs", "both"), [
    ("tôi", "Nga", "Nga\ntôi"), (["a", "b"], ["b", "c"], ["b", "c", "a"]), (96, 98, 96), (None, 98, 98),
    ({"text": "x"}, {"text": "y"}, {"text": "x"}),
])
def test_joining_keeps_both_where_a_field_can_hold_both(mine: Any, theirs: Any, both: Any) -> None:
    assert joined(mine, theirs) == both
