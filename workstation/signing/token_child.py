"""The token process: loads one vendor's PKCS#11 library, holds the login, signs; nothing else runs beside it.

Started as `python -m workstation.signing.token_child MODULE`. A vendor's library may hang, crash, print or wait; here
it can hurt nobody. The first thread is the token's only thread. A second one reads requests, and ends the process
at once when the workstation is gone, whatever the library does.
"""

from __future__ import annotations

import faulthandler
import hashlib
import os
import queue
import re
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import pkcs11
from pkcs11 import Attribute, Mechanism, ObjectClass, TokenFlag
from pkcs11.util.ec import encode_ecdsa_signature

from records.errors import BenhAnError
from workstation.signing.wire import WireBroken, receive, send

Request = dict[str, Any]
Answer = dict[str, Any]

PULLED = frozenset({
    "CKR_DEVICE_REMOVED", "CKR_TOKEN_NOT_PRESENT", "CKR_SESSION_HANDLE_INVALID", "CKR_SESSION_CLOSED",
    "CKR_OBJECT_HANDLE_INVALID", "CKR_KEY_HANDLE_INVALID", "CKR_USER_NOT_LOGGED_IN", "CKR_GENERAL_ERROR",
    "CKR_DEVICE_ERROR", "CKR_TOKEN_NOT_RECOGNIZED", "CKR_TOKEN_NOT_RECOGNISED",
})
"""What libraries say in the middle of work when the token is gone, or was away for a moment."""
WRONG_PIN = frozenset({"CKR_PIN_INCORRECT", "CKR_PIN_INVALID", "CKR_PIN_LEN_RANGE"})
SHA256_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
"""DER of DigestInfo up to the digest (RFC 8017 §9.2), for tokens that sign only what is hashed already."""


class Failure(BenhAnError):  # travels to the workstation as a reason
    """What went wrong, as a reason's code and facts."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


class Token:
    """One library, and the login on one of its tokens."""

    def __init__(self, module: str) -> None:
        self._module = module
        self._library: Any = None
        self._stale = False
        self._session: Any = None
        self._key: Any = None
        self._mechanisms: set[Any] = set()

    def tokens(self, _: Request) -> Answer:
        """Every token with its certificates, without a PIN."""
        if self._session is None:
            self._stale = True  # a token put in since is seen only by a library that starts anew
        seen = []
        for slot, token in self._present():
            try:
                seen.append(self._describe(slot, token))
            except pkcs11.PKCS11Error as error:
                if ckr_name(error) not in PULLED:  # taken out while it was read: as if it were not in
                    raise
        return {"tokens": seen}

    def login(self, request: Request) -> Answer:
        """Log in on the token with this serial and label, and find the key of this very certificate."""
        self._leave()
        slot, token = self._find(request["serial"], request["label"])
        if token.flags & TokenFlag.USER_PIN_LOCKED:
            raise Failure("pin_locked", token=token.label)
        try:
            self._session = token.open(user_pin=request["pin"])
        except pkcs11.PKCS11Error as error:
            self._stale = True  # the library keeps the session that could not log in
            raise self._login_failure(slot, token.label, error) from None
        try:
            self._key = self._key_of(request["certificate"])
            self._mechanisms = set(slot.get_mechanisms())
        except Failure:
            self._leave()
            raise
        return {}

    def sign(self, request: Request) -> Answer:
        """The signature over the data, by the key found at login."""
        if self._key is None:
            raise Failure("token_pulled", ckr="CKR_USER_NOT_LOGGED_IN")
        data = bytes.fromhex(request["data"])
        try:
            signature = self._signature(data, request["mechanism"])
        except pkcs11.PKCS11Error as error:
            name = ckr_name(error)
            self._leave()
            raise Failure("token_pulled" if name in PULLED else "driver_error", ckr=name, detail=str(error)) from None
        return {"signature": signature.hex()}

    def logout(self, _: Request) -> Answer:
        """Forget the login."""
        self._leave()
        return {}

    def _signature(self, data: bytes, mechanism: str) -> bytes:
        digest = hashlib.sha256(data).digest()
        if mechanism == "ecdsa_sha256":
            return encode_ecdsa_signature(self._key.sign(digest, mechanism=Mechanism.ECDSA))
        if Mechanism.SHA256_RSA_PKCS in self._mechanisms:
            return bytes(self._key.sign(data, mechanism=Mechanism.SHA256_RSA_PKCS))
        return bytes(self._key.sign(SHA256_DIGEST_INFO + digest, mechanism=Mechanism.RSA_PKCS))

    def _open_library(self) -> Any:
        if self._library is None:
            if not Path(self._module).exists():
                raise Failure("module_missing", where=self._module)
            try:
                self._library = pkcs11.lib(self._module)
            except pkcs11.PKCS11Error as error:
                if "while loading" in str(error):
                    raise Failure("module_missing", where=self._module, detail=str(error)) from None
                raise
        elif self._stale:
            self._library.reinitialize()
        self._stale = False
        return self._library

    def _present(self) -> Iterator[tuple[Any, Any]]:
        for slot in self._open_library().get_slots(token_present=True):
            try:
                token = slot.get_token()
            except (pkcs11.TokenNotPresent, pkcs11.TokenNotRecognised, pkcs11.DeviceRemoved, UnicodeDecodeError):
                continue
            if token.flags & TokenFlag.TOKEN_INITIALIZED:
                yield slot, token

    def _find(self, serial: str, label: str) -> tuple[Any, Any]:
        for slot, token in self._present():
            if _text(token.serial) == serial and token.label == label:
                return slot, token
        raise Failure("token_absent", token=label)

    def _describe(self, slot: Any, token: Any) -> Answer:
        return {
            "slot": slot.slot_id, "label": token.label, "serial": _text(token.serial),
            "manufacturer": token.manufacturer_id, "model": token.model, **_pin_flags(token),
            "certificates": self._certificates(token),
        }

    def _certificates(self, token: Any) -> list[Answer]:
        session = self._session or token.open()
        try:
            return [
                {"value": _attribute(found, Attribute.VALUE).hex(), "id": _attribute(found, Attribute.ID).hex(),
                 "label": _label(found)}
                for found in session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE})
            ]
        finally:
            if session is not self._session:
                session.close()

    def _key_of(self, sha256: str) -> Any:
        """The private key beside the certificate with this SHA-256; never one beside another certificate."""
        for found in self._session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE}):
            if hashlib.sha256(_attribute(found, Attribute.VALUE)).hexdigest() == sha256:
                break
        else:
            raise Failure("certificate_changed")
        query = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.ID: _attribute(found, Attribute.ID)}
        for key in self._session.get_objects(query):
            return key
        raise Failure("key_missing")

    @staticmethod
    def _login_failure(slot: Any, label: str, error: pkcs11.PKCS11Error) -> Failure:
        name = ckr_name(error)
        if name == "CKR_PIN_LOCKED":
            return Failure("pin_locked")
        if name in PULLED:
            return Failure("token_absent", token=label, ckr=name)
        if name not in WRONG_PIN:
            return Failure("driver_error", ckr=name, detail=str(error))
        try:
            flags = _pin_flags(slot.get_token())
        except pkcs11.PKCS11Error:
            flags = {"locked": False, "final_try": False}
        if flags["locked"]:
            return Failure("pin_locked")
        return Failure("pin_wrong", tries_left=1 if flags["final_try"] else None, **flags)

    def _leave(self) -> None:
        """Drop the login; what cannot be closed is dropped with the library's next start."""
        session, self._session, self._key = self._session, None, None
        if session is None:
            return
        try:
            session.close()
        except pkcs11.PKCS11Error:
            self._stale = True


def ckr_name(error: pkcs11.PKCS11Error) -> str:
    """The return code behind an exception of python-pkcs11, by its name in the standard."""
    if type(error) is pkcs11.PKCS11Error:
        return str(error) or "CKR_UNKNOWN"
    return "CKR_" + re.sub(r"(?<!^)(?=[A-Z])", "_", type(error).__name__).upper()


def _pin_flags(token: Any) -> dict[str, bool]:
    flags = token.flags
    return {
        "tries_low": bool(flags & TokenFlag.USER_PIN_COUNT_LOW),
        "final_try": bool(flags & TokenFlag.USER_PIN_FINAL_TRY),
        "locked": bool(flags & TokenFlag.USER_PIN_LOCKED),
    }


def _text(value: bytes | str) -> str:
    return value if isinstance(value, str) else value.decode("latin-1").strip("\0 ")


def _attribute(found: Any, name: Attribute) -> bytes:
    try:
        return bytes(found[name])
    except pkcs11.AttributeTypeInvalid:
        return b""


def _label(found: Any) -> str:
    try:
        return str(found[Attribute.LABEL])
    except (pkcs11.AttributeTypeInvalid, UnicodeDecodeError):
        return ""


def answer(token: Token, request: Request) -> Answer:
    """What one request comes to: `ok`, a `code` with facts, or a `bug` with where it happened."""
    calls: dict[str, Callable[[Request], Answer]] = {
        "tokens": token.tokens, "login": token.login, "sign": token.sign, "logout": token.logout,
    }
    try:
        return {"ok": calls[request["call"]](request)}
    except Failure as failure:
        return {"code": failure.code, "facts": failure.facts}
    except pkcs11.PKCS11Error as error:
        return {"code": "driver_error", "facts": {"ckr": ckr_name(error), "detail": str(error)}}
    except Exception:
        return {"bug": traceback.format_exc()}


def _read(source: IO[bytes], requests: queue.SimpleQueue[Request]) -> None:
    try:
        while True:
            requests.put(receive(source))
    except (WireBroken, OSError):
        os._exit(0)  # the workstation is gone; the library may be stuck in the other thread


def _take_the_wire() -> tuple[IO[bytes], IO[bytes]]:
    """Keep the pipes for us alone: a library that prints or reads must not find them."""
    source, out = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    return source, out


def main() -> None:
    """Answer requests until the workstation closes the pipe."""
    source, out = _take_the_wire()
    requests: queue.SimpleQueue[Request] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(source, requests), daemon=True).start()
    token = Token(sys.argv[1])
    with Path(os.devnull).open("w") as nowhere:
        while True:
            request = requests.get()
            # A library that hangs while it holds the interpreter stops the reading thread too; this one needs neither.
            faulthandler.dump_traceback_later(float(request["limit"]) + 10, exit=True, file=nowhere)
            reply = answer(token, request)
            faulthandler.cancel_dump_traceback_later()
            request.clear()  # the PIN with it
            send(out, reply)


if __name__ == "__main__":
    main()
