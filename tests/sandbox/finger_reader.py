"""A fingerprint reader's local web service, played over real HTTPS: good, poor, no finger, no reader, garbage, slow."""

from __future__ import annotations

import base64
import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

from server.demo import pki

IMAGE = b"BM" + bytes(range(64)) * 40
TEMPLATE = b"FMR\x00 20\x00" + bytes(range(48))


@dataclass
class FingerReader:
    """What the service answers next, and what it was asked."""

    url: str
    ca_file: Path
    mood: str = "good"
    """good, poor, no_finger, empty, unplugged, busy, garbage, list, slow, broken."""
    quality: int = 84
    asked: list[dict[str, str]] = field(default_factory=list)

    def answer(self, form: dict[str, str]) -> tuple[int, bytes]:
        """Status and body, by mood."""
        self.asked.append(form)
        codes = {"no_finger": 54, "unplugged": 55, "busy": 59, "poor": 101}
        if self.mood in codes:
            return 200, json.dumps({"ErrorCode": codes[self.mood]}).encode()
        if self.mood == "slow":
            time.sleep(0.2)
            return 200, b""
        odd = {"empty": (200, b""), "garbage": (200, b"<html>\xff"), "list": (200, b"[]"), "broken": (500, b"")}
        if self.mood in odd:
            return odd[self.mood]
        return 200, json.dumps({
            "ErrorCode": 0, "Manufacturer": "SecuGen Corporation", "Model": "HU20", "SerialNumber": "H58190412345",
            "ImageWidth": 300, "ImageHeight": 400, "ImageDPI": 500, "ImageQuality": self.quality, "NFIQ": 2,
            "BMPBase64": base64.b64encode(IMAGE).decode(),
            "TemplateBase64": base64.b64encode(TEMPLATE).decode()}).encode()


@cache
def _authority() -> tuple[pki.Issued, pki.Issued]:
    """The reader's own TLS authority and its certificate: once for all readers of a program."""
    root = pki.make_root()
    return root, pki.issue_server(root)


@contextmanager
def finger_reader(folder: Path) -> Iterator[FingerReader]:
    """The service on a free port of this machine, with a certificate of a CA of its own."""
    root, held = _authority()
    pki.write_pem(folder / "reader-ca.pem", root.certificate)
    pki.write_pem(folder / "reader.pem", held.certificate, *held.chain)
    pki.write_key(folder / "reader.key", held.key)
    played: list[FingerReader] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            form = {name: values[0] for name, values in parse_qs(told, keep_blank_values=True).items()}
            status, body = (404, b"") if self.path != "/SGIFPCapture" else played[0].answer(form)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing: a sandbox is quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(folder / "reader.pem", folder / "reader.key")
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    played.append(FingerReader(f"https://127.0.0.1:{server.server_port}", folder / "reader-ca.pem"))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield played[0]
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
