"""Dr Hà has no token: she signs ten treatment rows with her key at a remote service, whatever phone and service do."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from server.store import base
from tests.journeys.phones import TEN, Room, Server, choose, codes, room, sandbox, server, states
from tests.sandbox.program import Sandbox
from tests.sandbox.remote_signers import OTP, PIN
from tests.server.remote import conduct
from workstation.models.signing import LineState, Stage
from workstation.signing.base import Pin

__all__ = ["room", "sandbox", "server"]


def test_ten_rows_with_one_tap_after_a_refusal_and_a_restart_of_the_server(
    room: Room, server: Server, sandbox: Sandbox,
) -> None:
    act = room.rows(TEN)
    choose(act, "smartca")
    assert act.on_token
    conduct(sandbox, "smartca").phone = "refuse"
    act.sign(Pin(""))
    room.until(lambda: act.stage is Stage.PAUSED)
    assert codes(act) == ["remote_refused_on_phone"]
    assert act.refusal is not None
    assert "điện thoại" in act.refusal.vietnamese
    assert states(act) == [LineState.WAITING] * TEN
    conduct(sandbox, "smartca").phone = "silent"
    act.sign(Pin(""))
    room.until(lambda: len(sandbox.calls("smartca", "/status")) > 1)
    server.stop()
    conduct(sandbox, "smartca").phone = "approve"
    server.start()
    room.until(lambda: act.stage is Stage.DONE)
    room.until(lambda: states(act) == [LineState.RECEIVED] * TEN)
    assert len(sandbox.calls("smartca", "/v1/signatures/sign")) == 2  # the refused one and the one that was signed
    with base.transaction(server.house.hospital.engine) as db:
        assert db.execute(text("SELECT count(*) FROM signatures")).scalar_one() == TEN


def test_half_a_list_leaves_half_unsigned_and_the_rest_is_signed_by_asking_again(
    room: Room, sandbox: Sandbox,
) -> None:
    act = room.rows(TEN)
    choose(act, "mysign")
    conduct(sandbox, "mysign").gives = "half"
    act.sign(Pin(""))
    room.until(lambda: act.stage is Stage.PAUSED)
    assert codes(act) == ["remote_signatures_missing"]
    assert len(act.left) == TEN // 2
    conduct(sandbox, "mysign").gives = "all"
    act.sign(Pin(""))
    room.until(lambda: states(act) == [LineState.RECEIVED] * TEN)


@pytest.mark.parametrize(("field", "value", "code"), [
    ("gives", "other_key", "remote_signature_wrong"), ("gives", "wrong", "remote_signature_wrong"),
    ("down", "cut", "remote_service_away"), ("down", "401", "remote_service_login"),
    ("phone", "late", "remote_too_late"),
])
def test_a_wrong_answer_signs_nothing_and_the_same_act_goes_on_later(
    room: Room, sandbox: Sandbox, field: str, value: str, code: str,
) -> None:
    act = room.rows(2)
    choose(act, "csc2")
    setattr(conduct(sandbox, "csc2"), field, value)
    act.sign(Pin(""))
    room.until(lambda: act.stage is Stage.PAUSED)
    assert codes(act) == [code]
    assert states(act) == [LineState.WAITING] * 2
    setattr(conduct(sandbox, "csc2"), field, {"gives": "all", "down": "", "phone": "approve"}[field])
    act.sign(Pin(""))
    room.until(lambda: states(act) == [LineState.RECEIVED] * 2)


def test_who_waits_no_longer_signs_nothing(room: Room, sandbox: Sandbox) -> None:
    act = room.rows(2)
    choose(act, "smartca")
    conduct(sandbox, "smartca").phone = "silent"
    act.sign(Pin(""))
    room.until(lambda: len(sandbox.calls("smartca", "/status")) > 0)
    act.stop()
    room.until(lambda: act.stage is Stage.PAUSED)
    assert act.refusal is None
    assert states(act) == [LineState.WAITING] * 2
    assert room.place.desk.client.remote_certificates(5)


@pytest.mark.parametrize("kind", ["csc1", "smartca_code"])
def test_pin_and_one_time_code_are_asked_one_after_the_other(room: Room, sandbox: Sandbox, kind: str) -> None:
    act = room.rows(2)
    choose(act, kind)
    assert not act.on_token
    act.sign(Pin(PIN))
    room.until(lambda: act.stage is Stage.ASKING)
    assert [reason.code for reason in act.notices] == ["remote_code_next"]
    act.sign(Pin(OTP))
    room.until(lambda: states(act) == [LineState.RECEIVED] * 2)
