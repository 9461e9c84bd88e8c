"""The place of a disc's images, opened on a folder without a server: what a launch costs until a picture is seen."""

from __future__ import annotations

import sys
from pathlib import Path

from PyQt6.QtWidgets import QApplication, QMainWindow

from workstation.background import SWITCH_S, Background
from workstation.models.images.disc import DiscModel, DiscReading, DiscStage
from workstation.models.images.loading import Loader
from workstation.models.images.pixel_memory import PixelMemory
from workstation.views import style
from workstation.views.actions import ActionSet, Place
from workstation.views.images.disc_place import DiscPlace


def main() -> int:
    """Read the folder, hang its first study, stay until somebody ends it."""
    application = QApplication(sys.argv[:1])
    sys.setswitchinterval(SWITCH_S)
    style.apply(application, "day")
    window, background, loader = QMainWindow(), Background(), Loader(PixelMemory(400 << 20))
    actions, model = ActionSet(window), DiscModel(background)

    def opened() -> None:
        if model.stage is DiscStage.READ:
            reading = DiscReading(model.persons[0], loader, background, window)
            window.setCentralWidget(DiscPlace(reading, model.unreadable, actions, leave=window.close))
            actions.enter(Place.IMAGES)

    model.changed.connect(opened)
    model.read(Path(sys.argv[1]))
    window.resize(1366, 768)
    window.show()
    return application.exec()


if __name__ == "__main__":
    sys.exit(main())
