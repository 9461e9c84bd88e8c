"""Blobs behave the same in a folder and in a bucket of a real S3 server."""

from __future__ import annotations

import hashlib
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from moto.server import ThreadedMotoServer

from imaging.system import sync_folder
from records.errors import Refusal, Trouble
from server.store import blobs
from server.store.blobs import Blobs, Bucket, Folder, Place, name_of, place_at
from server.store.keys import ScopeKey

FILE = b"%PDF-1.7 the signed file"
SHA256 = hashlib.sha256(FILE).hexdigest()


def new_key() -> ScopeKey:
    return ScopeKey(uuid4(), AESGCM(AESGCM.generate_key(256)))


def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "made-up")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    if request.param == "folder":
        return place_at("blobs", base=tmp_path)
    endpoint: str = request.getfixturevalue("s3")
    credentials(monkeypatch)
    bucket = place_at("s3://benhan-blobs/hospital-7/", base=tmp_path, endpoint=endpoint)
    assert isinstance(bucket, Bucket)
    bucket._client.create_bucket(Bucket="benhan-blobs")
    return bucket


def test_a_file_comes_back_as_it_was_under_its_digest(place: Place) -> None:
    blobs, key = Blobs(place), new_key()
    assert blobs.put(key, FILE) == SHA256
    assert blobs.get(key, SHA256) == FILE


def test_what_lies_there_is_not_the_file(place: Place) -> None:
    blobs, key = Blobs(place), new_key()
    blobs.put(key, FILE)
    lying = place.read(name_of(SHA256, key.scope))
    assert lying is not None
    assert FILE[:8] not in lying


def test_a_second_put_changes_nothing(place: Place) -> None:
    blobs, key = Blobs(place), new_key()
    blobs.put(key, FILE)
    before = place.read(name_of(SHA256, key.scope))
    blobs.put(key, FILE)
    assert place.read(name_of(SHA256, key.scope)) == before
    assert [name for name in place.names() if name.endswith(key.scope.hex)] == [name_of(SHA256, key.scope)]


def test_two_encounters_never_share_a_ciphertext(place: Place) -> None:
    blobs, first, second = Blobs(place), new_key(), new_key()
    blobs.put(first, FILE)
    with pytest.raises(Refusal, match="not in the blob store"):
        blobs.get(second, SHA256)
    blobs.put(second, FILE)
    assert blobs.get(first, SHA256) == blobs.get(second, SHA256) == FILE


def test_a_changed_or_moved_blob_is_refused(place: Place) -> None:
    blobs, key = Blobs(place), new_key()
    blobs.put(key, FILE)
    name = name_of(SHA256, key.scope)
    lying = place.read(name) or b""
    place.write(name, lying[:-1] + bytes([lying[-1] ^ 1]))
    with pytest.raises(Refusal, match="changed or damaged"):
        blobs.get(key, SHA256)
    other = hashlib.sha256(b"another file").hexdigest()
    place.write(name_of(other, key.scope), lying)
    with pytest.raises(Refusal, match="changed or damaged"):
        blobs.get(key, other)


def test_a_folder_never_shows_half_a_file(tmp_path: Path) -> None:
    folder, key = Folder(tmp_path), new_key()
    Blobs(folder).put(key, FILE)
    left = tmp_path / SHA256[:2] / SHA256[2:4] / f".{SHA256}.cut"
    left.write_bytes(b"half")
    assert list(folder.names()) == [name_of(SHA256, key.scope)]
    assert len([file for file in tmp_path.rglob("*") if file.is_file()]) == 2


PUTTING = """
import os, signal, sys
from pathlib import Path
from server.store import blobs
os.fsync = lambda line: os.kill(os.getpid(), signal.SIGKILL)
blobs.Folder(Path(sys.argv[1])).put("ab/cd/file", b"x" * 100_000)
"""


def test_a_killed_writer_leaves_nothing(tmp_path: Path) -> None:
    """Nobody would ever look for half a file under a name that is none."""
    done = subprocess.run([sys.executable, "-c", PUTTING, str(tmp_path)], cwd=Path(__file__).parents[3], check=False)
    assert done.returncode == -signal.SIGKILL
    assert [one for one in tmp_path.rglob("*") if one.is_file()] == []


@pytest.mark.parametrize("unnamed", [blobs._UNNAMED, 0])
def test_what_is_written_again_takes_the_place_of_what_lies_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unnamed: int,
) -> None:
    """Also on a disk that knows no files without a name, as one on the network."""
    monkeypatch.setattr(blobs, "_UNNAMED", unnamed)
    folder = Folder(tmp_path)
    for data in (b"damaged", b"whole"):
        folder.write("ab/cd/file", data)
        assert folder.read("ab/cd/file") == data
    assert [one.name for one in tmp_path.rglob("*") if one.is_file()] == ["file"]


def test_what_was_put_in_vain_is_taken_away(place: Place) -> None:
    for name in ("ab/cd/one", "ab/cd/two"):
        place.put(name, b"x")
    place.drop(["ab/cd/one", "ab/cd/never"])
    assert (place.read("ab/cd/one"), place.read("ab/cd/two")) == (None, b"x")


def test_every_folder_above_a_file_is_flushed_though_another_process_made_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    flushed: list[Path] = []
    flush = sync_folder

    def noted(folder: Path) -> None:
        flushed.append(folder)
        flush(folder)

    monkeypatch.setattr(blobs, "sync_folder", noted)
    key, leaf = new_key(), tmp_path / SHA256[:2] / SHA256[2:4]
    mine = Folder(tmp_path)
    mine.write(f"{SHA256[:2]}/{SHA256[2:4]}/one", key.encrypt("a", FILE))
    assert flushed == [leaf, leaf.parent, tmp_path]
    flushed.clear()
    mine.write(f"{SHA256[:2]}/{SHA256[2:4]}/two", key.encrypt("b", FILE))
    assert flushed == [leaf]
    flushed.clear()
    Folder(tmp_path).write(f"{SHA256[:2]}/{SHA256[2:4]}/three", key.encrypt("c", FILE))
    assert flushed == [leaf, leaf.parent, tmp_path]


def test_many_files_are_safe_after_one_flush_of_their_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder, names = Folder(tmp_path), [f"ab/cd/{number}" for number in range(5)]
    folder.write("ab/cd/first", b"x")
    flushed: list[Path] = []
    monkeypatch.setattr(blobs, "sync_folder", flushed.append)
    for name in names:
        folder.put(name, b"x")
    assert flushed == []
    folder.settle(names)
    assert flushed == [tmp_path / "ab" / "cd"]
    assert {folder.read(name) for name in names} == {b"x"}


@pytest.mark.skipif(os.getuid() == 0, reason="root writes where it may not")
def test_a_full_or_closed_folder_is_trouble_not_a_loss(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(Trouble):
        Blobs(Folder(tmp_path)).put(new_key(), FILE)


def test_what_found_no_room_is_taken_away_again(tmp_path: Path) -> None:
    """The system's own limit on a file's size breaks the write off as a full disk does."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(Trouble):
            Folder(tmp_path).put("aa/bb/file", b"x" * 500_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list((tmp_path / "aa" / "bb").iterdir()) == []


def test_a_folder_where_a_file_stands_in_the_way_is_trouble(tmp_path: Path) -> None:
    (tmp_path / SHA256[:2]).write_bytes(b"in the way")
    with pytest.raises(Trouble, match="out of reach"):
        Blobs(Folder(tmp_path)).put(new_key(), FILE)


def test_a_bucket_that_does_not_answer_is_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    credentials(monkeypatch)
    with pytest.raises(Trouble, match="out of reach"):
        Blobs(Bucket("nowhere", endpoint="http://127.0.0.1:9")).put(new_key(), FILE)
