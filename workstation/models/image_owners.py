"""Images of which nobody knows for certain whose they are: a person says it, with a reason, and may take it back."""

from __future__ import annotations

from PyQt6.QtCore import QObject, pyqtSignal

from records.errors import Reason, Refusal
from records.forms import Role
from records.messages import ImageDecisionGiven, PatientView, StrayImagesView, UnsettledStudyView
from records.messages.image_reconciling import Decision
from workstation.background import Command, Query
from workstation.ids import new_id
from workstation.models.account import Account
from workstation.models.desk import Desk
from workstation.models.history import LEAST_REASON

_SETTLERS = frozenset({Role.TECHNICIAN, Role.RECORDS_OFFICE})


def settles_images(account: Account) -> bool:
    """Whether this person's roles say whose images are."""
    return bool(_SETTLERS & set(account.person.roles))


class ImageOwnersModel(QObject):
    """The list, and whom each line was found to be of."""

    changed = pyqtSignal()
    refused = pyqtSignal(object)
    """Refusal: the list could not be had, nobody was found, or a decision was not taken."""

    def __init__(self, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.views: tuple[UnsettledStudyView, ...] = ()
        self.strays: tuple[StrayImagesView, ...] = ()
        self.loaded = False
        self._found: dict[str, PatientView] = {}

    def load(self) -> None:
        """Ask the server."""
        self._desk.background.run(Query(
            "images of nobody", self._ask, self._take, self.refused.emit))

    def candidate(self, view: UnsettledStudyView) -> PatientView | None:
        """Whose it would be if it were tied now: who was looked up, else whom number or order mean."""
        return self._found.get(view.uid) or view.patient or view.order_patient

    def find(self, uid: str, number: str) -> None:
        """Look the patient up whose number (patient or record) this is."""
        number = number.strip()
        if number:
            self._desk.background.run(Query(
                "image owner", lambda: self._desk.client.patients(number, 2),
                lambda people: self._take_person(uid, people), self.refused.emit))

    def decide(self, view: UnsettledStudyView, decision: Decision, reason: str) -> None:
        """Say it, with the reason that is kept."""
        reason = reason.strip()
        if len(reason) < LEAST_REASON:
            self.refused.emit(Refusal(Reason("reason_too_short", "", {"least": LEAST_REASON})))
            return
        who = self.candidate(view) if decision == "tie" else None
        given = ImageDecisionGiven(decision=decision, patient=who.id if who is not None else None, reason=reason,
                                   known=len(view.decisions))
        key = new_id()
        self._desk.background.run(Command("image owner", lambda: self._desk.client.settle_images(view.uid, given, key),
                                          self._decided, self.refused.emit))

    def _ask(self) -> tuple[tuple[UnsettledStudyView, ...], tuple[StrayImagesView, ...]]:
        return self._desk.client.unsettled_images(), self._desk.client.stray_images()

    def _take(self, found: tuple[tuple[UnsettledStudyView, ...], tuple[StrayImagesView, ...]]) -> None:
        (self.views, self.strays), self.loaded = found, True
        self.changed.emit()

    def _take_person(self, uid: str, people: tuple[PatientView, ...]) -> None:
        if len(people) != 1:
            # None, or several: nobody is guessed.
            self._found.pop(uid, None)
            self.refused.emit(Refusal(Reason("image_owner_not_found", "", {"count": len(people)})))
        else:
            self._found[uid] = people[0]
            self.changed.emit()

    def _decided(self, view: UnsettledStudyView) -> None:
        self._found.pop(view.uid, None)
        self.views = tuple(view if one.uid == view.uid else one for one in self.views)
        self.changed.emit()
        self.load()
