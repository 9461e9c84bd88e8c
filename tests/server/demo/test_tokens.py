"""SoftHSM tokens for the demo: made once, kept on the second run, and silent about their PINs."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from server.demo.pki import issue_person, make_issuing, make_root
from server.demo.tokens import TokenSetupError, make_home, make_token, token_label, token_labels

PIN = "48120937"


def test_a_token_holds_key_and_certificates_for_another_program(tmp_path: Path) -> None:
    issuing = make_issuing(make_root())
    token = make_token(make_home(tmp_path), "Le Thu Ha", PIN, issue_person(issuing, "Lê Thu Hà", "001185012345"))
    shown = subprocess.run(["pkcs11-tool", "--module", str(token.module), "--token-label", token.label, "--login",
                            "--pin", "env:PIN", "--list-objects"], env={**os.environ, **token.env, "PIN": PIN},
                           capture_output=True, text=True, check=True).stdout
    assert shown.count("Certificate Object") == 3
    assert shown.count("Private Key Object") == 1
    assert "never extractable" not in shown
    assert "sensitive" in shown


def test_the_second_run_finds_the_tokens_of_the_first(tmp_path: Path) -> None:
    home = make_home(tmp_path)
    make_token(home, "first", PIN)
    make_token(home, "second", PIN)
    assert set(token_labels(make_home(tmp_path))) == {"first", "second"}


def test_two_homes_know_nothing_of_each_other(tmp_path: Path) -> None:
    make_token(make_home(tmp_path / "a"), "first", PIN)
    assert token_labels(make_home(tmp_path / "b")) == ()


@pytest.mark.parametrize(("name", "label"), [
    ("Đặng Thị Ngọc Ánh", "Dang Thi Ngoc Anh"),
    ("Nguyễn Hoàng Phương Thảo Nguyên Khôi", "Nguyen Hoang Phuong Thao Nguyen"),
])
def test_a_label_is_the_name_without_diacritics_in_32_bytes(name: str, label: str) -> None:
    assert token_label(name) == label


def test_a_failure_tells_no_pin(tmp_path: Path) -> None:
    home = make_home(tmp_path)
    home.config.write_text("directories.tokendir = /nowhere/at/all\n")
    with pytest.raises(TokenSetupError) as error:
        make_token(home, "first", PIN)
    assert PIN not in str(error.value)


def test_a_label_that_is_too_long_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TokenSetupError):
        make_token(make_home(tmp_path), "x" * 33, PIN)
