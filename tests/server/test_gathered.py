"""Head and body of an answer leave in one write; nothing waits for what does not come."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import cast

import httpx
import pytest

from server.gathered import Gathered
from tests.databases import Database
from tests.server import house

LARGE = bytes(500_000)


class Line:
    """A connection that keeps what is written, write by write."""

    def __init__(self) -> None:
        self.writes: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        """Keep it."""
        self.writes.append(data)

    def writelines(self, parts: tuple[bytes, ...]) -> None:
        """Keep them as the one write that they are."""
        self.writes.append(b"".join(parts))

    def close(self) -> None:
        """Keep that too."""
        self.closed = True


def written(act: Callable[[Gathered, Line], None]) -> Line:
    """What left after the act and one turn of the loop."""
    line = Line()

    async def turn() -> None:
        act(Gathered(cast("asyncio.Transport", line), asyncio.get_running_loop()), line)
        await asyncio.sleep(0)

    asyncio.run(turn())
    return line


def test_a_head_leaves_with_its_body() -> None:
    def answer(gathered: Gathered, _: Line) -> None:
        gathered.write(b"HTTP/1.1 200 OK\r\n\r\n")
        gathered.write(LARGE)
        gathered.write(b"more")

    assert written(answer).writes == [b"HTTP/1.1 200 OK\r\n\r\n" + LARGE, b"more"]


def test_a_head_alone_leaves_before_the_loop_turns_to_anything_else() -> None:
    def head(gathered: Gathered, line: Line) -> None:
        gathered.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        assert not line.writes

    assert written(head).writes == [b"HTTP/1.1 204 No Content\r\n\r\n"]


def test_what_was_held_leaves_before_the_connection_closes_and_only_once() -> None:
    def ended(gathered: Gathered, line: Line) -> None:
        gathered.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        gathered.close()
        assert (line.writes, line.closed) == ([b"HTTP/1.1 400 Bad Request\r\n\r\n"], True)

    assert len(written(ended).writes) == 1


def test_a_server_that_ends_does_not_wait_for_clients_that_have_their_answers(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture,
) -> None:
    """Each workstation keeps connections open: every restart waited for them until its patience was over."""
    settings, hospital = house.build(tmp_path, database.dsn)
    hospital.close()
    trusted = ssl.create_default_context(cafile=tmp_path / "tls" / "ca.pem")
    with httpx.Client(base_url=f"https://127.0.0.1:{settings.port}", verify=trusted) as client:
        with house.served(settings):
            assert client.get("/health").status_code < 500
        assert "graceful shutdown exceeded" not in caplog.text
