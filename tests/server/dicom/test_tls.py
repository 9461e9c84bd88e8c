"""TLS by setting, as dcmtk speaks it: with the house's authority, with a device's certificate, and never without."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pydicom import Dataset, dcmread
from pynetdicom import AE, build_role, evt
from pynetdicom.sop_class import (  # type: ignore[attr-defined] # made at import
    StorageCommitmentPushModel,
    StudyRootQueryRetrieveInformationModelMove,
)

from server.dicom.listener import Listener
from server.dicom.settings import DicomSettings, May, Peer
from server.services.hospital import Hospital
from tests.server.dicom.devices import tool
from tests.server.dicom.test_listener import slices
from tests.server.pictures import a_slice, uid


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
def port(hospital: Hospital, keys: Path, device_port: int) -> Iterator[str]:
    assert keys.is_dir()
    listener = Listener(hospital, DicomSettings(
        host="127.0.0.1", port=0, tls_certificate="service.pem", tls_key="service.key", tls_ca="ca.pem",
        peers=(Peer(aet="CT1", host="127.0.0.1", port=device_port, may=frozenset(May), tls=True),)))
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


@contextmanager
def station(keys: Path, port: int, folder: Path, name: str = "device", ca: str = "ca") -> Iterator[None]:
    """dcmtk's storescp behind TLS; it asks for our certificate as well."""
    folder.mkdir()
    program = ["storescp", "-v", "+tls", str(keys / f"{name}.key"), str(keys / f"{name}.pem"),
               "+cf", str(keys / f"{ca}.pem"), "-rc", "-aet", "CT1", "-od", str(folder), str(port)]
    with subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        try:
            yield
        finally:
            running.terminate()


def calling(keys: Path) -> ssl.SSLContext:
    """What a device calls us with."""
    context = ssl.create_default_context(cafile=str(keys / "ca.pem"))
    context.check_hostname = False
    context.load_cert_chain(keys / "device.pem", keys / "device.key")
    return context


def move(keys: Path, port: str) -> Dataset:
    """The last answer to a C-MOVE; dcmtk's movescu of today knows no TLS."""
    device = AE("CT1")
    device.add_requested_context(StudyRootQueryRetrieveInformationModelMove)
    association = device.associate("127.0.0.1", int(port), ae_title="BENHAN", tls_args=(calling(keys), "127.0.0.1"))
    question = Dataset()
    question.QueryRetrieveLevel, question.StudyInstanceUID = "STUDY", uid("study")
    *_, (last, _) = association.send_c_move(question, "CT1", StudyRootQueryRetrieveInformationModelMove)
    association.release()
    return last


def test_images_are_moved_over_tls_to_a_station_that_wants_it(
    port: str, keys: Path, tmp_path: Path, device_port: int,
) -> None:
    assert tool("storescu", *with_tls(keys), "127.0.0.1", port, *slices(tmp_path, 3)).returncode == 0
    with station(keys, device_port, tmp_path / "back"):
        done = until_it_listens(device_port, lambda: move(keys, port))
    assert (done.Status, done.NumberOfCompletedSuboperations) == (0x0000, 3)
    came = [dcmread(file) for file in (tmp_path / "back").iterdir()]
    assert sorted(one.InstanceNumber for one in came) == [1, 2, 3]
    assert {one.PixelData for one in came} == {a_slice().PixelData}


def until_it_listens(port: int, act: Callable[[], Dataset]) -> Dataset:
    """Its socket is there before the first call."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except OSError:
            time.sleep(0.05)
        else:
            return act()
    raise AssertionError("the station never listened")


@pytest.mark.parametrize(("name", "ca", "why"), [
    ("stranger", "ca", "certificate verify failed"), ("device", "stranger", "alert")],
    ids=["the station is a stranger", "the station takes us for one"])
def test_a_station_with_a_wrong_certificate_gets_nothing_and_the_log_says_why(
    port: str, keys: Path, tmp_path: Path, device_port: int, caplog: pytest.LogCaptureFixture,
    *, name: str, ca: str, why: str,
) -> None:
    _made(keys, "stranger", "-addext", "basicConstraints=critical,CA:TRUE")
    assert tool("storescu", *with_tls(keys), "127.0.0.1", port, *slices(tmp_path, 1)).returncode == 0
    with station(keys, device_port, tmp_path / "back", name, ca), caplog.at_level("WARNING"):
        done = until_it_listens(device_port, lambda: move(keys, port))
    assert done.Status != 0x0000
    assert list((tmp_path / "back").iterdir()) == []
    told = [one.getMessage() for one in caplog.records if one.name == "benhan.server.dicom" and "TLS" in one.message]
    assert told
    assert why in told[0], told


def test_a_modality_hears_over_tls_that_its_images_are_safe(
    port: str, keys: Path, tmp_path: Path, device_port: int,
) -> None:
    assert tool("storescu", *with_tls(keys), "127.0.0.1", port, *slices(tmp_path, 1)).returncode == 0
    heard: list[Dataset] = []
    came = threading.Event()

    def report(event: evt.Event) -> tuple[int, None]:
        heard.append(event.event_information)
        came.set()
        return 0x0000, None

    greeting = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(keys / "ca.pem"))
    greeting.load_cert_chain(keys / "device.pem", keys / "device.key")
    greeting.verify_mode = ssl.CERT_REQUIRED
    device = AE("CT1")
    device.add_supported_context(StorageCommitmentPushModel, scu_role=False, scp_role=True)
    server = device.start_server(("127.0.0.1", device_port), block=False, ssl_context=greeting,
                                 evt_handlers=[(evt.EVT_N_EVENT_REPORT, report)])
    assert server is not None
    device.add_requested_context(StorageCommitmentPushModel)
    try:
        association = device.associate("127.0.0.1", int(port), ae_title="BENHAN", tls_args=(calling(keys), "127.0.0.1"),
                                       ext_neg=[build_role(StorageCommitmentPushModel, scu_role=True)])
        question, item = Dataset(), Dataset()
        item.ReferencedSOPClassUID = a_slice().SOPClassUID
        item.ReferencedSOPInstanceUID = uid("study", "series", 1)
        question.TransactionUID, question.ReferencedSOPSequence = uid("transaction"), [item]
        status, _ = association.send_n_action(question, 1, StorageCommitmentPushModel, "1.2.840.10008.1.20.1.1")
        association.release()
        assert status.Status == 0x0000
        assert came.wait(20)
    finally:
        server.shutdown()
    assert [one.ReferencedSOPInstanceUID for one in heard[0].ReferencedSOPSequence] == [item.ReferencedSOPInstanceUID]
