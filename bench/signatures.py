"""Our own work on signatures: making one (all but the token), judging twenty in one file, checking a thousand files."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from bench.measure import Figure
from records import forms, signing_pdf
from records.checking import check_one
from records.entries import Version
from records.forms import Role, SignatureSlot
from records.pades import judge
from records.render import render_entry, slot_field
from records.signatures import mark_for
from tests.forgeries import people
from tests.records.render import pages

SIGNATURES, FILES = 20, 1000
FEW, ROUNDS = 200, 3
LIMIT_MS = 50.0


def run() -> list[Figure]:
    """The figures."""
    return [_own_work(), _twenty(), *_thousand()]


def _signed(version: Version, slot: str, pdf: bytes, after: int = 0) -> tuple[bytes, float]:
    """The file with the doctor's signature in the slot, and the seconds that the key took."""
    who, spent = people.identity(people.doctor()), 0.0
    mark = mark_for(version, slot, full_name=who.full_name, title=people.TITLE,
                    signed_at=people.SIGNED + timedelta(seconds=after), certificate_serial=who.serial,
                    certificate_issuer=who.issuer)
    prepared = signing_pdf.prepare(pdf, slot_field(slot), mark, who)
    start = time.perf_counter()
    value = people.raw_signature(people.doctor(), prepared.to_sign)
    spent = time.perf_counter() - start
    return signing_pdf.complete(prepared, value), spent


def _own_work() -> Figure:
    """From the version to the signed file, without the key's own time."""
    version, own = people.row(), []
    for _ in range(60):
        start = time.perf_counter()
        _, key = _signed(version, "doctor", render_entry(version))
        own.append((time.perf_counter() - start - key) * 1000)
    ours = statistics.median(own[5:])
    return Figure("own work per signature (drawn, marked, embedded; all but the token), median", ours, LIMIT_MS, "ms",
                  "limit", "under 50 ms", ours < LIMIT_MS)


@contextmanager
def _form_of_twenty() -> Iterator[str]:
    """A form that no ministry has: the treatment row with twenty slots in a row."""
    real = forms.all_forms()
    row = next(form for form in real if form.code == "36/BV2")
    kind = row.kind("row")
    slots = tuple(SignatureSlot(key=f"s{number:02}", label=f"Người ký {number}", roles=(Role.DOCTOR,),
                                after=(f"s{number - 1:02}",) if number else ()) for number in range(SIGNATURES))
    form = row.model_copy(update={"code": "BENCH", "kinds": (kind.model_copy(update={"slots": slots}),)})
    before, forms.all_forms = forms.all_forms, lambda: (*real, form)  # type: ignore[assignment]  # for this bench only
    forms._by_edition.cache_clear()
    try:
        yield form.code
    finally:
        forms.all_forms = before
        forms._by_edition.cache_clear()


def _twenty() -> Figure:
    one = people.row()
    single, _ = _signed(one, "doctor", render_entry(one))
    at = people.NOW + timedelta(minutes=5)
    judged = statistics.median(_processor_ms(lambda: judge(single, people.trust(), at), 20))
    with _form_of_twenty() as code:
        version = pages.version(form={"code": code, "edition": one.form.edition, "kind": "row"})
        file = render_entry(version)
        for number in range(SIGNATURES):
            file, _ = _signed(version, f"s{number:02}", file, number)
        verdict = judge(file, people.trust(), at)
        if not verdict.good or len(verdict.signatures) != SIGNATURES:
            raise AssertionError([reason.english for reason in verdict.reasons])
        ours = statistics.median(_processor_ms(lambda: judge(file, people.trust(), at), 8))
    limit = 22 * judged
    return Figure(f"a file with {SIGNATURES} signatures judged, median of the processor's time", ours, limit, "ms",
                  "22 times one signature and one rendering", "at most that", ours <= limit)


def _processor_ms(work: Callable[[], object], count: int) -> list[float]:
    """Milliseconds of the processor a run: what else runs on the machine does not count."""
    work()
    spent = []
    for _ in range(count):
        start = time.process_time()
        work()
        spent.append((time.process_time() - start) * 1000)
    return spent


def _thousand() -> list[Figure]:
    one = people.row()
    signed = [_signed(one, "doctor", render_entry(one), number % 40)[0] for number in range(40)]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        trust = place / "trust"
        trust.mkdir()
        for number, der in enumerate((*people.trust().roots, *people.trust().intermediates)):
            pem = x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM)
            (trust / f"{number}.pem").write_bytes(pem)
        files = []
        for number in range(FILES):
            files.append(place / f"{number:04}.pdf")
            files[-1].write_bytes(signed[number % len(signed)])
        # In turn: what else runs on the machine slows both alike, and the quietest round counts.
        rounds = [(_alone(files[:FEW]), *_whole(trust, files)) for _ in range(ROUNDS)]
        alone = FEW / min(one for one, _, _ in rounds)
        together = FILES / min(clock for _, clock, _ in rounds)
        busy = max(worked / clock for _, clock, worked in rounds)
    cores = os.cpu_count() or 1
    return [Figure(f"check of {FILES} files: cores at work, from the command's start to its end", busy, cores, "cores",
                   "all of this machine", "at least 0.8 of them", busy >= 0.8 * cores),
            Figure(f"check of {FILES} files, the whole command", together, alone, "files/s",
                   "one process, already started", "none", None)]


def _alone(files: list[Path]) -> float:
    """Seconds on the clock of one process that has started already."""
    check_one("a", files[0].read_bytes(), people.trust(), people.NOW)
    start = time.perf_counter()
    for file in files:
        check_one(file.name, file.read_bytes(), people.trust(), people.NOW)
    return time.perf_counter() - start


def _whole(trust: Path, files: list[Path]) -> tuple[float, float]:
    """Seconds on the clock of the whole command, its start among them, and seconds that processors worked for it."""
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, "-m", "server.cli", "check", "--trust", str(trust), *map(str, files)],
                          stdout=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise AssertionError("a good file was refused")
    clock, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return clock, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
