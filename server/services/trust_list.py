"""The edition of the trust list that is in force: read from the database, a few seconds old at most.

Until an edition was accepted there, the folder of PEM files counts: it is the first edition.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from cryptography import x509
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from records.deadlines import ZONE
from records.trust import Trust
from server.store import base, trust_lists

HOLDS_S = 10.0
"""Another server process hears of a new edition within this time."""


@dataclass(frozen=True)
class Edition:
    """What is trusted now; number 0 is the folder."""

    number: int
    pems: tuple[str, ...]

    @cached_property
    def trust(self) -> Trust:
        """As the judge takes it."""
        return Trust.from_pem(*(text.encode() for text in self.pems))

    @cached_property
    def roots(self) -> tuple[x509.Certificate, ...]:
        """The trusted roots."""
        return tuple(x509.load_der_x509_certificate(der) for der in self.trust.roots)

    @cached_property
    def intermediates(self) -> tuple[x509.Certificate, ...]:
        """The authorities between roots and people."""
        return tuple(x509.load_der_x509_certificate(der) for der in self.trust.intermediates)


class TrustList:
    """Which edition is in force."""

    def __init__(self, engine: Engine, folder: Sequence[str]) -> None:
        self._engine, self._folder = engine, Edition(0, tuple(folder))
        self._now, self._until = self._folder, 0.0

    @property
    def folder(self) -> Edition:
        """The first edition."""
        return self._folder

    @property
    def now(self) -> Edition:
        """The edition in force; the last one known while the database is away."""
        if time.monotonic() >= self._until:
            self._read()
        return self._now

    def forget(self) -> None:
        """Something was decided: read again."""
        self._until = 0.0

    @property
    def ever(self) -> Trust:
        """Whoever was trusted in any accepted edition: what was accepted then stays accepted."""
        with base.transaction(self._engine) as db:
            accepted = [one for one in trust_lists.listed(db) if one.decision == "accept"]
        texts = dict.fromkeys((*self._folder.pems, *(text for one in accepted for text in one.pems)))
        return Trust.from_pem(*(text.encode() for text in texts))

    def _read(self) -> None:
        try:
            with base.single(self._engine) as db:
                found = trust_lists.in_force(db, datetime.now(UTC).astimezone(ZONE).date())
        except SQLAlchemyError:
            return
        self._until = time.monotonic() + HOLDS_S
        number, pems = (found.number, found.pems) if found else (0, self._folder.pems)
        if number != self._now.number:
            self._now = Edition(number, pems)
