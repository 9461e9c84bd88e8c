"""Signing with a key that lies at a remote service: what the workstation asks for, and what it is told (R1).

Nothing here talks to a service but `certificates`, which nobody's transaction waits for; asking and polling is
`server.services.remote_polling`'s work, so that what waits survives a restart.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import logging
from datetime import datetime, timedelta
from uuid import UUID

from records.errors import Refusal
from records.messages import RemoteCertificateView, RemoteCode, RemoteSigningView, RemoteSigningWish
from server.exchange.remote_signing import Account, RemoteCertificate
from server.ids import new_id
from server.services import identity
from server.services.hospital import Desk, Hospital, SignedIn
from server.store import certificates as enrolled
from server.store import remote_signings as store
from server.store.remote_signings import Signing

_END = 8
"""Bytes that hold the file's own last %%EOF with its line end."""
_log = logging.getLogger("benhan.server.remote_signing")


def certificates(hospital: Hospital, signed_in: SignedIn) -> tuple[RemoteCertificateView, ...]:
    """The person's own certificates at every service; the first trouble is told when nobody answered with one."""
    found: list[RemoteCertificateView] = []
    first: Refusal | None = None
    for name, service in hospital.remote_services.items():
        account = hospital.remote_accounts[name]
        try:
            listed = service.certificates_of(signed_in.person.national_id)
        except Refusal as refusal:
            first = first or refusal
            continue
        found += [_offered(account, one, needs_code=service.needs_code) for one in listed
                  if _own(one.der, signed_in.person.national_id, name)]
    if not found and first is not None:
        raise first
    return tuple(found)


def begin(desk: Desk, wish: RemoteSigningWish) -> RemoteSigningView:
    """Keep the wish; the service is asked as soon as this is on disk."""
    account = desk.hospital.remote_accounts.get(wish.service)
    if account is None:
        raise Refusal.because("remote_service_unknown", wish.service)
    der = _octets(wish.certificate)
    _demand_fit(desk, der, len(wish.hashes))
    needs_code = desk.hospital.remote_services[wish.service].needs_code
    ends = desk.now + timedelta(seconds=account.waits_s)
    signing = Signing(
        id=wish.transaction or new_id(), person=desk.person.id, person_name=desk.person.full_name,
        national_id=desk.person.national_id, service=wish.service, credential=wish.credential, certificate=der,
        hashes=tuple(map(_hash, wish.hashes)),
        description=wish.description, state="code_wanted" if needs_code else "asked", handle=b"", signatures=(),
        reasons=(), attempts=0, begun_at=desk.now, ends_at=ends)
    if not store.add(desk.db, signing, ends if needs_code else desk.now):
        raise Refusal.because("command_replayed_differently")
    desk.note("remote_signing.begin", facts={"transaction": str(signing.id), "service": wish.service,
                                             "hashes": len(signing.hashes)})
    return view(desk, signing.id)


def view(desk: Desk, which: UUID) -> RemoteSigningView:
    """How it stands."""
    return _view(desk.hospital, _mine(desk, which))


def listed(desk: Desk) -> tuple[RemoteSigningView, ...]:
    """What I have not confirmed yet."""
    return tuple(_view(desk.hospital, one) for one in store.open_of(desk.db, desk.person.id))


def confirm(desk: Desk, which: UUID, code: RemoteCode) -> RemoteSigningView:
    """The code goes to the service, once; until then it lies encrypted."""
    signing = _mine(desk, which, lock=True)
    if signing.state != "code_wanted" or desk.now >= signing.ends_at:
        raise Refusal.because("remote_code_not_wanted")
    given = json.dumps({"secret": code.secret, "otp": code.otp}).encode()
    store.give_code(desk.db, which, desk.keys.house(desk.db).encrypt(handle_of(which), given))
    return view(desk, which)


def cancel(desk: Desk, which: UUID) -> RemoteSigningView:
    """Whatever the service answers from now on is not used."""
    _mine(desk, which, lock=True)
    if store.settle(desk.db, which, "cancelled"):
        desk.note("remote_signing.cancel", facts={"transaction": str(which)})
    return view(desk, which)


def asked_for(desk: Desk, file: bytes, claimed_at: datetime, tolerance: timedelta) -> bool:
    """Whether this server itself had the file's last signature made, and was asked for it when the signature claims:
    the person may confirm minutes later, and the clock was right nevertheless.
    """
    last = file[:-_END].rpartition(b"%%EOF")[2].lower()
    came = store.came(desk.db, desk.person.id, claimed_at - tolerance, claimed_at + tolerance)
    return any(value.hex().encode() in last for value in came)


def handle_of(which: UUID) -> str:
    """What a handle's ciphertext is about."""
    return f"remote-signing:{which}"


def _mine(desk: Desk, which: UUID, *, lock: bool = False) -> Signing:
    signing = store.one(desk.db, which, lock=lock)
    if signing.person != desk.person.id:
        raise Refusal.because("thing_unknown", "remote signing")
    return signing


def _demand_fit(desk: Desk, der: bytes, hashes: int) -> None:
    """My own certificate and approved here; one that is not yet approved signs one hash: its enrolment's challenge."""
    certificate = identity.read_certificate(der)
    own = identity.identity_number(certificate)
    on_file = enrolled.by_digest(desk.db, hashlib.sha256(der).hexdigest())
    approved = on_file is not None and on_file.state == "approved" and on_file.person == desk.person.id
    new = hashes == 1 and (on_file is None or on_file.state in ("pending", "approved"))
    if not own or own != desk.person.national_id or not (approved or new):
        raise Refusal.because("remote_certificate_unfit")
    if problems := tuple(identity.standing(certificate, desk.now)):
        raise Refusal(*problems)


def _own(der: bytes, national_id: str, service: str) -> bool:
    """A certificate that names somebody else is not offered, whatever the service says."""
    try:
        number = identity.identity_number(identity.read_certificate(der))
    except Refusal:
        number = ""
    if not number or number != national_id:
        _log.warning("%s listed a certificate that does not name the person who asked", service)
    return bool(number) and number == national_id


def _offered(account: Account, one: RemoteCertificate, *, needs_code: bool) -> RemoteCertificateView:
    return RemoteCertificateView(
        service=account.name, label=account.label, needs_code=needs_code, credential=one.credential,
        certificate=_text(one.der), chain=tuple(map(_text, one.chain)))


def _view(hospital: Hospital, signing: Signing) -> RemoteSigningView:
    account = hospital.remote_accounts.get(signing.service)
    return RemoteSigningView.model_validate({
        "id": signing.id, "service": signing.service, "label": account.label if account else signing.service,
        "state": signing.state, "hashes": tuple(one.hex() for one in signing.hashes),
        "signatures": tuple(_text(one or b"") for one in signing.signatures), "reasons": signing.reasons,
        "begun_at": signing.begun_at, "ends_at": signing.ends_at})


def _hash(text: str) -> bytes:
    try:
        raw = bytes.fromhex(text)
    except ValueError:
        raw = b""
    if len(raw) != hashlib.sha256().digest_size:
        raise Refusal.because("request_malformed", "hashes", detail="a SHA-256 has 64 hexadecimal digits")
    return raw


def _octets(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Refusal.because("certificate_unreadable") from None


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
