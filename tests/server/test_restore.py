"""Backup and restore of images as docs/install.md has them: dump and folder of one night, the keys kept apart."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from server.cluster import ADMIN, APP, binaries
from server.inspection import verify
from server.services.hospital import Hospital
from server.services.image_receiving import Outcome, receive
from server.settings import Settings
from server.store import base, images
from tests.databases import Database
from tests.server import house as houses
from tests.server.pictures import a_slice, as_file, uid

RESTORED = "benhan_restored"


@contextmanager
def restored(night: Path, database: Database, home: Path) -> Iterator[Settings]:
    """A fresh server's folder with the old keys, over an empty database into which the night's dump is read."""
    with psycopg.connect(database.cluster.dsn(ADMIN, "postgres"), autocommit=True) as db:
        db.execute(f"CREATE DATABASE {RESTORED} OWNER benhan_owner")
    try:
        subprocess.run([binaries() / "pg_restore", "--exit-on-error", "-d",
                        database.cluster.dsn(ADMIN, RESTORED), night / "benhan.dump"], check=True, capture_output=True)
        settings, hospital = houses.build(home, database.cluster.dsn(APP, RESTORED))
        hospital.close()
        yield settings
    finally:
        with psycopg.connect(database.cluster.dsn(ADMIN, "postgres"), autocommit=True) as db:
            db.execute(f"DROP DATABASE {RESTORED} WITH (FORCE)")


def told(settings: Settings, capsys: pytest.CaptureFixture[str], *, whole: bool = False) -> dict[str, Any]:
    """What `verify --json` says of the images."""
    capsys.readouterr()
    verify(settings, anchor=None, as_json=True, images=whole)
    [found] = [one for one in json.loads(capsys.readouterr().out) if one["kind"] == "images"]
    return {**found, "broken": [one["code"] for one in found["broken"]]}


def test_images_come_back_with_the_database_and_without_them_it_is_said(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    settings, hospital = houses.build(tmp_path / "house", database.dsn)
    files = {uid("study", "series", number): as_file(a_slice(number=number)) for number in (1, 2, 3)}
    for file in files.values():
        receive(hospital, file, sender="CT1")
    assert receive(hospital, as_file(a_slice(StudyDescription="khác")), sender="CT1").outcome is Outcome.STRAY
    night = tmp_path / "night"
    night.mkdir()
    subprocess.run([binaries() / "pg_dump", "-Fc", "-f", night / "benhan.dump", "-d",
                    database.admin_dsn], check=True, capture_output=True)
    receive(hospital, as_file(a_slice(number=4)), sender="CT1")  # its file is copied, no row of the dump names it
    shutil.copytree(settings.home / "images", night / "images")
    hospital.close()
    with restored(night, database, tmp_path / "fresh") as fresh:
        assert told(fresh, capsys) | {"broken": set(told(fresh, capsys)["broken"])} == {
            "kind": "images", "looked_at": 4, "closed": 0, "good": False, "broken": {"blob_missing"}}
        shutil.copytree(night / "images", fresh.home / "images", dirs_exist_ok=True)
        assert told(fresh, capsys, whole=True) == {
            "kind": "images", "looked_at": 4, "closed": 0, "good": True, "broken": []}
        assert read_back(fresh, list(files)) == list(files.values())
        for lying in [one for one in (fresh.home / "images").rglob("*") if one.is_file()]:
            data = bytearray(lying.read_bytes())
            data[100] ^= 1
            lying.write_bytes(data)
        assert set(told(fresh, capsys, whole=True)["broken"]) == {"ciphertext_damaged"}


def read_back(settings: Settings, uids: list[str]) -> list[bytes]:
    """The files of these images, as a reader gets them from the restored house."""
    hospital = Hospital.open(settings)
    try:
        with base.single(hospital.engine) as db:
            kept = [images.instance(db, one) for one in uids]
            return [images.open_file(hospital.images, hospital.keys.of(db, one.study), one.file).read()
                    for one in kept if one is not None]
    finally:
        hospital.close()
