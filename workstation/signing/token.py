"""Signs with a PKCS#11 token: all its libraries, each in its process, behind the one `Signer` interface."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from records.errors import Cancelled, Reason, Refusal, Trouble
from workstation.signing.base import (
    Identity,
    Mechanism,
    Pin,
    PinRequest,
    Prompter,
    Signer,
    TokenInfo,
    failure,
)
from workstation.signing.process import Limits, TokenProcess


class TokenSigner(Signer):
    """The tokens that some libraries see. Processes start when first needed and end with `close`.

    `modules`: paths of libraries, from `modules.modules_to_try`. `env`: added to the processes' environment.
    """

    def __init__(
        self, modules: Sequence[str], *, env: Mapping[str, str] | None = None, limits: Limits | None = None,
    ) -> None:
        self._processes = {module: TokenProcess(module, env=env, limits=limits) for module in modules}
        self._opened: Identity | None = None
        self._tokens: tuple[TokenInfo, ...] = ()
        self.problems: tuple[Reason, ...] = ()
        """What the last look at the tokens failed on: a driver that is missing, hung or crashed."""

    def tokens(self) -> tuple[TokenInfo, ...]:
        """The tokens that are in now. One library's failure hides no other library's tokens; see `problems`."""
        if not self._processes:
            return ()
        with ThreadPoolExecutor(len(self._processes), "tokens") as pool:
            seen = list(pool.map(_look, self._processes.values()))
        self.problems = tuple(reason for found in seen if isinstance(found, Refusal) for reason in found.reasons)
        self._tokens = tuple(token for found in seen if not isinstance(found, Refusal) for token in found)
        return self._tokens

    def identities(self) -> tuple[Identity, ...]:
        """Each certificate once, even when two libraries show it (a vendor's and OpenSC): the first one's stays."""
        once: dict[bytes, Identity] = {}
        for token in self.tokens():
            for identity in token.identities:
                once.setdefault(hashlib.sha256(identity.certificate).digest(), identity)
        return tuple(once.values())

    def absence(self) -> Refusal:
        if self.problems:
            return Trouble(*self.problems)
        return failure("token_no_certificate") if self._tokens else failure("token_absent", token="")

    def open(self, identity: Identity, prompter: Prompter) -> None:
        """Ask for the PIN and log in. A token that is away or locked says so before any PIN is asked."""
        process = self._processes[identity.module]
        token = self._token_of(process, identity)
        if token.locked:
            raise failure("pin_locked", token.label)
        request = PinRequest(identity, token.label, tries_low=token.tries_low, final_try=token.final_try,
                             on_token=token.on_token)
        while (refusal := _tried(process, request, prompter)) is not None:
            last = refusal.code == "pin_last_try_not_accepted"  # tries were spent elsewhere since the token was seen
            request = PinRequest(
                identity, token.label, tries_low=bool(refusal.facts.get("tries_low")),
                final_try=last or bool(refusal.facts.get("final_try")), refused=None if last else refusal,
                on_token=token.on_token,
            )
        self._opened = identity

    def change_pin(self, token: TokenInfo, old: Pin, new: Pin) -> None:
        """Another PIN; both are wiped. Signing asks for it anew. A login of this library is gone."""
        self._with_pins(old, new, lambda: self._processes[token.module].change_pin(token, old, new))

    def unblock(self, token: TokenInfo, puk: Pin, new: Pin) -> None:
        """A new PIN by the security officer's (PUK); both are wiped."""
        self._with_pins(puk, new, lambda: self._processes[token.module].unblock(token, puk, new))

    @property
    def processes(self) -> Mapping[str, TokenProcess]:
        """By library; for the self-test."""
        return self._processes

    def _with_pins(self, first: Pin, second: Pin, work: Callable[[], None]) -> None:
        self._opened = None
        try:
            work()
        finally:
            first.wipe()
            second.wipe()

    @property
    def identity(self) -> Identity:
        if self._opened is None:
            raise failure("token_absent", token="")
        return self._opened

    def sign_raw(self, data: bytes, mechanism: Mechanism) -> bytes:
        """The token's signature, checked against the certificate before anyone sees it."""
        identity = self.identity
        signature = self._processes[identity.module].sign(data, mechanism)
        if not identity.made(signature, data):
            self.close()
            raise failure("certificate_changed", identity.serial)
        return signature

    def close(self) -> None:
        """End the processes, and with them the login; from any thread, at any time."""
        self._opened = None
        for process in self._processes.values():
            process.close()

    def _token_of(self, process: TokenProcess, identity: Identity) -> TokenInfo:
        for token in process.tokens():
            if (token.serial, token.label) == (identity.token_serial, identity.token_label):
                if identity.certificate not in {held.certificate for held in token.identities}:
                    raise failure("certificate_changed", identity.serial)
                return token
        raise failure("token_absent", token=identity.token_label)


def _look(process: TokenProcess) -> tuple[TokenInfo, ...] | Refusal:
    try:
        return process.tokens()
    except Refusal as refusal:
        return refusal


def _tried(process: TokenProcess, request: PinRequest, prompter: Prompter) -> Reason | None:
    """One PIN asked and tried: None when it opened the token, the reason when it was wrong.

    A last try that nobody accepted is not made, whoever answers the prompt: no program locks a person's token.
    """
    pin = prompter.ask_pin(request)
    if pin is None:
        raise Cancelled
    try:
        if request.final_try and not pin.last_try:
            raise failure("pin_last_try_not_accepted", request.token_label)
        process.login(request.identity, pin, on_token=request.on_token)
    except Refusal as refusal:
        code = refusal.reasons[0].code
        if code != "pin_wrong" and (code != "pin_last_try_not_accepted" or request.final_try):
            raise
        return refusal.reasons[0]
    finally:
        pin.wipe()
    return None
