"""The demo day's images: F7 in the chart, down through the slices, a length; an ordered X-ray, taken and seen."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from PyQt6.QtCore import Qt

from records.order_states import OrderState
from scripts.demo_theatre import KEYS, StepFailed, Theatre
from workstation.models.images.marks import Kind, Mark
from workstation.models.images.measuring import measured
from workstation.views.actions import Place
from workstation.views.images.patient_place import ImagesPlace


def look_at_images(theatre: Theatre) -> None:
    """F7: the chest CT beside the X-ray before it; down through the slices, a length over the shadow; back."""
    place = images(theatre)
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


def images(theatre: Theatre) -> ImagesPlace:
    """F7 in the chart."""
    theatre.press(Qt.Key.Key_F7)
    place = theatre.program.window.work.place(Place.IMAGES) if theatre.program.window.work is not None else None
    if not isinstance(place, ImagesPlace):
        raise StepFailed("F7 opens no images")
    return place


@contextmanager
def xray_room(home: Path) -> Iterator[subprocess.Popen[str]]:
    """The device beside the window, a program of its own: it takes what is ordered while the doctor goes on."""
    command = [sys.executable, "-m", "scripts.demo_device", "--home", str(home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as program:
        try:
            yield program
        finally:
            program.kill()


def taken(theatre: Theatre, room: subprocess.Popen[str]) -> str:
    """The study that the X-ray room sent, once its step has ended."""
    theatre.wait("the X-ray room to end its step", lambda: room.poll() is not None)
    *lines, last = (room.stdout.read() if room.stdout else "").splitlines() or [""]
    print("\n".join(lines), flush=True)
    if not last.startswith("TAKEN "):
        raise StepFailed(f"the X-ray room took nothing: {last}")
    return last.split()[2]


def see_what_was_taken(theatre: Theatre, entry: UUID, study: str) -> None:
    """The row says «đã chụp»; F7 shows the new picture, which waited until it was asked for."""
    chart = theatre.chart()

    def states() -> set[OrderState]:
        return {order.state for item in chart.chart.items if item.entry == entry for order in item.orders}

    theatre.wait("the order to be taken", lambda: OrderState.TAKEN in states())
    chart.show_entry(entry)
    theatre.photograph("chi-dinh-da-chup")
    place = images(theatre)
    studies = place.reading.studies
    theatre.wait("the studies", lambda: studies.known)
    studies.look_again()

    def is_whole() -> bool:
        """The study may have been listed in the moment before its first image was."""
        found = studies.study(study)
        return found is not None and bool(found.series)

    def take_in() -> bool:
        """F5, each time that something came; again, if its picture came after its study."""
        theatre.program.window.actions_.trigger("images.take_in")
        return is_whole()

    theatre.wait("the new picture's study", lambda: is_whole() or (studies.news.words and take_in()))
    place.open_at(study)
    theatre.wait("the new picture", lambda: (here := place.grid.viewport.here) and here.spot.study_uid == study)
    KEYS.qWait(800)
    theatre.photograph("anh-vua-chup")
    theatre.press(Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
