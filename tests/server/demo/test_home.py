"""The demo's folder: what it writes is all that a workstation needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.demo.home import DemoHome, hospital_data, people_with_tokens, prepare
from server.demo.tokens import token_label
from workstation.config import read_config
from workstation.signing.token import TokenSigner


def test_a_workstation_sees_the_demo_tokens_by_its_settings_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("SOFTHSM2_CONF", raising=False)
    prepare(DemoHome(tmp_path), 8443)
    config = read_config(tmp_path / "workstation.toml", {})
    with TokenSigner([str(module) for module in config.pkcs11_modules], env=config.pkcs11_environment) as signer:
        labels = {token.label for token in signer.tokens() if token.identities}
    assert labels == {token_label(person["full_name"]) for person in people_with_tokens(hospital_data())}
