"""One signature by a key in an HSM: `python -m server.hsm_child`, the request on standard input, as JSON.

A vendor's PKCS#11 library runs in a process of its own: it may hang, crash or print, and the server goes on. A paper
that leaves the house is signed some dozens of times a day, so that a new process each time costs nothing that counts.
"""

from __future__ import annotations

import hashlib
import json
import sys
from typing import Any

import pkcs11
from pkcs11.util.ec import encode_ecdsa_signature


def sign(request: dict[str, Any]) -> dict[str, str]:
    """The signature (hexadecimal), or what the library said."""
    try:
        token = pkcs11.lib(request["module"]).get_token(token_label=request["token"])
        with token.open(user_pin=request["pin"]) as session:
            key = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label=request["key"] or None)
            return {"signature": _signed(key, bytes.fromhex(request["data"])).hex()}
    except (pkcs11.PKCS11Error, RuntimeError) as error:
        return {"error": type(error).__name__}


def _signed(key: Any, data: bytes) -> bytes:
    if key.key_type is pkcs11.KeyType.EC:
        # Many HSMs sign only what is hashed already.
        value = key.sign(hashlib.sha256(data).digest(), mechanism=pkcs11.Mechanism.ECDSA)
        return bytes(encode_ecdsa_signature(value))
    return bytes(key.sign(data, mechanism=pkcs11.Mechanism.SHA256_RSA_PKCS))


if __name__ == "__main__":
    json.dump(sign(json.load(sys.stdin)), sys.stdout)
