"""`benhan --images PATH`: images of a disc, folder or file, with no server, no sign-in; the second composition root.

What stands between the call and the first picture is loaded in the order in which it is needed; the rest of the
program never is, and settings and log come behind the picture. A disc is being read while the window is made.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PyQt6.QtWidgets import QApplication

from imaging.lean import load_pydicom
from imaging.sources import MIB
from workstation.background import Background, let_the_window_go_first
from workstation.ending import take_apart

MEMORY_MB = 400
"""Until the settings are read: what suits a PC of 4 GB."""


def run(images: Path, arguments: Sequence[str], settle: Callable[[], int]) -> int:
    """Open the window and show what is there until it is closed; the exit code.

    `settle` is called behind the first picture, and answers how many MB of pixels may be kept.
    """
    application = QApplication([*arguments])
    application.setApplicationName("Bệnh Án")
    application.setDesktopFileName("benhan-images")
    # NumPy would start a thread of linear algebra for each core, and nothing here multiplies large matrices.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    load_pydicom()
    from workstation.models.images.disc import DiscModel
    from workstation.models.images.loading import Loader
    from workstation.models.images.pixel_memory import PixelMemory

    background = Background()
    model, loader = DiscModel(background), Loader(PixelMemory(MEMORY_MB * MIB))
    model.read(images)
    from workstation.uncaught import handle
    from workstation.views import style
    from workstation.views.images.reader_window import ReaderWindow

    style.apply(application)
    window = ReaderWindow(model, loader, background)
    sys.excepthook = partial(handle, window.tell)
    window.settled.connect(lambda: loader.memory.rebound(settle() * MIB))
    window.show()
    let_the_window_go_first(background)
    code = application.exec()
    loader.stop()
    background.stop()
    take_apart(window, model, loader, background)
    return code
