"""The rows of images whose files are on the disk: what a header says, as the tables keep it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from server.ids import new_id
from server.services.image_headers import Instance, Series
from server.store import images
from server.store.keys import ScopeKey


def file_kept(db: Connection, key: ScopeKey, kept: Sequence[tuple[Instance, Mapping[str, Any]]]) -> set[str]:
    """File images of one study whose files are here already, in this transaction; the SHA-256 of those that it filed.

    Left out: those of a UID that is here, or whose series is in another study. Series come first and in one order, as
    an arriving image's do: neither waits for the other in a ring.
    """
    rows = [row_of(key, head, told) for head, told in kept]
    for head in {head.series.uid: head for head, _ in sorted(kept, key=lambda one: one[0].series.uid)}.values():
        images.add_series(db, new_id(), key.scope, head.series.uid, columns_of(head.series))
    done = images.add_instances(db, rows)
    return {row["file"] for row in rows if row["id"] in done}


def row_of(key: ScopeKey, head: Instance, kept: Mapping[str, Any]) -> dict[str, Any]:
    """An image's row; `kept` says which file, how long, and who sent it."""
    return {
        "id": new_id(), "study": key.scope, "series_uid": head.series.uid, "modality": head.series.modality,
        "uid": head.uid, "sop_class": head.sop_class, "transfer_syntax": head.transfer_syntax, "number": head.number,
        "height": head.height, "width": head.width, "frames": head.frames, "bits": head.bits,
        "metadata": images.seal_metadata(key, head.uid, head.metadata), **kept}


def columns_of(head: Series) -> dict[str, Any]:
    """A series' row, by what its first image says."""
    return {"modality": head.modality, "number": head.number, "description": head.description,
            "body_part": head.body_part, "laterality": head.laterality, "series_date": head.date,
            "series_time": head.time, "station": head.station, "step_date": head.step_date,
            "step_time": head.step_time, "requests": head.requests}
