"""Images of a second patient under one Study Instance UID become a study of that patient's own: copies under new UIDs.

The study is matched as one that arrives is (`image_receiving`), so whose it is never follows from the moving itself;
what the device sent stays where it was kept apart, byte for byte.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from uuid import UUID

from sqlalchemy import Connection

from imaging.moving import Moving, copy
from records.errors import Refusal, Trouble
from records.image_identity import Named
from server.services import image_filing, image_founding
from server.services.hospital import Hospital
from server.services.image_headers import Instance, read_header
from server.store import base, images
from server.store import image_strays as store
from server.store.image_strays import Stray
from server.store.keys import ScopeKey

MOST_BYTES = 1 << 29
"""Moved in one act: they are read, written again and put on the disk within it. What is left stays on the list."""


@dataclass(frozen=True)
class From:
    """Which images move: of which study (its UID and key), naming whom; and by whom, as the audit says it."""

    study: str
    key: ScopeKey
    named: Named | None
    sender: str


@dataclass(frozen=True)
class Moved:
    """Those that are in a study of their own from now on, and whose that is, where it is known."""

    strays: list[Stray]
    patient: UUID | None
    encounter: UUID | None


def moved(
    hospital: Hospital, db: Connection, begin: From, *, strays: Sequence[Stray], alike: Iterable[Stray],
) -> Moved:
    """Move them; left apart are those that cannot be written again.

    `alike` are all that name the same person, moved ones too: references among them are followed.
    """
    # Who moves more of them later, or the same again, comes into the same study: the rule knows no more than this.
    words = json.dumps([begin.study, astuple(begin.named) if begin.named is not None else None])
    moving = Moving(words, frozenset(one.uid for one in alike), base.now(db))
    place, own, kept, put = hospital.images, None, [], {}
    for one in strays:
        copied = _copied(hospital, begin.key, one, moving)
        if copied is None:
            continue
        head, file = copied
        own = own or hospital.keys.of(db, image_founding.study_for(hospital, db, head.study, begin.sender))
        sha256 = images.put(place, own, file)
        put[sha256] = one
        kept.append((head, {"file": sha256, "length": len(file), "sender": one.sender}))
    if own is None:
        raise Refusal.because("image_stray_unwritable")
    images.settle(place, [(own, sha256) for sha256 in put])
    filed = image_filing.file_kept(db, own, kept)
    if not filed:
        raise Refusal.because("image_stray_here")
    study = store.study(db, moving.uid(begin.study))
    return Moved([one for sha256, one in put.items() if sha256 in filed],
                 study.patient if study is not None else None, study.encounter if study is not None else None)


def _copied(hospital: Hospital, key: ScopeKey, stray: Stray, moving: Moving) -> tuple[Instance, bytes] | None:
    try:
        file = copy(images.open_file(hospital.images, key, stray.file).read(), moving)
        return read_header(file), file
    except Trouble:
        raise
    except Refusal:
        return None
