"""One PIN for a stack: real tokens, each outcome told, and nothing lost when a token or the server goes away."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from records.messages import EntryView
from records.pades import judge
from records.trust import Trust
from tests.p11shim.fixture import Shim, p11shim, p11shim_module
from tests.workstation import hospital
from tests.workstation.little_server import LittleServer
from tests.workstation.models.desks import draft
from tests.workstation.signing_room import Rooms, room_of
from tests.workstation.tokens import PIN, DoctorsToken, doctors_token, plugged, shimmed
from workstation.config import Config
from workstation.models.account import utc_now
from workstation.models.signing import LineState, SigningAct, SigningModel, Stage
from workstation.signing.base import Pin

__all__ = ["doctors_token", "p11shim", "p11shim_module", "plugged", "room_of", "shimmed"]


def codes(act: SigningAct) -> list[str]:
    return [reason.code for reason in act.refusal.reasons] if act.refusal is not None else []


def test_a_draft_is_signed_with_the_token_and_handed_in(
    room_of: Rooms, plugged: Config, little: LittleServer, doctors_token: DoctorsToken,
) -> None:
    room = room_of(plugged)
    act = room.begin()
    assert act.stage is Stage.READY
    assert act.identity is not None
    assert act.identity.full_name == "Lê Thu Hà"
    act.sign(Pin(PIN))
    room.until(lambda: bool(little.signed))
    room.until(lambda: act.lines[0].state is LineState.RECEIVED)
    room.until(lambda: act.stage is Stage.DONE)
    trust = Trust.from_pem(*(text.encode() for text in doctors_token.trust()))
    verdict = judge(little.signed[0].pdf, trust, utc_now())
    assert verdict.good, verdict.reasons
    assert verdict.signatures[0].signer == "Lê Thu Hà"
    assert room.desk.store.draft(act.lines[0].task.entry) is None


def test_one_pin_signs_the_whole_stack(room_of: Rooms, plugged: Config, little: LittleServer) -> None:
    room = room_of(plugged)
    act = room.begin(4)
    asked: list[object] = []
    act._prompter.pin_wanted.connect(asked.append)
    act.sign(Pin(PIN))
    room.until(lambda: len(little.signed) == 4)
    assert [file.entry for file in little.signed] == [line.task.entry for line in act.lines]
    assert asked == []


def test_a_wrong_pin_is_asked_again_and_says_so(room_of: Rooms, plugged: Config, little: LittleServer) -> None:
    room = room_of(plugged)
    act = room.begin()
    act.sign(Pin("11111111"))
    room.until(lambda: act.stage is Stage.ASKING)
    assert "pin_wrong" in [reason.code for reason in act.notices]
    assert little.signed == []
    act.sign(Pin(PIN))
    room.until(lambda: len(little.signed) == 1)


def test_the_last_try_is_told_before_it_is_used(room_of: Rooms, shimmed: Config, p11shim: Shim) -> None:
    p11shim.says("flags final")
    act = room_of(shimmed).begin()
    assert "pin_last_try" in [reason.code for reason in act.notices]


def test_cancelling_the_second_question_leaves_the_draft_as_it_was(room_of: Rooms, plugged: Config) -> None:
    room = room_of(plugged)
    act = room.begin()
    before = room.desk.store.draft(act.lines[0].task.entry)
    act.sign(Pin("11111111"))
    room.until(lambda: act.stage is Stage.ASKING)
    act.stop()
    room.until(lambda: act.stage is Stage.PAUSED)
    assert room.waiting() == 0
    assert room.desk.store.draft(act.lines[0].task.entry) == before


def test_a_locked_token_is_told_before_any_pin(room_of: Rooms, shimmed: Config, p11shim: Shim) -> None:
    p11shim.says("C_Login CKR_PIN_LOCKED")
    room = room_of(shimmed)
    act = room.begin()
    act.sign(Pin(PIN))
    room.until(lambda: act.stage is Stage.PAUSED)
    assert codes(act) == ["pin_locked"]
    assert act.left


def test_a_token_pulled_in_the_middle_keeps_what_is_signed_and_goes_on_with_the_same_certificate(
    room_of: Rooms, shimmed: Config, p11shim: Shim, little: LittleServer,
) -> None:
    room = room_of(shimmed)
    act = room.begin(5)
    p11shim.says("C_Sign CKR_DEVICE_REMOVED after 2")
    act.sign(Pin(PIN))
    room.until(lambda: act.stage is Stage.PAUSED)
    assert codes(act) == ["token_pulled"]
    assert (len(act.done), len(act.left)) == (2, 3)
    room.until(lambda: len(little.signed) == 2)
    p11shim.clear()
    act.sign(Pin(PIN))
    room.until(lambda: len(little.signed) == 5)
    room.until(lambda: act.stage is Stage.DONE)
    assert len({file.entry for file in little.signed}) == 5


def test_stopping_signs_nothing_after_the_document_at_hand(
    room_of: Rooms, shimmed: Config, p11shim: Shim, little: LittleServer,
) -> None:
    room = room_of(shimmed)
    act = room.begin(6)
    p11shim.says("C_Sign delay 200")
    act.sign(Pin(PIN))
    room.until(lambda: len(act.done) == 1)
    act.stop()
    room.until(lambda: act.stage is Stage.PAUSED)
    assert 1 <= len(act.done) < 6
    assert len(act.done) + len(act.left) == 6
    room.until(lambda: len(little.signed) == len(act.done))


def test_what_is_signed_while_the_server_is_away_waits_and_is_sent_once(
    room_of: Rooms, plugged: Config, little: LittleServer,
) -> None:
    room = room_of(plugged)
    act = room.begin(2)
    little.down()
    room.desk.sync.retry_now()
    room.until(lambda: room.desk.away)
    act.sign(Pin(PIN))
    room.until(lambda: act.stage is Stage.DONE)
    room.until(lambda: room.waiting() == 2)
    assert [line.state for line in act.lines] == [LineState.SIGNED] * 2
    little.up()
    room.desk.sync.retry_now()
    room.until(lambda: len(little.signed) == 2)
    assert {file.query["offline"] for file in little.signed} == {"true"}


def test_without_the_server_only_what_was_begun_here_may_be_signed(
    room_of: Rooms, plugged: Config, little: LittleServer,
) -> None:
    room = room_of(plugged)
    elsewhere = room.task(draft(values=dict(hospital.GOOD), begun_here=False))
    little.down()
    room.desk.sync.retry_now()
    room.until(lambda: room.desk.away)
    act = room.model.begin([elsewhere])
    assert [reason.code for reason in act.lines[0].refusals] == ["offline_not_begun_here"]
    assert not act.chosen


def test_what_is_incomplete_is_never_chosen_and_says_what_is_missing(room_of: Rooms, plugged: Config) -> None:
    room = room_of(plugged)
    act = room.model.begin([room.task(draft(values={})), room.task()])
    assert [line.chosen for line in act.lines] == [False, True]
    assert "field_missing" in [reason.code for reason in act.lines[0].refusals]
    act.toggle(act.lines[0].task.key)
    assert not act.lines[0].chosen


def test_a_certificate_that_nobody_approved_signs_nothing(
    room_of: Rooms, plugged: Config, little: LittleServer, doctors_token: DoctorsToken,
) -> None:
    little.certificates = [doctors_token.view("rejected")]
    act = room_of(plugged).begin()
    assert (act.stage, codes(act)) == (Stage.BLOCKED, ["no_certificate_approved"])


def test_no_token_blocks_and_a_second_look_finds_it(room_of: Rooms, shimmed: Config, p11shim: Shim) -> None:
    p11shim.says("absent")
    room = room_of(shimmed)
    act = room.begin()
    assert (act.stage, codes(act)) == (Stage.BLOCKED, ["token_absent"])
    p11shim.clear()
    act.look()
    room.until(lambda: act.stage is Stage.READY)


def test_a_second_slot_is_signed_only_on_the_file_that_the_server_named(
    room_of: Rooms, plugged: Config, little: LittleServer,
) -> None:
    from workstation.models.signing_tasks import slot_task

    room = room_of(plugged)
    entry: EntryView = hospital.entry(UUID(int=900), signed=False, file=sha256(b"another").hexdigest())
    little.files[entry.file] = b"%PDF-not the file"
    act = room.model.begin([slot_task(room.desk, room.chart, entry, "doctor")])
    room.until(lambda: act.stage is Stage.READY)
    act.sign(Pin(PIN))
    room.until(lambda: act.stage is Stage.DONE)
    assert [reason.code for reason in act.lines[0].refusals] == ["file_not_as_named"]
    assert little.signed == []


def test_a_refusal_of_the_server_is_told_and_the_draft_is_open_again(
    room_of: Rooms, plugged: Config, little: LittleServer,
) -> None:
    little.refusals["/signatures"] = (422, "licence_missing")
    room = room_of(plugged)
    act = room.begin()
    act.sign(Pin(PIN))
    room.until(lambda: act.lines[0].state is LineState.REFUSED)
    assert act.lines[0].refusals
    held = room.desk.store.draft(act.lines[0].task.entry)
    assert held is not None
    assert held.command is None


def test_a_training_key_signs_without_a_token_on_a_training_server_only(
    room_of: Rooms, config: Config, little: LittleServer, doctors_token: DoctorsToken, tmp_path: Path,
) -> None:
    issued = doctors_token.issued
    key = tmp_path / "training.pem"
    key.write_bytes(b"".join((
        issued.certificate.public_bytes(Encoding.PEM), doctors_token.issuing.certificate.public_bytes(Encoding.PEM),
        issued.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))))
    little.certificates = [doctors_token.view()]
    room = room_of(config.model_copy(update={"training_key": key}))
    act = room.begin()
    assert act.training
    act.sign(None)
    room.until(lambda: len(little.signed) == 1)
    care = replace(room.desk, account=room.desk.account.model_copy(update={"training": False}))
    assert not SigningModel(care, config.model_copy(update={"training_key": key})).training
