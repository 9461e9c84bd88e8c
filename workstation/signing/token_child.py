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
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import pkcs11
from pkcs11 import Attribute, Mechanism, ObjectClass, TokenFlag
from pkcs11.types import PROTECTED_AUTH
from pkcs11.util.ec import encode_ecdsa_signature

from imaging.system import keep_quiet, load_with_its_parts, take_pipes
from workstation.signing.cryptoki import pin_lengths
from workstation.signing.token_failures import PULLED, Failure, ckr_name, login_failure, pin_failure, pin_flags
from workstation.signing.token_survey import survey
from workstation.signing.wire import WireBroken, receive, send

Request = dict[str, Any]
Answer = dict[str, Any]

SHA256_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
"""DER of DigestInfo up to the digest (RFC 8017 §9.2), for tokens that sign only what is hashed already."""


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
        if token.flags & TokenFlag.USER_PIN_FINAL_TRY and not request["last_try"]:
            raise Failure("pin_last_try_not_accepted", where=token.label)
        try:
            self._session = token.open(user_pin=PROTECTED_AUTH if request["on_token"] else request["pin"])
        except pkcs11.PKCS11Error as error:
            self._stale = True  # the library keeps the session that could not log in
            raise login_failure(slot, token.label, error) from None
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

    def change_pin(self, request: Request) -> Answer:
        """Another PIN in place of the old one; the token itself compares the old one, once."""
        slot, token = self._find_to_write(request)
        flags = pin_flags(token)
        if flags["locked"]:
            raise Failure("pin_locked", where=token.label)
        if flags["final_try"] and not request["last_try"]:
            raise Failure("pin_last_try_not_accepted", where=token.label)
        self._write(slot, token, {}, lambda session: session.set_pin(request["old"], request["new"]), "pin_wrong")
        return {}

    def unblock(self, request: Request) -> Answer:
        """A new PIN by the security officer's PIN (PUK), which opens a token that locked itself."""
        slot, token = self._find_to_write(request)
        flags = pin_flags(token)
        if flags["officer_locked"]:
            raise Failure("puk_locked", where=token.label)
        if flags["officer_final_try"] and not request["last_try"]:
            raise Failure("puk_last_try_not_accepted", where=token.label)
        login = {"so_pin": request["puk"]}
        self._write(slot, token, login, lambda session: session.init_pin(request["new"]), "puk_wrong")
        return {}

    def survey(self, _: Request) -> Answer:
        """What the library says of itself, its slots and its tokens, without a PIN: for the self-test."""
        return survey(self._module, self._open_library())

    def _find_to_write(self, request: Request) -> tuple[Any, Any]:
        self._leave()
        slot, token = self._find(request["serial"], request["label"])
        shortest, longest = pin_lengths(self._module, slot.slot_id)
        length = len(request["new"].encode())
        if length < shortest:
            raise Failure("pin_too_short", where=token.label, least=shortest)
        if longest and length > longest:
            raise Failure("pin_too_long", where=token.label, most=longest)
        return slot, token

    def _write(self, slot: Any, token: Any, login: dict[str, str], write: Callable[[Any], None], wrong: str) -> None:
        """Open for writing, log in when that is asked, write; each step's failure has its own words."""
        self._stale = True  # a library keeps a login that failed half way
        at_login, session = True, None
        try:
            session = token.open(rw=True, **login)
            at_login = False
            write(session)
        except pkcs11.PKCS11Error as error:
            raise pin_failure(slot, token.label, error, wrong, old_was_read=at_login or not login) from None
        finally:
            if session is not None:
                session.close()

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
            load_with_its_parts(self._module)
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
            "manufacturer": token.manufacturer_id, "model": token.model, **pin_flags(token),
            **dict(zip(("min_pin", "max_pin"), pin_lengths(self._module, slot.slot_id), strict=True)),
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

    def _leave(self) -> None:
        """Drop the login; what cannot be closed is dropped with the library's next start."""
        session, self._session, self._key = self._session, None, None
        if session is None:
            return
        try:
            session.close()
        except pkcs11.PKCS11Error:
            self._stale = True


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
        "change_pin": token.change_pin, "unblock": token.unblock, "survey": token.survey,
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


def main() -> None:
    """Answer requests until the workstation closes the pipe."""
    keep_quiet()
    source, out = take_pipes()
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
