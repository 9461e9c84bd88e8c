"""CT slices received and read: C-STORE, STOW-RS, QIDO-RS, frames by WADO-RS; beside Orthanc in the same run."""

from __future__ import annotations

import base64
import http.client
import itertools
import os
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from secrets import token_hex
from urllib.parse import urlsplit

import httpx
import numpy as np
from sqlalchemy import text

from bench import asking
from bench.asking import Place
from bench.house import DOCTOR, ROOT, House, NotServing, first_line, free_port, house
from bench.measure import Figure, times_ms
from bench.pixels import slice_of
from server.store import base
from tests.sandbox.orthanc import AET, PASSWORD, USERNAME, Orthanc, orthanc
from tests.server.pictures import a_slice, as_file, uid

SLICES, BATCH, ASKED, PARALLEL, ROUNDS = 500, 20, 300, 8, 3
LINE_MB = 110.0
"""What a gigabit line carries."""


def run() -> list[Figure]:
    """Rates of receiving, medians of reading, rates of reading in parallel."""
    with house() as ours, tempfile.TemporaryDirectory() as scratch, _dicom(ours) as port, _plain(ours) as plain, \
            orthanc(Path(scratch) / "orthanc") as peer:
        served = _ours(ours, port)
        sides = Sides(replace(served, url=plain, ca=None), served, _peer(peer))
        return [*_stored(sides, Path(scratch), _patient(ours)), *_stowed(sides, _patient(ours)),
                *_read(sides, _patient(ours))]


@dataclass(frozen=True)
class Sides:
    """Who is measured. Orthanc as Debian builds it cannot speak TLS, so ours is served without it too."""

    plain: Place
    served: Place
    """As it is served in a hospital: over TLS."""
    peer: Place

    def compared(self, name: str, unit: str, least: float, measure: Callable[[Place], float]) -> Iterator[Figure]:
        """Two lines: like with like, on which something is demanded; and ours as it is served beside the peer."""
        plain, served, peer = _in_turn((self.plain, self.served, self.peer), measure)
        demand = f"at least {least:g} times" if least != 1 else "at least the same"
        yield Figure(f"{name}, both over plain HTTP", plain, peer, unit, "Orthanc", demand, plain >= least * peer)
        yield Figure(f"{name}, ours over TLS, Orthanc not", served, peer, unit, "Orthanc without TLS", "told", None)


def _in_turn(places: Sequence[Place], measure: Callable[[Place], float]) -> list[float]:
    """The median of each over some rounds; another one begins each time, so that none has the machine's worst moment.
    """
    told: list[list[float]] = [[] for _ in places]
    for number in range(ROUNDS):
        for step in range(len(places)):
            index = (number + step) % len(places)
            # What the one before left in memory for the disk (Orthanc does not wait for it) is not paid by the next.
            os.sync()
            told[index].append(measure(places[index]))
    return [statistics.median(one) for one in told]


def _stored(sides: Sides, scratch: Path, patient_no: str) -> Iterator[Figure]:
    size = len(next(_slices(1, patient_no, token_hex(8))))

    def stored(place: Place) -> float:
        with tempfile.TemporaryDirectory(dir=scratch) as folder:
            for index, file in enumerate(_slices(SLICES, patient_no, token_hex(8)), 1):
                (Path(folder) / f"{index:04}.dcm").write_bytes(file)
            os.sync()
            start = time.perf_counter()
            subprocess.run(["storescu", "-aet", "STORESCU", "-aec", place.aet, "127.0.0.1", str(place.dicom_port),
                            "+sd", folder], check=True, env={**os.environ, "TCP_NODELAY": "1"},
                           stderr=subprocess.DEVNULL)
            return SLICES / (time.perf_counter() - start)

    ours, theirs = _in_turn((sides.served, sides.peer), stored)
    yield Figure(f"C-STORE of {SLICES} CT slices by storescu, each on the disk when acknowledged", ours, theirs,
                 "images/s", "Orthanc", "at least 0.4 times", ours >= 0.4 * theirs)
    yield Figure("the same in bytes", ours * size / 1e6, LINE_MB, "MB/s", "a gigabit line", "told", None)


def _stowed(sides: Sides, patient_no: str) -> Iterator[Figure]:
    def stowed(place: Place) -> float:
        messages = [_message(batch) for batch in _batches(list(_slices(SLICES // 2, patient_no, token_hex(8))))]
        line = place.connection()
        start = time.perf_counter()
        for message in messages:
            _post(place, line, message)
        return SLICES // 2 / (time.perf_counter() - start)

    yield from sides.compared(f"STOW-RS, {BATCH} slices a message", "images/s", 1, stowed)


def _post(place: Place, line: http.client.HTTPConnection, message: bytes) -> None:
    line.request("POST", urlsplit(place.url).path + "/studies", message, {
        **place.headers, "Accept": "application/dicom+json",
        "Content-Type": 'multipart/related; type="application/dicom"; boundary=bench'})
    answer = line.getresponse()
    answer.read()
    if answer.status != 200:
        raise AssertionError(answer.status)


def _read(sides: Sides, patient_no: str) -> Iterator[Figure]:
    words = token_hex(8)
    files = list(_slices(BATCH, patient_no, words))
    for place in (sides.served, sides.peer):
        _post(place, place.connection(), _message(files))
    study, series = uid(words), uid(words, "series")
    frames = [f"/studies/{study}/series/{series}/instances/{uid(words, 'series', index)}/frames/1"
              for index in range(1, BATCH + 1)]
    kinds = (("QIDO-RS, a patient's studies", [f"/studies?PatientID={patient_no}&limit=20"], "application/dicom+json"),
             ("WADO-RS, one frame", frames, 'multipart/related; type="application/octet-stream"'))
    for name, paths, accept in kinds:
        def alone(place: Place, paths: Sequence[str] = paths, accept: str = accept) -> float:
            line, turn = place.connection(), itertools.cycle(paths)
            return statistics.median(times_ms(lambda: place.ask(line, next(turn), Accept=accept), ASKED // ROUNDS))

        def together(place: Place, paths: Sequence[str] = paths, accept: str = accept) -> float:
            return asking.rate(place, paths, accept, people=PARALLEL, each=ASKED // 2)

        ours, theirs = _in_turn((sides.served, sides.peer), alone)
        yield Figure(f"{name}, p50 of {ASKED}, over TLS with sign-in and audit", ours, theirs, "ms",
                     "Orthanc without TLS", "at most 10 ms", ours <= 10)
        yield from sides.compared(f"{name}, {PARALLEL} processes in parallel", "requests/s", 0.7, together)


def _slices(count: int, patient_no: str, words: str) -> Iterator[bytes]:
    body = slice_of(512)
    for number in range(1, count + 1):
        yield as_file(a_slice(words, "series", number, Rows=512, Columns=512, BitsStored=16, HighBit=15,
                              PatientID=patient_no, PatientName="NGUYEN^THI DO", PatientBirthDate="19580302",
                              PatientSex="F", PixelData=np.roll(body, number, axis=0).tobytes()))


def _batches(files: list[bytes]) -> Iterator[list[bytes]]:
    for start in range(0, len(files), BATCH):
        yield files[start:start + BATCH]


def _message(files: list[bytes]) -> bytes:
    parts = (b"--bench\r\nContent-Type: application/dicom\r\n\r\n" + file + b"\r\n" for file in files)
    return b"".join(parts) + b"--bench--\r\n"


@contextmanager
def _dicom(place: House) -> Iterator[int]:
    """The DICOM service of the hospital, on a port of its own; the port."""
    with subprocess.Popen([sys.executable, "-m", "server.cli", "dicom", "--config", place.home.server_settings,
                           "--port", str(free_port())], cwd=ROOT, stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": str(ROOT)}) as process:
        try:
            yield int(first_line(process).rsplit(":", 1)[1])
        finally:
            process.terminate()


@contextmanager
def _plain(place: House) -> Iterator[str]:
    """The hospital once more, without TLS; its DICOMweb's root."""
    port = free_port()
    with subprocess.Popen([sys.executable, "-m", "bench.plain_http", place.home.server_settings, str(port)], cwd=ROOT,
                          stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}) as process:
        try:
            if not first_line(process, "READY"):
                raise NotServing("the server without TLS never said READY")
            yield f"http://127.0.0.1:{port}/dicomweb"
        finally:
            process.terminate()


def _patient(place: House) -> str:
    encounter = place.encounter()
    with base.single(place.engine) as db:
        number: str = db.execute(text("SELECT patient_no FROM patients JOIN encounters ON patients.id = patient "
                                      "WHERE encounters.id = :id"), {"id": encounter}).scalar_one()
    return number


def _ours(place: House, port: int) -> Place:
    answer = httpx.post(f"{place.url}/api/sessions", verify=ssl.create_default_context(cafile=str(place.home.ca)),
                        trust_env=False, json={"username": DOCTOR, "password": place.login(DOCTOR)["password"],
                                               "workstation": "bench"})
    return Place(f"{place.url}/dicomweb", {"Authorization": f"Bearer {answer.json()['token']}"}, place.home.ca,
                 "BENHAN", port)


def _peer(peer: Orthanc) -> Place:
    login = base64.b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode()
    return Place(peer.url, {"Authorization": f"Basic {login}"}, None, AET, peer.dicom_port)
