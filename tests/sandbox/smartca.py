"""VNPT SmartCA as its third-party document describes it; messages of refusal are ours, the document names none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from tests.sandbox.program import Reply, Request
from tests.sandbox.remote_signers import LOGIN, OTP, PIN, SECRET, SignerConduct, Signers, Transaction, text_of, unhex

_STATUS = re.compile(r"/v1/signatures/sign/([^/]+)/status")


@dataclass
class SmartCA:
    """v1 with the phone, v2 with password and one-time code."""

    signers: Signers
    login: str = LOGIN
    secret: str = SECRET

    @property
    def conduct(self) -> SignerConduct:
        return self.signers.conduct

    def handle(self, request: Request) -> Reply:
        body = request.body
        if found := _STATUS.fullmatch(request.path):
            return self._status(found[1])
        if (body.get("sp_id"), body.get("sp_password")) != (self.login, self.secret):
            return _told(401, "SP_CREDENTIAL_INVALID")
        user = str(body.get("user_id", ""))
        if self.signers.of(user) is None:
            return _told(403, "CREDENTIAL_STATUS_INVALID")
        match request.path:
            case "/v1/credentials/get_certificate":
                return self._certificates(user)
            case "/v1/signatures/sign":
                return self._sign(user, request)
            case "/v2/signatures/sign":
                if (body.get("password"), body.get("otp")) != (PIN, OTP):
                    return _told(400, "OTP_INVALID")
                return self._sign(user, request, sad="sad-of-")
            case "/v2/signatures/confirm":
                return self._confirm(request)
        return _told(404, "no such address")

    def call_back(self, number: str, **changes: Any) -> dict[str, Any]:
        """The body of the call that tells a service provider of a confirmation."""
        files = self._files(self.signers.transactions[number])
        return {"sp_id": self.login, "status_code": 200, "message": "SUCCESS", "transaction_id": number,
                "signed_files": files, **changes}

    def _certificates(self, user: str) -> Reply:
        held = self.signers.of(user)
        assert held is not None
        own, issuer, *above = text_of(held)
        return _told(200, "SUCCESS", {"user_certificates": [{
            "service_type": "SMARTCA", "service_name": "SmartCA cá nhân", "cert_id": self.signers.serial(user),
            "cert_status": "ACTIVE", "serial_number": self.signers.serial(user), "cert_data": own,
            "chain_data": {"ca_cert": issuer, "root_cert": above[-1] if above else ""}}]})

    def _sign(self, user: str, request: Request, sad: str = "") -> Reply:
        files = request.body.get("sign_files") or []
        if request.body.get("serial_number") != self.signers.serial(user) or not files or any(
                one.get("sign_type") != "hash" for one in files):
            return _told(400, "bad request")
        try:
            made = self.signers.open(user, [str(one["doc_id"]) for one in files],
                                     [unhex(one["data_to_be_signed"]) for one in files],
                                     str(request.body["transaction_id"]))
        except (KeyError, ValueError):
            return _told(400, "transaction_id was used, or a hash is none")
        data = {"transaction_id": made.id, "tran_code": f"tran-{made.id}"}
        return _told(200, "sig_wait_for_user_confirm", {**data, **({"sad": sad + made.id, "expired_in": 299} if sad
                                                                  else {})})

    def _confirm(self, request: Request) -> Reply:
        made = self.signers.transactions.get(str(request.body.get("transaction_id")))
        if made is None or request.body.get("sad") != f"sad-of-{made.id}" or request.body.get("password") != PIN:
            return _told(400, "SAD_INVALID")
        return _told(200, "SUCCESS", {"transaction_id": made.id, "signatures": self._files(made)})

    def _status(self, number: str) -> Reply:
        made = self.signers.transactions.get(number)
        if made is None:
            return _told(400, "transaction not found")
        match self.signers.phone(made):
            case "approve":
                return _told(200, "SUCCESS", {"transaction_id": made.id, "signatures": self._files(made)})
            case "refuse":
                return _told(200, "sig_user_rejected")
            case "late":
                return _told(200, "sig_expired")
        return _told(200, "sig_wait_for_user_confirm", {"transaction_id": made.id, "signatures": None})

    def _files(self, made: Transaction) -> list[dict[str, Any]]:
        return [{"doc_id": name, "signature_value": value, "timestamp_signature": None}
                for name, value in self.signers.signed(made)]


def _told(status: int, message: str, data: Any = None) -> Reply:
    return Reply({"status_code": status, "message": message, "data": data}, status)
