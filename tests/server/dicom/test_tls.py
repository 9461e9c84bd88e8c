"""TLS by setting, as dcmtk speaks it: with the house's authority, with a device's certificate, and never without."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.dicom.listener import Listener
from server.dicom.settings import DicomSettings, May, Peer
from server.services.hospital import Hospital
from tests.server.dicom.devices import tool
from tests.server.dicom.test_listener import slices


@pytest.fixture
def keys(hospital: Hospital) -> Path:
    """Where `dicom.toml` lies, with certificates of one authority for the service and for a device."""
    folder = hospital.settings.path(hospital.settings.dicom).parent
    _made(folder, "ca", "-addext", "basicConstraints=critical,CA:TRUE")
    for name in ("service", "device"):
        _made(folder, name, "-CA", str(folder / "ca.pem"), "-CAkey", str(folder / "ca.key"))
    return folder


def _made(folder: Path, name: str, *how: str) -> None:
    """A certificate for any purpose, as IT makes one with openssl."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}",
                    "-keyout", str(folder / f"{name}.key"), "-out", str(folder / f"{name}.pem"), *how],
                   check=True, capture_output=True, timeout=60)


@pytest.fixture
def port(hospital: Hospital, keys: Path) -> Iterator[str]:
    assert keys.is_dir()
    listener = Listener(hospital, DicomSettings(
        host="127.0.0.1", port=0, tls_certificate="service.pem", tls_key="service.key", tls_ca="ca.pem",
        peers=(Peer(aet="CT1", host="127.0.0.1", may=frozenset(May), tls=True),)))
    yield str(listener.start())
    listener.stop()


def with_tls(keys: Path) -> list[str]:
    return ["+tls", str(keys / "device.key"), str(keys / "device.pem"), "+cf", str(keys / "ca.pem")]


def test_a_device_with_a_certificate_is_heard_and_sends_and_one_without_is_not(
    port: str, keys: Path, tmp_path: Path,
) -> None:
    assert "Echo Response (Success)" in tool("echoscu", *with_tls(keys), "127.0.0.1", port).stderr
    done = tool("storescu", *with_tls(keys), "127.0.0.1", port, *slices(tmp_path, 1))
    assert done.returncode == 0, done.stderr
    for how in ([], ["+tla", "+cf", str(keys / "ca.pem")]):
        assert "Echo Response (Success)" not in tool("echoscu", "-ta", "5", *how, "127.0.0.1", port).stderr, how


def test_who_connects_and_says_nothing_keeps_no_device_waiting(port: str, keys: Path) -> None:
    with socket.create_connection(("127.0.0.1", int(port))):
        assert "Echo Response (Success)" in tool("echoscu", "-ta", "10", *with_tls(keys), "127.0.0.1", port).stderr
