"""«Gửi vào kho ảnh»: a disc's files go to the hospital's archive, a few at a time; stopped or cut off, it goes on."""

from __future__ import annotations

import threading
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import islice
from typing import Protocol

from PyQt6.QtCore import QObject, pyqtSignal

from imaging.sources import MIB
from records.errors import Reason, Refusal
from records.forms import Role
from workstation.background import Background, Query
from workstation.client.image_storing import Stored, StoringRoutes
from workstation.emitting import emitter
from workstation.models.account import Account
from workstation.models.desk import Desk
from workstation.models.images.disc import DiscPerson, file_bytes
from workstation.models.images.local import LocalFile

_SENDERS = frozenset({Role.DOCTOR, Role.WARD_HEAD, Role.TECHNICIAN, Role.RECORDS_OFFICE, Role.DIRECTOR})
"""Whom the server may let add images; it decides."""
_AT_ONCE, _AT_ONCE_BYTES = 16, 24 * MIB


def sends_images(account: Account) -> bool:
    """Whether this person's roles may put images into the archive."""
    return bool(_SENDERS & set(account.person.roles))


class Archive(Protocol):
    """Where the files go."""

    @abstractmethod
    def store_files(self, files: Sequence[bytes]) -> Stored:
        """Each is judged by itself; a second time does no harm."""


def to_archive(person: DiscPerson, desk: Desk, parent: QObject) -> DiscSending:
    """Of this person's disc, to the archive of the hospital, in the name of whose desk it is."""
    return DiscSending(person, StoringRoutes(desk.client.door), desk.background, parent)


class SendingStage(Enum):
    """Where it stands."""

    WAITING = "waiting"
    RUNNING = "running"
    STOPPED = "stopped"
    """Stopped by the person, or by a server that does not answer: it may go on."""
    DONE = "done"


@dataclass(frozen=True)
class Sent:
    """What the archive has, and what it turned away, file by file."""

    kept: frozenset[int] = frozenset()
    refused: tuple[tuple[str, Reason], ...] = ()
    turned_away: frozenset[int] = frozenset()

    @property
    def done(self) -> int:
        """How many files are settled."""
        return len(self.kept) + len(self.turned_away)


class DiscSending(QObject):
    """One person's files of one disc. What was kept is not sent again, by whatever `begin` it goes on."""

    changed = pyqtSignal()
    went_on = pyqtSignal(int)
    """How many files are settled."""
    refused = pyqtSignal(object)
    """Refusal: it stopped, and why."""
    _told = pyqtSignal(object)

    def __init__(self, person: DiscPerson, archive: Archive, background: Background,
                 parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.person, self._archive, self._background = person, archive, background
        self.stage, self.sent = SendingStage.WAITING, Sent()
        self._stop = threading.Event()
        self._told.connect(self._hear)
        self._tell = emitter(self, self._told)
        self.destroyed.connect(self._stop.set)  # what was kept is kept, and nobody is left to be told

    @property
    def files(self) -> int:
        """How many there are."""
        return len(self.person.files.files)

    def begin(self) -> None:
        """Send what is not settled yet; `changed` follows."""
        if self.stage in (SendingStage.RUNNING, SendingStage.DONE):
            return
        self._stop.clear()
        self.stage, sent = SendingStage.RUNNING, self.sent
        self._background.run(Query("send a disc", lambda: self._send(sent), self._ended, self._failed),
                             lane="send images")
        self.changed.emit()

    def cancel(self) -> None:
        """Stop after the files that are under way; what was kept stays kept."""
        self._stop.set()

    def _send(self, sent: Sent) -> bool:
        settled = sent.kept | sent.turned_away
        left = iter([(number, file) for number, file in enumerate(self.person.files.files) if number not in settled])
        for some in _batches(left):
            if self._stop.is_set():
                return False
            sent = send(some, sent, self._archive)
            self._tell(sent)
        return True

    def _hear(self, sent: Sent) -> None:
        self.sent = sent
        self.went_on.emit(sent.done)

    def _ended(self, whole: bool) -> None:
        self.stage = SendingStage.DONE if whole else SendingStage.STOPPED
        self.changed.emit()

    def _failed(self, why: Refusal) -> None:
        self.stage = SendingStage.STOPPED
        self.changed.emit()
        self.refused.emit(why)


def send(some: Sequence[tuple[int, LocalFile]], sent: Sent, archive: Archive) -> Sent:
    """One message; where the archive turned one of it away, each by itself, so that it is known which, and why."""
    loaded: list[tuple[int, LocalFile, bytes]] = []
    for number, file in some:
        try:
            loaded.append((number, file, file_bytes(file)))
        except OSError as error:
            sent = _away(sent, number, file, Reason("image_file_away", facts={"detail": str(error)}))
    if not loaded:
        return sent
    told = archive.store_files([data for _, _, data in loaded])
    if not told.why_not and told.status == 200:
        return replace(sent, kept=sent.kept | {number for number, _, _ in loaded})
    if len(loaded) == 1:
        number, file, _ = loaded[0]
        return _away(sent, number, file, Reason("disc_file_refused", facts={
            "detail": "; ".join(told.why_not) or str(told.status)}))
    for number, file, _ in loaded:
        if file.image.identity.instance_uid in told.kept:
            sent = replace(sent, kept=sent.kept | {number})
        else:
            sent = send([(number, file)], sent, archive)
    return sent


def _away(sent: Sent, number: int, file: LocalFile, why: Reason) -> Sent:
    return replace(sent, refused=(*sent.refused, (file.path.name, why)), turned_away=sent.turned_away | {number})


def _batches(files: Iterator[tuple[int, LocalFile]]) -> Iterator[list[tuple[int, LocalFile]]]:
    while some := list(islice(files, _AT_ONCE)):
        part: list[tuple[int, LocalFile]] = []
        size = 0
        for number, file in some:
            length = _length(file)
            if part and size + length > _AT_ONCE_BYTES:
                yield part
                part, size = [], 0
            part.append((number, file))
            size += length
        yield part


def _length(file: LocalFile) -> int:
    try:
        return file.path.stat().st_size
    except OSError:
        return 0
