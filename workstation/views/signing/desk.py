"""Opens what signing needs over the window: PIN, stack, explanation, print, enrolment, late files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from PyQt6.QtCore import QObject
from PyQt6.QtWidgets import QWidget

from records.errors import Refusal
from records.messages import Chart, EntryView, PatientView, VersionRecord
from workstation.models.amending import standing_words
from workstation.models.enrolment import CertificatesModel, EnrolmentModel, approves
from workstation.models.explain import ExplainModel
from workstation.models.look_up import LookUpModel
from workstation.models.printing import Printed, PrintModel
from workstation.models.settlements import SettlementsModel, settles
from workstation.models.signing import SigningModel, Task
from workstation.models.status import hour_minute
from workstation.models.timeline import names_of
from workstation.models.waiting import WaitingModel
from workstation.views.actions import ALLOWED, NOT_NOW, ActionSet
from workstation.views.preview import PreviewDialog
from workstation.views.prompts import Told
from workstation.views.review.look_up import LookUpDialog
from workstation.views.review.settlements import SettlementsDialog
from workstation.views.signing.dialogs import SignDialog, StackDialog
from workstation.views.signing.enrolment import CertificatesDialog, EnrolDialog
from workstation.views.signing.explain import ExplainDialog


class SigningDesk(QObject):
    """One for each signed-in person; places hand their wishes to it."""

    def __init__(self, signing: SigningModel, waiting: WaitingModel, window: QWidget) -> None:
        super().__init__(signing)
        self.signing, self.waiting, self._window = signing, waiting, window
        self._shown: set[tuple[str, str]] = set()
        self.explaining = ExplainModel(signing.desk, self)
        self.printing = PrintModel(signing.desk, self)
        self.enrolment = EnrolmentModel(signing)
        self.certificates = CertificatesModel(signing)
        self.settlements = SettlementsModel(signing.desk, self)
        self.looking_up = LookUpModel(signing.desk, self)
        self._printed_for: PatientView | None = None
        self.printing.ready.connect(self._show_printed)
        self.printing.refused.connect(self._tell)
        self.explaining.reported.connect(self._show_report)

    def bind(self, actions: ActionSet) -> None:
        """What the palette offers of all this, to whom it belongs."""
        account = self.signing.desk.account
        actions.bind("enrol", self.enrol)
        actions.bind("token", partial(self.show_certificates, "Chứng thư của tôi"))
        actions.bind("certificates", partial(self.show_certificates, "Duyệt chứng thư đăng ký"),
                     lambda: ALLOWED if approves(account) else NOT_NOW)
        actions.bind("settlements", self.settle, lambda: ALLOWED if settles(account) else NOT_NOW)
        actions.bind("open_signed", self.open_signed)
        actions.bind("look_up", self.look_up)

    # Signing

    def sign(self, tasks: Sequence[Task]) -> SignDialog | StackDialog | None:
        """Ask for the PIN and sign: one document in a small dialog, several in a stack."""
        if not tasks:
            return None
        known = [replace(task, seen=task.seen or (task.key, task.wording) in self._shown) for task in tasks]
        if len(known) == 1:
            known = [replace(known[0], seen=True)]  # it is what the person has before them
        act = self.signing.begin(known)
        dialog = SignDialog(act, self._window) if len(known) == 1 else StackDialog(act, self._window)
        dialog.finished.connect(lambda _result: self.waiting.let_go())
        dialog.enrol_wanted.connect(self.enrol)
        dialog.show_over()
        return dialog

    def see(self, task: Task) -> None:
        """The whole of it was on the screen, in these words: it may be signed in a stack from now on."""
        self._shown.add((task.key, task.wording))
        self.signing.looks.see(task)

    # What a signature is worth

    def explain(self, view: EntryView, chart: Chart | None) -> ExplainDialog:
        """The signatures of an entry."""
        name = f"{names_of(view.form)[0]}, lần ghi {hour_minute(view.occurred_at)}"
        dialog = ExplainDialog(self.explaining, self._window, patient=chart.patient if chart is not None else None,
                               detail=name)
        dialog.show_over()
        self.explaining.entry(view, name)
        return dialog

    def open_signed(self) -> ExplainDialog:
        """A file from disk, from wherever it came."""
        dialog = ExplainDialog(self.explaining, self._window)
        dialog.show_over()
        dialog.open_file()
        return dialog

    def _show_report(self, printed: Printed) -> None:
        for open_one in self._window.findChildren(ExplainDialog):
            open_one.accept()  # dialogs do not stack
        PreviewDialog(printed, self._window, on_refused=self._tell,
                      on_out=lambda way: self.printing.tell(printed, way, "")).show_over()

    # Paper

    def preview_sheet(self, chart: Chart | None, code: str) -> None:
        """The sheet of a form as it prints, with the notice of conversion."""
        if chart is not None:
            self._printed_for = chart.patient
            self.printing.sheet(chart, code)

    def preview_entry(self, view: EntryView, chart: Chart | None) -> None:
        """The signed file itself."""
        self._printed_for = chart.patient if chart is not None else None
        self.printing.entry(view, names_of(view.form)[0], standing_words(chart, view) if chart is not None else "")

    def preview_version(self, view: EntryView, chart: Chart | None, record: VersionRecord, since: str) -> None:
        """The signed file of an earlier version; `since`: what became of it."""
        self._printed_for = chart.patient if chart is not None else None
        self.printing.version(view, f"{names_of(view.form)[0]}, phiên bản {record.number}", since, record)

    def _show_printed(self, printed: Printed) -> None:
        patient = self._printed_for
        name = patient.full_name if patient is not None else ""
        PreviewDialog(printed, self._window, patient=patient, detail=printed.name, on_refused=self._tell,
                      on_out=lambda way: self.printing.tell(printed, way, name)).show_over()

    def look_up(self) -> LookUpDialog:
        """What a paper was, by its code."""
        dialog = LookUpDialog(self.looking_up, self._window)
        dialog.show_over()
        return dialog

    # Certificates and late files

    def enrol(self) -> EnrolDialog:
        """«Đăng ký chứng thư của tôi»."""
        dialog = EnrolDialog(self.enrolment, self._window)
        dialog.show_over()
        return dialog

    def show_certificates(self, title: str) -> CertificatesDialog:
        """Certificates and where they stand."""
        dialog = CertificatesDialog(self.certificates, self._window, title=title)
        dialog.show_over()
        return dialog

    def settle(self) -> SettlementsDialog:
        """The work list of late files."""
        dialog = SettlementsDialog(self.settlements, self._window)
        dialog.show_over()
        return dialog

    def _tell(self, why: Refusal) -> None:
        Told("Chưa làm được", why, self._window).show_over()
