"""Opens what signing needs over the window: one document's dialog, a stack's, the explanation of a signature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PyQt6.QtCore import QObject
from PyQt6.QtWidgets import QWidget

from workstation.background import Command
from workstation.models.signing import SigningModel, Task
from workstation.models.waiting import WaitingModel
from workstation.views.signing.dialogs import SignDialog, StackDialog


class SigningDesk(QObject):
    """One for each signed-in person; places hand their tasks to it."""

    def __init__(self, signing: SigningModel, waiting: WaitingModel, window: QWidget) -> None:
        super().__init__(signing)
        self.signing, self.waiting, self._window = signing, waiting, window
        self._shown: set[tuple[str, int]] = set()

    def sign(self, tasks: Sequence[Task]) -> SignDialog | StackDialog | None:
        """Ask for the PIN and sign: one document in a small dialog, several in a stack."""
        if not tasks:
            return None
        known = [replace(task, seen=task.seen or (task.key, task.number) in self._shown) for task in tasks]
        if len(known) == 1:
            known = [replace(known[0], seen=True)]  # it is what the person has before them
        act = self.signing.begin(known)
        dialog = SignDialog(act, self._window) if len(known) == 1 else StackDialog(act, self._window)
        dialog.finished.connect(lambda _result: self.waiting.let_go())
        dialog.show_over()
        return dialog

    def see(self, task: Task) -> None:
        """The person looks at this version: it may be signed in a stack from now on."""
        self._shown.add((task.key, task.number))
        store = self.signing.desk.store
        self.signing.desk.background.run(Command(
            "seen", lambda: store.mark_seen(task.entry, task.number), lambda _: None, lambda _: None), lane="store")
