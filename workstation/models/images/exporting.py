"""Exporting studies to a folder or disc: it is told for whom, then file by file, with progress, cancellable."""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from contextlib import closing
from enum import Enum
from pathlib import Path

from PyQt6.QtCore import QObject, pyqtSignal

from imaging.apart import Apart
from records.errors import Cancelled, Refusal
from records.image_lists import ImageStudyView
from workstation.background import Query
from workstation.emitting import emitter
from workstation.media.export import Export, Exported, export
from workstation.media.page import Draw, as_filed
from workstation.models.images.outgoing import Outgoing
from workstation.models.images.study_list import study_words, written_day


class Stage(Enum):
    """Where an export stands."""

    ASKING = "asking"
    RUNNING = "running"
    DONE = "done"


def line_of(study: ImageStudyView) -> str:
    """«CT ngực 16/11/2026»."""
    return f"{study_words(study)} {written_day(study)}"


class ExportModel(QObject):
    """One export of one person's studies."""

    changed = pyqtSignal()
    went_on = pyqtSignal(int)
    """How many files are done."""
    refused = pyqtSignal(object)
    """Refusal: nothing was exported; it may be tried again."""

    def __init__(self, source: Outgoing, studies: Sequence[ImageStudyView], parent: QObject | None = None, *,
                 draw: Draw = as_filed) -> None:
        super().__init__(parent)
        self.draw = draw
        """How frames on which something lies are seen: the page shows them so."""
        self.source, self.offered = source, tuple(studies)
        self.studies = self.offered
        """Those of them that are exported."""
        self.stage = Stage.ASKING
        self.done: Exported | None = None
        self.folder: Path | None = None
        self._tell = emitter(self, self.went_on)
        self._cancelled = threading.Event()

    @property
    def files(self) -> int:
        """How many there are to write."""
        return sum(study.instances for study in self.studies)

    @property
    def line(self) -> str:
        """«CT ngực 16/11/2026; X-quang ngực 12/02/2025»."""
        return "; ".join(map(line_of, self.studies))

    def choose(self, uids: Collection[str]) -> None:
        """Export only these of what is offered."""
        self.studies = tuple(study for study in self.offered if study.uid in uids)

    def name(self, *, named: bool) -> str:
        """How the folder is called: the record's number, or nothing that leads to anybody."""
        return f"ANH-{self.source.number}" if named else "ANH-KHONG-TEN"

    def begin(self, folder: Path, reason: str, *, named: bool, disc: bool) -> None:
        """Write into a new folder of that name; `refused` or `changed` (done) follows."""
        if self.stage is Stage.RUNNING:
            return
        self._cancelled.clear()
        self.stage, self.folder = Stage.RUNNING, folder
        wanted = Export(folder, self.source.who, self.line, named,
                        disc=folder.with_suffix(".iso") if disc else None, draw=self.draw)
        self.source.background.run(Query("export images", lambda: self._write(wanted, reason), self._wrote,
                                         self._failed), lane="export")
        self.changed.emit()

    def cancel(self) -> None:
        """Stop after the file that is being written; nothing stays."""
        self._cancelled.set()

    def _write(self, wanted: Export, reason: str) -> Exported | None:
        self.source.tell([study.uid for study in self.studies], reason, named=wanted.named)
        try:
            with closing(Apart()) as decoder:
                return export(wanted, self.source.files(self.studies, self._cancelled.is_set), decoder,
                              went_on=self._tell, cancelled=self._cancelled.is_set)
        except Cancelled:
            return None

    def _wrote(self, done: Exported | None) -> None:
        self.stage, self.done = (Stage.DONE, done) if done is not None else (Stage.ASKING, None)
        self.changed.emit()

    def _failed(self, why: Refusal) -> None:
        self.stage = Stage.ASKING
        self.changed.emit()
        self.refused.emit(why)
