"""Messages of parts are taken apart at their delimiters and nowhere else."""

from __future__ import annotations

import pytest

from records.errors import Refusal
from server.api.multipart import split

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


@pytest.mark.parametrize("body", [
    b"", b"none", b"--x\r\nA: b\r\n\r\none", b"--x\r\nA: b\r\n\r\none\r\n--x\r\nA: b\r\n\r\ntwo\r\n",
    b"--x\r\nA: b\r\none\r\n--x--",
])
def test_a_message_without_an_end_is_refused(body: bytes) -> None:
    with pytest.raises(Refusal):
        list(split(body, KIND))
