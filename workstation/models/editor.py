"""One draft being written: values, problems by field, saved states, two texts, and the version that is signed."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from records import validation
from records.canonical import encode
from records.computed import compute
from records.entries import FieldChange, Version
from records.errors import Reason, Refusal
from records.forms import Field, form
from records.messages import Chart, DraftView, EntryView
from records.policy import Answer
from records.validation import Cleaned
from workstation.config import ZONE
from workstation.drafts import LocalDraft, OutboxCommand, OutboxItem
from workstation.models.account import utc_now
from workstation.models.beginning import stay_of, subject_of
from workstation.models.cases import answer, author_of, case_of_draft, stands_at, today, while_away
from workstation.models.correcting import changes_of, correction_of, on_paper
from workstation.models.desk import Desk
from workstation.models.handing_in import hand_in
from workstation.models.images.key_images import ForReports
from workstation.models.merge import joined, merge, plain
from workstation.models.status import clock_time

CHECK_AFTER_MS = 150
"""After the last letter: a red line must not flicker under the hand."""


class EditorModel(QObject):
    """The editor's state; the view shows it and hands changes on."""

    value_changed = pyqtSignal(str)
    """A field's value changed by other than the view: computed, merged, taken over."""
    checked = pyqtSignal()
    """Problems and warnings are new."""
    saved_changed = pyqtSignal()
    conflict_changed = pyqtSignal()
    closed = pyqtSignal()
    """The draft was signed (it waits in the outbox or is accepted) or dropped."""
    refused = pyqtSignal(object)
    """Refusal: the server refused the signed file; the draft is open again, `reopened` came before."""
    reopened = pyqtSignal()

    def __init__(self, desk: Desk, chart: Chart, draft: LocalDraft, base: EntryView | None,
                 parent: QObject | None = None) -> None:
        super().__init__(parent)
        draft = desk.sync.newest(draft)
        self._desk, self._chart, self._draft, self._base = desk, chart, draft, base
        self.form = form(draft.form.code, draft.form.edition)
        self.kind = self.form.kind(draft.form.kind)
        self._fields = {field.key: field for field in self.kind.fields}
        self.pictures = ForReports(desk.key_images, chart.patient.id)
        self._values: dict[str, Any] = copy.deepcopy(draft.values)
        self._clashes: tuple[str, ...] = ()
        self._met = 0  # the revision of the other text that was met last
        self._closed, self._awaited, self._queued = draft.command is not None, False, False
        self._checked, self._wrong = self._look()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.check)
        self._ties = self._connect()
        if draft.theirs is not None:
            self._meet(draft)

    @property
    def draft(self) -> LocalDraft:
        """The draft with what is written now."""
        return self._draft.model_copy(update={"values": copy.deepcopy(self._values)})

    @property
    def base(self) -> EntryView | None:
        """The signed entry that is corrected."""
        return self._base if self._draft.base_version else None

    @property
    def is_fixed(self) -> bool:
        """A text that somebody let be restored: it is signed as it is, or not at all (R34)."""
        return self._draft.restoration is not None

    @property
    def is_closed(self) -> bool:
        """Signed or dropped: nothing can be changed."""
        return self._closed

    @property
    def values(self) -> Mapping[str, Any]:
        """All values as they were typed."""
        return self._values

    def value(self, key: str) -> Any:
        """One value as it was typed; None is an empty field."""
        return self._values.get(key)

    def set_value(self, key: str, value: Any) -> None:
        """The person typed; None or "" empties the field. Saved within a second. A given field is nobody's to type."""
        if self._closed or self.is_fixed or key not in self._fields or self._fields[key].given:
            return
        empty = (value := plain(value)) in (None, "", [], {})
        if self._values.get(key) == value or (empty and key not in self._values):
            return
        self.pictures.left_out(self._fields[key], self._values.get(key), value)
        if empty:
            del self._values[key]
        else:
            self._values[key] = value
        self._compute(key)
        self._touched()

    def take_over(self, values: Mapping[str, Any]) -> None:
        """Fill fields from elsewhere («Như hôm qua», values of the monitor)."""
        for key, value in values.items():
            if key in self._fields and self._values.get(key) != value:
                self.set_value(key, value)
                self.value_changed.emit(key)

    @property
    def occurred_at(self) -> datetime:
        """Clinical time."""
        return self._draft.occurred_at

    def set_occurred_at(self, at: datetime) -> None:
        """The person chose another clinical time."""
        if at != self._draft.occurred_at and not self._closed and not self.is_fixed:
            self._draft = self._draft.model_copy(update={"occurred_at": at.astimezone(ZONE)})
            self._touched()

    @property
    def correction_reason(self) -> str:
        """Why the signed text is corrected."""
        return self._draft.correction_reason

    def set_correction_reason(self, reason: str) -> None:
        """The person wrote why."""
        if reason != self._draft.correction_reason and not self._closed and not self.is_fixed:
            self._draft = self._draft.model_copy(update={"correction_reason": reason})
            self._touched()

    def shown(self, key: str) -> bool:
        """Whether the form shows that field with these values."""
        return validation.holds(self._fields[key].shown_when, self._values)

    def set_chart(self, chart: Chart) -> None:
        """The chart was loaded anew: bed, diagnosis, newer versions and what others signed count from now on."""
        self._chart = chart

    def check(self) -> None:
        """Look at all values again now."""
        self._timer.stop()
        self._checked, self._wrong = self._look()
        self.checked.emit()

    def problems(self, key: str = "") -> tuple[Reason, ...]:
        """What is wrong at a field (and its rows), or everywhere; what is only missing is not wrong yet."""
        return tuple(reason for reason in self._wrong if stands_at(reason, key))

    def warnings(self, key: str = "") -> tuple[Reason, ...]:
        """What is unusual at a field, or everywhere."""
        return tuple(reason for reason in self._checked.warnings if stands_at(reason, key))

    @property
    def missing(self) -> tuple[Reason, ...]:
        """What signing still demands: «Trước khi ký»."""
        told = not self._draft.base_version or self._draft.correction_reason.strip()
        return self._checked.problems if told else (*self._checked.problems, Reason("correction_needs_reason"))

    def cleaned(self, *, signing: bool) -> Cleaned:
        """The values as they would be stored, with every problem."""
        own = self._desk.account.settings.abbreviations
        return validation.clean(self.kind, self._values, signing=signing, on=today(), abbreviations=own)

    def changes(self) -> tuple[FieldChange, ...]:
        """Field by field against the signed text, in the form's order."""
        return changes_of(self.base, self.cleaned(signing=False).values, self.kind) if self.base is not None else ()

    def paper_lines(self) -> tuple[str, ...]:
        """What the paper will say of the correction."""
        who, clock = author_of(self._chart, self._draft, self._desk.account), self._desk.client.clock
        values = self.cleaned(signing=False).values
        return on_paper(self.base, self._draft, values, author=who, at=clock.server_now()) if self.base else ()

    # Saved states

    @property
    def saved_line(self) -> str:
        """«Đã lưu nháp 03:12:41», or nothing."""
        return f"Đã lưu nháp {clock_time(self._draft.saved_at)}" if self._draft.saved_at else ""

    @property
    def received_line(self) -> str:
        """«Máy chủ đã nhận 03:12:43», or nothing while the newest words are not there."""
        draft = self._draft
        return f"Máy chủ đã nhận {clock_time(draft.mirrored_at)}" if draft.mirrored_at and not draft.waiting else ""

    # Two texts

    @property
    def theirs(self) -> DraftView | None:
        """The other text, until all its clashes are settled."""
        return self._draft.theirs if self._clashes else None

    @property
    def conflict_fields(self) -> tuple[FieldChange, ...]:
        """Fields with two texts (old = theirs, new = mine); all others were merged silently."""
        theirs = self._draft.theirs.values if self._draft.theirs is not None else {}
        return tuple(FieldChange(key=key, label=self._fields[key].label if key in self._fields else key,
                                 old=theirs.get(key), new=self._values.get(key)) for key in self._clashes)

    def keep_mine(self, *keys: str) -> None:
        """My text goes on in these fields (none named: in all)."""
        self._choose(keys, lambda mine, _: mine)

    def keep_theirs(self, *keys: str) -> None:
        """Their text goes on in these fields (none named: in all)."""
        self._choose(keys, lambda _, theirs: theirs)

    def join(self, *keys: str) -> None:
        """Both texts, theirs first (text and lists; else mine)."""
        self._choose(keys, joined)

    # Signing

    def may_sign(self, slot: str) -> Answer:
        """The policy's answer now, with the clock's and the outage's reasons."""
        self.check()
        more = list(self._desk.client.clock.reasons())
        if self._clashes:
            more.append(Reason("two_texts_open"))
        if self._desk.away:
            more += while_away(self.kind, slot, begun_here=self._draft.begun_here,
                               base_version=self._draft.base_version)
        case = case_of_draft(self._chart, self.draft, self._desk.account, self.missing)
        return answer(self._desk.account, slot, case, utc_now(), more)

    def to_version(self, *, renderer: str = "", written_at: datetime | None = None) -> Version:
        """The version to render and sign; refuses with everything that is missing."""
        self.check()
        if self.missing:
            raise Refusal(*self.missing)
        cleaned = self._checked
        account, draft = self._desk.account, self._draft
        version = Version(
            renderer=renderer or account.renderers[-1], entry=draft.entry, version=draft.base_version + 1,
            form=draft.form, subject=subject_of(self._chart), stay=stay_of(self._chart, account),
            author=author_of(self._chart, draft, account),
            occurred_at=draft.occurred_at.astimezone(ZONE).replace(microsecond=0),
            written_at=(written_at or self._desk.client.clock.server_now()).astimezone(ZONE).replace(microsecond=0),
            training=account.training, values=cleaned.values, relates_to=draft.relates_to)
        version = version.model_copy(update={"correction": correction_of(self.base, draft, version, self.kind)})
        encode(version)  # what cannot be encoded is found before the token is asked
        return version

    def signed(self, pdf: bytes, slot: str) -> None:
        """The token signed it: into the outbox, draft closed."""
        self._desk.sync.save(self.draft)
        self._desk.sync.send(self.command(slot, pdf), closes=self._draft.entry)
        self.pictures.taken(self.kind, self._values)
        self._close()

    def command(self, slot: str, pdf: bytes = b"") -> OutboxCommand:
        """What hands the signed file in."""
        draft = self._draft
        return hand_in(
            form=draft.form, entry=draft.entry, version=draft.base_version + 1, encounter=draft.encounter, slot=slot,
            pdf=pdf, patient_name=self._chart.patient.full_name, occurred_at=draft.occurred_at,
            begun_at=draft.begun_at if draft.begun_here and not draft.base_version else None, offline=self._desk.away)

    def drop(self) -> None:
        """Throw the draft away."""
        if not self._closed:
            self._close()
            self._desk.sync.drop(self._draft)

    def leave(self) -> None:
        """The view closes (the draft stays)."""
        while self._ties:  # until Qt deletes it, it must not answer with its old words
            QObject.disconnect(self._ties.pop())
        self._desk.sync.flush()
        self._desk.sync.release(self._draft.entry)

    # Inside

    def _connect(self) -> list[Any]:
        sync = self._desk.sync
        sync.claim(self._draft.entry)
        return [signal.connect(act) for signal, act in (
            (sync.draft_saved, self._on_saved), (sync.draft_received, self._on_saved),
            (sync.draft_merged, self._on_saved), (sync.draft_conflict, self._on_met),
            (sync.command_refused, self._on_refused), (sync.command_done, self._on_done),
            (sync.command_queued, self._on_queued), (sync.drafts_awaited, self._on_awaited))]

    def _look(self) -> tuple[Cleaned, tuple[Reason, ...]]:
        """All that signing demands, and of that what is wrong already while writing."""
        demanded, wrong = self.cleaned(signing=True), self.cleaned(signing=False).problems
        return demanded, tuple(reason for reason in demanded.problems if reason in wrong)

    def _touched(self) -> None:
        self._desk.sync.save(self.draft)
        self._timer.start(CHECK_AFTER_MS)

    def _compute(self, changed: str) -> None:
        for field in self.kind.fields:
            if field.computed and field.key != changed:
                self._set_computed(field)

    def _set_computed(self, field: Field) -> None:
        try:
            result = compute(field.computed, self._values)
        except (ValueError, TypeError):
            return  # half-typed numbers: nothing to compute yet
        if result is not None and result != self._values.get(field.key):
            self._values[field.key] = result
            self.value_changed.emit(field.key)

    def _on_saved(self, saved: LocalDraft) -> None:
        if saved.entry == self._draft.entry and saved.revision >= self._draft.revision:
            text = ("occurred_at", "correction_reason", "values")
            self._draft = saved.model_copy(update={name: getattr(self._draft, name) for name in text})
            self.saved_changed.emit()

    def _on_met(self, draft: LocalDraft) -> None:
        if draft.entry == self._draft.entry and draft.theirs is not None and not self._closed:
            self._meet(draft)

    def _meet(self, draft: LocalDraft) -> None:
        """Join the other text: silently where only one of us changed a field, by choice where both did."""
        theirs = draft.theirs
        if theirs is None or theirs.revision <= self._met:
            return
        self._met = theirs.revision
        self._on_saved(draft)
        merged = merge(draft.server_values, self._values, theirs.values)
        before, self._values = self._values, merged.values
        self._clashes = merged.clashes
        for key in {*before, *merged.values}:
            if before.get(key) != merged.values.get(key):
                self.value_changed.emit(key)
        if not self._clashes:
            self._desk.sync.resolve(self.draft, theirs)
        self.conflict_changed.emit()
        self.check()

    def _choose(self, keys: tuple[str, ...], pick: Any) -> None:
        theirs = self._draft.theirs
        if theirs is None:
            return
        for key in keys or self._clashes:
            if key in self._clashes:
                value = pick(self._values.get(key), theirs.values.get(key))
                self._values = {**self._values, key: value} if value is not None else {
                    name: held for name, held in self._values.items() if name != key}
                self.value_changed.emit(key)
        self._clashes = tuple(key for key in self._clashes if keys and key not in keys)
        if not self._clashes:
            self._desk.sync.resolve(self.draft, theirs)
        self.conflict_changed.emit()
        self.check()

    def _on_refused(self, item: OutboxItem) -> None:
        if item.command.entry == self._draft.entry and self._closed:
            self._reopen()
            self.refused.emit(Refusal(*(Reason.from_json(reason) for reason in item.reasons)))

    def _on_done(self, item: OutboxItem) -> None:
        if item.command.entry == self._draft.entry and item.reasons:
            self._on_refused(item)

    def _on_queued(self, item: OutboxItem) -> None:
        """Signed by a confirmation that came while this draft was shown."""
        mine = ("sign", self._draft.entry, self._draft.base_version + 1)
        if (item.command.kind, item.command.entry, item.command.version) == mine:
            self._awaited, self._queued = False, True
            self._close()

    def _on_awaited(self, entries: frozenset[UUID]) -> None:
        """Closed while somebody is asked on the phone, open again when nothing came of it."""
        before, self._awaited = self._awaited, self._draft.entry in entries
        if self._awaited:
            self._close()
        elif before and not self._queued:
            self._reopen()

    def _reopen(self) -> None:
        self._closed = self._queued = False
        self._desk.sync.claim(self._draft.entry)
        self.reopened.emit()

    def _close(self) -> None:
        if not self._closed:
            self._closed = True
            self._desk.sync.release(self._draft.entry)
            self.closed.emit()
