"""Series that are open, each as one stack; where their places come from is for who fills the shelf to say."""

from __future__ import annotations

from abc import abstractmethod
from functools import partial

from PyQt6.QtCore import QObject, pyqtSignal

from records.errors import Refusal
from workstation.background import Background, Query
from workstation.emitting import emitter
from workstation.models.images.loading import Loader
from workstation.models.images.ordering import Arranged
from workstation.models.images.stream import Streamed


class SeriesShelf(QObject):
    """Opens series, keeps them open until `close` or `clear`, and tells how much memory their pixels take."""

    opened = pyqtSignal(str, object)
    """Series Instance UID, Stack."""
    refused = pyqtSignal(str, object)
    """Series Instance UID, Refusal; asked again it is tried again."""
    grown = pyqtSignal(str, object)
    """Series Instance UID, Stack: it takes the place of the one that was handed out."""
    not_grown = pyqtSignal(str, object)
    """Series Instance UID, Refusal: what came to a series could not be asked for; it stays as it is."""
    filled = pyqtSignal()
    """More pixels are here, or fewer."""

    def __init__(self, loader: Loader, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._loader, self._background = loader, background
        self._stacks: dict[str, Streamed] = {}
        self._asked: set[str] = set()
        loader.filled.connect(self.filled)

    @abstractmethod
    def find(self, study: str, series: str) -> Arranged:
        """In the background: the places of a series, in order."""

    def open(self, study: str, series: str) -> None:
        """`opened` or `refused` follows; at once where it is open."""
        if (held := self._stacks.get(series)) is not None:
            self.opened.emit(series, held)
        elif series not in self._asked:
            self._asked.add(series)
            self._background.run(Query("open a series of images", partial(self.find, study, series),
                                       partial(self._found, series), partial(self._not_found, series)))

    def renew(self, study: str, series: str) -> None:
        """An open series has more images now: `grown` follows when it has; nothing that is here is fetched again."""
        if series in self._stacks:
            self._background.run(Query("what came to a series", partial(self.find, study, series),
                                       partial(self._renewed, series), partial(emitter(self, self.not_grown), series)))

    def held(self, series: str) -> tuple[int, int]:
        """How many places of a series are in memory, and how many it has."""
        stack = self._stacks.get(series)
        return (stack.held, len(stack)) if stack is not None else (0, 0)

    @property
    def used_bytes(self) -> int:
        """What all pixels take now."""
        return self._loader.memory.used

    @property
    def bound_bytes(self) -> int:
        """What they may take."""
        return self._loader.memory.bound

    def close(self, series: str) -> None:
        """Nobody reads it any more: its pixels go."""
        if (stack := self._stacks.pop(series, None)) is not None:
            self._loader.close(stack)
            stack.setParent(None)  # a viewport may still hold it: it goes when nobody does

    def clear(self) -> None:
        """Another patient: nothing of this one stays in memory."""
        self._asked.clear()
        for series in list(self._stacks):
            self.close(series)

    def _found(self, series: str, arranged: Arranged) -> None:
        if series in self._asked:
            self._asked.discard(series)
            self._stacks[series] = Streamed(self._loader, arranged, self)
            self.opened.emit(series, self._stacks[series])

    def _renewed(self, series: str, arranged: Arranged) -> None:
        old = self._stacks.get(series)
        new = old.grown(arranged, self) if old is not None else None
        if old is not None and new is not None:
            self._stacks[series] = new
            self._loader.replace(old, new)
            self.grown.emit(series, new)
            old.setParent(None)  # a viewport may still hold it: it goes when nobody does

    def _not_found(self, series: str, why: Refusal) -> None:
        if series in self._asked:
            self._asked.discard(series)
            self.refused.emit(series, why)
