"""A workstation of its own under random hands: run by itself, because the question is whether it survives them.

Told as JSON: `seed`, `steps`, `folder` (the journal is in it: each step before it is made), two discs of images, and
`settings` and `accounts` of a running demo hospital; without these it is the reader of discs that walks. `hurry`:
shorter pauses between steps. What it found is its last line.
"""

from __future__ import annotations

import faulthandler
import gc
import json
import os
import random
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from PyQt6.QtCore import QEvent, QObject, Qt, QTimer
from PyQt6.QtPrintSupport import QPrintDialog
from PyQt6.QtWidgets import QApplication, QDialog, QFileDialog, QMainWindow

from tests.soak.paws import Act, Paws, top
from tests.soak.watching import Watch
from workstation.views.action import Place
from workstation.views.actions import ACTIONS, ALLOWED, ActionSet

if TYPE_CHECKING:  # a reader of discs loads nothing of the record
    from tests.soak.doctor import Doctor

HANGS_S = 90
PAUSES_MS = (0, 0, 0, 0, 1, 5, 20, 80, 250)
SHORT_MS = 5
HOME_EVERY = 70
SAVED_MS = 1600
WAYS_OUT, WAY_MS = 60, 60
"""How often, how fast Esc is pressed until every dialog must have closed: some first finish what they began."""
KEYS = {"Enter": "Return", "↑": "Up", "↓": "Down", "PgDn": "PgDown", "↑↓": "Down", "1–4": "2", "←→": "Right",
        "gõ tên": "N"}
"""As Qt calls those that the table of actions writes in its own way."""


@dataclass
class Walk:
    """Steps from one seed."""

    told: dict[str, Any]
    step: int = 0
    left: list[dict[str, int]] = field(default_factory=list)
    """Objects of the window at each return to the sign-in."""
    seen: Counter[str] = field(default_factory=Counter)
    doctor: Doctor | None = None

    def __post_init__(self) -> None:
        self.chance = random.Random(self.told["seed"])
        self.people = json.loads(Path(self.told["accounts"]).read_text("utf-8")) if "accounts" in self.told else []
        self.paws = Paws(self.chance, self._secrets)
        self.watch = Watch(lambda: self.step)
        self.window: QMainWindow | None = None
        self._leaving, self._home = 0, -1
        self._journal = os.open(Path(self.told["folder"]) / "journal", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def _secrets(self) -> Sequence[str]:
        told = [secret for person in self.people[:1] for secret in (person["password"], person["pin"])]
        return (*told, *told, *told, "wrong-one")

    def begin(self, window: QMainWindow) -> None:
        """Once its loop runs."""
        self.window = window
        window.activateWindow()
        self.watch.begin()
        self.tick()

    def tick(self) -> None:
        """One step; the next is ordered before it, so that it comes even if this one waits in a loop of its own."""
        faulthandler.dump_traceback_later(HANGS_S, exit=True)
        self.watch.beats()
        if self.window is None or not self.window.isVisible():
            return
        if self.step >= self.told["steps"]:
            self._end(self.window)
        elif self._leaving or (self.step % HOME_EVERY == 0 and self.step != self._home):
            self._go_home()
        else:
            self.step += 1
            pause = self.chance.choice(PAUSES_MS)
            QTimer.singleShot(min(pause, SHORT_MS) if "hurry" in self.told else pause, self.tick)
            self._step(self.window)

    def _step(self, window: QMainWindow) -> None:
        over, place = QApplication.activePopupWidget() or QApplication.activeModalWidget(), self._place()
        self.seen[type(over).__name__ if over is not None else str(place)] += 1
        acts: list[tuple[int, Act]] = [
            (24, self._declared), (10, self._without_key), (1, self._several), (1, self._resize), *self.paws.acts()]
        if self.doctor is not None:
            acts += self.doctor.acts(place)
            if place is Place.SIGN_IN:
                self._count(window)
        act = self.chance.choices([act for _, act in acts], [weight for weight, _ in acts])[0]
        self.say(f"{self.step} {act.__name__} in {place}")
        self.say(f"    {act()}")

    def say(self, words: str) -> None:
        """Into the journal, at once."""
        os.write(self._journal, f"{words}\n".encode())

    def _place(self) -> Place:
        actions = self._actions()
        return actions.place if actions is not None else Place.EVERYWHERE

    def _actions(self) -> ActionSet | None:
        return self.window.findChild(ActionSet) if self.window is not None else None

    def _declared(self) -> str:
        """The key of an action of this place or of everywhere."""
        here = [action for action in ACTIONS if action.place in (self._place(), Place.EVERYWHERE) and action.key]
        action = self.chance.choice(here)
        return f"{action.id}: {self.paws.sequence(KEYS.get(action.key, action.key))}"

    def _without_key(self) -> str:
        """What may be done now, as the palette does it."""
        actions = self._actions()
        if actions is None or isinstance(top(), QDialog):
            return self.paws.button()
        may = [one.id for one in ACTIONS if actions.why_not(one.id) == ALLOWED and (
            one.id not in ("lock", "change_person") or self.chance.random() < 0.3)]
        action = self.chance.choice(may)
        self.say(f"    {action}")
        actions.trigger(action)
        return "done"

    def _several(self) -> str:
        """Keys faster than anything can answer."""
        return ", ".join(self._declared() for _ in range(self.chance.randrange(2, 7)))

    def _resize(self) -> str:
        if self.window is not None:
            self.window.resize(self.chance.randrange(900, 2000), self.chance.randrange(440, 1300))
        return "another size"

    # Every so often: everything that is open must let itself be left by Esc

    def _go_home(self) -> None:
        self._leaving += 1
        if self.doctor is not None:
            self.doctor.mend()
        over = QApplication.activePopupWidget() or QApplication.activeModalWidget()
        if over is not None and self._leaving <= WAYS_OUT:
            QTimer.singleShot(WAY_MS, self.tick)
            self.paws.key(Qt.Key.Key_Escape)
            return
        if over is not None:
            self.watch.note("no key leaves", f"{type(over).__name__} {over.windowTitle()!r}")
            over.close()
        self._leaving, self._home = 0, self.step
        QTimer.singleShot(SAVED_MS if self.doctor is not None else 0, self._saved)

    def _saved(self) -> None:
        if self.doctor is not None and (lost := self.doctor.not_saved()):
            self.watch.note("a draft is not saved", lost)
        self.tick()

    def _count(self, window: QMainWindow) -> None:
        """What is left of those who were signed in before; it costs a collection, so that it is not done each time."""
        if isinstance(top(), QDialog) or self.chance.random() < 0.6:
            return
        gc.collect()
        kinds = Counter(type(one).__name__ for one in window.findChildren(QObject))
        kinds.update(f"{type(one).__name__} anywhere" for one in QApplication.allWidgets())
        self.left.append(kinds)

    def _end(self, window: QMainWindow) -> None:
        """The window is closed with whatever is open in it."""
        self.say("close")
        if self.doctor is not None:
            self.doctor.mend()
        self.watch.end()
        window.close()


def _answer_files(walk: Walk) -> None:
    """Nobody sits there for the system's own dialogs: they answer by chance, and nothing reaches a printer."""
    folder = Path(walk.told["folder"])

    def opened(*_given: object, **_named: object) -> tuple[str, str]:
        return walk.chance.choice(["", str(folder / "no such file"), __file__]), ""

    def saved(*_given: object, **_named: object) -> tuple[str, str]:
        return walk.chance.choice(["", str(folder / "saved.png"), "/no/such/folder/saved.pdf"]), ""

    def place(*_given: object, **_named: object) -> str:
        return str(walk.chance.choice(["", str(folder), walk.told["disc"], walk.told["other"]]))

    files, printing = QFileDialog, QPrintDialog
    for name, answer in (("getOpenFileName", opened), ("getSaveFileName", saved), ("getExistingDirectory", place)):
        setattr(files, name, answer)
    for name in ("exec", "open"):
        setattr(printing, name, lambda *_: 0)


class _Begins(QObject):
    """Hands a window that is shown for the first time to the walk."""

    def __init__(self, walk: Walk, parent: QObject) -> None:
        super().__init__(parent)
        self._walk: Walk | None = walk

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if (walk := self._walk) is not None and event is not None and event.type() is QEvent.Type.Show and isinstance(
                watched, QMainWindow):
            self._walk = None
            QTimer.singleShot(0, lambda: walk.begin(watched))
        return False


def _at_the_hospital(walk: Walk) -> int:
    from tests.journeys.cable import Cable
    from tests.soak.doctor import Doctor
    from workstation import app
    from workstation.config import Config, read_config

    config = read_config(Path(walk.told["settings"]))
    cable = Cable(int(urlsplit(config.server_url).port or 0))
    here = config.model_copy(update={"server_url": f"https://127.0.0.1:{cable.port}", "timeout_s": 3.0,
                                     "data_dir": Path(walk.told["folder"]) / "store"})

    class Walked(app.Program):
        def __init__(self, application: QApplication, settings: Config) -> None:
            super().__init__(application, settings)
            walk.doctor = Doctor(walk.chance, walk.paws, self, cable, walk.people)
            self.window.installEventFilter(_Begins(walk, self))

    app.Program = Walked  # type: ignore[misc, assignment]  # the program as it is, and who walks in it
    return app.run(here, ["benhan"])


def _with_a_disc(walk: Walk) -> int:
    from workstation import reader
    from workstation.views.images import reader_window

    class Walked(reader_window.ReaderWindow):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            self.installEventFilter(_Begins(walk, self))

        def close(self) -> bool:
            """«Đóng» of the disc ends the program: not before the walk does."""
            return walk.step >= walk.told["steps"] and super().close()

    reader_window.ReaderWindow = Walked  # type: ignore[misc, assignment]
    return reader.run(Path(walk.told["disc"]), ["benhan"], lambda: 100)


def main(told: str) -> int:
    """Walk; the exit code is the program's own."""
    faulthandler.enable()
    walk = Walk(json.loads(told))
    _answer_files(walk)
    code = _at_the_hospital(walk) if "settings" in walk.told else _with_a_disc(walk)
    faulthandler.cancel_dump_traceback_later()
    print(json.dumps({"steps": walk.step, "faults": walk.watch.faults, "left": walk.left, "seen": walk.seen,
                      "longest": walk.watch.longest}), flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
