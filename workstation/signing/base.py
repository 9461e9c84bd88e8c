"""What every signer has in common: identities, the PIN and who asks for it, and the `Signer` interface.

A signer lists identities without a PIN, is opened with one of them (here the PIN is asked, once for a stack), and
then signs bytes until it is closed. What goes wrong is a `Refusal` or `Trouble` whose reason says it; the words stand
in `resources/reasons/signing.toml`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NoReturn, Protocol, Self
from uuid import UUID

from records.errors import Cancelled, Reason, Refusal, Trouble
from records.identities import Identity, Mechanism

__all__ = [
    "TROUBLES", "Identity", "Left", "Mechanism", "Pin", "PinRequest", "Prompter", "Signer", "TokenInfo", "failure",
]

TROUBLES = frozenset({
    "token_absent", "token_pulled", "module_missing", "module_hung", "module_crashed", "driver_error",
})
"""Codes after which the same act may be tried again; all others are refusals."""


class Pin:
    """A PIN on its way from the prompt to the token: shows itself to nobody, is never stored, and can be wiped."""

    __slots__ = ("_letters", "last_try")

    def __init__(self, letters: str, *, last_try: bool = False) -> None:
        self._letters = bytearray(letters.encode())
        self.last_try = last_try
        """The person was told that a wrong one locks the token, and said to go on; without it no last try is spent."""

    def reveal(self) -> str:
        """The PIN itself; only the code that hands it to the token calls this."""
        return self._letters.decode()

    def wipe(self) -> None:
        """Overwrite it; afterwards it is empty."""
        self._letters[:] = bytes(len(self._letters))
        self._letters.clear()

    def __bool__(self) -> bool:
        return bool(self._letters)

    def __repr__(self) -> str:
        return "Pin(hidden)"

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        raise TypeError("A PIN is never stored.")


@dataclass(frozen=True)
class PinRequest:
    """What the person must know when the PIN is asked."""

    identity: Identity
    token_label: str
    tries_low: bool = False
    """A wrong PIN was given before; only some tries are left."""
    final_try: bool = False
    """One more wrong PIN locks the token."""
    refused: Reason | None = None
    """Why the PIN given just before was refused (`pin_wrong`, `key_password_wrong`)."""
    on_token: bool = False
    """The token has keys of its own (CKF_PROTECTED_AUTHENTICATION_PATH): an empty `Pin` lets the person begin there."""

    @property
    def notices(self) -> tuple[Reason, ...]:
        """What the prompt must say above the blank: the refusal just before, and how near the lock is."""
        warning = "pin_last_try" if self.final_try else "pin_tries_low" if self.tries_low else ""
        notices = (self.refused, Reason(warning, self.token_label) if warning else None)
        return tuple(notice for notice in notices if notice)


class Prompter(Protocol):
    """Asks the person; under a dialog, a terminal or a test. None: the person cancelled."""

    def ask_pin(self, request: PinRequest) -> Pin | None:
        """The PIN of a token (or the password of a training key)."""

    def choose_identity(self, choices: Sequence[Identity]) -> Identity | None:
        """One of several certificates that all fit."""


@dataclass(frozen=True)
class TokenInfo:
    """A token as it stands in a slot, seen without a PIN."""

    module: str
    slot: int
    label: str
    serial: str
    manufacturer: str = ""
    model: str = ""
    tries_low: bool = False
    final_try: bool = False
    locked: bool = False
    must_change: bool = False
    """Its maker wants another PIN before it signs (CKF_USER_PIN_TO_BE_CHANGED)."""
    on_token: bool = False
    """The PIN is keyed in on the token itself."""
    officer_final_try: bool = False
    officer_locked: bool = False
    min_pin: int = 0
    max_pin: int = 0
    """Lengths of a PIN that it takes, in bytes; 0 when it does not say."""
    identities: tuple[Identity, ...] = ()


class Left(Cancelled):
    """The person left while a question of theirs stands elsewhere: nothing is signed yet, and nothing is given up."""


class Signer(ABC):
    """Signs with one identity at a time. One thread at a time uses it; a call may take as long as a token does."""

    training: bool = False
    """The key is a file, for training hospitals only: every mark made with it says so."""

    together: bool = False
    """Signs many with one act of the person elsewhere: all must be prepared before the first comes back."""

    @abstractmethod
    def identities(self) -> tuple[Identity, ...]:
        """Every certificate with a key that this signer sees now, without a PIN."""

    @abstractmethod
    def absence(self) -> Refusal:
        """Why the last `identities` were none: no token, no certificate on it, a driver that failed."""

    @abstractmethod
    def open(self, identity: Identity, prompter: Prompter) -> None:
        """Get ready to sign as `identity`: asks for the PIN, again after a wrong one, until the person cancels."""

    @property
    @abstractmethod
    def identity(self) -> Identity:
        """The identity that it was opened with."""

    @abstractmethod
    def sign_raw(self, data: bytes, mechanism: Mechanism) -> bytes:
        """The signature over `data`, made by the opened identity's key and by no other."""

    def sign_many(self, data: Sequence[bytes], mechanism: Mechanism, act: UUID) -> Iterator[bytes | None]:
        """The signatures in order, each as soon as it is there; None where none came (only when `together`). When it
        returns, the question is with whoever answers it; what is taken from it waits.

        `act`: the number under which what waits elsewhere can be asked after, by this program or a later run of it.
        """
        for one in data:
            yield self.sign_raw(one, mechanism)

    def tokens(self) -> tuple[TokenInfo, ...]:
        """What holds the keys, as it is seen without a PIN; nothing where that is no token."""
        return ()

    def interrupt(self) -> None:  # noqa: B027  # only who waits for somebody elsewhere has something to do
        """Wait no longer for a person elsewhere; from any thread. A token finishes the document at hand."""

    def leave(self) -> None:
        """Wait no longer, but let the question stand: what comes is fetched later (`Left`); a token stops as ever."""
        self.interrupt()

    @abstractmethod
    def close(self) -> None:
        """Log out; signing again asks for the PIN again."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def failure(code: str, where: str = "", **facts: object) -> Refusal:
    """The refusal or trouble that belongs to a signing reason, ready to be raised."""
    reason = Reason(code, where, facts)
    return Trouble(reason) if code in TROUBLES else Refusal(reason)
