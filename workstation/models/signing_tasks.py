"""What waits for a signature, as the window shows it and the stack signs it: a draft, or an open slot at the server."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import Any, Literal
from uuid import UUID

from records.entries import FieldChange, FormRef, Version
from records.errors import Reason, Refusal
from records.forms import EntryKind, Field
from records.messages import Chart, EncounterView, EntryView, PatientView
from records.policy import Answer, Refused
from records.render.words import value_words
from records.sight import Sight
from workstation.drafts import LocalDraft, OutboxCommand
from workstation.models.account import utc_now
from workstation.models.bed import bed_words
from workstation.models.cases import (
    answer,
    author_of,
    case_of_draft,
    case_of_view,
    first_slot,
    kind_of,
    title_for,
)
from workstation.models.desk import Desk
from workstation.models.editor import EditorModel
from workstation.models.handing_in import hand_in
from workstation.models.merge import plain
from workstation.models.status import hour_minute
from workstation.models.timeline import names_of

__all__ = ["Paper", "Task", "draft_task", "slot_task"]


_OWN = Sight(own=True, seen=True)


@dataclass(frozen=True)
class Paper:
    """What is signed: the version, and how its file is drawn or read (in the background)."""

    version: Version
    pdf: Callable[[], bytes] = field(repr=False)


@dataclass(frozen=True)
class Task:
    """One document that waits for this person's signature in one slot."""

    kind: Literal["draft", "slot"]
    entry: UUID
    encounter: EncounterView
    patient: PatientView
    form: FormRef
    slot: str
    number: int
    """Of the version that is going to be signed."""
    occurred_at: datetime
    author: str
    facts: tuple[tuple[str, str], ...]
    """What is written, field by field: label and words."""
    changes: tuple[FieldChange, ...] = ()
    """What a correction changes."""
    correction_reason: str = ""
    seen: bool = True
    """The person has looked at what it says now, or it is their own writing."""
    values: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """What is written, as it is signed: plain JSON."""
    sight: Sight = field(default=_OWN, repr=False)
    """What changed since the person last looked."""
    sign_as: str = ""
    """The title that the mark shows."""
    ask: Callable[[], Answer] = field(repr=False, kw_only=True)
    """The policy's answer now."""
    paper: Callable[[], Paper] = field(repr=False, kw_only=True)
    """Called on the UI thread when signing begins; refuses with what is missing."""
    keep: Callable[[bytes], None] = field(repr=False, kw_only=True)
    """The signed file goes into the outbox."""
    command: Callable[[], OutboxCommand] = field(repr=False, kw_only=True)
    """What will hand the file in, where the signature comes later; called on the UI thread when signing begins."""

    @property
    def closes(self) -> UUID | None:
        """The entry whose draft is signed; None when it is at the server already."""
        return self.entry if self.kind == "draft" else None

    @property
    def wording(self) -> str:
        """Another wording is another thing to look at, also of the same version (a draft goes on)."""
        return sha256(json.dumps([self.number, self.values], sort_keys=True, default=str).encode()).hexdigest()

    @property
    def key(self) -> str:
        """By which it is known in a stack."""
        return f"{self.entry}/{self.slot}"

    @property
    def title(self) -> str:
        """«Tờ điều trị, lần ghi 02:20»."""
        name = names_of(self.form)[0]
        return f"{name}, lần ghi {hour_minute(self.occurred_at)}" if self.form_kind.repeatable else name

    @property
    def form_kind(self) -> EntryKind:
        """The kind of the entry."""
        return kind_of(self.form)

    @property
    def slot_label(self) -> str:
        """As whom the person signs: «Bác sĩ điều trị»."""
        return self.form_kind.slot(self.slot).label

    @property
    def place(self) -> str:
        """«Giường 12», or nothing."""
        return bed_words(self.encounter)

    def as_shown(self) -> Paper:
        """The paper, in the words that the person was shown; refuses when another hand wrote into it since."""
        paper = self.paper()
        if self.values and plain(paper.version.values) != self.values:
            raise Refusal.because("changed_since_shown", self.title)
        return paper

    def refusals(self) -> tuple[Reason, ...]:
        """Why it may not be signed now; empty when it may."""
        said = self.ask()
        return said.reasons if isinstance(said, Refused) else ()


def draft_task(desk: Desk, chart: Chart, editor: EditorModel) -> Task:
    """The draft that is open in an editor, signed in its first slot."""
    task = kept_draft_task(desk, chart, editor.draft, editor.cleaned(signing=True).values, lambda: editor)
    written = facts_of(editor.kind, editor.cleaned(signing=False).values)
    return replace(task, facts=written, changes=editor.changes())


def kept_draft_task(desk: Desk, chart: Chart, draft: LocalDraft, values: Mapping[str, Any],
                    editor: Callable[[], EditorModel]) -> Task:
    """A draft of mine that no window shows, with its cleaned values; `editor` is asked for only when it is signed."""
    author = author_of(chart, draft, desk.account)
    slot = first_slot(kind_of(draft.form)).key
    case = case_of_draft(chart, draft, desk.account, ())
    return Task(
        "draft", draft.entry, chart.encounter, chart.patient, draft.form, slot, draft.base_version + 1,
        draft.occurred_at, f"{author.title} {author.full_name}".strip(), facts_of(kind_of(draft.form), values),
        values=plain(values),
        correction_reason=draft.correction_reason, sign_as=title_for(desk.account, slot, case, utc_now()),
        ask=lambda: editor().may_sign(slot),
        paper=lambda: _paper_of_draft(desk, chart, editor()),
        keep=lambda pdf: editor().signed(pdf, slot), command=lambda: editor().command(slot))


def slot_task(desk: Desk, chart: Chart, view: EntryView, slot: str) -> Task:
    """An open slot of an entry that is at the server."""
    values = dict(view.body.get("values", {}))
    return Task(
        "slot", view.id, chart.encounter, chart.patient, view.form, slot, view.version, view.occurred_at,
        f"{view.author_title} {view.author_name}".strip(), facts_of(kind_of(view.form), values), values=values,
        sign_as=title_for(desk.account, slot, case_of_view(chart, view), utc_now()),
        ask=partial(may_sign_slot, desk, chart, view, slot), paper=partial(_paper_of_view, desk, view),
        keep=lambda pdf: desk.sync.send(_command_of_slot(chart, view, slot, pdf)),
        command=partial(_command_of_slot, chart, view, slot))


def may_sign_slot(desk: Desk, chart: Chart, view: EntryView, slot: str) -> Answer:
    """The policy's answer for an open slot, with the clock's and the outage's reasons."""
    more = list(desk.client.clock.reasons())
    if desk.away:
        more.append(Reason("offline_not_begun_here", slot))
    return answer(desk.account, slot, case_of_view(chart, view), utc_now(), more)


def facts_of(kind: EntryKind, values: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Label and words of each field that has a value, in the form's order."""
    said = ((one.label, _words(one, values.get(one.key))) for one in kind.fields)
    return tuple((name, words) for name, words in said if words)


def change_words(kind: EntryKind, change: FieldChange) -> tuple[str, str]:
    """What stood there and what stands there now, each empty when nothing does."""
    one = next((one for one in kind.fields if one.key == change.key), None)
    return (_words(one, change.old), _words(one, change.new)) if one is not None else ("", "")


def _words(one: Field, value: Any) -> str:
    if value in (None, "", [], {}, ()):
        return ""
    try:
        return value_words(one, value)
    except (KeyError, TypeError, ValueError, AttributeError):
        return str(value)  # half-typed: shown as it stands, the form's check says what is wrong with it


def _paper_of_draft(desk: Desk, chart: Chart, editor: EditorModel) -> Paper:
    version = editor.to_version(written_at=desk.client.clock.server_now())
    return Paper(version, partial(_drawn, version, _gathered(chart, version)))


def _gathered(chart: Chart, version: Version) -> tuple[Version, ...]:
    """The entries that a composition puts together, in its order; none for any other entry."""
    views = {(str(view.id), view.version): view for view in chart.entries}
    named = [(str(item["entry"]), item["version"]) for item in version.values.get("gathered", ())]
    return tuple(Version.model_validate(views[key].body) for key in named if key in views)


def _drawn(version: Version, children: tuple[Version, ...]) -> bytes:
    """The unsigned file; a composition also carries HL7 CDA R2."""
    from records import cda
    from records.render import render_entry

    return render_entry(version, [cda.attachment(version, children)] if children else [])


def _paper_of_view(desk: Desk, view: EntryView) -> Paper:
    version = Version.model_validate(view.body)
    return Paper(version, partial(_fetched, desk, view, version))


def _fetched(desk: Desk, view: EntryView, version: Version) -> bytes:
    """The file with the signatures so far, judged here before another is put into it."""
    from records.pades import judge
    from records.trust import Trust

    pdf = desk.client.file(view.file)
    if sha256(pdf).hexdigest() != view.file:
        raise Refusal.because("file_not_as_named", view.file)
    trust = Trust.from_pem(*(text.encode() for text in desk.account.trust_roots))
    verdict = judge(pdf, trust, desk.client.clock.server_now(), expected=version)
    if not verdict.good:
        raise Refusal(*verdict.reasons)
    return pdf


def _command_of_slot(chart: Chart, view: EntryView, slot: str, pdf: bytes = b"") -> OutboxCommand:
    return hand_in(
        form=view.form, entry=view.id, version=view.version, encounter=view.encounter, slot=slot, pdf=pdf,
        patient_name=chart.patient.full_name, occurred_at=view.occurred_at, begun_at=None, offline=False)
