"""Live events over HTTPS: told to the ward's people, with heartbeats between, until the session or the server ends."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Queue
from typing import Any

import httpx

from server.store import base
from tests.server.api.test_drafts import save
from tests.server.house import House, key, send

OVER: dict[str, Any] = {"topic": "over"}


@contextmanager
def listening(client: httpx.Client) -> Iterator[Queue[dict[str, Any]]]:
    """What the stream says, as it comes; a last item when it is over."""
    heard: Queue[dict[str, Any]] = Queue()
    opened = threading.Event()

    def listen() -> None:
        with client.stream("GET", "/api/events") as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            topic = ""
            for line in answer.iter_lines():
                opened.set()
                if line.startswith("event: "):
                    topic = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    heard.put({"topic": topic, **json.loads(line.removeprefix("data: "))})
                elif line.startswith(": heartbeat"):
                    heard.put({"topic": "heartbeat"})
        heard.put(OVER)

    thread = threading.Thread(target=listen)
    thread.start()
    assert opened.wait(20)
    yield heard
    thread.join(20)
    assert not thread.is_alive()


def next_of(heard: Queue[dict[str, Any]], *topics: str) -> dict[str, Any]:
    while (item := heard.get(timeout=20))["topic"] not in topics:
        pass
    return item


def test_a_signed_entry_is_told_to_the_ward_and_signing_out_ends_the_stream(house: House) -> None:
    version = house.version()
    with house.sign_in("mai") as nurse, house.sign_in("ha") as doctor, listening(nurse) as heard:
        send(doctor, house, version, house.sign(version))
        told = next_of(heard, "entry")
        assert (told["entry"], told["encounter"]) == (str(version.entry), str(house.encounter))
        with httpx.Client(base_url=house.url, verify=house.verify, headers=nurse.headers) as same:
            same.delete("/api/sessions/current")
        assert next_of(heard, "over") is OVER


def test_people_of_other_wards_hear_only_heartbeats(house: House) -> None:
    with house.sign_in("long") as other, house.sign_in("ha") as doctor, listening(other) as heard:
        save(doctor, house, key(), "Tiếp", 0)
        assert next_of(heard, "draft", "heartbeat")["topic"] == "heartbeat"
        with base.transaction(house.hospital.engine) as db:
            db.exec_driver_sql("UPDATE sessions SET expires_at = now() WHERE person = "
                               "(SELECT id FROM people WHERE username = 'long')")
        assert next_of(heard, "draft", "over") is OVER
