"""Hostile and broken programs on the network: each costs little, for a short time, and devices are served meanwhile."""

from __future__ import annotations

import random
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress

import psutil
import pytest
from pydicom.uid import CTImageStorage, ImplicitVRLittleEndian
from pynetdicom import AE
from pynetdicom.association import Association
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined] # made at import

from server.dicom import door
from server.dicom.door import PDU
from server.dicom.listener import Listener
from server.dicom.settings import DicomSettings, May, Peer
from server.services.hospital import Hospital

PRIVATE = "1.2.826.0.1.3680043.10.1551.99.1"
ASSOCIATIONS = 12
THEIRS = "127.0.0.2"
"""Attackers call from here, devices from 127.0.0.1."""
PATIENCE_S = 60.0
MIB = 1 << 20


@pytest.fixture
def listener(hospital: Hospital, monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    monkeypatch.setattr(door, "SILENCE_S", 1.0)
    made = Listener(hospital, DicomSettings(host="127.0.0.1", port=0, associations=ASSOCIATIONS, memory_mb=64, peers=(
        Peer(aet="CT1", host="127.0.0.1", may=frozenset(May)),)))
    yield made
    made.stop()


@pytest.fixture
def port(listener: Listener) -> int:
    return listener.start()


def until(what: str, so: Callable[[], bool]) -> None:
    ends = time.monotonic() + PATIENCE_S
    while not so():
        assert time.monotonic() < ends, what
        time.sleep(0.05)


def answers(port: int) -> bool:
    """Whether a device that calls now is heard."""
    device = AE("CT1")
    device.add_requested_context(Verification)
    line = device.associate("127.0.0.1", port, ae_title="BENHAN")
    if not line.is_established:
        return False
    heard = bool(line.send_c_echo().get("Status") == 0x0000)
    line.release()
    return heard


def item(kind: int, value: bytes) -> bytes:
    return struct.pack(">BBH", kind, 0, len(value)) + value


def request(calling: str = "CT1") -> bytes:
    """A whole A-ASSOCIATE-RQ for C-ECHO (PS3.8 9.3.2)."""
    context = struct.pack(">BBBB", 1, 0, 0, 0) + item(0x30, b"1.2.840.10008.1.1") + item(0x40, b"1.2.840.10008.1.2")
    user = item(0x51, struct.pack(">L", 16384)) + item(0x52, b"1.2.3")
    body = struct.pack(">HH16s16s32x", 1, 0, b"BENHAN".ljust(16), calling.encode().ljust(16)) + item(
        0x10, b"1.2.840.10008.3.1.1.1") + item(0x20, context) + item(0x50, user)
    return struct.pack(">BBL", 1, 0, len(body)) + body


def part(value: bytes) -> bytes:
    """A P-DATA-TF with a part of a command that goes on."""
    value = struct.pack(">LBB", len(value) + 2, 1, 0x01) + value
    return struct.pack(">BBL", 4, 0, len(value)) + value


def attacked(port: int, kind: int, chance: random.Random) -> socket.socket:
    """One connection that does something wrong, and stays open."""
    line = socket.create_connection(("127.0.0.1", port), source_address=(THEIRS, 0), timeout=10)
    whole = request()
    sent = (
        b"", whole[:chance.randrange(1, len(whole))], chance.randbytes(chance.randrange(1, 4000)),
        struct.pack(">BBL", 1, 0, 0xFFFFFFFF) + chance.randbytes(2000), whole, whole + part(b"x" * 4000)[:900],
        whole + struct.pack(">BBL", 4, 0, PDU + 2000) + b"\0" * 500, whole + chance.randbytes(500),
        request("STRANGER"), whole + part(b"\0" * 300),
    )[kind % 10]
    with suppress(OSError):  # hung up on already
        line.sendall(sent)
    return line


def ours() -> int:
    """Threads of associations that we hold as their acceptor."""
    return sum(isinstance(one, Association) and one.is_acceptor for one in threading.enumerate())


# pynetdicom's thread of a connection ends with an error when a PDU comes in the wrong state; the connection is closed.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("count", [60, pytest.param(900, marks=pytest.mark.soak)])  # select knows 1,024 files a process
def test_devices_are_served_while_others_attack(listener: Listener, port: int, count: int) -> None:
    chance, before = random.Random(20261126), psutil.Process().memory_info().rss
    with ExitStack() as open_:
        for number in range(count):
            open_.enter_context(attacked(port, number, chance))
            if number % 20 == 19:
                assert answers(port), number
                assert ours() <= ASSOCIATIONS + ASSOCIATIONS // 4 + 1
        assert answers(port)
    until("every connection is over", lambda: ours() == 0)
    assert listener.budget.take(64 * MIB), "nothing is held any more"
    listener.budget.give(64 * MIB)
    assert psutil.Process().memory_info().rss - before < 150 * MIB
    assert answers(port)


def test_200_idle_associations_of_one_address_keep_nobody_else_away(port: int) -> None:
    with ExitStack() as open_:
        for _ in range(200):
            line = open_.enter_context(socket.create_connection(("127.0.0.1", port), source_address=(THEIRS, 0)))
            with suppress(OSError):
                line.sendall(request())
        assert answers(port)
        assert ours() <= ASSOCIATIONS


@pytest.mark.parametrize("start", [b"", request()[:50], request() + part(b"x" * 100)[:40]],
                         ids=["nothing", "half an association", "half a PDU"])
def test_who_stops_in_the_middle_is_hung_up_on(port: int, start: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as line:
        line.sendall(start)
        while line.recv(4096):
            pass  # what is said before it ends
    until("its thread is gone", lambda: ours() == 0)


def test_who_sends_a_byte_now_and_then_is_hung_up_on(port: int) -> None:
    """A PDU has its time by its length, however often a byte of it comes."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as line, suppress(OSError):
        until("it is cut", lambda: not line.send(b"\x01") or ours() == 0)
    until("its thread is gone", lambda: ours() == 0)


@pytest.mark.parametrize("piece", [8000, PDU - 6], ids=["small parts", "large parts"])
def test_a_message_that_never_ends_is_cut_off_and_leaves_nothing(
    listener: Listener, port: int, piece: int, caplog: pytest.LogCaptureFixture,
) -> None:
    """What still comes while the device hears of it is read past, as PS3.8 has it (AA-6), and kept nowhere."""
    whole = part(b"\0" * piece)
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as line:
        line.sendall(request())
        assert line.recv(1) == b"\x02"
        line.settimeout(PATIENCE_S)
        with suppress(OSError):
            for _ in range(0, 200 * MIB, len(whole) * 64):
                line.sendall(whole * 64)
        until("it is cut off", lambda: any("more than is held at once" in one.message for one in caplog.records))
    until("its thread is gone", lambda: ours() == 0)
    assert listener.budget.take(64 * MIB)


def test_a_private_class_is_refused_by_name_and_the_others_of_the_association_go_on(
    port: int, caplog: pytest.LogCaptureFixture,
) -> None:
    device = AE("CT1")
    for kind in (PRIVATE, str(CTImageStorage), str(Verification)):
        device.add_requested_context(kind, ImplicitVRLittleEndian)
    line = device.associate("127.0.0.1", port, ae_title="BENHAN")
    try:
        assert [(one.abstract_syntax, one.result) for one in line.rejected_contexts] == [(PRIVATE, 0x03)]
        assert {one.abstract_syntax for one in line.accepted_contexts} == {CTImageStorage, Verification}
        assert line.send_c_echo().Status == 0x0000
    finally:
        line.release()
    assert [record.message for record in caplog.records if PRIVATE in record.message] == [
        f"The device CT1 offers what is not taken here: {PRIVATE}"]
