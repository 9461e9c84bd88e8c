"""The one that is chosen in a list that is read anew now and then: it stays chosen wherever it stands now."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Chosen(Generic[Item]):
    """Known by a name, not by its place: what comes in above it must not put another under the person's hand."""

    def __init__(self, name: Callable[[Item], Hashable]) -> None:
        self._name = name
        self._chosen: Hashable | None = None
        self._place = 0

    def place(self, items: Sequence[Item]) -> int:
        """Where it stands; when it is gone, what stands in its place now, else the last."""
        found = next((place for place, item in enumerate(items) if self._name(item) == self._chosen), self._place)
        return max(0, min(found, len(items) - 1))

    def among(self, items: Sequence[Item]) -> Item | None:
        """The chosen one, if there is any."""
        return items[self.place(items)] if items else None

    def choose(self, items: Sequence[Item], place: int) -> None:
        """That one, from 0; beyond an end, the one at the end."""
        self._place = max(0, min(place, len(items) - 1))
        self._chosen = self._name(items[self._place]) if items else None

    def hold(self, items: Sequence[Item]) -> None:
        """What is shown as chosen is chosen from now on."""
        self.choose(items, self.place(items))

    def forget(self) -> None:
        """The first, until somebody chooses."""
        self._chosen, self._place = None, 0
