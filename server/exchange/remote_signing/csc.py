"""The Cloud Signature Consortium's API, v1 and v2: one authorisation for many hashes.

v1: PIN and one-time code, given on the workstation. v2: the person confirms at the service, and
`credentials/authorizeCheck` tells when; signatures are made asynchronously and fetched with `signatures/signPolling`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from records.errors import Reason
from server.exchange.remote_signing.accounts import Account
from server.exchange.remote_signing.door import Door, base64_of, certificate_octets, in_order, words
from server.exchange.remote_signing.protocol import Code, Declined, RemoteCertificate, Step, Waiting, Wish

SHA256 = "2.16.840.1.101.3.4.2.1"
RSA_SHA256 = "1.2.840.113549.1.1.11"
_PAGES = 20
"""Of credentials; nobody has more."""


class CscV1:
    """PIN and one-time code give the authorisation, and the signatures come at once."""

    needs_code = True
    _at = "/csc/v1"

    def __init__(self, account: Account, door: Door) -> None:
        self._account, self._door = account, door

    def close(self) -> None:
        """Close all connections."""
        self._door.close()

    def certificates_of(self, user: str) -> tuple[RemoteCertificate, ...]:
        """Every credential of the person with its chain."""
        found = []
        for credential in self._credentials(user):
            told = self._call("credentials/info", {"credentialID": credential, "certificates": "chain",
                                                   "certInfo": True, "authInfo": True})
            chain = [certificate_octets(one) for one in (told.get("cert") or {}).get("certificates") or []]
            if chain and all(chain):
                found.append(RemoteCertificate(credential, chain[0], tuple(chain[1:])))
        return tuple(found)

    def begin(self, wish: Wish, code: Code | None) -> Step:
        """Authorise all hashes with the code, then have them signed."""
        given = code or Code("", "")
        status, told = self._post("credentials/authorize", {
            "credentialID": wish.credential, "numSignatures": len(wish.hashes),
            "hash": [base64_of(one) for one in wish.hashes], "PIN": given.secret, "OTP": given.otp})
        if status != 200 or not told.get("SAD"):
            return self._declined(status, told)
        told = self._call("signatures/signHash", {
            "credentialID": wish.credential, "SAD": told["SAD"],
            "hash": [base64_of(one) for one in wish.hashes], "hashAlgo": SHA256, "signAlgo": RSA_SHA256})
        return in_order(told.get("signatures"), len(wish.hashes))

    def poll(self, wish: Wish, handle: Mapping[str, Any]) -> Step:
        """Never waits."""
        return Waiting(handle)

    def _declined(self, status: int, told: Mapping[str, Any]) -> Declined:
        said = words(told).lower()
        if "pin" in said or "otp" in said:
            return Declined(Reason("remote_code_wrong", self._account.label))
        raise self._door.refused(status, told)

    def _credentials(self, user: str) -> tuple[str, ...]:
        found: list[str] = []
        page = ""
        for _ in range(_PAGES):
            told = self._call("credentials/list", {"userID": user, "maxResults": 20,
                                                   **({"pageToken": page} if page else {})})
            found += [str(one) for one in told.get("credentialIDs") or []]
            page = str(told.get("nextPageToken") or "")
            if not page:
                break
        return tuple(found)

    def _call(self, method: str, body: Mapping[str, Any]) -> dict[str, Any]:
        status, told = self._post(method, body)
        if status != 200:
            raise self._door.refused(status, told)
        return told

    def _post(self, method: str, body: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        token = self._door.token("", lambda: self._door.post("/oauth2/token", {
            "grant_type": "client_credentials", "client_id": self._account.login,
            "client_secret": self._account.secret.get_secret_value()}, form=True))
        return self._door.post(f"{self._at}/{method}", body, token=token)


class CscV2(CscV1):
    """The person confirms at the service, once for all hashes."""

    needs_code = False
    _at = "/csc/v2"

    def begin(self, wish: Wish, code: Code | None) -> Step:
        """Ask for the authorisation; 202 with a handle while the person thinks."""
        status, told = self._post("credentials/authorize", {
            "credentialID": wish.credential, "numSignatures": len(wish.hashes), "hashes": _hashes(wish),
            "hashAlgorithmOID": SHA256, "description": wish.description, "clientData": str(wish.transaction)})
        return self._authorised(wish, status, told)

    def poll(self, wish: Wish, handle: Mapping[str, Any]) -> Step:
        """First the authorisation, then the signatures."""
        if asked := handle.get("signing"):
            status, told = self._post("signatures/signPolling", {"responseID": asked})
            if status == 202 or (status == 200 and told.get("signatures") is None):
                return Waiting(handle)
            if status != 200:
                raise self._door.refused(status, told)
            return in_order(told.get("signatures"), len(wish.hashes))
        status, told = self._post("credentials/authorizeCheck", {"handle": handle["authorising"]})
        return self._authorised(wish, status, {"handle": handle["authorising"], **told})

    def _authorised(self, wish: Wish, status: int, told: Mapping[str, Any]) -> Step:
        if status == 200 and told.get("SAD"):
            signed = self._call("signatures/signHash", {
                "credentialID": wish.credential, "SAD": told["SAD"], "hashes": _hashes(wish),
                "hashAlgorithmOID": SHA256, "signAlgo": RSA_SHA256, "operationMode": "A"})
            if signed.get("signatures"):
                return in_order(signed["signatures"], len(wish.hashes))
            return Waiting({"signing": str(signed.get("responseID", ""))})
        if status in (200, 202) and told.get("handle"):
            return Waiting({"authorising": str(told["handle"])})
        said = words(told).lower()
        if "expire" in said or "timeout" in said:
            return Declined(Reason("remote_too_late", self._account.label))
        if "denied" in said or "reject" in said:
            return Declined(Reason("remote_refused_on_phone", self._account.label))
        raise self._door.refused(status, told)


def _hashes(wish: Wish) -> list[str]:
    return [base64_of(one) for one in wish.hashes]
