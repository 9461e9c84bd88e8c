"""What the person was shown: on this PC's disk at once, at the server as soon as it answers."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any
from uuid import UUID

from PyQt6.QtCore import QObject, QTimer

from records.errors import Refusal, Trouble
from records.messages import Look, LooksGiven
from workstation.background import Command, Query

if TYPE_CHECKING:
    from workstation.models.desk import Desk
    from workstation.models.signing_tasks import Task

TELL_AFTER_MS = 1500
"""Looks come one after the other while a stack is read; one request tells several."""


class LooksModel(QObject):
    """Keeps and tells looks; through an outage they wait on the disk."""

    def __init__(self, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._telling, self._was_away = False, True
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._tell)
        desk.sync.status_changed.connect(self._line_changed)

    def see(self, task: Task) -> None:
        """The whole document was on the screen, as this task says it."""
        look = Look(entry=task.entry, version=task.number, values=dict(task.values),
                    seen_at=self._desk.client.clock.server_now())
        store, encounter = self._desk.store, task.encounter.id
        self._desk.background.run(Command("seen", lambda: store.put_looks(encounter, [look], told=False),
                                          self._kept, _nothing), lane="store")

    def _kept(self, _: Any) -> None:
        if not self._timer.isActive():
            self._timer.start(TELL_AFTER_MS)

    def _line_changed(self, _: Any) -> None:
        away, self._was_away = self._was_away, self._desk.away
        if away and not self._was_away:
            self._tell()  # what was looked at in the outage, or when this PC was used last

    def _tell(self) -> None:
        if not self._desk.away and not self._telling:
            self._telling = True
            self._desk.background.run(Query("tell what was seen", self._send, self._told, self._not_told),
                                      lane="looks")

    def _send(self) -> int:
        """How many are told. A refused look is told once and no more: who may not see a patient has seen nothing."""
        store, client = self._desk.store, self._desk.client
        by_encounter: dict[UUID, list[Look]] = defaultdict(list)
        untold = store.untold_looks()
        for one in untold:
            by_encounter[one.encounter].append(one.look)
        for encounter, looks in by_encounter.items():
            try:
                store.put_looks(encounter, client.tell_looks(encounter, LooksGiven(looks=tuple(looks))), told=True)
            except Trouble:
                raise
            except Refusal:
                pass
            store.mark_told(looks)
        return len(untold)

    def _told(self, count: int) -> None:
        self._telling = False
        if count:
            self._timer.start(0)  # until nothing is left

    def _not_told(self, _: Refusal) -> None:
        self._telling = False


def _nothing(_: Any) -> None:
    """Nobody waits for it; an unkept look is a document to look at once more."""
