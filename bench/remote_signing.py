"""500 hashes in one authorisation over HTTPS, through the whole server, beside the sandbox's own raw rate.

Ours begins with the workstation's wish and ends when the signatures lie verified on the workstation; the peer asks the
same service for as many signatures with nothing between. In turn, so that both meet the same machine. Nobody taps: the
service approves at once and the account asks it every 100 ms, so that what is measured is work and not a person.
The first pause (half of that) is in our time and not in the peer's: a hospital's account pauses 2 s, and a person who
takes up the telephone does not feel it. Shorter pauses would only ask a real service more often.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import ssl
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import UUID

import httpx

from bench.house import House, house
from bench.measure import Figure
from records.errors import BenhAnError
from records.identities import Mechanism
from scripts.demo_history import Known
from server.demo import phone
from server.demo.home import hospital_data
from server.demo.phone import PhoneService
from tests.sandbox.phone import played_apart
from workstation.client import Client
from workstation.ids import new_id
from workstation.signing.remote import RemoteSigner

COUNT, ROUNDS = 500, 5
DOCTOR = str(phone.person(hospital_data())["username"])


class NotSigned(BenhAnError):
    """The service did not answer as it should."""


def run() -> list[Figure]:
    """Signatures a second of one authorisation, through the server and asked directly."""
    with tempfile.TemporaryDirectory() as folder, played_apart(Path(folder), thinks_s=0) as service, house(
            "remote", phone=service) as place:
        mine, raw = [], []
        for _ in range(ROUNDS):
            mine.append(_through_the_server(place))
            raw.append(_directly(service))
    ours, theirs = statistics.median(mine), statistics.median(raw)
    return [Figure(f"{COUNT} remote hashes in one authorisation", ours, theirs, "signatures/s",
                   "the sandbox asked directly", "at least 0.5 times (own limit)", ours >= 0.5 * theirs)]


def _through_the_server(place: House) -> float:
    """The workstation's own signer, woken by the server's live events as in the program."""
    client, _ = place.client(DOCTOR)
    with closing(client), _listening(client) as live:
        signer = RemoteSigner(client, live=live.is_set)
        live.told.append(signer.ring)
        (identity, *_) = signer.identities()
        signer.open(identity, Known(""))
        data = [b"signed attributes " + secrets.token_bytes(32) for _ in range(COUNT)]
        start = time.perf_counter()
        signatures = list(signer.sign_many(data, Mechanism.RSA_SHA256, new_id()))
        took = time.perf_counter() - start
        signer.close()
    if not all(signatures) or len(signatures) != COUNT:
        raise NotSigned(str(len(signatures)))
    return COUNT / took


class _Live(threading.Event):
    """Set while the stream is open."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[Callable[[], None]] = []


@contextmanager
def _listening(client: Client) -> Iterator[_Live]:
    """The server's live events, read beside the signing."""
    live, stream = _Live(), client.events()

    def read() -> None:
        for event in stream:
            if event.topic == "connected":
                live.set()
            elif event.topic == "remote_signing":
                for tell in live.told:
                    tell()

    reading = threading.Thread(target=read, name="live events")
    reading.start()
    try:
        if not live.wait(20):
            raise NotSigned("no live events")
        yield live
    finally:
        stream.close()
        reading.join()


def _directly(service: PhoneService) -> float:
    """The service's own API with nothing between: the request, and asking until it has signed."""
    who = phone.person(hospital_data())["national_id"]
    login = {"sp_id": phone.LOGIN, "sp_password": phone.SECRET, "user_id": who}
    trusted = ssl.create_default_context(cafile=str(service.ca))
    with httpx.Client(verify=trusted, base_url=service.url, trust_env=False) as http:
        listed = http.post("/v1/credentials/get_certificate", json={**login, "transaction_id": "1"}).json()
        serial = listed["data"]["user_certificates"][0]["serial_number"]
        hashes = [hashlib.sha256(secrets.token_bytes(32)).hexdigest() for _ in range(COUNT)]
        number = str(UUID(bytes=secrets.token_bytes(16)))
        start = time.perf_counter()
        http.post("/v1/signatures/sign", json={
            **login, "transaction_id": number, "serial_number": serial,
            "sign_files": [{"data_to_be_signed": one, "doc_id": str(place), "file_type": "pdf", "sign_type": "hash"}
                           for place, one in enumerate(hashes)]}).raise_for_status()
        told = http.post(f"/v1/signatures/sign/{number}/status", json={}).json()
        values = [base64.b64decode(one["signature_value"]) for one in told["data"]["signatures"]]
        took = time.perf_counter() - start
    if len(values) != COUNT:
        raise NotSigned(str(len(values)))
    return COUNT / took
