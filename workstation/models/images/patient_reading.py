"""The images that the hospital has of one patient, as they are read at a signed-in person's desk."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from PyQt6.QtCore import QObject

from records.messages import PatientView
from workstation.background import Command
from workstation.client.image_storing import StoringRoutes
from workstation.config import ZONE
from workstation.models.desk import Desk
from workstation.models.images.keeping import MarksKeeper
from workstation.models.images.reading import Reading
from workstation.models.images.remote_objects import RemoteObjects
from workstation.models.images.remote_thumbnails import RemoteThumbnails
from workstation.models.images.series import SeriesShelf
from workstation.models.images.state_saving import StateSaver
from workstation.models.images.studies import StudiesModel


class ReadingModel(Reading):
    """The images that the hospital has of one patient."""

    studies: StudiesModel
    saver: StateSaver

    def __init__(self, desk: Desk, patient: PatientView, source: SeriesShelf, parent: QObject | None = None) -> None:
        super().__init__(source, desk.background, parent)
        self.desk, self.patient = desk, patient
        self.studies = StudiesModel(desk, patient, self)
        self.studies.loaded.connect(self.take_in)
        desk.sync.images_stale.connect(self.studies.look_again)
        desk.sync.chart_stale.connect(self._stale)
        self.keeper = MarksKeeper(desk, self.marks, patient, self)
        self.thumbnails = RemoteThumbnails(desk.client, desk.background, self)
        self.objects = RemoteObjects(desk.client, desk.background, self)
        # Vietnamese names begin with the family's: the first component of a PN.
        self.saver = StateSaver(StoringRoutes(desk.client.door), desk.background,
                                desk.account.person.full_name.replace(" ", "^", 1), lambda: datetime.now(ZONE), self)
        self.saver.kept.connect(self.annexes.take)
        self.key_frames.keep_by(partial(self._remember, f"key-frames:{patient.id}"),
                                desk.store.kept(f"key-frames:{patient.id}") or ())

    def _stale(self, encounter: UUID | None) -> None:
        """All charts at once: the server was away and is back. The list of studies asks by itself."""
        if encounter is None:
            self.line_back.emit()

    def _remember(self, key: str, items: list[dict[str, Any]]) -> None:
        store = self.desk.store
        self.desk.background.run(Command(f"keep {key}", lambda: store.keep(key, items), lambda _: None), lane="store")
