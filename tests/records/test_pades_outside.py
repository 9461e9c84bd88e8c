"""Judges that are not ours, on the same files: `tests/judges.md` says what each says, and is asked again here."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from server.demo.pki import Issued
from tests.forgeries import evidence_files, expected, files, outside, people, signing, trust

TABLE = Path(__file__).parents[1] / "judges.md"
MAKERS: dict[str, Callable[[], bytes]] = {
    "good": signing.good, "good_with_two": signing.good_with_two, "stamped": trust.stamped, "lasting": trust.lasting,
    "lasting_without_stamp": trust.lasting_without_stamp,
    **{row[0].__name__: row[0] for row in expected.REFUSED},
}
OURS = {row[0].__name__: f"{row[1].value}: {row[2]}" for row in expected.REFUSED}


def rows() -> dict[str, list[str]]:
    """The second table of the page: file -> what each judge says."""
    lines = TABLE.read_text("utf-8").partition("| File |")[2].splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {name: told for name, *told in cells}


def test_the_table_has_every_file_and_our_own_answer() -> None:
    table = rows()
    assert set(table) == set(MAKERS)
    assert {name: told[-1] for name, told in table.items() if name in OURS} == OURS


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_the_outside_judges_say_what_the_table_says(
    name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.CRITICAL)
    file = MAKERS[name]()
    told = ["passes" if judge(file, tmp_path) else "**refuses**" for judge in outside.JUDGES.values()]
    assert told == rows()[name][:-1]


@pytest.mark.parametrize("person", [people.doctor_on_curve, people.doctor_on_long_curve])
def test_every_outside_judge_passes_an_elliptic_signature(person: Callable[[], Issued], tmp_path: Path) -> None:
    file = signing.good(person)
    assert [name for name, judge in outside.JUDGES.items() if not judge(file, tmp_path)] == []


@pytest.mark.parametrize(("make", "indication"), [
    (trust.lasting, "OK"),
    (trust.stamped, "CERTIFICATE_CHAIN_GENERAL_FAILURE"),
    (evidence_files.revoked_before_the_stamp, "REVOKED_NO_POE"),
    (evidence_files.authority_revoked_before_the_stamp, "REVOKED_CA_NO_POE"),
    (evidence_files.evidence_of_another_person, "CERTIFICATE_CHAIN_GENERAL_FAILURE"),
    (evidence_files.time_stamp_of_another_signature, "CERTIFICATE_CHAIN_GENERAL_FAILURE"),
    (files.byte_flipped_in_page_stream, "HASH_FAILURE"),
], ids=lambda value: value if isinstance(value, str) else value.__name__)
def test_the_ades_validation_passes_what_lasts_and_nothing_else(
    make: Callable[[], bytes], indication: str, caplog: pytest.LogCaptureFixture,
) -> None:
    """A file that carries no revocation cannot pass here: every certificate must be answered for."""
    caplog.set_level(logging.CRITICAL)
    assert outside.ades(make()) == indication
