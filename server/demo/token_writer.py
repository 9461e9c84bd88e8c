"""Writes keys and certificates onto SoftHSM tokens; started by `server.demo.tokens`, reads its task from stdin."""

from __future__ import annotations

import base64
import hashlib
import json
import sys
from typing import Any

import pkcs11
from asn1crypto import x509
from pkcs11 import Attribute
from pkcs11.util.ec import decode_ec_private_key
from pkcs11.util.rsa import decode_rsa_private_key
from pkcs11.util.x509 import decode_x509_certificate


def main() -> None:
    """Carry out the task on standard input."""
    task = json.load(sys.stdin)
    library = pkcs11.lib(task["module"])
    for label, items in task["tokens"].items():
        session = library.get_token(token_label=label).open(rw=True, user_pin=task["pin"])
        written: set[bytes] = set()
        for item in items:
            _write_item(session, item, written)
        session.close()


def _write_item(session: Any, item: dict[str, Any], written: set[bytes]) -> None:
    certificate = base64.b64decode(item["certificate"])
    parsed = x509.Certificate.load(certificate)
    key_id = parsed.public_key.sha1
    key = base64.b64decode(item["key"])
    private = decode_rsa_private_key(key) if parsed.public_key.algorithm == "rsa" else decode_ec_private_key(key)
    if key_id not in written:  # a renewed certificate stands on the same key
        session.create_object({
            **private, Attribute.TOKEN: True, Attribute.PRIVATE: True, Attribute.SENSITIVE: True,
            Attribute.EXTRACTABLE: False, Attribute.SIGN: True, Attribute.DECRYPT: False, Attribute.UNWRAP: False,
            Attribute.ID: key_id, Attribute.LABEL: item["name"],
        })
        written.add(key_id)
    _write_certificate(session, certificate, key_id, item["name"])
    for above in map(base64.b64decode, item["chain"]):
        if (seen := hashlib.sha256(above).digest()) not in written:
            written.add(seen)
            name = x509.Certificate.load(above).subject.native["common_name"]
            _write_certificate(session, above, hashlib.sha1(above).digest(), name)  # noqa: S324  # an id, no secret


def _write_certificate(session: Any, der: bytes, key_id: bytes, label: str) -> None:
    session.create_object({
        **decode_x509_certificate(der), Attribute.TOKEN: True, Attribute.ID: key_id, Attribute.LABEL: label,
    })


if __name__ == "__main__":
    main()
