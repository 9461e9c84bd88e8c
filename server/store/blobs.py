"""Signed files, encrypted, under the SHA-256 of what they hold, in a local folder or in any S3 bucket.

A file's name is `ab/cd/<sha256>.<scope>`: the digest of the plaintext is what receipts and signatures name, and the
scope says whose key opens it, so that two encounters never share a ciphertext and destroying one key takes one copy.
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Protocol
from uuid import UUID

from imaging.system import sync_folder
from records.errors import Refusal, Trouble
from server.store.keys import ScopeKey


class Place(Protocol):
    """Where ciphertexts lie; `write` keeps what is there already, and returns when the bytes are safe."""

    def write(self, name: str, data: bytes) -> None:
        """Keep the bytes under the name."""

    def put(self, name: str, data: bytes) -> None:
        """The same for one of many: it is safe once `settle` was told its name."""

    def settle(self, names: Iterable[str]) -> None:
        """Make safe what was put under these names."""

    def drop(self, names: Iterable[str]) -> None:
        """Take away what was put and never came to be known by its name, as far as that goes."""

    def read(self, name: str) -> bytes | None:
        """The bytes, or nothing."""

    def read_part(self, name: str, start: int, length: int) -> bytes | None:
        """Those bytes of it, fewer where it ends; nothing when there is no such name."""

    def names(self) -> Iterator[str]:
        """All names, in any order."""


class Blobs:
    """Files in, files out, each checked against its digest."""

    def __init__(self, place: Place) -> None:
        self.place = place

    def put(self, key: ScopeKey, data: bytes) -> str:
        """Keep the file and answer its SHA-256; a second time nothing happens.

        It is safe on the disk before the transaction that names it commits; a file that no row names is harmless.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        name = name_of(sha256, key.scope)
        if self.place.read(name) is None:
            self.place.write(name, key.encrypt(f"blob:{sha256}", data))
        return sha256

    def get(self, key: ScopeKey, sha256: str) -> bytes:
        """The file; refuses one that is missing or is not what its name says."""
        data = self.place.read(name_of(sha256, key.scope))
        if data is None:
            raise Refusal.because("blob_missing", sha256)
        plaintext = key.decrypt(f"blob:{sha256}", data)
        if hashlib.sha256(plaintext).hexdigest() != sha256:
            raise Refusal.because("ciphertext_damaged", f"blob:{sha256}")
        return plaintext


def name_of(sha256: str, scope: UUID) -> str:
    """Where a file of that digest and scope lies."""
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}.{scope.hex}"


_UNNAMED = getattr(os, "O_TMPFILE", 0)
"""Linux: a file without a name. Of one whose writer is killed nothing is left."""


class Folder:
    """A local folder: written without a name (or beside), flushed to the disk, then named, so that a name never means
    half a file.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._safe: set[Path] = set()
        """Folders that this process saw safe on the disk; that one is there may only mean that another just made it."""

    def write(self, name: str, data: bytes) -> None:
        """Keep the bytes under the name."""
        self.put(name, data)
        self.settle([name])

    def put(self, name: str, data: bytes) -> None:
        """The bytes are on the disk, their name perhaps not yet."""
        target = self.root / name
        try:
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            line = _unnamed(target.parent)
            if line is None:
                _beside(target, data)
            else:
                _named(line, target, data)
        except OSError as error:
            raise Trouble.because("blobs_out_of_reach", detail=str(error)) from error

    def settle(self, names: Iterable[str]) -> None:
        """Flush each folder in which a name is new, once."""
        try:
            for folder in {(self.root / name).parent for name in names}:
                self._settle(folder)
        except OSError as error:
            raise Trouble.because("blobs_out_of_reach", detail=str(error)) from error

    def drop(self, names: Iterable[str]) -> None:
        """Take it away."""
        for name in names:
            with suppress(OSError):
                (self.root / name).unlink()

    def _settle(self, folder: Path) -> None:
        """A name is safe when its folder is flushed, and a folder when those above it are."""
        sync_folder(folder)
        for inner in (folder, folder.parent):
            if inner not in self._safe:
                sync_folder(inner.parent)
                self._safe.add(inner)

    def read(self, name: str) -> bytes | None:
        """The bytes, or nothing."""
        try:
            return (self.root / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Trouble.because("blobs_out_of_reach", detail=str(error)) from error

    def read_part(self, name: str, start: int, length: int) -> bytes | None:
        """Those bytes of it, fewer where it ends."""
        try:
            with (self.root / name).open("rb", buffering=0) as file:
                return os.pread(file.fileno(), length, start)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Trouble.because("blobs_out_of_reach", detail=str(error)) from error

    def names(self) -> Iterator[str]:
        """All names."""
        for file in self.root.glob("??/??/*"):
            if not file.name.startswith("."):
                yield file.relative_to(self.root).as_posix()


class Bucket:
    """A bucket of any S3; credentials come from the environment, as boto3 reads them."""

    def __init__(self, bucket: str, prefix: str = "", endpoint: str = "") -> None:
        # boto3 takes half a second to load; who keeps files in a folder never waits for it.
        import boto3
        from botocore.config import Config

        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._client: Any = boto3.client(
            "s3", endpoint_url=endpoint or None,
            config=Config(retries={"max_attempts": 4, "mode": "standard"}, connect_timeout=5, read_timeout=30))

    def write(self, name: str, data: bytes) -> None:
        """Keep the bytes under the name."""
        self._asked("put_object", Key=self._prefix + name, Body=data)

    def put(self, name: str, data: bytes) -> None:
        """As `write`: a bucket keeps each object by itself."""
        self.write(name, data)

    def settle(self, names: Iterable[str]) -> None:
        """Nothing is left to do."""

    def drop(self, names: Iterable[str]) -> None:
        """Take it away."""
        with suppress(Trouble):
            for name in names:
                self._asked("delete_object", Key=self._prefix + name)

    def read(self, name: str) -> bytes | None:
        """The bytes, or nothing."""
        answer = self._asked("get_object", Key=self._prefix + name)
        return None if answer is None else bytes(answer["Body"].read())

    def read_part(self, name: str, start: int, length: int) -> bytes | None:
        """Those bytes of it, fewer where it ends."""
        answer = self._asked("get_object", Key=self._prefix + name, Range=f"bytes={start}-{start + length - 1}")
        return None if answer is None else bytes(answer["Body"].read())

    def names(self) -> Iterator[str]:
        """All names."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix)
        for page in pages:
            for item in page.get("Contents", ()):
                yield str(item["Key"])[len(self._prefix):]

    def _asked(self, call: str, **arguments: object) -> Any:
        """The answer, nothing when there is no such object, trouble when the store does not answer."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return getattr(self._client, call)(Bucket=self._bucket, **arguments)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in ("NoSuchKey", "404"):
                return None
            raise Trouble.because("blobs_out_of_reach", detail=str(error)) from error
        except BotoCoreError as error:
            raise Trouble.because("blobs_out_of_reach", detail=str(error)) from error


def place_at(address: str, *, base: Path, endpoint: str = "") -> Place:
    """The place that a setting names: `s3://bucket/prefix`, or a folder (relative to `base`)."""
    if address.startswith("s3://"):
        bucket, _, prefix = address.removeprefix("s3://").partition("/")
        return Bucket(bucket, prefix, endpoint)
    return Folder(base / address)


def _unnamed(folder: Path) -> int | None:
    """A file without a name there; nothing where the disk knows none (NFS)."""
    try:
        return os.open(folder, _UNNAMED | os.O_WRONLY, 0o666)
    except OSError as error:
        if error.errno in (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL):
            return None
        raise


def _named(line: int, target: Path, data: bytes) -> None:
    """Fill a file that has no name, then give it one."""
    with open(line, "wb") as out:
        _filled(out, data)
        # What is named as folder counts for nothing; only with one does Python follow the link to the open file.
        try:
            os.link(f"/proc/self/fd/{line}", target, src_dir_fd=line)
        except FileExistsError:
            beside = _another(target)
            os.link(f"/proc/self/fd/{line}", beside, src_dir_fd=line)
            beside.replace(target)


def _beside(target: Path, data: bytes) -> None:
    beside = _another(target)
    try:
        with beside.open("xb") as out:
            _filled(out, data)
        beside.replace(target)
    except OSError:
        beside.unlink(missing_ok=True)  # a full disk is to stay as full as it was
        raise


def _another(target: Path) -> Path:
    """A name beside that one, which is no file's."""
    return target.with_name(f".{target.name}.{secrets.token_hex(4)}")


def _filled(out: IO[bytes], data: bytes) -> None:
    out.write(data)
    out.flush()
    os.fsync(out.fileno())
