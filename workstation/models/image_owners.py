"""Images of which nobody knows for certain whose they are: a person says it, with a reason, and may take it back."""

from __future__ import annotations

from PyQt6.QtCore import QObject, pyqtSignal

from records.errors import Reason, Refusal
from records.forms import Role
from records.messages import (
    ImageDecisionGiven,
    PatientView,
    StrayDecisionGiven,
    StrayImagesView,
    StraysSettled,
    UnsettledStudyView,
)
from records.messages.image_reconciling import Decision, StrayDecision
from workstation.background import Command, Query
from workstation.emitting import emitter
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
        self._settling = False

    def load(self) -> None:
        """Ask the server."""
        self._desk.background.run(Query(
            "images of nobody", self._ask, self._take, emitter(self, self.refused)))

    def candidate(self, view: UnsettledStudyView) -> PatientView | None:
        """Whose it would be if it were tied now: who was looked up, else whom number or order mean."""
        return self._found.get(view.uid) or view.patient or view.order_patient

    def find(self, uid: str, number: str) -> None:
        """Look the patient up whose number (patient or record) this is."""
        number = number.strip()
        if number:
            self._desk.background.run(Query(
                "image owner", lambda: self._desk.client.patients(number, 2),
                lambda people: self._take_person(uid, people), emitter(self, self.refused)))

    def decide(self, view: UnsettledStudyView, decision: Decision, reason: str) -> None:
        """Say it, with the reason that is kept."""
        reason = reason.strip()
        if self._too_short(reason):
            return
        who = self.candidate(view) if decision == "tie" else None
        given = ImageDecisionGiven(decision=decision, patient=who.id if who is not None else None, reason=reason,
                                   known=len(view.decisions))
        key = new_id()
        self._desk.background.run(Command("image owner", lambda: self._desk.client.settle_images(view.uid, given, key),
                                          self._decided, emitter(self, self.refused)))

    def settle_strays(self, view: StrayImagesView, decision: StrayDecision, reason: str) -> None:
        """Say whether images that were kept apart are of their study's patient; one such act at a time."""
        reason = reason.strip()
        if self._settling or self._too_short(reason):
            return
        given = StrayDecisionGiven(decision=decision, why=view.why, names=view.names, known=view.count, reason=reason)
        key, self._settling = new_id(), True
        self._desk.background.run(Command(
            "images kept apart", lambda: self._desk.client.settle_strays(view.study, given, key), self._strays_settled,
            self._strays_refused))

    def _strays_settled(self, _done: StraysSettled) -> None:
        self._settling = False
        self.load()

    def _strays_refused(self, why: Refusal) -> None:
        """Perhaps because more of them came, or somebody else decided: as it stands now, then why not."""
        self._settling = False

        def taken(found: tuple[tuple[UnsettledStudyView, ...], tuple[StrayImagesView, ...]]) -> None:
            self._take(found)
            self.refused.emit(why)

        self._desk.background.run(Query("images of nobody", self._ask, taken, lambda _: self.refused.emit(why)))

    def _too_short(self, reason: str) -> bool:
        if len(reason) < LEAST_REASON:
            self.refused.emit(Refusal(Reason("reason_too_short", "", {"least": LEAST_REASON})))
            return True
        return False

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
