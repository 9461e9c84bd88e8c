"""Answers of a PACS lose its address, however their bytes come in."""

from __future__ import annotations

import json

import pytest

from records.errors import Trouble
from server.api.pacs_answers import boundary_of, json_of_ours, parts_of_ours

OURS = "https://benhan.example.vn:8443/dicomweb"
PIXELS = bytes(range(256)) * 3 + b"\r\n--xx not it \r\n--"
MESSAGE = (
    b"--b x1\r\nContent-Type: application/octet-stream\r\nContent-Location: http://pacs.local:8042/dicom-web/studies/1.2"
    b"/series/3\r\nX-Served-By: pacs.local\r\nContent-Length: 787\r\n\r\n" + PIXELS
    + b"\r\n--b x1\r\ncontent-location: /home/pacs.local\r\ncontent-type: image/jp2\r\n\r\n\r\n--b x\r\n--b x1--\r\n")
MADE = (
    b"--b x1\r\nContent-Type: application/octet-stream\r\nContent-Location: " + OURS.encode() + b"/studies/1.2"
    b"/series/3\r\nContent-Length: 787\r\n\r\n" + PIXELS
    + b"\r\n--b x1\r\ncontent-type: image/jp2\r\n\r\n\r\n--b x\r\n--b x1--\r\n")


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 64, 10_000])
def test_headers_of_parts_are_made_anew_and_what_they_hold_is_not(size: int) -> None:
    pieces = (MESSAGE[at:at + size] for at in range(0, len(MESSAGE), size))
    assert b"".join(parts_of_ours(pieces, b"b x1", OURS)) == MADE


def test_a_message_that_is_cut_is_a_trouble_and_gives_no_half_a_header() -> None:
    for length in range(len(MESSAGE) - len(b"--\r\n")):
        told: list[bytes] = []
        with pytest.raises(Trouble):
            told.extend(parts_of_ours(iter([MESSAGE[:length]]), b"b x1", OURS))
        assert b"pacs.local" not in b"".join(told)
    with pytest.raises(Trouble):
        json_of_ours(b'[{"00100020": {"vr": "LO", "Val', OURS, "pacs.local:8042")


def test_headers_without_end_are_a_trouble() -> None:
    with pytest.raises(Trouble):
        list(parts_of_ours(iter([b"--b\r\n", b"x: y\r\n" * 20_000]), b"b", OURS))


def test_addresses_in_json_are_ours_or_none() -> None:
    told = json_of_ours(json.dumps({
        "a": "http://pacs.local:8042/dicom-web/studies/1/bulk/2", "b": "http://pacs.local:8042/wado?studyUID=1",
        "c": "https://other.name/x/studies/9", "d": "http://dicom.nema.org/standard",
    }).encode(), OURS, "pacs.local:8042")
    assert json.loads(told) == {"a": f"{OURS}/studies/1/bulk/2", "b": "", "c": f"{OURS}/studies/9",
                                "d": "http://dicom.nema.org/standard"}


@pytest.mark.parametrize(("kind", "boundary"), [
    ('multipart/related; type="application/dicom"; boundary="b x1"', b"b x1"), ("application/dicom", b""),
    ("multipart/related", b""), ("", b"")])
def test_only_a_message_of_parts_has_a_boundary(kind: str, boundary: bytes) -> None:
    assert boundary_of(kind) == boundary
