"""Which certificate is chosen: the person's own, valid, meant for signing; the person is asked only when needed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from records.errors import Cancelled, Refusal
from server.demo.pki import ENCRYPTION_ONLY, Issued, issue_expired, issue_not_yet_valid, issue_person
from server.demo.tokens import TokenHome, make_token
from tests.workstation.signing.conftest import Authorities, TokenSignerOf
from tests.workstation.signing.people import DOCTOR_ID, DOCTOR_NAME, PIN, Person, now
from workstation.signing.base import Identity
from workstation.signing.criteria import Criteria, choose, fitting


def identity_of(issued: Issued) -> Identity:
    return Identity(issued.der, issued.chain_der)


def codes(error: pytest.ExceptionInfo[Refusal]) -> list[str]:
    return [reason.code for reason in error.value.reasons]


def test_of_three_certificates_on_one_token_the_right_one_is_chosen(
    home: TokenHome, authorities: Authorities, doctor: Issued, token_signer: TokenSignerOf,
) -> None:
    old = issue_expired(authorities.issuing, DOCTOR_NAME, DOCTOR_ID)
    secret = issue_person(authorities.issuing, DOCTOR_NAME, DOCTOR_ID, usage=ENCRYPTION_ONLY)
    make_token(home, "three", PIN, old, secret, doctor)
    signer = token_signer([str(home.module)], home.env)
    assert len(signer.identities()) == 3
    person = Person(PIN)
    chosen = choose(signer, Criteria(now(), DOCTOR_ID), person)
    assert chosen.certificate == doctor.der
    assert not person.offered
    signer.open(chosen, person)
    assert chosen.made(signer.sign_raw(b"data", chosen.mechanism), b"data")


def test_of_two_that_fit_equally_the_person_picks(
    home: TokenHome, authorities: Authorities, doctor: Issued, token_signer: TokenSignerOf,
) -> None:
    second = issue_person(authorities.issuing, DOCTOR_NAME, DOCTOR_ID)
    make_token(home, "two", PIN, doctor, second)
    signer = token_signer([str(home.module)], home.env)
    person = Person(PIN, picks=1)
    chosen = choose(signer, Criteria(now(), DOCTOR_ID), person)
    assert {offered.certificate for offered in person.offered} == {doctor.der, second.der}
    assert chosen == person.offered[1]
    with pytest.raises(Cancelled):
        choose(signer, Criteria(now(), DOCTOR_ID), Person(PIN))


def test_the_enrolled_certificate_is_chosen_among_equals(authorities: Authorities, doctor: Issued) -> None:
    second = issue_person(authorities.issuing, DOCTOR_NAME, DOCTOR_ID)
    both = (identity_of(doctor), identity_of(second))
    assert fitting(both, Criteria(now(), DOCTOR_ID, frozenset({second.serial}))) == (both[1],)


def test_a_namesake_with_another_identity_number_is_never_used(authorities: Authorities) -> None:
    namesake = issue_person(authorities.issuing, DOCTOR_NAME, "079199009999")
    with pytest.raises(Refusal) as error:
        fitting((identity_of(namesake),), Criteria(now(), DOCTOR_ID))
    assert codes(error) == ["token_of_another_person"]
    assert DOCTOR_NAME in error.value.vietnamese


def test_a_certificate_that_is_not_enrolled_is_refused(doctor: Issued) -> None:
    with pytest.raises(Refusal) as error:
        fitting((identity_of(doctor),), Criteria(now(), DOCTOR_ID, frozenset({"0123ABCD"})))
    assert codes(error) == ["token_not_enrolled"]


def test_an_expired_certificate_is_refused_with_its_date(authorities: Authorities) -> None:
    old = identity_of(issue_expired(authorities.issuing, DOCTOR_NAME, DOCTOR_ID))
    with pytest.raises(Refusal) as error:
        fitting((old,), Criteria(now(), DOCTOR_ID))
    assert codes(error) == ["certificate_expired"]
    assert f"{old.not_after + timedelta(hours=7):%d/%m/%Y}" in error.value.vietnamese


def test_a_certificate_from_next_week_is_refused(authorities: Authorities) -> None:
    young = identity_of(issue_not_yet_valid(authorities.issuing, DOCTOR_NAME, DOCTOR_ID))
    with pytest.raises(Refusal) as error:
        fitting((young,), Criteria(now(), DOCTOR_ID))
    assert codes(error) == ["certificate_not_yet_valid"]


def test_a_certificate_for_encryption_is_refused(authorities: Authorities) -> None:
    secret = identity_of(issue_person(authorities.issuing, DOCTOR_NAME, DOCTOR_ID, usage=ENCRYPTION_ONLY))
    with pytest.raises(Refusal) as error:
        fitting((secret,), Criteria(now(), DOCTOR_ID))
    assert codes(error) == ["token_certificate_not_for_signing"]


def test_no_certificate_at_all_is_refused(home: TokenHome, token_signer: TokenSignerOf) -> None:
    make_token(home, "empty", PIN)
    with pytest.raises(Refusal) as error:
        choose(token_signer([str(home.module)], home.env), Criteria(now(), DOCTOR_ID), Person(PIN))
    assert codes(error) == ["token_no_certificate"]


@pytest.mark.parametrize("code", ["certificate_expired", "certificate_not_yet_valid", "token_of_another_person",
                                  "token_no_certificate", "token_not_enrolled"])
def test_each_refusal_says_what_to_do(code: str) -> None:
    from records.errors import reason_words

    assert reason_words()[code]["todo"]
