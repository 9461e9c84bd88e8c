"""The Cloud Signature Consortium's API, v1 (PIN and one-time code) and v2 (confirmed at the service, asynchronous)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

from tests.sandbox.program import Reply, Request
from tests.sandbox.remote_signers import (
    LOGIN,
    OTP,
    PIN,
    SECRET,
    SignerConduct,
    Signers,
    Transaction,
    text_of,
    unbase64,
)

SHA256, RSA_SHA256 = "2.16.840.1.101.3.4.2.1", "1.2.840.113549.1.1.11"
METHODS = ("oauth2/token", "credentials/list", "credentials/info", "credentials/authorize",
           "credentials/authorizeCheck", "signatures/signHash", "signatures/signPolling")


@dataclass
class Csc:
    """Both versions at one address; an authorisation is for its hashes only, and for one use."""

    signers: Signers
    tokens: set[str] = field(default_factory=set)
    authorised: dict[str, Transaction] = field(default_factory=dict)
    """By SAD."""
    answers: dict[str, Transaction] = field(default_factory=dict)

    @property
    def conduct(self) -> SignerConduct:
        return self.signers.conduct

    def handle(self, request: Request) -> Reply:
        body = request.body
        if request.path == "/oauth2/token":
            return self._token(body)
        _, _, version, method = request.path.split("/", 3)
        if method == "info":
            return Reply({"specs": "2.0.0.2", "name": "Sandbox", "region": "VN", "lang": "vi-VN",
                          "authType": ["oauth2client"], "methods": list(METHODS)})
        if request.bearer not in self.tokens:
            return Reply({"error": "invalid_token"}, 401)
        match method:
            case "credentials/list":
                return self._list(str(body.get("userID", "")))
            case "credentials/info":
                return self._info(str(body.get("credentialID", "")), version)
            case "credentials/authorize":
                return self._authorize(body, version)
            case "credentials/authorizeCheck":
                return self._check(str(body.get("handle", "")))
            case "signatures/signHash":
                return self._sign(body, version)
            case "signatures/signPolling":
                return self._polled(str(body.get("responseID", "")))
        return Reply({"error": "invalid_request", "error_description": "no such method"}, 404)

    def _token(self, body: Any) -> Reply:
        if (body.get("grant_type"), body.get("client_id"), body.get("client_secret")) != (
                "client_credentials", LOGIN, SECRET):
            return Reply({"error": "invalid_client"}, 401)
        token = secrets.token_hex(8)
        self.tokens.add(token)
        return Reply({"access_token": token, "token_type": "Bearer", "expires_in": 3600})

    def _list(self, user: str) -> Reply:
        return Reply({"credentialIDs": [self.signers.serial(user)] if self.signers.of(user) else []})

    def _info(self, credential: str, version: str) -> Reply:
        user = self.signers.user_of(credential)
        held = self.signers.of(user)
        if held is None:
            return _wrong("Invalid parameter credentialID")
        return Reply({"key": {"status": "enabled", "algo": [RSA_SHA256], "len": 2048},
                      "cert": {"status": "valid", "certificates": text_of(held)},
                      "authMode": "explicit", "auth": {"mode": "explicit" if version == "v1" else "oauth2code"},
                      "SCAL": "2", "multisign": 1000})

    def _authorize(self, body: Any, version: str) -> Reply:
        user = self.signers.user_of(str(body.get("credentialID", "")))
        try:
            asked = [unbase64(one) for one in body["hash" if version == "v1" else "hashes"]]
        except (KeyError, ValueError):
            return _wrong("Invalid parameter hashes")
        if not user or body.get("numSignatures") != len(asked):
            return _wrong("Invalid parameter numSignatures")
        if version == "v1":
            if (body.get("PIN"), body.get("OTP")) != (PIN, OTP):
                return Reply({"error": "invalid_otp", "error_description": "The OTP is invalid"}, 400)
            return self._activated(self.signers.open(user, [""] * len(asked), asked))
        if body.get("hashAlgorithmOID") != SHA256:
            return _wrong("Missing parameter hashAlgorithmOID")
        return Reply({"handle": self.signers.open(user, [""] * len(asked), asked).id}, 202)

    def _check(self, handle: str) -> Reply:
        made = self.signers.transactions.get(handle)
        if made is None:
            return _wrong("Invalid parameter handle")
        match self.signers.phone(made):
            case "approve":
                return self._activated(made)
            case "refuse":
                return Reply({"error": "access_denied", "error_description": "The user rejected it"}, 400)
            case "late":
                return Reply({"error": "authorization_expired"}, 400)
        return Reply({"handle": handle}, 202)

    def _activated(self, made: Transaction) -> Reply:
        sad = secrets.token_hex(12)
        self.authorised[sad] = made
        return Reply({"SAD": sad, "expiresIn": 300})

    def _sign(self, body: Any, version: str) -> Reply:
        made = self.authorised.pop(str(body.get("SAD", "")), None)
        if made is None:
            return _wrong("Invalid parameter SAD")
        if [unbase64(one) for one in body.get("hash" if version == "v1" else "hashes", ())] != made.hashes:
            return _wrong("Hash is not authorized by the SAD")
        if body.get("signAlgo") != RSA_SHA256:
            return _wrong("Invalid parameter signAlgo")
        if version == "v2" and body.get("operationMode") == "A":
            self.answers[made.id] = made
            return Reply({"responseID": made.id})
        return Reply({"signatures": [value for _, value in self.signers.signed(made)]})

    def _polled(self, number: str) -> Reply:
        made = self.answers.get(number)
        if made is None:
            return _wrong("Invalid parameter responseID")
        made.fetched += 1
        if made.fetched == 1:
            return Reply({}, 202)
        return Reply({"signatures": [value for _, value in self.signers.signed(made)]})


def _wrong(words: str) -> Reply:
    return Reply({"error": "invalid_request", "error_description": words}, 400)
