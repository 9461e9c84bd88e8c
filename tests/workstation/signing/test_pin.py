"""A PIN is seen by the token and by nobody else."""

from __future__ import annotations

import logging
import pickle
import traceback
from pathlib import Path

import pytest

from records.errors import Refusal
from server.demo.tokens import TokenHome
from tests.p11shim.fixture import Shim
from tests.workstation.signing.people import PIN, Person
from workstation.signing.base import Mechanism, Pin, PinRequest
from workstation.signing.process import TokenProcess
from workstation.signing.token import TokenSigner


def test_a_pin_shows_itself_in_no_form() -> None:
    pin = Pin(PIN)
    shown = (repr(pin), str(pin), f"{pin}", f"{pin!r:>20}", "%s" % pin, repr([pin]), repr({"pin": pin}))  # noqa: UP031
    assert not any(PIN in text for text in shown)
    assert pin.reveal() == PIN


def test_a_pin_cannot_be_stored() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(Pin(PIN))


def test_a_wiped_pin_is_empty() -> None:
    pin = Pin(PIN)
    pin.wipe()
    assert pin.reveal() == ""
    assert not pin


def test_the_pin_given_is_wiped_after_its_one_use(hardware: TokenSigner) -> None:
    given: list[Pin] = []

    class Keeping(Person):
        def ask_pin(self, request: PinRequest) -> Pin | None:
            pin = super().ask_pin(request)
            if pin is not None:
                given.append(pin)
            return pin

    (identity,) = hardware.identities()
    hardware.open(identity, Keeping("00000000", PIN))
    assert len(given) == 2
    assert not any(given)


def test_the_pin_is_in_no_log_and_no_traceback(
    hardware: TokenSigner, p11shim: Shim, caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    (identity,) = hardware.identities()
    told: list[str] = []
    for lines in (["C_Login CKR_PIN_LOCKED"], ["C_Login CKR_FUNCTION_FAILED"], ["C_Login crash"], ["C_Login hang"]):
        p11shim.says(*lines)
        with pytest.raises(Refusal) as error:
            hardware.open(identity, Person(PIN))
        told += ["".join(traceback.TracebackException.from_exception(error.value, capture_locals=True).format())]
        told += [reason.english + reason.vietnamese for reason in error.value.reasons]
    p11shim.clear()
    hardware.open(identity, Person(PIN))
    hardware.sign_raw(b"data", Mechanism.RSA_SHA256)
    assert caplog.records
    assert len(told) == 8
    assert not any(PIN in text for text in (*told, caplog.text, repr(hardware.__dict__)))


def test_the_pin_is_neither_an_argument_nor_in_the_environment_of_the_token_process(
    p11shim: Shim, doctors_home: TokenHome,
) -> None:
    with TokenProcess(p11shim.module, env={**p11shim.env, **doctors_home.env}) as process:
        (identity,) = process.tokens()[0].identities
        process.login(identity, Pin(PIN))
        seen = [Path(f"/proc/{process.pid}/{name}").read_bytes() for name in ("cmdline", "environ")]
        assert b"token_child" in seen[0]
        assert not any(PIN.encode() in text for text in seen)
