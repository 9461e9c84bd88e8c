"""The server in the foreground ends in order, however impatient whoever stops it is."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import sys
from pathlib import Path

from tests.databases import Database
from tests.server import house

PROGRAM = """
import logging, signal, sys
from server import cli, serving
from server.settings import Settings
logging.basicConfig(level=logging.INFO)
signal.signal(signal.SIGINT, cli._stop)
serving.build(Settings.model_validate_json(sys.argv[1]), lambda: print("READY", file=sys.stderr, flush=True)).run()
"""


def test_who_presses_ctrl_c_twice_waits_for_nobody_and_reads_no_traceback(database: Database, tmp_path: Path) -> None:
    made, hospital = house.build(tmp_path, database.dsn)
    hospital.close()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        settings = made.model_copy(update={"port": probe.getsockname()[1]})
    root = Path(__file__).parents[2]
    with subprocess.Popen([sys.executable, "-c", PROGRAM, settings.model_dump_json()], cwd=root, text=True,
                          stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(root)}) as process:
        assert process.stderr is not None
        try:
            said = read_until(process, "READY")
            trust = ssl.create_default_context(cafile=str(settings.path(settings.tls_certificate)))
            trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
            with trust.wrap_socket(socket.create_connection(("127.0.0.1", settings.port))) as line:
                line.sendall(b"POST /api/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                             b"Content-Length: 9\r\nExpect: 100-continue\r\n\r\n")
                line.recv(100)  # somebody waits for the rest of it now
                process.send_signal(signal.SIGINT)
                said += read_until(process, "Waiting for")
                process.send_signal(signal.SIGINT)
                said += process.stderr.read()
            process.wait(60)
        finally:
            process.kill()
    assert "Application shutdown complete" in said
    assert "Traceback" not in said, said


def read_until(process: subprocess.Popen[str], words: str) -> str:
    """What it says up to those words."""
    assert process.stderr is not None
    said = ""
    while words not in said and (line := process.stderr.readline()):
        said += line
    return said
