"""The demo doctor whose second certificate lies at a remote service, played beside the demo: for training only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509 import load_pem_x509_certificates

from server.demo import pki

LABEL = "SmartCA (giả lập)"
LOGIN, SECRET = "benh-vien-tap-su", "chi-de-tap-su"
KEY, CERTIFICATE = "person.key", "person.pem"


@dataclass(frozen=True)
class PhoneService:
    """Where the played service listens, and the authority of its TLS certificate."""

    url: str
    ca: Path

    @property
    def folder(self) -> Path:
        """Where it keeps the doctor's key too."""
        return self.ca.parent


def person(data: Mapping[str, Any]) -> dict[str, Any]:
    """Who signs on the phone: the one of the demo's staff that `hospital.toml` says."""
    found: dict[str, Any] = next(one for one in data["staff"] if one.get("phone"))
    return found


def prepare(accounts: Path, data: Mapping[str, Any], issuing: pki.Issued, service: PhoneService | None,
            answering: pki.Services | None = None) -> None:
    """The doctor's key and certificate in the service's folder, and the hospital's account there; no account without
    a service.
    """
    if service is None:
        accounts.unlink(missing_ok=True)
        return
    who, folder = person(data), service.folder
    if not (folder / CERTIFICATE).exists():
        issued = pki.issue_person(issuing, who["full_name"], who["national_id"],
                                  organisation=data["hospital"]["name"], title=who["position"],
                                  services=answering)
        pki.write_key(folder / KEY, issued.key)
        pki.write_pem(folder / CERTIFICATE, issued.certificate, *issued.chain)
    told = {"name": "phone", "kind": "smartca", "label": LABEL, "url": service.url, "login": LOGIN, "secret": SECRET,
            "ca": str(service.ca.resolve()), "every_s": 0.1}
    accounts.parent.mkdir(exist_ok=True)
    lines = (f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in told.items())
    accounts.write_text("\n".join(["[[service]]", *lines]) + "\n", "utf-8")
    accounts.chmod(0o600)


def held(folder: Path) -> pki.Issued | None:
    """The doctor's key and certificate; None before the demo made them."""
    if not (folder / CERTIFICATE).exists():
        return None
    certificate, *chain = load_pem_x509_certificates((folder / CERTIFICATE).read_bytes())
    key = serialization.load_pem_private_key((folder / KEY).read_bytes(), None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("the demo doctor's key is no RSA key")
    return pki.Issued(key, certificate, tuple(chain))


def proof(issued: pki.Issued, challenge: bytes) -> bytes:
    """The challenge of the enrolment, signed as the service would."""
    if not isinstance(issued.key, rsa.RSAPrivateKey):
        raise TypeError("the demo doctor's key is no RSA key")
    return issued.key.sign(challenge, padding.PKCS1v15(), hashes.SHA256())
