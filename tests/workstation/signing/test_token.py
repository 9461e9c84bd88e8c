"""Every outcome of a token, through the real path: token process, shim, SoftHSM."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from records.errors import Cancelled, Refusal, Trouble
from server.demo.pki import Issued, issue_person
from server.demo.tokens import TokenHome, make_token, softhsm_module
from tests.p11shim.fixture import Shim
from tests.workstation.signing.conftest import Authorities, TokenSignerOf
from tests.workstation.signing.people import DOCTOR_ID, DOCTOR_NAME, PIN, Accepting, Person, wait_until
from workstation.signing import process, wire
from workstation.signing.base import Identity, Mechanism, Pin, PinRequest
from workstation.signing.process import Limits, TokenProcess
from workstation.signing.token import TokenSigner

DATA = b"what the doctor signs"


def code_of(error: pytest.ExceptionInfo[Refusal]) -> str:
    return error.value.reasons[0].code


def opened(signer: TokenSigner) -> TokenSigner:
    (identity,) = signer.identities()
    signer.open(identity, Person(PIN))
    return signer


def test_certificates_are_listed_without_a_pin(hardware: TokenSigner, doctor: Issued, p11shim: Shim) -> None:
    (identity,) = hardware.identities()
    assert identity.certificate == doctor.der
    assert identity.chain == doctor.chain_der
    assert (identity.full_name, identity.national_id) == (DOCTOR_NAME, DOCTOR_ID)
    assert identity.serial == doctor.serial
    assert p11shim.calls("C_Login") == 0


def test_a_token_signs_after_one_pin_as_often_as_wanted(hardware: TokenSigner, p11shim: Shim) -> None:
    person = Person(PIN)
    (identity,) = hardware.identities()
    hardware.open(identity, person)
    for number in range(5):
        data = bytes([number]) * 40
        assert identity.made(hardware.sign_raw(data, Mechanism.RSA_SHA256), data)
    assert len(person.asked) == p11shim.calls("C_Login") == 1


def test_an_ec_key_signs_in_der(home: TokenHome, authorities: Authorities, token_signer: TokenSignerOf) -> None:
    make_token(home, "curve", PIN, issue_person(authorities.issuing, DOCTOR_NAME, DOCTOR_ID, curve=True))
    signer = opened(token_signer([str(home.module)], home.env))
    assert signer.identity.mechanism is Mechanism.ECDSA_SHA256
    assert signer.identity.made(signer.sign_raw(DATA, Mechanism.ECDSA_SHA256), DATA)


def test_a_token_that_cannot_hash_is_given_the_digest(hardware: TokenSigner, p11shim: Shim) -> None:
    p11shim.says("hide 0x40")  # CKM_SHA256_RSA_PKCS
    signer = opened(hardware)
    assert signer.identity.made(signer.sign_raw(DATA, Mechanism.RSA_SHA256), DATA)


def test_a_wrong_pin_is_asked_again_and_the_prompt_says_why(hardware: TokenSigner) -> None:
    person = Person("00000000", PIN)
    (identity,) = hardware.identities()
    hardware.open(identity, person)
    first, second = person.asked
    assert first.refused is None
    assert second.refused is not None
    assert second.refused.code == "pin_wrong"
    assert second.refused.facts["tries_left"] is None
    assert identity.made(hardware.sign_raw(DATA, identity.mechanism), DATA)


def test_the_last_try_is_told_before_it_is_spent(hardware: TokenSigner, p11shim: Shim) -> None:
    p11shim.says("flags final")
    person = Accepting("00000000")
    (identity,) = hardware.identities()
    with pytest.raises(Cancelled):
        hardware.open(identity, person)
    first, second = person.asked
    assert first.final_try
    assert [notice.code for notice in first.notices] == ["pin_last_try"]
    assert second.refused is not None
    assert second.refused.facts["tries_left"] == 1
    assert second.refused.facts["final_try"] is True
    assert "khóa" in second.notices[-1].vietnamese


def test_few_tries_left_are_told(hardware: TokenSigner, p11shim: Shim) -> None:
    p11shim.says("flags low")
    person = Person()
    (identity,) = hardware.identities()
    with pytest.raises(Cancelled):
        hardware.open(identity, person)
    assert [notice.code for notice in person.asked[0].notices] == ["pin_tries_low"]


def test_a_locked_token_says_so_before_any_pin_is_asked(hardware: TokenSigner, p11shim: Shim) -> None:
    p11shim.says("flags locked")
    person = Person(PIN)
    (identity,) = hardware.identities()
    with pytest.raises(Refusal) as error:
        hardware.open(identity, person)
    assert code_of(error) == "pin_locked"
    assert not person.asked


def test_a_pin_that_locks_the_token_is_not_asked_again(hardware: TokenSigner, p11shim: Shim) -> None:
    p11shim.says("C_Login CKR_PIN_LOCKED")
    person = Person("00000000", PIN)
    (identity,) = hardware.identities()
    with pytest.raises(Refusal) as error:
        hardware.open(identity, person)
    assert code_of(error) == "pin_locked"
    assert len(person.asked) == 1


def test_no_pin_is_tried_twice_by_the_program_itself(hardware: TokenSigner, p11shim: Shim) -> None:
    (identity,) = hardware.identities()
    with pytest.raises(Cancelled):
        hardware.open(identity, Person("00000000"))
    assert p11shim.calls("C_Login") == 1


def test_no_token_is_a_trouble_that_can_be_tried_again(hardware: TokenSigner, p11shim: Shim) -> None:
    p11shim.says("absent")
    assert hardware.identities() == ()
    absence = hardware.absence()
    assert isinstance(absence, Trouble)
    assert absence.reasons[0].code == "token_absent"
    p11shim.clear()
    assert len(hardware.identities()) == 1


def test_a_token_gone_before_the_pin_is_told_before_the_pin(hardware: TokenSigner, p11shim: Shim) -> None:
    (identity,) = hardware.identities()
    p11shim.says("absent")
    person = Person(PIN)
    with pytest.raises(Trouble) as error:
        hardware.open(identity, person)
    assert code_of(error) == "token_absent"
    assert not person.asked


@pytest.mark.parametrize("call", ["C_OpenSession", "C_Login"])
def test_a_token_that_goes_while_the_pin_is_typed_is_told_as_away(
    hardware: TokenSigner, p11shim: Shim, call: str,
) -> None:
    (identity,) = hardware.identities()

    class Pulling(Person):
        def ask_pin(self, request: PinRequest) -> Pin | None:
            p11shim.says(f"{call} CKR_DEVICE_REMOVED")
            return super().ask_pin(request)

    with pytest.raises(Trouble) as error:
        hardware.open(identity, Pulling(PIN))
    assert code_of(error) == "token_absent"
    assert identity.token_label in error.value.vietnamese


@pytest.mark.parametrize("call", ["C_OpenSession", "C_FindObjectsInit", "C_FindObjects", "C_GetAttributeValue"])
def test_a_token_that_goes_while_it_is_read_is_as_if_it_were_not_in(
    hardware: TokenSigner, p11shim: Shim, call: str,
) -> None:
    p11shim.says(f"{call} CKR_DEVICE_REMOVED")
    assert hardware.identities() == ()
    assert hardware.absence().reasons[0].code == "token_absent"


@pytest.mark.parametrize("call", ["C_Initialize", "C_GetSlotList", "C_GetTokenInfo", "C_OpenSession"])
def test_a_driver_that_fails_while_tokens_are_looked_for_is_named(
    hardware: TokenSigner, p11shim: Shim, call: str,
) -> None:
    p11shim.says(f"{call} CKR_FUNCTION_FAILED")
    assert hardware.identities() == ()
    (reason,) = hardware.absence().reasons
    assert (reason.code, reason.facts["ckr"]) == ("driver_error", "CKR_FUNCTION_FAILED")


def test_a_token_without_certificate_is_refused(home: TokenHome, token_signer: TokenSignerOf) -> None:
    make_token(home, "empty", PIN)
    signer = token_signer([str(home.module)], home.env)
    assert signer.identities() == ()
    assert signer.absence().reasons[0].code == "token_no_certificate"


def test_a_certificate_without_its_key_is_refused(home: TokenHome, doctor: Issued, token_signer: TokenSignerOf) -> None:
    make_token(home, "half", PIN, doctor)
    signer = token_signer([str(home.module)], home.env)
    (identity,) = signer.identities()
    subprocess.run(["pkcs11-tool", "--module", str(home.module), "--token-label", "half", "--login", "--pin", "env:PIN",
                    "--delete-object", "--type", "privkey", "--id", identity.key_id.hex()],
                   env={**os.environ, **home.env, "PIN": PIN}, check=True, capture_output=True)
    with pytest.raises(Refusal) as error:
        signer.open(identity, Person(PIN))
    assert code_of(error) == "key_missing"


@pytest.mark.parametrize("ckr", [
    "CKR_DEVICE_REMOVED", "CKR_TOKEN_NOT_PRESENT", "CKR_SESSION_HANDLE_INVALID", "CKR_SESSION_CLOSED",
    "CKR_OBJECT_HANDLE_INVALID", "CKR_KEY_HANDLE_INVALID", "CKR_GENERAL_ERROR", "CKR_DEVICE_ERROR",
    "CKR_USER_NOT_LOGGED_IN",
])
@pytest.mark.parametrize("call", ["C_SignInit", "C_Sign"])
def test_a_token_pulled_while_it_signs_is_told_as_that(
    hardware: TokenSigner, p11shim: Shim, call: str, ckr: str,
) -> None:
    signer = opened(hardware)
    p11shim.says(f"{call} {ckr}")
    with pytest.raises(Trouble) as error:
        signer.sign_raw(DATA, Mechanism.RSA_SHA256)
    assert code_of(error) == "token_pulled"
    assert error.value.reasons[0].facts["ckr"] == ckr


def test_after_a_pull_nothing_is_signed_without_a_new_pin(hardware: TokenSigner, p11shim: Shim) -> None:
    signer = opened(hardware)
    p11shim.says("C_Sign CKR_DEVICE_REMOVED times 1")
    for _ in range(2):
        with pytest.raises(Trouble) as error:
            signer.sign_raw(DATA, Mechanism.RSA_SHA256)
        assert code_of(error) == "token_pulled"
    assert p11shim.calls("C_Sign") == 1


def test_softhsm_whose_token_folder_goes_and_comes_back_signs_after_a_new_pin(
    home: TokenHome, doctor: Issued, token_signer: TokenSignerOf,
) -> None:
    make_token(home, "mine", PIN, doctor)
    signer = opened(token_signer([str(home.module)], home.env))
    away = home.objects.rename(home.directory / "away")
    home.objects.mkdir()
    with pytest.raises(Trouble) as error:
        signer.sign_raw(DATA, Mechanism.RSA_SHA256)
    assert code_of(error) == "token_pulled"
    signer.close()
    assert signer.identities() == ()
    home.objects.rmdir()
    away.rename(home.objects)
    assert opened(signer).identity.made(signer.sign_raw(DATA, Mechanism.RSA_SHA256), DATA)


@pytest.mark.parametrize("ckr", ["CKR_FUNCTION_FAILED", "CKR_DEVICE_MEMORY", "CKR_MECHANISM_INVALID", "0x80000001"])
def test_another_return_code_is_named(hardware: TokenSigner, p11shim: Shim, ckr: str) -> None:
    signer = opened(hardware)
    p11shim.says(f"C_Sign {ckr}")
    with pytest.raises(Trouble) as error:
        signer.sign_raw(DATA, Mechanism.RSA_SHA256)
    assert code_of(error) == "driver_error"
    assert ckr.removeprefix("0x").lower() in str(error.value.reasons[0].facts["ckr"]).lower()


def test_a_signature_by_another_key_is_never_let_through(hardware: TokenSigner, p11shim: Shim) -> None:
    signer = opened(hardware)
    p11shim.says("C_Sign corrupt")
    with pytest.raises(Refusal) as error:
        signer.sign_raw(DATA, Mechanism.RSA_SHA256)
    assert code_of(error) == "certificate_changed"


def test_a_library_that_prints_does_not_disturb_the_talk(hardware: TokenSigner, p11shim: Shim) -> None:
    p11shim.says("C_GetTokenInfo print", "C_Login print", "C_Sign print")
    signer = opened(hardware)
    assert signer.identity.made(signer.sign_raw(DATA, Mechanism.RSA_SHA256), DATA)


def signed_anew(process: TokenProcess, identity: Identity) -> bytes:
    """Log in and sign once, in a process that starts for it."""
    process.login(identity, Pin(PIN))
    return process.sign(DATA, Mechanism.RSA_SHA256)


@pytest.mark.parametrize("call", ["C_Initialize", "C_GetSlotList", "C_GetTokenInfo", "C_Login", "C_SignInit", "C_Sign"])
def test_a_library_that_hangs_is_ended_and_the_next_try_works(
    p11shim: Shim, doctors_home: TokenHome, call: str,
) -> None:
    limits = Limits(login_s=1, sign_s=1)
    with TokenProcess(p11shim.module, env={**p11shim.env, **doctors_home.env}, limits=limits) as process:
        (identity,) = process.tokens()[0].identities
        process.close()
        p11shim.says(f"{call} hang")
        with pytest.raises(Trouble) as error:
            signed_anew(process, identity)
        assert code_of(error) == "module_hung"
        assert process.pid is None
        p11shim.clear()
        # The real library is let take its time: on a busy machine its login alone may need more than the second.
        process._limits = Limits()
        assert identity.made(signed_anew(process, identity), DATA)


def test_a_library_that_hangs_while_it_is_loaded_is_ended(tmp_path: Path) -> None:
    source = tmp_path / "stuck.c"
    source.write_text("#include <unistd.h>\n__attribute__((constructor)) void stuck(void) { for (;;) pause(); }\n")
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", str(tmp_path / "stuck.so"), str(source)], check=True)
    with TokenProcess(str(tmp_path / "stuck.so"), limits=Limits(list_s=1)) as process:
        with pytest.raises(Trouble) as error:
            process.tokens()
        assert code_of(error) == "module_hung"


@pytest.mark.parametrize("call", ["C_Initialize", "C_GetSlotList", "C_Login", "C_Sign"])
def test_a_library_that_crashes_takes_only_its_process_along(
    p11shim: Shim, doctors_home: TokenHome, call: str,
) -> None:
    with TokenProcess(p11shim.module, env={**p11shim.env, **doctors_home.env}) as process:
        (identity,) = process.tokens()[0].identities
        process.close()
        p11shim.says(f"{call} crash")
        with pytest.raises(Trouble) as error:
            signed_anew(process, identity)
        assert code_of(error) == "module_crashed"
        assert error.value.reasons[0].facts["exit_code"] == -signal.SIGABRT
        p11shim.clear()
        assert identity.made(signed_anew(process, identity), DATA)


def test_a_login_does_not_outlive_the_process_that_held_it(p11shim: Shim, doctors_home: TokenHome) -> None:
    with TokenProcess(p11shim.module, env={**p11shim.env, **doctors_home.env}) as process:
        (identity,) = process.tokens()[0].identities
        process.login(identity, Pin(PIN))
        process.close()
        with pytest.raises(Trouble) as error:
            process.sign(DATA, Mechanism.RSA_SHA256)
        assert code_of(error) == "token_pulled"


def test_logging_out_forgets_the_key(p11shim: Shim, doctors_home: TokenHome) -> None:
    with TokenProcess(p11shim.module, env={**p11shim.env, **doctors_home.env}) as process:
        (identity,) = process.tokens()[0].identities
        process.login(identity, Pin(PIN))
        process.logout()
        with pytest.raises(Trouble) as error:
            process.sign(DATA, Mechanism.RSA_SHA256)
        assert code_of(error) == "token_pulled"


def test_a_driver_that_is_not_there_is_named(token_signer: TokenSignerOf, tmp_path: Path) -> None:
    signer = token_signer([str(tmp_path / "nowhere.so")], {})
    assert signer.identities() == ()
    (reason,) = signer.absence().reasons
    assert (reason.code, reason.where) == ("module_missing", str(tmp_path / "nowhere.so"))


def test_a_file_that_is_no_library_is_named(token_signer: TokenSignerOf, tmp_path: Path) -> None:
    broken = tmp_path / "broken.so"
    broken.write_text("no library")
    signer = token_signer([str(broken)], {})
    assert signer.identities() == ()
    assert [reason.code for reason in signer.absence().reasons] == ["module_missing"]


def test_one_broken_driver_hides_no_other_token(
    p11shim: Shim, doctors_home: TokenHome, token_signer: TokenSignerOf, doctor: Issued,
) -> None:
    p11shim.says("C_Initialize crash")
    modules = [p11shim.module, str(softhsm_module())]
    signer = token_signer(modules, {**p11shim.env, **doctors_home.env})
    (identity,) = signer.identities()
    assert identity.certificate == doctor.der
    assert [reason.code for reason in signer.problems] == ["module_crashed"]


def test_a_certificate_that_two_drivers_show_is_listed_once(
    p11shim: Shim, doctors_home: TokenHome, token_signer: TokenSignerOf,
) -> None:
    modules = [p11shim.module, str(softhsm_module())]
    signer = token_signer(modules, {**p11shim.env, **doctors_home.env})
    (identity,) = signer.identities()
    assert identity.module == p11shim.module


def test_closing_ends_a_call_that_hangs_without_a_word(hardware: TokenSigner, p11shim: Shim) -> None:
    signer = opened(hardware)
    p11shim.says("C_Sign hang")
    ended: list[BaseException] = []

    def work() -> None:
        try:
            signer.sign_raw(DATA, Mechanism.RSA_SHA256)
        except Cancelled as cancelled:
            ended.append(cancelled)

    thread = threading.Thread(target=work)
    thread.start()
    wait_until(lambda: p11shim.calls("C_Sign") > 0)
    signer.close()
    thread.join(10)
    assert len(ended) == 1


def begun(work: Callable[[], object], ended: list[BaseException]) -> threading.Thread:
    """On a thread of its own; how it failed is kept."""
    def run() -> None:
        try:
            work()
        except Exception as error:
            ended.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def test_closing_ends_a_process_that_is_just_being_started(
    p11shim: Shim, doctors_home: TokenHome, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who closes found no process yet, and waited for as long as the first call of the new one may take."""
    started, go_on, ended = threading.Event(), threading.Event(), list[BaseException]()
    make = process._Child

    def held(module: str, env: dict[str, str]) -> process._Child:
        child = make(module, env)
        started.set()
        go_on.wait(20)
        return child

    monkeypatch.setattr(process, "_Child", held)
    p11shim.says("C_GetSlotList hang")
    tokens = TokenProcess(p11shim.module, env={**p11shim.env, **doctors_home.env}, limits=Limits(list_s=600))
    asking = begun(tokens.tokens, ended)
    assert started.wait(20)
    closing = begun(tokens.close, ended)
    wait_until(lambda: tokens._closing)
    go_on.set()
    closing.join(20)
    asking.join(20)
    assert not closing.is_alive()
    assert [type(error) for error in ended] == [Cancelled]
    assert tokens.pid is None


def test_closing_just_before_a_question_is_sent_is_a_cancel_too(
    p11shim: Shim, doctors_home: TokenHome, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It was told as a bug: the pipe was closed."""
    asked, go_on, ended = threading.Event(), threading.Event(), list[BaseException]()

    def held(*given: Any) -> None:
        asked.set()
        go_on.wait(20)
        wire.send(*given)

    tokens = TokenProcess(p11shim.module, env={**p11shim.env, **doctors_home.env})
    tokens.tokens()
    child = tokens._child
    assert child is not None
    monkeypatch.setattr(process, "send", held)
    asking = begun(tokens.tokens, ended)
    assert asked.wait(20)
    closing = begun(tokens.close, ended)
    wait_until(lambda: child._pipe(child._process.stdin).closed)
    go_on.set()
    closing.join(20)
    asking.join(20)
    assert [type(error) for error in ended] == [Cancelled]


@pytest.mark.parametrize("hang", [False, True], ids=["idle", "hanging in the library"])
def test_the_token_process_dies_with_the_workstation(p11shim: Shim, doctors_home: TokenHome, hang: bool) -> None:
    script = (
        "import sys; from workstation.signing.process import TokenProcess, Limits\n"
        "process = TokenProcess(sys.argv[1], limits=Limits(list_s=600))\n"
        "process.tokens(); print(process.pid, flush=True)\n"
        "sys.stdin.readline()\n"
        "process.tokens(); sys.stdin.readline()\n"
    )
    root = Path(__file__).parents[3]
    workstation = subprocess.Popen([sys.executable, "-c", script, p11shim.module], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True, cwd=root,
                                   env={**os.environ, **p11shim.env, **doctors_home.env, "PYTHONPATH": str(root)})
    assert workstation.stdin is not None
    assert workstation.stdout is not None
    with workstation, workstation.stdin, workstation.stdout:
        child = psutil.Process(int(workstation.stdout.readline()))
        if hang:
            before = p11shim.calls("C_GetSlotList")
            p11shim.says("C_GetSlotList hang")
            workstation.stdin.write("\n")
            workstation.stdin.flush()
            wait_until(lambda: p11shim.calls("C_GetSlotList") > before)
        workstation.kill()
        psutil.wait_procs([child], timeout=20)
        assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
