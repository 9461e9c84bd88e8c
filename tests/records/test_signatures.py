"""The values of a judgement: what good means, and that a verdict survives its journey as JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest

from records.errors import reason_words
from records.signatures import (
    Content,
    Finding,
    Question,
    SignatureVerdict,
    Verdict,
    no,
    same_name,
    unknown,
    yes,
)


def signature(*findings: Finding) -> SignatureVerdict:
    return SignatureVerdict(slot="doctor", signer="Lê Thị Hoa", national_id="001090000001", serial="0A1B",
                            issuer="CA thử", claimed_at=datetime(2026, 3, 1, 8, tzinfo=UTC), title="Bác sĩ",
                            findings=findings or (yes(Question.INTACT), yes(Question.CHAIN_TRUSTED)))


def verdict(*signatures: SignatureVerdict, findings: tuple[Finding, ...] = (yes(Question.READABLE),)) -> Verdict:
    content = Content(UUID(int=7), 2, "36/BV2", "2024-01-01", "row", "1", "ab" * 32)
    return Verdict("cd" * 32, findings, signatures, content)


def test_a_verdict_survives_its_journey_as_json() -> None:
    unchecked = unknown(Question.NOT_REVOKED, "revocation_unchecked")
    sent = verdict(signature(yes(Question.INTACT, coverage="whole"), unchecked))
    assert Verdict.from_json(json.loads(json.dumps(sent.as_json()))) == sent


def test_a_file_without_signatures_is_not_good_and_says_so() -> None:
    assert not verdict().good
    assert [reason.code for reason in verdict().reasons] == ["file_unsigned"]


def test_unknown_revocation_leaves_a_file_good() -> None:
    assert verdict(signature(yes(Question.INTACT), unknown(Question.NOT_REVOKED, "revocation_unchecked"))).good


def test_an_unknown_renderer_keeps_a_file_from_being_good() -> None:
    findings = (yes(Question.READABLE), unknown(Question.PAGE_AS_RENDERED, "renderer_not_here", "9"))
    bad = verdict(signature(), findings=findings)
    assert not bad.good
    assert [reason.code for reason in bad.reasons] == ["renderer_not_here"]


def test_one_bad_signature_makes_the_file_bad_with_its_reason() -> None:
    bad = verdict(signature(), signature(no(Question.INTACT, "signature_altered", "doctor")))
    assert not bad.good
    assert bad.answer(Question.INTACT) == "no"
    assert [reason.code for reason in bad.reasons] == ["signature_altered"]


def test_the_server_adds_its_answers_and_they_count() -> None:
    judged = verdict(signature()).with_signature_finding("doctor", yes(Question.SIGNER_ENROLLED))
    assert judged.good
    refused = judged.with_signature_finding("doctor", no(Question.SIGNER_ENROLLED, "chain_untrusted", "x", issuer="y"))
    assert not refused.good
    assert len([f for f in refused.signatures[0].findings if f.question is Question.SIGNER_ENROLLED]) == 1


@pytest.mark.parametrize("question", list(Question))
def test_each_question_is_put_in_vietnamese(question: Question) -> None:
    assert question.vietnamese.endswith("?")
    assert f"question_{question.value}" in reason_words()


@pytest.mark.parametrize(("one", "other", "same"), [
    ("NGUYỄN VĂN AN", "Nguyễn  Văn An", True),
    ("Nguyễn Văn An", "Nguyễn Văn Ân", False),
    ("Le\u0302 Hoa", "Lê Hoa", True),
])
def test_names_are_compared_without_regard_to_letter_case_and_spaces(one: str, other: str, same: bool) -> None:
    assert same_name(one, other) is same
