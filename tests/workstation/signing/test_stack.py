"""Many documents, one PIN: what is told, in which order, and what happens when the token goes in the middle."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pikepdf
import pytest

from records import render, signed_elsewhere
from records.deadlines import ZONE
from records.errors import Cancelled, Refusal, Trouble
from server.demo.pki import Issued, issue_expired, issue_person
from server.demo.tokens import TokenHome, make_token
from tests.p11shim.fixture import Shim
from tests.records.factories import version
from tests.workstation.signing.conftest import Authorities, TokenSignerOf
from tests.workstation.signing.people import DOCTOR_ID, DOCTOR_NAME, PIN, Person, mark_of, now
from workstation.signing.process import Limits
from workstation.signing.stack import Document, Outcome, Stack
from workstation.signing.token import TokenSigner

FIELD = render.slot_field("doctor")


@pytest.fixture(scope="module")
def page() -> bytes:
    return render.render_entry(version())


def documents(page: bytes, count: int, drawn: Callable[[str], None] = lambda _: None) -> list[Document]:
    def draw(key: str) -> bytes:
        drawn(key)
        return page

    return [Document(str(number), FIELD, partial(draw, str(number)), mark_of) for number in range(count)]


def stack_of(signer: TokenSigner, wanted: list[Document], told: list[Outcome]) -> Stack:
    (identity,) = signer.identities()
    return Stack(signer, identity, wanted, told=told.append, now=now)


def assert_valid(outcomes: list[Outcome], folder: Path) -> None:
    for outcome in outcomes:
        assert outcome.signed is not None
        (folder / "one.pdf").write_bytes(outcome.signed)
        report = subprocess.run(["pdfsig", str(folder / "one.pdf")], capture_output=True, text=True, check=False).stdout
        assert "Signature is Valid" in report


def test_one_pin_signs_them_all_and_each_is_told_in_order(
    hardware: TokenSigner, p11shim: Shim, page: bytes, tmp_path: Path,
) -> None:
    told: list[Outcome] = []
    person = Person(PIN)
    assert stack_of(hardware, documents(page, 10), told).run(person) == 0
    assert [outcome.document.key for outcome in told] == [str(number) for number in range(10)]
    assert len(person.asked) == p11shim.calls("C_Login") == 1
    assert_valid(told, tmp_path)


@pytest.mark.parametrize("fails", [False, True])
def test_threads_take_quick_turns_while_a_stack_is_signed_and_not_after(
    hardware: TokenSigner, p11shim: Shim, page: bytes, fails: bool,
) -> None:
    before, during = sys.getswitchinterval(), []
    (identity,) = hardware.identities()
    stack = Stack(hardware, identity, documents(page, 2, lambda _: during.append(sys.getswitchinterval())), now=now,
                  told=lambda _: None)
    if fails:
        p11shim.says("C_Sign CKR_DEVICE_REMOVED after 1")
    with contextlib.suppress(Trouble):
        stack.run(Person(PIN))
    assert max(during) < before
    assert sys.getswitchinterval() == before


@pytest.mark.parametrize("ckr", ["CKR_DEVICE_REMOVED", "CKR_SESSION_HANDLE_INVALID", "CKR_GENERAL_ERROR"])
def test_a_token_pulled_in_the_middle_of_ten_resumes_after_a_new_pin(
    hardware: TokenSigner, p11shim: Shim, page: bytes, tmp_path: Path, ckr: str,
) -> None:
    told: list[Outcome] = []
    stack = stack_of(hardware, documents(page, 10), told)
    p11shim.says(f"C_Sign {ckr} after 4")
    with pytest.raises(Trouble) as error:
        stack.run(Person(PIN))
    assert error.value.reasons[0].code == "token_pulled"
    assert [outcome.document.key for outcome in told] == ["0", "1", "2", "3"]
    assert [document.key for document in stack.left] == ["4", "5", "6", "7", "8", "9"]
    p11shim.says("absent")
    with pytest.raises(Trouble) as error:
        stack.run(Person(PIN))
    assert error.value.reasons[0].code == "token_absent"
    p11shim.clear()
    person = Person(PIN)
    assert stack.run(person) == 0
    assert len(person.asked) == 1
    assert [outcome.document.key for outcome in told] == [str(number) for number in range(10)]
    assert_valid(told, tmp_path)


@pytest.mark.parametrize("fault", ["crash", "hang"])
def test_a_driver_that_dies_in_the_middle_leaves_whole_documents_and_resumes(
    p11shim: Shim, doctors_home: TokenHome, token_signer: TokenSignerOf, page: bytes, tmp_path: Path, fault: str,
) -> None:
    signer = token_signer([p11shim.module], {**p11shim.env, **doctors_home.env}, Limits(sign_s=3))
    told: list[Outcome] = []
    stack = stack_of(signer, documents(page, 3), told)
    p11shim.says(f"C_Sign {fault} after 1")
    with pytest.raises(Trouble) as error:
        stack.run(Person(PIN))
    assert error.value.reasons[0].code == {"crash": "module_crashed", "hang": "module_hung"}[fault]
    p11shim.clear()
    assert stack.run(Person(PIN)) == 0
    assert [outcome.document.key for outcome in told] == ["0", "1", "2"]
    assert_valid(told, tmp_path)


def test_another_token_never_finishes_what_one_began(
    home: TokenHome, authorities: Authorities, doctor: Issued, token_signer: TokenSignerOf, page: bytes,
) -> None:
    make_token(home, "mine", PIN, doctor)
    signer = token_signer([str(home.module)], home.env)
    told: list[Outcome] = []
    stack = stack_of(signer, documents(page, 3), told)
    home.objects.rename(home.directory / "away")
    home.objects.mkdir()
    make_token(home, "mine", PIN, issue_person(authorities.issuing, DOCTOR_NAME, DOCTOR_ID))
    person = Person(PIN)
    with pytest.raises(Trouble) as error:
        stack.run(person)
    assert error.value.reasons[0].code == "token_absent"
    assert not person.asked
    assert not told


def another_person(authorities: Authorities) -> Issued:
    return issue_person(authorities.issuing, "Phạm Văn Lạ", "099080009999")


def a_name_twin(authorities: Authorities) -> Issued:
    return issue_person(authorities.issuing, DOCTOR_NAME, DOCTOR_ID)


@pytest.mark.parametrize("whose", [another_person, a_name_twin])
def test_a_driver_that_goes_on_with_another_token_in_its_slot_signs_nothing_of_this_stack(
    home: TokenHome, authorities: Authorities, doctor: Issued, token_signer: TokenSignerOf, page: bytes,
    p11shim: Shim, tmp_path: Path, whose: Callable[[Authorities], Issued],
) -> None:
    make_token(home, "mine", PIN, doctor)
    make_token(home, "other", PIN, whose(authorities))
    signer = token_signer([p11shim.module], {**p11shim.env, **home.env})
    tokens = {token.label: token for token in signer.tokens()}
    told: list[Outcome] = []
    (mine,), (other,) = tokens["mine"].identities, tokens["other"].identities
    stack = Stack(signer, mine, documents(page, 5), told=told.append, now=now)
    p11shim.says(f"become {tokens['other'].serial} {PIN} after 2")
    with pytest.raises(Refusal) as error:
        stack.run(Person(PIN))
    (reason,) = error.value.reasons
    assert reason.code == "certificate_changed"
    assert reason.vietnamese == "Token không còn chứng thư đã dùng lúc bắt đầu ký."
    assert [outcome.document.key for outcome in told] == ["0", "1"]
    assert [document.key for document in stack.left] == ["2", "3", "4"]
    assert p11shim.calls("C_Sign") == 3, "the other token made one signature, which nobody gets to see"
    p11shim.clear()
    assert stack.run(Person(PIN)) == 0
    assert [outcome.document.key for outcome in told] == ["0", "1", "2", "3", "4"]
    assert_valid(told, tmp_path)
    assert {certificate_in(outcome) for outcome in told} == {mine.certificate}
    assert mine.certificate != other.certificate


def certificate_in(outcome: Outcome) -> bytes:
    """With which the file's one signature was made."""
    assert outcome.signed is not None
    (signature,) = signed_elsewhere.look(outcome.signed).signatures
    return signature.certificate


def test_another_certificate_on_the_same_token_never_finishes_what_one_began(
    home: TokenHome, authorities: Authorities, doctor: Issued, token_signer: TokenSignerOf, page: bytes,
    tmp_path: Path,
) -> None:
    make_token(home, "mine", PIN, doctor)
    signer = token_signer([str(home.module)], home.env)
    told: list[Outcome] = []
    stack = stack_of(signer, documents(page, 3), told)
    key_id = stack.identity.key_id.hex()
    renewed = issue_person(authorities.issuing, DOCTOR_NAME, DOCTOR_ID, key=doctor.key)
    (tmp_path / "renewed.der").write_bytes(renewed.der)
    tool = ["pkcs11-tool", "--module", str(home.module), "--token-label", "mine", "--login", "--pin", "env:PIN",
            "--type", "cert", "--id", key_id]
    for action in (["--delete-object"], ["--write-object", str(tmp_path / "renewed.der")]):
        subprocess.run([*tool, *action], env={**os.environ, **home.env, "PIN": PIN}, check=True, capture_output=True)
    person = Person(PIN)
    with pytest.raises(Refusal) as error:
        stack.run(person)
    assert error.value.reasons[0].code == "certificate_changed"
    assert not person.asked
    assert not told


def test_a_document_that_cannot_be_signed_does_not_stop_the_others(hardware: TokenSigner, page: bytes) -> None:
    told: list[Outcome] = []
    wanted = documents(page, 4)
    wanted[1] = Document("broken", FIELD, lambda: b"no pdf", mark_of)
    wanted[3] = Document("no field", "slot_nowhere", lambda: page, mark_of)
    assert stack_of(hardware, wanted, told).run(Person(PIN)) == 0
    codes = [[reason.code for reason in outcome.reasons] for outcome in told]
    assert codes == [[], ["not_signable"], [], ["field_not_empty"]]
    assert [outcome.signed is None for outcome in told] == [False, True, False, True]


def test_stopping_leaves_the_rest_and_running_again_signs_it(hardware: TokenSigner, page: bytes) -> None:
    told: list[Outcome] = []
    (identity,) = hardware.identities()

    reached = threading.Event()

    def slow_draw() -> bytes:
        assert reached.wait(30)
        return page

    wanted = [*documents(page, 1), Document("1", FIELD, slow_draw, mark_of), *documents(page, 6)[2:]]

    def told_and_stopped(outcome: Outcome) -> None:
        told.append(outcome)
        stack.stop()
        reached.set()

    stack = Stack(hardware, identity, wanted, told=told_and_stopped, now=now)
    left = stack.run(Person(PIN))
    assert left == 6 - len(told)
    assert 1 <= len(told) <= 2
    while stack.left:
        stack.run(Person(PIN))
    assert [outcome.document.key for outcome in told] == ["0", "1", "2", "3", "4", "5"]


def test_cancelling_the_pin_signs_nothing(hardware: TokenSigner, page: bytes) -> None:
    told: list[Outcome] = []
    stack = stack_of(hardware, documents(page, 2), told)
    with pytest.raises(Cancelled):
        stack.run(Person())
    assert len(stack.left) == 2
    assert not told


def test_an_expired_certificate_is_refused_before_the_pin(
    home: TokenHome, authorities: Authorities, token_signer: TokenSignerOf, page: bytes,
) -> None:
    make_token(home, "old", PIN, issue_expired(authorities.issuing, DOCTOR_NAME, DOCTOR_ID))
    person = Person(PIN)
    told: list[Outcome] = []
    with pytest.raises(Refusal) as error:
        stack_of(token_signer([str(home.module)], home.env), documents(page, 1), told).run(person)
    assert error.value.reasons[0].code == "certificate_expired"
    assert not person.asked


def test_the_next_page_is_drawn_while_the_token_signs(
    hardware: TokenSigner, page: bytes, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The token of the test waits until the second page is drawn: drawn after the signature, it would wait for ever."""
    events: list[str] = []
    drawn = threading.Event()

    def note(key: str) -> None:
        events.append(f"drawn {key}")
        if key == "1":
            drawn.set()

    (identity,) = hardware.identities()
    real = hardware.sign_raw

    def sign_after_drawing(data: bytes, mechanism: object) -> bytes:
        assert drawn.wait(30)
        return real(data, identity.mechanism)

    monkeypatch.setattr(hardware, "sign_raw", sign_after_drawing)
    Stack(hardware, identity, documents(page, 2, note), told=lambda outcome: events.append(outcome.document.key),
          now=now).run(Person(PIN))
    assert events.index("drawn 1") < events.index("0")


def test_a_listener_that_fails_is_heard_of_after_all_were_told(hardware: TokenSigner, page: bytes) -> None:
    told: list[str] = []
    (identity,) = hardware.identities()

    def failing(outcome: Outcome) -> None:
        told.append(outcome.document.key)
        if outcome.document.key == "0":
            raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError, match="the disk is full"):
        Stack(hardware, identity, documents(page, 3), told=failing, now=now).run(Person(PIN))
    assert told == ["0", "1", "2"]


def test_the_mark_shows_the_moment_of_signing_in_whole_seconds(hardware: TokenSigner, page: bytes) -> None:
    told: list[Outcome] = []
    (identity,) = hardware.identities()
    at = now().replace(microsecond=456789)
    Stack(hardware, identity, documents(page, 1), told=told.append, now=lambda: at).run(Person(PIN))
    assert told[0].signed is not None
    with pikepdf.open(io.BytesIO(told[0].signed)) as document:
        (widget,) = [widget for widget in document.pages[0].obj["/Annots"] if widget.get("/T") == FIELD]
        assert str(widget["/V"]["/M"]) == f"D:{at.astimezone(ZONE):%Y%m%d%H%M%S}+07'00'"
