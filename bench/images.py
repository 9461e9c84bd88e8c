"""CT slices received and read: C-STORE, STOW-RS, QIDO-RS, frames by WADO-RS; beside Orthanc in the same run."""

from __future__ import annotations

import base64
import http.client
import os
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from urllib.parse import urlsplit

import httpx
import numpy as np
from sqlalchemy import text

from bench.house import DOCTOR, ROOT, House, first_line, free_port, house
from bench.measure import Figure, times_ms
from bench.pixels import slice_of
from server.store import base
from tests.sandbox.orthanc import AET, PASSWORD, USERNAME, Orthanc, orthanc
from tests.server.pictures import a_slice, as_file, uid

SLICES, BATCH, ASKED, PARALLEL = 500, 20, 300, 8
LINE_MB = 110.0
"""What a gigabit line carries."""


@dataclass(frozen=True)
class Place:
    """One of the two: where its DICOMweb is and how it is signed in to, where its DICOM service listens."""

    url: str
    headers: dict[str, str]
    trust: ssl.SSLContext | None
    aet: str
    dicom_port: int

    def connection(self) -> http.client.HTTPConnection:
        """A connection that is kept."""
        at = urlsplit(self.url)
        if self.trust is not None:
            return http.client.HTTPSConnection(at.hostname or "", at.port, context=self.trust)
        return http.client.HTTPConnection(at.hostname or "", at.port)

    def ask(self, line: http.client.HTTPConnection, path: str, **headers: str) -> bytes:
        """The body of the answer to a GET."""
        line.request("GET", urlsplit(self.url).path + path, headers={**self.headers, **headers})
        answer = line.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise AssertionError(f"{answer.status} {path}: {body[:200]!r}")
        return body


def run() -> list[Figure]:
    """Rates of receiving, medians of reading, rates of reading in parallel."""
    with house() as ours, tempfile.TemporaryDirectory() as scratch, _dicom(ours) as port, \
            orthanc(Path(scratch) / "orthanc") as peer:
        return _measured(_ours(ours, port), _peer(peer), Path(scratch), _patient(ours))


def _measured(ours: Place, peer: Place, scratch: Path, patient_no: str) -> list[Figure]:
    sides = ours, peer
    return [*_stored(sides, scratch, patient_no), _stowed(sides, patient_no), *_read(sides, patient_no)]


def _stored(sides: tuple[Place, Place], scratch: Path, patient_no: str) -> Iterator[Figure]:
    rates = []
    for number, side in enumerate(sides):
        folder = scratch / f"slices{number}"
        folder.mkdir()
        size = 0
        for index, file in enumerate(_slices(SLICES, patient_no, token_hex(8)), 1):
            size += (folder / f"{index:04}.dcm").write_bytes(file)
        start = time.perf_counter()
        subprocess.run(["storescu", "-aet", "STORESCU", "-aec", side.aet, "127.0.0.1", str(side.dicom_port), "+sd",
                        str(folder)], check=True, env={**os.environ, "TCP_NODELAY": "1"}, stderr=subprocess.DEVNULL)
        took = time.perf_counter() - start
        rates.append((SLICES / took, size / took / 1e6))
    (ours, ours_mb), (theirs, _) = rates
    yield Figure(f"C-STORE of {SLICES} CT slices by storescu, each on the disk when acknowledged", ours, theirs,
                 "images/s", "Orthanc", "at least 0.4 times", ours >= 0.4 * theirs)
    yield Figure("the same in bytes", ours_mb, LINE_MB, "MB/s", "a gigabit line", "told", None)


def _stowed(sides: tuple[Place, Place], patient_no: str) -> Figure:
    rates = []
    for side in sides:
        messages = [_message(batch) for batch in _batches(list(_slices(SLICES // 2, patient_no, token_hex(8))))]
        line = side.connection()
        start = time.perf_counter()
        for message in messages:
            line.request("POST", urlsplit(side.url).path + "/studies", message, {
                **side.headers, "Accept": "application/dicom+json",
                "Content-Type": 'multipart/related; type="application/dicom"; boundary=bench'})
            answer = line.getresponse()
            answer.read()
            assert answer.status == 200, answer.status
        rates.append(SLICES // 2 / (time.perf_counter() - start))
    return Figure(f"STOW-RS, {BATCH} slices a message", rates[0], rates[1], "images/s", "Orthanc, without TLS",
                  "at least the same", rates[0] >= rates[1])


def _read(sides: tuple[Place, Place], patient_no: str) -> Iterator[Figure]:
    words = token_hex(8)
    files = list(_slices(BATCH, patient_no, words))
    for side in sides:
        line = side.connection()
        line.request("POST", urlsplit(side.url).path + "/studies", _message(files), {
            **side.headers, "Content-Type": 'multipart/related; type="application/dicom"; boundary=bench'})
        line.getresponse().read()
    study, series = uid(words), uid(words, "series")
    frame = f"/studies/{study}/series/{series}/instances/{{}}/frames/1"
    accept = 'multipart/related; type="application/octet-stream"'
    kinds = (("QIDO-RS, a patient's studies", lambda _: f"/studies?PatientID={patient_no}&limit=20",
              "application/dicom+json"),
             ("WADO-RS, one frame", lambda index: frame.format(uid(words, "series", index % BATCH + 1)), accept))
    for name, path, wanted in kinds:
        (ours, rate), (theirs, their_rate) = (_times(side, path, wanted) for side in sides)
        yield Figure(f"{name}, p50 of {ASKED}, with sign-in and audit", ours, theirs, "ms", "Orthanc, without TLS",
                     "at most 10 ms", ours <= 10)
        yield Figure(f"{name}, {PARALLEL} in parallel", rate, their_rate, "requests/s", "Orthanc, without TLS",
                     "at least 0.7 times", rate >= 0.7 * their_rate)


def _times(side: Place, path: Callable[[int], str], accept: str) -> tuple[float, float]:
    """Median in milliseconds of one that asks alone; requests a second of several together."""
    line = side.connection()
    numbers = iter(range(10_000))
    alone = times_ms(lambda: side.ask(line, path(next(numbers)), Accept=accept), ASKED)

    def many(start: int) -> None:
        own = side.connection()
        for index in range(ASKED // 2):
            side.ask(own, path(start + index), Accept=accept)

    with ThreadPoolExecutor(PARALLEL) as people:
        begin = time.perf_counter()
        list(people.map(many, range(PARALLEL)))
        took = time.perf_counter() - begin
    return statistics.median(alone), PARALLEL * (ASKED // 2) / took


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


def _patient(place: House) -> str:
    encounter = place.encounter()
    with base.single(place.engine) as db:
        number: str = db.execute(text("SELECT patient_no FROM patients JOIN encounters ON patients.id = patient "
                                      "WHERE encounters.id = :id"), {"id": encounter}).scalar_one()
    return number


def _ours(place: House, port: int) -> Place:
    trust = ssl.create_default_context(cafile=str(place.home.ca))
    answer = httpx.post(f"{place.url}/api/sessions", verify=trust, trust_env=False, json={
        "username": DOCTOR, "password": place.login(DOCTOR)["password"], "workstation": "bench"})
    return Place(f"{place.url}/dicomweb", {"Authorization": f"Bearer {answer.json()['token']}"}, trust, "BENHAN", port)


def _peer(peer: Orthanc) -> Place:
    login = base64.b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode()
    return Place(peer.url, {"Authorization": f"Basic {login}"}, None, AET, peer.dicom_port)
