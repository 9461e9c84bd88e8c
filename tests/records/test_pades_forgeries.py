"""Every damaged or forged file is refused, by the right question and for the right reason."""

from __future__ import annotations

import inspect
import random
from collections.abc import Callable

import pytest

from records.forms import form
from records.pades import judge
from records.signatures import Question
from tests.forgeries import evidence_files, files, people
from tests.forgeries.expected import REFUSED
from tests.forgeries.signing import flipped, gap, good


@pytest.mark.parametrize(("forge", "question", "code"), REFUSED, ids=[row[0].__name__ for row in REFUSED])
def test_a_forged_file_is_refused_for_the_right_reason(
    forge: Callable[[], bytes], question: Question, code: str,
) -> None:
    verdict = judge(forge(), people.trust(), people.NOW)
    assert not verdict.good
    findings = [*verdict.findings, *(item for signature in verdict.signatures for item in signature.findings)]
    told = {reason.code for finding in findings if finding.question is question and finding.answer == "no"
            for reason in finding.reasons}
    assert code in told, [reason.english for reason in verdict.reasons]
    assert all(reason.vietnamese for reason in verdict.reasons)
    if verdict.version is not None:
        assert not any("slot_doctor" in reason.vietnamese for reason in verdict.reasons), "a label, not a field's name"


def test_an_altered_signature_is_named_by_the_label_of_its_slot() -> None:
    (told,) = (reason for reason in judge(files.byte_flipped_in_page_stream(), people.trust(), people.NOW).reasons
               if reason.code == "signature_altered")
    slot = form("36/BV2", people.row().form.edition).kind("row").slot("doctor")
    assert told.where == slot.label
    assert slot.label in told.vietnamese


def test_each_forgery_stands_in_the_table() -> None:
    forged = {name for module in (files, evidence_files)
              for name, item in inspect.getmembers(module, inspect.isfunction)
              if item.__module__ == module.__name__ and not name.startswith("_")}
    assert forged == {row[0].__name__ for row in REFUSED}


def changed_at(file: bytes, at: int, chance: random.Random) -> bytes:
    return flipped(file, at, chance.randrange(1, 256))


def test_a_sample_of_single_bytes_is_refused_wherever_it_lies() -> None:
    file, chance = good(), random.Random(20261122)
    begin, end = gap(file)
    everywhere = [chance.randrange(len(file)) for _ in range(90)]
    in_the_signature = [chance.randrange(begin, end) for _ in range(60)]
    edges = [0, 1, 8, begin - 1, begin, end - 1, end, len(file) - 2, len(file) - 1]
    for at in (*everywhere, *in_the_signature, *edges):
        assert not judge(changed_at(file, at, chance), people.trust(), people.NOW).good, at


@pytest.mark.soak
@pytest.mark.parametrize("part", range(8))
def test_any_one_byte_changed_is_refused(part: int, record_property: Callable[[str, object], None]) -> None:
    file, chance = good(), random.Random(part)
    places = range(part, len(file), 8)
    record_property("bytes changed", len(places))
    for at in places:
        assert not judge(changed_at(file, at, chance), people.trust(), people.NOW).good, at


@pytest.mark.soak
def test_each_bit_of_the_signature_value_counts() -> None:
    file = good()
    begin, end = gap(file)
    used = len(file[begin:end].rstrip(b"0"))
    for at in range(begin, begin + used + 2):
        for bit in range(8):
            assert not judge(flipped(file, at, 1 << bit), people.trust(), people.NOW).good, (at, bit)


def test_a_file_cut_anywhere_is_refused_without_a_crash() -> None:
    file, chance = good(), random.Random(7)
    for at in [*(chance.randrange(len(file)) for _ in range(60)), *range(len(file) - 12, len(file))]:
        assert not judge(file[:at], people.trust(), people.NOW).good, at


def test_noise_within_a_file_is_refused_without_a_crash() -> None:
    file, chance = good(), random.Random(11)
    for _ in range(60):
        at, size = chance.randrange(len(file)), chance.randrange(2, 400)
        noisy = file[:at] + chance.randbytes(size) + file[at + chance.randrange(size):]
        assert not judge(noisy, people.trust(), people.NOW).good
