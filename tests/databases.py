"""A real PostgreSQL for the tests of the server: one private cluster a worker, a fresh database for who asks."""

from __future__ import annotations

import fcntl
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Connection, Engine, create_engine

from server.cluster import ADMIN, APP, Cluster
from server.store import base, migrate
from server.store.key_files import HospitalKey, ServerKey
from server.store.keys import Keys

FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "32MB",
        "autovacuum": "off", "jit": "off"}
"""Only tests may forget what they wrote when the power fails."""
TEMPLATE, SHARED = "benhan_template", "benhan_shared"
_PLACES = Path(tempfile.gettempdir())
_numbers = count(1)
_administrators: dict[Path, psycopg.Connection[tuple[object, ...]]] = {}


@dataclass(frozen=True)
class Database:
    """One database at this build's schema."""

    cluster: Cluster
    name: str

    @property
    def dsn(self) -> str:
        """As the running server connects."""
        return self.cluster.dsn(APP, self.name)

    @property
    def admin_dsn(self) -> str:
        """As the administrator, who may do anything."""
        return self.cluster.dsn(ADMIN, self.name)


def _remove_left_overs() -> None:
    """Clusters of runs that were killed."""
    for place in _PLACES.glob("benhan-tests-*"):
        if not Path(f"/proc/{place.name.rpartition('-')[2]}").exists():
            Cluster.at(place).destroy()


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory, testrun_uid: str) -> Iterator[Cluster]:
    """A private cluster with the roles and an empty, migrated template: made by the first worker, copied by the others.
    """
    _remove_left_overs()
    cluster = Cluster.at(_PLACES / f"benhan-tests-{os.getpid()}", FAST)
    made = tmp_path_factory.getbasetemp().parent / f"cluster-{testrun_uid}"
    try:
        with made.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if made.exists():
                cluster.owner.makes(cluster.place)
                _copy(made, cluster.data)
            else:
                _make(cluster)
                _copy(cluster.data, made)
        cluster.start()
        yield cluster
    finally:
        if (held := _administrators.pop(cluster.place, None)) is not None:
            held.close()
        cluster.destroy()


def _make(cluster: Cluster) -> None:
    cluster.create()
    cluster.start()
    migrate.prepare(cluster.dsn(ADMIN, "postgres"), TEMPLATE)
    migrate.upgrade(cluster.dsn(ADMIN, TEMPLATE))
    with _connected(cluster) as connection:
        connection.execute(f"CREATE DATABASE {SHARED} OWNER benhan_owner TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
    cluster.stop()


def _copy(source: Path, target: Path) -> None:
    """A folder, its owner kept."""
    subprocess.run(["cp", "-a", source, target], check=True)


@contextmanager
def copied(cluster: Cluster, template: str = TEMPLATE) -> Iterator[Database]:
    """A database of one's own, as the template is; gone at the end."""
    name = f"benhan_test_{next(_numbers)}"
    _administrator(cluster).execute(f"CREATE DATABASE {name} OWNER benhan_owner TEMPLATE {template} STRATEGY FILE_COPY")
    yield Database(cluster, name)
    _administrator(cluster).execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(cluster: Cluster) -> Iterator[Database]:
    """A database of the test's own, for tests that commit, that use several connections, or that break things."""
    with copied(cluster) as made:
        yield made


@pytest.fixture
def engine(database: Database) -> Iterator[Engine]:
    """The test's own database, as the running server sees it."""
    engine = base.open_engine(database.dsn)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def _shared(cluster: Cluster) -> Iterator[Engine]:
    engine = base.open_engine(cluster.dsn(APP, SHARED))
    yield engine
    engine.dispose()


@pytest.fixture
def db(_shared: Engine) -> Iterator[Connection]:
    """A transaction of the running server that is undone after the test; the fast one."""
    with _shared.connect() as connection:
        transaction = connection.begin()
        yield connection
        transaction.rollback()


@pytest.fixture
def admin(cluster: Cluster) -> Iterator[Connection]:
    """The same for the administrator: what even he may not do, and what he would have to do for it."""
    engine = create_engine(cluster.dsn(ADMIN, SHARED))
    with engine.connect() as connection:
        transaction = connection.begin()
        yield connection
        transaction.rollback()
    engine.dispose()


@pytest.fixture(scope="session")
def keys() -> Keys:
    """The keys of a hospital."""
    return Keys(HospitalKey(bytes(range(32))))


@pytest.fixture
def server_key(tmp_path: Path) -> ServerKey:
    """A server's signing key."""
    return ServerKey.create(tmp_path / "server.pem")


def _administrator(cluster: Cluster) -> psycopg.Connection[tuple[object, ...]]:
    """The worker's one connection that makes and drops databases: a new one for each costs a quarter of the whole."""
    held = _administrators.get(cluster.place)
    if held is None or held.closed:
        held = _administrators[cluster.place] = _connected(cluster)
    return held


def _connected(cluster: Cluster) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(cluster.dsn(ADMIN, "postgres"), autocommit=True)
