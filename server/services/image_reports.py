"""Reports that hold key images: each is of the patient's own, of the very file that is kept here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from records.entries import Version
from records.errors import Reason
from records.forms import EntryKind
from server.services.hospital import Desk
from server.store import images


def doubts(desk: Desk, version: Version, kind: EntryKind) -> Iterator[Reason]:
    """What is wrong with the key images of an entry: somebody else's, one that nobody knows, another file's."""
    held = [(field.key, number, item) for field in kind.fields if field.type == "images"
            for number, item in enumerate(version.values.get(field.key, ()), start=1)]
    if not held:
        return
    known = images.files_of(desk.db, version.subject.id, [item["instance"] for _key, _number, item in held])
    for key, number, item in held:
        yield from _about(key, number, item, known)


def _about(key: str, number: int, item: Mapping[str, Any], known: Mapping[str, str]) -> Iterator[Reason]:
    file = known.get(item["instance"])
    if file is None:
        yield Reason("key_image_of_nobody", key, {"number": number})
    elif file != item["sha256"]:
        yield Reason("key_image_of_other_file", key, {"number": number})
