"""What a signature waits for, who holds it up, and since when: the policy's answer with names and times (R17-R19b)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from PyQt6.QtCore import QObject, pyqtSignal

from records import consent, policy
from records.entries import ENDED, FormRef, State
from records.errors import Reason
from records.forms import Holder, form
from records.messages import ChainView, Chart, EntryView
from records.policy import Case, Refused, SlotState
from workstation.models.account import utc_now
from workstation.models.cases import answer, case_of_draft, case_of_view, first_slot, kind_of
from workstation.models.chart import ChartModel
from workstation.models.desk import Desk, Told
from workstation.models.editor import EditorModel

Names = Mapping[tuple[UUID, str], tuple[str, ...]]
_TOLD_BY_LINES = frozenset({"slot_waits_for_slot", "kind_waits_for_kind", "children_unsigned", "field_missing"})
"""Reasons that the lines of who holds it up tell better, or that stand at their blank."""
_WHOSE = {Holder.PATIENT: "người bệnh", Holder.ORGANISATION: "chữ ký số của đơn vị"}
_CHAIN = TypeAdapter(ChainView)
ASKED = 4
"""So many papers are asked about for names; more lines than that nobody reads."""


@dataclass(frozen=True)
class HoldUp:
    """One thing that comes first."""

    what: str
    who: str
    """A name where one is known, else as whom somebody signs; empty when nobody has begun it."""
    since: datetime | None = None
    entry: UUID | None = None
    """The paper whose open slot it is."""


class BeforeMine(QObject):
    """For the draft that is open: what still comes before its first signature; names come from the server."""

    changed = pyqtSignal()

    def __init__(self, desk: Desk, chart: ChartModel, editor: EditorModel) -> None:
        super().__init__(editor)
        self._desk, self._chart, self._editor = desk, chart, editor
        self._names: dict[tuple[UUID, str], tuple[str, ...]] = {}
        self._asked: set[UUID] = set()
        self.lines: tuple[HoldUp, ...] = ()
        self.reasons: tuple[Reason, ...] = ()
        """What else the policy has against it."""
        for news in (editor.checked, chart.loaded):
            news.connect(self.look)
        self.look()

    def look(self) -> None:
        """Ask the policy anew."""
        chart = self._chart.chart
        if chart is None:
            return
        draft, account = self._editor.draft, self._desk.account
        case, slot = case_of_draft(chart, draft, account, ()), first_slot(self._editor.kind).key
        said = answer(account, slot, case, utc_now())
        reasons = tuple(one for one in said.reasons if one.code not in _TOLD_BY_LINES) if isinstance(
            said, Refused) else ()
        lines = tuple(before(chart, draft.form, case, slot, self._names))
        if (lines, reasons) != (self.lines, self.reasons):
            self.lines, self.reasons = lines, reasons
            self.changed.emit()
        self._ask()

    def _ask(self) -> None:
        """Who can fill the open slots, of which the chart knows only the role."""
        for entry in [one.entry for one in self.lines if one.entry is not None][:ASKED]:
            if entry not in self._asked and not self._desk.away:
                self._asked.add(entry)
                self._desk.fetch(f"chain:{entry}", f"/api/entries/{entry}/chain", _CHAIN, self._take, _nothing)

    def _take(self, told: Told[ChainView]) -> None:
        self._names |= {(told.value.entry, slot.slot): slot.who for slot in told.value.slots if slot.who}
        self.look()


def before(chart: Chart, ref: FormRef, case: Case, slot_key: str, names: Names) -> Iterator[HoldUp]:
    """Everything that comes before that slot, in the order of the form: slots, earlier parts, children, consents."""
    slot = case.kind.slot(slot_key)
    for one in policy.standing(case):
        if one.slot.key in slot.after and one.state is not SlotState.SIGNED:
            yield HoldUp(f"Chữ ký “{one.slot.label}”", _WHOSE.get(one.slot.holder, one.slot.label), one.since)
    children = case.kind.gathers if slot.children_signed else ()
    for key in dict.fromkeys((*(one for one in case.kind.after if one not in case.signed_kinds), *children)):
        yield from _of_kind(chart, FormRef(code=ref.code, edition=ref.edition, kind=key), names)
    rule = case.kind.permitted_by
    if rule is not None and any(reason.code == "consent_unfinished" for reason in _order(case, slot_key)):
        for view in chart.entries:
            if consent.is_permit(rule, view.form) and view.state is State.PARTLY_SIGNED:
                yield from of_view(chart, view, names)


def of_view(chart: Chart, view: EntryView, names: Names) -> Iterator[HoldUp]:
    """Who holds up a paper that is at the server: its open slots."""
    name = kind_of(view.form).name
    for one in policy.standing(case_of_view(chart, view)):
        if one.state is not SlotState.OPEN or one.slot.optional:
            continue
        known = names.get((view.id, one.slot.key), ())
        role = _WHOSE.get(one.slot.holder, one.slot.label)
        who = view.author_name if one.author is not None else known[0] if len(known) == 1 else role
        yield HoldUp(f"{name}: chữ ký “{one.slot.label}”", who, one.since, view.id)


def _of_kind(chart: Chart, ref: FormRef, names: Names) -> Iterator[HoldUp]:
    """Who holds up an earlier part, or a part that is gathered."""
    def same(one: Any) -> bool:
        return bool((one.form.code, one.form.kind) == (ref.code, ref.kind))

    views = [view for view in chart.entries if same(view) and view.state not in ENDED]
    for view in views:
        yield from of_view(chart, view, names)
    if views:
        return
    name = form(ref.code, ref.edition).kind(ref.kind).name
    drafts = [one for one in chart.drafts if same(one)]
    for one in drafts:
        yield HoldUp(f"{name}: đang soạn", one.person_name, one.updated_at)
    if not drafts:
        yield HoldUp(f"{name}: chưa ghi", "")


def _order(case: Case, slot_key: str) -> tuple[Reason, ...]:
    return next((one.waits_for for one in policy.standing(case) if one.slot.key == slot_key), ())


def _nothing(_: Any) -> None:
    """The server is away: the roles stand there instead of names."""
