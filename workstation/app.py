"""The composition root: makes every part and joins them; the one module that knows them all."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import UUID

from PyQt6.QtCore import QObject
from PyQt6.QtWidgets import QApplication

from records.errors import BenhAnError, Cancelled, Refusal
from records.messages import PatientView
from workstation.about import version
from workstation.background import Background
from workstation.client import Client
from workstation.config import Config
from workstation.models.account import Account
from workstation.models.desk import Desk
from workstation.models.machine import MachineModel
from workstation.models.search import SearchModel
from workstation.models.session import SessionModel
from workstation.models.sync import SyncModel
from workstation.models.worklist import BoardModel
from workstation.views import style
from workstation.views.actions import Place
from workstation.views.prompts import AskSecret
from workstation.views.sign_in import read_demo_accounts
from workstation.views.ward.board import WardView
from workstation.views.window import Window
from workstation.views.work import WorkPage

if TYPE_CHECKING:  # the signing packages are heavy: they are loaded behind the sign-in window
    from workstation.signing.base import TokenInfo
    from workstation.signing.token import TokenSigner

log = logging.getLogger(__name__)


class Program(QObject):
    """The running workstation: one window, one session at a time."""

    def __init__(self, application: QApplication, config: Config) -> None:
        super().__init__()
        self.config = config
        style.apply(application)
        self.background = Background(self)
        self.client = Client(config.server_url, config.ca_file, timeout_s=config.timeout_s,
                             workstation=config.workstation)
        self.session = SessionModel(config, self.client, self.background, self)
        self._signer: TokenSigner | None = None
        self.machine = MachineModel(self.client, self.background, urlsplit(config.server_url).hostname or "",
                                    self._tokens, self)
        self.window = Window(self.session, self.machine, version=version(),
                             demo_accounts=read_demo_accounts(config.demo_accounts))
        self.desk: Desk | None = None
        self._things: list[QObject] = []
        self.session.opened.connect(self._open_desk)
        self.session.closing.connect(self._close_desk)
        self.window.stopping.connect(self.stop)
        self.background.failed.connect(lambda _name, why: self.window.tell(why))

    def stop(self) -> None:
        """The window closes: save, end the session, finish what has begun."""
        self.machine.rest()
        self.session.sign_out()
        self.background.stop()
        if self._signer is not None:
            self._signer.close()
        self.client.close()

    # Tokens, on the lane that signing uses too

    def signer(self) -> TokenSigner:
        """The tokens of this PC; made when first asked for, used on the lane `token` only."""
        if self._signer is None:
            from workstation.signing.modules import modules_to_try
            from workstation.signing.token import TokenSigner

            self._signer = TokenSigner(modules_to_try([str(path) for path in self.config.pkcs11_modules]))
        return self._signer

    def _tokens(self) -> Sequence[TokenInfo]:
        signer = self.signer()
        tokens = signer.tokens()
        if not tokens and signer.problems:
            raise signer.absence()
        return tokens

    # One person's desk

    def _open_desk(self, account: Account) -> None:
        store = self.session.store
        if store is None:
            raise RuntimeError("A session opens with its store.")
        sync = SyncModel(store, self.client, self.background, account)
        desk = self.desk = Desk(account, store, self.client, self.background, sync)
        board, search = BoardModel(desk), SearchModel(desk)
        ward = WardView(board, sync, self.window.actions_)
        page = WorkPage(account, sync, self.machine, self.window.actions_, places={Place.WARD: ward})
        self._things = [sync, board, search]
        self.session.renewed.connect(sync.renewed)
        self.window.actions_.bind("retry", self._retry)
        self.window.open_work(page, search, account, self._open_patient)
        sync.start()

    def _close_desk(self) -> None:
        if self.desk is not None:
            self.desk.sync.stop()
        self.window.end_work()
        for thing in self._things:
            thing.deleteLater()
        self._things, self.desk = [], None

    def _open_patient(self, patient: PatientView) -> None:
        if patient.encounter is not None:
            self.open_chart(patient.encounter)

    def open_chart(self, encounter: UUID) -> None:
        """Open the chart of this stay in the place «Hồ sơ»."""

    def _retry(self) -> None:
        desk = self.desk
        if desk is None:
            return
        if desk.sync.status.needs_sign_in:
            AskSecret("Phiên làm việc đã hết", "Mật khẩu", "Đăng nhập lại", self.window, on_text=self.session.renew,
                      hint="Đăng nhập lại để gửi những gì đang chờ trên máy này.").show_over()
        else:
            desk.sync.retry_now()
        self.machine.ask()

    # The one handler on top

    def handle(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """What nobody caught: silence, a refusal, or a bug that is logged and said; drafts are in the store already."""
        if isinstance(error, Cancelled):
            return
        if isinstance(error, Refusal):
            self.window.tell(error)
            return
        log.critical("A bug of the program.", exc_info=(kind, error, trace))
        if not isinstance(error, BenhAnError) and not isinstance(error, Exception):
            return
        self.window.tell(Refusal.because("program_bug", kind.__name__), "Chương trình gặp lỗi")


def run(config: Config, arguments: Sequence[str]) -> int:
    """Open the window and work until it is closed; the exit code."""
    application = QApplication([*arguments])
    application.setApplicationName("Bệnh Án")
    application.setDesktopFileName("benhan")
    program = Program(application, config)
    sys.excepthook = program.handle
    program.window.show()
    return application.exec()
