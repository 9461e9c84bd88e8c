"""The door to time stamps and revocation over HTTPS: whose certificate, how long, how large, and where it leads."""

from __future__ import annotations

import hashlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509

from records import timestamps
from records.errors import Trouble
from server.demo import pki
from server.services import trust_services
from server.services.trust_services import TrustServices
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
def raw_service(*parts: bytes, pause_s: float = 0.0) -> Iterator[tuple[str, list[bytes]]]:
    """A service that writes these bytes whatever it is asked, with a pause between them; its address, what it heard."""
    heard: list[bytes] = []
    listening = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                heard.append(connection.recv(65536))
                try:
                    for part in parts:
                        connection.sendall(part)
                        time.sleep(pause_s)
                except OSError:
                    pass

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/crl/x.crl", heard
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()


def test_an_endless_answer_is_left_where_the_limit_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trust_services, "LARGEST", 100_000)
    endless = raw_service(b"HTTP/1.1 200 OK\r\n\r\n", *[b"x" * 50_000] * 400)
    with endless as (url, _), door(None) as asked, pytest.raises(Trouble):
        asked.crl(url)


def test_an_answer_that_drips_is_left_when_the_time_is_over() -> None:
    """Each byte comes within the wait; all of them never would."""
    with raw_service(b"HTTP/1.1 200 OK\r\n\r\n", *[b"x"] * 60, pause_s=0.1) as (url, _), door(None, 0.5) as asked:
        begin = time.monotonic()
        with pytest.raises(Trouble):
            asked.crl(url)
        assert time.monotonic() - begin < 2


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
