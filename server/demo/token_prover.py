"""Signs enrolment challenges with demo tokens, in a process of its own: SoftHSM reads its configuration once.

Standard input: {"module", "items": [{"label", "pin", "data"}]}; standard output: a list of {"certificate", "chain",
"signature"} in the same order. Bytes travel as base64.
"""

from __future__ import annotations

import base64
import json
import sys
from typing import Any

import pkcs11
from pkcs11 import Attribute, Mechanism, ObjectClass


def main() -> None:
    """Answer every item."""
    task = json.load(sys.stdin)
    library = pkcs11.lib(task["module"])
    json.dump([_answer(library, item) for item in task["items"]], sys.stdout)


def _answer(library: Any, item: dict[str, str]) -> dict[str, Any]:
    token = library.get_token(token_label=item["label"])
    with token.open(user_pin=item["pin"]) as session:
        key = next(iter(session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY})))
        signature = key.sign(base64.b64decode(item["data"]), mechanism=Mechanism.SHA256_RSA_PKCS)
        ders = {bytes(each[Attribute.VALUE]): bytes(each[Attribute.ID] or b"")
                for each in session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE})}
        own = [der for der, name in ders.items() if name == bytes(key[Attribute.ID])]
    return {"certificate": _text(own[0]), "chain": [_text(der) for der in ders if der != own[0]],
            "signature": _text(bytes(signature))}


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


if __name__ == "__main__":
    main()
