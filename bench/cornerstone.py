"""The peer of the window drag: Cornerstone3D's CPU renderer in headless Chromium, bundled into the user's cache."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

VERSION = "5.14.0"
PACKAGES = (f"@cornerstonejs/core@{VERSION}", "esbuild@0.28.2", "events", "url", "util", "assert")
"""The last four are what its parts take for granted in a bundler."""
HOME = Path.home() / ".cache" / "benhan-bench" / f"cornerstone-{VERSION}"
PAGE = Path(__file__).with_suffix(".js")
SECONDS = 180


class Peer:
    """A page served on this machine; each visit measures anew."""

    def __init__(self, bundle: bytes) -> None:
        answered = self._answered = threading.Event()
        answers: dict[str, Any] = {}
        self._answers = answers

        class Page(BaseHTTPRequestHandler):
            """The page, its script, and where it tells what it measured."""

            def do_GET(self) -> None:
                script = self.path == "/page.js"
                self.send_response(200)
                self.send_header("Content-Type", "text/javascript" if script else "text/html")
                self.end_headers()
                self.wfile.write(bundle if script else b'<!doctype html><script type="module" src="/page.js"></script>')

            def do_POST(self) -> None:
                answers.update(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(204)
                self.end_headers()
                answered.set()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def measured(self) -> dict[int, list[float]]:
        """Milliseconds a frame by the frame's side."""
        self._answers.clear()
        self._answered.clear()
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
            browser = subprocess.Popen(
                ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}",
                 f"http://127.0.0.1:{self._server.server_port}/"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                self._answered.wait(SECONDS)
            finally:
                browser.terminate()
                browser.wait(20)
        if "error" in self._answers:
            raise RuntimeError(f"Cornerstone3D: {self._answers['error']}")
        return {int(side): taken for side, taken in self._answers.items()}

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def ready() -> Iterator[Peer | None]:
    """The peer, or None where it cannot be had (`why_not`)."""
    if why_not():
        yield None
        return
    peer = Peer((HOME / "page.js").read_bytes())
    try:
        yield peer
    finally:
        peer.close()


@cache
def why_not() -> str:
    """"" when the peer is here, fetched and bundled now if need be."""
    if shutil.which("chromium") is None or shutil.which("npm") is None:
        return "no chromium or no npm on this machine"
    HOME.mkdir(parents=True, exist_ok=True)
    (HOME / "package.json").write_text("{}")
    commands = [] if (HOME / "node_modules" / "@cornerstonejs").is_dir() else [
        ["npm", "install", "--no-audit", "--no-fund", *PACKAGES]]
    shutil.copy(PAGE, HOME / "source.js")
    commands.append([str(HOME / "node_modules" / ".bin" / "esbuild"), "source.js", "--bundle", "--format=esm",
                     "--outfile=page.js", "--log-level=error"])
    for command in commands:
        done = subprocess.run(command, cwd=HOME, capture_output=True, text=True, check=False)
        if done.returncode:
            return f"{command[0]} failed: {done.stderr[-300:]}"
    return ""
