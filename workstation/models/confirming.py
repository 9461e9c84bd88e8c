"""Taking a patient's confirmation: what waits for it, how it is given, and the paper that tells of it (R7)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from records import confirmations as rules
from records.confirmations import LEAST_QUALITY, Method, Shown, Taken, confirmation_form, is_confirmation, patient_slot
from records.errors import Reason, Refusal, Trouble
from records.forms import Role
from records.messages import (
    CaptureGiven,
    Chart,
    CodeJudged,
    CodeOffer,
    CodeSent,
    CodeTyped,
    CodeWish,
    ConfirmationView,
    EntryView,
)
from records.one_time_codes import PhoneSource, Proof
from workstation.background import Command, Query
from workstation.client.confirmation_routes import capture_path
from workstation.config import ZONE
from workstation.drafts import LocalDraft, OutboxCommand
from workstation.ids import new_id
from workstation.models.account import utc_now
from workstation.models.beginning import new_draft
from workstation.models.cases import kind_of
from workstation.models.desk import Desk

if TYPE_CHECKING:
    from workstation.models.timeline import TimelineItem

WAIT_S = 15.0
"""How long the reader waits for a finger."""
TAKERS = frozenset({Role.DOCTOR, Role.NURSE})
HOW = {"fingerprint": "vân tay", "drawn": "chữ ký vẽ", "code": "mã một lần", "witness": "có người làm chứng"}
Failed = Callable[[Refusal], None]
Paper = Callable[[LocalDraft], None]


def may_take(desk: Desk, view: EntryView) -> bool:
    """Whether the patient's confirmation of this version is due now and this person may take it."""
    slot = patient_slot(kind_of(view.form))
    return (slot is not None and slot.key in view.open_slots and not set(slot.after) & set(view.open_slots)
            and bool(TAKERS & set(desk.account.person.roles)))


def on_its_way(view: EntryView, items: Sequence[TimelineItem]) -> bool:
    """Whether a paper for this version was signed here and waits for the server."""
    return any(item.queued is not None and item.draft is not None and is_confirmation(item.form)
               and (item.draft.values.get("document_entry"), item.draft.values.get("document_version")) == (
                   str(view.id), view.version) for item in items)


def papers_of(view: EntryView, entries: Sequence[EntryView]) -> tuple[EntryView, ...]:
    """The papers of what the patient confirmed or refused of this version, oldest first: shown and printed with it."""
    by_id = {one.id: one for one in entries}
    return tuple(by_id[one.entry] for one in view.confirmations if one.entry in by_id)


def told(view: EntryView) -> str:
    """«Đã xác nhận, vân tay, 14:05 25/11, …», «Chờ người bệnh xác nhận»; empty where none is due."""
    slot = patient_slot(kind_of(view.form))
    if slot is None:
        return ""
    if view.confirmations:
        return _in_words(view.confirmations[-1])
    return "Chờ người bệnh xác nhận" if not set(slot.after) & set(view.open_slots) else ""


def _in_words(one: ConfirmationView) -> str:
    at = f"{one.confirmed_at.astimezone(ZONE):%H:%M %d/%m}"
    word = "Đã xác nhận" if one.confirmed else "Từ chối xác nhận"
    return f"{word}, {HOW[one.method]}, {at}, {one.full_name}; lấy bởi {one.person_name}"


@dataclass(frozen=True)
class Who:
    """Who confirms, as the staff member who knows them says."""

    who: Literal["1", "2", "3"]
    full_name: str
    id_no: str = ""
    relationship: str = ""
    not_patient_why: str = ""

    def missing(self) -> str:
        """What must still be said; empty when it is enough."""
        if not self.full_name:
            return "Hãy ghi họ và tên người xác nhận."
        if self.who != "1" and not (self.relationship and self.not_patient_why):
            return "Hãy ghi quan hệ và lý do người bệnh không tự xác nhận."
        return ""

    def values(self) -> dict[str, Any]:
        """As the paper's fields."""
        told = {"who": self.who, "full_name": self.full_name, "id_no": self.id_no, "relationship": self.relationship,
                "not_patient_why": self.not_patient_why}
        return {name: value for name, value in told.items() if value}


@dataclass(frozen=True)
class Captured:
    """What a device gave, before anybody has it."""

    method: Literal["fingerprint", "drawn"]
    device: str
    evidence: bytes
    template: bytes = b""
    quality: int | None = None


@dataclass(frozen=True)
class Taking:
    """One confirmation while it is taken: the version that is shown, and everything that happens to it."""

    desk: Desk
    chart: Chart
    view: EntryView

    def by_fingerprint(self, who: Who, done: Paper, failed: Failed) -> None:
        """Read a finger, hand it over, and begin the paper; none of it on the UI thread."""
        self._run(lambda: self._keep(self._finger(), who), done, failed)

    def by_drawing(self, drawing: bytes, device: str, who: Who, done: Paper, failed: Failed) -> None:
        """Hand over a drawn signature, and begin the paper."""
        self._run(lambda: self._keep(Captured("drawn", device, drawing), who), done, failed)

    def by_witness(self, who: Who) -> LocalDraft:
        """Begin the paper for a witness to stand beside."""
        at = self.desk.client.clock.server_now()
        return self._paper(Taken(Method.WITNESS, new_id(), at, self.desk.client.workstation), who)

    def offer(self, done: Callable[[CodeOffer], None], failed: Failed) -> None:
        """Whether a one-time code can be sent, by what, or why not."""
        if self.desk.away:
            done(CodeOffer(gateway="", reasons=(Reason("code_needs_server").as_json(),)))
        else:
            self.desk.background.run(Query("offer", self.desk.client.code_offer, done, failed))

    def send_code(self, phone: str, done: Callable[[CodeSent], None], failed: Failed) -> None:
        """Have a code sent for exactly this version."""
        wish = CodeWish(
            transaction=new_id(), document_entry=self.view.id, document_number=self.view.version,
            document_sha256=self.view.sha256, document_file_sha256=self.view.file, phone=phone)
        self._run(lambda: self.desk.client.send_code(self.view.encounter, wish, new_id()), done, failed)

    def try_code(self, sent: CodeSent, typed: str, who: Who, done: Callable[[LocalDraft | CodeJudged], None],
                 failed: Failed) -> None:
        """What the patient read out: the paper, or why it does not count."""

        def ask() -> LocalDraft | CodeJudged:
            judged = self.desk.client.try_code(sent.transaction, CodeTyped(code=typed), new_id())
            if not judged.good:
                return judged
            return self._saved(self._paper(_by_code(judged, sent, self.desk.client.workstation), who))

        self._run(ask, done, failed)

    def _run(self, work: Callable[[], Any], done: Callable[[Any], None], failed: Failed) -> None:
        self.desk.background.run(Command("confirm", work, done, failed), lane="reader")

    def _finger(self) -> Captured:
        if self.desk.reader is None:
            raise Refusal.because("reader_not_set")
        found = self.desk.reader().read(WAIT_S)
        if found.quality < LEAST_QUALITY:
            raise Refusal.because("fingerprint_too_poor", quality=found.quality, least=LEAST_QUALITY)
        return Captured("fingerprint", found.device, found.image, found.template, found.quality)

    def _keep(self, captured: Captured, who: Who) -> LocalDraft:
        """What the device gave goes to the server, or waits here for it; the paper names its SHA-256 only (R8)."""
        at, transaction, key = self.desk.client.clock.server_now().replace(microsecond=0), new_id(), new_id()
        given = CaptureGiven(
            transaction=transaction, document_entry=self.view.id, document_number=self.view.version,
            method=captured.method, device=captured.device, quality=captured.quality, captured_at=at,
            evidence=base64.b64encode(captured.evidence).decode(),
            template=base64.b64encode(captured.template).decode())
        paper = self._paper(Taken(
            Method(captured.method), transaction, at, self.desk.client.workstation, captured.device, captured.quality,
            _sha256(captured.evidence), _sha256(captured.template)), who)
        command = self._waiting(given).model_copy(update={"id": key})
        if self.desk.away:
            return self.desk.store.put_capture(command, paper)
        try:
            self.desk.client.keep_capture(self.view.encounter, given, key)
        except Trouble:
            # It may have arrived all the same: the same command, byte for byte, is done once however often it is sent.
            return self.desk.store.put_capture(command, paper)
        return self._saved(paper)

    def _waiting(self, given: CaptureGiven) -> OutboxCommand:
        label = f"{HOW[given.method].capitalize()}: {kind_of(self.view.form).name}"
        return OutboxCommand(
            id=given.transaction, kind="capture", method="POST", path=capture_path(self.view.encounter),
            body=given.model_dump_json().encode(), label=label,
            patient_name=self.chart.patient.full_name, encounter=self.view.encounter, created_at=utc_now())

    def _saved(self, paper: LocalDraft) -> LocalDraft:
        return self.desk.store.save_draft(paper)

    def _paper(self, taken: Taken, who: Who) -> LocalDraft:
        """The paper with everything that the program knows, and who confirmed."""
        form, view = confirmation_form(), self.view
        draft = new_draft(form, form.kinds[0], self.chart, self.desk.account, taken.at)
        shown = Shown(kind_of(view.form).name, view.form.code, view.id, view.version, view.sha256, view.file)
        # Of whoever confirms only what was said counts: the patient's own number does not stand for a daughter's.
        values: Mapping[str, Any] = {"answer": "1", **who.values(), **rules.given(shown, taken)}
        return draft.model_copy(update={"values": dict(values)})


def _by_code(judged: CodeJudged, sent: CodeSent, workstation: str) -> Taken:
    """The server's own words of a code that was right."""
    if judged.confirmed_at is None or judged.sent_at is None or not judged.phone_source:
        raise Trouble.because("answer_unreadable", "CodeJudged", detail="a right code without its facts")
    return Taken(
        Method.CODE, sent.transaction, judged.confirmed_at, workstation, judged.gateway, None, judged.evidence_sha256,
        code=Proof(judged.phone, PhoneSource(judged.phone_source), judged.sent_at, judged.tries, judged.message_no))


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest() if data else ""
