"""Ctrl+K: patients and commands by a few letters, with or without diacritics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError
from PyQt6.QtCore import QAbstractListModel, QModelIndex, QObject, Qt, QTimer, pyqtSignal

from records.errors import Refusal, Trouble
from records.folding import fold
from records.messages import Board, PatientView
from workstation.background import Job, Query
from workstation.config import ZONE
from workstation.models.account import utc_now
from workstation.models.act import Act
from workstation.models.beginning import age_on
from workstation.models.desk import Desk

ASK_AFTER_MS = 180
"""After the last letter; most names are found before they are typed to the end."""
FEWEST_LETTERS = 2
_BOARD = TypeAdapter(Board)
_SEXES = {"1": "Nam", "2": "Nữ", "3": ""}


@dataclass(frozen=True)
class Hit:
    """A row of the palette."""

    title: str
    detail: str = ""
    act: Act | None = None
    patient: PatientView | None = None


HIT_ROLE = Qt.ItemDataRole.UserRole + 1
"""Hit."""


class SearchModel(QAbstractListModel):
    """Acts at once, patients from the server a moment later (or from cached boards while it is away)."""

    searched = pyqtSignal()
    """Patients for the words are there."""
    refused = pyqtSignal(object)

    def __init__(self, desk: Desk, acts: Sequence[Act] = (), parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._acts = tuple(acts)
        self._words = ""
        self._hits: tuple[Hit, ...] = ()
        self._patients: tuple[PatientView, ...] = ()
        self._asking: Job | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._ask)
        self._lay_out()

    def set_acts(self, acts: Sequence[Act]) -> None:
        """What can be done now."""
        self._acts = tuple(acts)
        self._lay_out()

    def set_words(self, words: str) -> None:
        """The person typed."""
        if words == self._words:
            return
        self._words = words
        self._forget()
        self._patients = tuple(patient for patient in self._patients if _matches(patient, words))
        self._lay_out()
        if len(words.strip()) >= FEWEST_LETTERS:
            self._timer.start(ASK_AFTER_MS)
        else:
            self._patients = ()
            self._lay_out()

    def hit(self, index: QModelIndex) -> Hit | None:
        """The row under an index."""
        return self._hits[index.row()] if index.isValid() and index.row() < len(self._hits) else None

    @property
    def hits(self) -> tuple[Hit, ...]:
        """All rows."""
        return self._hits

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008  # Qt's own default
        """Rows shown."""
        return 0 if parent.isValid() else len(self._hits)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The hit under HIT_ROLE, its words for screen readers."""
        if (hit := self.hit(index)) is None:
            return None
        if role == HIT_ROLE:
            return hit
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{hit.title}, {hit.detail}" if hit.detail else hit.title
        return None

    def _forget(self) -> None:
        self._timer.stop()
        if self._asking is not None:
            self._asking.cancel()
            self._asking = None

    def _ask(self) -> None:
        words, desk = self._words.strip(), self._desk

        def find() -> tuple[PatientView, ...]:
            try:
                return desk.client.patients(words, 20)
            except Trouble:
                return _in_boards(desk, words)

        self._asking = desk.background.run(Query("search", find, self._found, self._not_found))

    def _found(self, patients: tuple[PatientView, ...]) -> None:
        self._asking = None
        self._patients = patients
        self._lay_out()
        self.searched.emit()

    def _not_found(self, refusal: Refusal) -> None:
        self._asking = None
        self.refused.emit(refusal)

    def _lay_out(self) -> None:
        words = fold(self._words).split()
        acts = [act for act in self._acts if all(word in fold(f"{act.title} {act.words}") for word in words)]
        # Who begins with the words comes before who only contains them.
        acts.sort(key=lambda act: not fold(act.title).startswith(" ".join(words)))
        self.beginResetModel()
        self._hits = (*(Hit(act.title, act=act) for act in acts),
                      *(_hit(patient) for patient in self._patients))
        self.endResetModel()


def _hit(patient: PatientView) -> Hit:
    age = age_on(patient.birth_date, utc_now().astimezone(ZONE).date())
    parts = (f"{age} tuổi" if age is not None else "", _SEXES[patient.sex], f"Mã NB {patient.patient_no}",
             "" if patient.encounter is not None else "không nằm viện")
    return Hit(patient.full_name, " · ".join(part for part in parts if part), patient=patient)


def _matches(patient: PatientView, words: str) -> bool:
    text = fold(f"{patient.full_name} {patient.patient_no} {patient.national_id} {patient.insurance_no}")
    return bool(words.strip()) and all(word in text for word in fold(words).split())


def _in_boards(desk: Desk, words: str) -> tuple[PatientView, ...]:
    """While the server is away: among the beds of the boards that this PC has."""
    found: dict[Any, PatientView] = {}
    for held in desk.store.cached_all("board:"):
        try:
            board = _BOARD.validate_json(held.body)
        except ValidationError:
            continue  # kept by an older program
        for row in board.rows:
            if row.patient is not None and _matches(row.patient, words):
                found[row.patient.id] = row.patient.model_copy(update={"encounter": row.encounter})
    return tuple(found.values())
