"""Another PIN for a token, and opening one that locked itself: both through the token process, never beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal

from records.errors import Reason, Refusal
from workstation.background import Background, Command, Query
from workstation.models.machine import LANE
from workstation.signing.base import Pin, TokenInfo

if TYPE_CHECKING:
    from workstation.signing.token import TokenSigner


class PinStage(StrEnum):
    """Where the change stands."""

    LOOKING = "looking"
    BLOCKED = "blocked"
    """No token: `refusal` says why."""
    READY = "ready"
    WORKING = "working"
    DONE = "done"


class PinChangeModel(QObject):
    """One change at a time. `by_puk`: with the security officer's PIN, which also opens a locked token."""

    changed = pyqtSignal()

    def __init__(self, background: Background, signer: Callable[[], TokenSigner], parent: QObject | None = None, *,
                 by_puk: bool = False) -> None:
        super().__init__(parent)
        self._background, self._signer, self.by_puk = background, signer, by_puk
        self.stage = PinStage.LOOKING
        self.tokens: tuple[TokenInfo, ...] = ()
        self.token: TokenInfo | None = None
        self.refusal: Refusal | None = None

    @property
    def last_try(self) -> bool:
        """A wrong old PIN (or PUK) locks the token: it must be accepted first."""
        token = self.token
        return token is not None and (token.officer_final_try if self.by_puk else token.final_try)

    @property
    def hopeless(self) -> Reason | None:
        """Why this token cannot be changed this way, known without asking it."""
        token = self.token
        if token is None:
            return None
        if token.on_token:
            return Reason("pin_set_on_token", token.label)
        if self.by_puk and token.officer_locked:
            return Reason("puk_locked", token.label)
        if not self.by_puk and token.locked:
            return Reason("pin_locked", token.label)
        return None

    def begin(self) -> None:
        """Which tokens are in; no PIN is asked."""
        if self.stage is PinStage.WORKING:
            return
        self.tokens, self.token = (), None
        self._turn(PinStage.LOOKING)
        self._background.run(Query("tokens to change", self._look, self._looked, self._blocked), lane=LANE)

    def choose(self, token: TokenInfo) -> None:
        """One of several."""
        self.token = token
        self._turn(PinStage.READY)

    def change(self, first: Pin, new: Pin, again: Pin) -> None:
        """`first`: the old PIN or the PUK. What can be seen to be wrong is said before the token is asked."""
        token, wrong = self.token, self._wrong(new, again)
        again.wipe()
        if token is None or self.stage is not PinStage.READY or wrong is not None or (
                self.last_try and not first.last_try):
            first.wipe()
            new.wipe()
            self._turn(self.stage, Refusal(wrong) if wrong is not None else None)
            return
        self._turn(PinStage.WORKING)
        signer, by_puk = self._signer, self.by_puk
        self._background.run(Command(
            "set a token's PIN", lambda: (signer().unblock if by_puk else signer().change_pin)(token, first, new),
            self._done, self._failed), lane=LANE)

    def _wrong(self, new: Pin, again: Pin) -> Reason | None:
        token = self.token
        if token is None:
            return None
        if new.reveal() != again.reveal():
            return Reason("pin_repeated_wrong")
        length = len(new.reveal().encode())
        if length < max(1, token.min_pin):
            return Reason("pin_too_short", token.label, {"least": max(1, token.min_pin)})
        if token.max_pin and length > token.max_pin:
            return Reason("pin_too_long", token.label, {"most": token.max_pin})
        return None

    def _look(self) -> tuple[TokenInfo, ...]:
        signer = self._signer()
        tokens = signer.tokens()
        if not tokens:
            raise signer.absence()
        return tokens

    def _turn(self, stage: PinStage, refusal: Refusal | None = None) -> None:
        self.stage, self.refusal = stage, refusal
        self.changed.emit()

    def _looked(self, tokens: tuple[TokenInfo, ...]) -> None:
        self.tokens, self.token = tokens, tokens[0]
        self._turn(PinStage.READY)

    def _blocked(self, why: Refusal) -> None:
        self._turn(PinStage.BLOCKED, why)

    def _done(self, _: None) -> None:
        self._turn(PinStage.DONE)

    def _failed(self, why: Refusal) -> None:
        first = why.reasons[0]
        if self.token is not None and "final_try" in first.facts:
            told = {name: bool(value) for name, value in first.facts.items()}
            self.token = replace(self.token, final_try=told["final_try"], locked=told.get("locked", False),
                                 officer_final_try=told.get("officer_final_try", False),
                                 officer_locked=told.get("officer_locked", False))
        self._turn(PinStage.READY, why)
