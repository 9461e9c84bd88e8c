"""The demo's people at their workstations, for the journeys of a whole record: each writes, signs, hands in."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from records import canonical, cda
from records.entries import Author, FormRef, Version
from records.errors import Refusal
from records.forms import Form, current_form
from records.messages import Accepted, Admission, Discharge, EncounterView, EntryView, PatientDraft
from records.render import CURRENT, render_entry, slot_field
from records.signatures import mark_for
from scripts.demo_history import Known, Writer
from tests.journeys.conftest import Town
from tests.server.filling import enough
from workstation.client import Client
from workstation.config import ZONE
from workstation.ids import new_id
from workstation.models.beginning import stay_of, subject_of
from workstation.signing.criteria import Criteria, choose
from workstation.signing.stack import Document, Outcome, Stack
from workstation.signing.token import TokenSigner

FORM = current_form("01/BV1", datetime.now(UTC).date())
DOCTOR, HEAD, DIRECTOR, OFFICE = "ha.lethu", "thanh.dovan", "tuan.hoangminh", "lan.vuthi"


class Hand:
    """One demo person who writes and signs parts of the record."""

    def __init__(self, town: Town, username: str) -> None:
        self._town, self._pin = town, town.account(username)["pin"]
        writer = Writer(town.config, town.account(username))
        self.client, self.account = writer.client, writer.account
        town.clients.append(self.client)

    def writes(self, stay: EncounterView, kind: str, *, of: Form = FORM, **given: Any) -> Version:
        """A part with the least that may be signed."""
        kinds, chart, person = of.kind(kind), self.client.chart(stay.id), self.account.person
        now = self.client.clock.server_now().astimezone(ZONE)
        return Version(
            renderer=CURRENT, entry=new_id(), version=1, training=self.account.training,
            form=FormRef(code=of.code, edition=of.edition, kind=kind), subject=subject_of(chart),
            stay=stay_of(chart, self.account), occurred_at=now, written_at=now, values=enough(kinds, **given),
            author=Author(id=person.id, full_name=person.full_name, title=person.title,
                          role=next(role for role in kinds.writers if role in person.roles)))

    def signs(self, version: Version, slot: str, pdf: bytes, *, stamped: bool = False) -> bytes:
        """The file with this person's signature from their token; `stamped`: with the stamp that a workstation asks
        the server for, if one comes.
        """
        person, told = self.account.person, list[Outcome]()
        with TokenSigner([str(module) for module in self._town.config.pkcs11_modules],
                         env=self._town.config.pkcs11_environment) as signer:
            prompter = Known(self._pin)
            identity = choose(signer, Criteria(at=datetime.now(UTC), national_id=person.national_id), prompter)
            document = Document(
                str(version.entry), slot_field(slot), lambda: pdf,
                lambda held, at: mark_for(version, slot, full_name=held.full_name, title=person.title, signed_at=at,
                                          certificate_serial=held.serial, certificate_issuer=held.issuer))
            Stack(signer, identity, [document], told=told.append, now=self.client.clock.server_now,
                  stamp=self._stamp if stamped else None).run(prompter)
        assert told[0].signed is not None, told[0].reasons
        return told[0].signed

    def hands_in(self, version: Version, slot: str, file: bytes) -> EntryView:
        """What the server makes of the signed file."""
        answer = self.client.sign(version.entry, version.version, file, encounter=version.stay.id, slot=slot,
                                  key=new_id())
        assert isinstance(answer, Accepted)
        return answer.entry

    def signs_part(self, stay: EncounterView, kind: str, *, stamped: bool = False, **given: Any) -> EntryView:
        """Write, sign and hand in a part that one doctor signs."""
        version = self.writes(stay, kind, **given)
        return self.hands_in(version, "doctor", self.signs(version, "doctor", render_entry(version), stamped=stamped))

    def _stamp(self, value: bytes) -> bytes:
        return base64.b64decode(self.client.stamp(hashlib.sha256(value).hexdigest(), 5.0).token)


def gathered(*parts: EntryView) -> list[dict[str, Any]]:
    return [{"entry": str(part.id), "kind": part.form.kind, "version": part.version, "sha256": part.sha256}
            for part in parts]


def drawn(hand: Hand, version: Version, parts: Sequence[EntryView]) -> bytes:
    """The closing with the CDA of what it gathers."""
    bodies = [canonical.decode(hand.client.version(part.id, part.version)) for part in parts]
    return render_entry(version, [cda.attachment(version, bodies)])


def everybody(town: Town) -> dict[str, Hand]:
    """Those who close a record."""
    return {username: Hand(town, username) for username in (DOCTOR, HEAD, DIRECTOR, OFFICE)}


def admitted(client: Client, name: str) -> EncounterView:
    """A new patient who came three days ago."""
    patient = client.register(PatientDraft(full_name=name, birth_date="1961", sex="2"), new_id())
    return client.admit(Admission(patient=patient.id, ward=client.me().wards[0].id, emergency=False,
                                  admitted_at=datetime.now(UTC) - timedelta(days=3)), new_id())


def left(client: Client, stay: EncounterView) -> None:
    """The patient is discharged."""
    client.discharge(stay.id, Discharge(at=datetime.now(UTC), outcome="1", discharge_type="1"), new_id())


@contextmanager
def refused(*codes: str) -> Iterator[None]:
    """The server says no, for these reasons among others."""
    with pytest.raises(Refusal) as told:
        yield
    assert set(codes) <= {reason.code for reason in told.value.reasons}
