"""VNPT SmartCA (third-party API, sp769): confirmed on the phone (v1), or with password and one-time code (v2)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from records.errors import Reason
from server.exchange.remote_signing.accounts import Account
from server.exchange.remote_signing.door import Door, certificate_octets, octets, words
from server.exchange.remote_signing.protocol import (
    Answered,
    Code,
    Declined,
    RemoteCertificate,
    Step,
    Waiting,
    Wish,
)

_TOO_LATE = ("expire", "timeout", "time_out")
_SAID_NO = ("reject", "refuse", "cancel", "denied", "deny")
"""Parts of messages; the documents read name only success and waiting, so anything else goes on waiting."""


class SmartCA:
    """v1: the person taps on the phone."""

    needs_code = False

    def __init__(self, account: Account, door: Door) -> None:
        self._account, self._door = account, door

    def close(self) -> None:
        """Close all connections."""
        self._door.close()

    def certificates_of(self, user: str) -> tuple[RemoteCertificate, ...]:
        """One for each certificate that came with its bytes."""
        status, told = self._door.post("/v1/credentials/get_certificate", {
            **self._login(user), "transaction_id": secrets.token_hex(16)})
        if status != 200:
            raise self._door.refused(status, told)
        listed = (told.get("data") or {}).get("user_certificates") or []
        found = ((one, certificate_octets(one.get("cert_data"))) for one in listed)
        return tuple(RemoteCertificate(str(one.get("serial_number", "")), der, _chain(one.get("chain_data") or {}))
                     for one, der in found if der)

    def begin(self, wish: Wish, code: Code | None) -> Step:
        """The phone rings."""
        status, told = self._door.post("/v1/signatures/sign", self._asked(wish))
        if status != 200 or told.get("status_code", 200) != 200:
            raise self._door.refused(status, told)
        return Waiting({"transaction": (told.get("data") or {}).get("transaction_id") or str(wish.transaction)})

    def poll(self, wish: Wish, handle: Mapping[str, Any]) -> Step:
        """Signatures, or the word that tells why there are none."""
        _, told = self._door.post(f"/v1/signatures/sign/{handle['transaction']}/status", {})
        listed = (told.get("data") or {}).get("signatures")
        if listed or told.get("message") == "SUCCESS":
            return signatures_in(listed, len(wish.hashes))
        said = words(told).lower()
        if any(word in said for word in _SAID_NO):
            return Declined(Reason("remote_refused_on_phone", self._account.label))
        if any(word in said for word in _TOO_LATE):
            return Declined(Reason("remote_too_late", self._account.label))
        return Waiting(handle)

    def _login(self, user: str) -> dict[str, Any]:
        return {"sp_id": self._account.login, "sp_password": self._account.secret.get_secret_value(),
                "user_id": user}

    def _asked(self, wish: Wish) -> dict[str, Any]:
        return {
            **self._login(wish.user), "transaction_id": str(wish.transaction),
            "transaction_desc": wish.description, "serial_number": wish.credential,
            "sign_files": [{"data_to_be_signed": one.hex(), "doc_id": str(place), "file_type": "pdf",
                            "sign_type": "hash"} for place, one in enumerate(wish.hashes)],
        }


class SmartCAByCode(SmartCA):
    """v2 («SmartCA TH»): password and one-time code, no tap; the answer comes at once."""

    needs_code = True

    def begin(self, wish: Wish, code: Code | None) -> Step:
        """Open the transaction with the code, and confirm it."""
        given = code or Code("", "")
        status, told = self._door.post("/v2/signatures/sign", {
            **self._asked(wish), "password": given.secret, "otp": given.otp})
        data = told.get("data") or {}
        if status != 200 or not data.get("sad"):
            return Declined(Reason("remote_code_wrong", self._account.label))
        status, told = self._door.post("/v2/signatures/confirm", {
            **self._login(wish.user), "password": given.secret, "sad": data["sad"],
            "transaction_id": data.get("transaction_id") or str(wish.transaction)})
        if status != 200:
            raise self._door.refused(status, told)
        return signatures_in((told.get("data") or {}).get("signatures"), len(wish.hashes))


def signatures_in(listed: Any, expected: int) -> Answered:
    """Values by the place that `doc_id` names; the same place twice counts as surplus."""
    found: dict[int, bytes] = {}
    surplus = 0
    for one in listed if isinstance(listed, list) else []:
        name = str(one.get("doc_id", "")) if isinstance(one, dict) else ""
        place = int(name) if name.isascii() and name.isdigit() and len(name) < 6 else -1
        if not 0 <= place < expected or place in found:
            surplus += 1
        elif raw := octets(one.get("signature_value")):
            found[place] = raw
    return Answered(found, surplus)


def _chain(told: Mapping[str, Any]) -> tuple[bytes, ...]:
    return tuple(der for name in ("ca_cert", "root_cert") if (der := certificate_octets(told.get(name))))
