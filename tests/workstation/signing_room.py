"""A desk with drafts to sign, the doctor's token and the model that signs: for tests of models and windows."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from pytestqt.qtbot import QtBot

from tests.workstation import hospital
from tests.workstation.models.desks import Desks, draft
from workstation.config import Config
from workstation.drafts import CommandState, LocalDraft
from workstation.models.desk import Desk
from workstation.models.editor import EditorModel
from workstation.models.signing import SigningAct, SigningModel, Stage
from workstation.models.signing_tasks import Task, draft_task


class Room:
    """A desk with drafts to sign and the model that signs them."""

    def __init__(self, desks: Desks, config: Config, qtbot: QtBot) -> None:
        self.desks, self.qtbot = desks, qtbot
        self.desk: Desk = desks.open()
        self.model = SigningModel(self.desk, config)
        self.chart = hospital.chart()

    def task(self, text: LocalDraft | None = None) -> Task:
        text = text or draft(values=dict(hospital.GOOD))
        saved = self.desk.store.save_draft(text)
        return draft_task(self.desk, self.chart, EditorModel(self.desk, self.chart, saved, None, self.desk.sync))

    def begin(self, count: int = 1) -> SigningAct:
        act = self.model.begin([self.task() for _ in range(count)])
        self.until(lambda: act.stage is not Stage.LOOKING)
        return act

    def until(self, so: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(so, timeout=30_000)

    def waiting(self) -> int:
        return len(self.desk.store.commands(CommandState.WAITING))


@pytest.fixture
def room_of(desks: Desks, qtbot: QtBot) -> Iterator[Callable[[Config], Room]]:
    made: list[Room] = []

    def make(config: Config) -> Room:
        made.append(Room(desks, config, qtbot))
        return made[-1]

    yield make
    for room in made:
        room.model.close()


Rooms = Callable[[Config], Room]
