"""Passwords as Argon2id hashes; a check takes the same time whether or not the user exists."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError


@dataclass(frozen=True)
class Cost:
    """What one hash costs (RFC 9106; the hospital's server decides, tests take less)."""

    time: int = 3
    memory_kib: int = 65_536
    lanes: int = 2


class Passwords:
    """Makes and checks hashes at one cost."""

    def __init__(self, cost: Cost) -> None:
        self._hasher = PasswordHasher(cost.time, cost.memory_kib, cost.lanes, type=Type.ID)

    @cached_property
    def _nobodys(self) -> str:
        return self._hasher.hash("a password that nobody has")

    def hash(self, password: str) -> str:
        """The hash to store."""
        return self._hasher.hash(password)

    def good(self, stored: str | None, password: str) -> bool:
        """Whether the password fits; without a stored hash the same work is done and the answer is no."""
        try:
            self._hasher.verify(stored or self._nobodys, password)
        except (VerificationError, InvalidHashError):
            return False
        return bool(stored)

    def outdated(self, stored: str) -> bool:
        """Whether the hash was made at another cost and should be made anew."""
        return self._hasher.check_needs_rehash(stored)
