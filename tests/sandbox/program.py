"""The world outside the hospital, over real HTTPS: one module for each system, slow, wrong or down on command.

`python -m tests.sandbox.program --port 9443 --home DIR` serves it with an authority of its own (DIR/ca.pem);
`POST /admin/<system>` with a JSON body of a conduct's fields changes how a system behaves from then on.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

from server.demo import pki


@dataclass(frozen=True)
class Request:
    """One call, with JSON or form fields as a mapping."""

    path: str
    body: Mapping[str, Any]
    bearer: str


@dataclass(frozen=True)
class Reply:
    """What goes back."""

    body: Any
    status: int = 200


@dataclass
class Conduct:
    """How a system behaves; what a subclass adds is changed the same way."""

    down: str = ""
    """"": it serves; "cut": the connection ends without an answer; digits: that status."""
    error: str = ""
    """The message beside the status."""
    delay_s: float = 0.0


class System(Protocol):
    """One outside system."""

    @property
    def conduct(self) -> Conduct: ...

    def handle(self, request: Request) -> Reply: ...


@dataclass
class Sandbox:
    """All systems that are played, by the first part of their addresses."""

    systems: dict[str, System]
    port: int = 0
    ca: Path = Path()
    asked: list[tuple[str, Request]] = field(default_factory=list)
    """Every call but the admin's, in order."""

    def url(self, name: str) -> str:
        """The base address of a system."""
        return f"https://127.0.0.1:{self.port}/{name}"

    def calls(self, name: str, ending: str) -> list[Request]:
        """What a system was asked at addresses that end so."""
        return [request for system, request in tuple(self.asked) if system == name and request.path.endswith(ending)]

    def answer(self, request: Request) -> Reply | None:
        """None: the connection is cut."""
        name, _, rest = request.path.strip("/").partition("/")
        if name == "admin":
            return self._change(self.systems.get(rest), request.body)
        system = self.systems.get(name)
        if system is None:
            return Reply({"error": "nobody"}, 404)
        inner = dataclasses.replace(request, path=f"/{rest}")
        self.asked.append((name, inner))
        conduct = system.conduct
        time.sleep(conduct.delay_s)
        if conduct.down == "cut":
            return None
        if conduct.down:
            return Reply({"status_code": int(conduct.down), "message": conduct.error}, int(conduct.down))
        return system.handle(inner)

    @staticmethod
    def _change(system: System | None, fields: Mapping[str, Any]) -> Reply:
        known = {each.name for each in dataclasses.fields(system.conduct)} if system else set()
        if system is None or not set(fields) <= known:
            return Reply({"error": f"known are {sorted(known)}"}, 400)
        for name, value in fields.items():
            setattr(system.conduct, name, value)
        return Reply(dataclasses.asdict(system.conduct))


@cache
def _authority() -> tuple[pki.Issued, pki.Issued]:
    """The sandbox's own TLS authority and its certificate: once for all sandboxes of a program."""
    root = pki.make_root("Sandbox ngoài bệnh viện")
    return root, pki.issue_server(root)


@contextmanager
def serving(systems: Mapping[str, System], home: Path, port: int = 0) -> Iterator[Sandbox]:
    """The sandbox on a port of this machine, under a TLS authority of its own."""
    sandbox = Sandbox(dict(systems))
    root, tls = _authority()
    sandbox.ca = pki.write_pem(home / "sandbox-ca.pem", root.certificate)
    certificate = pki.write_pem(home / "sandbox.pem", tls.certificate)
    key = pki.write_key(home / "sandbox.key", tls.key)
    server = ThreadingHTTPServer(("127.0.0.1", port), _handler(sandbox))
    server.daemon_threads = True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    # The handshake belongs to each connection's thread: a stranger who never finishes it must not stop the rest.
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    sandbox.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield sandbox
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(sandbox: Sandbox) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            reply = sandbox.answer(Request(urlsplit(self.path).path, self._read(raw),
                                           self.headers.get("Authorization", "").removeprefix("Bearer ")))
            if reply is None:
                self.close_connection = True
                return
            data = json.dumps(reply.body).encode()
            self.send_response(reply.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def _read(self, raw: bytes) -> Mapping[str, Any]:
            if self.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
                return dict(parse_qsl(raw.decode()))
            told = json.loads(raw or b"{}")
            return told if isinstance(told, dict) else {}

        def log_message(self, *arguments: object) -> None:
            return

    return Handler


def main() -> None:
    """Serve until interrupted, with the three kinds of remote signers for the demo's people."""
    from tests.sandbox.remote_signers import everyone

    options = argparse.ArgumentParser(description="The world outside the hospital, on this machine.")
    options.add_argument("--port", type=int, default=9443)
    options.add_argument("--home", type=Path, required=True)
    chosen = options.parse_args()
    chosen.home.mkdir(parents=True, exist_ok=True)
    root = pki.make_root()
    people = {"099188001037": pki.issue_person(pki.make_issuing(root), "Lê Thu Hà", "099188001037")}
    with serving(everyone(people), chosen.home, chosen.port) as sandbox:
        print(f"{sandbox.url('')} with the authority {sandbox.ca}", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
