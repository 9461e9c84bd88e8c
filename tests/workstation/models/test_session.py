"""Sign-in with and without the server, lock, unlock, change of person and of password."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pytestqt.qtbot import QtBot

from records.access_hours import Hours
from records.errors import Refusal
from records.messages import WorkstationSettings
from records.recovery import read_request
from tests.workstation import hospital
from tests.workstation.conftest import MemoryKeyring
from tests.workstation.little_server import LittleServer
from workstation.background import Background
from workstation.client import Client
from workstation.config import ZONE, Config
from workstation.models.account import Account, offline_reason
from workstation.models.session import Phase, SessionModel

PASSWORD = "mat khau 1"
NOW = datetime(2026, 11, 17, 3, 12, tzinfo=UTC)
MakeSession = Callable[..., SessionModel]


@pytest.fixture
def sessions(config: Config, little: LittleServer, client_of: Callable[..., Client], background: Background,
             qtbot: QtBot) -> Iterator[MakeSession]:
    made: list[SessionModel] = []

    def make(now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> SessionModel:
        made.append(SessionModel(config, client_of(little), background, now=now))
        return made[-1]

    yield make
    for session in made:
        session.sign_out()


def sign_in(qtbot: QtBot, session: SessionModel, password: str = PASSWORD) -> None:
    with qtbot.waitSignal(session.opened, timeout=10_000):
        session.sign_in("ha", password)


@pytest.fixture
def open_session(qtbot: QtBot, sessions: MakeSession) -> SessionModel:
    """A doctor at work."""
    session = sessions()
    sign_in(qtbot, session)
    return session


@pytest.fixture
def was_here(open_session: SessionModel) -> SessionModel:
    """The doctor signed in on this PC, and out again."""
    open_session.sign_out()
    return open_session


def refused(qtbot: QtBot, session: SessionModel, act: Callable[[], None]) -> str:
    with qtbot.waitSignal(session.refused, timeout=10_000) as told:
        act()
    assert told.args is not None
    refusal = told.args[0]
    assert isinstance(refusal, Refusal)
    return refusal.reasons[0].code


def test_a_person_signs_in_and_the_store_is_open(qtbot: QtBot, sessions: MakeSession) -> None:
    session = sessions()
    phases: list[Phase] = []
    session.phase_changed.connect(phases.append)
    sign_in(qtbot, session)
    assert phases == [Phase.SIGNING_IN, Phase.OPEN]
    assert session.store is not None
    assert session.account is not None
    assert (session.account.person.full_name, session.account.offline) == ("Lê Thu Hà", False)
    assert [person.username for person in session.known_people()] == ["ha"]


def test_a_wrong_password_is_refused_and_the_window_waits(qtbot: QtBot, sessions: MakeSession) -> None:
    session = sessions()
    assert refused(qtbot, session, lambda: session.sign_in("ha", "sai")) == "store_password_wrong"
    assert session.phase is Phase.SIGNED_OUT
    assert session.store is None


@pytest.mark.usefixtures("was_here")
def test_without_the_server_who_was_here_gets_in_and_the_others_do_not(
    qtbot: QtBot, sessions: MakeSession, little: LittleServer,
) -> None:
    little.down()
    again = sessions()
    sign_in(qtbot, again)
    assert again.account is not None
    assert again.account.offline
    again.sign_out()
    assert refused(qtbot, again, lambda: again.sign_in("ha", "sai")) == "store_password_wrong"
    assert refused(qtbot, again, lambda: again.sign_in("nga", PASSWORD)) == "offline_not_here"


@pytest.mark.parametrize(("later", "code"), [
    (timedelta(days=6, hours=23), ""), (timedelta(days=7, minutes=1), "offline_too_long"),
    (timedelta(hours=-2), "clock_went_back"), (timedelta(minutes=-2), ""),
])
def test_the_days_without_the_server_are_counted(later: timedelta, code: str) -> None:
    reason = offline_reason(known(), NOW, NOW + later)
    assert (reason.code if reason else "") == code


def known(*hours: Hours) -> Account:
    """A doctor whom the server let in at NOW, with these hours."""
    return Account(
        person=hospital.person(), settings=WorkstationSettings(), facility="", facility_code="", health_department="",
        training=True, renderers=("1",), trust_roots=(), access_hours=hours, signed_in_at=NOW)


@pytest.mark.parametrize(("minutes", "code"), [(0, ""), (107, ""), (108, "outside_access_hours")])
def test_without_the_server_the_hours_that_it_told_still_hold(minutes: int, code: str) -> None:
    hours = Hours(starts=time(6, 30), ends=time(12))
    reason = offline_reason(known(hours), NOW, NOW + timedelta(minutes=minutes))  # NOW is 10:12 in Vietnam
    assert (reason.code if reason else "") == code


def test_who_may_not_come_in_now_stays_out_when_the_server_is_away_too(
    qtbot: QtBot, sessions: MakeSession, little: LittleServer,
) -> None:
    now = datetime.now(ZONE).replace(second=0, microsecond=0)
    little.access_hours = (Hours(starts=(now - timedelta(hours=1)).time(), ends=(now + timedelta(hours=1)).time()),)
    session = sessions()
    sign_in(qtbot, session)
    session.sign_out()
    little.down()
    again = sessions()
    sign_in(qtbot, again)
    again.sign_out()
    late = sessions(lambda: datetime.now(UTC) + timedelta(hours=2))
    assert refused(qtbot, late, lambda: late.sign_in("ha", PASSWORD)) == "outside_access_hours"


def test_after_the_allowed_days_the_server_is_needed_and_the_drafts_stay(
    qtbot: QtBot, sessions: MakeSession, little: LittleServer,
) -> None:
    little.settings = WorkstationSettings(offline_days=3)
    session = sessions()
    sign_in(qtbot, session)
    session.sign_out()
    little.down()
    late = sessions(lambda: datetime.now(UTC) + timedelta(days=3, minutes=1))
    assert refused(qtbot, late, lambda: late.sign_in("ha", PASSWORD)) == "offline_too_long"
    in_time = sessions(lambda: datetime.now(UTC) + timedelta(days=2))
    sign_in(qtbot, in_time)


@pytest.mark.usefixtures("was_here")
def test_setting_the_clock_back_does_not_stretch_the_days(
    qtbot: QtBot, sessions: MakeSession, little: LittleServer,
) -> None:
    little.down()
    later = sessions(lambda: datetime.now(UTC) + timedelta(days=6))
    sign_in(qtbot, later)
    later.sign_out()
    back = sessions(lambda: datetime.now(UTC) + timedelta(days=2))
    assert refused(qtbot, back, lambda: back.sign_in("ha", PASSWORD)) == "clock_went_back"


def test_a_server_that_is_not_trusted_lets_nobody_in(
    qtbot: QtBot, was_here: SessionModel, little: LittleServer,
) -> None:
    little.refusals["/sessions"] = (503, "server_not_trusted")
    assert refused(qtbot, was_here, lambda: was_here.sign_in("ha", PASSWORD)) == "server_not_trusted"


def test_locking_hides_and_only_the_password_opens(qtbot: QtBot, open_session: SessionModel) -> None:
    open_session.lock()
    assert refused(qtbot, open_session, lambda: open_session.unlock("sai")) == "store_password_wrong"
    phases: list[Phase] = [open_session.phase]
    open_session.phase_changed.connect(phases.append)
    with qtbot.waitSignal(open_session.phase_changed, timeout=10_000):
        open_session.unlock(PASSWORD)
    assert phases == [Phase.LOCKED, Phase.OPEN]


def test_the_screen_locks_by_itself_when_nobody_is_there(
    qtbot: QtBot, sessions: MakeSession, little: LittleServer,
) -> None:
    little.settings = WorkstationSettings(lock_after_s=0)
    session = sessions()
    with qtbot.waitSignal(session.phase_changed, check_params_cb=lambda phase: phase is Phase.LOCKED, timeout=10_000):
        session.sign_in("ha", PASSWORD)


def test_without_the_server_it_locks_and_unlocks_too(
    qtbot: QtBot, open_session: SessionModel, little: LittleServer,
) -> None:
    little.down()
    open_session.lock()
    with qtbot.waitSignal(open_session.phase_changed, timeout=10_000):
        open_session.unlock(PASSWORD)
    assert open_session.phase is Phase.OPEN


def test_unlocking_renews_a_session_that_began_without_the_server(
    qtbot: QtBot, was_here: SessionModel, little: LittleServer,
) -> None:
    little.down()
    sign_in(qtbot, was_here)
    little.up()
    was_here.lock()
    with qtbot.waitSignal(was_here.renewed, timeout=10_000):
        was_here.unlock(PASSWORD)
    assert was_here.account is not None
    assert not was_here.account.offline


def test_a_password_changed_at_the_server_unlocks_and_opens_from_then_on(
    qtbot: QtBot, open_session: SessionModel, little: LittleServer,
) -> None:
    open_session.lock()
    little.passwords["ha"] = "mat khau 2"
    with qtbot.waitSignal(open_session.renewed, timeout=10_000):
        open_session.unlock("mat khau 2")
    open_session.sign_out()
    little.down()
    sign_in(qtbot, open_session, "mat khau 2")


def test_a_changed_password_asks_once_for_the_old_one(
    qtbot: QtBot, was_here: SessionModel, little: LittleServer,
) -> None:
    little.passwords["ha"] = "mat khau 2"
    assert refused(qtbot, was_here, lambda: was_here.sign_in("ha", "mat khau 2")) == "store_needs_old_password"
    assert was_here.phase is Phase.NEEDS_OLD_PASSWORD
    assert refused(qtbot, was_here, lambda: was_here.open_with_old_password("sai")) == "store_password_wrong"
    assert was_here.phase is Phase.NEEDS_OLD_PASSWORD
    with qtbot.waitSignal(was_here.opened, timeout=10_000):
        was_here.open_with_old_password(PASSWORD)
    was_here.sign_out()
    sign_in(qtbot, was_here, "mat khau 2")


def test_with_a_keyring_a_changed_password_asks_for_nothing(
    qtbot: QtBot, memory_keyring: MemoryKeyring, was_here: SessionModel, little: LittleServer,
) -> None:
    little.passwords["ha"] = "mat khau 2"
    sign_in(qtbot, was_here, "mat khau 2")
    assert memory_keyring.held


def test_a_forgotten_password_is_recovered_by_the_servers_key(
    qtbot: QtBot, sessions: MakeSession, little: LittleServer,
) -> None:
    key = rsa.generate_private_key(65537, 2048)
    little.recovery_key = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    session = sessions()
    sign_in(qtbot, session)
    session.sign_out()
    little.passwords["ha"] = "mat khau 2"
    refused(qtbot, session, lambda: session.sign_in("ha", "mat khau 2"))
    code = read_request(session.recovery_request(), key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    with qtbot.waitSignal(session.opened, timeout=10_000):
        session.open_with_recovery(code)


def test_signing_out_ends_the_session_at_the_server(
    qtbot: QtBot, open_session: SessionModel, little: LittleServer, background: Background,
) -> None:
    assert len(little.tokens) == 1
    with qtbot.waitSignal(open_session.closing):
        open_session.sign_out()
    assert (open_session.store, open_session.account, open_session.phase) == (None, None, Phase.SIGNED_OUT)
    qtbot.waitUntil(lambda: background.running == 0)
    assert little.tokens == set()
