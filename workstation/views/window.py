"""The main window: sign-in, the work page and the locked screen, one at a time; actions, palette, refusals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PyQt6.QtCore import QEvent, QObject, pyqtSignal
from PyQt6.QtGui import QCloseEvent, QInputEvent, QInputMethodEvent
from PyQt6.QtWidgets import QApplication, QMainWindow, QStackedWidget

from records.errors import Reason, Refusal
from records.messages import PatientView
from workstation.models.account import Account
from workstation.models.machine import MachineModel
from workstation.models.search import SearchModel
from workstation.models.session import Phase, SessionModel
from workstation.views import prompts, style
from workstation.views.actions import ACTIONS, ActionSet, Place
from workstation.views.help import show_help
from workstation.views.lock import LockView
from workstation.views.palette import Palette
from workstation.views.sign_in import DemoAccount, SignInView
from workstation.views.work import WorkPage

WIDTH, HEIGHT = 1366, 700
LEAST_WIDTH, LEAST_HEIGHT = 900, 440
"""A screen of 1366×768 at 150 %: side panels fold there, nothing is out of reach."""
PROGRAM = "Bệnh Án"
_TOUCHES = frozenset({QEvent.Type.KeyPress, QEvent.Type.MouseButtonPress, QEvent.Type.Wheel,
                      QEvent.Type.InputMethod, QEvent.Type.MouseMove})


class Touches(QObject):
    """Tells the session that somebody is there, so that the screen locks only when nobody is."""

    def __init__(self, session: SessionModel, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        # By class first: this sees every event of the program, and asking for its type costs ten times as much.
        if isinstance(event, (QInputEvent, QInputMethodEvent)) and event.type() in _TOUCHES:
            self._session.touched()
        return False


class Window(QMainWindow):
    """Everything that a person sees of the program."""

    stopping = pyqtSignal()
    """The window is about to close: save, stop sending."""

    def __init__(self, session: SessionModel, machine: MachineModel, *, version: str,
                 demo_accounts: Sequence[DemoAccount] = ()) -> None:
        super().__init__()
        self._session, self._machine = session, machine
        self.actions_ = ActionSet(self)
        self.sign_in = SignInView(session, machine, self.actions_, version=version, demo_accounts=demo_accounts)
        self.work: WorkPage | None = None
        self.lock: LockView | None = None
        self.palette_: Palette | None = None
        self._pages = QStackedWidget()
        self._pages.addWidget(self.sign_in)
        self.setCentralWidget(self._pages)
        self.resize(WIDTH, HEIGHT)
        self.setMinimumSize(LEAST_WIDTH, LEAST_HEIGHT)
        self._bind_always()
        self.actions_.refused.connect(self._refused)
        session.phase_changed.connect(self._phase_changed)
        application = QApplication.instance()
        if application is not None:
            application.installEventFilter(Touches(session, self))
        self._to_sign_in()

    def _bind_always(self) -> None:
        self.actions_.bind("night", self._toggle_night)

    # Pages

    def open_work(self, page: WorkPage, search: SearchModel, account: Account,
                  on_patient: Callable[[PatientView], object]) -> None:
        """Somebody signed in: this page and these answers are theirs."""
        self.work = page
        self.lock = LockView(self._session, account, self._session.sign_out)
        self.palette_ = Palette(search, self.actions_, on_patient, page)
        for widget in (page, self.lock):
            self._pages.addWidget(widget)
        page.title_changed.connect(self._show_title)
        self._bind_work(page)
        self._pages.setCurrentWidget(page)
        page.show_place(Place.WARD)
        self._machine.watch()

    def _bind_work(self, page: WorkPage) -> None:
        actions = self.actions_
        actions.bind("help", self._help)
        actions.bind("palette", self._open_palette)
        actions.bind("back", page.go_back, lambda: _unless(page.open_place is not Place.WARD))
        for place in (Place.WARD, Place.CHART, Place.SIGNING, Place.IMAGES, Place.REVIEW):
            if page.place(place) is not None:
                actions.bind(f"place.{place}", partial(page.show_place, place))
        actions.bind("lock", self._session.lock)
        actions.bind("change_person", self._session.sign_out)

    def end_work(self) -> None:
        """Signed out: nothing of that person stays in the window."""
        for dialog in self.findChildren(prompts.Dialog):
            dialog.reject()
        if self.work is not None:
            self.work.stop()
        for widget in (self.work, self.lock):
            if widget is not None:
                self._pages.removeWidget(widget)
                widget.deleteLater()
        self.work = self.lock = self.palette_ = None
        theirs = (action for action in ACTIONS if not action.always and action.place is not Place.SIGN_IN)
        self.actions_.unbind(*(action.id for action in theirs))
        self._to_sign_in()

    def _phase_changed(self, phase: Phase) -> None:
        if phase is Phase.LOCKED and self.lock is not None:
            for dialog in self.findChildren(prompts.Dialog):
                dialog.hide()
            if self.palette_ is not None:
                self.palette_.hide()
            self.actions_.enter(Place.LOCKED)
            self._pages.setCurrentWidget(self.lock)
            self.setWindowTitle(f"Đang khóa — {PROGRAM}")
            self.lock.begin()
        elif phase is Phase.OPEN and self.work is not None and self._pages.currentWidget() is self.lock:
            self._pages.setCurrentWidget(self.work)
            self.work.show_place(self.work.open_place)
            for dialog in self.findChildren(prompts.Dialog):
                dialog.show()

    def _to_sign_in(self) -> None:
        self._pages.setCurrentWidget(self.sign_in)
        self.actions_.enter(Place.SIGN_IN)
        self.setWindowTitle(f"Đăng nhập — {PROGRAM}")
        self._machine.watch()
        self.sign_in.begin()

    def _show_title(self, title: str) -> None:
        self.setWindowTitle(f"{title} — {PROGRAM}" if title else PROGRAM)

    # Acts of the window itself

    def tell(self, what: Refusal, title: str = "") -> None:
        """Say a refusal or a trouble that has no place of its own on the screen."""
        prompts.Told(title or "Chưa làm được", what, self).show_over()

    def _refused(self, why: str) -> None:
        self.tell(Refusal(Reason("action_refused", "", {"why": why})))

    def _open_palette(self) -> None:
        if self.palette_ is not None:
            self.palette_.open()

    def _toggle_night(self) -> None:
        application = QApplication.instance()
        if isinstance(application, QApplication):
            style.toggle(application)

    def _help(self) -> None:
        show_help(self.actions_, self)

    def closeEvent(self, event: QCloseEvent | None) -> None:
        self.stopping.emit()
        super().closeEvent(event)


def _unless(possible: bool) -> str:
    return "" if possible else " "


