"""What waits for my signature: my complete drafts, and open slots of other people's entries, by deadline."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter, ValidationError
from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from records import validation
from records.entries import EncounterState, State
from records.errors import Refusal
from records.forms import EntryKind
from records.messages import Board, Chart, EntryView, Look, SigningBoard
from records.policy import Allowed
from workstation.background import Query
from workstation.config import ZONE
from workstation.drafts import Cached, CommandState, LocalDraft
from workstation.models import sightings
from workstation.models.account import utc_now
from workstation.models.bed import bed_words
from workstation.models.cases import answer, case_of_draft, case_of_view, first_slot, kind_of
from workstation.models.desk import Desk
from workstation.models.editor import EditorModel
from workstation.models.signing_tasks import Task, kept_draft_task, slot_task
from workstation.models.timeline import names_of

__all__ = ["HeldUp", "Waiting", "WaitingModel"]

LOOK_AFTER_MS = 700
"""News of one act come in a bunch; one look serves them all."""
_CHART, _BOARD, _SIGNING_BOARD = TypeAdapter(Chart), TypeAdapter(Board), TypeAdapter(SigningBoard)
_CLOCKS = {"admission": "record", "discharge": "discharge"}
EditorOf = Callable[[UUID], EditorModel | None]


@dataclass(frozen=True)
class Waiting:
    """One document that waits, and until when."""

    task: Task
    due: datetime | None = None
    started: datetime | None = None


@dataclass(frozen=True)
class HeldUp:
    """Something of mine that waits for another person's signature."""

    patient: str
    place: str
    title: str
    slot: str
    """As whom the other person signs."""
    since: datetime


@dataclass(frozen=True)
class _Held:
    """What this PC has, read in the background."""

    drafts: tuple[LocalDraft, ...]
    queued: frozenset[UUID | None]
    charts: Mapping[UUID, Chart]
    looks: Mapping[UUID, Look]
    between: sightings.Between


class WaitingModel(QObject):
    """Looks again when drafts, files or charts change; asks the server for charts only while somebody looks."""

    changed = pyqtSignal()

    def __init__(self, desk: Desk, editor_of: EditorOf = lambda _: None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk, self._editor_of = desk, editor_of
        self._editors: dict[UUID, EditorModel] = {}
        self._charts: dict[str, tuple[datetime, Chart]] = {}
        self._looked_at = self._asked = False
        self.items: tuple[Waiting, ...] = ()
        self.others: tuple[HeldUp, ...] = ()
        """What I wait for, the longest first."""
        self.loaded = False
        self._sitting = sightings.Sitting()
        self._fetched_versions: set[tuple[UUID, int]] = set()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._look)
        sync = desk.sync
        for signal in (sync.draft_saved, sync.draft_merged, sync.draft_dropped, sync.command_queued,
                       sync.command_done, sync.command_refused):
            signal.connect(self._news)
        sync.chart_stale.connect(self._stale)
        sync.drafts_awaited.connect(self._news)

    def watch(self) -> None:
        """Somebody looks: ask the server too."""
        self._looked_at = True
        self._sitting.begin(self._desk.client.clock.server_now())
        self._desk.sync.flush()
        self._look()
        self._ask()

    def rest(self) -> None:
        """Nobody looks."""
        self._looked_at = False
        self._sitting.end()

    def let_go(self) -> None:
        """The dialog that signed is closed: editors that were made for it go, the drafts stay."""
        editors, self._editors = self._editors, {}
        for editor in editors.values():
            if not editor.is_closed:
                editor.leave()
            editor.deleteLater()

    # Inside

    def _news(self, _: Any) -> None:
        self._timer.start(LOOK_AFTER_MS)

    def _stale(self, _: UUID | None) -> None:
        if self._looked_at:
            self._ask()
        self._timer.start(LOOK_AFTER_MS)

    def _look(self) -> None:
        self._desk.background.run(Query("what waits for me", self._read, self._take, _nothing), lane="store")

    def _ask(self) -> None:
        if self._asked or self._desk.away:
            return
        self._asked = True
        self._desk.background.run(Query("charts with open slots", self._fetch, self._fetched, self._not_fetched))

    def _fetch(self) -> None:
        """Fresh charts of the stays in which something waits for me, and of those of my wards with unsigned papers."""
        store, client = self._desk.store, self._desk.client
        fetched: set[UUID] = set()

        def fetch(encounter: UUID) -> None:
            if encounter not in fetched:
                fetched.add(encounter)
                store.put_cache(f"chart:{encounter}", client.ask(f"/api/encounters/{encounter}/chart").body)
                with contextlib.suppress(Refusal):
                    store.put_looks(encounter, client.looks(encounter), told=True)

        with contextlib.suppress(Refusal):
            mine = store.put_cache("signing-board:me", client.ask("/api/signing-board?scope=me").body)
            for one in _SIGNING_BOARD.validate_json(mine.body).waiting:
                fetch(one.encounter)
        for ward in self._desk.account.person.wards:
            key, path = f"board:{ward.id}", f"/api/wards/{ward.id}/board"
            with contextlib.suppress(Refusal):
                board = _BOARD.validate_json(store.put_cache(key, client.ask(path).body).body)
                for row in board.rows:
                    if row.encounter is not None and row.unsigned:
                        fetch(row.encounter)

    def _fetched(self, _: Any) -> None:
        self._asked = False
        self._look()

    def _not_fetched(self, _: Refusal) -> None:
        self._asked = False

    def _read(self) -> _Held:
        store = self._desk.store
        drafts = tuple(draft for draft in store.drafts() if draft.command is None)
        wanted = {draft.encounter for draft in drafts} | set(self._unsigned(store.cached_all("board:")))
        wanted |= {one.encounter for held in store.cached_all("signing-board:me")
                   for one in _SIGNING_BOARD.validate_json(held.body).waiting}
        charts = {encounter: chart for encounter in wanted
                  if (chart := self._chart(store.cached(f"chart:{encounter}"))) is not None}
        queued = frozenset(item.command.entry for item in store.commands(CommandState.WAITING)) | frozenset(
            one.command.entry for held in store.awaited.all() for one in held.documents)
        looks, me = store.looks(), self._desk.account.person.id
        missing = [view for chart in charts.values() for view in chart.entries if view.open_slots]
        between = {(entry, number): text for entry, number in sightings.gaps(missing, looks) if (
            text := sightings.text_of(store.cached(sightings.version_key(entry, number)), me)) is not None}
        return _Held(drafts, queued, charts, looks, between)

    @staticmethod
    def _unsigned(boards: Iterable[Cached]) -> Iterator[UUID]:
        for held in boards:
            with contextlib.suppress(ValidationError):
                for row in _BOARD.validate_json(held.body).rows:
                    if row.encounter is not None and row.unsigned:
                        yield row.encounter

    def _chart(self, held: Cached | None) -> Chart | None:
        """Parsed once for each answer: a long chart takes a tenth of a second."""
        if held is None:
            return None
        known = self._charts.get(held.key)
        if known is None or known[0] != held.fetched_at:
            with contextlib.suppress(ValidationError):
                self._charts[held.key] = (held.fetched_at, _CHART.validate_json(held.body))
        return self._charts[held.key][1] if held.key in self._charts else None

    def _take(self, held: _Held) -> None:
        items = [*self._of_drafts(held), *self._of_slots(held)]
        last = max((item.due for item in items if item.due is not None), default=utc_now())
        self.items = tuple(sorted(items, key=lambda item: (item.due is None, item.due or last)))
        self.others = tuple(sorted(self._of_others(held), key=lambda one: one.since))
        self.loaded = True
        self.changed.emit()
        self._fetch_between(held)

    def _fetch_between(self, held: _Held) -> None:
        """Versions between my look and now: their authors are to be told. Each is asked for once."""
        views = [view for chart in held.charts.values() for view in chart.entries if view.open_slots]
        wanted = [gap for gap in sightings.gaps(views, held.looks)
                  if gap not in held.between and gap not in self._fetched_versions]
        if not wanted or not self._looked_at or self._desk.away:
            return
        self._fetched_versions.update(wanted)
        store, client = self._desk.store, self._desk.client

        def fetch() -> None:
            for entry, number in wanted:
                store.put_cache(sightings.version_key(entry, number), client.version(entry, number))

        self._desk.background.run(Query("versions between", fetch, self._news, _nothing))

    def _of_others(self, held: _Held) -> Iterator[HeldUp]:
        me = self._desk.account.person.id
        mine = {(item.task.entry, item.task.slot) for item in self.items}
        for chart in held.charts.values():
            for view in chart.entries:
                waits = [slot for slot in view.open_slots[:1] if (view.id, slot) not in mine]
                if view.author == me and waits and view.state is State.PARTLY_SIGNED:
                    since = max([view.written_at, *(mark.received_at for mark in view.signatures)])
                    yield HeldUp(chart.patient.full_name, bed_words(chart.encounter), names_of(view.form)[0],
                                 kind_of(view.form).slot(waits[0]).label, since)

    def _of_drafts(self, held: _Held) -> Iterator[Waiting]:
        for draft in held.drafts:
            chart = held.charts.get(draft.encounter)
            if chart is None or draft.entry in held.queued:
                continue
            kind = kind_of(draft.form)
            cleaned = validation.clean(kind, draft.values, signing=True, on=utc_now().astimezone(ZONE).date(),
                                       abbreviations=self._desk.account.settings.abbreviations)
            case = case_of_draft(chart, draft, self._desk.account, cleaned.problems)
            slot = first_slot(kind).key
            reason_missing = bool(draft.base_version) and not draft.correction_reason.strip()
            if reason_missing or not isinstance(answer(self._desk.account, slot, case, utc_now()), Allowed):
                continue
            task = kept_draft_task(self._desk, chart, draft, cleaned.values, partial(self._editor, chart, draft))
            task = sightings.of_draft(task, draft, *self._looks(held, draft.entry))
            yield self._with_due(task, chart, kind, draft.begun_at)

    def _looks(self, held: _Held, entry: UUID) -> tuple[Look | None, Look | None]:
        """The newest look, and the last one before this sitting."""
        newest = held.looks.get(entry)
        return newest, self._sitting.before(entry, newest)

    def _of_slots(self, held: _Held) -> Iterator[Waiting]:
        drafted = {draft.entry for draft in held.drafts} | held.queued
        for chart in held.charts.values():
            if chart.encounter.state in (EncounterState.ARCHIVED, EncounterState.DESTROYED):
                continue
            for view in chart.entries:
                if view.id not in drafted and view.state in (State.PARTLY_SIGNED, State.SIGNED):
                    yield from self._of_view(chart, view, held)

    def _of_view(self, chart: Chart, view: EntryView, held: _Held) -> Iterator[Waiting]:
        kind = kind_of(view.form)
        for slot in view.open_slots:
            said = answer(self._desk.account, slot, case_of_view(chart, view), utc_now())
            if isinstance(said, Allowed):
                task = sightings.of_view(slot_task(self._desk, chart, view, slot), view,
                                         *self._looks(held, view.id), between=held.between,
                                         me=self._desk.account.person.id)
                yield self._with_due(task, chart, kind, view.written_at)

    def _with_due(self, task: Task, chart: Chart, kind: EntryKind, started: datetime) -> Waiting:
        if kind.repeatable:
            minutes = timedelta(minutes=self._desk.account.settings.unsigned_overdue_min)
            return Waiting(task, started + minutes, started)
        wanted = _CLOCKS.get(kind.deadline)
        clock = next((clock for clock in chart.clocks if clock.kind == wanted and clock.state != "done"), None)
        return Waiting(task, clock.due, clock.starts) if clock is not None else Waiting(task)

    def _editor(self, chart: Chart, draft: LocalDraft) -> EditorModel:
        """The editor that is open on this draft, or one made for signing it: never two."""
        if (opened := self._editor_of(draft.entry)) is not None:
            return opened
        if draft.entry not in self._editors:
            base = next((view for view in chart.entries if view.id == draft.entry), None)
            self._editors[draft.entry] = EditorModel(self._desk, chart, draft, base, self)
        return self._editors[draft.entry]


def _nothing(_: Any) -> None:
    """Nobody waits for it; the next news brings another look."""
