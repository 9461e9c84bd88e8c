"""Which PKCS#11 libraries may be on this machine: `resources/signing/pkcs11_modules.csv`, and where they lie."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from imaging.system import NAME
from records.bundled import bundled

FOLDERS = {
    "windows": ("{windows}/System32", "{windows}/SysWOW64"),
    "macos": ("/usr/local/lib", "/Library/OpenSC/lib", "/opt/homebrew/lib"),
    "linux": ("/usr/lib", "/usr/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu/pkcs11", "/usr/local/lib",
              "/usr/lib64", "/usr/lib64/pkcs11"),
}


@dataclass(frozen=True)
class KnownModule:
    """A vendor's library as the list names it: a file name, a path, or either with `*`."""

    vendor: str
    os: str
    module: str
    note: str
    confirmed: bool
    """Whether its name was seen in a public list, or only remembered."""


def known_modules() -> tuple[KnownModule, ...]:
    """The whole list."""
    text = bundled("signing", "pkcs11_modules.csv").read_text("utf-8")
    return tuple(
        KnownModule(row["vendor"], row["os"], row["module"], row["note"], row["confirmed"] == "yes")
        for row in csv.DictReader(text.splitlines())
    )


def this_os() -> str:
    """The list's word for the system that runs this."""
    return NAME


def installed_modules(system: str = "", folders: Sequence[Path] | None = None) -> tuple[str, ...]:
    """The libraries of the list that are on this machine, in the list's order, each once."""
    system = system or this_os()
    places = tuple(folders) if folders is not None else _folders(system)
    patterns = (known.module for known in known_modules() if known.os == system)
    return _once(path for pattern in patterns for path in _matches(pattern, places))


def modules_to_try(configured: Sequence[str] = ()) -> tuple[str, ...]:
    """The paths of the setting when there are any (missing ones too: the person is told), else what is installed."""
    return tuple(configured) or installed_modules()


def _folders(system: str) -> tuple[Path, ...]:
    windows = os.environ.get("SYSTEMROOT", "C:/Windows")
    return tuple(Path(folder.format(windows=windows)) for folder in FOLDERS[system])


def _matches(pattern: str, folders: Sequence[Path]) -> Iterator[Path]:
    if pattern.startswith("/"):
        folders, pattern = (Path("/"),), pattern.removeprefix("/")
    for folder in folders:
        yield from sorted(folder.glob(pattern))


def _once(paths: Iterable[Path]) -> tuple[str, ...]:
    """Two names of one file would show each token twice."""
    by_file: dict[Path, str] = {}
    for path in paths:
        by_file.setdefault(path.resolve(), str(path))
    return tuple(by_file.values())
