"""The remote signing service of the demo: one doctor's key, and a phone that approves by itself after a few seconds.

`python -m tests.sandbox.phone --home DIR` says READY with its address and its TLS authority; the key comes into DIR
when the demo hospital makes it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from server.demo import phone
from server.demo.home import hospital_data
from server.demo.phone import PhoneService
from server.demo.pki import Issued
from tests.sandbox.program import Sandbox, serving
from tests.sandbox.remote_signers import SignerConduct, Signers
from tests.sandbox.smartca import SmartCA

THINKS_S = 4.0


class Kept(Mapping[str, Issued]):
    """The demo's doctor by identity number, once the folder has the key."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._number = str(phone.person(hospital_data())["national_id"])
        self._issued: Issued | None = None

    def _read(self) -> dict[str, Issued]:
        self._issued = self._issued or phone.held(self._folder)
        return {self._number: self._issued} if self._issued else {}

    def __getitem__(self, number: str) -> Issued:
        return self._read()[number]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())


@dataclass(frozen=True)
class Played:
    """The service that is running."""

    sandbox: Sandbox
    service: PhoneService


@contextmanager
def played(folder: Path, thinks_s: float = THINKS_S) -> Iterator[Played]:
    """The service, until the end of the block."""
    folder.mkdir(parents=True, exist_ok=True)
    signers = Signers(Kept(folder), SignerConduct(thinks_s=thinks_s))
    with serving({"smartca": SmartCA(signers, phone.LOGIN, phone.SECRET)}, folder) as sandbox:
        yield Played(sandbox, PhoneService(sandbox.url("smartca"), sandbox.ca))


@contextmanager
def played_apart(folder: Path, thinks_s: float = THINKS_S) -> Iterator[PhoneService]:
    """The same in a process of its own, which shares no interpreter with whoever measures it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.sandbox.phone", "--home", str(folder), "--thinks", str(thinks_s)],
        cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True)
    with process:
        _, url, ca = (process.stdout.readline() if process.stdout else "").split(maxsplit=2)
        try:
            yield PhoneService(url, Path(ca.strip()))
        finally:
            process.terminate()


def main() -> None:
    """Serve until somebody ends it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--thinks", type=float, default=THINKS_S, help="seconds before the phone approves")
    options = parser.parse_args()
    with played(options.home.resolve(), options.thinks) as running:
        print(f"READY {running.service.url} {running.service.ca}", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
