"""What a PACS answers, made ours before it is handed on: no address of its own, in JSON nor in a part's headers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message

from records.errors import Trouble

_ADDRESS = re.compile(rb'"https?:(?:\\?/){2}[^"]*?(\\?/studies\\?/[^"]*)"')
"""Whatever address of a study the PACS writes into its JSON."""
_KEPT = ("content-type", "content-length", "content-id", "mime-version")
_PLACE = re.compile(rb"/studies/[0-9A-Za-z.,/]*")
_LONGEST_HEAD = 1 << 16


def json_of_ours(body: bytes, root: str, theirs: str) -> bytes:
    """JSON in which every address of a study begins with `root`, and none with the host `theirs`."""
    if body and not body.rstrip().endswith((b"]", b"}")):
        raise Trouble.because("pacs_out_of_reach", detail="its answer broke off")
    told = _ADDRESS.sub(lambda found: b'"' + root.encode() + found[1].replace(b"\\/", b"/") + b'"', body)
    return re.sub(rb'"https?:(?:\\?/){2}' + re.escape(theirs.encode()) + rb'[^"]*"', b'""', told)


def boundary_of(content_type: str) -> bytes:
    """The boundary of a message of several parts; empty for any other answer."""
    header = Message()
    header["Content-Type"] = content_type
    boundary = header.get_param("boundary")
    if header.get_content_maintype() != "multipart" or not isinstance(boundary, str):
        return b""
    return boundary.encode()


def parts_of_ours(pieces: Iterator[bytes], boundary: bytes, root: str) -> Iterator[bytes]:
    """A message as it comes, each part's headers made anew; what a part holds passes as it is.

    One that breaks off is a trouble: a PACS that tells no length and dies ends its answer as a whole one ends, and the
    reader would take half a study for the whole.
    """
    line, buffer, first, head = b"\r\n--" + boundary, b"\r\n", 2, False
    for piece in pieces:
        buffer += piece
        while True:
            # The first boundary may begin the message: it is looked for behind a line's end that is not sent on.
            ready, buffer, head, more = _next(buffer, line, head=head, root=root)
            yield ready[first:]
            first = max(0, first - len(ready))
            if not more:
                break
    if not (head and buffer.startswith(b"--")):
        raise Trouble.because("pacs_out_of_reach", detail="its answer broke off")
    yield buffer


def _next(buffer: bytes, line: bytes, *, head: bool, root: str) -> tuple[bytes, bytes, bool, bool]:
    """What can be sent on, what is left, whether that begins with headers, and whether to look at it again at once."""
    if not head:
        at = buffer.find(line)
        if at < 0:
            kept = len(line) - 1
            return buffer[:-kept], buffer[-kept:], False, False
        return buffer[:at + len(line)], buffer[at + len(line):], True, True
    if buffer[:2] == b"--":
        return b"", buffer, True, False
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        if len(buffer) > _LONGEST_HEAD:
            raise Trouble.because("pacs_out_of_reach", detail="a part without an end of its headers")
        return b"", buffer, True, False
    return _head(buffer[:end], root), buffer[end + 4:], False, True


def _head(theirs: bytes, root: str) -> bytes:
    kept = [b""]
    for line in theirs.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.decode("latin-1").strip().lower() in _KEPT:
            kept.append(line)
        elif name.strip().lower() == b"content-location" and (place := _PLACE.search(value)):
            kept.append(b"Content-Location: " + root.encode() + place[0])
    return b"\r\n".join(kept) + b"\r\n\r\n"
