"""Orthanc, the PACS of Debian's package, as a process of this machine: a peer that was written by others."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
WHY_NOT = "" if shutil.which("Orthanc") and PLUGIN.exists() else "orthanc and orthanc-dicomweb are not installed"
AET, USERNAME, PASSWORD = "ORTHANC", "benhan", "mat-khau-pacs"
_WITHIN_S = 30


@dataclass(frozen=True)
class Orthanc:
    """One that serves."""

    url: str
    """DICOMweb's root."""
    dicom_port: int
    process: subprocess.Popen[bytes]


@contextmanager
def orthanc(folder: Path) -> Iterator[Orthanc]:
    """Serve until the end of the block, with sign-in and with Debian's settings otherwise.

    Without TLS: Debian 12's build resets every connection once it has shaken hands.
    """
    http, dicom = _port(), _port()
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "orthanc.json"
    file.write_text(json.dumps({
        "Name": "thu", "StorageDirectory": str(folder / "db"), "IndexDirectory": str(folder / "db"), "HttpPort": http,
        "DicomPort": dicom, "DicomAet": AET, "AuthenticationEnabled": True, "RegisteredUsers": {USERNAME: PASSWORD},
        "KeepAlive": True, "TcpNoDelay": True, "Plugins": [str(PLUGIN)],
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/", "EnableWado": False}}))
    # Without it, each image that it receives by DICOM waits 44 ms for an acknowledgement that TCP holds back.
    environment = {**os.environ, "TCP_NODELAY": "1"}
    with (folder / "log").open("w") as log, \
            subprocess.Popen(["Orthanc", str(file)], stdout=log, stderr=log, env=environment) as process:
        try:
            root = f"http://127.0.0.1:{http}"
            _wait(f"{root}/system", process)
            yield Orthanc(f"{root}/dicom-web", dicom, process)
        finally:
            process.terminate()


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _WITHIN_S
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx.get(url, auth=(USERNAME, PASSWORD), trust_env=False).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("Orthanc does not serve")


def _port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
