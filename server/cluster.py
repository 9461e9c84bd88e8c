"""A private PostgreSQL cluster from Debian's binaries: made, started and stopped by the program, on a Unix socket only.

PostgreSQL refuses to run as root. Started by root, the cluster belongs to a system user of its own (made when it is
missing), and moves to `/var/lib/benhan` when that user cannot reach the wanted place.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import re
import shutil
import stat
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from records.errors import Trouble

USER = "benhan"
ADMIN, APP = "postgres", "benhan_app"
"""Database roles: who makes and migrates, and who the running server is."""
DATABASE = "benhan"
_PLACE = Path("/var/lib/benhan")
_LONGEST_SOCKET = 90
"""A Unix socket's path ends at 107 bytes; PostgreSQL adds its file's name."""

_ANSWERS, _STARTING = 0, 1
"""What pg_isready answers; 2 is no answer."""

Say = Callable[[str], None]


def binaries() -> Path:
    """The folder of the newest PostgreSQL that is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda file: int(file.parts[-3]))
    if not found:
        raise Trouble.because("postgresql_missing")
    return found[-1].parent


@dataclass(frozen=True)
class Owner:
    """The system user that the cluster runs as."""

    name: str
    uid: int
    gid: int

    @classmethod
    def current(cls) -> Self:
        """The user that we are, or, as root, the user of its own."""
        uid = os.getuid()
        if uid == 0:
            return cls._own()
        entry = pwd.getpwuid(uid)
        return cls(entry.pw_name, uid, entry.pw_gid)

    @classmethod
    def _own(cls) -> Self:
        try:
            entry = pwd.getpwnam(USER)
        except KeyError:
            subprocess.run(
                ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", _PLACE,
                 "--shell", "/usr/sbin/nologin", USER], check=True, capture_output=True)
            entry = pwd.getpwnam(USER)
        return cls(entry.pw_name, entry.pw_uid, entry.pw_gid)

    def may_enter(self, folder: Path) -> bool:
        """Whether this user can walk down to the folder, or to the parent where it will be made."""
        if self.uid == os.getuid():
            return True
        chain = [folder, *folder.parents]
        return all(self._passes(step.stat()) for step in chain if step.exists())

    def _passes(self, status: os.stat_result) -> bool:
        if status.st_uid == self.uid:
            return bool(status.st_mode & stat.S_IXUSR)
        if status.st_gid == self.gid:
            return bool(status.st_mode & stat.S_IXGRP)
        return bool(status.st_mode & stat.S_IXOTH)

    def makes(self, folder: Path) -> Path:
        """The folder, 0700, belonging to this user."""
        folder.mkdir(parents=True, exist_ok=True)
        os.chown(folder, self.uid, self.gid)
        folder.chmod(0o700)
        return folder


@dataclass(frozen=True)
class Cluster:
    """One cluster: where it lies, who runs it, and which settings it is started with."""

    place: Path
    owner: Owner
    sockets: Path
    options: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def at(cls, wanted: Path, options: Mapping[str, str] | None = None, say: Say = lambda _: None) -> Self:
        """The cluster of a home folder; elsewhere, and saying so, when its user could not reach it there."""
        owner, place = Owner.current(), wanted.absolute()
        if not owner.may_enter(place):
            name = hashlib.sha256(os.fsencode(place)).hexdigest()[:12]
            place = _PLACE / name
            say(f"PostgreSQL runs as the user {owner.name}, who cannot reach {wanted}: the database lies in {place}.")
        sockets = place / "run"
        if len(os.fsencode(sockets)) > _LONGEST_SOCKET:
            sockets = Path("/tmp") / f"benhan-{hashlib.sha256(os.fsencode(place)).hexdigest()[:12]}"  # noqa: S108 -- 0700 and owned, see Owner.makes
        return cls(place, owner, sockets, dict(options or {}))

    @property
    def data(self) -> Path:
        """PostgreSQL's data directory."""
        return self.place / "data"

    @property
    def log(self) -> Path:
        """What PostgreSQL writes when it cannot start."""
        return self.place / "postgresql.log"

    def dsn(self, role: str = APP, database: str = DATABASE) -> str:
        """Where to connect, as this role."""
        return f"postgresql://{role}@/{database}?host={self.sockets}"

    def create(self) -> bool:
        """Make the cluster; False when it is there already."""
        if (self.data / "PG_VERSION").exists():
            return False
        if self.place.is_relative_to(_PLACE) and not _PLACE.exists():
            _PLACE.mkdir(mode=0o755)
        self.owner.makes(self.place)
        self._run("initdb", "-D", self.data, "-U", ADMIN, "--auth=peer", "--encoding=UTF8", "--locale=C.UTF-8",
                  "--locale-provider=icu", "--icu-locale=vi-VN", "--no-instructions", "--data-checksums",
                  *(["--no-sync"] if self.options.get("fsync") == "off" else []))
        self._write("pg_hba.conf", "local all all peer map=house\n")
        self._write("pg_ident.conf", "".join(
            f"house {user} {role}\n" for user in sorted({"root", self.owner.name}) for role in (ADMIN, APP)))
        return True

    def start(self) -> None:
        """Start it and wait until it answers; nothing when it runs already."""
        self.owner.makes(self.sockets)
        if self.running():
            return
        self._write("postgresql.auto.conf", "".join(
            f"{name} = '{value}'\n" for name, value in self._settings().items()))
        try:
            self._run("pg_ctl", "start", "-D", self.data, "-l", self.log, "-w", "-s", "-t", "60")
        except Trouble as trouble:
            last = self.log.read_text(errors="replace").splitlines()[-3:] if self.log.exists() else []
            raise Trouble.because("postgresql_failed", detail=" ".join(last) or str(trouble)) from trouble

    def stop(self) -> None:
        """End sessions and stop; nothing when it does not run."""
        if self.running():
            self._run("pg_ctl", "stop", "-D", self.data, "-m", "fast", "-w", "-s", "-t", "60")

    def running(self) -> bool:
        """Whether the server answers on its socket (a pid file may be left over, and its number taken by another)."""
        if not (self.data / "postmaster.pid").exists():
            return False
        return self._call("pg_isready", "-q", "-h", self.sockets).returncode in (_ANSWERS, _STARTING)

    def destroy(self) -> None:
        """Stop it and remove everything."""
        self.stop()
        shutil.rmtree(self.place, ignore_errors=True)
        shutil.rmtree(self.sockets, ignore_errors=True)

    def _settings(self) -> dict[str, str]:
        return {
            "listen_addresses": "",
            "unix_socket_directories": str(self.sockets),
            "unix_socket_permissions": "0700",
            "timezone": "UTC",
            "max_connections": "120",
            "shared_buffers": "128MB",
            **self.options,
        }

    def _write(self, name: str, text: str) -> None:
        file = self.data / name
        file.write_text(text)
        os.chown(file, self.owner.uid, self.owner.gid)

    def _run(self, program: str, *arguments: str | Path) -> None:
        done = self._call(program, *arguments)
        if done.returncode != 0:
            raise Trouble.because("postgresql_failed", detail=re.sub(r"\s+", " ", done.stderr.strip())[-400:])

    def _call(self, program: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        # pg_ctl's child keeps the inherited pipes open for as long as the server runs, so output goes to a file.
        other = os.getuid() != self.owner.uid
        error = self.owner.makes(self.place) / f"{program}.err"
        with error.open("w") as sink:
            done = subprocess.run(
                [binaries() / program, *arguments], check=False, cwd="/", stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=sink, env=_environment(),
                user=self.owner.uid if other else None, group=self.owner.gid if other else None,
                extra_groups=[] if other else None)
        return subprocess.CompletedProcess(done.args, done.returncode, "", error.read_text(errors="replace"))


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C.UTF-8"}
