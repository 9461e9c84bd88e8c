"""Stacks in memory behind the place, and what the little server says of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from PyQt6.QtCore import QObject, Qt
from PyQt6.QtWidgets import QApplication, QWidget

from records.image_lists import ImageSeriesView, ImageStudyView
from records.messages import PatientImages, PatientView
from tests.workstation import hospital
from tests.workstation.little_server import LittleServer
from tests.workstation.models.desks import Desks
from tests.workstation.models.images.stacks import HeldStack, disc, loaded, slice_at
from tests.workstation.views.keyboard import KEYS
from workstation.models.images.ordering import Arranged
from workstation.models.images.series import SeriesShelf
from workstation.views.actions import ActionSet
from workstation.views.images.cell import Cell
from workstation.views.images.patient_place import ImagesPlace

CT, XRAY = "1.2.1", "1.2.2"
LUNG, SOFT, PA = "1.2.1.1", "1.2.1.2", "1.2.2.1"
SLICES = 20


class HeldShelf(SeriesShelf):
    """Every series is opened when it is asked for, but those in `late`."""

    def __init__(self) -> None:
        QObject.__init__(self)  # nothing is loaded: there is no loader
        self.stacks: dict[str, HeldStack] = {}
        self.late: set[str] = set()
        self.more: dict[str, HeldStack] = {}
        """What a series has grown to."""

    def open(self, study: str, series: str) -> None:
        if series not in self.late:
            self.opened.emit(series, self.stacks[series])

    def renew(self, study: str, series: str) -> None:
        if series in self.more:
            self.stacks[series] = self.more.pop(series)
            self.grown.emit(series, self.stacks[series])

    def find(self, study: str, series: str) -> Arranged:
        raise NotImplementedError

    def held(self, series: str) -> tuple[int, int]:
        return (len(self.stacks[series]),) * 2 if series in self.stacks else (0, 0)

    def clear(self) -> None:
        self.stacks.clear()

    @property
    def used_bytes(self) -> int:
        return 212 << 20

    @property
    def bound_bytes(self) -> int:
        return 400 << 20


@dataclass
class Reader:
    """Everything that a test needs at hand."""

    window: QWidget
    place: ImagesPlace
    actions: ActionSet
    shelf: HeldShelf
    desks: Desks

    def cell(self, number: int) -> Cell:
        return self.place.grid.cells[number]

    @property
    def places(self) -> list[int]:
        """Which place each viewport shows."""
        return [cell.viewport.gaze.seen for cell in self.place.grid.cells]


def a_hospital_of_images(little: LittleServer, shelf: HeldShelf) -> PatientView:
    shelf.stacks[LUNG] = _ct(LUNG, "Phổi", SLICES, 2.0)
    shelf.stacks[SOFT] = _ct(SOFT, "Trung thất", SLICES // 2, 4.0)
    xray = loaded(slice_at(np.full((120, 100), 900, np.uint16), StudyInstanceUID=XRAY, SeriesInstanceUID=PA,
                           SOPInstanceUID="1.2.2.1.1", Modality="DX", FrameOfReferenceUID="7.7"))
    shelf.stacks[PA] = HeldStack([xray])
    little.images = images()
    return hospital.patient()


def images(more: int = 0, **changes: Any) -> PatientImages:
    """What the server says; `more` slices have come since."""
    now = datetime.now(UTC)
    ct = ImageStudyView(
        uid=CT, date="20261116", time="152000", description="CT ngực", modalities=("CT",), instances=30 + more,
        received_at=now, encounter=hospital.ENCOUNTER, accession="2600000011", series=(
            ImageSeriesView(uid=LUNG, modality="CT", number=1, description="Phổi", body_part="CHEST",
                            instances=SLICES + more, frames=SLICES + more, middle="1"),
            ImageSeriesView(uid=SOFT, modality="CT", number=2, description="Trung thất", body_part="CHEST",
                            instances=SLICES // 2, frames=SLICES // 2, middle="1"),
            ImageSeriesView(uid="1.2.1.9", modality="SR", number=9, instances=1, shown=False)))
    xray = ImageStudyView(
        uid=XRAY, date="20250212", time="094100", description="X-quang ngực thẳng", modalities=("DX",), instances=1,
        received_at=now, series=(ImageSeriesView(uid=PA, modality="DX", number=1, description="PA", body_part="CHEST",
                                                 instances=1, frames=1, middle="1"),))
    return PatientImages(studies=(ct, xray), **changes)


def grown(series: str, count: int, more: int) -> HeldStack:
    """The lung's series when that many slices have come before the first that was there."""
    return _ct(series, "Phổi", count, 2.0, first=1 - more)


def _ct(series: str, description: str, count: int, step: float, first: int = 1) -> HeldStack:
    return HeldStack([loaded(slice_at(
        disc(number), number, StudyInstanceUID=CT, SeriesInstanceUID=series, SOPInstanceUID=f"{series}.{number}",
        SeriesDescription=description, SeriesNumber=int(series[-1]), FrameOfReferenceUID="5.5", SliceThickness=step,
        ImagePositionPatient=[-100, -80, number * step])) for number in range(first, count + 1)])


def press(reader: Reader, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    KEYS.keyClick(QApplication.focusWidget() or reader.place.grid.viewport, key, modifiers)


class Kept:
    """What was sent; the server's own part is tested in tests/server/api/test_stored_objects.py."""

    def __init__(self) -> None:
        self.files: list[bytes] = []

    def store_objects(self, study: str, files: Sequence[bytes]) -> None:
        assert study
        self.files += files
