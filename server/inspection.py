"""`benhan-server verify`: the whole store tells one story, or it is said where it does not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from records import pades
from records.errors import Reason
from records.receipts import PublicKey, key_id, keys_from_pem
from server.file_check import pems
from server.services import image_names
from server.services.hospital import Hospital
from server.settings import Settings
from server.store import base, chain, walk


def verify(settings: Settings, *, anchor: Path | None, as_json: bool, images: bool = False) -> int:
    """Walk the whole store; 0 when every version, file, signature, receipt, image and seal tells one story.

    With `images` every image is read whole, which takes as long as the disk needs for them.
    """
    hospital = Hospital.open(settings)
    try:
        keys = {key_id(hospital.server_key.public): hospital.server_key.public,
                **keys_from_pem(pems(settings.path(settings.trust)))}
        anchored = chain.Anchored.read(anchor or settings.path(settings.anchor))
        with base.snapshot(hospital.engine) as db:
            walks = [
                walk.versions(db, hospital.keys), walk.files(db, hospital.keys, hospital.blobs, _judge(hospital)),
                walk.signed(db, keys), walk.receipted(db, keys), walk.states(db),
                walk.shown(db, hospital.keys), walk.images(db, hospital.keys, hospital.images, whole=images),
                image_names.walked(db, hospital), _audit(db, keys, anchored),
            ]
    finally:
        hospital.close()
    if as_json:
        print(json.dumps([_told(each) for each in walks], ensure_ascii=False, indent=1))
    else:
        for each in walks:
            print(*_lines(each), sep="\n")
    return 1 if any(each.broken for each in walks) else 0


def _judge(hospital: Hospital) -> walk.Judge:
    """An accepted file, judged anew: still good but for what time has taken (a certificate that has ended since)."""
    # A file was accepted under the list of its day: an authority that was taken off since does not undo it.
    trust = hospital.trust_list.ever

    def judge(data: bytes) -> tuple[Reason, ...]:
        verdict = pades.judge(data, trust, datetime.now(UTC))
        return () if verdict.good else verdict.reasons

    return judge


def _audit(db: Connection, keys: Mapping[str, PublicKey], anchor: chain.Anchored) -> walk.Walked:
    found = chain.walk(db, keys, anchor)
    return walk.Walked("audit", found.seals, found.unsealed, found.breaks)


def _told(each: walk.Walked) -> dict[str, Any]:
    """For `--json`; of each kind the first broken thing stands first."""
    return {"kind": each.kind, "looked_at": each.looked_at, "closed": each.closed, "good": not each.broken,
            "broken": [reason.as_json() for reason in each.broken]}


def _lines(each: walk.Walked) -> tuple[str, ...]:
    if not each.broken:
        return (f"OK      {each.kind}: {each.looked_at}",)
    first = each.broken[0]
    more = f" (and {len(each.broken) - 1} more)" if len(each.broken) > 1 else ""
    return (f"BROKEN  {each.kind}: {first.code} at {first.where or '-'}: {first.english}{more}",)
