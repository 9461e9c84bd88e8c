"""The organisation's signature (R10): its own key, in an HSM or a sealed file, at the command of who has the right.

The signature goes the way of every other: drawn, signed, judged, asked by the policy, stored with its receipt. Its
signer is the organisation, an account that nobody can use; the audit says who commanded it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from sqlalchemy import Connection

from records import policy, signing_pdf
from records.deadlines import ZONE
from records.enrolment import bytes_to_sign
from records.errors import Refusal, Trouble
from records.forms import Holder, form
from records.identities import Identity
from records.messages import Accepted, Quarantined
from records.policy import Person
from records.render import slot_field
from records.signatures import mark_for
from server.ids import new_id
from server.services import acceptance, identity, rights, standing, timestamping
from server.services.acceptance import SignedFile
from server.services.hospital import Desk, Hospital, SignedIn
from server.services.rights import Right
from server.store import audit, base, certificates, entries, key_files, organisation_keys, people
from server.store.organisation_keys import OrganisationKey

ACCOUNT = "organisation"
TITLE = "Cơ sở khám bệnh, chữa bệnh"
"""What stands as the title in the organisation's mark."""
HSM_ANSWERS_S = 20


def sign(desk: Desk, entry: UUID, number: int) -> Accepted:
    """Let the organisation sign the slot of a version that is its own; refuses with what comes first."""
    rights.demand(desk.person, Right.SIGN_FOR_HOUSE)
    base.lock(desk.db, "entry", entry)
    here = entries.entry(desk.db, entry)
    scene = standing.read(desk, here.encounter, entry, number) if here else None
    version = standing.expected(desk, scene) if scene else None
    if here is None or scene is None or scene.this is None or version is None:
        raise Refusal.because("thing_unknown", "version")
    rights.demand_work(desk.person, scene.place.wards)
    kind = form(version.form.code, version.form.edition).kind(version.form.kind)
    slot = next((one.key for one in kind.slots if one.holder is Holder.ORGANISATION), "")
    policy.demand(standing.house_may_sign(slot, standing.case(desk, scene, version, kind)))
    key = organisation_keys.in_force(desk.db)
    if key is None:
        raise Refusal.because("organisation_key_missing")
    who = Identity(key.der, key.chain)
    mark = mark_for(version, slot, full_name=who.full_name, title=TITLE, certificate_serial=who.serial,
                    signed_at=desk.now.astimezone(ZONE).replace(microsecond=0), certificate_issuer=who.issuer)
    pdf = desk.hospital.blobs.get(scene.key, scene.this.file)
    file = _signed(desk.hospital, key, signing_pdf.prepare(
        pdf, slot_field(slot), mark, who, stamped=bool(desk.hospital.settings.tsa_url)))
    desk.note("organisation.sign", patient=scene.place.patient, encounter=here.encounter, entry=entry,
              facts={"number": number, "slot": slot, "certificate": who.serial})
    done = acceptance.accept(_as_house(desk, who.full_name), SignedFile(
        file, entry, number, here.encounter, slot, for_house=True))
    if isinstance(done, Quarantined):
        raise Refusal.because("organisation_key_unreachable", detail="its file was not accepted")
    return done


def _signed(hospital: Hospital, key: OrganisationKey, prepared: signing_pdf.Prepared) -> bytes:
    value = raw_signature(hospital, key, prepared.to_sign)
    if not prepared.identity.made(value, prepared.to_sign):
        raise Trouble.because("organisation_key_unreachable", detail="another key answered")
    token = b""
    with contextlib.suppress(Refusal):  # without a stamp its evidence is pending, as a person's is (R16)
        token = timestamping.stamp(hospital, hashlib.sha256(value).digest()).der
    return signing_pdf.complete(prepared, value, token)


def raw_signature(hospital: Hospital, key: OrganisationKey, data: bytes) -> bytes:
    """What the key signs, wherever it lies."""
    folder = hospital.settings.path(hospital.settings.organisation)
    if key.sealed:
        private = organisation_keys.unseal(hospital.keys.hospital, folder / key.sealed)
        return private.sign(data, padding.PKCS1v15(), hashes.SHA256())
    pin = key_files.read_private(folder / "pin").decode().strip()
    return by_hsm({"module": key.module, "token": key.token, "key": key.key, "pin": pin, "data": data.hex()})


def by_hsm(request: dict[str, str]) -> bytes:
    """A signature by a key behind a PKCS#11 library, in a process of its own."""
    try:
        done = subprocess.run([sys.executable, "-m", "server.hsm_child"], input=json.dumps(request), text=True,
                              capture_output=True, check=True, timeout=HSM_ANSWERS_S, env=dict(os.environ),
                              cwd=Path(__file__).parents[2])
        told = json.loads(done.stdout)
        return bytes.fromhex(told["signature"])
    except KeyError:
        raise Trouble.because("organisation_key_unreachable", detail=str(told.get("error"))) from None
    except (subprocess.SubprocessError, OSError, ValueError) as error:
        raise Trouble.because("organisation_key_unreachable", detail=type(error).__name__) from error


def _as_house(desk: Desk, name: str) -> Desk:
    """The same transaction, with the organisation as who signs."""
    account = people.by_username(desk.db, ACCOUNT)
    if account is None:
        raise Refusal.because("organisation_key_missing")
    person = Person(account, name, TITLE, frozenset(), frozenset())
    signed_in = SignedIn(desk.signed_in.session, person, ACCOUNT, desk.signed_in.workstation, desk.signed_in.ends)
    return replace(desk, signed_in=signed_in)


def install(hospital: Hospital, key: OrganisationKey, now_named: str) -> OrganisationKey:
    """Take a key with its certificate on: it signs once a second person has approved the certificate on screen.

    `key.certificate` is still open; `now_named`: who does it, at the console.
    """
    certificate = identity.read_certificate(key.der)
    who, challenge = Identity(key.der, key.chain), secrets.token_bytes(32)
    with base.transaction(hospital.engine) as db:
        now = base.now(db)
        proof = raw_signature(hospital, key, bytes_to_sign(challenge))
        problems = [*identity.possession(certificate, challenge, proof), *identity.standing(certificate, now)]
        between = (*map(identity.read_certificate, key.chain), *hospital.intermediates)
        if not identity.chains_to(certificate, between, hospital.roots, now):
            problems.append(identity.untrusted(certificate))
        if problems:
            raise Refusal(*problems)
        account = _account(db, who.full_name)
        which = new_id()
        certificates.enrol(db, certificates.Enrolling(
            id=which, person=account, der=key.der, sha256=hashlib.sha256(key.der).hexdigest(), chain=key.chain,
            serial=who.serial, issuer=who.issuer, subject=certificate.subject.rfc4514_string(),
            not_before=who.not_before, not_after=who.not_after, challenge=challenge, challenge_signature=proof,
            training=hospital.settings.training))
        installed = replace(key, id=new_id(), certificate=which, state="pending")
        organisation_keys.add(db, installed)
        audit.note(db, "organisation_key.install", person=None, name=now_named, facts={
            "certificate": who.serial, "subject": who.full_name, "place": "hsm" if key.module else "file"})
    return installed


def _account(db: Connection, name: str) -> UUID:
    """The account that signs: no password, no role, never signed in with."""
    account = people.by_username(db, ACCOUNT)
    if account is None:
        account = new_id()
        people.add(db, account, username=ACCOUNT, full_name=name, title=TITLE, roles=(), in_wards=(), password_hash="")
        people.set_active(db, account, active=False)
    return account


def listed(hospital: Hospital) -> Sequence[OrganisationKey]:
    """All keys, the newest first."""
    with base.transaction(hospital.engine) as db:
        return organisation_keys.listed(db)
