"""Viettel MySign, asynchronous requests (async=1); values come with line ends in them, as the real ones do."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

from tests.sandbox.program import Reply, Request
from tests.sandbox.remote_signers import LOGIN, SECRET, SignerConduct, Signers, text_of, unbase64

PROFILE = "ho-so-thu"


@dataclass
class MySign:
    """One profile; tokens belong to a person."""

    signers: Signers
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def conduct(self) -> SignerConduct:
        return self.signers.conduct

    def handle(self, request: Request) -> Reply:
        body = request.body
        if not request.path.endswith("/status") and (body.get("client_id"), body.get("client_secret")) != (
                LOGIN, SECRET):
            return Reply({"error": "invalid_client"}, 401)
        if request.path == "/vtss/service/ras/v1/login":
            return self._login(str(body.get("user_id", "")), body.get("profile_id"))
        user = self.tokens.get(request.bearer)
        if user is None:
            return Reply({"error": "invalid_token"}, 401)
        match request.path:
            case "/vtss/service/certificates/info":
                return self._certificates(user)
            case "/vtss/service/signHash":
                return self._sign(user, request)
            case "/vtss/service/requests/status":
                return self._status(user, str(body.get("transactionId", "")))
        return Reply({"error": "no such address"}, 404)

    def _login(self, user: str, profile: object) -> Reply:
        if profile != PROFILE or self.signers.of(user) is None:
            return Reply({"error": "invalid_user"}, 401)
        token = f"token-{len(self.tokens)}"
        self.tokens[token] = user
        return Reply({"access_token": token, "token_type": "Bearer", "expires_in": 3600})

    def _certificates(self, user: str) -> Reply:
        held = self.signers.of(user)
        assert held is not None
        return Reply([{"credential_id": self.signers.serial(user), "description": "", "authMode": "explicit",
                       "key": {"status": "enabled", "algo": ["1.2.840.113549.1.1.1"], "len": 2048},
                       "cert": {"status": "valid", "certificates": text_of(held)}}])

    def _sign(self, user: str, request: Request) -> Reply:
        body = request.body
        try:
            asked = [unbase64(one) for one in body["hash"]]
            names = [str(one["document_id"]) for one in body["documents"]]
            shown = [base64.b64decode(one["document_name"], validate=True).decode() for one in body["documents"]]
        except (KeyError, ValueError):
            return Reply({"error": "bad request"}, 400)
        if (body.get("credentialID") != self.signers.serial(user) or body.get("async") != 1
                or not len(asked) == len(names) == len(shown) == body.get("numSignatures")
                or body.get("hashAlgo") != "2.16.840.1.101.3.4.2.1"):
            return Reply({"error": "bad request"}, 400)
        return Reply({"transactionId": self.signers.open(user, names, asked).id})

    def _status(self, user: str, number: str) -> Reply:
        made = self.signers.transactions.get(number)
        if made is None or made.user != user:
            return Reply({"error": "unknown transaction"}, 400)
        match self.signers.phone(made):
            case "refuse":
                return Reply({"status": "4002", "message": "User reject"})
            case "late":
                return Reply({"status": "4001", "message": "Timeout"})
            case "approve":
                values = [f"{value[:60]}\r\n{value[60:]}\r\n" for _, value in self.signers.signed(made)]
                return Reply({"status": "1", "signatures": values})
        return Reply({"status": "4000", "message": "Waiting for user confirmation"})
