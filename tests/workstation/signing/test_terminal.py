"""The prompt on a terminal: what it shows, and how it is cancelled."""

from __future__ import annotations

import pytest

from records.errors import Reason
from server.demo.pki import Issued
from tests.workstation.signing.people import PIN
from workstation.signing.base import Identity, PinRequest
from workstation.signing.terminal import TerminalPrompter


def stopped(_: str) -> str:
    raise KeyboardInterrupt


def test_the_pin_is_asked_hidden_and_the_warning_is_shown(doctor: Issued, capsys: pytest.CaptureFixture[str]) -> None:
    asked: list[str] = []

    def hidden(question: str) -> str:
        asked.append(question)
        return PIN

    request = PinRequest(Identity(doctor.der), "Nguyen Thi Dao", final_try=True, refused=Reason("pin_wrong", facts={
        "tries_left": 1, "final_try": True}))
    pin = TerminalPrompter(hidden=hidden, shown=lambda _: "khoa").ask_pin(request)
    assert pin is not None
    assert pin.last_try
    assert pin.reveal() == PIN
    assert "Nguyen Thi Dao" in asked[0]
    shown = capsys.readouterr().err
    assert "không đúng" in shown
    assert "Chỉ còn 1 lần" in shown
    assert PIN not in shown


def test_a_last_try_that_is_not_accepted_asks_for_no_pin(doctor: Issued) -> None:
    request = PinRequest(Identity(doctor.der), "token", final_try=True)
    assert TerminalPrompter(hidden=stopped, shown=lambda _: "").ask_pin(request) is None


@pytest.mark.parametrize("hidden", [lambda _: "", stopped], ids=["empty line", "Ctrl+C"])
def test_an_empty_line_or_an_interrupt_cancels(doctor: Issued, hidden: object) -> None:
    assert callable(hidden)
    assert TerminalPrompter(hidden=hidden).ask_pin(PinRequest(Identity(doctor.der), "token")) is None


@pytest.mark.parametrize(("answer", "chosen"), [("1", 0), ("2", 1), ("3", None), ("0", None), ("", None), ("x", None)])
def test_a_certificate_is_chosen_by_its_number(doctor: Issued, answer: str, chosen: int | None) -> None:
    choices = (Identity(doctor.der, label="first"), Identity(doctor.der, label="second"))
    picked = TerminalPrompter(shown=lambda _: answer).choose_identity(choices)
    assert picked is (None if chosen is None else choices[chosen])
