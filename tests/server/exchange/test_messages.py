"""The message gateway's client against the sandbox: what it sends, what it believes, and what it never says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from records.errors import Refusal, Trouble
from server.exchange.messages import HttpsGateway, read_gateway
from tests.sandbox.message_gateway import NAME, SECRET, MessageGateway, message_gateway, write_settings
from tests.sandbox.program import Sandbox

Played = tuple[Sandbox, MessageGateway, Path]


@pytest.fixture
def played(tmp_path: Path) -> Iterator[Played]:
    with message_gateway(tmp_path / "sandbox") as (sandbox, gateway):
        file = tmp_path / "keys" / "message_gateway.toml"
        write_settings(file, sandbox)
        yield sandbox, gateway, file


@pytest.fixture
def gateway(played: Played) -> Iterator[HttpsGateway]:
    settings = read_gateway(played[2])
    assert settings is not None
    opened = HttpsGateway(settings)
    yield opened
    opened.close()


def test_a_message_goes_out_once_in_the_gateways_own_words(played: Played, gateway: HttpsGateway) -> None:
    text = gateway.wording(code="123456", check="3F2A9C", minutes="5")
    assert gateway.send("0912345678", text, "abc") == "sms-1"
    assert played[1].taken == [("84912345678", text)]
    assert len(text) <= 160
    assert text.isascii()
    (asked,) = played[0].calls(NAME, "send")
    assert asked.body["RequestId"] == "abc"
    assert asked.body["SecretKey"] == SECRET


@pytest.mark.parametrize(("conduct", "kind", "code"), [
    ({"refuse": "99"}, Refusal, "code_gateway_refused"),
    ({"garbled": True}, Refusal, "code_gateway_refused"),
    ({"down": "cut"}, Trouble, "code_gateway_away"),
    ({"down": "503"}, Trouble, "code_gateway_away"),
    ({"down": "404"}, Refusal, "code_gateway_refused"),
    ({"delay_s": 2.5}, Trouble, "code_gateway_away"),
], ids=str)
def test_what_goes_wrong_is_told_without_a_secret(
    played: Played, gateway: HttpsGateway, conduct: dict[str, object], kind: type[Refusal], code: str,
) -> None:
    for name, value in conduct.items():
        setattr(played[1].conduct, name, value)
    with pytest.raises(Refusal) as told:
        gateway.send("0912345678", "123456", "abc")
    assert (type(told.value), told.value.reasons[0].code) == (kind, code)
    said = json.dumps([reason.as_json() for reason in told.value.reasons])
    assert SECRET not in said
    assert "0912345678" not in said


def test_no_file_is_no_gateway_and_a_bad_one_is_refused_without_its_values(tmp_path: Path, played: Played) -> None:
    assert read_gateway(tmp_path / "nothing.toml") is None
    bad = tmp_path / "bad.toml"
    for line in ('url = "http://sms.example.vn"', 'text = "khong co ma"', 'text = "{code} {secret}"'):
        name = line.split(" ")[0]
        good = [one for one in played[2].read_text("utf-8").splitlines() if not one.startswith(f"{name} =")]
        bad.write_text("\n".join([line, *good]), "utf-8")
        with pytest.raises(Refusal) as told:
            read_gateway(bad)
        assert told.value.reasons[0].code == "settings_unreadable"
        assert SECRET not in str(told.value)


def test_a_secret_shows_itself_in_no_representation(played: Played) -> None:
    assert SECRET not in repr(read_gateway(played[2]))
