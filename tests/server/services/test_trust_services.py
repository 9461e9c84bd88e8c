"""The door to time stamps and revocation over HTTPS: whose certificate, how long, how large, and where it leads."""

from __future__ import annotations

import hashlib
import itertools
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest
from cryptography import x509

from records import timestamps
from records.errors import Trouble
from server.demo import pki
from server.services import trust_services
from server.services.trust_services import Resting, TrustServices
from tests.trust_services import serving

DIGEST = hashlib.sha256(b"a signature's value").digest()


def context(folder: Path, authority: pki.Issued, *names: str) -> ssl.SSLContext:
    """A server's side under that authority, for these names."""
    issued = pki.issue_server(authority, names)
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(pki.write_pem(folder / "service.pem", issued.certificate),
                         pki.write_key(folder / "service.key", issued.key))
    return made


@pytest.fixture(scope="module")
def house_ca() -> pki.Issued:
    return pki.make_root("CA mạng nội bộ")


@contextmanager
def door(ca: Path | None, wait_s: float = 2.0) -> Iterator[TrustServices]:
    opened = TrustServices(wait_s=wait_s, stamp_wait_s=wait_s, ca=ca)
    try:
        yield opened
    finally:
        opened.close()


def test_a_service_over_https_is_believed_by_the_houses_own_authority(tmp_path: Path, house_ca: pki.Issued) -> None:
    ca = pki.write_pem(tmp_path / "ca.pem", house_ca.certificate)
    root = pki.make_root()
    with serving(context(tmp_path, house_ca, "127.0.0.1")) as services, door(ca) as asked:
        services.answer_for("root", root)
        services.stamp_by(root, "root")
        token = timestamps.answered(asked.stamp(services.tsa, timestamps.request(DIGEST, 7)), DIGEST, 7)
        assert token.authority == "Dấu thời gian tập sự"
        assert x509.load_der_x509_crl(asked.crl(services.of("root").crl)).issuer == root.certificate.subject


def test_a_service_whose_authority_nobody_named_is_not_asked(tmp_path: Path, house_ca: pki.Issued) -> None:
    with serving(context(tmp_path, house_ca, "127.0.0.1")) as services, door(None) as asked:
        with pytest.raises(Trouble) as caught:
            asked.stamp(services.tsa, b"a request")
        assert services.asked == [], "nothing was said to a stranger"
    assert caught.value.reasons[0].code == "trust_service_away"


def test_another_hosts_certificate_is_refused(tmp_path: Path, house_ca: pki.Issued) -> None:
    ca = pki.write_pem(tmp_path / "ca.pem", house_ca.certificate)
    tls = context(tmp_path, house_ca, "tsa.benhvien.example")
    with serving(tls) as services, door(ca) as asked:
        with pytest.raises(Trouble):
            asked.ocsp(f"{services.base}/ocsp/root", b"a request")
        assert services.asked == []


@contextmanager
def talking(talk: Callable[[socket.socket, int], None]) -> Iterator[str]:
    """A service that does that with each connection, which it counts from 1; its address."""
    listening = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        with suppress(OSError):
            for number in itertools.count(1):
                threading.Thread(target=talk, args=(listening.accept()[0], number), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/crl/x.crl"
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()


@contextmanager
def raw_service(*parts: bytes, pause_s: float = 0.0) -> Iterator[tuple[str, list[bytes]]]:
    """A service that writes these bytes whatever it is asked, with a pause between them; its address, what it heard."""
    heard: list[bytes] = []

    def answer(connection: socket.socket, _number: int) -> None:
        with connection:
            heard.append(connection.recv(65536))
            with suppress(OSError):
                for part in parts:
                    connection.sendall(part)
                    time.sleep(pause_s)

    with talking(answer) as url:
        yield url, heard


def test_an_endless_answer_is_left_where_the_limit_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trust_services, "LARGEST", 100_000)
    endless = raw_service(b"HTTP/1.1 200 OK\r\n\r\n", *[b"x" * 50_000] * 400)
    with endless as (url, _), door(None) as asked, pytest.raises(Trouble):
        asked.crl(url)


def test_an_answer_that_drips_is_left_when_the_time_is_over() -> None:
    """Each byte comes within the wait; all of them never would."""
    with raw_service(b"HTTP/1.1 200 OK\r\n\r\n", *[b"x"] * 600, pause_s=0.1) as (url, _), door(None, 0.5) as asked:
        begin = time.monotonic()
        with pytest.raises(Trouble):
            asked.crl(url)
        assert time.monotonic() - begin < 20


def test_no_redirect_leads_to_another_host() -> None:
    with raw_service(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret") as (inside, heard):
        moved = f"HTTP/1.1 302 Found\r\nLocation: {inside}\r\nContent-Length: 0\r\n\r\n".encode()
        with raw_service(moved) as (url, _), door(None) as asked, pytest.raises(Trouble):
            asked.crl(url)
        assert heard == []


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/x", "http://name:word@127.0.0.1/x", "nothing"])
def test_an_address_that_is_not_one_is_not_asked(url: str) -> None:
    with door(None) as asked, pytest.raises(Trouble):
        asked.crl(url)


def test_a_service_that_failed_is_left_alone_until_it_is_woken() -> None:
    with raw_service(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n") as (url, heard), door(None) as asked:
        for _ in range(3):
            with pytest.raises(Trouble):
                asked.crl(url)
        assert len(heard) == 1
        asked.wake()
        with pytest.raises(Trouble):
            asked.crl(url)
        assert len(heard) == 2


def test_a_question_from_before_the_waking_puts_no_service_to_rest() -> None:
    busy = raw_service(b"HTTP/1.1 503 Busy\r\n", b"Content-Length: 0\r\n\r\n", pause_s=0.3)
    with busy as (url, heard), door(None) as asked, ThreadPoolExecutor(1) as other:
        before = other.submit(asked.crl, url)
        while not heard:
            time.sleep(0.01)
        asked.wake()
        assert isinstance(before.exception(), Trouble)
        with pytest.raises(Trouble):
            asked.crl(url)
        assert len(heard) == 2


Act = Callable[[socket.socket], object]
LIST = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlist"


@contextmanager
def keeping(acts: Mapping[tuple[int, int], Act]) -> Iterator[tuple[str, list[tuple[int, int]]]]:
    """A service that keeps its connections and answers; but at `acts` (the number of the connection, and of the
    question on it) it does that, and hangs up. Its address, and which questions it heard.
    """
    heard: list[tuple[int, int]] = []

    def talk(connection: socket.socket, number: int) -> None:
        with connection, connection.makefile("rb") as lines:
            question = 0
            while head := b"".join(iter(lines.readline, b"\r\n")).lower():
                _, _, length = head.partition(b"content-length: ")
                lines.read(int(length.split()[0]) if length else 0)
                question += 1
                heard.append((number, question))
                if act := acts.get((number, question)):
                    act(connection)
                    return
                connection.sendall(LIST)

    with talking(talk) as url:
        yield url, heard


def end(_: socket.socket) -> None:
    """Closed, as it is."""


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def answer_half(connection: socket.socket) -> None:
    connection.sendall(LIST.replace(b": 4", b": 400"))


@pytest.mark.parametrize("closed", [end, reset])
@pytest.mark.parametrize("ask", [TrustServices.crl, lambda asked, url: asked.stamp(url, b"a request")],
                         ids=["list", "stamp"])
def test_a_question_into_a_kept_connection_that_is_closed_is_asked_once_more_over_a_new_one(
    closed: Act, ask: Callable[[TrustServices, str], bytes],
) -> None:
    with keeping({(1, 2): closed}) as (url, heard), door(None, 10) as asked:
        assert [ask(asked, url), ask(asked, url)] == [b"list", b"list"]
        assert heard == [(1, 1), (1, 2), (2, 1)]


@pytest.mark.parametrize("acts", [
    {(1, 1): end}, {(1, 1): reset}, {(1, 2): answer_half}, {(1, 2): end, (2, 1): end}, {(1, 2): reset, (2, 1): reset},
])
def test_a_question_that_a_new_connection_lost_or_that_was_half_answered_is_not_asked_again(
    acts: dict[tuple[int, int], Act],
) -> None:
    with keeping(acts) as (url, heard), door(None, 10) as asked:
        if (1, 1) not in acts:
            asked.crl(url)
        with pytest.raises(Trouble):
            asked.crl(url)
        with pytest.raises(Resting) as resting:
            asked.crl(url)
        assert heard == sorted({(1, 1), *acts})
    assert 0 < resting.value.left_s <= trust_services.RESTS_S


def test_both_times_have_the_same_end(monkeypatch: pytest.MonkeyPatch) -> None:
    ends: list[float] = []
    real = trust_services._bounded

    def watched(http: httpx.Client, question: trust_services._Question, end: float, way: trust_services._Way) -> bytes:
        ends.append(end)
        return real(http, question, end, way)

    monkeypatch.setattr(trust_services, "_bounded", watched)
    with keeping({(1, 2): end}) as (url, heard), door(None, 10) as asked:
        asked.crl(url)
        asked.crl(url)
        assert heard == [(1, 1), (1, 2), (2, 1)]
    assert len(ends) == 3
    assert ends[0] < ends[1] == ends[2]


def test_a_second_time_that_is_not_answered_ends_with_the_first() -> None:
    with keeping({(1, 2): end, (2, 1): lambda silent: silent.recv(1)}) as (url, heard), door(None, 0.5) as asked:
        asked.crl(url)
        with pytest.raises(Trouble):
            asked.crl(url)
        assert heard == [(1, 1), (1, 2), (2, 1)]
