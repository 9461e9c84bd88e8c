"""The courier: a process of its own that fetches what is large, so that its TLS and its parsing never stop the window.

Run by its path, without site-packages: it imports nothing but the standard library and is ready in a few hundredths of
a second. Orders come as lines of JSON; answers go as a line of JSON and so many `bytes`. It knows no file and keeps
nothing; it ends with the program that started it, whose pipe it reads.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import ssl
import sys
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any
from urllib.parse import urlsplit

PIECE = 1 << 20
"""Bytes that go to the window at once, and all that a thread holds of an answer."""
THREADS = 8
_BROKEN = (OSError, http.client.HTTPException)
Place = tuple[str, str]


class Lines:
    """Connections that are free, the last one used first: those that are not needed are never opened."""

    def __init__(self, trust: ssl.SSLContext, timeout_s: float, connect_s: float) -> None:
        self._trust, self._timeout_s, self._connect_s = trust, timeout_s, connect_s
        self._free: deque[tuple[Place, http.client.HTTPConnection]] = deque()

    def take(self, place: Place) -> tuple[http.client.HTTPConnection, bool]:
        """A connection to that place, and whether it was used before."""
        while self._free:
            there, line = self._free.pop()
            if there == place and line.sock is not None:
                return line, True
            line.close()
        return self._opened(place), False

    def give_back(self, place: Place, line: http.client.HTTPConnection) -> None:
        """For the next one."""
        self._free.append((place, line))

    def _opened(self, place: Place) -> http.client.HTTPConnection:
        scheme, where = place
        line = http.client.HTTPSConnection(where, timeout=self._connect_s, context=self._trust) if (
            scheme == "https") else http.client.HTTPConnection(where, timeout=self._connect_s)
        line.connect()
        line.sock.settimeout(self._timeout_s)
        return line


class Courier:
    """Takes orders until the pipe closes."""

    def __init__(self, lines: Lines, answers: IO[bytes]) -> None:
        self._lines, self._answers = lines, answers
        self._speaking = threading.Lock()
        self._dropped: set[int] = set()
        self._workers = ThreadPoolExecutor(THREADS)

    def serve(self, orders: IO[bytes]) -> None:
        """Each line is an order, or says that one is wanted no longer (`drop`)."""
        for line in orders:
            order = json.loads(line)
            if "drop" in order:
                self._dropped.add(order["drop"])
            else:
                self._workers.submit(self._run, order)

    def _run(self, order: dict[str, Any]) -> None:
        number = order["id"]
        try:
            self._fetch(order)
        except _BROKEN as error:
            self._say(number, failed=f"{type(error).__name__}: {error}", end=True)
        except Exception as error:  # whatever it is, somebody waits for this answer
            self._say(number, failed=f"{type(error).__name__}: {error}", end=True)
            raise
        finally:
            self._dropped.discard(number)

    def _fetch(self, order: dict[str, Any]) -> None:
        number, url = order["id"], urlsplit(order["url"])
        place = (url.scheme, url.netloc)
        if number in self._dropped:
            self._say(number, dropped=True, end=True)
            return
        if order.get("only_open"):
            line, _ = self._lines.take(place)
            self._lines.give_back(place, line)
            self._say(number, status=0, type="", end=True)
            return
        line, answer = self._asked(place, url.path + ("?" + url.query if url.query else ""), order["headers"])
        try:
            whole = self._pass_on(number, order, answer)
        except BaseException:
            line.close()
            raise
        if whole and not answer.will_close:
            self._lines.give_back(place, line)
        else:
            line.close()

    def _asked(self, place: Place, path: str, headers: dict[str, str]
               ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        """What only reads may be asked again when the server ended a connection that lay idle."""
        while True:
            line, used = self._lines.take(place)
            try:
                line.request("GET", path, headers=headers)
                return line, line.getresponse()
            except _BROKEN:
                line.close()
                if not used:
                    raise

    def _pass_on(self, number: int, order: dict[str, Any], answer: http.client.HTTPResponse) -> bool:
        """False when it was given up half-way."""
        told = {"status": answer.status, "type": answer.getheader("Content-Type", "")}
        if answer.status == 200 and order.get("keep"):
            body = answer.read()
            lines = _only(body, order["keep"])
            self._say(number, body if lines is None else lines, **told, listed=lines is not None, end=True)
            return True
        left = int(answer.getheader("Content-Length") or PIECE)
        while True:
            # To end a connection costs a new handshake: what is nearly here is taken.
            if left > order["much"] and number in self._dropped:
                self._say(number, dropped=True, end=True)
                return False
            data = answer.read(PIECE)
            left -= len(data)
            end = answer.isclosed() or not data
            if end and answer.length:
                raise http.client.IncompleteRead(data, answer.length)
            self._say(number, data, **told, end=end)
            if end:
                return True

    def _say(self, number: int, data: bytes = b"", **told: Any) -> None:
        line = json.dumps({"id": number, **told, "bytes": len(data)}).encode() + b"\n"
        with self._speaking:
            self._answers.write(line)
            self._answers.write(data)
            self._answers.flush()


def _only(body: bytes, keep: list[str]) -> bytes | None:
    """A list of DICOM's JSON, one line for each data set, with those attributes only; None when it is no such list.

    The window then reads short lines with pauses between them, instead of megabytes without one.
    """
    wanted = frozenset(keep)
    try:
        items = json.loads(body)
        lines = [json.dumps({tag: value for tag, value in item.items() if tag in wanted}, separators=(",", ":"))
                 for item in items]
    except (ValueError, AttributeError, TypeError):
        return None
    return "\n".join(lines).encode()


def main() -> None:
    """Argument: certificate authority's file, seconds of patience, seconds for a new connection."""
    ca, timeout_s, connect_s = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in the terminal is for the program, which ends this one
    # As in imaging/system.py, which is not to be had here: on Windows a library that is loaded while the next order is
    # waited for (names are looked up by others' libraries) asks what the input is, and would wait as well.
    orders, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    trust = ssl.create_default_context(cafile=ca or None)
    Courier(Lines(trust, timeout_s, connect_s), answers).serve(orders)
    os._exit(0)  # what is under way is for nobody


if __name__ == "__main__":
    main()
