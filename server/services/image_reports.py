"""Images that go into reports and out of the house: which file an image is, whose it is, for whom it leaves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from records.entries import Version
from records.errors import Reason, Refusal
from records.forms import EntryKind
from records.imaging_orders import answered_order
from records.messages import ImageExportGiven, ImageFileView
from server.services import images as image_looks
from server.services.hospital import Desk
from server.store import images, imaging_orders


def file_of(desk: Desk, study: str, series: str, uid: str) -> ImageFileView:
    """Which file is kept of an image that this person may see."""
    (kept,) = image_looks.look(desk, study, series, uid).images
    return ImageFileView(sha256=kept.file, length=kept.length)


def leaving(desk: Desk, given: ImageExportGiven) -> None:
    """Keep that studies leave on a medium, with or without their patient, for whom and why; refuses what is unseen."""
    for uid in given.studies:
        owner = images.seen_study(desk.db, uid, image_looks.sight_of(desk))
        if owner is None:
            raise Refusal.because("thing_unknown", "image")
        desk.note("images.export", patient=owner.patient, encounter=owner.encounter,
                  facts={"study": uid, "named": given.named, "reason": given.reason.strip()})


def doubts(desk: Desk, version: Version, kind: EntryKind) -> Iterator[Reason]:
    """What is wrong with a result: it answers an order that is none of this stay's; a key image is somebody else's, one
    that nobody knows, or another file's.
    """
    if named := answered_order(version):
        order = imaging_orders.owner(desk.db, accession=named)
        if order is None or order.encounter != version.stay.id:
            yield Reason("order_of_nobody", named)
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
