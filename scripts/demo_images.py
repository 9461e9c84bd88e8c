"""The demo day's look at images: F7 in the chart, down through the slices, a length, a photograph."""

from __future__ import annotations

from PyQt6.QtCore import Qt

from scripts.demo_theatre import KEYS, StepFailed, Theatre
from workstation.models.images.marks import Kind, Mark
from workstation.models.images.measuring import measured
from workstation.views.actions import Place
from workstation.views.images.patient_place import ImagesPlace


def look_at_images(theatre: Theatre) -> None:
    """F7: the chest CT beside the X-ray before it; down through the slices, a length over the shadow; back."""
    theatre.press(Qt.Key.Key_F7)
    place = theatre.program.window.work.place(Place.IMAGES) if theatre.program.window.work is not None else None
    if not isinstance(place, ImagesPlace):
        raise StepFailed("F7 opens no images")
    theatre.wait("the studies", lambda: place.reading.studies.known)
    if not place.reading.studies.studies:
        theatre.press(Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
        return  # a demo without its past (`--history none`)
    theatre.wait("the first pictures", lambda: all(
        cell.viewport.here for cell in place.grid.cells if cell.hung.series_uid))
    for _ in range(12):
        theatre.press(Qt.Key.Key_Down)
    viewport = place.grid.viewport
    theatre.wait("the slice", lambda: viewport.gaze.awaited is None)
    if viewport.here is not None:
        place.reading.marks.put(measured(Mark.new(viewport.here.spot, Kind.LENGTH, ((70, 202), (120, 178))),
                                         viewport.here))
    theatre.wait("the measurement to be kept", place.panel.marks.isVisible)
    KEYS.qWait(1500)
    theatre.photograph("hinh-anh")
    theatre.press(Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
