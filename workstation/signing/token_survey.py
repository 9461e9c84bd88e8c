"""What a library tells of itself, its slots, tokens and mechanisms, without a PIN: the token's half of the self-test.

Runs in the token process, as every question to a vendor's library does. A slot that fails is told with its failure and
hides no other.
"""

from __future__ import annotations

import ctypes
import platform
from typing import Any

import pkcs11
from pkcs11 import MechanismFlag, TokenFlag

from workstation.signing.cryptoki import pin_lengths

Told = dict[str, Any]


def survey(module: str, library: Any) -> Told:
    """All that is known without logging in."""
    return {
        "bits": ctypes.sizeof(ctypes.c_void_p) * 8, "python": platform.python_version(),
        "cryptoki": _version(library.cryptoki_version), "library": library.library_description.strip(),
        "library_version": _version(library.library_version), "manufacturer": library.manufacturer_id.strip(),
        "slots": [_slot(module, slot) for slot in library.get_slots()],
    }


def _slot(module: str, slot: Any) -> Told:
    told: Told = {"id": slot.slot_id, "description": slot.slot_description.strip(), "token": None, "failure": "",
                  "mechanisms": []}
    try:
        told["token"] = _token(module, slot, slot.get_token())
        told["mechanisms"] = sorted((_mechanism(slot, one) for one in slot.get_mechanisms()),
                                    key=lambda mechanism: str(mechanism["name"]))
    except (pkcs11.TokenNotPresent, pkcs11.DeviceRemoved):
        told["token"] = None
    except (pkcs11.PKCS11Error, UnicodeDecodeError) as error:
        told["failure"] = str(error) or type(error).__name__
    return told


def _token(module: str, slot: Any, token: Any) -> Told:
    serial = token.serial
    shortest, longest = pin_lengths(module, slot.slot_id)
    return {
        "label": token.label, "serial": serial if isinstance(serial, str) else serial.decode("latin-1").strip("\0 "),
        "manufacturer": token.manufacturer_id.strip(), "model": token.model.strip(),
        "hardware": _version(token.hardware_version), "firmware": _version(token.firmware_version),
        "flags": sorted(flag.name or hex(flag) for flag in TokenFlag if token.flags & flag),
        "min_pin": shortest, "max_pin": longest,
    }


def _mechanism(slot: Any, mechanism: Any) -> Told:
    name = getattr(mechanism, "name", None) or hex(mechanism)
    try:
        info = slot.get_mechanism_info(mechanism)
    except pkcs11.PKCS11Error:
        return {"name": name, "least": None, "most": None, "signs": False}
    return {"name": name, "least": info.min_key_length, "most": info.max_key_length,
            "signs": bool(info.flags & MechanismFlag.SIGN)}


def _version(numbers: tuple[int, int]) -> str:
    return ".".join(map(str, numbers))
