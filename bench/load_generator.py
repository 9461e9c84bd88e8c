"""Plays many workstations against one server, over kept connections; a process of its own, so that its cost is known.

    python -m bench.load_generator < orders.json        answers one JSON object on standard output

Plain asyncio instead of an HTTP library: the generator shares the machine with the server that it measures.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
import time
from dataclasses import dataclass, field
from typing import Any

JSON = "application/json"


@dataclass
class Tally:
    """What came back: milliseconds of each kind of request, and what was not a success."""

    charts: list[float] = field(default_factory=list)
    saves: list[float] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    late: float = 0.0
    """The most milliseconds by which a request left after its time: the generator's own delay."""


class Line:
    """One workstation's connection."""

    def __init__(self, port: int, trust: ssl.SSLContext, token: str) -> None:
        self._port, self._trust, self._token = port, trust, token
        self._turn = asyncio.Lock()
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def open(self) -> None:
        """Connect."""
        self._reader, self._writer = await asyncio.open_connection(
            "127.0.0.1", self._port, ssl=self._trust, server_hostname="127.0.0.1", limit=1 << 22)

    async def close(self) -> None:
        """Disconnect."""
        if self._writer is not None:
            self._writer.close()
            await self._writer.wait_closed()

    async def ask(self, method: str, path: str, body: bytes = b"", more: str = "") -> tuple[int, bytes]:
        """One request, one answer; requests of one workstation wait for each other."""
        async with self._turn:
            if self._reader is None or self._writer is None:
                raise ConnectionError("not connected")
            self._writer.write(
                (f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {self._token}\r\n"
                 f"Content-Type: {JSON}\r\nContent-Length: {len(body)}\r\n{more}\r\n").encode() + body)
            head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            length = next(int(line[15:]) for line in head.split("\r\n") if line.startswith("content-length:"))
            return int(head.split(" ", 2)[1]), await self._reader.readexactly(length)


async def play(orders: dict[str, Any]) -> Tally:
    """All workstations for `seconds` after `warm` seconds that are not counted."""
    trust = ssl.create_default_context(cafile=orders["ca"])
    tally = Tally()
    begin = time.perf_counter() + 1
    counted = (begin + orders["warm"], begin + orders["warm"] + orders["seconds"])
    count = len(orders["sessions"])
    lines = [Line(orders["port"], trust, session["token"]) for session in orders["sessions"]]
    await asyncio.gather(*(line.open() for line in lines))
    work = []
    for number, (line, session) in enumerate(zip(lines, orders["sessions"], strict=True)):
        part = number / count
        work.append(_open_charts(line, session, begin + part * orders["chart_every"], orders["chart_every"], counted,
                                 tally))
        work.append(_save(line, session, begin + part * orders["save_every"], orders["save_every"], counted, tally))
    await asyncio.gather(*work)
    await asyncio.gather(*(line.close() for line in lines))
    return tally


async def _open_charts(line: Line, session: dict[str, Any], first: float, every: float, counted: tuple[float, float],
                       tally: Tally) -> None:
    due = first
    while due < counted[1]:
        await asyncio.sleep(max(0, due - time.perf_counter()))
        start = time.perf_counter()
        status, _ = await line.ask("GET", f"/api/encounters/{session['encounter']}/chart")
        _note(tally, tally.charts, due, start, counted[0], status)
        due += every


async def _save(line: Line, session: dict[str, Any], first: float, every: float, counted: tuple[float, float],
                tally: Tally) -> None:
    due, draft = first, dict(session["draft"])
    while due < counted[1]:
        await asyncio.sleep(max(0, due - time.perf_counter()))
        draft["values"]["plan"] = f"Kháng sinh, truyền dịch, lần lưu {draft['known_revision'] + 1}."
        key = f"{session['key']}{draft['known_revision'] + 1:012x}"
        start = time.perf_counter()
        status, body = await line.ask("PUT", f"/api/drafts/{session['entry']}", json.dumps(draft).encode(),
                                      f"Idempotency-Key: {key}\r\n")
        _note(tally, tally.saves, due, start, counted[0], status)
        if status == 200:
            draft["known_revision"] = json.loads(body)["revision"]
        due += every


def _note(tally: Tally, times: list[float], due: float, start: float, counted_from: float, status: int) -> None:
    if status != 200:
        tally.refused.append(str(status))
    elif due >= counted_from:
        tally.late = max(tally.late, (start - due) * 1000)
        # From the moment when the person asked, so that a request that waits its turn counts as slow.
        times.append((time.perf_counter() - due) * 1000)


def main() -> int:
    """Orders in, tally and own CPU seconds out."""
    orders = json.load(sys.stdin)
    before = time.process_time()
    tally = asyncio.run(play(orders))
    json.dump({**vars(tally), "cpu_s": time.process_time() - before}, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
