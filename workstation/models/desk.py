"""What the models of one signed-in person share: account, store, client, background, sync."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from records.errors import Cancelled, Refusal, Trouble
from workstation.background import Background, Command, Query
from workstation.client import Client
from workstation.confirmation.base import Reader
from workstation.drafts import Cached
from workstation.models.account import Account, utc_now
from workstation.models.images.key_images import KeyImages
from workstation.models.sync import SyncModel

if TYPE_CHECKING:
    from workstation.drafts import Store

Value = TypeVar("Value")


@dataclass(frozen=True)
class Told(Generic[Value]):
    """An answer of the server: fresh, or as it was kept on this PC."""

    value: Value
    fetched_at: datetime
    cached: bool


class Answered(Generic[Value]):
    """What a model shows is the server's last answer; whoever mixes this in puts it into `_told`."""

    _told: Told[Value] | None = None

    @property
    def as_of(self) -> datetime | None:
        """When the server said it: «Cập nhật 03:12»."""
        return self._told.fetched_at if self._told is not None else None

    @property
    def cached(self) -> bool:
        """«Bản lúc 02:46»: shown from this PC, the server has not answered."""
        return self._told is not None and self._told.cached

    @property
    def _said(self) -> Value | None:
        """What the server said; None before the first answer."""
        return self._told.value if self._told is not None else None

    def _grow_old(self) -> bool:
        """The server does not answer: what it said last is as old as it is. Whether that is news."""
        if self._told is None or self._told.cached:
            return False
        self._told = replace(self._told, cached=True)
        return True


@dataclass(eq=False)
class _Asked:
    """What is asked under one key: how many answers are on their way, and the newest that has come meanwhile."""

    on_their_way: int = 0
    number: int = 0
    told: Any = None


@dataclass(eq=False)
class Desk:
    """Made when `SessionModel.opened` fires, gone when `closing` does."""

    account: Account
    """As the server said it last: what was given to this person to sign may change while they work."""
    store: Store
    client: Client
    background: Background
    sync: SyncModel
    reader: Callable[[], Reader] | None = None
    """Opens the fingerprint reader of this PC, where one is set up."""
    key_images: KeyImages = field(init=False)
    """What was chosen in the viewer for reports."""
    _asked: dict[str, _Asked] = field(default_factory=dict, init=False, repr=False)
    _numbers: itertools.count[int] = field(default_factory=itertools.count, init=False, repr=False)

    def __post_init__(self) -> None:
        self.key_images = KeyImages(self)

    @property
    def away(self) -> bool:
        """The server does not answer, or does not know this session."""
        status = self.sync.status
        return status.offline_since is not None or status.needs_sign_in or self.client.door.token is None

    def kept(self, key: str, kind: TypeAdapter[Value], done: Callable[[Told[Value]], None]) -> None:
        """What this PC has of it, if anything; quick, and silent when there is nothing."""

        def read() -> Told[Value]:
            if (held := self.store.cached(key)) is None:
                raise Cancelled
            return _told(kind, held, cached=True)

        # A lane without network: what lies on this PC must not queue behind a server that is slow.
        self.background.run(Query(f"read {key}", read, done, lambda _: None), lane="read")

    def fetch(self, key: str, path: str, kind: TypeAdapter[Value], done: Callable[[Told[Value]], None],
              failed: Callable[[Refusal], None]) -> None:
        """Ask the server; the answer is shown at once and then kept for the time when the server is away.

        Of two questions that are on their way together the first may be answered last: whoever asked it is told the
        newer answer then, and never sees what was so before.
        """
        asked, number = self._asked.setdefault(key, _Asked()), next(self._numbers)
        asked.on_their_way += 1

        def ask() -> tuple[Told[Value], bytes]:
            held = Cached(key=key, body=self.client.ask(path).body, fetched_at=utc_now())
            return _told(kind, held, cached=False), held.body

        def came() -> bool:
            asked.on_their_way -= 1
            if not asked.on_their_way:
                del self._asked[key]
            return asked.told is not None and number < asked.number

        def arrived(answer: tuple[Told[Value], bytes]) -> None:
            told, body = answer
            if came():
                done(asked.told)
                return
            asked.number, asked.told = number, told
            done(told)
            self.background.run(Command(f"keep {key}", lambda: self.store.put_cache(key, body), lambda _: None, failed),
                                lane="store")

        def not_arrived(refusal: Refusal) -> None:
            if came():
                done(asked.told)
            else:
                failed(refusal)

        self.background.run(Query(f"fetch {key}", ask, arrived, not_arrived))


def _told(kind: TypeAdapter[Value], held: Cached, *, cached: bool) -> Told[Value]:
    try:
        return Told(kind.validate_json(held.body), held.fetched_at, cached)
    except ValidationError as error:
        raise Trouble.because("answer_unreadable", held.key, detail=str(error.errors()[0]["msg"])) from error
