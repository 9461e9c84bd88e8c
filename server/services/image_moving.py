"""Images of a second patient under one Study Instance UID become a study of that patient's own: copies under new UIDs.

The study is matched as one that arrives is (`image_receiving`), so whose it is never follows from the moving itself;
what the device sent stays where it was kept apart, byte for byte.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import astuple
from typing import Any

from sqlalchemy import Row

from imaging.moving import Moving, copy
from records.errors import Refusal, Trouble
from records.image_identity import Named
from server.services import image_founding, image_receiving
from server.services.hospital import Desk
from server.services.image_headers import Instance, read_header
from server.store import base, images
from server.store import image_strays as store
from server.store.image_strays import Stray
from server.store.keys import ScopeKey

MOST_BYTES = 1 << 29
"""Moved in one act: they are read, written again and put on the disk within it. What is left stays on the list."""


def moved(
    desk: Desk, row: Row[Any], key: ScopeKey, named: Named | None, *, strays: Sequence[Stray], alike: Iterable[Stray],
) -> list[Stray]:
    """Those that are in a study of their own from now on; left apart are those that cannot be written again.

    `alike` are all that name the same person, moved ones too: references among them are followed.
    """
    # Who moves more of them later, or the same again, comes into the same study: the rule knows no more than this.
    words = json.dumps([row.uid, astuple(named) if named is not None else None])
    moving = Moving(words, frozenset(one.uid for one in alike), base.now(desk.db))
    place, own, kept, put = desk.hospital.images, None, [], {}
    for one in strays:
        copied = _copied(desk, key, one, moving)
        if copied is None:
            continue
        head, file = copied
        own = own or _key_of_study(desk, head)
        sha256 = images.put(place, own, file)
        put[sha256] = one
        kept.append((head, {"file": sha256, "length": len(file), "sender": one.sender}))
    if own is None:
        raise Refusal.because("image_stray_unwritable")
    images.settle(place, [(own, sha256) for sha256 in put])
    filed = image_receiving.file_kept(desk.db, own, kept)
    if not filed:
        raise Refusal.because("image_stray_here")
    _tell(desk, moving.uid(row.uid))
    return [one for sha256, one in put.items() if sha256 in filed]


def _copied(desk: Desk, key: ScopeKey, stray: Stray, moving: Moving) -> tuple[Instance, bytes] | None:
    try:
        file = copy(images.open_file(desk.hospital.images, key, stray.file).read(), moving)
        return read_header(file), file
    except Trouble:
        raise
    except Refusal:
        return None


def _key_of_study(desk: Desk, head: Instance) -> ScopeKey:
    study = image_founding.study_for(desk.hospital, desk.db, head.study, desk.person.full_name)
    return desk.hospital.keys.of(desk.db, study)


def _tell(desk: Desk, uid: str) -> None:
    study = store.study(desk.db, uid)
    if study is not None and study.encounter is not None:
        desk.tell("images", encounter=study.encounter)
