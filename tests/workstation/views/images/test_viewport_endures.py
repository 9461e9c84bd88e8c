"""A viewport over a whole day: memory that does not grow, broken files that crash nothing, screens of other scales."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from imaging.apart import Apart
from imaging.image import open_image
from imaging.sources import InMemory
from records.errors import Reason, Refusal
from tests.imaging.test_hostile import LIMITS, mutated
from tests.workstation.models.images.stacks import HeldStack, loaded, slice_at
from tests.workstation.views.images.test_viewport import at, drag, wheel
from tests.workstation.views.keyboard import press
from workstation.models.images.marks import Marks
from workstation.models.images.stack import Loaded, Spot
from workstation.views.images.viewport import Viewport

ROOT = Path(__file__).parents[4]
FRAMES = 3
"""Of a broken file with many: enough to scroll in it."""


@pytest.fixture
def viewport(dressed: QApplication, qtbot: QtBot) -> Iterator[Viewport]:
    made = Viewport(Marks())
    qtbot.addWidget(made)
    made.resize(500, 500)
    with qtbot.waitActive(made):
        made.show()
    yield made
    made.show_stack(None)


class Passing(HeldStack):
    """Keeps nothing: each asking gives pixels of their own, as a stack does whose memory is bounded."""

    def loaded(self, place: int) -> Loaded | None:
        held = super().loaded(place)
        if held is None:
            return None
        frame = type(held.frame)(held.frame.number, held.frame.values.copy())
        return Loaded(held.spot, held.image, frame, held.grey)


def passing(count: int) -> Passing:
    from bench.pixels import slice_of

    values = slice_of(512)
    return Passing([loaded(slice_at(values + number, number)) for number in range(1, count + 1)])


def growth_mb(viewport: Viewport, scrolls: int) -> float:
    """How much more memory the process holds after so many scrolls, each painted, windowed and turned now and then."""
    process = psutil.Process()
    viewport.show_stack(passing(12))

    def go(count: int) -> None:
        for number in range(count):
            wheel(viewport, 1 if number // 11 % 2 == 0 else -1)
            if number % 50 == 0:
                drag(viewport, QPointF(200, 200), QPointF(240, 190), Qt.MouseButton.RightButton)
                press(viewport, Qt.Key.Key_O)
            viewport.repaint()

    go(300)
    gc.collect()
    before = process.memory_info().rss
    go(scrolls)
    gc.collect()
    return float((process.memory_info().rss - before) / 1e6)


OPENED = """
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication
from workstation.models.images.marks import Marks
from workstation.views import style
from workstation.views.images.viewport import Viewport
app = QApplication([])
style.apply(app)
viewport = Viewport(Marks())
viewport.resize(501, 383)
viewport.show()
QTest.qWaitForWindowExposed(viewport)
"""
"""A viewport in a process of its own."""
ALONE = OPENED + """
from tests.workstation.views.images.test_viewport_endures import growth_mb
print("GROWN", growth_mb(viewport, 250))
"""


def test_memory_stays_while_one_scrolls() -> None:
    """In a process of its own: in that of many tests others' memory moves too, by up to 46 MB within this test."""
    ran = subprocess.run([sys.executable, "-c", ALONE], cwd=ROOT, capture_output=True, text=True, timeout=120,
                         check=True, env={**os.environ, "QT_QPA_PLATFORM": "offscreen"})
    grown = float(ran.stdout.partition("GROWN ")[2])
    assert grown < 20, "one picture kept at each scroll would be 131 MB"


@pytest.mark.soak
def test_memory_stays_over_ten_thousand_scrolls(viewport: Viewport, record_property: Callable[[str, object], None],
                                                ) -> None:
    grown = growth_mb(viewport, 10_000)
    record_property("MB grown", f"{grown:.1f}")
    assert grown < 20


def test_what_is_not_seen_any_more_is_let_go(viewport: Viewport) -> None:
    viewport.show_stack(passing(4))
    viewport.repaint()
    assert viewport.here is not None
    former = weakref.ref(viewport.here.frame)
    wheel(viewport, 1)
    viewport.repaint()
    gc.collect()
    assert former() is None


def show_broken(viewport: Viewport, first: int, count: int) -> dict[str, int]:
    """Mutated public files shown, turned, windowed, measured and painted; what they have to say, counted."""
    told = {"shown": 0, "refused": 0}
    decoder = Apart(seconds=20.0, memory=512 << 20)
    for seed in range(first, first + count):
        name, data = mutated(seed)
        places = _places(data, decoder)
        viewport.marks.forget()
        viewport.show_stack(HeldStack(places))
        for key in (Qt.Key.Key_O, Qt.Key.Key_9, Qt.Key.Key_1, Qt.Key.Key_X, Qt.Key.Key_M):
            press(viewport, key)
            viewport.repaint()
        if viewport.here is not None:
            press(viewport, Qt.Key.Key_R)
            drag(viewport, at(viewport, (1, 1)), at(viewport, (9, 9)))
            drag(viewport, QPointF(200, 200), QPointF(240, 190), Qt.MouseButton.RightButton)
        press(viewport, Qt.Key.Key_End)
        viewport.repaint()
        assert len(places) == viewport.gaze.count, f"seed {seed} ({name})"
        for place in places:
            told["shown" if isinstance(place, Loaded) else "refused"] += 1
    decoder.close()
    return told


def _places(data: bytes, decoder: Apart) -> list[Loaded | Reason]:
    try:
        image = open_image(InMemory(data), LIMITS)
        frames = image.format.frames
    except Refusal as refusal:
        return [refusal.reasons[0]]
    found: list[Loaded | Reason] = []
    for number in range(1, min(frames, FRAMES) + 1):
        try:
            spot = Spot("1", "2", "3", number)
            found.append(Loaded(spot, image, image.frame(number, decoder), image.grey(number)))
        except Refusal as refusal:
            found.append(refusal.reasons[0])
    return found


def test_broken_files_are_shown_or_say_why(viewport: Viewport) -> None:
    told = show_broken(viewport, 40_000, 40)
    assert told["shown"] > 5
    assert told["refused"] > 5


@pytest.mark.soak
def test_two_thousand_broken_files_are_shown_or_say_why(
        viewport: Viewport, record_property: Callable[[str, object], None]) -> None:
    told = show_broken(viewport, 50_000, 2000)
    for what, count in told.items():
        record_property(what, count)
    assert min(told.values()) > 100


SCALED = OPENED + """
import json
from tests.imaging.samples import smooth
from tests.workstation.models.images.stacks import HeldStack, loaded, slice_at
from tests.workstation.views.images.test_viewport import at, drag, middle_of, same_as_imaging
viewport.show_stack(HeldStack([loaded(slice_at(smooth(100, 130)))]))
found = []
for action in ("images.own_window", "images.nearer", "images.turn", "images.one_to_one", "images.reset"):
    viewport.act(action)
    found.append(same_as_imaging(viewport) and middle_of(viewport.grab().toImage(), viewport.snapshot()))
viewport.act("images.length")
ratio = viewport.ratio
drag(viewport, at(viewport, (20, 30)) / ratio, at(viewport, (100, 90)) / ratio)
print(json.dumps({"ratio": ratio, "same": found, "mm": viewport.marks.all()[0].reading.size}))
"""


@pytest.mark.parametrize("scale", [1.25, 2.0])
def test_on_fine_screens_each_device_pixel_is_still_imagings(scale: float) -> None:
    done = subprocess.run([sys.executable, "-c", SCALED], cwd=ROOT, capture_output=True, text=True, timeout=60,
                          check=False, env={**os.environ, "QT_QPA_PLATFORM": "offscreen",
                                            "QT_SCALE_FACTOR": str(scale)})
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told == {"ratio": scale, "same": [True] * 5, "mm": pytest.approx(100 * 0.7, abs=0.1)}
