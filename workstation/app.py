"""The composition root: makes every part and joins them; the one module that knows them all."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import UUID

from PyQt6.QtCore import QObject
from PyQt6.QtWidgets import QApplication

from imaging.sources import MIB
from records.errors import Refusal
from records.forms import Role
from records.messages import PatientView
from workstation.about import version
from workstation.background import Background, let_the_window_go_first
from workstation.client import Client
from workstation.config import Config
from workstation.confirmation.base import Reader
from workstation.confirmation.webapi import WebApiReader
from workstation.ending import take_apart
from workstation.models.account import Account
from workstation.models.desk import Desk
from workstation.models.machine import MachineModel, store_fact
from workstation.models.search import SearchModel
from workstation.models.session import SessionModel
from workstation.models.sync import SyncModel
from workstation.models.worklist import BoardModel
from workstation.uncaught import handle
from workstation.views import style
from workstation.views.actions import ALLOWED, NOT_NOW, Place
from workstation.views.prompts import AskSecret
from workstation.views.sign_in import read_demo_accounts
from workstation.views.ward.board import WardView
from workstation.views.widgets.place import PlaceView
from workstation.views.window import Window
from workstation.views.work import NothingOpen, WorkPage

if TYPE_CHECKING:  # signing and charts are heavy: they are loaded behind the sign-in window
    from workstation.models.editor import EditorModel
    from workstation.models.images.loading import Loader
    from workstation.models.images.remote import RemoteImages
    from workstation.models.signing import SigningModel
    from workstation.signing.base import TokenInfo
    from workstation.signing.token import TokenSigner
    from workstation.views.review.place import ReviewPlace
    from workstation.views.signing.desk import SigningDesk
    from workstation.views.signing.place import SigningPlace

_CLOSES_RECORDS = frozenset({Role.WARD_HEAD, Role.RECORDS_OFFICE, Role.DIRECTOR})
"""Whose work the place «Soát hồ sơ» is; the server says of each record what one may do with it."""


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
                                    self._tokens, self, warning_days=config.certificate_warning_days)
        self.window = Window(self.session, self.machine, version=version(),
                             demo_accounts=read_demo_accounts(config.demo_accounts))
        self.window.actions_.bind("self_test", self._self_test)
        self.desk: Desk | None = None
        self.signing: SigningModel | None = None
        self.signing_desk: SigningDesk | None = None
        self._loader: Loader | None = None
        self._shelf: RemoteImages | None = None
        self._things: list[QObject] = []
        self.session.opened.connect(self._open_desk)
        self.session.closing.connect(self._close_desk)
        self.window.stopping.connect(self.stop)
        self.background.failed.connect(self._failed)
        let_the_window_go_first(self)

    def _failed(self, _name: str, why: Refusal) -> None:
        self.window.tell(why)

    def _self_test(self) -> None:
        """F12, before sign-in too: what this PC and its tokens can do."""
        from workstation.models.self_test import Bench, SelfTestModel
        from workstation.views.signing.self_test import SelfTestDialog

        self.machine.ask()
        tester = SelfTestModel(Bench(self.client, self.config, self.signer), self.background,
                               approved=self.machine.own.approved if self.machine.own is not None else None)
        dialog = SelfTestDialog(tester, store_fact(self.session.known_people()), self.window)
        tester.setParent(dialog)
        dialog.show_over()

    def _set_pin(self, *, by_puk: bool) -> None:
        from workstation.models.pin_change import PinChangeModel
        from workstation.views.signing.pin_change import PinChangeDialog

        model = PinChangeModel(self.background, self.signer, by_puk=by_puk)
        dialog = PinChangeDialog(model, self.window)
        model.setParent(dialog)
        dialog.show_over()

    def stop(self) -> None:
        """The window closes: save, end the session, finish what has begun."""
        self.machine.rest()
        self.session.sign_out()
        if self._loader is not None:
            self._loader.stop()
        self.background.stop()
        if self._signer is not None:
            self._signer.close()
        self.client.close()

    # Tokens, on the lane that signing uses too

    def signer(self) -> TokenSigner:
        """The tokens of this PC; made when first asked for, used on the lane of signing only."""
        if self._signer is None:
            from workstation.signing.modules import modules_to_try
            from workstation.signing.token import TokenSigner

            self._signer = TokenSigner(modules_to_try([str(path) for path in self.config.pkcs11_modules]),
                                       env=self.config.pkcs11_environment)
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
        desk = self.desk = Desk(account, store, self.client, self.background, sync, _reader_of(self.config))
        board, search = BoardModel(desk), SearchModel(desk)
        actions = self.window.actions_
        ward = WardView(board, sync, actions, on_open=self.open_chart, on_write=partial(self.open_chart, write=True))
        self.signing = self._signing_model(desk)
        signing = self._signing_place(desk, self.signing)
        places: dict[Place, PlaceView] = {
            Place.WARD: ward, Place.CHART: NothingOpen(actions), Place.SIGNING: signing,
            Place.IMAGES: NothingOpen(actions, title="Hình ảnh", words="Chưa mở hình ảnh của ai.")}
        if _CLOSES_RECORDS & set(account.person.roles):
            places[Place.REVIEW] = self._review_place(desk)
        page = WorkPage(account, sync, self.machine, actions, places=places)
        signing.count_changed.connect(partial(page.top_bar.show_badge, Place.SIGNING))
        signing.reminded_changed.connect(partial(page.top_bar.show_reminded, Place.SIGNING))
        signing.corrected_changed.connect(partial(page.top_bar.show_corrected, Place.SIGNING))
        self._things = [sync, board, search]
        self.session.renewed.connect(sync.renewed)
        self._bind_proofs(desk)
        self._bind_image_owners(desk)
        self._join_delegations(desk, page, board, signing)
        self.window.actions_.bind("retry", self._retry)
        self.window.actions_.bind("change_pin", partial(self._set_pin, by_puk=False))
        self.window.actions_.bind("unblock_pin", partial(self._set_pin, by_puk=True))
        self.window.open_work(page, search, account, self._open_patient)
        self._join_images(desk, page)
        sync.start()

    def _join_images(self, desk: Desk, page: WorkPage) -> None:
        """The place «Hình ảnh», with a bounded memory for all that is read in it."""
        from workstation.models.images.loading import Loader
        from workstation.models.images.pixel_memory import PixelMemory
        from workstation.models.images.remote import RemoteImages
        from workstation.views.images.desk import ImagesDesk

        if self._loader is None:
            self._loader = Loader(PixelMemory(self.config.image_memory_mb * MIB), self)
            self.session.renewed.connect(self._loader.try_again)
        shelf = self._shelf = RemoteImages(self.client, self._loader, self.background, page)
        desk.sync.chart_stale.connect(self._line_back)
        ImagesDesk(desk, page, self.window.actions_, shelf, self._loader)

    def _line_back(self, encounter: UUID | None) -> None:
        """All charts are stale: the server was away. Images need not wait for their own next try."""
        if encounter is None and self._loader is not None:
            self._loader.try_again()

    def _join_delegations(self, desk: Desk, page: WorkPage, board: BoardModel, signing: SigningPlace) -> None:
        """What was given to this person to sign for others: the dialog, the top bar, the wards of both boards."""
        from workstation.models.delegations import DelegationsModel
        from workstation.views.signing.delegations import DelegationsDialog

        model = DelegationsModel(desk, desk.sync)
        self.window.actions_.bind("delegations", lambda: DelegationsDialog(model, self.window).show_over(),
                                  lambda: ALLOWED if model.concerns_me else NOT_NOW)
        page.show_delegations(model.mine)
        # They end with the session, one after the other: each is left by itself, as no lambda would be.
        model.mine_changed.connect(page.show_delegations)
        model.account_changed.connect(board.account_changed)
        model.account_changed.connect(signing.account_changed)
        self.session.renewed.connect(model.take_account)

    def _signing_place(self, desk: Desk, signing: SigningModel) -> SigningPlace:
        """The place «Ký», and what opens over the window when something is signed."""
        from workstation.models.signing_board import SigningBoardModel
        from workstation.models.waiting import WaitingModel
        from workstation.views.signing.desk import SigningDesk
        from workstation.views.signing.place import SigningPlace

        waiting = WaitingModel(desk, self._editor_of, signing)
        self.signing_desk = SigningDesk(signing, waiting, self.window)
        place = SigningPlace(waiting, SigningBoardModel(desk, signing), self.window.actions_, self.signing_desk.see,
                             awaited=signing.awaited)
        self.signing_desk.bind(self.window.actions_)
        place.sign_wanted.connect(self.signing_desk.sign)
        place.chart_wanted.connect(self.open_chart)
        signing.awaited.refused.connect(self.window.tell)
        return place

    def _bind_proofs(self, desk: Desk) -> None:
        """What waits for evidence and whom the hospital trusts, for the records office and IT."""
        from workstation.models.proofs import ProofsModel, looks_after_proofs
        from workstation.views.review.proofs import ProofsDialog

        model = ProofsModel(desk, self)
        self._things.append(model)
        self.window.actions_.bind("proofs", lambda: ProofsDialog(model, self.window).show_over(),
                                  lambda: ALLOWED if looks_after_proofs(desk.account) else NOT_NOW)

    def _bind_image_owners(self, desk: Desk) -> None:
        """Whose images are they, for technicians and the records office."""
        from workstation.models.image_owners import ImageOwnersModel, settles_images
        from workstation.views.review.image_owners import ImageOwnersDialog

        model = ImageOwnersModel(desk, self)
        self._things.append(model)
        self.window.actions_.bind("image_owners", lambda: ImageOwnersDialog(model, self.window).show_over(),
                                  lambda: ALLOWED if settles_images(desk.account) else NOT_NOW)

    def _review_place(self, desk: Desk) -> ReviewPlace:
        """The place «Soát hồ sơ», for those who close records."""
        from workstation.models.closing import ClosingModel
        from workstation.views.review.place import ReviewPlace

        model = ClosingModel(desk)
        place = ReviewPlace(model, self.window.actions_)
        model.setParent(place)
        place.chart_wanted.connect(self.open_chart)
        return place

    def _editor_of(self, entry: UUID) -> EditorModel | None:
        """The editor that is open on this draft, so that it never has two."""
        from workstation.views.chart.place import ChartPlace

        place = self.window.work.place(Place.CHART) if self.window.work is not None else None
        editor = place.writing.model if isinstance(place, ChartPlace) else None
        return editor if editor is not None and editor.draft.entry == entry else None

    def _signing_model(self, desk: Desk) -> SigningModel:
        """A training server with a training key signs with the file; everybody else with this PC's tokens."""
        from workstation.models.signing import SigningModel

        by_file = desk.account.training and self.config.training_key is not None
        signing = SigningModel(desk, self.config, self, signer_of=None if by_file else self.signer)
        signing.standing_known.connect(self.machine.know)
        return signing

    def _close_desk(self) -> None:
        if self.signing is not None:
            self.signing.close()
            self.machine.know(None)
            self.signing.deleteLater()
            self.signing = self.signing_desk = None
        if self._shelf is not None:
            self._shelf.clear()
            self._shelf = None
        if self.desk is not None:
            self.desk.sync.stop()
        self.window.end_work()
        for thing in self._things:
            thing.deleteLater()
        self._things, self.desk = [], None

    def _open_patient(self, patient: PatientView) -> None:
        if patient.encounter is not None:
            self.open_chart(patient.encounter)

    # Charts and signing

    def open_chart(self, encounter: UUID, entry: UUID | None = None, *, write: bool = False) -> None:
        """Open the chart of this stay in the place «Hồ sơ»; at an entry, or to write a new one."""
        page = self.window.work
        if page is None or self.desk is None:
            return
        from workstation.views.chart.place import ChartPlace

        place = page.place(Place.CHART)
        if not isinstance(place, ChartPlace) or place.chart.encounter != encounter:
            page.put(Place.CHART, partial(self._chart_place, self.desk, encounter))
            place = page.place(Place.CHART)
        page.show_place(Place.CHART)
        if isinstance(place, ChartPlace) and entry is not None:
            place.open_at(entry)
        if isinstance(place, ChartPlace) and write:
            place.open_writing()

    def _chart_place(self, desk: Desk, encounter: UUID) -> PlaceView:
        from workstation.models.chart import ChartModel
        from workstation.views.chart.place import ChartPlace

        chart = ChartModel(desk, encounter)
        place = ChartPlace(desk, chart, self.window.actions_)
        chart.setParent(place)
        if (signing := self.signing_desk) is not None:
            place.sign_wanted.connect(signing.sign)
            place.explain_wanted.connect(lambda view, _version: signing.explain(view, chart.chart))
            place.print_wanted.connect(lambda code: signing.preview_sheet(chart.chart, code))
            place.acts.amending.preview = lambda view, record, since: signing.preview_version(
                view, chart.chart, record, since)
        place.refused.connect(self.window.tell)
        return place

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
        """What nobody caught."""
        handle(self.window.tell, kind, error, trace)


def _reader_of(config: Config) -> Callable[[], Reader] | None:
    """How this PC's fingerprint reader is opened; None where none is set up."""
    if not config.reader_url:
        return None
    return partial(WebApiReader, config.reader_url, ca_file=config.reader_ca_file, licence=config.reader_licence)


def run(config: Config, arguments: Sequence[str]) -> int:
    """Open the window and work until it is closed; the exit code."""
    application = QApplication([*arguments])
    application.setApplicationName("Bệnh Án")
    application.setDesktopFileName("benhan")
    program = Program(application, config)
    sys.excepthook = program.handle
    program.window.show()
    code = application.exec()
    take_apart(program.window, program)
    return code
