"""The workstation's side of the token process: starts it, asks with a time limit, buries it when it hangs or dies."""

from __future__ import annotations

import hashlib
import logging
import os
import queue
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Self

from cryptography import x509

from imaging.system import start_child
from records.errors import Cancelled
from workstation.signing.base import Identity, Mechanism, Pin, TokenInfo, failure
from workstation.signing.wire import WireBroken, receive, send

log = logging.getLogger(__name__)

DYING_S = 5.0
_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Limits:
    """How long each call may take before the process counts as hung, in seconds."""

    list_s: float = 20
    login_s: float = 30
    keyed_s: float = 90
    """Of a login whose PIN the person keys in on the token."""
    sign_s: float = 30
    logout_s: float = 5


class TokenProcess:
    """One library in its process. Any thread may call; one call runs at a time; a dead process is started anew.

    The login lives in the process: after `module_hung`, `module_crashed` or `close` a new login is needed.
    """

    def __init__(self, module: str, *, env: Mapping[str, str] | None = None, limits: Limits | None = None) -> None:
        self.module = module
        self._env = dict(env or {})
        self._limits = limits or Limits()
        self._turn = threading.Lock()
        self._child: _Child | None = None
        self._closing = False

    def tokens(self) -> tuple[TokenInfo, ...]:
        """The tokens that are in now, with their certificates; no PIN needed."""
        answer = self._call("tokens", self._limits.list_s)
        return tuple(_token_from_json(self.module, token) for token in answer["tokens"])

    def login(self, identity: Identity, pin: Pin, *, on_token: bool = False) -> None:
        """Log in on the identity's token and hold the key of this very certificate; `on_token`: the PIN is keyed in
        there. The token's last try is spent only with a PIN whose `last_try` the person accepted.
        """
        self._call("login", self._limits.keyed_s if on_token else self._limits.login_s, serial=identity.token_serial,
                   label=identity.token_label, certificate=hashlib.sha256(identity.certificate).hexdigest(), pin=pin,
                   last_try=pin.last_try, on_token=on_token)

    def change_pin(self, token: TokenInfo, old: Pin, new: Pin) -> None:
        """Another PIN in place of the old one; a login there was is gone."""
        self._call("change_pin", self._limits.login_s, serial=token.serial, label=token.label, old=old, new=new,
                   last_try=old.last_try)

    def unblock(self, token: TokenInfo, puk: Pin, new: Pin) -> None:
        """A new PIN by the security officer's PIN (PUK), also on a token that locked itself."""
        self._call("unblock", self._limits.login_s, serial=token.serial, label=token.label, puk=puk, new=new,
                   last_try=puk.last_try)

    def survey(self) -> dict[str, Any]:
        """What the library says of itself, its slots, tokens and mechanisms, without a PIN."""
        return self._call("survey", self._limits.list_s)

    def sign(self, data: bytes, mechanism: Mechanism) -> bytes:
        """The signature by the key that `login` found."""
        answer = self._call("sign", self._limits.sign_s, data=data.hex(), mechanism=mechanism.value)
        return bytes.fromhex(answer["signature"])

    def logout(self) -> None:
        """Forget the login; a process that does not answer is ended, which forgets it as well."""
        if self._child is not None:
            self._call("logout", self._limits.logout_s)

    def close(self) -> None:
        """End the process now. A call that waits in another thread ends as `Cancelled`."""
        self._closing = True
        child = self._child
        if child is not None:
            child.end()
        with self._turn:
            if self._child is child:
                self._child = None
            self._closing = False

    @property
    def pid(self) -> int | None:
        """The process's id while it lives."""
        return self._child.pid if self._child else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _call(self, name: str, limit_s: float, **parameters: Any) -> dict[str, Any]:
        with self._turn:
            if self._closing:
                raise Cancelled
            child = self._child or self._start()
            try:
                reply = child.ask({"call": name, "limit": limit_s, **parameters}, limit_s)
            except (queue.Empty, WireBroken, OSError) as error:
                self._child = None
                exit_code = child.end(patience_s=0 if isinstance(error, queue.Empty) else DYING_S)
                raise self._gone(name, limit_s, exit_code, hung=isinstance(error, queue.Empty)) from None
        return self._result(name, reply)

    def _start(self) -> _Child:
        if not Path(self.module).exists():
            raise failure("module_missing", self.module, detail="no such file")
        path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH", ""))))
        child = self._child = _Child(self.module, {**os.environ, **self._env, "PYTHONPATH": path})
        if self._closing:  # who closes has looked already, and found no process to end
            self._child = None
            child.end()
            raise Cancelled
        return child

    def _gone(self, name: str, limit_s: float, exit_code: int, *, hung: bool) -> Exception:
        if self._closing:
            return Cancelled()
        log.warning("The library %s %s during %s (exit code %s).", self.module, "hung" if hung else "crashed", name,
                    exit_code)
        if hung:
            return failure("module_hung", self.module, call=name, seconds=f"{limit_s:g}")
        return failure("module_crashed", self.module, call=name, exit_code=exit_code)

    def _result(self, name: str, reply: dict[str, Any]) -> dict[str, Any]:
        if "bug" in reply:
            log.error("The token process failed in %s:\n%s", name, reply["bug"])
            raise failure("driver_error", self.module, ckr="", call=name)
        if "code" in reply:
            facts = {"ckr": "", **reply["facts"]}
            where = facts.pop("where", self.module)
            log.info("The token answered %s to %s (%s).", reply["code"], name, facts["ckr"] or "no return code")
            raise failure(reply["code"], where, **facts)
        return dict(reply["ok"])


class _Child:
    """The process, its pipes, and the thread that waits for its answers."""

    def __init__(self, module: str, env: Mapping[str, str]) -> None:
        # Ctrl+C in the terminal must not reach a token at work.
        self._process = start_child(["-m", "workstation.signing.token_child", module], env, from_terminal=False)
        self._answers: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._ending = threading.Lock()
        self._reader = threading.Thread(target=self._read, name="token answers", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, message: dict[str, Any], limit_s: float) -> dict[str, Any]:
        """Send, and wait for the answer: `queue.Empty` after the limit, `WireBroken` when the process is gone."""
        try:
            send(self._pipe(self._process.stdin), message, Pin.reveal)
        except ValueError as error:  # `end` has closed the pipe
            raise WireBroken from error
        reply = self._answers.get(timeout=limit_s)
        if reply is None:
            raise WireBroken
        return reply

    def end(self, patience_s: float = 0) -> int:
        """Kill it, wait for it, close the pipes. The exit code it had, or its signal as a negative number.

        `patience_s`: how long a process whose pipe broke may take to die on its own, so that its code says of what.
        """
        with self._ending:
            try:
                ended = self._process.wait(patience_s)
            except subprocess.TimeoutExpired:
                self._process.kill()
                ended = self._process.wait()
            self._reader.join()
            for pipe in (self._process.stdin, self._process.stdout):
                try:
                    self._pipe(pipe).close()
                except OSError:
                    log.debug("The pipe to the token process was broken already.")
        return ended

    def _read(self) -> None:
        source = self._pipe(self._process.stdout)
        try:
            while True:
                self._answers.put(receive(source))
        except (WireBroken, OSError, ValueError):
            self._answers.put(None)

    @staticmethod
    def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
        if pipe is None:
            raise WireBroken("The token process has no pipe.")
        return pipe


def _token_from_json(module: str, token: dict[str, Any]) -> TokenInfo:
    certificates = [(bytes.fromhex(item["value"]), item) for item in token.pop("certificates")]
    authorities = tuple(der for der, _ in certificates if _is_authority(der))
    identities = tuple(
        Identity(certificate=der, chain=_chain(der, authorities), label=item["label"], module=module,
                 token_label=token["label"], token_serial=token["serial"], key_id=bytes.fromhex(item["id"]))
        for der, item in certificates
        if der not in authorities and _readable(der)
    )
    return TokenInfo(module=module, identities=identities, **token)


def _readable(der: bytes) -> bool:
    try:
        x509.load_der_x509_certificate(der)
    except ValueError:
        return False
    return True


def _is_authority(der: bytes) -> bool:
    try:
        constraints = x509.load_der_x509_certificate(der).extensions.get_extension_for_class(x509.BasicConstraints)
    except (ValueError, x509.ExtensionNotFound):
        return False
    return constraints.value.ca


def _chain(der: bytes, authorities: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """The authorities above a certificate, issuer first, as far as the token holds them."""
    if not _readable(der):
        return ()
    by_subject = {x509.load_der_x509_certificate(above).subject: above for above in authorities}
    chain: list[bytes] = []
    issuer = x509.load_der_x509_certificate(der).issuer
    while (above := by_subject.pop(issuer, None)) is not None:
        chain.append(above)
        issuer = x509.load_der_x509_certificate(above).issuer
    return tuple(chain)
