"""Loads frames in the background: what is shown first, then outward from it, as far as the memory goes."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from dataclasses import dataclass, field

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from imaging.sources import MIB
from records.errors import BenhAnError, Reason, Refusal, Trouble
from workstation.emitting import emitter
from workstation.models.images.decoders import Decoders
from workstation.models.images.instances import Instance
from workstation.models.images.pixel_memory import PixelMemory, on_own_pages, size_of
from workstation.models.images.plan import Wish, expected, planned
from workstation.models.images.stack import Loaded, Spot
from workstation.models.images.stream import Streamed

log = logging.getLogger(__name__)
THREADS = 4
"""Requests in flight: enough to hide a network's delay, few enough not to starve the window."""
ALONE_S = 0.5
"""For so long what is awaited has line and decoders to itself."""
PAINTED_S = 0.1
"""So long at most the others then wait until it is painted: a hundred slices rushing in would hold the interpreter."""
PATIENCE_S = (1.0, 2.0, 4.0, 8.0, 15.0)
"""How long a line that failed is left alone, the first time, the second …"""
_NEAR = 32 * MIB
"""What is under way within so much of the plan is let finish: who scrolls is soon there, who jumps is not."""


@dataclass(eq=False)
class _Task:
    """Frames of one instance that one thread reads."""

    wishes: tuple[Wish, ...]
    given_up: threading.Event = field(default_factory=threading.Event)
    begun: float = field(default_factory=time.monotonic)

    @property
    def instance(self) -> Instance:
        """Whose frames they are."""
        return self.wishes[0].stack.instance(self.wishes[0].place)


@dataclass(frozen=True)
class _Outage:
    """A line that does not answer."""

    reason: Reason
    until: float
    tries: int


@dataclass(frozen=True, eq=False)
class _Arrival:
    """What came of a wish: pixels, or why there are none (for now, or for good)."""

    wish: Wish
    came: Loaded | Reason
    lasting: bool = False


def _as_it_is_now(wish: Wish) -> tuple[Streamed, int]:
    """Where it lands: its series may have grown while it was on its way."""
    stack, place = wish.stack, wish.place
    while stack.successor is not None and (found := stack.successor.place_of(wish.spot)) is not None:
        stack, place = stack.successor, found
    return stack, place


def _is_awaited(wish: Wish) -> bool:
    """Somebody has just come here and sees nothing yet; who scrolls is better served by many at once."""
    return wish.place == wish.stack.at and wish.stack.heading == 0


def _nearest(plan: dict[Spot, Wish]) -> set[Spot]:
    near, room = set(), _NEAR
    for spot, wish in plan.items():
        near.add(spot)
        room -= expected(wish)
        if room < 0:
            break
    return near


class Loader(QObject):
    """Lives on the UI thread. Its own threads read and decode; what came is told on the UI thread, many at a time."""

    filled = pyqtSignal()
    """More pixels are here, or fewer."""
    _some = pyqtSignal()

    def __init__(self, memory: PixelMemory, parent: QObject | None = None, *, threads: int = THREADS) -> None:
        super().__init__(parent)
        self.memory, self.decoders = memory, Decoders()
        self._stacks: list[Streamed] = []
        self._plan: dict[Spot, Wish] = {}
        self._tasks: set[_Task] = set()
        self._outages: dict[int, _Outage] = {}
        self._arrivals: deque[_Arrival] = deque()
        self._news, self._stopped, self._told = threading.Condition(), False, False
        self._unpainted_until = 0.0
        self._some.connect(self._land)
        self._call_ui = emitter(self, self._some)  # from another thread it comes when the window's loop comes round
        self._threads = [threading.Thread(target=self._work, name=f"images-{number}", daemon=True)
                         for number in range(threads)]
        for thread in self._threads:
            thread.start()

    def look(self, stack: Streamed) -> None:
        """Its reader went somewhere: everything is planned anew, and what is far away now is given up."""
        if not self._stacks or self._stacks[0] is not stack:
            self._stacks = [stack, *(one for one in self._stacks if one is not stack)]
        self._replan()

    def close(self, stack: Streamed) -> None:
        """Nobody reads it any more."""
        self._stacks = [one for one in self._stacks if one is not stack]
        self._replan()
        self.memory.drop([stack.spot(place) for place in range(len(stack))])
        self.filled.emit()

    def replace(self, old: Streamed, new: Streamed) -> None:
        """A series has grown: what is here stays, what is under way goes on, the rest is planned with it."""
        self._stacks = [new if one is old else one for one in self._stacks]
        self._replan()

    def warm(self) -> None:
        """Somebody is about to look at images: have a decoder ready."""
        threading.Thread(target=self.decoders.warm, name="images-warm", daemon=True).start()

    def try_again(self) -> None:
        """The server is back, or the person signed in again: wait no longer."""
        with self._news:
            self._outages.clear()
            self._news.notify_all()

    def away(self, instance: Instance) -> Reason | None:
        """Why nothing comes over this instance's line at the moment."""
        outage = self._outages.get(id(instance.line))
        return outage.reason if outage is not None else None

    def stop(self, timeout_s: float = 5.0) -> bool:
        """End the threads and the decoders; True when all ended in time."""
        with self._news:
            self._stopped = True
            for task in self._tasks:
                task.given_up.set()
            self._news.notify_all()
        self.decoders.close()
        over = time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(0.0, over - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    # On the UI thread

    def _replan(self) -> None:
        found = planned(self._stacks, self.memory)
        self.memory.show(found.shown)
        self.memory.want(found.wanted)
        with self._news:
            self._plan = found.missing.copy()
            near = _nearest(found.missing)
            for task in self._tasks:
                if near.isdisjoint(wish.spot for wish in task.wishes):
                    task.given_up.set()
            self._news.notify_all()

    def _land(self) -> None:
        self._told = False
        open_now = set(self._stacks)
        while self._arrivals:
            arrival = self._arrivals.popleft()
            stack, place = _as_it_is_now(arrival.wish)
            if stack not in open_now:
                self.memory.drop([arrival.wish.spot])
            elif isinstance(arrival.came, Loaded):
                stack.landed(place, arrival.came)
            else:
                stack.refused(place, arrival.came, lasting=arrival.lasting)
        self.filled.emit()
        if self._unpainted_until:
            QTimer.singleShot(0, self._painted)  # what was posted before is painted by then

    def _painted(self) -> None:
        with self._news:
            self._unpainted_until = 0.0
            self._news.notify_all()

    # On the loading threads

    def _work(self) -> None:
        while (task := self._next()) is not None:
            self._read(task)
            with self._news:
                self._tasks.discard(task)
                self._news.notify_all()

    def _next(self) -> _Task | None:
        with self._news:
            while not self._stopped:
                if wishes := self._take():
                    task = _Task(wishes)
                    self._tasks.add(task)
                    return task
                self._news.wait(self._pause())
            return None

    def _take(self) -> tuple[Wish, ...]:
        """The first wish that nobody reads yet, and what is worth reading with it."""
        now = time.monotonic()
        busy = {wish.spot: task.begun for task in self._tasks for wish in task.wishes}
        found, waiting = list[Wish](), now < self._unpainted_until
        for wish in self._plan.values():
            instance, alone = wish.stack.instance(wish.place), _is_awaited(wish)
            if found and (instance is not found[0].stack.instance(found[0].place) or alone):
                break
            waiting = waiting or (alone and now - busy.get(wish.spot, now - ALONE_S) < ALONE_S)
            if waiting and not alone:
                break
            outage = self._outages.get(id(instance.line))
            is_out = outage is not None and (found or outage.until > now) and not instance.at_hand(wish.spot.frame)
            if is_out or wish.spot in busy:
                continue
            found.append(wish)
            if alone or len(found) >= instance.together:
                break
        return tuple(found)

    def _pause(self) -> float | None:
        """Until a line that failed may be tried again; else until there is news."""
        waits = [outage.until - time.monotonic() for outage in self._outages.values()] if self._plan else []
        waits += [ALONE_S] if self._plan and self._tasks else []
        left = self._unpainted_until - time.monotonic()
        waits += [left] if self._plan and left > 0 else []
        return max(0.01, min(waits)) if waits else None

    def _read(self, task: _Task) -> None:
        instance, left = task.instance, {wish.spot.frame: wish for wish in task.wishes}
        try:
            for loaded in map(on_own_pages, instance.read(list(left), self.decoders, task.given_up)):
                wish = left.pop(loaded.spot.frame)
                instance.expected_bytes = size_of(loaded)
                self.memory.put(wish.spot, loaded)
                self._arrive(_Arrival(wish, loaded), instance)
        except BenhAnError as error:
            if task.given_up.is_set() or not left or not isinstance(error, Refusal):
                return
            self._fail(instance, list(left.values()), error)
        except OSError as error:  # the disc was taken out, the share is gone
            self._fail(instance, list(left.values()), Trouble.because("image_file_away", detail=str(error)))
        except MemoryError:
            self._fail(instance, list(left.values()), Refusal.because("image_decoder_out_of_memory"))
        except Exception:
            log.exception("An image could not be read, by a bug.")
            self._fail(instance, list(left.values()), Refusal.because("unexpected", "image"))

    def _fail(self, instance: Instance, left: list[Wish], why: Refusal) -> None:
        if isinstance(why, Trouble):
            self._is_out(instance, why.reasons[0])
            self._arrive(_Arrival(left[0], why.reasons[0]))
        elif len(left) > 1:  # one of them is broken: which one, they tell one by one
            instance.together = 1
        else:
            self._arrive(_Arrival(left[0], why.reasons[0], lasting=True))

    def _is_out(self, instance: Instance, reason: Reason) -> None:
        with self._news:
            before, now = self._outages.get(id(instance.line)), time.monotonic()
            if before is not None and before.until > now:
                return  # several were under way when it went
            tries = before.tries + 1 if before is not None else 0
            wait = PATIENCE_S[min(tries, len(PATIENCE_S) - 1)]
            self._outages[id(instance.line)] = _Outage(reason, now + wait, tries)

    def _arrive(self, arrival: _Arrival, instance: Instance | None = None) -> None:
        with self._news:
            if instance is not None:
                self._outages.pop(id(instance.line), None)
            if isinstance(arrival.came, Loaded) and _is_awaited(arrival.wish):
                self._unpainted_until = time.monotonic() + PAINTED_S
            if arrival.lasting or isinstance(arrival.came, Loaded):
                self._plan.pop(arrival.wish.spot, None)
            self._arrivals.append(arrival)
            if self._told or self._stopped:
                return
            self._told = True
        self._call_ui()
