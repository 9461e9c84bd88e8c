"""The folder in which a demo hospital lives: cluster, keys, certificates, tokens, settings of server and workstation.

Everything in it is for training only: the passwords and PINs of the demo people stand in `accounts.json` in the clear.
A second start on the same folder uses what is there.
"""

from __future__ import annotations

import json
import logging
import socket
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from records.bundled import bundled
from server.cluster import ADMIN, APP, Cluster
from server.demo import phone, pki, proofs, tokens
from server.demo.proofs import Proofs
from server.dicom.settings import May
from server.settings import Settings

DEVICES = ("DEMO", "ECHOSCU", "STORESCU", "FINDSCU", "GETSCU", "MOVESCU")
"""The AE titles of the demo's devices."""
_log = logging.getLogger("benhan.server.demo")


@dataclass(frozen=True)
class DemoHome:
    """Where everything of one demo hospital lies."""

    folder: Path

    @property
    def server_settings(self) -> Path:
        """Settings of the server, as a real one would have them."""
        return self.folder / "server.toml"

    @property
    def workstation_settings(self) -> Path:
        """Settings of the demo's workstation: `benhan --config`."""
        return self.folder / "workstation.toml"

    @property
    def accounts(self) -> Path:
        """The demo people with passwords, token labels and PINs (training only)."""
        return self.folder / "accounts.json"

    @property
    def ca(self) -> Path:
        """The CA of the TLS certificate, which the workstation trusts."""
        return self.folder / "tls" / "ca.pem"

    @property
    def trust(self) -> Path:
        """The CAs whose certificates may sign."""
        return self.folder / "trust"

    @property
    def proofs(self) -> Proofs:
        """Who gives time stamps and answers on revocation."""
        return Proofs.of(self.folder / "ca")

    @property
    def tokens(self) -> tokens.TokenHome:
        """The staff's SoftHSM tokens."""
        return tokens.make_home(self.folder / "tokens")

    @property
    def cluster(self) -> Cluster:
        """The private PostgreSQL cluster."""
        return Cluster.at(self.folder / "cluster", say=_log.info)


def hospital_data() -> dict[str, Any]:
    """The demo hospital's people, wards and patients, as written in `resources/demo/hospital.toml`."""
    return tomllib.loads(bundled("demo", "hospital.toml").read_text("utf-8"))


def prepare(home: DemoHome, port: int, trust_services: str = "",
            service: phone.PhoneService | None = None) -> Settings:
    """Make what is missing in the folder; the settings for a server on that port.

    `trust_services`: where somebody will give time stamps and answer on revocation for certificates that are new;
    `service`: who signs remotely.
    """
    home.folder.mkdir(parents=True, exist_ok=True)
    data = hospital_data()
    _tls(home)
    _tokens(home, data, trust_services)
    settings = _settings(home, data["hospital"], port)
    phone.prepare(settings.path(settings.remote_signing), data, _issuing(home, trust_services), service,
                  home.proofs.of_people)
    _write_toml(home.server_settings, settings.model_dump(mode="json", exclude_defaults=True))
    _dicom(home)
    _write_toml(home.workstation_settings, {
        "server_url": f"https://127.0.0.1:{port}",
        "ca_file": str(home.ca),
        "data_dir": str(home.folder / "workstation"),
        "pkcs11_modules": [str(home.tokens.module)],
        "pkcs11_environment": dict(home.tokens.env),
        "demo_accounts": str(home.accounts),
        "use_keyring": False,
    })
    return settings


def _dicom(home: DemoHome) -> None:
    """The demo's DICOM service lets this machine's own tools in, under the names that dcmtk gives them."""
    file = home.folder / "keys" / "dicom.toml"
    if file.exists():
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    _write_toml(file, {"host": "127.0.0.1", "port": _free_port(), "peers": [
        {"aet": aet, "host": "127.0.0.1", "port": 11113, "may": [*May], "fixed": True} for aet in DEVICES]})


def _free_port() -> int:
    """A port that nobody has now; the demo keeps it, so that its devices know where to call."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def people_with_tokens(data: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The demo staff who hold a token."""
    return (person for person in data["staff"] if person["token"])


def _settings(home: DemoHome, hospital: dict[str, Any], port: int) -> Settings:
    return Settings(
        dsn=home.cluster.dsn(APP), owner_dsn=home.cluster.dsn(ADMIN), home=home.folder.resolve(), port=port,
        training=True, facility=hospital["name"], facility_code=hospital["facility_code"],
        health_department=hospital["health_department"], public_url=f"https://127.0.0.1:{port}",
        tsa_url=home.proofs.tsa,
    )


def _tls(home: DemoHome) -> None:
    """A local CA and the server's certificate under it; the CA's key is thrown away."""
    certificate, key = home.folder / "tls" / "server.pem", home.folder / "tls" / "server.key"
    if certificate.exists() and key.exists() and home.ca.exists():
        return
    home.ca.parent.mkdir(exist_ok=True)
    root = pki.make_root("Bệnh Án Tập sự TLS CA")
    server = pki.issue_server(root)
    pki.write_pem(home.ca, root.certificate)
    pki.write_key(key, server.key)
    pki.write_pem(certificate, server.certificate)


def _tokens(home: DemoHome, data: dict[str, Any], trust_services: str) -> None:
    """The staff's SoftHSM tokens with certificates of the demo's CA; tokens that are there stay."""
    issuing = _issuing(home, trust_services)
    token_home = home.tokens
    have = set(tokens.token_labels(token_home))
    missing = {label: person for person in people_with_tokens(data)
               if (label := tokens.token_label(person["full_name"])) not in have}
    tokens.make_tokens(token_home, data["accounts"]["token_pin"], {
        label: pki.issue_person(issuing, person["full_name"], person["national_id"],
                                organisation=data["hospital"]["name"], title=person["position"],
                                services=home.proofs.of_people)
        for label, person in missing.items()})
    accounts = [_account(person, data["accounts"]) for person in data["staff"]]
    home.accounts.write_text(json.dumps(accounts, ensure_ascii=False, indent=1) + "\n", "utf-8")


def _account(person: dict[str, Any], secrets: dict[str, str]) -> dict[str, Any]:
    has_token = bool(person["token"])
    return {
        "username": person["username"], "full_name": person["full_name"], "title": person["title"],
        "position": person["position"], "password": secrets["password"],
        "token": tokens.token_label(person["full_name"]) if has_token else "",
        "pin": secrets["token_pin"] if has_token else "",
    }


def _issuing(home: DemoHome, trust_services: str) -> pki.Issued:
    """The demo's issuing CA; kept with its key, so that a lost token can be made anew."""
    folder = home.folder / "ca"
    key_file, chain_file = folder / "issuing.key", folder / "chain.pem"
    if not (key_file.exists() and chain_file.exists()):
        folder.mkdir(exist_ok=True)
        home.trust.mkdir(exist_ok=True)
        root, answering = pki.make_root(), Proofs.of(folder, trust_services)
        issuing = pki.make_issuing(root, services=answering.of_authorities)
        pki.write_pem(home.trust / "training-root.pem", root.certificate)
        pki.write_key(key_file, issuing.key)
        pki.write_pem(chain_file, issuing.certificate, *issuing.chain)
        answering.write(root, issuing)
    return proofs.read(folder, "issuing", certificate="chain.pem")


def _write_toml(file: Path, values: dict[str, Any]) -> None:
    lines = [f"{key} = {_toml(value)}" for key, value in values.items()]
    text = "\n".join(["# Written by `benhan-server demo`: for training only.", *lines]) + "\n"
    file.write_text(text, "utf-8")


def _toml(value: Any) -> str:
    """JSON's strings, numbers, truths and lists are TOML's too; its objects become inline tables."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_toml(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
