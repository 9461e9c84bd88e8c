"""What a PKCS#11 library tells of a token and python-pkcs11 does not pass on: how long a PIN may be.

The library is loaded already; loading it again gives the same one, so that nothing is initialised twice.
"""

from __future__ import annotations

import ctypes

from imaging.system import WINDOWS

GET_TOKEN_INFO = 6
"""Its place in the function list of PKCS#11 2.x."""
_FUNCTIONS = 68
_PACKED = 1 if WINDOWS else 0
"""On Windows the standard's structures have no gaps."""
_UNAVAILABLE = ctypes.c_ulong(-1).value
_LONGEST = 255
"""Some libraries report the whole range of a number; a PIN is never that long."""


class _Info(ctypes.Structure):
    """CK_TOKEN_INFO."""

    _pack_ = _PACKED
    _fields_ = (
        ("label", ctypes.c_ubyte * 32), ("manufacturer", ctypes.c_ubyte * 32), ("model", ctypes.c_ubyte * 16),
        ("serial", ctypes.c_ubyte * 16), ("flags", ctypes.c_ulong), ("sessions", ctypes.c_ulong * 4),
        ("max_pin", ctypes.c_ulong), ("min_pin", ctypes.c_ulong), ("memory", ctypes.c_ulong * 4),
        ("versions", ctypes.c_ubyte * 4), ("time", ctypes.c_ubyte * 16),
    )


class _List(ctypes.Structure):
    """CK_FUNCTION_LIST."""

    _pack_ = _PACKED
    _fields_ = (("version", ctypes.c_ubyte * 2), ("calls", ctypes.c_void_p * _FUNCTIONS))


def pin_lengths(module: str, slot: int) -> tuple[int, int]:
    """The shortest and the longest PIN of the token in that slot; 0 for what the library does not say."""
    library = ctypes.CDLL(module)
    functions, info = ctypes.POINTER(_List)(), _Info()
    if library.C_GetFunctionList(ctypes.byref(functions)):
        return 0, 0
    ask = ctypes.CFUNCTYPE(ctypes.c_ulong, ctypes.c_ulong, ctypes.POINTER(_Info))(
        functions.contents.calls[GET_TOKEN_INFO])
    if ask(slot, ctypes.byref(info)):
        return 0, 0
    return _sane(info.min_pin), _sane(info.max_pin)


def _sane(length: int) -> int:
    return 0 if length == _UNAVAILABLE or length > _LONGEST else int(length)
