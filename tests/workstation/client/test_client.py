"""The client over a real socket: answers, refusals, trouble, the clock, and commands sent twice."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from imaging.system import WINDOWS
from records.errors import Refusal, Trouble
from records.messages import Accepted, DraftConflict, DraftSave, DraftView, Quarantined
from server.demo.pki import issue_server, make_root
from tests.workstation import hospital
from tests.workstation.little_server import LittleServer, running
from workstation.client import Client, SignedOut
from workstation.client import events as event_stream

ClientOf = Callable[..., Client]
NOW = datetime(2026, 11, 17, 3, 12, 41, tzinfo=UTC)


def save(known: int = 0, **values: str) -> DraftSave:
    return DraftSave(encounter=hospital.ENCOUNTER, form=hospital.ROW, occurred_at=NOW, values=values,
                     known_revision=known)


@pytest.fixture
def client(little: LittleServer, client_of: ClientOf) -> Client:
    held = client_of(little)
    held.sign_in("ha", "mat khau 1")
    return held


def test_a_person_signs_in_and_the_token_goes_with_each_question(client: Client) -> None:
    assert client.patients("binh")[0].full_name == "Nguyễn Văn Bình"
    assert client.wards() == (hospital.WARD,)
    assert client.board(hospital.WARD.id).ward == hospital.WARD


def test_a_wrong_password_is_a_refusal_and_not_a_trouble(little: LittleServer, client_of: ClientOf) -> None:
    with pytest.raises(Refusal) as caught:
        client_of(little).sign_in("ha", "sai")
    assert not isinstance(caught.value, Trouble)


def test_after_the_session_ended_work_is_kept_as_trouble(client: Client, little: LittleServer) -> None:
    little.tokens.clear()
    with pytest.raises(SignedOut):
        client.wards()


def test_a_server_that_is_not_there_is_trouble_with_words(little: LittleServer, client_of: ClientOf) -> None:
    client = client_of(little)
    little.down()
    with pytest.raises(Trouble) as caught:
        client.health()
    assert caught.value.reasons[0].code == "server_away"
    assert "máy chủ" in caught.value.vietnamese


def test_a_refusal_brings_the_servers_reasons(client: Client, little: LittleServer) -> None:
    little.refusals["/chart"] = (403, "chart_not_here")
    with pytest.raises(Refusal) as caught:
        client.chart(hospital.ENCOUNTER)
    assert caught.value.reasons[0].code == "chart_not_here"
    assert not isinstance(caught.value, Trouble)


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_server_that_fails_is_trouble_so_that_the_work_is_tried_again(
    client: Client, little: LittleServer, status: int,
) -> None:
    little.refusals["/wards"] = (status, "server_broken")
    with pytest.raises(Trouble):
        client.wards()


def test_an_answer_in_another_language_is_trouble(client: Client, little: LittleServer) -> None:
    little.charts[hospital.ENCOUNTER] = b'{"encounter": 1}'
    with pytest.raises(Trouble) as caught:
        client.chart(hospital.ENCOUNTER)
    assert caught.value.reasons[0].code == "answer_unreadable"


def test_two_texts_of_one_entry_are_a_value(client: Client) -> None:
    entry = uuid4()
    first = client.save_draft(entry, save(plan="một"), uuid4())
    assert isinstance(first, DraftView)
    met = client.save_draft(entry, save(plan="hai"), uuid4())
    assert isinstance(met, DraftConflict)
    assert (met.mine.values, met.theirs.values) == ({"plan": "hai"}, {"plan": "một"})


def test_a_command_sent_twice_is_done_once_and_another_under_its_id_is_refused(
    client: Client, little: LittleServer,
) -> None:
    entry, key = uuid4(), uuid4()
    ask: dict[str, Any] = {"encounter": hospital.ENCOUNTER, "slot": "doctor", "key": key}
    first = client.sign(entry, 1, b"%PDF", **ask)
    assert client.sign(entry, 1, b"%PDF", **ask) == first
    assert isinstance(first, Accepted)
    assert len(little.signed) == 1
    with pytest.raises(Refusal) as caught:
        client.sign(entry, 1, b"%PDF-other", **ask)
    assert caught.value.reasons[0].code == "command_replayed_differently"


def test_a_file_that_is_kept_apart_is_a_value(client: Client, little: LittleServer) -> None:
    little.quarantine = True
    answer = client.sign(uuid4(), 1, b"%PDF", encounter=hospital.ENCOUNTER, slot="doctor", key=uuid4())
    assert isinstance(answer, Quarantined)


def test_what_an_outage_must_tell_travels_with_the_file(client: Client, little: LittleServer) -> None:
    begun = datetime(2026, 11, 17, 3, 10, tzinfo=UTC)
    client.sign(uuid4(), 1, b"%PDF", encounter=hospital.ENCOUNTER, slot="doctor", key=uuid4(), offline=True,
                begun_at=begun)
    assert little.signed[0].query == {"encounter": str(hospital.ENCOUNTER), "slot": "doctor", "offline": "true",
                                      "begun_at": begun.isoformat()}


@pytest.mark.parametrize(("off", "refuses"), [(timedelta(0), False), (timedelta(seconds=100), False),
                                              (timedelta(minutes=10), True), (timedelta(minutes=-3), True)])
def test_a_clock_more_than_two_minutes_off_refuses_to_sign(
    little: LittleServer, client_of: ClientOf, off: timedelta, refuses: bool,
) -> None:
    little.clock_off = off
    client = client_of(little)
    assert client.clock.reasons() == ()
    client.health()
    assert [reason.code for reason in client.clock.reasons()] == (["workstation_clock_off"] if refuses else [])


def test_only_a_server_of_the_hospitals_authority_is_spoken_to(tmp_path: Path, client_of: ClientOf) -> None:
    root = make_root()
    own = issue_server(root)
    (tmp_path / "ca.pem").write_bytes(root.certificate.public_bytes(Encoding.PEM))
    (tmp_path / "server.pem").write_bytes(own.certificate.public_bytes(Encoding.PEM) + own.key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem")
    with running(tls=context) as server:
        assert client_of(server, ca_file=tmp_path / "ca.pem").health().status == "ok"
        assert client_of(server, ca_file=tmp_path / "ca.pem").door.read("/api/health", accept="*/*")[1]
        for ask in (Client.health, lambda client: client.door.read("/api/health", accept="*/*")):
            with pytest.raises(Trouble) as caught:
                ask(client_of(server))
            assert caught.value.reasons[0].code == "server_not_trusted"


def test_events_come_as_they_happen_and_closing_ends_the_wait(client: Client, little: LittleServer) -> None:
    stream = client.events()
    events = iter(stream)
    assert next(events).topic == "connected"
    little.tell("entry", encounter=hospital.ENCOUNTER, entry=UUID(int=5), ward=hospital.WARD.id)
    event = next(events)
    assert (event.topic, event.encounter, event.entry) == ("entry", hospital.ENCOUNTER, UUID(int=5))
    stream.close()
    assert list(events) == []


class AsOnWindows:
    """A connection whose shutdown is not noticed by the thread that waits for it: only closing is."""

    def __init__(self, held: socket.socket) -> None:
        self._held = held

    def shutdown(self, how: int) -> None:
        """Nothing is noticed."""

    def close(self) -> None:
        self._held.shutdown(socket.SHUT_RDWR)
        if WINDOWS:
            self._held.close()


def test_closing_ends_the_wait_on_windows_too(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """It lasted up to forty seconds: so long the program did not end."""
    monkeypatch.setattr(event_stream, "WINDOWS", True)
    stream, left = client.events(), list[object]()
    events = iter(stream)
    assert next(events).topic == "connected"
    assert stream._socket is not None
    stream._socket = cast("socket.socket", AsOnWindows(stream._socket))
    waiting = threading.Thread(target=lambda: left.extend(events), daemon=True)
    waiting.start()
    stream.close()
    waiting.join(20)
    assert not waiting.is_alive()
    assert left == []


def test_the_stream_comes_back_after_the_server_was_away(client: Client, little: LittleServer) -> None:
    stream = client.events()
    events = iter(stream)
    assert next(events).topic == "connected"
    little.down()
    assert next(events).topic == "disconnected"
    little.up()
    stream.retry_now()
    topics = [next(events).topic]
    while topics[-1] != "connected":
        topics.append(next(events).topic)
    stream.close()


def test_a_stream_that_nobody_may_hear_ends(client: Client, little: LittleServer) -> None:
    little.tokens.clear()
    assert [(event.topic, event.id) for event in client.events()] == [("disconnected", "signed-out")]


def test_a_port_that_nobody_opened_is_found_out_at_once(client_of: ClientOf) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        nobody = LittleServer(port=held.getsockname()[1])
        with pytest.raises(Trouble):
            client_of(nobody).health()
