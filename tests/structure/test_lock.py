"""What is locked installs on Windows too, where most workstations are: nothing that it needs there is left out."""

import configparser
import re
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PCS = {
    "linux": {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"},
    "windows": {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt"},
}


def locked(name: str, system: str) -> dict[str, Requirement]:
    lines = re.findall(r"^[A-Za-z0-9][^\\\n]*", (ROOT / name).read_text("utf-8"), re.MULTILINE)
    found = [Requirement(line) for line in lines]
    return {canonicalize_name(one.name): one for one in found
            if one.marker is None or one.marker.evaluate({**PCS[system], "extra": ""})}


def asked_for(*extras: str) -> list[Requirement]:
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg", "utf-8")
    lines = settings["options"]["install_requires"].splitlines()
    for extra in extras:
        lines += settings["options.extras_require"][extra].splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def needed(requirements: list[Requirement], system: str, seen: set[tuple[str, str]]) -> set[str]:
    """Names, with all that they need in their turn on that system, as the packages installed here tell it."""
    names = set[str]()
    for one in requirements:
        if one.marker is not None and not one.marker.evaluate({**PCS[system], "extra": ""}):
            continue
        name = canonicalize_name(one.name)
        names.add(name)
        for extra in ("", *one.extras):
            if (name, extra) in seen:
                continue
            seen.add((name, extra))
            try:
                below = [Requirement(line) for line in metadata.requires(name) or ()]
            except metadata.PackageNotFoundError:  # one for another system
                continue
            wanted = [part for part in below
                      if part.marker is None or part.marker.evaluate({**PCS[system], "extra": extra})]
            for part in wanted:
                part.marker = None
            names |= needed(wanted, system, seen)
    return names


@pytest.mark.parametrize("system", PCS)
@pytest.mark.parametrize(("name", "extras"), [("requirements-workstation.lock", ("workstation",)),
                                              ("requirements.lock", ("workstation", "server"))])
def test_everything_that_is_needed_there_is_locked(name: str, extras: tuple[str, ...], system: str) -> None:
    missing = needed(asked_for(*extras), system, set()) - set(locked(name, system))
    assert not missing


def test_windows_gets_its_time_zones_and_nothing_that_only_linux_can_build() -> None:
    for name in ("requirements-workstation.lock", "requirements.lock"):
        there = locked(name, "windows")
        assert {"tzdata", "pywin32-ctypes"} <= set(there)
        assert not {"uvloop", "secretstorage", "jeepney"} & set(there)


def test_a_workstation_runs_on_what_was_tested() -> None:
    whole, part = locked("requirements.lock", "linux"), locked("requirements-workstation.lock", "linux")
    assert {name: one.specifier for name, one in part.items()} == {name: whole[name].specifier for name in part}
    assert not {"fastapi", "uvicorn", "boto3", "pytest", "moto"} & set(part)
