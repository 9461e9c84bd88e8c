"""Run in a process of its own, whose screen is scaled: what a window shows is what imaging paints, pixel by pixel."""

from __future__ import annotations

import json
import math
import sys

import numpy as np
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication, QHBoxLayout, QWidget

from imaging.rendering import render
from tests.imaging.samples import smooth
from tests.workstation.models.images.stacks import HeldStack, disc, loaded, slice_at
from tests.workstation.views.images.test_viewport import pixels
from tests.workstation.views.keyboard import press
from workstation.models.images.marks import Marks
from workstation.models.images.stack import Loaded
from workstation.views import style
from workstation.views.images.tool_bar import ViewerBar
from workstation.views.images.viewport import Viewport


def main() -> None:
    app = QApplication(sys.argv)
    style.apply(app, "day")
    window, side, viewport = QWidget(), QWidget(), Viewport(Marks())
    side.setFixedWidth(127)  # no whole number of device pixels at 125 % and 150 %
    layout = QHBoxLayout(window)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    layout.addWidget(side)
    layout.addWidget(viewport)
    window.resize(911, 425)
    window.show()
    viewport.show_stack(HeldStack([loaded(slice_at(smooth(500, 600)))]))
    told = {"ratio": window.devicePixelRatioF(), "fitted": off(window, viewport)}
    press(viewport, Qt.Key.Key_X)
    told["one_to_one"] = off(window, viewport)
    lens = viewport.lens()
    told["scale"] = 0 if lens is None else lens.scale
    press(viewport, Qt.Key.Key_D)
    press(viewport, Qt.Key.Key_Return)
    press(viewport, Qt.Key.Key_Return)
    for _ in range(5):
        press(viewport, Qt.Key.Key_Right)
    press(viewport, Qt.Key.Key_Return)
    [mark] = viewport.marks.all()
    told["mm"] = 0 if mark.reading is None else mark.reading.size
    told["pixels"] = mark.points[1][0] - mark.points[0][0]
    told["bar"] = {width: cut(width, loaded(slice_at(disc(), BodyPartExamined="CHEST"))) for width in (910, 1093, 1366)}
    print(json.dumps(told))


def off(window: QWidget, viewport: Viewport) -> list[int]:
    """How many pixels of the picture's middle are another grey than imaging's, and how many there are."""
    QApplication.processEvents()
    lens, here = viewport.lens(), viewport.here
    view = None if lens is None else lens.view()
    if lens is None or view is None or here is None:
        return [-1, 0]
    wanted = render(here.frame, here.grey, view)
    left, top, right, bottom = lens.seen
    ratio = window.devicePixelRatioF()
    grabbed = pixels(window.grab().toImage())
    # Words stand at the rim: what is compared lies within.
    inner = (slice((bottom - top) // 4, (bottom - top) * 3 // 4), slice((right - left) // 5, (right - left) * 4 // 5))
    # A widget that begins between two device pixels is drawn from one or the other on.
    wrong = min(int((grabbed[y:y + bottom - top, x:x + right - left][inner] != wanted[inner][:, :, None])
                    .any(axis=2).sum())
                for x in {math.floor(viewport.x() * ratio) + left, math.ceil(viewport.x() * ratio) + left}
                for y in {math.floor(viewport.y() * ratio) + top, math.ceil(viewport.y() * ratio) + top})
    return [wrong, int(wanted[inner].size), int(np.unique(wanted[inner]).size)]


def cut(width: int, here: Loaded) -> int:
    """By how many pixels the tools of a chest CT are wider than a bar of that width."""
    bar, viewport = ViewerBar(lambda _action: None, lambda _over: None), Viewport(Marks())
    viewport.gaze._here = here
    bar.resize(width, 38)
    bar.show_state(viewport, 2, 2, linked=True)
    layout = bar.layout()
    return max(0, layout.sizeHint().width() - width) if layout is not None else -1


if __name__ == "__main__":
    main()
