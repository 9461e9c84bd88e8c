"""Measurements survive closing: into this PC's store at once, to the server behind it, and back on any PC."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from pydantic import ValidationError
from PyQt6.QtCore import QObject, QTimer

from records.errors import Refusal
from records.messages import ImageMarkGiven, ImageMarks, ImageMarkView, PatientView
from workstation.background import Query
from workstation.drafts import CommandState, OutboxCommand, OutboxItem
from workstation.ids import new_id
from workstation.models.account import utc_now
from workstation.models.desk import Desk
from workstation.models.images.marks import KIND_WORDS, Mark, Marks
from workstation.models.images.readings import headline

if TYPE_CHECKING:
    from workstation.drafts import Store

KEEP_AFTER_MS = 400
"""A mark that is being moved is kept when it rests: each row that is kept stands for ever."""
KIND = "mark"


class MarksKeeper(QObject):
    """Keeps what the reader draws, and brings back what was drawn before: the reader's own, and others' with a name."""

    def __init__(self, desk: Desk, marks: Marks, patient: PatientView, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk, self._marks, self._patient = desk, marks, patient
        self._encounters: dict[str, UUID | None] = {}
        self._touched: dict[UUID, Mark | None] = {}
        self._at: dict[UUID, Mark] = {}
        self._told: dict[UUID, Mark | None] = {}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(KEEP_AFTER_MS)
        self._timer.timeout.connect(self.flush)
        marks.changed.connect(self._changed)
        marks.removed.connect(self._removed)

    def open_study(self, uid: str, encounter: UUID | None) -> None:
        """Bring back the marks of a study: this PC's at once, the server's a moment later."""
        if uid in self._encounters:
            return
        self._encounters[uid] = encounter
        store = self._desk.store
        # The lane of writing: what was drawn a moment ago is in the store before it is read again.
        self._run("read marks", lambda: _kept_here(store, uid), uid, lane="store")
        client = self._desk.client

        def ask() -> tuple[ImageMarkView, ...]:
            # What waits is read first: a mark that is sent meanwhile is then in one of the two, or in both.
            waiting = _commands(store, uid, None)
            body = client.ask(_path(uid)).body
            store.put_cache(_key(uid), body)
            return _laid_over(ImageMarks.model_validate_json(body).marks, waiting, self._desk.account.person.id)

        self._run("fetch marks", ask, uid, lane="")

    def flush(self) -> None:
        """Keep now what rests for a moment (closing, leaving)."""
        self._timer.stop()
        touched, self._touched = self._touched, {}
        for which, mark in touched.items():
            at = mark or self._at.pop(which, None)
            if at is not None and self._told.get(which) != mark:
                self._told[which] = mark
                self._desk.sync.send(self._command(at, removed=mark is None))

    def _changed(self, mark: Mark) -> None:
        if mark.author or not mark.spot.sop_instance_uid:
            return
        self._at[mark.id] = mark
        self._touched[mark.id] = mark
        self._timer.start()

    def _removed(self, mark: Mark) -> None:
        if mark.author or not mark.spot.sop_instance_uid:
            return
        if mark.id not in self._told:
            self._touched.pop(mark.id, None)  # drawn and taken back before it was kept
            return
        self._at[mark.id] = mark
        self._touched[mark.id] = None
        self._timer.start()

    def _command(self, mark: Mark, *, removed: bool) -> OutboxCommand:
        now, spot = utc_now(), mark.spot
        given = ImageMarkGiven(
            mark=mark.id, series_uid=spot.series_uid, sop_instance_uid=spot.sop_instance_uid, frame=spot.frame,
            removed=removed, content={} if removed else mark.as_json(), made_at=now)
        told = headline(mark.reading) if mark.reading is not None else ""
        words = f"Số đo: {KIND_WORDS[mark.kind]} {told}".strip()
        return OutboxCommand(
            id=new_id(), kind=KIND, method="POST", path=_path(spot.study_uid), body=given.model_dump_json().encode(),
            label=f"Bỏ số đo {KIND_WORDS[mark.kind].lower()}" if removed else words,
            patient_name=self._patient.full_name, encounter=self._encounters.get(spot.study_uid), created_at=now)

    def _run(self, name: str, work: object, uid: str, *, lane: str) -> None:
        if callable(work):
            self._desk.background.run(Query(name, work, lambda views: self._bring_back(uid, views), _nothing),
                                      lane=lane)

    def _bring_back(self, uid: str, views: Iterable[ImageMarkView]) -> None:
        """Into what is shown; what the reader has drawn, changed or removed since is newer than any answer."""
        back = []
        for view in views:
            known = view.mark in self._touched or view.mark in self._told or self._marks.get(view.mark) is not None
            if known or (mark := _mark_of(view, uid, self._desk.account.person.id)) is None:
                continue
            back.append(mark)
            if not mark.author:
                self._told[mark.id] = mark
        if back:
            self._marks.restore(back)


def _mark_of(view: ImageMarkView, uid: str, me: UUID) -> Mark | None:
    try:
        mark = Mark.from_json({**view.content, "study_uid": uid})
    except Refusal:
        return None  # of a later version of the program: it stays where it is kept
    here = mark.spot.sop_instance_uid == view.sop_instance_uid and mark.spot.frame == view.frame
    return replace(mark, author="" if view.person == me else view.person_name) if here else None


def _kept_here(store: Store, uid: str) -> tuple[ImageMarkView, ...]:
    held = store.cached(_key(uid))
    try:
        marks = () if held is None else ImageMarks.model_validate_json(held.body).marks
    except ValidationError:
        marks = ()
    since = None if held is None else held.fetched_at
    return _laid_over(marks, _commands(store, uid, since, all_done=True), store.person)


def _commands(store: Store, uid: str, since: datetime | None, *, all_done: bool = False) -> tuple[OutboxItem, ...]:
    """What was drawn here and waits; with `all_done` also what the server took after its answer that is kept here."""
    states = (CommandState.WAITING, CommandState.DONE) if all_done else (CommandState.WAITING,)
    return tuple(
        store.command(item.number) for item in store.commands(*states)
        if item.command.kind == KIND and item.command.path == _path(uid)
        and (item.state is CommandState.WAITING or since is None or (item.done_at or since) >= since))


def _laid_over(marks: Iterable[ImageMarkView], items: Iterable[OutboxItem], me: UUID) -> tuple[ImageMarkView, ...]:
    """The server's marks with what was drawn here since laid over them."""
    standing = {mark.mark: mark for mark in marks}
    for item in items:
        given = ImageMarkGiven.model_validate_json(item.command.body)
        if given.removed:
            standing.pop(given.mark, None)
            continue
        standing[given.mark] = ImageMarkView(
            mark=given.mark, series_uid=given.series_uid, sop_instance_uid=given.sop_instance_uid, frame=given.frame,
            content=given.content, made_at=given.made_at, person=me, person_name="")
    return tuple(standing.values())


def _path(uid: str) -> str:
    return f"/api/image-studies/{uid}/marks"


def _key(uid: str) -> str:
    return f"image marks:{uid}"


def _nothing(_: object) -> None:
    """The server is away: what this PC has is shown."""


