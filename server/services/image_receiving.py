"""Images that arrive, by C-STORE or STOW-RS: kept as they were sent, filed, and matched to a patient or to a list.

Nothing that can be filed is turned away: what names nobody we know, or names somebody otherwise than we do, waits for a
person (`image_studies.state = 'open'`); what contradicts an image that is here already is kept beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from enum import StrEnum
from threading import Lock
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Connection

from records.errors import Refusal, Trouble
from records.image_identity import Named, contradict, differences, filled
from server.ids import new_id
from server.services import image_following
from server.services.hospital import Hospital
from server.services.image_filing import columns_of, row_of
from server.services.image_founding import study_for
from server.services.image_headers import Instance, read_header
from server.store import base, image_strays, images, patients
from server.store.image_strays import OfSeries, Said
from server.store.images import StudyHere
from server.store.keys import Drawn, ScopeKey

T = TypeVar("T")
_writers = ThreadPoolExecutor(8, "image writer")
"""Files of messages that are on their way to the disk at once: the disk flushes them together."""


_WEIGHED = 8
"""So often an image is weighed again because others told its study more: whom it names has four parts."""


class Outcome(StrEnum):
    """What became of an image."""

    NEW = "new"
    AGAIN = "again"
    """The same bytes were here already."""
    STRAY = "stray"
    """Another image of that UID is here, its series belongs to another study, or it names another patient than its
    study: kept apart, for a person to settle.
    """


@dataclass(frozen=True)
class Received:
    """One image that is safe on the disk and in the database."""

    outcome: Outcome
    uid: str
    sop_class: str
    study_uid: str


@dataclass(frozen=True)
class _Begun:
    """A file of which the header is read; its bytes, until they are put, and then under which digest they lie."""

    head: Instance
    length: int
    file: bytes = b""
    put: tuple[ScopeKey, str] | None = None


@dataclass(frozen=True)
class _Putting:
    """An image's row as it will stand, what its file says, and its study's key."""

    row: dict[str, Any]
    head: Instance
    key: ScopeKey

    @property
    def id(self) -> UUID:
        """The row's."""
        which: UUID = self.row["id"]
        return which

    @property
    def kept(self) -> dict[str, Any]:
        """Which file it is, how long, and who sent it."""
        return {name: self.row[name] for name in ("file", "length", "sender")}

    def stray(self, why: str, **more: object) -> dict[str, Any]:
        """Its row where it is kept apart."""
        said = image_strays.seal(self.key, self.row["file"], said_of(self.head))
        return {**{name: self.row[name] for name in ("uid", "study", "file", "length", "sender")}, "told": said,
                "why": why, **more}


class Intake:
    """The files of one message: each is read and put on the disk while the next ones are still on their way.

    Nothing of them counts before `filed`: what a message leaves on the disk that never came to its end, no row names.
    """

    def __init__(self, hospital: Hospital, *, sender: str, study: str = "", hands: Executor | None = None) -> None:
        """`sender` is the device's AE title or the person's name; with `study`, an image of another one is refused."""
        self._hospital, self._sender, self._study = hospital, sender, study
        self._hands = hands or _writers
        self._here: dict[str, StudyHere | None] = {}
        self._finding = Lock()
        self._new: dict[str, Drawn] = {}
        """Keys of the studies that nobody knew when their first file came."""
        self.begun: list[Future[_Begun | Refusal]] = []
        """One for each file, in their order."""

    def take(self, file: bytes) -> None:
        """The next file (PS3.10)."""
        self.begun.append(self._hands.submit(self._begin, file))

    def filed(self) -> list[Received | Refusal]:
        """What became of each; when this returns, what was received is on the disk and in the database."""
        done = self._all_put([one.result() for one in self.begun])
        rows = [_Putting(row_of(key, one.head, {"file": sha256, "length": one.length, "sender": self._sender}),
                         one.head, key)
                for one in done if isinstance(one, _Begun) and one.put for key, sha256 in [one.put]]
        outcomes: dict[UUID, Outcome] = {}
        for uid, drawn in self._new.items():
            rows = self._founded(uid, drawn, rows, outcomes)
        outcomes |= self._outcomes([one for one in rows if one.id not in outcomes])
        told = iter([Received(outcomes[one.id], one.head.uid, one.head.sop_class, one.head.study.uid) for one in rows])
        return [next(told) if isinstance(one, _Begun) else one for one in done]

    def _all_put(self, begun: Sequence[_Begun | Refusal]) -> list[_Begun | Refusal]:
        """Every file is safe on the disk; or nothing of a study that is new stays there."""
        putting: list[Future[_Begun]] = []
        try:
            for one in begun:
                if isinstance(one, _Begun) and one.put is None:
                    putting.append(self._hands.submit(self._put, one, self._key(one)))
            late = iter([one.result() for one in putting])
            done = [one if isinstance(one, Refusal) or one.put else next(late) for one in begun]
            images.settle(self._hospital.images, [one.put for one in done if isinstance(one, _Begun) and one.put])
        except Exception:
            wait(putting)
            new = {one.key.scope for one in self._new.values()}
            ends = (one.result().put for one in putting if one.exception() is None)
            images.drop(self._hospital.images, [put for put in ends if put and put[0].scope in new])
            raise
        return done

    def _founded(
        self, uid: str, drawn: Drawn, rows: Sequence[_Putting], outcomes: dict[UUID, Outcome],
    ) -> list[_Putting]:
        """The study begins, with its first image or not at all; where another message began it meanwhile, the images
        go under the key of that one.
        """
        theirs = [one for one in rows if one.key.scope == drawn.key.scope]
        with base.transaction(self._hospital.engine) as db:
            study = study_for(self._hospital, db, theirs[0].head.study, self._sender, drawn)
            if study == drawn.key.scope:
                outcomes[theirs[0].id] = _filed_alone(db, theirs[0])
            here = self._here[uid] = images.study_here(db, uid)
        if study == drawn.key.scope or here is None:
            return list(rows)
        place, key = self._hospital.images, self._hospital.keys.opened(*here.key)
        before = [(drawn.key, one.row["file"]) for one in theirs]
        for old, sha256 in before:
            images.put(place, key, images.open_file(place, old, sha256).read())
        images.settle(place, [(key, sha256) for _, sha256 in before])
        images.drop(place, before)
        return [_Putting(row_of(key, one.head, one.kept), one.head, key) if one in theirs else one for one in rows]

    def _outcomes(self, rows: Sequence[_Putting]) -> dict[UUID, Outcome]:
        fitting: list[_Putting] = []
        apart: list[_Putting] = []
        for one in rows:
            (apart if self._is_apart(one) else fitting).append(one)
        outcomes = _filed(self._hospital, fitting) | _kept_apart(self._hospital, apart)
        if apart:
            image_following.follow(self._hospital, [image_following.Late(
                one.key, one.head.study.uid, one.head.study.named, one.row["file"]) for one in apart], self._sender)
        return outcomes

    def _is_apart(self, one: _Putting) -> bool:
        """Whether it names another patient than its study; a study that was silent about something is told by it.

        Of two images that would tell it otherwise at the same time one is first, and the other is weighed again.
        """
        uid = one.head.study.uid
        for _ in range(_WEIGHED):
            study = self._here[uid]
            if study is None:
                break
            if _stands_apart(self._hospital, study, one):
                return True
            told = filled(study.sent, one.head.study.named)
            if told == study.sent:
                return False
            with base.transaction(self._hospital.engine) as db:
                images.tell_more(db, one.key.scope, study.sent, told)
                self._here[uid] = images.study_here(db, uid)
        return False

    def _begin(self, file: bytes) -> _Begun | Refusal:
        head = _header(file, self._study)
        if isinstance(head, Refusal):
            return head
        begun = _Begun(head, len(file), file)
        study = self._known(head.study.uid)
        if study is None:
            # Nothing is put before the message came to its end: of one that never does, it would lie there for ever.
            return begun
        try:
            key = self._hospital.keys.opened(*study.key)
        except Trouble:
            raise
        except Refusal as refusal:
            return refusal  # its key is destroyed
        return self._put(begun, key)

    def _known(self, study: str) -> StudyHere | None:
        """Asked for once."""
        with self._finding:
            if study not in self._here:
                with self._hospital.looking.connect() as db:
                    self._here[study] = images.study_here(db, study)
            return self._here[study]

    def _key(self, one: _Begun) -> ScopeKey:
        """The key of a study that was not here when its file came: drawn now, and kept with its first image."""
        uid = one.head.study.uid
        known = self._here[uid]
        if known is not None:
            return self._hospital.keys.opened(*known.key)
        if uid not in self._new:
            self._new[uid] = self._hospital.keys.draw(new_id())
        return self._new[uid].key

    def _put(self, one: _Begun, key: ScopeKey) -> _Begun:
        """Outside of any transaction: a slow disk must not hold rows of the database locked."""
        return replace(one, file=b"", put=(key, images.put(self._hospital.images, key, one.file)))


def receive(hospital: Hospital, file: bytes, *, sender: str) -> Received:
    """Keep one DICOM file (PS3.10); when this returns, it is on the disk. Refuses what cannot be filed."""
    intake = Intake(hospital, sender=sender, hands=_Here())
    intake.take(file)
    [outcome] = intake.filed()
    if isinstance(outcome, Refusal):
        raise outcome
    return outcome


class _Here(Executor):
    """For one file alone: a thread of its own would only cost time."""

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Do it now."""
        done: Future[T] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


def is_of_another(db: Connection, named: Named, *, sent: Named, now: Named, patient: UUID | None) -> bool:
    """Whether an image names somebody else than its study does: a study has one patient (PS3.3 A.1.2), and what it
    shows already was matched by its first image, which said `sent`.

    Whom a person has tied the study to (`now`, `patient`), and whose other number the image bears, is no other; where
    the first image was silent, that one's words count.
    """
    if not contradict(named, filled(sent, now)) or not contradict(named, now):
        return False
    theirs = images.patient_of(db, named.patient_no)
    view = patients.read(db, theirs) if theirs is not None and theirs == patient else None
    return view is None or bool(differences(named, view))


def said_of(head: Instance) -> Said:
    """Whom and which series an image names, for where it is kept apart."""
    return Said(head.study.named, OfSeries(head.series.number, head.series.modality, head.series.description))


def _stands_apart(hospital: Hospital, study: StudyHere, one: _Putting) -> bool:
    """Whether it names another patient than its study, and nobody said that those words mean the same one."""
    named = one.head.study.named
    if not contradict(named, filled(study.sent, study.now)):
        return False
    with hospital.looking.connect() as db:
        return (is_of_another(db, named, sent=study.sent, now=study.now, patient=study.patient)
                and not image_strays.said_same(db, one.key, named))


def _kept_apart(hospital: Hospital, apart: Sequence[_Putting]) -> dict[UUID, Outcome]:
    """Images that name another patient than their study: kept, and shown to nobody."""
    if apart:
        with base.transaction(hospital.engine) as db:
            # In one order: two messages with the same images do not wait for each other in a ring.
            for one in sorted(apart, key=lambda one: (one.head.uid, one.row["file"])):
                images.add_stray(db, new_id(), one.stray("other_patient"))
    return {one.id: Outcome.STRAY for one in apart}


def _header(file: bytes, study: str) -> Instance | Refusal:
    try:
        head = read_header(file)
    except Refusal as refusal:
        return refusal
    return Refusal.because("image_other_study", study) if study and head.study.uid != study else head


def _filed(hospital: Hospital, images_of: Sequence[_Putting]) -> dict[UUID, Outcome]:
    """File what is on the disk: in one statement what fits, one by one what is the first of its series or contradicts.

    Almost every image fits; a statement is one wait for the database where its parts would be eight.
    """
    outcomes: dict[UUID, Outcome] = {}
    left = list(images_of)
    while left:
        with hospital.filing.connect() as db:
            outcomes |= dict.fromkeys(images.add_instances(db, [one.row for one in left]), Outcome.NEW)
        left = [one for one in left if one.id not in outcomes]
        if left:
            first = left.pop(0)
            with base.transaction(hospital.engine) as db:
                outcomes[first.id] = _filed_alone(db, first)
    return outcomes


def _filed_alone(db: Connection, one: _Putting) -> Outcome:
    """The first of a series; or one that is here already, or whose UID or series is."""
    row, head = one.row, one.head
    _, its_study = images.add_series(db, new_id(), row["study"], head.series.uid, columns_of(head.series))
    if its_study != row["study"]:
        images.add_stray(db, new_id(), one.stray("other_series"))
        return Outcome.STRAY
    if images.add_instances(db, [row]):
        return Outcome.NEW
    there = images.instance(db, head.uid)
    if there is not None and there.file == row["file"]:
        return Outcome.AGAIN
    images.add_stray(db, new_id(), one.stray("other_content", instance=there.id if there else None))
    return Outcome.STRAY
