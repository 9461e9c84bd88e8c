"""`benhan-server check`: signed files, with no server and no database."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from records import checking
from records.errors import Refusal
from records.pades import Trust
from records.receipts import PublicKey, key_id

_USUAL_TRUST = Path("trust")


def check(files: Sequence[Path], *, trust: Path | None, as_json: bool) -> int:
    """Check every file; 0 when all are good, 1 when one is not."""
    pems = _pems(trust or _USUAL_TRUST)
    roots = Trust.from_pem(*(pem for pem in pems if b"BEGIN CERTIFICATE" in pem))
    if not roots.roots:
        raise Refusal.because("trust_empty", str(trust or _USUAL_TRUST))
    keys = dict(_server_keys(pems))
    now = datetime.now(UTC)
    results = []
    for file in files:
        beside = file.with_name(file.name + checking.RECEIPT_SUFFIX)
        receipt = _read(beside) if beside.exists() else None
        results.append(checking.check_one(str(file), _read(file), roots, now, receipt, keys=keys))
    if as_json:
        json.dump([result.as_json() for result in results], sys.stdout, ensure_ascii=False, indent=1)
        print()
    else:
        for result in results:
            print(*result.lines(), sep="\n")
    return 0 if all(result.good for result in results) else 1


def _pems(folder: Path) -> list[bytes]:
    return [_read(file) for file in sorted(folder.glob("*.pem"))]


def _server_keys(pems: Sequence[bytes]) -> Iterator[tuple[str, PublicKey]]:
    """The public keys among the PEM files: servers whose receipts count."""
    for pem in pems:
        if b"BEGIN PUBLIC KEY" not in pem:
            continue
        try:
            key = load_pem_public_key(pem)
        except (ValueError, UnsupportedAlgorithm):
            continue
        if isinstance(key, PublicKey):
            yield key_id(key), key


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Refusal.because("file_not_readable", str(file), detail=error.strerror or str(error)) from error
