"""The private cluster: made, started, stopped; nobody else gets in; nothing listens on the network."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from records.errors import Trouble
from server.cluster import ADMIN, Cluster, Owner
from server.store import migrate
from tests.databases import FAST


@pytest.fixture
def place() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="benhan-cluster-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def ask(cluster: Cluster, question: str) -> object:
    with psycopg.connect(cluster.dsn(ADMIN, "postgres")) as connection:
        row = connection.execute(question.encode()).fetchone()
        assert row is not None
        return row[0]


def test_a_cluster_keeps_its_rows_over_stop_and_start(place: Path) -> None:
    cluster = Cluster.at(place / "database", FAST)
    assert cluster.create()
    try:
        cluster.start()
        cluster.start()
        with psycopg.connect(cluster.dsn(ADMIN, "postgres")) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 'Nguyễn' AS name")
        cluster.stop()
        assert not cluster.running()
        assert not cluster.create()
        cluster.start()
        assert ask(cluster, "SELECT name FROM kept") == "Nguyễn"
    finally:
        cluster.destroy()
    assert not cluster.running()
    assert not cluster.place.exists()


def test_it_listens_on_its_socket_only_and_speaks_vietnamese(cluster: Cluster) -> None:
    assert ask(cluster, "SHOW listen_addresses") == ""
    assert ask(cluster, "SHOW server_encoding") == "UTF8"
    in_order = "SELECT string_agg(word, ' ' ORDER BY word) FROM unnest(ARRAY['Đào', 'Em', 'Dung', 'Ánh', 'An']) AS word"
    assert ask(cluster, in_order) == "An Ánh Dung Đào Em"
    assert ask(cluster, "SHOW data_checksums") == "on"
    assert cluster.sockets.stat().st_mode & 0o777 == 0o700
    assert cluster.data.stat().st_mode & 0o077 == 0


def test_without_the_tests_options_nothing_is_forgotten_when_the_power_fails(place: Path) -> None:
    settings = Cluster.at(place / "database")._settings()
    assert not {"fsync", "synchronous_commit", "full_page_writes"} & set(settings)


def test_nobody_logs_in_as_the_owner_of_the_tables(cluster: Cluster) -> None:
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(cluster.dsn(migrate.OWNER, "postgres")).close()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_another_user_of_the_machine_does_not_get_in(cluster: Cluster) -> None:
    psql = shutil.which("psql")
    assert psql is not None
    done = subprocess.run([psql, cluster.dsn(ADMIN, "postgres"), "-c", "SELECT 1"], check=False, capture_output=True,
                          text=True, user="nobody", group="nogroup", extra_groups=[], cwd="/")
    assert done.returncode != 0
    assert "Permission denied" in done.stderr


@pytest.mark.skipif(os.getuid() != 0, reason="only root runs the cluster as somebody else")
def test_a_home_that_the_clusters_user_cannot_reach_is_left_for_another_place_and_said() -> None:
    closed = Path(tempfile.mkdtemp(prefix="benhan-closed-"))
    said: list[str] = []
    cluster = Cluster.at(closed / "home" / "database", FAST, said.append)
    try:
        assert cluster.place.parent == Path("/var/lib/benhan")
        assert Cluster.at(closed / "home" / "database").place == cluster.place
        assert str(cluster.place) in said[0]
        assert cluster.owner.name == "benhan"
    finally:
        closed.rmdir()


def test_a_socket_path_that_is_too_long_goes_elsewhere(place: Path) -> None:
    cluster = Cluster.at(place / ("x" * 100))
    assert len(os.fsencode(cluster.sockets)) < 60


def test_a_cluster_that_cannot_start_says_why(place: Path) -> None:
    cluster = Cluster.at(place / "database", {**FAST, "shared_buffers": "nonsense"})
    cluster.create()
    with pytest.raises(Trouble, match="nonsense"):
        cluster.start()
    cluster.destroy()


def test_the_owner_is_never_root() -> None:
    assert Owner.current().uid != 0
