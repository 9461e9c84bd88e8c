"""A hospital whose people's certificates name living services: time stamps, OCSP, lists; over HTTP on this machine."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from records import signing_pdf
from records.deadlines import ZONE
from records.entries import Version
from records.identities import Identity, Mechanism
from records.render import render_entry, slot_field
from records.signatures import mark_for
from server.demo import pki
from server.demo.pki import Issued
from server.services import timestamping
from tests import trust_services
from tests.server.house import BY_NAME, House, at_desk, enrol, root
from tests.trust_services import Authority, TrustServices


@dataclass
class Trusted:
    """The services, the authority that names them, and the certificates that it issued."""

    services: TrustServices
    issuing: Issued
    authority: Authority
    people: dict[str, Issued] = field(default_factory=dict)

    def issued(self, username: str, **more: Any) -> Issued:
        """The certificate of one of the staff."""
        if username not in self.people or more:
            member = BY_NAME[username]
            self.people[username] = pki.issue_person(
                self.issuing, member.full_name, member.national_id, services=self.services.of("issuing"), **more)
        return self.people[username]

    def enrol(self, house: House, username: str, **more: Any) -> Issued:
        """A new certificate, enrolled and approved."""
        made = self.issued(username, **more)
        enrol(house, username, made)
        return made

    def sign(self, house: House, version: Version, username: str = "ha", slot: str = "doctor", *,
             pdf: bytes | None = None, stamped: bool = False, at: datetime | None = None) -> bytes:
        """The file signed with that certificate; `stamped`: the server is asked for a stamp as a workstation does."""
        held, member = self.people[username], BY_NAME[username]
        identity = Identity(held.der, held.chain_der)
        mark = mark_for(version, slot, full_name=identity.full_name, title=member.title,
                        signed_at=(at or datetime.now(ZONE)).replace(microsecond=0),
                        certificate_serial=identity.serial, certificate_issuer=identity.issuer)
        prepared = signing_pdf.prepare(pdf or render_entry(version), slot_field(slot), mark, identity, stamped=stamped)
        value = raw(held, prepared.to_sign, identity.mechanism)
        token = timestamping.stamp(house.hospital, hashlib.sha256(value).digest()).der if stamped else b""
        return signing_pdf.complete(prepared, value, token)


def raw(held: Issued, data: bytes, mechanism: Mechanism) -> bytes:
    """What the key signs."""
    if isinstance(held.key, rsa.RSAPrivateKey):
        return held.key.sign(data, padding.PKCS1v15(), hashes.SHA256())
    assert mechanism is Mechanism.ECDSA_SHA256
    return held.key.sign(data, ec.ECDSA(hashes.SHA256()))


@contextmanager
def trusted() -> Iterator[Trusted]:
    """Everything that proves signatures, under the house's own root."""
    begin = datetime.now(UTC) - timedelta(days=1)
    with trust_services.serving() as services:
        services.answer_for("root", root(), begin)
        issuing = pki.make_issuing(root(), "CA có dịch vụ", services=pki.Services(crl=services.of("root").crl))
        authority = services.answer_for("issuing", issuing, begin)
        services.stamp_by(issuing, "issuing", begin)
        yield Trusted(services, issuing, authority)


def desk_of(house: House, username: str) -> Any:
    """A desk of one of the staff."""
    return house.hospital.desk(at_desk(house, username))
