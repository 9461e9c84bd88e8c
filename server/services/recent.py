"""The values that were used last, within a bound: the others are forgotten."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Recent(Generic[Value]):
    """Values by name, for many threads; together they weigh at most `limit`."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._weight = 0
        self._kept: OrderedDict[str, tuple[Value, int]] = OrderedDict()
        self._lock = Lock()

    def get(self, name: str) -> Value | None:
        """The value, where it is still here."""
        with self._lock:
            found = self._kept.get(name)
            if found is None:
                return None
            self._kept.move_to_end(name)
            return found[0]

    def put(self, name: str, value: Value, weight: int = 1) -> None:
        """Keep it, and let go those that were not used for the longest time; one that is too heavy is not kept."""
        if weight > self._limit:
            return
        with self._lock:
            if name in self._kept:
                self._weight -= self._kept.pop(name)[1]
            self._kept[name] = value, weight
            self._weight += weight
            while self._weight > self._limit:
                self._weight -= self._kept.popitem(last=False)[1][1]
