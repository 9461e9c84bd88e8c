"""The window's side of the courier: starts it, sends it, hands on what it brings, starts it again when it died."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import IO, Any

from imaging.system import start_child, widen
from records.errors import BenhAnError, Cancelled

log = logging.getLogger(__name__)
_PROGRAM = Path(__file__).with_name("courier.py")
_LOOK_S = 0.05
"""How often who waits asks whether it is still wanted."""
_SPARE_S = 10.0
"""So much later than its own patience: then it hangs."""


class CourierGone(BenhAnError):
    """It died twice over one errand, or cannot be started here: who asks goes himself."""


@dataclass(frozen=True)
class Brought:
    """What the server answered. `listed`: one line of JSON for each data set; `failed`: why there is no answer."""

    status: int
    kind: str
    body: bytes
    listed: bool = False
    failed: str = ""


@dataclass(eq=False)
class _Errand:
    """One that is under way."""

    parts: list[bytes] = field(default_factory=list)
    told: dict[str, Any] = field(default_factory=dict)
    heard: float = field(default_factory=time.monotonic)
    done: threading.Event = field(default_factory=threading.Event)
    gone: bool = False

    def take(self, told: dict[str, Any], data: bytes) -> None:
        self.heard = time.monotonic()
        if data:
            self.parts.append(data)
        if told.get("end"):
            self.told = told
            self.done.set()

    def brought(self) -> Brought:
        if self.told.get("dropped"):
            raise Cancelled
        told = self.told
        body = self.parts[0] if len(self.parts) == 1 else b"".join(self.parts)
        return Brought(told.get("status", 0), told.get("type", ""), body, bool(told.get("listed")),
                       told.get("failed", ""))


class Errands:
    """Any thread may send; several errands run at once. The courier begins with the first one."""

    def __init__(self, ca_file: Path | None, timeout_s: float) -> None:
        self._arguments = (str(ca_file or ""), f"{timeout_s:g}", f"{min(timeout_s, 5.0):g}")
        self._patience_s = timeout_s + _SPARE_S
        self._lock, self._closed = threading.Lock(), False
        self._child: _Child | None = None

    def fetch(self, url: str, headers: Mapping[str, str], *, much: int, given_up: Callable[[], bool] | None = None,
              keep: Sequence[str] = ()) -> Brought:
        """GET; `Cancelled` when it was given up while more than `much` was still to come.

        `keep`: of a list of DICOM's JSON, only these attributes. A courier that dies is sent once more.
        """
        order = {"url": url, "headers": dict(headers), "much": much, "keep": list(keep)}
        for _ in range(2):
            errand = self._sent(order, given_up)
            if not errand.gone:
                return errand.brought()
        raise CourierGone

    def warm(self, url: str) -> None:
        """Somebody is about to fetch: have the courier and a connection ready."""
        with contextlib.suppress(CourierGone, Cancelled):
            self._sent({"url": url, "headers": {}, "only_open": True}, None)

    @property
    def pid(self) -> int | None:
        """The process's id while it lives."""
        return self._child.pid if self._child is not None else None

    def close(self) -> None:
        """End it; to who still waits it is `Cancelled`."""
        with self._lock:
            self._closed = True
            child, self._child = self._child, None
        if child is not None:
            child.end()

    def _sent(self, order: dict[str, Any], given_up: Callable[[], bool] | None) -> _Errand:
        child = self._here()
        number, errand = child.send(order)
        dropped = False
        while not errand.done.wait(_LOOK_S):
            if not dropped and given_up is not None and given_up():
                child.drop(number)
                dropped = True
            if time.monotonic() - errand.heard > self._patience_s:
                log.warning("The courier hangs: it is ended.")
                child.end()
        return errand

    def _here(self) -> _Child:
        with self._lock:
            if self._closed:
                raise Cancelled
            if self._child is None or not self._child.alive:
                if self._child is not None:
                    log.warning("The courier died: another one is started.")
                    self._child.end()
                try:
                    self._child = _Child(self._arguments)
                except OSError as error:
                    log.warning("No courier could be started: %s", error)
                    raise CourierGone from error
            return self._child


class _Child:
    """The process, its pipes, and the thread that hears its answers."""

    def __init__(self, arguments: Sequence[str]) -> None:
        self._process = start_child(["-I", "-S", str(_PROGRAM), *arguments], {**os.environ, "MALLOC_ARENA_MAX": "1"})
        self._numbers = count(1)
        self._errands: dict[int, _Errand] = {}
        self._lock, self._ending = threading.Lock(), threading.Lock()
        self.alive = True
        widen(self._process.stdout)
        self._hearing = threading.Thread(target=self._hear, name="courier", daemon=True)
        self._hearing.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, order: dict[str, Any]) -> tuple[int, _Errand]:
        """An order to a courier that is dead already is gone at once."""
        number, errand = next(self._numbers), _Errand()
        with self._lock:
            if self.alive:
                self._errands[number] = errand
            else:
                errand.gone = True
                errand.done.set()
        self._write({"id": number, **order})
        return number, errand

    def drop(self, number: int) -> None:
        self._write({"drop": number})

    def end(self) -> None:
        """Kill it, wait for it, close the pipes."""
        with self._ending:
            if self._process.poll() is None:
                self._process.kill()
            self._process.wait()
            self._hearing.join()
            for pipe in (self._process.stdin, self._process.stdout):
                with contextlib.suppress(OSError):
                    _open(pipe).close()

    def _write(self, order: dict[str, Any]) -> None:
        line = json.dumps(order).encode() + b"\n"
        # A broken or closed pipe needs no words: the thread that hears tells everybody that it is gone.
        with contextlib.suppress(OSError, ValueError), self._lock:
            _open(self._process.stdin).write(line)
            _open(self._process.stdin).flush()

    def _hear(self) -> None:
        pipe = _open(self._process.stdout)
        # What cannot be read means the same as an end: this courier is no good any more.
        with contextlib.suppress(OSError, ValueError, KeyError, EOFError):
            while line := pipe.readline():
                told = json.loads(line)
                data = pipe.read(told["bytes"]) if told["bytes"] else b""
                if len(data) < told["bytes"]:
                    raise EOFError
                errand = self._errands.get(told["id"])
                if errand is not None:
                    errand.take(told, data)
                    if told.get("end"):
                        self._errands.pop(told["id"], None)
        with self._lock:
            self.alive = False
            left, self._errands = list(self._errands.values()), {}
        for errand in left:
            errand.gone = True
            errand.done.set()


def _open(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise EOFError
    return pipe
