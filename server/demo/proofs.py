"""The demo authority's own services on file: who gives time stamps and who answers on revocation, with their keys.

Certificates of the demo name an address at which a program on this machine answers (`make demo` starts it). The keys
lie here; the root's own key is thrown away, so for the root there is an OCSP responder and no list.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from server.demo import pki
from server.demo.pki import Issued, Services

STAMPER, RESPONDER, ROOT_RESPONDER = "stamper", "responder", "root-responder"


@dataclass(frozen=True)
class Proofs:
    """Who answers for the demo's certificates, and where."""

    base: str
    """http://127.0.0.1:PORT; empty: nobody, and signatures stay B-B."""
    folder: Path

    @classmethod
    def of(cls, folder: Path, wanted: str = "") -> Proofs:
        """As the folder has it; in a new one, the wanted address."""
        file, chain = folder / "services", folder / "chain.pem"
        if file.exists():
            return cls(file.read_text("utf-8").strip(), folder)
        return cls("" if chain.exists() else wanted, folder)

    @property
    def tsa(self) -> str:
        """Where time stamps are given."""
        return f"{self.base}/tsa" if self.base else ""

    @property
    def of_people(self) -> Services | None:
        """What stands in people's certificates."""
        return Services(f"{self.base}/ocsp/issuing", f"{self.base}/crl/issuing.crl") if self.base else None

    @property
    def of_authorities(self) -> Services | None:
        """What stands in the issuing authority's certificate."""
        return Services(f"{self.base}/ocsp/root") if self.base else None

    def write(self, root: Issued, issuing: Issued) -> None:
        """Issue who answers, while the root's key is at hand."""
        if not self.base:
            return
        made = {STAMPER: pki.issue_stamper(issuing, services=self.of_people), RESPONDER: pki.issue_responder(issuing),
                ROOT_RESPONDER: pki.issue_responder(root)}
        for name, issued in made.items():
            pki.write_key(self.folder / f"{name}.key", issued.key)
            pki.write_pem(self.folder / f"{name}.pem", issued.certificate, *issued.chain)
        (self.folder / "services").write_text(f"{self.base}\n", "utf-8")


def read(folder: Path, name: str, *, certificate: str = "") -> Issued:
    """A key of the folder with its certificate and those above it."""
    found = x509.load_pem_x509_certificates((folder / (certificate or f"{name}.pem")).read_bytes())
    key = serialization.load_pem_private_key((folder / f"{name}.key").read_bytes(), None)
    if not isinstance(key, pki.PrivateKey):
        raise TypeError(f"the key {name} is neither RSA nor EC")
    return Issued(key, found[0], tuple(found[1:]))
