"""Messages of parts are taken apart at their delimiters and nowhere else."""

from __future__ import annotations

import itertools
import tracemalloc
from collections import deque

import pytest

from records.errors import Refusal
from server.api.multipart import MOST_PARTS, Parts, split
from server.api.problems import status_of

KIND = 'multipart/related; type="application/dicom"; boundary=x'


@pytest.mark.parametrize(("body", "parts"), [
    (b"--x\r\nA: b\r\n\r\none\r\n--x\r\n\r\ntwo\r\n--x--\r\n", [b"one", b"two"]),
    (b"told before\r\n--x\r\nA: b\r\n\r\none\r\n--x--", [b"one"]),
    (b"--x\r\nA: b\r\n\r\n\r\n\r\n\r\n--x--", [b"\r\n\r\n"]),
    (b"--x\r\nA: b\r\n\r\nan --x and -x\n--x\r\n--x--", [b"an --x and -x\n--x"]),
    (b"--x\r\nA: b\r\n\r\n\r\n--x--", [b""]),
    (b"--x--", []),
])
def test_parts_come_as_they_were_sent(body: bytes, parts: list[bytes]) -> None:
    assert list(split(body, KIND)) == parts
    for step in (1, 2, 3, 5, 7):
        coming = Parts(KIND)
        assert [part for start in range(0, len(body), step) for part in coming.take(body[start:start + step])] == parts
        coming.end()


@pytest.mark.parametrize("body", [
    b"", b"none", b"--x\r\nA: b\r\n\r\none", b"--x\r\nA: b\r\n\r\none\r\n--x\r\nA: b\r\n\r\ntwo\r\n",
    b"--x\r\nA: b\r\none\r\n--x--",
])
def test_a_message_without_an_end_is_refused(body: bytes) -> None:
    with pytest.raises(Refusal):
        list(split(body, KIND))


@pytest.mark.parametrize(("body", "status"), [
    (b"--x\r\nA: b\r\n\r\n" + b"\0" * 100 + b"\r\n", 413), (b"--x\r\n\r\n\r\n", 413),
], ids=["tiny parts", "empty parts"])
def test_of_a_message_of_very_many_parts_no_more_are_read_than_may_be(body: bytes, status: int) -> None:
    """100,000 of them took half a minute of the processor and 700 MB; half a gigabyte holds millions."""
    message, read = body * 100_000 + b"--x--\r\n", itertools.count()
    tracemalloc.start()
    try:
        with pytest.raises(Refusal) as refused:
            deque(zip(split(message, KIND), read, strict=False), 0)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (refused.value.reasons[0].code, status_of(refused.value.reasons)) == ("message_parts_too_many", status)
    assert next(read) == MOST_PARTS
    assert peak < 4 << 20
    assert len(list(split(body * MOST_PARTS + b"--x--", KIND))) == MOST_PARTS


def test_the_headers_of_a_part_are_no_place_for_megabytes() -> None:
    with pytest.raises(Refusal) as refused:
        list(split(b"--x\r\nA: " + b"b" * (1 << 20) + b"\r\n\r\none\r\n--x--", KIND))
    assert refused.value.reasons[0].code == "request_malformed"
