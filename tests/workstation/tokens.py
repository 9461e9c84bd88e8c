"""The token of the desk's doctor, for tests of models and windows: real SoftHSM, with or without the shim before it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from records.messages import CertificateView
from server.demo.pki import Issued, issue_person, make_issuing, make_root
from server.demo.tokens import TokenHome, make_home, make_token
from tests.p11shim.fixture import Shim
from tests.workstation import hospital
from tests.workstation.little_server import LittleServer
from workstation.config import Config

PIN = "73915602"
LABEL = "Le Thu Ha"


@dataclass(frozen=True)
class DoctorsToken:
    """The token's home, what is on it, and who issued it."""

    home: TokenHome
    issued: Issued
    root: Issued
    issuing: Issued

    def view(self, state: str = "approved", person: UUID = hospital.DOCTOR) -> CertificateView:
        """The certificate as the server lists it."""
        certificate = self.issued.certificate
        return CertificateView(
            id=UUID(int=501), person=person, person_name="Lê Thu Hà", serial=f"{certificate.serial_number:X}",
            issuer="CA", subject="Lê Thu Hà", not_before=certificate.not_valid_before_utc,
            not_after=certificate.not_valid_after_utc, state=state)

    def trust(self) -> tuple[str, ...]:
        """PEM of the root, as the server hands it out at sign-in."""
        return (self.root.certificate.public_bytes(Encoding.PEM).decode(),)


@cache
def _certificates() -> tuple[Issued, Issued, Issued]:
    """The root, who issues, and the doctor's: once for all the modules that make a token of their own."""
    root = make_root()
    issuing = make_issuing(root)
    return root, issuing, issue_person(issuing, "Lê Thu Hà", hospital.person().national_id)


@pytest.fixture(scope="session")
def doctors_token(tmp_path_factory: pytest.TempPathFactory) -> DoctorsToken:
    root, issuing, issued = _certificates()
    home = make_home(tmp_path_factory.mktemp("desk-token"))
    make_token(home, LABEL, PIN, issued)
    return DoctorsToken(home, issued, root, issuing)


@pytest.fixture
def plugged(doctors_token: DoctorsToken, little: LittleServer, config: Config,
            monkeypatch: pytest.MonkeyPatch) -> Config:
    """The token is in and its certificate approved; the settings name its library."""
    _environment(monkeypatch, dict(doctors_token.home.env))
    little.certificates = [doctors_token.view()]
    little.trust_roots = doctors_token.trust()
    return config.model_copy(update={"pkcs11_modules": (doctors_token.home.module,)})


@pytest.fixture
def shimmed(plugged: Config, doctors_token: DoctorsToken, p11shim: Shim, monkeypatch: pytest.MonkeyPatch) -> Config:
    """The same token behind the shim, which `p11shim.says` steers."""
    _environment(monkeypatch, {**p11shim.env, **doctors_token.home.env})
    return plugged.model_copy(update={"pkcs11_modules": (Path(p11shim.module),)})


def _environment(monkeypatch: pytest.MonkeyPatch, values: dict[str, str]) -> None:
    for name, value in values.items():
        monkeypatch.setitem(os.environ, name, value)
