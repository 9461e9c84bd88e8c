"""Viettel MySign: confirmed on the phone; one request for many hashes, asked after by its number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from records.errors import Reason
from server.exchange.remote_signing.accounts import Account
from server.exchange.remote_signing.door import Door, base64_of, certificate_octets, in_order
from server.exchange.remote_signing.protocol import Code, Declined, RemoteCertificate, Step, Waiting, Wish

SHA256 = "2.16.840.1.101.3.4.2.1"
RSA = "1.2.840.113549.1.1.1"
_GOES_ON = frozenset({"0", "4000", "6000"})
"""Pending; waiting for the person; confirmed and being signed."""
_DONE = "1"
_LONGEST_NAME = 60
"""Bytes: names travel in base64, which may have 100 letters."""


class MySign:
    """One account; a person's access token is theirs alone."""

    needs_code = False

    def __init__(self, account: Account, door: Door) -> None:
        self._account, self._door = account, door

    def close(self) -> None:
        """Close all connections."""
        self._door.close()

    def certificates_of(self, user: str) -> tuple[RemoteCertificate, ...]:
        """The person's certificates with the authorities above them."""
        status, told = self._door.post("/vtss/service/certificates/info", {
            **self._login(), "profile_id": self._account.profile, "user_id": user, "certificates": "chain",
            "certInfo": True, "authInfo": True}, token=self._token(user))
        if status != 200:
            raise self._door.refused(status, told)
        found = []
        for one in told.get("items") or []:
            chain = [certificate_octets(item) for item in (one.get("cert") or {}).get("certificates") or []]
            if chain and all(chain):
                found.append(RemoteCertificate(str(one.get("credential_id", "")), chain[0], tuple(chain[1:])))
        return tuple(found)

    def begin(self, wish: Wish, code: Code | None) -> Step:
        """The phone rings."""
        name = base64_of(wish.description.encode()[:_LONGEST_NAME].decode(errors="ignore").encode())
        status, told = self._door.post("/vtss/service/signHash", {
            **self._login(), "credentialID": wish.credential, "numSignatures": len(wish.hashes),
            "description": name,
            "documents": [{"document_id": str(place), "document_name": name} for place in range(len(wish.hashes))],
            "hash": [base64_of(one) for one in wish.hashes], "hashAlgo": SHA256, "signAlgo": RSA, "async": 1,
        }, token=self._token(wish.user))
        if status != 200 or not told.get("transactionId"):
            raise self._door.refused(status, told)
        return Waiting({"transaction": str(told["transactionId"])})

    def poll(self, wish: Wish, handle: Mapping[str, Any]) -> Step:
        """Signatures in the order of the hashes, or the number that tells why there are none."""
        status, told = self._door.post("/vtss/service/requests/status", {"transactionId": handle["transaction"]},
                                       token=self._token(wish.user))
        if status != 200:
            raise self._door.refused(status, told)
        said = str(told.get("status", ""))
        if said == _DONE:
            return in_order(told.get("signatures"), len(wish.hashes))
        if said in _GOES_ON:
            return Waiting(handle)
        return Declined(self._why(said))

    def _why(self, said: str) -> Reason:
        match said:
            case "4001":
                return Reason("remote_too_late", self._account.label)
            case "4002":
                return Reason("remote_refused_on_phone", self._account.label)
            case "13004":
                return Reason("remote_certificate_not_active", self._account.label, {"detail": said})
        return Reason("remote_service_refused", self._account.label, {"detail": said})

    def _login(self) -> dict[str, Any]:
        return {"client_id": self._account.login, "client_secret": self._account.secret.get_secret_value()}

    def _token(self, user: str) -> str:
        return self._door.token(user, lambda: self._door.post("/vtss/service/ras/v1/login", {
            **self._login(), "user_id": user, "profile_id": self._account.profile}))
