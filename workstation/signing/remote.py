"""A signer whose keys lie at a remote service: the server asks it, the person confirms once for the whole stack.

Services' credentials never come here: what travels is hashes of signed attributes one way and signatures back, each
held against the certificate and its own bytes once more before a file is finished with it.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol
from uuid import UUID

from records.errors import Cancelled, Reason, Refusal, Trouble
from records.messages import RemoteCertificateView, RemoteCode, RemoteSigningView, RemoteSigningWish
from workstation.ids import new_id
from workstation.signing.base import Identity, Left, Mechanism, Pin, PinRequest, Prompter, Signer, TokenInfo, failure

REMOTE = "remote:"
"""Stands before the service's name in an identity's `module`."""
ASKS_EVERY_S = 1.0
"""While live events do not come in, or the time is over and the server has not said so yet."""
ANSWERS_WITHIN_S = 6.0
HOLDS_S, AGAIN_S = 300.0, 60.0
"""For so long nobody with a token waits for the list of certificates again: after an answer, after none."""
GRACE_S = 60.0
"""After the end of the time the server settles the transaction; if it does not, nobody waits for ever."""
_TROUBLES = frozenset({"remote_service_away", "remote_signing_interrupted"})


class RemoteDoor(Protocol):
    """The server's routes for remote signing (`workstation.client.Client`)."""

    def remote_certificates(self, within_s: float) -> tuple[RemoteCertificateView, ...]: ...

    def remote_begin(self, wish: RemoteSigningWish, key: UUID) -> RemoteSigningView: ...

    def remote_state(self, transaction: UUID) -> RemoteSigningView: ...

    def remote_confirm(self, transaction: UUID, code: RemoteCode, key: UUID) -> RemoteSigningView: ...

    def remote_cancel(self, transaction: UUID, key: UUID) -> RemoteSigningView: ...


class RemoteSigner(Signer):
    """The person's certificates at all services that the hospital has accounts with."""

    together = True

    def __init__(self, door: RemoteDoor, away: Callable[[], bool] = lambda: False,
                 live: Callable[[], bool] = lambda: False) -> None:
        self._door, self._away, self._live = door, away, live
        self._views: tuple[RemoteCertificateView, ...] = ()
        self._opened: tuple[Identity, RemoteCertificateView] | None = None
        self._code: tuple[Pin, Pin] | None = None
        self._interrupted, self._left, self._news = threading.Event(), threading.Event(), threading.Event()
        self._problem: Refusal | None = None
        self._holds_until = 0.0

    def identities(self, *, hurried: bool = False) -> tuple[Identity, ...]:
        """As the services told the server; what was told once holds while they are away. None without the server.

        `hurried`: a token is there already, so a service that is slow or away must not hold up who signs with it.
        """
        if self._away():
            return ()
        if not hurried or time.monotonic() >= self._holds_until:
            self._ask()
        return tuple(map(_identity, self._views))

    def _ask(self) -> None:
        self._problem = None
        try:
            self._views = self._door.remote_certificates(ANSWERS_WITHIN_S)
        except Refusal as refusal:
            self._problem = refusal
        self._holds_until = time.monotonic() + (AGAIN_S if self._problem else HOLDS_S)

    def absence(self) -> Refusal:
        """What a service said; whether the server answers at all is told elsewhere."""
        said = self._problem.reasons if self._problem is not None else ()
        named = tuple(reason for reason in said if reason.code.startswith("remote_"))
        return Trouble(*named) if named else failure("token_no_certificate")

    def tokens(self) -> tuple[TokenInfo, ...]:
        """Each service as if it were a token; a tap on the phone is a PIN that is keyed in elsewhere."""
        return tuple(TokenInfo(REMOTE + view.service, 0, view.label, view.service, on_token=not view.needs_code)
                     for view in self._views)

    def open(self, identity: Identity, prompter: Prompter) -> None:
        """Nothing is asked here but where the service wants PIN and one-time code from the workstation."""
        view = next((view for view in self._views if _identity(view) == identity), None)
        if view is None:
            raise failure("token_absent", token=identity.token_label)
        self._interrupted.clear()
        self._left.clear()
        if view.needs_code:
            secret = _asked(prompter, PinRequest(identity, view.label))
            otp = _asked(prompter, PinRequest(identity, view.label, refused=Reason("remote_code_next", view.label)))
            self._code = (secret, otp)
        self._opened = (identity, view)

    @property
    def identity(self) -> Identity:
        if self._opened is None:
            raise failure("token_absent", token="")
        return self._opened[0]

    def sign_raw(self, data: bytes, mechanism: Mechanism) -> bytes:
        """One alone: the challenge of an enrolment."""
        for signature in self.sign_many([data], mechanism, new_id()):
            if signature is not None:
                return signature
        raise Refusal.because("remote_signatures_none")

    def sign_many(self, data: Sequence[bytes], mechanism: Mechanism, act: UUID) -> Iterator[bytes | None]:
        """Send all hashes; then wait for the person, check all, hand over; what is missing is told at the end."""
        return self._come(self._begun(data, act), data)

    def _come(self, begun: RemoteSigningView, data: Sequence[bytes]) -> Iterator[bytes | None]:
        told = self._settled(begun)
        found = checked(self.identity, told, dict(enumerate(data)))
        for place in range(len(data)):
            yield found.get(place)
        if told.state != "signed":
            raise refusal_of(told)

    def interrupt(self) -> None:
        """The person waits no longer, and wants nothing that still comes."""
        self._interrupted.set()
        self._news.set()

    def leave(self) -> None:
        """The person goes on with other work; the question stands."""
        self._left.set()
        self._news.set()

    def ring(self) -> None:
        """The server told something of a transaction, or its live events began or ended: ask. From any thread."""
        self._news.set()

    def close(self) -> None:
        self._opened = None
        for pin in self._code or ():
            pin.wipe()
        self._code = None

    def _begun(self, data: Sequence[bytes], act: UUID) -> RemoteSigningView:
        if self._opened is None:
            raise failure("token_absent", token="")
        view = self._opened[1]
        wish = RemoteSigningWish(
            service=view.service, credential=view.credential, certificate=view.certificate, transaction=act,
            hashes=tuple(hashlib.sha256(one).hexdigest() for one in data), description=f"Bệnh án: {len(data)} văn bản")
        self._news.clear()
        try:
            told = self._door.remote_begin(wish, new_id())
            if self._code is None:
                return told
            secret, otp = self._code
            return self._door.remote_confirm(act, RemoteCode(secret=secret.reveal(), otp=otp.reveal()), new_id())
        except Trouble:
            # Perhaps it got through and only the answer did not: nobody should be asked for what is given up here.
            with contextlib.suppress(Refusal):
                self._door.remote_cancel(act, new_id())
            raise

    def _settled(self, told: RemoteSigningView) -> RemoteSigningView:
        """How it ended; asked when the server's live events say that there is news, and by the clock without them.

        The server away for a while changes nothing: it goes on asking services when it is back.
        """
        limit = (told.ends_at - told.begun_at).total_seconds()
        ends = time.monotonic() + limit
        while told.open:
            left = ends - time.monotonic()
            if not self._left.is_set() and not self._interrupted.is_set():
                self._news.wait(max(ASKS_EVERY_S, left) if self._live() else ASKS_EVERY_S)
            self._news.clear()
            if self._interrupted.is_set():
                return self._given_up(told)
            if self._left.is_set():
                raise Left
            if left < -GRACE_S:
                raise Trouble.because("remote_too_late", told.label)
            with contextlib.suppress(Trouble):
                told = self._door.remote_state(told.id)
        return told

    def _given_up(self, told: RemoteSigningView) -> RemoteSigningView:
        """The person said so; what had come by then is there all the same."""
        with contextlib.suppress(Trouble):
            told = self._door.remote_cancel(told.id, new_id())
        if told.state != "signed":
            raise Cancelled
        return told


def checked(identity: Identity, told: RemoteSigningView, data: Mapping[int, bytes]) -> dict[int, bytes]:
    """The signatures by the place of their hash, each by this certificate over its own bytes; some may be missing.

    The server has verified them before; a workstation puts nothing into a file that it has not verified itself.
    """
    given = dict(enumerate(map(base64.b64decode, told.signatures)))
    found = {place: given[place] for place in data if given.get(place)}
    wrong = sum(not identity.made(value, data[place]) for place, value in found.items())
    if wrong or (given and len(given) != len(told.hashes)):
        raise Refusal.because("remote_signature_wrong", serial=identity.serial, wrong=wrong)
    return found


class TokensAndRemote(Signer):
    """This PC's tokens and the person's certificates at services, as one: the person chooses where both fit."""

    def __init__(self, tokens: Signer, remote: RemoteSigner) -> None:
        self._tokens, self._remote = tokens, remote
        self._active: Signer = tokens
        self.training = tokens.training
        self._failed: Refusal | None = None

    @property
    def together(self) -> bool:  # type: ignore[override]  # as whichever is open
        """As the one that is open."""
        return self._active.together

    def identities(self) -> tuple[Identity, ...]:
        """Tokens first: what a person plugged in is what they mean."""
        self._failed = None
        held: tuple[Identity, ...] = ()
        try:
            held = self._tokens.identities()
        except Refusal as refusal:
            self._failed = refusal
        away = self._remote.identities(hurried=bool(held))
        if not held and not away and self._failed is not None:
            raise self._failed
        return (*held, *away)

    def absence(self) -> Refusal:
        here, there = self._failed or self._tokens.absence(), self._remote.absence()
        return Trouble(*here.reasons, *there.reasons) if isinstance(there, Trouble) else here

    def tokens(self) -> tuple[TokenInfo, ...]:
        return (*self._tokens.tokens(), *self._remote.tokens())

    def open(self, identity: Identity, prompter: Prompter) -> None:
        self._active = self._remote if identity.module.startswith(REMOTE) else self._tokens
        self._active.open(identity, prompter)

    @property
    def identity(self) -> Identity:
        return self._active.identity

    def sign_raw(self, data: bytes, mechanism: Mechanism) -> bytes:
        return self._active.sign_raw(data, mechanism)

    def sign_many(self, data: Sequence[bytes], mechanism: Mechanism, act: UUID) -> Iterator[bytes | None]:
        return self._active.sign_many(data, mechanism, act)

    def interrupt(self) -> None:
        self._active.interrupt()

    def leave(self) -> None:
        self._active.leave()

    def close(self) -> None:
        self._remote.interrupt()
        self._remote.close()
        self._tokens.close()


def _identity(view: RemoteCertificateView) -> Identity:
    return Identity(base64.b64decode(view.certificate), tuple(map(base64.b64decode, view.chain)), label=view.credential,
                    module=REMOTE + view.service, token_label=view.label, token_serial=view.service)


def _asked(prompter: Prompter, request: PinRequest) -> Pin:
    pin = prompter.ask_pin(request)
    if pin is None:
        raise Cancelled
    return pin


def refusal_of(told: RemoteSigningView) -> Refusal:
    """Why nothing came, or not everything."""
    if told.state == "cancelled":
        raise Cancelled
    reasons = tuple(Reason.from_json(one) for one in told.reasons)
    kind = Trouble if any(reason.code in _TROUBLES for reason in reasons) else Refusal
    return kind(*reasons)
