"""One record from admission to the records office: signed in its order with real tokens, handed over with CDA."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from records import canonical, cda
from records.entries import Author, FormRef, State, Version
from records.errors import Refusal
from records.forms import current_form
from records.messages import Accepted, Admission, Chart, Discharge, EncounterView, EntryView, PatientDraft
from records.pades import Trust, judge
from records.render import CURRENT, render_entry, slot_field
from records.signatures import mark_for
from scripts.demo_history import Known, Writer
from tests.journeys.conftest import Town
from tests.server.filling import enough
from workstation.config import ZONE
from workstation.ids import new_id
from workstation.models.beginning import stay_of, subject_of
from workstation.signing.criteria import Criteria, choose
from workstation.signing.stack import Document, Outcome, Stack
from workstation.signing.token import TokenSigner

pytestmark = pytest.mark.xdist_group("journeys")
FORM = current_form("01/BV1", datetime.now(UTC).date())
DOCTOR, HEAD, DIRECTOR, OFFICE = "ha.lethu", "thanh.dovan", "tuan.hoangminh", "lan.vuthi"


class Hand:
    """One demo person who writes and signs parts of the record."""

    def __init__(self, town: Town, username: str) -> None:
        self._town, self._pin = town, town.account(username)["pin"]
        writer = Writer(town.config, town.account(username))
        self.client, self.account = writer.client, writer.account
        town.clients.append(self.client)

    def writes(self, stay: EncounterView, kind: str, **given: Any) -> Version:
        """A part with the least that may be signed."""
        kinds, chart, person = FORM.kind(kind), self.client.chart(stay.id), self.account.person
        now = self.client.clock.server_now().astimezone(ZONE)
        return Version(
            renderer=CURRENT, entry=new_id(), version=1, training=self.account.training,
            form=FormRef(code=FORM.code, edition=FORM.edition, kind=kind), subject=subject_of(chart),
            stay=stay_of(chart, self.account), occurred_at=now, written_at=now, values=enough(kinds, **given),
            author=Author(id=person.id, full_name=person.full_name, title=person.title,
                          role=next(role for role in kinds.writers if role in person.roles)))

    def signs(self, version: Version, slot: str, pdf: bytes) -> bytes:
        """The file with this person's signature from their token."""
        person, told = self.account.person, list[Outcome]()
        with TokenSigner([str(module) for module in self._town.config.pkcs11_modules],
                         env=self._town.config.pkcs11_environment) as signer:
            prompter = Known(self._pin)
            identity = choose(signer, Criteria(at=datetime.now(UTC), national_id=person.national_id), prompter)
            document = Document(
                str(version.entry), slot_field(slot), lambda: pdf,
                lambda held, at: mark_for(version, slot, full_name=held.full_name, title=person.title, signed_at=at,
                                          certificate_serial=held.serial, certificate_issuer=held.issuer))
            Stack(signer, identity, [document], told=told.append, now=self.client.clock.server_now).run(prompter)
        assert told[0].signed is not None, told[0].reasons
        return told[0].signed

    def hands_in(self, version: Version, slot: str, file: bytes) -> EntryView:
        """What the server makes of the signed file."""
        answer = self.client.sign(version.entry, 1, file, encounter=version.stay.id, slot=slot, key=new_id())
        assert isinstance(answer, Accepted)
        return answer.entry

    def signs_part(self, stay: EncounterView, kind: str, **given: Any) -> EntryView:
        """Write, sign and hand in a part that one doctor signs."""
        version = self.writes(stay, kind, **given)
        return self.hands_in(version, "doctor", self.signs(version, "doctor", render_entry(version)))


@contextmanager
def refused(*codes: str) -> Iterator[None]:
    """The server says no, for these reasons among others."""
    with pytest.raises(Refusal) as told:
        yield
    assert set(codes) <= {reason.code for reason in told.value.reasons}


def gathered(*parts: EntryView) -> list[dict[str, Any]]:
    return [{"entry": str(part.id), "kind": part.form.kind, "version": part.version, "sha256": part.sha256}
            for part in parts]


def drawn(hand: Hand, version: Version, parts: Sequence[EntryView]) -> bytes:
    """The closing with the CDA of what it gathers."""
    bodies = [canonical.decode(hand.client.version(part.id, part.version)) for part in parts]
    return render_entry(version, [cda.attachment(version, bodies)])


@pytest.fixture
def hands(town: Town) -> dict[str, Hand]:
    return {username: Hand(town, username) for username in (DOCTOR, HEAD, DIRECTOR, OFFICE)}


@pytest.fixture
def stay(hands: dict[str, Hand]) -> EncounterView:
    client = hands[DOCTOR].client
    patient = client.register(PatientDraft(full_name="Người Bệnh Ra Viện", birth_date="1961", sex="2"), new_id())
    return client.admit(Admission(patient=patient.id, ward=client.me().wards[0].id, emergency=False,
                                  admitted_at=datetime.now(UTC) - timedelta(days=3)), new_id())


def test_a_record_goes_from_part_a_to_the_records_office_in_its_order(
    town: Town, hands: dict[str, Hand], stay: EncounterView, tmp_path: Path,
) -> None:
    doctor, head, director, office = (hands[name] for name in (DOCTOR, HEAD, DIRECTOR, OFFICE))
    with refused("kind_waits_for_kind"):
        doctor.signs_part(stay, "part_b")
    parts = [doctor.signs_part(stay, "part_a", systolic=120), doctor.signs_part(stay, "part_b")]
    doctor.client.discharge(stay.id, Discharge(at=datetime.now(UTC), outcome="1", discharge_type="1"), new_id())

    cover = head.writes(stay, "cover")
    paper = render_entry(cover)
    with refused("slot_waits_for_slot"):
        director.hands_in(cover, "director", director.signs(cover, "director", paper))
    by_head = head.signs(cover, "ward_head", paper)
    half = head.hands_in(cover, "ward_head", by_head)
    assert (half.state, half.open_slots) == (State.PARTLY_SIGNED, ("director",))
    with refused("kind_waits_for_kind", "children_unsigned"):
        early = doctor.writes(stay, "closing", gathered=gathered(*parts, half))
        doctor.hands_in(early, "giver", doctor.signs(early, "giver", drawn(doctor, early, [*parts, half])))
    parts.append(director.hands_in(cover, "director", director.signs(cover, "director", by_head)))
    assert [mark.slot for mark in parts[-1].signatures] == ["ward_head", "director"]

    closing = doctor.writes(stay, "closing", gathered=gathered(*parts))
    given = doctor.signs(closing, "giver", drawn(doctor, closing, parts))
    doctor.hands_in(closing, "giver", given)
    received = office.signs(closing, "receiver", given)
    done = office.hands_in(closing, "receiver", received)
    assert (done.state, done.open_slots) == (State.SIGNED, ())
    chart = office.client.chart(stay.id)
    assert {view.state for view in chart.entries} == {State.SIGNED}
    assert not {clock.kind for clock in chart.clocks if clock.state != "done"}
    assert_good_everywhere(town, office, chart, tmp_path)


def assert_good_everywhere(town: Town, hand: Hand, chart: Chart, folder: Path) -> None:
    """Every file as it came back from the server: checked without it, and the whole store walked."""
    files = []
    for view in chart.entries:
        files.append(folder / f"{view.form.kind}.pdf")
        files[-1].write_bytes(hand.client.file(view.file))
    checked = town.benhan_server("check", "--trust", town.home.trust, *files)
    assert (checked.returncode, len(files)) == (0, 4), checked.stdout
    trust = Trust.from_pem(*(text.encode() for text in hand.account.trust_roots))
    closing = judge((folder / "closing.pdf").read_bytes(), trust, datetime.now(UTC))
    assert [signature.signer for signature in closing.signatures] == ["Lê Thu Hà", "Vũ Thị Lan"]
    verified = town.benhan_server("verify", "--home", town.home.folder)
    assert verified.returncode == 0, verified.stdout
