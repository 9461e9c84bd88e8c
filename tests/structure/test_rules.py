"""docs/rules.md says what the code says: each rule of signing stands in it, and what is claimed to be code is there."""

from __future__ import annotations

import pytest

from scripts.rules import TARGET, mentions, page, rules


def test_the_page_of_rules_is_what_the_code_says() -> None:
    assert TARGET.read_text("utf-8") == page(), "python -m scripts.rules writes it anew"


def test_every_rule_of_signing_is_listed() -> None:
    assert {f"R{number}" for number in range(1, 56)} | {"R19a", "R19b", "R19c"} == set(rules())


@pytest.mark.parametrize("rule", [name for name, told in rules().items() if told["state"] in ("code", "setting")])
def test_what_is_claimed_to_be_code_names_its_rule(rule: str) -> None:
    assert mentions().get(rule)


@pytest.mark.parametrize("rule", [name for name, told in rules().items() if told["state"] in ("later", "people")])
def test_what_is_not_enforced_says_why(rule: str) -> None:
    assert rules()[rule]["why"]
