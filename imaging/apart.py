"""Decoding in a process of its own: a decoder that crashes, hangs or eats memory costs one frame, not the program.

The child is this module run as a program. Requests and answers are a line of JSON and a stretch of bytes, so that a
decoder that a forged file has taken over can give us wrong pixels, and nothing else.
"""

from __future__ import annotations

import contextlib
import json
import mmap
import os
import subprocess
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from imaging.codecs import Samples, decode
from imaging.encoded import Encoded, PixelFormat
from imaging.pages import WORTH
from imaging.sources import MIB
from imaging.system import anonymous_memory, bound_memory, find_runtime, keep_quiet, start_child, take_pipes
from records.errors import Reason, Refusal

_ROOM = 512 * MIB
"""Address space beside a frame's own needs: Python, NumPy and the decoders' libraries map about 400 MB."""
_START_S = 40.0
"""What a child may take to load them, beside its first frame: a busy PC with a slow disk needs twenty seconds."""


class Apart:
    """A decoder for `Image.frame` whose work is done by a child, started at the first frame and again after each death.

    One frame at a time for each instance (a lock keeps the order): take as many as there are cores to use. `seconds`
    bounds one frame, `memory` the child's address space (where the system can bound it: not on Windows). Close it
    at the end.
    """

    def __init__(self, seconds: float = 20.0, memory: int = 2048 * MIB) -> None:
        self._seconds, self._memory = seconds, memory
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._closing = False

    def __call__(self, encoded: Encoded) -> tuple[Samples, str]:
        """As `imaging.codecs.decode`; a child that dies or hangs is a refusal as well."""
        if not encoded.compressed:  # arithmetic only: nothing native that could crash
            return decode(encoded)
        with self._lock:
            here = self._child if self._child is not None and self._child.poll() is None else None
            child = here or self._started()
            if self._closing:
                child.kill()  # who closes has looked already, and found none to end
            timer = threading.Timer(self._seconds + (0 if here else _START_S), child.kill)
            timer.start()
            try:
                return _asked(child, encoded)
            except (OSError, EOFError, ValueError):
                late = timer.finished.is_set()
                self._end()
                raise Refusal.because("image_decoder_too_slow" if late else "image_decoder_died") from None
            finally:
                timer.cancel()

    def close(self) -> None:
        """End the child, in the middle of a frame too, which is then refused; a later frame starts another."""
        self._closing, child = True, self._child
        if child is not None:
            child.kill()
        with self._lock:
            self._end()
            self._closing = False

    def _started(self) -> subprocess.Popen[bytes]:
        self._end()
        root = str(Path(__file__).parents[1])
        path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
        self._child = start_child(["-m", "imaging.apart", str(self._memory)],
                                  {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"})
        return self._child

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


def _asked(child: subprocess.Popen[bytes], encoded: Encoded) -> tuple[Samples, str]:
    if child.stdin is None or child.stdout is None:
        raise EOFError
    form = encoded.format
    _send(child.stdin, {"syntax": encoded.transfer_syntax, "format": asdict(form)}, encoded.data)
    told, length = _told(child.stdout, form.decoded_bytes)
    data = _frame_bytes(child.stdout, length)
    if "reason" in told:
        raise Refusal(Reason.from_json(told["reason"]))
    shape = (form.rows, form.columns) if form.samples == 1 else (form.rows, form.columns, form.samples)
    return np.frombuffer(data, f"u{max(1, form.allocated // 8)}").reshape(shape), str(told["photometric"])


def _send(pipe: Any, told: dict[str, Any], data: bytes | memoryview) -> None:
    pipe.write(json.dumps({**told, "length": len(data)}).encode() + b"\n")
    pipe.write(data)
    pipe.flush()


def _told(pipe: Any, most: int) -> tuple[dict[str, Any], int]:
    """The line, and how many bytes follow it."""
    line = pipe.readline(64 * 1024)
    if not line.endswith(b"\n"):
        raise EOFError
    told = json.loads(line)
    length = int(told["length"])
    if not 0 <= length <= most:
        raise EOFError
    return told, length


def _bytes(pipe: Any, length: int) -> bytes:
    data: bytes = pipe.read(length)
    if len(data) < length:
        raise EOFError
    return data


def _frame_bytes(pipe: Any, length: int) -> bytes | mmap.mmap:
    """On pages of their own: the frame's memory from here to the screen, copied no more."""
    if length < WORTH:
        return _bytes(pipe, length)
    data = anonymous_memory(length)
    if pipe.readinto(data) < length:
        raise EOFError
    return data


def _answer(told: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes | memoryview]:
    encoded = Encoded(data, str(told["syntax"]), PixelFormat(**told["format"]), compressed=True)
    try:
        samples, photometric = decode(encoded)
    except Refusal as refused:
        return {"reason": refused.reasons[0].as_json()}, b""
    except MemoryError:
        return {"reason": Reason("image_decoder_out_of_memory").as_json()}, b""
    return {"photometric": photometric}, np.ascontiguousarray(samples).data.cast("B")


def serve(memory: int) -> None:
    """The child: answer until the pipe closes. What native code prints goes nowhere, not between the answers."""
    keep_quiet()
    bound_memory(memory + _ROOM)
    find_runtime()
    orders, answers = take_pipes()
    with contextlib.suppress(EOFError, OSError):  # a pipe whose other end is gone has another error on each system
        while True:
            told, length = _told(orders, sys.maxsize)
            _send(answers, *_answer(told, _bytes(orders, length)))


if __name__ == "__main__":
    serve(int(sys.argv[1]))
