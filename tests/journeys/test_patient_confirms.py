"""Consent, both doctors, then the patient: finger, pen, code; asked again for a new text; in an outage (R7, R8)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from records.entries import Author, Correction, FormRef, State, Version
from records.errors import Refusal, Trouble
from records.forms import Role
from records.messages import CodeSent, EntryView
from records.render import CURRENT, render_entry
from records.validation import clean
from tests.journeys.conftest import Town
from tests.journeys.hands import Hand
from tests.journeys.places import SitDown, encounter_of, sit_down
from tests.sandbox.finger_reader import TEMPLATE, FingerReader, finger_reader
from tests.sandbox.message_gateway import message_gateway, write_settings
from workstation.confirmation.webapi import WebApiReader
from workstation.drafts import CommandState, LocalDraft
from workstation.ids import new_id
from workstation.models.beginning import stay_of, subject_of
from workstation.models.cases import kind_of
from workstation.models.confirmed_page import fetch_page
from workstation.models.confirming import Taking, Who, may_take, on_its_way, told

__all__ = ["sit_down"]
pytestmark = pytest.mark.xdist_group("journeys")
SURGEON, ANAESTHETIST = "ha.lethu", "son.nguyenvan"
CONSENT = FormRef(code="01/BV2", edition="2024-01-01", kind="consent")
VALUES: dict[str, Any] = {
    "class": "2", "surgeon_name": "Lê Thu Hà", "anaesthetist_name": "Nguyễn Văn Sơn",
    "diagnosis": {"text": "Viêm phổi", "code": "J18.9"}, "procedure": "Chọc dò màng phổi dưới siêu âm",
    "counselled": ["1", "2", "3", "4", "5", "6"], "signer_name": "Nguyễn Văn Bình", "decision": "1"}
PATIENT = Who("1", "Nguyễn Văn Bình", "001059012345")
DAUGHTER = Who("2", "Nguyễn Thị Lan", "052085001777", "Con gái", "Người bệnh mệt, giao con gái quyết định")


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[FingerReader]:
    with finger_reader(tmp_path) as played:
        yield played


class Story:
    """The people of the story, and what they do one after the other."""

    def __init__(self, town: Town) -> None:
        self.surgeon, self.anaesthetist = Hand(town, SURGEON), Hand(town, ANAESTHETIST)
        self.encounter = encounter_of(town)

    def version(self, hand: Hand, form: FormRef, values: dict[str, Any], **changes: Any) -> Version:
        chart, person = hand.client.chart(self.encounter), hand.account.person
        now = hand.client.clock.server_now().astimezone()
        return Version.model_validate({
            "renderer": CURRENT, "entry": new_id(), "version": 1, "training": hand.account.training, "form": form,
            "subject": subject_of(chart), "stay": stay_of(chart, hand.account), "occurred_at": now, "written_at": now,
            "values": clean(kind_of(form), values, signing=True).values,
            "author": Author(id=person.id, full_name=person.full_name, title=person.title, role=Role.DOCTOR),
            **changes})

    def signed(self, version: Version) -> EntryView:
        """By both doctors, the anaesthetist first."""
        first = self.anaesthetist.signs(version, "anaesthetist", render_entry(version))
        self.hand_in(self.anaesthetist, version, "anaesthetist", first)
        return self.hand_in(self.surgeon, version, "surgeon", self.surgeon.signs(version, "surgeon", first))

    def hand_in(self, hand: Hand, version: Version, slot: str, file: bytes) -> EntryView:
        answer = hand.client.sign(version.entry, version.version, file, encounter=self.encounter, slot=slot,
                                  key=new_id())
        return answer.entry  # type: ignore[union-attr]  # a quarantined file has none, and the story ends here

    def takes(self, paper: LocalDraft) -> EntryView:
        """The surgeon signs the paper of the confirmation, as it was prepared."""
        version = self.version(self.surgeon, paper.form, paper.values, entry=paper.entry)
        return self.hand_in(self.surgeon, version, "taker", self.surgeon.signs(version, "taker", render_entry(version)))

    def now(self, view: EntryView) -> EntryView:
        return next(one for one in self.surgeon.client.chart(self.encounter).entries if one.id == view.id)


def test_a_patient_confirms_by_fingerprint_and_is_asked_again_when_the_text_changes(
    town: Town, sit_down: SitDown, reader: FingerReader, qtbot: QtBot,
) -> None:
    story, place = Story(town), sit_down(SURGEON)
    desk = replace(place.desk, reader=partial(WebApiReader, reader.url, ca_file=reader.ca_file))

    def finger(view: EntryView) -> LocalDraft | Refusal:
        came: list[LocalDraft | Refusal] = []
        chart = story.surgeon.client.chart(story.encounter)
        Taking(desk, chart, view).by_fingerprint(PATIENT, came.append, came.append)
        qtbot.waitUntil(lambda: bool(came), timeout=20_000)
        return came[0]

    waiting = story.signed(story.version(story.surgeon, CONSENT, VALUES))
    assert waiting.state is State.PARTLY_SIGNED
    assert (may_take(desk, waiting), told(waiting)) == (True, "Chờ người bệnh xác nhận")

    reader.mood = "no_finger"
    none = finger(waiting)
    assert isinstance(none, Refusal)
    assert none.reasons[0].code == "reader_no_finger"
    reader.mood, reader.quality = "good", 20
    poor = finger(waiting)
    assert isinstance(poor, Refusal)
    assert poor.reasons[0].code == "fingerprint_too_poor"

    reader.quality = 84
    paper = finger(waiting)
    assert isinstance(paper, LocalDraft)
    story.takes(paper)
    done = story.now(waiting)
    assert (done.state, done.file, may_take(desk, done)) == (State.SIGNED, waiting.file, False)
    assert told(done).startswith("Đã xác nhận, vân tay, ")
    assert "lấy bởi Lê Thu Hà" in told(done)

    why = Correction(reason="Đổi phương pháp", of_version=1, of_sha256=done.sha256, changed=("procedure",))
    text = {**VALUES, "procedure": "Mở màng phổi tối thiểu, gây tê tại chỗ"}
    again = story.signed(story.version(story.surgeon, CONSENT, text, entry=done.id, version=2, correction=why))
    assert (again.state, again.confirmations, told(again)) == (State.PARTLY_SIGNED, (), "Chờ người bệnh xác nhận")
    with pytest.raises(Refusal) as stale:
        story.takes(paper.model_copy(update={"entry": new_id()}))
    assert "confirmation_exists" in {reason.code for reason in stale.value.reasons}
    fresh = finger(again)
    assert isinstance(fresh, LocalDraft)
    story.takes(fresh)
    assert story.now(again).state is State.SIGNED
    old = story.surgeon.client.version(done.id, 1)
    assert b"Ch\xe1\xbb\x8dc d\xc3\xb2 m\xc3\xa0ng ph\xe1\xbb\x95i" in old


def test_a_drawn_signature_confirms_and_only_its_digest_stands_in_the_record(
    town: Town, sit_down: SitDown, qtbot: QtBot,
) -> None:
    story, place = Story(town), sit_down(SURGEON)
    waiting = story.signed(story.version(story.surgeon, CONSENT, VALUES))
    drawing, came = b'{"strokes":[[[1.0,2.0,0,0.5]]]}', list[LocalDraft | Refusal]()
    Taking(place.desk, story.surgeon.client.chart(story.encounter), waiting).by_drawing(
        drawing, "Bút ký", PATIENT, came.append, came.append)
    qtbot.waitUntil(lambda: bool(came), timeout=20_000)
    assert isinstance(came[0], LocalDraft), came[0]
    assert came[0].values["evidence_sha256"] == hashlib.sha256(drawing).hexdigest()
    story.takes(came[0])
    done = story.now(waiting)
    assert done.state is State.SIGNED
    assert told(done).startswith("Đã xác nhận, chữ ký vẽ, ")


def test_the_daughter_reads_the_code_out_and_the_paper_names_her_number_masked(
    town: Town, sit_down: SitDown, qtbot: QtBot, tmp_path: Path,
) -> None:
    settings = town.home.folder / "keys" / "message_gateway.toml"
    with message_gateway(tmp_path / "sandbox") as (sandbox, phone):
        write_settings(settings, sandbox)
        town.stop()
        town.start()
        story, place = Story(town), sit_down(SURGEON)
        waiting = story.signed(story.version(story.surgeon, CONSENT, VALUES))
        taking = Taking(place.desk, story.surgeon.client.chart(story.encounter), waiting)
        came: list[Any] = []

        def answer() -> Any:
            qtbot.waitUntil(lambda: bool(came), timeout=20_000)
            return came.pop()

        taking.offer(came.append, came.append)
        assert answer().gateway == "Tin nhắn thương hiệu TTYTTHU"
        taking.send_code("0987 654 321", came.append, came.append)
        sent = answer()
        assert isinstance(sent, CodeSent), sent
        taking.try_code(sent, "000000" if phone.last_code() != "000000" else "000001", DAUGHTER, came.append,
                        came.append)
        wrong = answer()
        assert [reason["code"] for reason in wrong.reasons] == ["code_wrong"]
        taking.try_code(sent, phone.last_code(), DAUGHTER, came.append, came.append)
        paper = answer()
        assert isinstance(paper, LocalDraft), paper
        assert place.desk.store.draft(paper.entry) == paper
        assert (paper.values["phone"], paper.values["code_tries"], paper.values["message_no"]) == (
            "09*****321", 2, "sms-1")
        story.takes(paper)
    done = story.now(waiting)
    assert done.state is State.SIGNED
    assert told(done).startswith("Đã xác nhận, mã một lần, ")
    assert "Nguyễn Thị Lan" in told(done)
    settings.unlink()
    town.stop()
    town.start()


def test_a_finger_that_lay_there_in_an_outage_arrives_later_and_leaves_nothing_on_the_pc(
    town: Town, sit_down: SitDown, reader: FingerReader, qtbot: QtBot,
) -> None:
    story, place = Story(town), sit_down(SURGEON)
    waiting = story.signed(story.version(story.surgeon, CONSENT, VALUES))
    with qtbot.waitSignal(place.chart.loaded, timeout=20_000):
        place.chart.load()
    desk = replace(place.desk, reader=partial(WebApiReader, reader.url, ca_file=reader.ca_file))
    assert place.chart.chart is not None
    town.stop()
    desk.sync.retry_now()
    qtbot.waitUntil(lambda: desk.away, timeout=20_000)
    taking, came = Taking(desk, place.chart.chart, waiting), list[Any]()
    taking.offer(came.append, came.append)
    assert [reason["code"] for reason in came.pop().reasons] == ["code_needs_server"]
    fetch_page(desk, waiting, came.append, came.append)
    qtbot.waitUntil(lambda: bool(came), timeout=20_000)
    assert came.pop().signed_file is False
    taking.by_fingerprint(DAUGHTER, came.append, came.append)
    qtbot.waitUntil(lambda: bool(came), timeout=20_000)
    paper = came.pop()
    assert isinstance(paper, LocalDraft), paper
    (kept,) = desk.store.commands(CommandState.WAITING)
    assert (kept.command.kind, kept.size) == ("capture", 0)
    assert base64.b64encode(TEMPLATE) in desk.store.body(kept)
    editor = place.chart.editor(paper)
    version = editor.to_version()
    editor.signed(story.surgeon.signs(version, "taker", render_entry(version)), "taker")
    qtbot.waitUntil(lambda: on_its_way(waiting, place.chart.items), timeout=20_000)
    town.start()
    desk.sync.retry_now()
    qtbot.waitUntil(lambda: not desk.sync.status.waiting, timeout=30_000)
    assert desk.sync.status.refused == ()
    qtbot.waitUntil(lambda: story.now(waiting).state is State.SIGNED, timeout=20_000)
    assert told(story.now(waiting)).startswith("Đã xác nhận, vân tay, ")
    with pytest.raises(Trouble):
        desk.store.body(kept)
