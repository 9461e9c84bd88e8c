"""Background work in an order that chance draws, one step at a time, and a server that answers when it likes."""

from __future__ import annotations

import json
import random
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from records.errors import Reason, Refusal, Trouble
from records.messages import Accepted, DraftConflict, DraftSave, DraftView, EntryView, Quarantined
from tests.workstation import hospital
from workstation.background import Query
from workstation.client import Answer, ServerClock
from workstation.drafts import LocalDraft, OutboxCommand, OutboxItem, Store
from workstation.ids import new_id

KEY = bytes(range(32))
AT_ONCE = 4
"""Work of no named lane runs beside itself."""


class Chance:
    """What happens next; while something waits for the server, everything else may go on."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.trouble = True
        """The disk and the line may fail."""
        self.lanes: dict[str, deque[Query]] = {}
        self.busy: dict[str, int] = {}
        self.landing: deque[Callable[[], Any]] = deque()
        """Answers on their way back to the window."""
        self.acts: list[Callable[[], None]] = []
        """What the person and the world may do."""
        self.log: list[str] = []
        self.after: Callable[[], None] = lambda: None
        """Looked at after each step."""

    # As the background

    def run(self, task: Query, *, lane: str = "") -> None:
        self.lanes.setdefault(lane, deque()).append(task)

    # Going on

    def step(self) -> bool:
        """One thing; False when nothing is left but acts."""
        ready = [name for name, tasks in self.lanes.items()
                 if tasks and self.busy.get(name, 0) < (1 if name else AT_ONCE)]
        ways: list[Callable[[], None]] = [partial(self._work, name) for name in ready]
        if self.landing:
            ways.append(self._land)
        if not ways:
            return False
        self.draw.choice(ways)()
        self.after()
        return True

    def act(self) -> None:
        self.draw.choice(self.acts)()
        self.after()

    def pause(self) -> None:
        """Somebody waits for the server; what else happens meanwhile."""
        while self.draw.random() < 0.6:
            if self.acts and self.draw.random() < 0.3:
                self.act()
            elif not self.step():
                return

    def quiet(self) -> None:
        while self.step():
            pass

    def fails(self, how_often: float) -> bool:
        return self.trouble and self.draw.random() < how_often

    def _work(self, name: str) -> None:
        task = self.lanes[name].popleft()
        self.busy[name] = self.busy.get(name, 0) + 1
        try:
            result = task.work()
        except Refusal as refusal:
            self.log.append(f"{name or '-'}: {task.name} -> {refusal.reasons[0].code}")
            if task.failed is not None:
                self.landing.append(partial(task.failed, refusal))
        else:
            self.log.append(f"{name or '-'}: {task.name}")
            self.landing.append(partial(task.done, result))
        finally:
            self.busy[name] -= 1

    def _land(self) -> None:
        self.landing.popleft()()


class WatchedStore(Store):
    """A real store on a disk that fails now and then; it remembers which words it has said it has."""

    def __init__(self, path: Path, chance: Chance) -> None:
        super().__init__(path, KEY, hospital.DOCTOR)
        self.chance = chance
        self.acknowledged: dict[UUID, set[str]] = {}
        self.thrown: set[UUID] = set()

    def save_draft(self, draft: LocalDraft) -> LocalDraft:
        self._disk()
        saved = super().save_draft(draft)
        self.acknowledged.setdefault(draft.entry, set()).update(words(saved.values))
        return saved

    def resolve(self, mine: LocalDraft, theirs: DraftView, of: int | None = None) -> LocalDraft | None:
        self._disk()
        held = super().resolve(mine, theirs, of)
        if held is not None:
            self.acknowledged.setdefault(mine.entry, set()).update(words(held.values))
        return held

    def put_command(self, command: OutboxCommand, closes: UUID | None = None) -> OutboxItem:
        self._disk()
        return super().put_command(command, closes)

    def throw_away(self, entry: UUID, told: OutboxCommand) -> bool:
        self._disk()
        gone = super().throw_away(entry, told)
        if gone:
            self.thrown.add(entry)
        return gone

    def _disk(self) -> None:
        if self.chance.fails(0.05):
            raise Trouble.because("disk_trouble", detail="drawn")


def words(values: dict[str, Any]) -> set[str]:
    return {word for text in values.values() if isinstance(text, str) for word in text.split()}


def signed_file(values: Mapping[str, Any]) -> bytes:
    """Stands for the signed PDF: what it says."""
    return json.dumps(dict(values)).encode()


def said_in(file: bytes) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(file)
    return said


@dataclass
class SlowServer:
    """What the server knows of drafts and signed files (`server.services.drafts`, `acceptance`); answers get lost."""

    chance: Chance
    kept: dict[UUID, DraftView] = field(default_factory=dict)
    """The drafts."""
    signed: dict[UUID, bytes] = field(default_factory=dict)
    answers: dict[UUID, Any] = field(default_factory=dict)
    door: Any = field(default_factory=lambda: SimpleNamespace(token="here"))
    clock: ServerClock = field(default_factory=ServerClock)

    def save_draft(self, entry: UUID, draft: DraftSave, key: UUID) -> DraftView | DraftConflict:
        answer = self._asked(key, lambda: self._save(entry, draft))
        assert isinstance(answer, DraftView | DraftConflict)
        return answer

    def drafts(self) -> tuple[DraftView, ...]:
        self.chance.pause()
        listed = tuple(self.kept.values())
        self.chance.pause()
        return listed

    def entry(self, entry: UUID) -> EntryView:
        self.chance.pause()
        if entry not in self.signed:
            raise Refusal.because("thing_unknown", "entry")
        return hospital.entry(entry, values=said_in(self.signed[entry]))

    def send(self, method: str, path: str, body: bytes, _: str, key: UUID) -> Answer:
        answer = self._asked(key, lambda: self._done(method, UUID(path.split("/")[3]), body))
        assert isinstance(answer, Answer)
        return answer

    def health(self) -> None:
        self.chance.pause()

    def events(self) -> Any:
        return _Silence()

    def writes_elsewhere(self, view: DraftView) -> None:
        there = self.kept.get(view.entry)
        self.kept[view.entry] = view.model_copy(update={"revision": there.revision + 1 if there else 1})

    def _asked(self, key: UUID, work: Callable[[], Any]) -> Any:
        self.chance.pause()
        if self.chance.fails(0.08):
            raise Trouble.because("server_away", detail="the question was lost")
        if key not in self.answers:
            try:
                self.answers[key] = work()
            except Refusal as refusal:
                self.answers[key] = refusal
        self.chance.pause()
        if self.chance.fails(0.08):
            raise Trouble.because("server_away", detail="the answer was lost")
        if isinstance(self.answers[key], Refusal):
            raise self.answers[key]
        return self.answers[key]

    def _save(self, entry: UUID, draft: DraftSave) -> DraftView | DraftConflict:
        if entry in self.signed:
            raise Refusal.because("draft_overtaken", latest=1)
        there = self.kept.get(entry)
        if there is not None and there.revision > draft.known_revision:
            return DraftConflict(mine=there, theirs=there)
        self.kept[entry] = DraftView(
            entry=entry, encounter=draft.encounter, person=hospital.DOCTOR, person_name="Lê Thu Hà", form=draft.form,
            base_version=draft.base_version, occurred_at=draft.occurred_at, values=draft.values,
            revision=there.revision + 1 if there else 1, updated_at=datetime.now(UTC))
        return self.kept[entry]

    def _done(self, method: str, entry: UUID, body: bytes) -> Answer:
        if method == "DELETE":
            self.kept.pop(entry, None)
            return Answer(204, b"", {})
        if self.chance.fails(0.15):
            raise Refusal.because("two_texts_open")
        if self.chance.fails(0.1):
            kept = Quarantined(settlement=new_id(), reasons=(Reason("two_texts_open").as_json(),))
            return Answer(202, kept.model_dump_json().encode(), {})
        self.signed[entry] = body
        self.kept.pop(entry, None)
        taken = Accepted(entry=hospital.entry(entry, values=said_in(body)), receipt="", receipt_signature="")
        return Answer(201, taken.model_dump_json().encode(), {})


class _Silence:
    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def close(self) -> None:
        """Nothing is open."""
