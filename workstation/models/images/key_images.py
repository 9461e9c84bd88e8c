"""Key images that a reader has chosen for the report: kept on this PC for each patient until a report takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QObject, pyqtSignal

from imaging.png import png
from records.errors import Refusal
from records.forms import EntryKind, Field
from records.pictures import MOST, as_text, is_key_image, read_png
from workstation.background import Command
from workstation.models.images.stack import Spot

if TYPE_CHECKING:
    from records.messages import Chart
    from workstation.models.desk import Desk

LONGEST_SIDE = 512
"""Pixels of a picture that goes into a record: sharp at the half of a page's width."""
KeyImage = Mapping[str, Any]


def key_image(spot: Spot, sha256: str, words: str, picture: NDArray[np.uint8]) -> KeyImage:
    """What a record holds of a frame: where it is, what is said of it, and these pixels (`records.pictures`).

    Refuses a picture that no record takes; draw it at most `LONGEST_SIDE` on its longer side.
    """
    data = png(picture)
    read_png(data)
    return {"study": spot.study_uid, "series": spot.series_uid, "instance": spot.sop_instance_uid,
            "frame": spot.frame, "sha256": sha256, "words": words, "picture": as_text(data)}


def spot_of(item: KeyImage) -> Spot:
    """The frame that a key image was drawn from."""
    return Spot(item["study"], item["series"], item["instance"], item["frame"])


class KeyImages(QObject):
    """The chosen ones, in the order of choosing; one of a frame at most. A report's blank takes them from here."""

    changed = pyqtSignal(object)
    """UUID of the patient."""
    wanted = pyqtSignal(object, object)
    """Somebody wants to see the frame of a key image: UUID of the patient, Spot."""

    def __init__(self, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._chosen: dict[UUID, tuple[KeyImage, ...]] = {}

    def of(self, patient: UUID) -> tuple[KeyImage, ...]:
        """Those of a patient."""
        if patient not in self._chosen:
            held = self._desk.store.kept(_key(patient))
            self._chosen[patient] = tuple(item for item in held or () if is_key_image(item))
        return self._chosen[patient]

    def has(self, patient: UUID, spot: Spot) -> bool:
        """Whether a frame is among them."""
        return any(spot_of(item) == spot for item in self.of(patient))

    def choose(self, patient: UUID, item: KeyImage) -> None:
        """Take one in, in the place of what the same frame had; refuses more than a report takes."""
        held = self.of(patient)
        spots = [spot_of(one) for one in held]
        if spot_of(item) in spots:
            at = spots.index(spot_of(item))
            self._put(patient, (*held[:at], item, *held[at + 1:]))
            return
        if len(held) >= MOST:
            raise Refusal.because("value_too_many_images", label="Ảnh chính", limit=MOST)
        self._put(patient, (*held, item))

    def drop(self, patient: UUID, spots: Sequence[Spot]) -> None:
        """No longer chosen: taken into a report, or taken back by the reader."""
        left = tuple(item for item in self.of(patient) if spot_of(item) not in spots)
        if left != self.of(patient):
            self._put(patient, left)

    def _put(self, patient: UUID, items: tuple[KeyImage, ...]) -> None:
        self._chosen[patient] = items
        store, kept = self._desk.store, [dict(item) for item in items]
        self._desk.background.run(
            Command(f"keep key images {patient}", lambda: store.keep(_key(patient), kept), lambda _: None),
            lane="store")
        self.changed.emit(patient)


@dataclass(frozen=True)
class ForReports:
    """The chosen ones of one patient, as a report sees them."""

    keeper: KeyImages
    patient: UUID

    @property
    def chosen(self) -> tuple[KeyImage, ...]:
        """Those that wait for a report."""
        return self.keeper.of(self.patient)

    def show(self, item: KeyImage) -> None:
        """The reader clicked on one: whoever shows images listens."""
        self.keeper.wanted.emit(self.patient, spot_of(item))

    def for_order(self, kind: EntryKind, number: str, chart: Chart) -> dict[str, Any]:
        """What a report on the order of that number begins with: those chosen of its pictures."""
        studies = {study for one in chart.imaging_orders if number and one.accession == number for study in one.studies}
        items = taken_in((), [item for item in self.chosen if item["study"] in studies]) if blank_of(kind) else []
        return {blank_of(kind): [dict(item) for item in items]} if items else {}

    def left_out(self, field: Field, before: Any, after: Any) -> None:
        """What the writer takes out of a report is no longer chosen, or the next `K` would bring it back."""
        if field.type != "images":
            return
        kept = {spot_of(item) for item in after or () if is_key_image(item)}
        self.keeper.drop(self.patient, [spot for item in before or () if is_key_image(item)
                                        and (spot := spot_of(item)) not in kept])

    def taken(self, kind: EntryKind, values: Mapping[str, Any]) -> None:
        """A report with these values is signed: what it holds waits no longer."""
        held = [spot_of(item) for field in kind.fields if field.type == "images" for item in values.get(field.key, ())]
        self.keeper.drop(self.patient, held)


def blank_of(kind: EntryKind) -> str:
    """The blank that takes key images; empty when there is none."""
    return next((field.key for field in kind.fields if field.type == "images"), "")


def taken_in(held: Sequence[KeyImage], chosen: Sequence[KeyImage]) -> list[KeyImage]:
    """A report's pictures with these, as many as it takes: the words that its writer gave a picture stay, a frame that
    was chosen anew as it looks now takes the place of how it looked.
    """
    made = list(held)
    places = {spot_of(item): at for at, item in enumerate(made)}
    for item in chosen:
        at = places.get(spot_of(item))
        if at is None and len(made) < MOST:
            made.append(item)
        elif at is not None and made[at]["picture"] != item["picture"]:
            made[at] = item
    return made


def _key(patient: UUID) -> str:
    return f"key-images:{patient}"
