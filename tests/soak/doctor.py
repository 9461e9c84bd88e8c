"""What a doctor means to do at the workstation: random hands alone would seldom sign in, write or sign."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication

from tests.journeys.cable import Cable
from tests.server.filling import enough
from tests.soak.paws import Act, Paws, top
from workstation.app import Program
from workstation.models.editor import EditorModel
from workstation.models.worklist import BoardModel
from workstation.views.action import Place
from workstation.views.chart.place import ChartPlace
from workstation.views.signing.dialogs import SignDialog, StackDialog
from workstation.views.ward.board import WardView

WITH_IMAGES = "0026-18842"
"""The demo's patient with pneumonia."""


@dataclass
class Doctor:
    """Somebody of the demo hospital, at the window of a program, behind a cable."""

    chance: random.Random
    paws: Paws
    program: Program
    cable: Cable
    people: list[dict[str, Any]]
    _begun: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    """Drafts as they were begun: what nobody has touched is not kept."""

    def acts(self, place: Place) -> list[tuple[int, Act]]:
        """What is meant here, and how often."""
        if (model := self._writing()) is not None:
            self._begun.setdefault(model.draft.entry, dict(model.values))
        acts: list[tuple[int, Act]] = [(2, self.at_the_cable), (1, self.forgotten)]
        match place:
            case Place.SIGN_IN:
                acts.append((100, self.sign_in))
            case Place.LOCKED:
                acts.append((100, self.unlock))
            case Place.WARD:
                acts.append((12, self.open_chart))
            case Place.CHART:
                acts += [(10, self.write), (10, self.fill), (12, self.sign), (4, self.images)]
        if isinstance(top(), SignDialog | StackDialog):
            acts.append((80, self.paws.text))  # the PIN
        return acts

    def sign_in(self) -> str:
        """Anybody of the demo."""
        form, person = self.program.window.sign_in.password_form, self.chance.choice(self.people)
        form.name.setText(person["username"])
        form.password.setText(person["password"] if self.chance.random() < 0.95 else "wrong-one")
        form.enter.click()
        return f"sign in as {person['username']}"

    def unlock(self) -> str:
        """The password of who locked it."""
        lock, account = self.program.window.lock, self.program.session.account
        if lock is None or account is None:
            return "nobody's lock"
        mine = next(one for one in self.people if one["username"] == account.person.username)
        lock.password.setText(mine["password"])
        lock.open.click()
        return "unlock"

    def open_chart(self) -> str:
        """The chart of somebody on the board; as often as not of the one who has images."""
        page = self.program.window.work
        board = page.place(Place.WARD) if page is not None else None
        if isinstance(board, WardView) and self.chance.random() < 0.5 and (number := _with_images(board)) is not None:
            board.table.selectRow(number)
            board.table.setFocus()
        else:
            for _ in range(self.chance.randrange(12)):
                self.paws.key(Qt.Key.Key_Down)
        return self.paws.key(Qt.Key.Key_Return)

    def write(self) -> str:
        """F6, and one of the kinds that its menu offers."""
        said = self.paws.sequence("F6")
        if QApplication.activePopupWidget() is not None:
            for _ in range(self.chance.randrange(1, 14)):
                self.paws.key(Qt.Key.Key_Down)
            self.paws.key(Qt.Key.Key_Return)
        return said

    def fill(self) -> str:
        """The least that may be signed, into what is open."""
        model = self._writing()
        if model is None or model.is_closed:
            return self.write()
        try:
            values = enough(model.kind, **{key: value for key, value in model.values.items() if value is not None})
        except (AssertionError, KeyError, ValueError):  # what chance wrote before, or a kind that wants more
            return self.paws.text()
        model.take_over(values)
        return f"filled {model.kind.key}"

    def sign(self) -> str:
        """F9."""
        return self.paws.sequence("F9")

    def images(self) -> str:
        """F7."""
        return self.paws.sequence("F7")

    def at_the_cable(self) -> str:
        """It is pulled, plugged in again, slow."""
        what = self.chance.choice(("pull", "plug", "plug", "slow", "fast"))
        if what in ("slow", "fast"):
            self.cable.delay_s = 0.4 if what == "slow" else 0.0
        else:
            getattr(self.cable, what)()
        return f"cable {what}"

    def forgotten(self) -> str:
        """The server knows the session no longer."""
        if self.program.client.door.token is not None:
            self.program.client.door.token = "forgotten"  # no secret
        return "session forgotten"

    def mend(self) -> None:
        """The cable is as it should be."""
        self.cable.plug()
        self.cable.delay_s = 0.0

    def not_saved(self) -> str:
        """Which draft's words are not on the disk, though they had their second and more; empty when they are."""
        model, store = self._writing(), self.program.session.store
        if model is None or store is None or model.is_closed:
            return ""
        held, words = store.draft(model.draft.entry), dict(model.values)
        kept = dict(held.values) if held is not None else self._begun.get(model.draft.entry, words)
        return "" if words == kept else f"{model.kind.key}: {words} but {kept}"

    def _writing(self) -> EditorModel | None:
        page = self.program.window.work
        place = page.place(Place.CHART) if page is not None else None
        return place.writing.model if isinstance(place, ChartPlace) else None


def _with_images(board: WardView) -> int | None:
    model = board.table.model()
    if not isinstance(model, BoardModel):
        return None
    rows = (model.row_at(model.index(number, 0)) for number in range(model.rowCount()))
    return next((number for number, row in enumerate(rows) if row is not None and row.patient is not None
                 and row.patient.patient_no == WITH_IMAGES), None)
