"""The self-test on a terminal: a real library, a real server, what it says of each fault, and its exit code."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from server.demo.tokens import make_home
from tests.p11shim.fixture import Shim, p11shim, p11shim_module
from tests.workstation.little_server import LittleServer
from tests.workstation.tokens import PIN, DoctorsToken, doctors_token, plugged, shimmed
from workstation.__main__ import main
from workstation.config import Config

__all__ = ["doctors_token", "p11shim", "p11shim_module", "plugged", "shimmed"]

Told = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def told(shimmed: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str],
         monkeypatch: pytest.MonkeyPatch) -> Told:
    """Runs it with that PIN typed, and reads what it printed."""

    def run(*arguments: str, pin: str = PIN) -> tuple[int, dict[str, Any]]:
        monkeypatch.setattr("workstation.signing.terminal.TerminalPrompter._asked", lambda *_: pin)
        for name, value in (("SERVER_URL", shimmed.server_url), ("PKCS11_MODULES", str(shimmed.pkcs11_modules[0])),
                            ("DATA_DIR", str(tmp_path))):
            monkeypatch.setenv(f"BENHAN_{name}", value)
        code = main(["--self-test", "--json", *arguments])
        return code, json.loads(capsys.readouterr().out)

    return run


def answers(report: dict[str, Any]) -> dict[str, str]:
    return {one["key"]: one["answer"] for one in report["questions"]}


def test_a_good_pc_answers_every_question(told: Told, doctors_token: DoctorsToken) -> None:
    code, report = told()
    assert code == 0
    assert answers(report) == {
        "server": "yes", "clock": "yes", "driver": "yes", "bits": "yes", "token": "yes", "pin": "yes",
        "mechanism": "yes", "certificate": "yes", "enrolled": "unknown", "trial": "yes"}
    (module,) = report["modules"]
    assert len(module["file"]["sha256"]) == 64
    assert module["file"]["bits"] == 64
    assert module["told"]["cryptoki"].startswith("2.")
    (certificate,) = module["certificates"]
    assert certificate["serial"] == doctors_token.issued.serial
    assert certificate["key"].startswith("RSA ")
    assert "content_commitment" in certificate["usage"] or "digital_signature" in certificate["usage"]
    (slot,) = [slot for slot in module["told"]["slots"] if slot["token"] and slot["mechanisms"]
               and slot["token"]["label"]]
    rsa = next(one for one in slot["mechanisms"] if one["name"] == "SHA256_RSA_PKCS")
    assert rsa["signs"]
    assert rsa["most"] >= 2048
    assert report["trial"]["verified"]
    assert report["trial"]["took_ms"] > 0


def test_the_report_says_of_the_library_what_it_says_of_itself_by_c_get_info(
    told: Told, shimmed: Config, p11shim: Shim, doctors_token: DoctorsToken, capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    p11shim.says("maker ACME 4 7")
    _, report = told("--no-sign")
    (module,) = report["modules"]
    assert (module["told"]["manufacturer"], module["told"]["library_version"]) == ("ACME", "4.7")
    main(["--self-test"])
    text = capsys.readouterr().out
    file = Path(shimmed.pkcs11_modules[0])
    assert f"Trình điều khiển: {file}" in text
    assert f"SHA-256: {hashlib.sha256(file.read_bytes()).hexdigest()}" in text
    assert f"tệp: {file.stat().st_size} byte, 64 bit" in text
    assert "4.7 (ACME)" in text
    assert "kiểu: SHA256_RSA_PKCS, khóa " in text
    took = re.search(rf"Ký thử: chứng thư {doctors_token.issued.serial}, (\d+\.\d) ms, đúng", text)
    assert took is not None
    assert float(took[1]) > 0


def test_the_report_holds_no_pin(told: Told) -> None:
    _, report = told()
    assert PIN not in json.dumps(report)


def test_a_wrong_pin_is_not_tried_again(told: Told, p11shim: Shim) -> None:
    p11shim.says("C_Login CKR_PIN_LOCKED")
    code, report = told()
    assert code == 1
    assert answers(report)["trial"] == "no"
    assert p11shim.calls("C_Login") == 1


def test_without_a_pin_nothing_is_signed(told: Told, p11shim: Shim) -> None:
    code, report = told("--no-sign")
    assert (code, answers(report)["trial"]) == (0, "unknown")
    assert p11shim.calls("C_Login") == p11shim.calls("C_Sign") == 0
    assert told(pin="")[0] == 1


@pytest.mark.parametrize(("says", "wrong"), [
    ("absent", {"token"}), ("flags locked", {"pin", "trial"}), ("flags final", {"pin"}),
    ("C_GetSlotList CKR_FUNCTION_FAILED", {"driver", "token"}), ("C_Sign corrupt", {"trial"}),
])
def test_what_is_wrong_is_named(told: Told, p11shim: Shim, says: str, wrong: set[str]) -> None:
    p11shim.says(says)
    code, report = told(pin="" if says == "flags final" else PIN)
    assert code == 1
    assert {key for key, answer in answers(report).items() if answer == "no"} == wrong
    if "token" in wrong:
        assert answers(report)["mechanism"] == "unknown"
    assert all(one["words"] and one["todo"] for one in report["questions"] if one["answer"] == "no")


def test_server_and_clock_are_told(told: Told, little: LittleServer) -> None:
    little.clock_off = timedelta(minutes=5)
    code, report = told("--no-sign")
    assert (code, answers(report)["clock"]) == (1, "no")
    assert abs(abs(report["around"]["offset_s"]) - 300) < 5
    little.down()
    code, report = told("--no-sign")
    assert (code, answers(report)["server"], answers(report)["clock"]) == (1, "no", "unknown")


def test_a_driver_that_is_not_there_is_told(shimmed: Config, monkeypatch: pytest.MonkeyPatch,
                                            capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("BENHAN_SERVER_URL", shimmed.server_url)
    monkeypatch.setenv("BENHAN_PKCS11_MODULES", "/nowhere/libtoken.so")
    assert main(["--self-test", "--no-sign"]) == 1
    said = capsys.readouterr().out
    assert "[KHÔNG ĐẠT] Có trình điều khiển token chạy được?" in said
    assert "/nowhere/libtoken.so" in said
    assert "không chứa mã PIN" in said


def test_a_blank_token_in_an_empty_driver_counts_for_nothing(told: Told, tmp_path: Path,
                                                             monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOFTHSM2_CONF", make_home(tmp_path / "blank").env["SOFTHSM2_CONF"])
    _, report = told("--no-sign")
    assert {answers(report)[key] for key in ("token", "mechanism", "pin")} == {"no", "unknown"}
    assert answers(report)["mechanism"] == "unknown"
