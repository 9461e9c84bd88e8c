"""Head and body of an answer leave in one write; nothing waits for what does not come."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

from server.gathered import Gathered

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
