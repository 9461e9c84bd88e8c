"""Time stamps, revocation and long-term evidence in a signed file: what they prove, and what they cannot."""

from __future__ import annotations

import hashlib
import random
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pikepdf
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from records import evidence, timestamps
from records.errors import Refusal
from records.pades import judge, wanted
from records.revocation import Evidence
from records.signatures import EvidenceLevel, Question, Verdict
from records.trust import Trust
from tests.forgeries import people, trust
from tests.forgeries.signing import flipped, gap, good, good_with_two
from tests.forgeries.trust import LATER, STAMPED, document_stamped, lasting, lasting_without_stamp, proofs, stamped
from tests.trust_services import Authority, stamp


def judged(file: bytes, fetched: Evidence | None = None) -> Verdict:
    return judge(file, people.trust(), people.NOW, fetched=fetched or Evidence())


def codes(verdict: Verdict, question: Question) -> set[str]:
    findings = [*verdict.findings, *(item for one in verdict.signatures for item in one.findings)]
    return {reason.code for item in findings if item.question is question for reason in item.reasons}


def test_each_level_is_told() -> None:
    assert [judged(file).level for file in (good(), stamped(), lasting(), lasting_without_stamp())] == [
        EvidenceLevel.B, EvidenceLevel.T, EvidenceLevel.LT, EvidenceLevel.LT]
    assert all(judged(file).good for file in (good(), stamped(), lasting(), lasting_without_stamp()))


def test_a_level_reaches_those_below_it_and_no_higher() -> None:
    assert EvidenceLevel.LT.reaches(EvidenceLevel.T)
    assert EvidenceLevel.T.reaches(EvidenceLevel.T)
    assert not EvidenceLevel.B.reaches(EvidenceLevel.T)


def test_whoever_does_not_know_the_stamping_authority_is_not_told_that_the_stamp_was_taken_out() -> None:
    strange = Trust((people.strange_issuing().der,))
    said = codes(judge(lasting(), strange, people.NOW), Question.EVIDENCE_KEPT)
    assert "stamp_untrusted" in said
    assert "evidence_without_time" not in said


def test_the_stamped_time_is_told_and_travels() -> None:
    (signature,) = judged(stamped()).signatures
    assert signature.stamped_at == STAMPED
    (again,) = Verdict.from_json(judged(stamped()).as_json()).signatures
    assert again.stamped_at == STAMPED
    assert judged(good()).signatures[0].stamped_at is None


def test_evidence_leaves_the_signed_file_as_it_was_byte_for_byte() -> None:
    assert lasting().startswith(stamped())
    assert evidence.peeled(lasting()).signed == stamped()
    peeled = evidence.peeled(lasting_without_stamp())
    assert peeled.signed == good()
    assert peeled.stamp
    assert evidence.peeled(good()) == evidence.Peeled(good())


def test_the_same_evidence_gives_the_same_file_in_whatever_order_it_came() -> None:
    told = proofs(people.doctor())
    other = Evidence(told.certificates[::-1], told.ocsps[::-1] * 2, told.crls)
    assert evidence.stored(stamped(), other) == evidence.stored(stamped(), told)


def test_a_file_with_two_signatures_keeps_the_evidence_of_both() -> None:
    file = document_stamped(good_with_two())
    told = wanted(file, people.trust(), people.NOW)
    assert told.timed
    names = {link.parsed.serial_number for link, _ in told.links}
    assert {people.ward_head().certificate.serial_number, people.director().certificate.serial_number,
            trust.stamper().certificate.serial_number, people.issuing().certificate.serial_number} == names
    verdict = judged(evidence.stored(file, proofs(people.ward_head(), people.director())))
    assert verdict.good
    assert verdict.level is EvidenceLevel.LT
    short = judged(evidence.stored(file, proofs(people.ward_head())))
    assert "evidence_incomplete" in codes(short, Question.EVIDENCE_KEPT)


def test_what_was_revoked_after_the_stamp_was_good_when_it_signed() -> None:
    knows = Authority(people.issuing(), trust.authority().responder)
    knows.revoke(people.doctor(), STAMPED + timedelta(seconds=30))
    file = evidence.stored(stamped(), proofs(people.doctor(), authority_of=knows))
    assert judged(file).good
    assert judged(file).level is EvidenceLevel.LT


def test_what_was_revoked_between_the_claim_and_the_only_stamp_stays_in_doubt() -> None:
    knows = Authority(people.issuing(), trust.authority().responder)
    knows.revoke(people.doctor(), STAMPED + timedelta(seconds=30))
    verdict = judged(evidence.stored(document_stamped(good()), proofs(people.doctor(), authority_of=knows)))
    assert codes(verdict, Question.NOT_REVOKED) == {"certificate_revoked_since"}
    assert verdict.level is not EvidenceLevel.LT


def test_without_a_stamp_a_later_revocation_leaves_the_claim_in_doubt() -> None:
    knows = Authority(people.issuing(), trust.authority().responder)
    knows.revoke(people.doctor(), STAMPED + timedelta(seconds=30))
    verdict = judged(good(), proofs(people.doctor(), authority_of=knows))
    assert verdict.answer(Question.NOT_REVOKED) == "unknown"
    assert codes(verdict, Question.NOT_REVOKED) == {"certificate_revoked_since"}


def test_fetched_answers_settle_revocation_of_a_file_that_carries_none() -> None:
    assert judged(stamped(), proofs(people.doctor())).answer(Question.NOT_REVOKED) == "yes"
    knows = Authority(people.issuing(), trust.authority().responder)
    knows.revoke(people.doctor(), people.SIGNED - timedelta(days=2))
    verdict = judged(good(), proofs(people.doctor(), authority_of=knows))
    assert not verdict.good
    assert codes(verdict, Question.NOT_REVOKED) == {"certificate_revoked_before"}


def test_a_list_speaks_as_well_as_an_answer() -> None:
    told = proofs(people.doctor())
    by_lists = Evidence(told.certificates, (), (*told.crls, trust.authority().listed(LATER)))
    verdict = judged(evidence.stored(stamped(), by_lists))
    assert verdict.level is EvidenceLevel.LT
    (finding,) = (item for item in verdict.signatures[0].findings if item.question is Question.NOT_REVOKED)
    assert finding.evidence["by"] == "crl"


def test_an_answer_is_not_taken_for_another_authoritys_certificate() -> None:
    """Two authorities count from one: the same number under another issuer is somebody else (a twin)."""
    strange = Authority.of(people.strange_issuing(), people.LONG_AGO)
    told = proofs(people.doctor())
    of_twin = Evidence(told.certificates, (strange.answer_for(people.doctor(), LATER),), told.crls)
    assert judged(stamped(), of_twin).answer(Question.NOT_REVOKED) == "unknown"


def test_openssl_verifies_the_time_stamp_that_the_signature_bears(tmp_path: Path) -> None:
    digest = hashlib.sha256(b"a value").digest()
    token = timestamps.answered(stamp(trust.stamper(), timestamps.request(digest, 99), STAMPED), digest, 99)
    (tmp_path / "token").write_bytes(token.der)
    (tmp_path / "data").write_bytes(b"a value")
    (tmp_path / "root").write_bytes(people.root().certificate.public_bytes(Encoding.PEM))
    command = ["openssl", "ts", "-verify", "-data", str(tmp_path / "data"), "-in", str(tmp_path / "token"), "-token_in",
               "-CAfile", str(tmp_path / "root")]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    (tmp_path / "data").write_bytes(b"another value")
    assert subprocess.run(command, capture_output=True, check=False).returncode != 0


@pytest.mark.parametrize(("digest", "nonce"), [(b"1" * 32, 5), (b"2" * 32, 6)])
def test_an_answer_to_another_request_is_refused(digest: bytes, nonce: int) -> None:
    response = stamp(trust.stamper(), timestamps.request(b"1" * 32, 6), STAMPED)
    assert timestamps.answered(response, b"1" * 32, 6).at == STAMPED
    with pytest.raises(Refusal) as error:
        timestamps.answered(response, digest, nonce)
    assert error.value.reasons[0].code == "stamp_of_other_signature"


@pytest.mark.parametrize("response", [b"", b"no answer", b"0\x03\x02\x01\x00"])
def test_an_answer_that_is_none_is_refused(response: bytes) -> None:
    with pytest.raises(Refusal) as error:
        timestamps.answered(response, b"1" * 32, 6)
    assert error.value.reasons[0].code in {"stamp_unreadable", "stamp_not_granted"}


def test_a_sample_of_single_bytes_of_the_evidence_is_refused_wherever_it_lies() -> None:
    chance = random.Random(20261125)
    for file, begin in ((lasting(), len(stamped())), (lasting_without_stamp(), len(good()))):
        for _ in range(60):
            at = chance.randrange(begin, len(file))
            verdict = judged(flipped(file, at, chance.randrange(1, 256)))
            assert not (verdict.good and verdict.level is EvidenceLevel.LT), at


def another_digit(file: bytes, at: int, chance: random.Random) -> bytes:
    """One hexadecimal digit of a value changed into another one."""
    digit = chance.choice([one for one in b"0123456789abcdef" if one != file[at]])
    return file[:at] + bytes((digit,)) + file[at + 1:]


def test_a_sample_of_single_bytes_of_a_stamped_signature_is_refused_wherever_it_lies() -> None:
    file, chance = stamped(), random.Random(20261126)
    begin, end = gap(file)
    used = begin + len(file[begin:end].rstrip(b"0"))
    for at in [*(chance.randrange(begin, used) for _ in range(100)), *(chance.randrange(used, end) for _ in range(10))]:
        assert not judged(another_digit(file, at, chance)).good, at


@pytest.mark.soak
@pytest.mark.parametrize("part", range(8))
def test_any_one_byte_of_a_stamped_signature_counts(part: int, record_property: Callable[[str, object], None]) -> None:
    file, chance = stamped(), random.Random(part)
    begin, end = gap(file)
    places = range(begin + part, begin + len(file[begin:end].rstrip(b"0")), 8)
    record_property("bytes changed", len(places))
    for at in places:
        assert not judged(another_digit(file, at, chance)).good, at


@pytest.mark.soak
@pytest.mark.parametrize("part", range(8))
def test_any_one_byte_of_the_evidence_counts(part: int, record_property: Callable[[str, object], None]) -> None:
    chance = random.Random(part)
    places = range(len(stamped()) + part, len(lasting()), 8)
    record_property("bytes changed", len(places))
    for at in places:
        verdict = judged(flipped(lasting(), at, chance.randrange(1, 256)))
        assert not (verdict.good and verdict.level is EvidenceLevel.LT), at


def test_the_page_part_keeps_its_claim_beside_signature_and_evidence(tmp_path: Path) -> None:
    pytest.importorskip("jsonschema", reason="pikepdf[pdfa] is not installed")
    from pikepdf import pdfa

    for file in (good(), stamped(), lasting(), lasting_without_stamp()):
        path = tmp_path / "file.pdf"
        path.write_bytes(file)
        with pikepdf.open(path) as document:
            found = [item for item in pdfa.check(document, "3b").findings if item.kind == "violation"]
        assert found == []
