"""Taking a patient's confirmation: what waits for it, the reader, and the paper that tells of it (R7)."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from records.confirmations import LEAST_QUALITY, Method, confirmation_form, patient_slot
from records.errors import Refusal
from records.forms import Role
from records.messages import CaptureGiven, Chart, ConfirmationView, EntryView
from workstation.background import Command
from workstation.config import ZONE
from workstation.drafts import LocalDraft
from workstation.ids import new_id
from workstation.models.beginning import new_draft
from workstation.models.cases import kind_of
from workstation.models.desk import Desk

WAIT_S = 15.0
"""How long the reader waits for a finger."""
TAKERS = frozenset({Role.DOCTOR, Role.NURSE})
HOW = {"fingerprint": "vân tay", "drawn": "chữ ký vẽ", "witness": "có người làm chứng"}


def may_take(desk: Desk, view: EntryView) -> bool:
    """Whether the patient's confirmation of this version is due now and this person may take it."""
    slot = patient_slot(kind_of(view.form))
    return (slot is not None and slot.key in view.open_slots and not set(slot.after) & set(view.open_slots)
            and bool(TAKERS & set(desk.account.person.roles)))


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
class Taking:
    """One confirmation while it is taken: the version shown, and the transaction that binds what the device gives."""

    desk: Desk
    chart: Chart
    view: EntryView

    def by_fingerprint(self, done: Callable[[LocalDraft], None], failed: Callable[[Refusal], None]) -> None:
        """Read a finger, hand it to the server, and begin the paper; none of it on the UI thread."""
        self.desk.background.run(Command("capture", self._capture, done, failed), lane="reader")

    def by_drawing(self, drawing: bytes, device: str, done: Callable[[LocalDraft], None],
                   failed: Callable[[Refusal], None]) -> None:
        """Hand a drawn signature to the server, and begin the paper."""
        self.desk.background.run(Command("capture", lambda: self._keep("drawn", device, drawing), done, failed),
                                 lane="reader")

    def by_witness(self) -> LocalDraft:
        """Begin the paper for a witness to stand beside."""
        return self._paper(Method.WITNESS, new_id(), self.desk.client.clock.server_now(), {})

    def _capture(self) -> LocalDraft:
        if self.desk.reader is None:
            raise Refusal.because("reader_not_set")
        found = self.desk.reader().read(WAIT_S)
        if found.quality < LEAST_QUALITY:
            raise Refusal.because("fingerprint_too_poor", quality=found.quality, least=LEAST_QUALITY)
        return self._keep("fingerprint", found.device, found.image, found.template, found.quality)

    def _keep(self, method: Literal["fingerprint", "drawn"], device: str, evidence: bytes, template: bytes = b"",
              quality: int | None = None) -> LocalDraft:
        """What the device gave goes to the server; the paper names its SHA-256 and nothing of it (R8)."""
        at, transaction = self.desk.client.clock.server_now(), new_id()
        kept = self.desk.client.keep_capture(self.view.encounter, CaptureGiven(
            transaction=transaction, document_entry=self.view.id, document_number=self.view.version, method=method,
            device=device, quality=quality, evidence=base64.b64encode(evidence).decode(),
            template=base64.b64encode(template).decode()), new_id())
        return self._paper(Method(method), transaction, at, {
            "device": device, "quality": quality, "evidence_sha256": kept.evidence_sha256,
            "template_sha256": kept.template_sha256})

    def _paper(self, method: Method, transaction: UUID, at: datetime, more: dict[str, Any]) -> LocalDraft:
        """The paper with everything that the program knows; who confirmed is for the person to say."""
        form, view, who = confirmation_form(), self.view, self.chart.patient
        draft = new_draft(form, form.kinds[0], self.chart, self.desk.account, at)
        known: dict[str, Any] = {
            "document_name": kind_of(view.form).name, "document_form": view.form.code, "document_version": view.version,
            "document_entry": str(view.id), "document_sha256": view.sha256, "document_file_sha256": view.file,
            "answer": "1", "who": "1", "full_name": who.full_name, "id_no": who.national_id, "method": method.value,
            "confirmed_at": at.astimezone(ZONE).isoformat(timespec="seconds"),
            "workstation": self.desk.client.workstation, "transaction_no": str(transaction), **more}
        values = {name: value for name, value in known.items() if value not in ("", None)}
        return draft.model_copy(update={"values": {**draft.values, **values}})
