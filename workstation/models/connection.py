"""Whether the server is there: live events while it is, patient tries while it is not."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from records.errors import Refusal, Trouble
from workstation.background import Background, Query
from workstation.client import Client, EventStream, ServerEvent, SignedOut
from workstation.client.events import CONNECTED, DISCONNECTED
from workstation.emitting import emitter
from workstation.models.account import utc_now

log = logging.getLogger(__name__)
WAITS_S = (2, 4, 8, 15, 30)
"""Before the next try while the server is away."""


class Connection(QObject):
    """One signed-in person's line to the server."""

    changed = pyqtSignal()
    """`offline_since`, `next_try_at` or `needs_sign_in` changed."""
    online = pyqtSignal(bool)
    """The server is there with a session; True when it was away before, and what is shown may be old."""
    knocked = pyqtSignal()
    """The server answered a try while nobody had missed it: what waits may be sent now."""
    heard = pyqtSignal(object)
    """ServerEvent."""
    live_changed = pyqtSignal(bool)
    """Live events come in from now on, or do so no more; what happened between is not told."""
    _came = pyqtSignal(object)

    def __init__(self, client: Client, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.offline_since: datetime | None = None
        self.next_try_at: datetime | None = None
        self.needs_sign_in = False
        self._client, self._background = client, background
        self._events: EventStream | None = None
        self._running = False
        self.is_live = False
        """The server's stream is open: what happens is heard."""
        self._failures = 0
        self._retry = QTimer(self)
        self._retry.setSingleShot(True)
        self._retry.timeout.connect(self.retry_now)
        self._came.connect(self._on_event)

    @property
    def is_open(self) -> bool:
        """Commands can be sent now."""
        return (self._running and self._client.door.token is not None and not self.needs_sign_in
                and self.offline_since is None)

    @property
    def is_listening(self) -> bool:
        """Live events come in, or are being asked for."""
        return self._events is not None

    def start(self) -> None:
        """Begin to listen, or to knock after a sign-in without the server."""
        self._running = True
        if self._client.door.token is None:
            self.failed(Trouble.because("server_away", detail="signed in without the server"))
        else:
            self._go_online(was_away=False)

    def stop(self) -> None:
        """No more tries, no more events."""
        self._running = False
        self._retry.stop()
        self._unlisten()

    def renewed(self) -> None:
        """A fresh server session is there."""
        was_away = self.needs_sign_in or self.offline_since is not None
        self.needs_sign_in = False
        self._go_online(was_away=was_away)

    def retry_now(self) -> None:
        """Try the server now."""
        self._retry.stop()
        if self._running:
            self._background.run(Query("knock", self._client.health, self._answered, self.failed))

    def failed(self, refusal: Refusal) -> None:
        """Something did not get through: note since when, and try again by itself."""
        if not self._running:
            return
        if isinstance(refusal, SignedOut) and refusal.token and self._client.door.token not in (None, refusal.token):
            self.knocked.emit()  # it is said of the session before this one: what it held up can be sent now
        elif isinstance(refusal, SignedOut):
            self._unlisten()
            self.needs_sign_in = True
            self.changed.emit()
        elif isinstance(refusal, Trouble):
            if self.offline_since is None:
                self.offline_since = utc_now()
            self.later()
        else:
            log.warning("The server refused what every workstation asks: %s", refusal)

    def later(self) -> None:
        """Try again after a while that grows."""
        if self._running and not self._retry.isActive():
            wait = WAITS_S[min(self._failures, len(WAITS_S) - 1)]
            self._failures += 1
            self._retry.start(wait * 1000)
            self.next_try_at = utc_now() + timedelta(seconds=wait)
        self.changed.emit()

    def _answered(self, _: Any) -> None:
        if not self._running:
            return
        if self._client.door.token is None or self.needs_sign_in:
            self.offline_since = self.next_try_at = None
            self.needs_sign_in = True
            self.changed.emit()
        elif self.offline_since is not None:
            self._go_online(was_away=True)
        else:
            if self._events is None:
                self._listen()
            self.knocked.emit()

    def _go_online(self, *, was_away: bool) -> None:
        self._failures = 0
        self._retry.stop()
        self.offline_since = self.next_try_at = None
        self._listen()
        self.changed.emit()
        self.online.emit(was_away)

    def _listen(self) -> None:
        self._unlisten()
        stream = self._events = self._client.events()
        self._background.run(Query("listen", partial(_read, stream, emitter(self, self._came)),
                                   partial(self._ended, stream), self.failed), lane="events")

    def _unlisten(self) -> None:
        self._turn_live(live=False)
        if self._events is not None:
            self._events.close()
            self._events = None

    def _ended(self, stream: EventStream, _: Any) -> None:
        if stream is self._events:
            self._events = None
            self._turn_live(live=False)

    def _turn_live(self, *, live: bool) -> None:
        if live != self.is_live:
            self.is_live = live
            self.live_changed.emit(live)

    def _on_event(self, came: tuple[EventStream, ServerEvent]) -> None:
        stream, event = came
        if stream is not self._events or not self._running:
            return
        if event.topic in (CONNECTED, DISCONNECTED):
            self._turn_live(live=event.topic == CONNECTED)
        if event.topic == DISCONNECTED:
            if event.id == "signed-out":
                self.failed(SignedOut.because("session_over"))
            else:
                self.retry_now()
        elif event.topic == CONNECTED:
            if self.offline_since is not None:
                self._answered(None)
        else:
            self.heard.emit(event)


def _read(stream: EventStream, came: Callable[[tuple[EventStream, ServerEvent]], None]) -> None:
    for event in stream:
        came((stream, event))
