"""What a library's return codes mean to a person: the reason for each, and what may be done after it."""

from __future__ import annotations

import re
from typing import Any

import pkcs11
from pkcs11 import TokenFlag

from records.errors import BenhAnError

PULLED = frozenset({
    "CKR_DEVICE_REMOVED", "CKR_TOKEN_NOT_PRESENT", "CKR_SESSION_HANDLE_INVALID", "CKR_SESSION_CLOSED",
    "CKR_OBJECT_HANDLE_INVALID", "CKR_KEY_HANDLE_INVALID", "CKR_USER_NOT_LOGGED_IN", "CKR_GENERAL_ERROR",
    "CKR_DEVICE_ERROR", "CKR_TOKEN_NOT_RECOGNIZED", "CKR_TOKEN_NOT_RECOGNISED",
})
"""What libraries say in the middle of work when the token is gone, or was away for a moment."""
WRONG_PIN = frozenset({"CKR_PIN_INCORRECT", "CKR_PIN_INVALID", "CKR_PIN_LEN_RANGE"})
NOT_ALLOWED = frozenset({
    "CKR_FUNCTION_NOT_SUPPORTED", "CKR_TOKEN_WRITE_PROTECTED", "CKR_ACTION_PROHIBITED", "CKR_FUNCTION_REJECTED",
    "CKR_SESSION_READ_ONLY", "CKR_USER_TYPE_INVALID",
})
"""What libraries say when their token lets its PIN be changed only by the maker's own program."""
_AT_LOGIN = {"CKR_PIN_LOCKED": "pin_locked", "CKR_PIN_EXPIRED": "pin_expired",
             "CKR_FUNCTION_CANCELED": "pin_not_keyed_in", "CKR_FUNCTION_REJECTED": "pin_not_keyed_in"}


class Failure(BenhAnError):  # travels to the workstation as a reason
    """What went wrong, as a reason's code and facts."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


def login_failure(slot: Any, label: str, error: pkcs11.PKCS11Error) -> Failure:
    """Why a login failed; a wrong PIN comes with how near the lock is now."""
    name = ckr_name(error)
    if name in _AT_LOGIN:
        return Failure(_AT_LOGIN[name], where=label)
    if name in PULLED:
        return Failure("token_absent", token=label, ckr=name)
    if name not in WRONG_PIN:
        return Failure("driver_error", ckr=name, detail=str(error))
    flags = _flags_now(slot)
    if flags.get("locked"):
        return Failure("pin_locked", where=label)
    return _wrong("pin_wrong", flags, last=bool(flags.get("final_try")))


def pin_failure(slot: Any, label: str, error: pkcs11.PKCS11Error, wrong: str, *, old_was_read: bool) -> Failure:
    """Why a PIN was not set. `wrong`: pin_wrong or puk_wrong; `old_was_read`: the old one may be what was refused."""
    name = ckr_name(error)
    if name in PULLED:
        return Failure("token_absent", token=label, ckr=name)
    if name in NOT_ALLOWED:
        return Failure("pin_change_not_allowed", where=label, ckr=name)
    flags, own = _flags_now(slot), wrong == "pin_wrong"
    if name == "CKR_PIN_LOCKED" or (name in WRONG_PIN and flags.get("locked" if own else "officer_locked")):
        return Failure("pin_locked" if own else "puk_locked", where=label)
    if name == "CKR_PIN_LEN_RANGE" or (name == "CKR_PIN_INVALID" and not old_was_read):
        return Failure("pin_length_refused", where=label)
    if name in WRONG_PIN and old_was_read:
        return _wrong(wrong, flags, last=bool(flags.get("final_try" if own else "officer_final_try")))
    return Failure("driver_error", ckr=name, detail=str(error))


def _wrong(code: str, flags: dict[str, bool], *, last: bool) -> Failure:
    return Failure(code, tries_left=1 if last else None, **{"final_try": False, **flags})


def _flags_now(slot: Any) -> dict[str, bool]:
    try:
        return pin_flags(slot.get_token())
    except pkcs11.PKCS11Error:
        return {}


def ckr_name(error: pkcs11.PKCS11Error) -> str:
    """The return code behind an exception of python-pkcs11, by its name in the standard."""
    if type(error) is pkcs11.PKCS11Error:
        return str(error) or "CKR_UNKNOWN"
    return "CKR_" + re.sub(r"(?<!^)(?=[A-Z])", "_", type(error).__name__).upper()


def pin_flags(token: Any) -> dict[str, bool]:
    """What a token says of its PINs."""
    flags = token.flags
    return {
        "tries_low": bool(flags & TokenFlag.USER_PIN_COUNT_LOW),
        "final_try": bool(flags & TokenFlag.USER_PIN_FINAL_TRY),
        "locked": bool(flags & TokenFlag.USER_PIN_LOCKED),
        "must_change": bool(flags & TokenFlag.USER_PIN_TO_BE_CHANGED),
        "on_token": bool(flags & TokenFlag.PROTECTED_AUTHENTICATION_PATH),
        "officer_final_try": bool(flags & TokenFlag.SO_PIN_FINAL_TRY),
        "officer_locked": bool(flags & TokenFlag.SO_PIN_LOCKED),
    }
