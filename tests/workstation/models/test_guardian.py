"""What the window knows of tokens and certificates before a PIN: last tries, ends, renewals, revocations, several."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from records.messages import CertificateView
from server.demo.pki import Issued, issue_person
from server.demo.tokens import TokenHome, make_home, make_token
from tests.p11shim.fixture import Shim, p11shim, p11shim_module
from tests.workstation import hospital
from tests.workstation.little_server import LittleServer
from tests.workstation.models.test_signing import codes
from tests.workstation.signing_room import Rooms, room_of
from tests.workstation.tokens import PIN, DoctorsToken, doctors_token, plugged, shimmed
from workstation.config import Config
from workstation.models.machine import token_fact
from workstation.models.signing import Stage
from workstation.models.signing_certificates import Standing
from workstation.signing.base import Identity, Pin, TokenInfo

__all__ = ["doctors_token", "p11shim", "p11shim_module", "plugged", "room_of", "shimmed"]


@dataclass(frozen=True)
class Drawer:
    """Several tokens plugged in at once, in a home of the test's own."""

    home: TokenHome
    config: Config

    def put(self, label: str, *contents: Issued) -> None:
        make_token(self.home, label, PIN, *contents)


@pytest.fixture
def drawer(plugged: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Drawer:
    home = make_home(tmp_path / "drawer")
    monkeypatch.setenv("SOFTHSM2_CONF", home.env["SOFTHSM2_CONF"])
    return Drawer(home, plugged)


def own(token: DoctorsToken) -> Issued:
    """Another certificate of the same doctor."""
    return issue_person(token.issuing, "Lê Thu Hà", hospital.person().national_id)


def listed(token: DoctorsToken, issued: Issued, state: str = "approved") -> CertificateView:
    return token.view(state).model_copy(update={"serial": issued.serial, "id": UUID(int=777)})


# The last try


def test_no_pin_goes_on_its_way_while_the_last_try_is_not_accepted(
        room_of: Rooms, shimmed: Config, p11shim: Shim, little: LittleServer) -> None:
    p11shim.says("flags final")
    room = room_of(shimmed)
    act = room.begin()
    assert act.last_try
    act.sign(Pin(PIN))
    assert not act.running
    assert p11shim.calls("C_Login") == 0
    act.sign(Pin(PIN, last_try=True))
    room.until(lambda: len(little.signed) == 1)


def test_a_pin_typed_before_the_last_try_was_known_is_not_used(
        room_of: Rooms, shimmed: Config, p11shim: Shim, little: LittleServer) -> None:
    room = room_of(shimmed)
    act = room.begin()
    assert not act.last_try
    p11shim.says("flags final")
    act.sign(Pin(PIN))
    room.until(lambda: act.stage is Stage.ASKING and act.last_try)
    assert p11shim.calls("C_Login") == 0
    act.sign(Pin(PIN, last_try=True))
    room.until(lambda: len(little.signed) == 1)


# What the server says of the certificate


def test_a_renewed_certificate_is_said_and_may_be_enrolled(
        room_of: Rooms, drawer: Drawer, doctors_token: DoctorsToken) -> None:
    fresh = own(doctors_token)
    drawer.put("renewed", fresh)
    act = room_of(drawer.config).begin()
    assert (act.stage, codes(act)) == (Stage.BLOCKED, ["certificate_renewed"])
    assert act.may_enrol
    assert act.refusal is not None
    assert fresh.serial in act.refusal.vietnamese
    assert doctors_token.issued.serial in act.refusal.vietnamese


def test_one_that_waits_for_approval_says_so(
        room_of: Rooms, drawer: Drawer, doctors_token: DoctorsToken, little: LittleServer) -> None:
    fresh = own(doctors_token)
    drawer.put("renewed", fresh)
    little.certificates.append(listed(doctors_token, fresh, "pending"))
    act = room_of(drawer.config).begin()
    assert codes(act) == ["certificate_pending"]
    assert not act.may_enrol


def test_what_the_server_revoked_this_minute_signs_nothing(
        room_of: Rooms, plugged: Config, doctors_token: DoctorsToken, little: LittleServer) -> None:
    room = room_of(plugged)
    assert room.begin().stage is Stage.READY
    little.certificates = [doctors_token.view("revoked")]
    act = room.begin()
    assert (act.stage, codes(act)) == (Stage.BLOCKED, ["own_certificate_revoked"])


def test_what_was_revoked_stays_revoked_while_the_server_is_away(
        room_of: Rooms, plugged: Config, doctors_token: DoctorsToken, little: LittleServer) -> None:
    little.certificates = [doctors_token.view("revoked")]
    room = room_of(plugged)
    assert codes(room.begin()) == ["own_certificate_revoked"]
    little.down()
    room.desk.sync.retry_now()
    room.until(lambda: room.desk.away)
    assert codes(room.begin()) == ["own_certificate_revoked"]


def test_what_an_older_program_kept_is_understood() -> None:
    assert Standing.from_json(["AB", "CD"]) == Standing(frozenset({"AB", "CD"}))
    standing = Standing(frozenset({"AB"}), frozenset({"CD"}), frozenset({"EF"}))
    assert Standing.from_json(standing.as_json()) == standing


# Several tokens


def test_the_one_chosen_last_time_comes_first(
        room_of: Rooms, drawer: Drawer, doctors_token: DoctorsToken, little: LittleServer) -> None:
    first, second = own(doctors_token), own(doctors_token)
    drawer.put("first", first)
    drawer.put("second", second)
    little.certificates = [listed(doctors_token, one) for one in (first, second)]
    room = room_of(drawer.config)
    act = room.begin()
    assert act.found is not None
    assert len(act.found.identities) == 2
    other = act.found.identities[1]
    act.choose(other)
    room.until(lambda: room.model.certificates.chosen() == other.serial)
    again = room.begin()
    assert again.identity is not None
    assert again.identity.serial == other.serial


def test_another_persons_token_beside_ones_own_is_never_offered(
        room_of: Rooms, drawer: Drawer, doctors_token: DoctorsToken) -> None:
    drawer.put("theirs", issue_person(doctors_token.issuing, "Trần Văn Khác", "001199000001"))
    drawer.put("mine", doctors_token.issued)
    act = room_of(drawer.config).begin()
    assert act.found is not None
    assert [identity.full_name for identity in act.found.identities] == ["Lê Thu Hà"]


def test_before_the_server_ever_answered_only_ones_own_name_signs(
        room_of: Rooms, drawer: Drawer, doctors_token: DoctorsToken, little: LittleServer) -> None:
    drawer.put("theirs", issue_person(doctors_token.issuing, "Trần Văn Khác", ""))
    little.down()
    room = room_of(drawer.config)
    room.desk.sync.retry_now()
    room.until(lambda: room.desk.away)
    assert codes(room.begin()) == ["token_of_another_person"]


# Weeks ahead


def test_the_end_is_told_weeks_ahead_on_the_dialog(
        room_of: Rooms, plugged: Config, doctors_token: DoctorsToken) -> None:
    left = doctors_token.issued.certificate.not_valid_after_utc - datetime.now(UTC)
    act = room_of(plugged.model_copy(update={"certificate_warning_days": left.days + 1})).begin()
    assert [notice.code for notice in act.notices] == ["certificate_expires_soon"]
    assert f"{left.days} ngày" in act.notices[0].vietnamese
    assert "gia hạn" in act.notices[0].todo
    assert room_of(plugged.model_copy(update={"certificate_warning_days": left.days - 1})).begin().notices == ()


@pytest.mark.parametrize(("days", "short"), [(100, ""), (20, "sẵn sàng, còn 20 ngày"), (0, "sẵn sàng, còn 0 ngày"),
                                             (-1, "hết hạn")])
def test_the_top_bar_tells_it_in_two_words(doctors_token: DoctorsToken, days: int, short: str) -> None:
    identity = Identity(doctors_token.issued.der)
    token = TokenInfo("module", 0, "label", "serial", identities=(identity,))
    at = identity.not_after - timedelta(days=days, hours=1 if days >= 0 else 0)
    assert token_fact([token], at, 45).short == short


def test_the_top_bar_says_that_a_certificate_was_revoked(doctors_token: DoctorsToken) -> None:
    identity = Identity(doctors_token.issued.der)
    token = TokenInfo("module", 0, "label", "serial", identities=(identity,))
    fact = token_fact([token], datetime.now(UTC), 45, Standing(revoked=frozenset({identity.serial})))
    assert (fact.state, fact.short) == ("attention", "bị thu hồi")
