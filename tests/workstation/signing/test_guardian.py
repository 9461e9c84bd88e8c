"""What guards a token: no last try by a program, no retry of its own, another PIN, a PUK; on SoftHSM and the shim."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from records.errors import Cancelled, Refusal, Trouble
from server.demo.pki import Issued, issue_person
from server.demo.tokens import TokenHome, make_home, make_token
from tests.p11shim.fixture import Shim
from tests.workstation.signing.conftest import Authorities, TokenSignerOf
from tests.workstation.signing.people import DOCTOR_ID, DOCTOR_NAME, PIN, Accepting, Person
from workstation.signing.base import Pin, PinRequest, TokenInfo
from workstation.signing.process import Limits
from workstation.signing.token import TokenSigner

DATA = b"what the doctor signs"
PUK, NEW = "20481024", "864209753"


@dataclass(frozen=True)
class Own:
    """A token of the test's own, behind the shim, whose PUK is known."""

    signer: TokenSigner
    home: TokenHome

    @property
    def token(self) -> TokenInfo:
        (token,) = self.signer.tokens()
        return token

    def opens_with(self, pin: str) -> bool:
        (identity,) = self.signer.identities()
        try:
            self.signer.open(identity, Person(pin))
        except Cancelled:
            return False
        return identity.made(self.signer.sign_raw(DATA, identity.mechanism), DATA)


@pytest.fixture
def own(p11shim: Shim, doctor: Issued, tmp_path: Path, token_signer: TokenSignerOf) -> Own:
    home = make_home(tmp_path / "own")
    make_token(home, "own", PIN, doctor, so_pin=PUK)
    return Own(token_signer([p11shim.module], {**p11shim.env, **home.env}, Limits(5, 5, 5, 3)), home)


def code_of(error: pytest.ExceptionInfo[Refusal]) -> str:
    return error.value.reasons[0].code


def refused(work: Callable[[], object]) -> str:
    with pytest.raises(Refusal) as error:
        work()
    return code_of(error)


# The last try


def test_no_program_spends_the_last_try(hardware: TokenSigner, p11shim: Shim) -> None:
    p11shim.says("flags final")
    (identity,) = hardware.identities()
    assert refused(lambda: hardware.open(identity, Person(PIN))) == "pin_last_try_not_accepted"
    assert p11shim.calls("C_Login") == 0


def test_the_last_try_is_made_when_the_person_accepts_it(hardware: TokenSigner, p11shim: Shim) -> None:
    p11shim.says("flags final")
    (identity,) = hardware.identities()
    hardware.open(identity, Accepting(PIN))
    assert identity.made(hardware.sign_raw(DATA, identity.mechanism), DATA)
    assert p11shim.calls("C_Login") == 1


def test_a_last_try_that_came_up_meanwhile_is_asked_for_anew(hardware: TokenSigner, p11shim: Shim) -> None:
    """Another program spent the tries between the look at the token and the PIN."""
    (identity,) = hardware.identities()
    asked: list[PinRequest] = []

    class Slow(Accepting):
        def ask_pin(self, request: PinRequest) -> Pin | None:
            p11shim.says("flags final")
            asked.append(request)
            return super().ask_pin(request)

    hardware.open(identity, Slow(PIN, PIN))
    assert [request.final_try for request in asked] == [False, True]
    assert p11shim.calls("C_Login") == 1


def test_a_token_that_comes_back_waits_for_the_person(hardware: TokenSigner, p11shim: Shim) -> None:
    (identity,) = hardware.identities()
    hardware.open(identity, Person(PIN))
    p11shim.says("C_Sign CKR_DEVICE_REMOVED")
    with pytest.raises(Trouble) as error:
        hardware.sign_raw(DATA, identity.mechanism)
    assert code_of(error) == "token_pulled"
    p11shim.clear()
    logins = p11shim.calls("C_Login")
    assert len(hardware.tokens()) == 1
    assert refused(lambda: hardware.sign_raw(DATA, identity.mechanism)) == "token_pulled"
    assert p11shim.calls("C_Login") == logins == 1
    hardware.open(identity, Person(PIN))
    assert identity.made(hardware.sign_raw(DATA, identity.mechanism), DATA)


def test_a_certificate_swapped_in_the_middle_signs_nothing(
        hardware: TokenSigner, p11shim: Shim, authorities: Authorities, tmp_path: Path) -> None:
    (identity,) = hardware.identities()
    swapped = tmp_path / "other.der"
    swapped.write_bytes(issue_person(authorities.issuing, DOCTOR_NAME, DOCTOR_ID).der)
    p11shim.says(f"certificate {swapped}")
    person = Person(PIN)
    assert refused(lambda: hardware.open(identity, person)) == "certificate_changed"
    assert not person.asked


# What else a token says


def test_an_expired_pin_says_what_to_do(hardware: TokenSigner, p11shim: Shim) -> None:
    p11shim.says("C_Login CKR_PIN_EXPIRED")
    (identity,) = hardware.identities()
    with pytest.raises(Refusal) as error:
        hardware.open(identity, Person(PIN, PIN))
    assert code_of(error) == "pin_expired"
    assert "Đổi mã PIN" in error.value.reasons[0].todo
    assert p11shim.calls("C_Login") == 1


def test_a_pin_keyed_in_on_the_token_never_passes_through_here(hardware: TokenSigner, p11shim: Shim) -> None:
    p11shim.says(f"pinpad {PIN}")
    (identity,) = hardware.identities()
    person = Person("")
    hardware.open(identity, person)
    assert person.asked[0].on_token
    assert identity.made(hardware.sign_raw(DATA, identity.mechanism), DATA)


def test_lengths_of_a_pin_are_told_without_one(hardware: TokenSigner, p11shim: Shim) -> None:
    (token,) = hardware.tokens()
    assert (token.min_pin, token.max_pin) == (4, 255)
    p11shim.says("pin_length 6 8", "flags change")
    (token,) = hardware.tokens()
    assert (token.min_pin, token.max_pin, token.must_change) == (6, 8, True)


# Another PIN


def test_a_pin_is_changed_and_only_the_new_one_opens(own: Own) -> None:
    old, new = Pin(PIN), Pin(NEW)
    own.signer.change_pin(own.token, old, new)
    assert not old
    assert not new
    assert not own.opens_with(PIN)
    assert own.opens_with(NEW)


def test_a_wrong_old_pin_changes_nothing(own: Own, p11shim: Shim) -> None:
    assert refused(lambda: own.signer.change_pin(own.token, Pin("00000000"), Pin(NEW))) == "pin_wrong"
    assert p11shim.calls("C_SetPIN") == 1
    assert own.opens_with(PIN)


@pytest.mark.parametrize(("new", "code"), [("12345", "pin_too_short"), ("123456789", "pin_too_long")])
def test_a_pin_of_another_length_is_refused_before_the_token_is_asked(
        own: Own, p11shim: Shim, new: str, code: str) -> None:
    p11shim.says("pin_length 6 8")
    assert refused(lambda: own.signer.change_pin(own.token, Pin(PIN), Pin(new))) == code
    assert p11shim.calls("C_SetPIN") == 0


@pytest.mark.parametrize(("says", "code"), [
    ("C_SetPIN CKR_PIN_LEN_RANGE", "pin_length_refused"),
    ("C_SetPIN CKR_PIN_LOCKED", "pin_locked"),
    ("C_SetPIN CKR_FUNCTION_NOT_SUPPORTED", "pin_change_not_allowed"),
    ("C_OpenSession CKR_TOKEN_WRITE_PROTECTED", "pin_change_not_allowed"),
    ("C_SetPIN CKR_DEVICE_REMOVED", "token_absent"),
    ("flags locked", "pin_locked"),
    ("flags final", "pin_last_try_not_accepted"),
])
def test_each_way_a_change_may_fail_has_its_own_words(own: Own, p11shim: Shim, says: str, code: str) -> None:
    token = own.token
    p11shim.says(says)
    with pytest.raises(Refusal) as error:
        own.signer.change_pin(token, Pin(PIN), Pin(NEW))
    assert code_of(error) == code
    assert error.value.vietnamese
    p11shim.clear()
    assert own.opens_with(PIN)


# The security officer's PIN


def test_a_puk_sets_a_new_pin(own: Own) -> None:
    own.signer.unblock(own.token, Pin(PUK), Pin(NEW))
    assert not own.opens_with(PIN)
    assert own.opens_with(NEW)


def test_a_wrong_puk_changes_nothing(own: Own, p11shim: Shim) -> None:
    assert refused(lambda: own.signer.unblock(own.token, Pin("99999999"), Pin(NEW))) == "puk_wrong"
    assert p11shim.calls("C_InitPIN") == 0
    assert own.opens_with(PIN)


@pytest.mark.parametrize(("says", "code"), [
    ("flags so_locked", "puk_locked"), ("flags so_final", "puk_last_try_not_accepted"),
    ("C_Login CKR_PIN_LOCKED", "puk_locked"), ("C_InitPIN CKR_FUNCTION_NOT_SUPPORTED", "pin_change_not_allowed"),
    ("C_InitPIN CKR_PIN_LEN_RANGE", "pin_length_refused"),
])
def test_each_way_unblocking_may_fail_has_its_own_words(own: Own, p11shim: Shim, says: str, code: str) -> None:
    token = own.token
    p11shim.says(says)
    assert refused(lambda: own.signer.unblock(token, Pin(PUK), Pin(NEW))) == code
    p11shim.clear()
    assert own.opens_with(PIN)


def test_a_token_that_is_gone_is_told(own: Own, p11shim: Shim) -> None:
    gone = replace(own.token, serial="another")
    assert refused(lambda: own.signer.change_pin(gone, Pin(PIN), Pin(NEW))) == "token_absent"
    assert p11shim.calls("C_SetPIN") == 0
