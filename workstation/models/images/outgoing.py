"""Images that leave the house: the archive's, which keeps for whom and why; a disc's, of which nothing is kept."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence

from records.errors import Reason
from records.image_lists import ImageStudyView
from workstation.background import Background
from workstation.models.images.disc import DiscPerson, file_bytes


class Outgoing(ABC):
    """Whose images they are, and where their files come from. `tell` and `files` are called in the background."""

    audited = True
    """Whether it is kept for whom and why: then there must be a reason."""

    def __init__(self, who: str, number: str, background: Background) -> None:
        self.who = who
        """«NGUYỄN THỊ ÁNH · 0026-18842»."""
        self.number = number
        """What stands in the names of files and folders that may name the patient."""
        self.background = background

    @abstractmethod
    def tell(self, studies: Sequence[str], reason: str, *, named: bool) -> None:
        """Before anything is written; a refusal stops it."""

    @abstractmethod
    def files(self, studies: Sequence[ImageStudyView], cancelled: Callable[[], bool]) -> Iterator[bytes | Reason]:
        """Every file of the studies, or why it could not be read."""


class OfDisc(Outgoing):
    """One person's images on a disc: the hospital has nothing of them, and keeps nothing."""

    audited = False

    def __init__(self, person: DiscPerson, background: Background) -> None:
        number = "".join(one if one.isascii() and (one.isalnum() or one in "-_") else "-"
                         for one in person.named.patient_no)[:40].strip("-")
        super().__init__(" · ".join(filter(None, (person.name, person.named.patient_no))), number or "TU-DIA",
                         background)
        self._files = person.files.files

    def tell(self, studies: Sequence[str], reason: str, *, named: bool) -> None:
        """Nobody."""

    def files(self, studies: Sequence[ImageStudyView], cancelled: Callable[[], bool]) -> Iterator[bytes | Reason]:
        """From the disc; a file twice on it is there once, one that cannot be read is told."""
        wanted, seen = {study.uid for study in studies}, set[str]()
        for file in self._files:
            uid = file.image.identity.instance_uid or str(file.path)
            if file.image.identity.study_uid not in wanted or uid in seen:
                continue
            seen.add(uid)
            try:
                yield file_bytes(file)
            except OSError as error:
                yield Reason("image_file_away", facts={"detail": str(error)})
