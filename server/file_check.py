"""`benhan-server check`: signed files, judged with no server and no database, on all processors when they are many."""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

from records import checking
from records.checking import Checked
from records.errors import Refusal
from records.receipts import keys_from_pem
from records.trust import Trust

ALONE = 25
"""Files that one process checks while another would still be starting."""
AT_ONCE = 4
"""Files that a worker takes at a time: few, so that none is still busy when the others are done."""
INSTALLED_TRUST = Path("/etc/benhan/trust")
DEMO_TRUST = Path("demo-home/trust")
"""Of the demo in the folder where the command is given: authorities for training only."""


def check(files: Sequence[Path], *, trust: Path | None, as_json: bool) -> int:
    """Check every file, many at once on all processors; 0 when all are good, 1 when one is not."""
    folder, given = _trusted(trust)
    results = _checked(files, given)
    if as_json:
        json.dump([result.as_json() for result in results], sys.stdout, ensure_ascii=False, indent=1)
        print()
    else:
        for result in results:
            print(*result.lines(), sep="\n")
    if folder == DEMO_TRUST:
        print(f"TẬP HUẤN  chữ ký được kiểm tra theo chứng thư gốc tập huấn trong {folder}, không có giá trị pháp lý",
              file=sys.stderr if as_json else sys.stdout)
    return 0 if all(result.good for result in results) else 1


def _checked(files: Sequence[Path], given: Sequence[bytes]) -> Sequence[Checked]:
    """Each file's result, in the order given."""
    workers, now = min(os.cpu_count() or 1, len(files) // ALONE), datetime.now(UTC)
    if workers < 2:
        one = _Checker(given, now)
        return [one.check(file) for file in files]
    if not _one_thread():
        pool = ProcessPoolExecutor(workers, get_context("spawn"), _begin, (tuple(given), now))
        return _by(pool, files)
    _begin(given, now)
    first = _check_there(files[0])  # fonts and forms are read now, so that the forked workers have them
    gc.freeze()
    return [first, *_by(ProcessPoolExecutor(workers, get_context("fork")), files[1:])]


def _by(pool: ProcessPoolExecutor, files: Sequence[Path]) -> Sequence[Checked]:
    with pool:
        return list(pool.map(_check_there, files, chunksize=AT_ONCE))


def _one_thread() -> bool:
    """Whether this process may be forked: no thread holds a lock that its copy would wait for in vain.

    Threads of libraries count too, so the system is asked. A worker that starts afresh costs a second of its processor
    for imports, after the second that this process took: over 1,000 files that was a third of the gain.
    """
    try:
        return sum(1 for _ in Path("/proc/self/task").iterdir()) == 1
    except OSError:  # no Linux: Windows cannot fork at all
        return False


class _Checker:
    """What all files are checked against."""

    def __init__(self, given: Sequence[bytes], now: datetime) -> None:
        self._trust = Trust.from_pem(*(pem for pem in given if b"BEGIN CERTIFICATE" in pem))
        self._keys, self._now = keys_from_pem(given), now

    def check(self, file: Path) -> Checked:
        """One file, with the receipt beside it when there is one."""
        beside = file.with_name(file.name + checking.RECEIPT_SUFFIX)
        receipt = _read(beside) if beside.exists() else None
        return checking.check_one(str(file), _read(file), self._trust, self._now, receipt, keys=self._keys)


_there: list[_Checker] = []
"""This process's checker; a forked worker has its parent's."""


def _begin(given: Sequence[bytes], now: datetime) -> None:
    _there[:] = [_Checker(given, now)]
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)  # a fifth of the time of judging, as `server.serving` measured


def _check_there(file: Path) -> Checked:
    found = _there[0].check(file)
    # What the file says stays where it was judged: sent along, it would cost as much as judging.
    return replace(found, verdict=replace(found.verdict, version=None))


def _trusted(named: Path | None) -> tuple[Path, list[bytes]]:
    """The folder to trust with its PEM files: the one that is named, else the first usual one that holds a CA."""
    given = os.environ.get("BENHAN_TRUST")
    places = (named,) if named else (Path(given),) if given else (INSTALLED_TRUST, DEMO_TRUST)
    for place in places:
        found = pems(place)
        if any(b"BEGIN CERTIFICATE" in pem for pem in found):
            return place, found
    raise Refusal.because("trust_empty", " or ".join(map(str, places)))


def pems(folder: Path) -> list[bytes]:
    """The PEM files of a folder."""
    return [_read(file) for file in sorted(folder.glob("*.pem"))]


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Refusal.because("file_not_readable", str(file), detail=error.strerror or str(error)) from error
