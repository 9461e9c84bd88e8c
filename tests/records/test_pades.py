"""Judging good files: what is answered, what is expected, and what the judge takes from whom."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from records import canonical, render
from records.entries import Correction, Version
from records.errors import Refusal
from records.forms import EntryKind, Form, Holder
from records.pades import judge
from records.signatures import Question, Verdict
from records.trust import Trust
from server.demo.pki import PrivateKey
from tests.forgeries import people
from tests.forgeries.signing import good, good_with_two, mark_of, of, signed
from tests.records.samples import KINDS, filled


def judged(file: bytes, **how: Any) -> Verdict:
    return judge(file, people.trust(), people.NOW, **how)


def codes(verdict: Verdict) -> list[str]:
    return [reason.code for reason in verdict.reasons]


def test_a_good_file_is_good_and_every_question_is_answered() -> None:
    verdict = judged(good(), expected=people.row())
    assert verdict.good, codes(verdict)
    server_only = {Question.SIGNER_ENROLLED, Question.AUTHORISED}
    later = {Question.TIME_STAMPED, Question.EVIDENCE_KEPT, Question.DOCUMENT_STAMPED}
    for question in set(Question) - server_only - {Question.NOT_REVOKED, *later}:
        assert verdict.answer(question) == "yes", question
    assert verdict.answer(Question.NOT_REVOKED) == "unknown"


def test_the_verdict_says_who_signed_what_as_what_and_when() -> None:
    verdict = judged(good())
    (signature,) = verdict.signatures
    assert (signature.slot, signature.signer, signature.title) == ("doctor", people.NAME, people.TITLE)
    assert signature.national_id == "052188000111"
    assert signature.claimed_at == people.SIGNED
    assert signature.serial == people.doctor().serial
    assert verdict.content is not None
    assert verdict.content.sha256 == canonical.sha256(canonical.encode(people.row()))
    assert verdict.version == people.row()


def test_an_elliptic_signature_is_good_too() -> None:
    assert judged(good(people.doctor_on_curve)).good


@pytest.mark.parametrize(("make", "elliptic"), [
    *((lambda size=size: rsa.generate_private_key(public_exponent=65537, key_size=size), False)
      for size in (2048, 3072, 4096)),
    *((lambda curve=curve: ec.generate_private_key(curve()), True) for curve in (ec.SECP256R1, ec.SECP384R1)),
], ids=["RSA 2048", "RSA 3072", "RSA 4096", "P-256", "P-384"])
def test_every_accepted_key_signs_a_good_file_and_an_elliptic_one_claims_no_pdfa(
    make: Callable[[], PrivateKey], elliptic: bool,
) -> None:
    person = people.with_key(make())
    verdict = judged(good(lambda: person))
    assert verdict.good, codes(verdict)
    assert verdict.elliptic is elliptic


@pytest.mark.parametrize(("make", "told"), [
    (lambda: ec.generate_private_key(ec.SECP521R1()), "ECDSA secp521r1"),
    (lambda: ec.generate_private_key(ec.BrainpoolP256R1()), "ECDSA brainpoolp256r1"),
    (lambda: rsa.generate_private_key(public_exponent=65537, key_size=2040), "RSA 2040"),
    (lambda: rsa.generate_private_key(public_exponent=65537, key_size=4104), "RSA 4104"),
], ids=["P-521", "Brainpool", "RSA 2040", "RSA 4104"])
def test_a_key_outside_what_is_accepted_is_refused_by_name(make: Callable[[], PrivateKey], told: str) -> None:
    person = people.with_key(make())
    verdict = judged(good(lambda: person))
    assert verdict.answer(Question.INTACT) == "no"
    weak = [reason for reason in verdict.reasons if reason.code == "signature_algorithm_weak"]
    assert told in f"{weak[0].english} {weak[0].vietnamese}"


def test_a_file_with_two_signatures_is_good_in_their_order() -> None:
    verdict = judged(good_with_two())
    assert verdict.good, codes(verdict)
    assert [signature.slot for signature in verdict.signatures] == ["ward_head", "director"]


def test_a_file_that_waits_for_its_second_signature_is_good_so_far() -> None:
    version = people.cover()
    once = signed(render.render_entry(version), "ward_head", people.ward_head(),
                  mark_of(version, "ward_head", people.ward_head(), title=people.HEAD_TITLE))
    verdict = judged(once)
    assert verdict.good, codes(verdict)
    assert verdict.slot("director") is None


def test_a_namesake_is_told_apart_by_number_and_certificate() -> None:
    """The judge knows no persons: the server compares these with the enrolment."""
    doctor, namesake = judged(good()).signatures[0], judged(good(people.namesake)).signatures[0]
    assert doctor.signer == namesake.signer
    assert doctor.national_id != namesake.national_id
    assert doctor.certificate_sha256 != namesake.certificate_sha256


def test_the_same_file_gives_the_same_verdict() -> None:
    assert judged(good()).as_json() == judged(good()).as_json()


@pytest.mark.parametrize(("changed", "code"), [
    ({"version": 2, "correction": Correction(reason="Ghi nhầm", of_version=1, of_sha256="0" * 64)},
     "version_other_number"),
    ({"entry": "0193565e-1f00-7000-8000-0000000000bb"}, "version_other_entry"),
    ({"values": {"diagnosis": {"text": "Cúm", "code": "J11"}, "plan": "Cho ra viện."}}, "version_other_content"),
])
def test_a_file_about_something_else_is_refused(changed: dict[str, Any], code: str) -> None:
    verdict = judged(good(), expected=people.row(**changed))
    assert not verdict.good
    assert verdict.answer(Question.CONTENT_IS_VERSION) == "no"
    assert code in codes(verdict)


def test_a_file_of_another_patient_is_refused() -> None:
    row = people.row()
    other = row.model_copy(update={"subject": row.subject.model_copy(update={"id": row.entry})})
    assert "version_other_patient" in codes(judged(good(), expected=other))


def test_a_renderer_that_this_build_lacks_leaves_the_page_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    file = signed(render.render_entry(people.row()), "doctor", people.doctor(),
                  mark_of(people.row(), "doctor", people.doctor()))
    monkeypatch.setattr(render, "RENDERERS", ("0",))
    verdict = judged(file)
    assert not verdict.good
    assert verdict.answer(Question.PAGE_AS_RENDERED) == "unknown"
    assert verdict.answer(Question.INTACT) == "yes"
    assert codes(verdict) == ["renderer_not_here"]


def test_a_certificate_that_expired_since_leaves_the_file_good() -> None:
    later = people.NOW + timedelta(days=900)
    assert judge(good(), people.trust(), later).good


def test_a_clock_within_two_minutes_is_tolerated_and_not_beyond() -> None:
    def judged_at(seconds: int) -> bool:
        return judge(good(), people.trust(), people.SIGNED - timedelta(seconds=seconds)).good

    assert judged_at(119)
    assert not judged_at(121)


def test_trust_is_read_from_pem() -> None:
    pem = b"".join(item.certificate.public_bytes(Encoding.PEM) for item in (people.issuing(), people.root()))
    trust = Trust.from_pem(pem, pem)
    assert trust == people.trust()


@pytest.mark.parametrize("text", [
    b"", b"no PEM at all", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_a_list_of_trust_that_cannot_be_read_is_refused(text: bytes) -> None:
    with pytest.raises(Refusal) as caught:
        Trust.from_pem(text)
    assert caught.value.reasons[0].code == "trust_unreadable"


def test_keys_beside_certificates_are_passed_over() -> None:
    root = people.root().certificate
    key = root.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    assert Trust.from_pem(key + root.public_bytes(Encoding.PEM)).roots == (people.root().der,)


@given(st.binary(max_size=600))
def test_junk_is_refused_without_a_crash(junk: bytes) -> None:
    for file in (junk, b"%PDF-1.7\n%abc\n" + junk + b"startxref\n0\n%%EOF\n", good()[:20000] + junk):
        assert not judged(file).good


def test_intermediates_come_from_the_signature_when_trust_has_only_the_root() -> None:
    assert judge(good(), Trust((people.root().der,)), people.NOW).good


def test_nobody_is_trusted_without_roots() -> None:
    assert "chain_untrusted" in codes(judge(good(), Trust(()), people.NOW))


def test_a_long_entry_over_several_pages_is_good() -> None:
    long = "Người bệnh đỡ khó thở, ăn ngủ được, tiếp tục theo dõi. " * 60
    version: Version = people.row(values={"diagnosis": {"text": "Viêm phổi", "code": "J18.9"}, "subjective": long,
                                          "objective": long, "assessment": long, "plan": long})
    verdict = judged(of(version, people.doctor()))
    assert verdict.good, codes(verdict)


@pytest.mark.parametrize(("form", "kind"), KINDS, ids=[f"{form.code} {kind.key}" for form, kind in KINDS])
def test_every_kind_of_every_form_is_good_when_all_its_slots_are_signed(form: Form, kind: EntryKind) -> None:
    version = filled(form, kind)
    file = render.render_entry(version)
    slots = [slot for slot in kind.slots if slot.holder is not Holder.PATIENT]  # confirms in a document of its own (R7)
    for slot in slots:
        person = people.doctor() if slot.author else people.colleague()
        file = signed(file, slot.key, person, mark_of(version, slot.key, person))
    verdict = judged(file, expected=version)
    assert verdict.good, [reason.english for reason in verdict.reasons]
    assert [item.slot for item in verdict.signatures] == [slot.key for slot in slots]
