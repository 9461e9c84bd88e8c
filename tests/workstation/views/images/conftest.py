"""The place «Hình ảnh» over stacks that are held in memory, at a desk on a little server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PyQt6.QtWidgets import QApplication, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from tests.workstation.little_server import LittleServer
from tests.workstation.models.desks import Desks, made
from tests.workstation.views.images.shelf import HeldShelf, Reader, a_hospital_of_images
from workstation.background import Background
from workstation.client import Client
from workstation.models.images.patient_reading import ReadingModel
from workstation.views import style
from workstation.views.actions import ActionSet, Place
from workstation.views.images.patient_place import ImagesPlace


@pytest.fixture
def desks(tmp_path: Path, little: LittleServer, client_of: Callable[..., Client], background: Background,
          qtbot: QtBot) -> Iterator[Desks]:
    yield from made(tmp_path, little, client_of, background, qtbot)


@pytest.fixture
def reader(qapp: QApplication, desks: Desks, qtbot: QtBot) -> Iterator[Reader]:
    """A chest CT of two series, an X-ray before it; the place is open and its first pictures are seen."""
    style.apply(qapp, "day")
    shelf = HeldShelf()
    patient = a_hospital_of_images(desks.little, shelf)
    window = QWidget()
    window.setLayout(QVBoxLayout())
    actions = ActionSet(window)
    reading = ReadingModel(desks.open(), patient, shelf)
    place = ImagesPlace(reading, None, actions, window)
    layout = window.layout()
    assert layout is not None
    layout.addWidget(place)
    layout.setContentsMargins(0, 0, 0, 0)
    window.resize(1366, 636)
    with qtbot.waitActive(window, timeout=10_000):
        window.show()
    actions.enter(Place.IMAGES)
    place.enter()
    yield Reader(window, place, actions, shelf, desks)
    place.stop()
    window.close()
    window.deleteLater()


@pytest.fixture
def opened(reader: Reader, qtbot: QtBot) -> Reader:
    grid = reader.place.grid
    qtbot.waitUntil(lambda: len(grid.cells) == 4 and all(cell.viewport.here for cell in grid.cells), timeout=10_000)
    return reader
