"""`benhan-server check` (signed files, with no server and no database) and `verify` (the whole store)."""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from records import checking, pades
from records.checking import Checked
from records.errors import Reason, Refusal
from records.pades import Trust
from records.receipts import PublicKey, key_id, keys_from_pem
from server.services.hospital import Hospital
from server.settings import Settings
from server.store import base, chain, walk

ALONE = 25
"""Files that one process checks while another would still be starting."""
INSTALLED_TRUST = Path("/etc/benhan/trust")
DEMO_TRUST = Path("demo-home/trust")
"""Of the demo in the folder where the command is given: authorities for training only."""


def check(files: Sequence[Path], *, trust: Path | None, as_json: bool) -> int:
    """Check every file, many at once on all processors; 0 when all are good, 1 when one is not."""
    folder, pems = _trusted(trust)
    results = _checked(files, pems)
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


def _checked(files: Sequence[Path], pems: Sequence[bytes]) -> Sequence[Checked]:
    """Each file's result, in the order given."""
    workers = min(os.cpu_count() or 1, len(files) // ALONE)
    now = datetime.now(UTC)
    if workers < 2:
        one = _Checker(pems, now)
        return [one.check(file) for file in files]
    # Started afresh, not forked: a parser's locks and caches are not inherited half-way.
    with ProcessPoolExecutor(workers, get_context("spawn"), _begin, (tuple(pems), now)) as pool:
        return list(pool.map(_check_there, files, chunksize=10))


class _Checker:
    """What all files are checked against."""

    def __init__(self, pems: Sequence[bytes], now: datetime) -> None:
        self._trust = Trust.from_pem(*(pem for pem in pems if b"BEGIN CERTIFICATE" in pem))
        self._keys, self._now = keys_from_pem(pems), now

    def check(self, file: Path) -> Checked:
        """One file, with the receipt beside it when there is one."""
        beside = file.with_name(file.name + checking.RECEIPT_SUFFIX)
        receipt = _read(beside) if beside.exists() else None
        return checking.check_one(str(file), _read(file), self._trust, self._now, receipt, keys=self._keys)


_there: list[_Checker] = []
"""In a worker process: its checker."""


def _begin(pems: Sequence[bytes], now: datetime) -> None:
    _there[:] = [_Checker(pems, now)]
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
        pems = _pems(place)
        if any(b"BEGIN CERTIFICATE" in pem for pem in pems):
            return place, pems
    raise Refusal.because("trust_empty", " or ".join(map(str, places)))


def _pems(folder: Path) -> list[bytes]:
    return [_read(file) for file in sorted(folder.glob("*.pem"))]


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Refusal.because("file_not_readable", str(file), detail=error.strerror or str(error)) from error


def verify(settings: Settings, *, anchor: Path | None, as_json: bool) -> int:
    """Walk the whole store; 0 when every version, file, signature, receipt and seal tells one story."""
    hospital = Hospital.open(settings)
    try:
        keys = {key_id(hospital.server_key.public): hospital.server_key.public,
                **keys_from_pem(_pems(settings.path(settings.trust)))}
        anchored = chain.Anchored.read(anchor or settings.path(settings.anchor))
        with base.snapshot(hospital.engine) as db:
            walks = [
                walk.versions(db, hospital.keys), walk.files(db, hospital.keys, hospital.blobs, _judge(hospital)),
                walk.signed(db, keys), walk.receipted(db, keys), walk.states(db),
                walk.shown(db, hospital.keys),
                _audit(db, keys, anchored),
            ]
    finally:
        hospital.close()
    if as_json:
        print(json.dumps([_told(each) for each in walks], ensure_ascii=False, indent=1))
    else:
        for each in walks:
            print(*_lines(each), sep="\n")
    return 1 if any(each.broken for each in walks) else 0


def _judge(hospital: Hospital) -> walk.Judge:
    """An accepted file, judged anew: still good but for what time has taken (a certificate that has ended since)."""
    # A file was accepted under the list of its day: an authority that was taken off since does not undo it.
    trust = hospital.trust_list.ever

    def judge(data: bytes) -> tuple[Reason, ...]:
        verdict = pades.judge(data, trust, datetime.now(UTC))
        return () if verdict.good else verdict.reasons

    return judge


def _audit(db: Connection, keys: Mapping[str, PublicKey], anchor: chain.Anchored) -> walk.Walked:
    found = chain.walk(db, keys, anchor)
    return walk.Walked("audit", found.seals, found.unsealed, found.breaks)


def _told(each: walk.Walked) -> dict[str, Any]:
    """For `--json`; of each kind the first broken thing stands first."""
    return {"kind": each.kind, "looked_at": each.looked_at, "closed": each.closed, "good": not each.broken,
            "broken": [reason.as_json() for reason in each.broken]}


def _lines(each: walk.Walked) -> tuple[str, ...]:
    if not each.broken:
        return (f"OK      {each.kind}: {each.looked_at}",)
    first = each.broken[0]
    more = f" (and {len(each.broken) - 1} more)" if len(each.broken) > 1 else ""
    return (f"BROKEN  {each.kind}: {first.code} at {first.where or '-'}: {first.english}{more}",)
