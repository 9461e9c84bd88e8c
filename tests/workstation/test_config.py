"""The workstation's settings: a file, variables over it, and words when neither can be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from records.errors import Refusal
from workstation.config import Config, read_config


def test_variables_stand_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "workstation.toml"
    file.write_text('server_url = "https://tu-tep"\nworkstation = "PC-1"\npkcs11_modules = ["/a.so"]\n')
    config = read_config(file, {"BENHAN_SERVER_URL": "https://tu-bien", "BENHAN_PKCS11_MODULES": "/b.so:/c.so"})
    assert (config.server_url, config.workstation) == ("https://tu-bien", "PC-1")
    assert config.pkcs11_modules == (Path("/b.so"), Path("/c.so"))


def test_the_file_that_a_variable_names_is_read(tmp_path: Path) -> None:
    file = tmp_path / "other.toml"
    file.write_text('workstation = "PC-9"\n')
    assert read_config(None, {"BENHAN_CONFIG": str(file)}).workstation == "PC-9"


@pytest.mark.parametrize("text", ["server_url = ", "no_such_setting = 1", "timeout_s = 'lâu'"])
def test_a_file_that_cannot_be_read_is_refused_in_words(tmp_path: Path, text: str) -> None:
    file = tmp_path / "workstation.toml"
    file.write_text(text)
    with pytest.raises(Refusal) as caught:
        read_config(file, {})
    assert caught.value.reasons[0].code == "config_unreadable"


def test_every_setting_has_a_default() -> None:
    assert Config().server_url.startswith("https://")


def test_what_a_token_library_wants_is_a_table_in_the_file_and_json_in_a_variable(tmp_path: Path) -> None:
    file = tmp_path / "workstation.toml"
    file.write_text('pkcs11_environment = { "SOFTHSM2_CONF" = "/of/the/file" }\n')
    assert read_config(file, {}).pkcs11_environment == {"SOFTHSM2_CONF": "/of/the/file"}
    over = {"BENHAN_PKCS11_ENVIRONMENT": '{"SOFTHSM2_CONF": "/of/the/variable"}'}
    assert read_config(file, over).pkcs11_environment == {"SOFTHSM2_CONF": "/of/the/variable"}
    with pytest.raises(Refusal):
        read_config(file, {"BENHAN_PKCS11_ENVIRONMENT": "SOFTHSM2_CONF=/no/json"})
