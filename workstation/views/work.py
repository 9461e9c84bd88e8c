"""The page on which a signed-in person works: top bar, banner, offline line, the open place, key line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial

from PyQt6.QtCore import QPoint, QTimer, pyqtSignal
from PyQt6.QtWidgets import QFrame, QMenu, QStackedWidget, QWidget

from records.delegation import Delegation
from workstation.models.account import Account
from workstation.models.delegations import in_whose_place, who_gave
from workstation.models.machine import MachineModel
from workstation.models.status import SyncStatus
from workstation.models.sync import SyncModel
from workstation.views.actions import ALLOWED, BY_ID, PLACE_ICONS, PLACE_NAMES, ActionSet, Place, key_of
from workstation.views.widgets.icons import icon
from workstation.views.widgets.key_line import KeyLine
from workstation.views.widgets.place import PlaceView
from workstation.views.widgets.states import Empty, OfflineLine
from workstation.views.widgets.text import column, ward_words
from workstation.views.widgets.top_bar import PlaceTab, TopBar

_OF_THE_PERSON = ("delegations", "token", "enrol", "change_pin", "lock", "change_person")


class WorkPage(QWidget):
    """Holds the places that exist; one is open."""

    place_changed = pyqtSignal(object)
    """Place."""
    title_changed = pyqtSignal(str)

    def __init__(self, account: Account, sync: SyncModel, machine: MachineModel, actions: ActionSet, *,
                 places: Mapping[Place, PlaceView], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._account, self._sync, self._machine, self._actions = account, sync, machine, actions
        self._places: dict[Place, PlaceView] = {}
        self.open_place = Place.EVERYWHERE
        self.top_bar = TopBar([
            PlaceTab(place, PLACE_NAMES[place], PLACE_ICONS[place], key_of(f"place.{place}")) for place in places])
        self._banner_slot = QFrame()
        self._banner_slot.setLayout(column(gap=0))
        self.offline = OfflineLine(key_of("retry"))
        self._stack = QStackedWidget()
        self.key_line = KeyLine()
        layout = column(self.top_bar, self._banner_slot, self.offline, gap=0)
        layout.addWidget(self._stack, 1)
        layout.addWidget(self.key_line)
        self.setLayout(layout)
        for place, view in places.items():
            self.put(place, partial(_itself, view))
        self._listen()
        self.show_delegations(())
        self._minute = QTimer(self)
        self._minute.setInterval(1000)
        self._minute.timeout.connect(self._tick)
        self._show_status(sync.status)
        self._show_machine()

    def _listen(self) -> None:
        # As its key does: of images the person's whose chart is open, never those that were seen before.
        self.top_bar.place_chosen.connect(lambda place: self._actions.trigger(f"place.{place}"))
        self.top_bar.search_wanted.connect(lambda: self._actions.trigger("palette"))
        self.top_bar.menu_wanted.connect(self.show_menu)
        self._sync.status_changed.connect(self._show_status)
        self._machine.changed.connect(self._show_machine)
        self._actions.changed.connect(self._show_keys)

    def show_delegations(self, held: Sequence[Delegation]) -> None:
        """Who works here, and in whose place they sign today: nobody should have to remember that (R11, R29)."""
        person = self._account.person
        where = ward_words(person.wards[0].name) if person.wards else self._account.facility
        placed = in_whose_place(held)
        self.top_bar.show_person(f"{person.title} {person.full_name}".strip(),
                                 f"{where} · {placed}" if placed else where, "\n".join(map(who_gave, held)))

    def show_menu(self) -> QMenu:
        """What is the person's own: delegations, token, lock, somebody else's turn."""
        menu = QMenu(self)
        menu.setAccessibleName("Của tôi")
        for action_id in _OF_THE_PERSON:
            if self._actions.why_not(action_id) == ALLOWED:
                action, key = BY_ID[action_id], key_of(action_id)
                act = menu.addAction(icon(action.icon, "ink"), f"{action.text}\t{key}" if key else action.text)
                if act is not None:
                    act.triggered.connect(lambda _on, which=action_id: self._actions.trigger(which))
        menu.aboutToHide.connect(menu.deleteLater)
        person = self.top_bar.person
        menu.popup(person.mapToGlobal(QPoint(person.width() - menu.sizeHint().width(), person.height())))
        if menu.actions():
            menu.setActiveAction(menu.actions()[0])
        return menu

    def place(self, place: Place) -> PlaceView | None:
        """The view of a place, if there is one."""
        return self._places.get(place)

    def put(self, place: Place, make: Callable[[], PlaceView]) -> None:
        """Another view fills the place from now on; the one before it lets go of its actions first."""
        old = self._places.get(place)
        if old is not None:
            old.stop()
        view = self._places[place] = make()
        self._stack.addWidget(view)
        view.title_changed.connect(lambda _title: self._title_changed(place))
        view.banner_changed.connect(lambda: self._banner_changed(place))
        view.note_changed.connect(lambda words: self._noted(place, words))
        if old is not None:
            if self.open_place is place:
                self.show_place(place)
            self._stack.removeWidget(old)
            old.hide()
            old.deleteLater()

    def show_place(self, place: Place) -> None:
        """Open a place; its actions work from now on."""
        view = self._places.get(place)
        if view is None:
            return
        before = self._places.get(self.open_place)
        if before is not None and before is not view:
            before.leave()
        self.open_place = place
        # No sheet is seen without its banner for a moment: higher by that, its last lines would leave their place.
        if view.banner() is None:
            self._stack.setCurrentWidget(view)
        self._banner_changed(place)
        if (layout := self.layout()) is not None:
            layout.activate()
        self._stack.setCurrentWidget(view)
        self.top_bar.show_place(place)
        self._actions.enter(place)
        self._title_changed(place)
        self.key_line.show_note(view.note())
        self.place_changed.emit(place)
        view.enter()

    def go_back(self) -> None:
        """Esc: first what is open over the place, then the place itself: from images to the chart that is open."""
        view = self._places.get(self.open_place)
        if view is None or view.back():
            return
        charted = not isinstance(self._places.get(Place.CHART), NothingOpen)
        self.show_place(Place.CHART if charted and self.open_place is Place.IMAGES else Place.WARD)

    def stop(self) -> None:
        """Signing out: every place lets go."""
        self._minute.stop()
        for view in self._places.values():
            view.stop()

    def title(self) -> str:
        """What the open place is about."""
        view = self._places.get(self.open_place)
        return view.title() if view is not None else ""

    def _title_changed(self, place: Place) -> None:
        if place is self.open_place:
            self.title_changed.emit(self.title())

    def _noted(self, place: Place, words: str) -> None:
        if place is self.open_place:
            self.key_line.show_note(words)

    def _banner_changed(self, place: Place) -> None:
        if place is not self.open_place:
            return
        layout = self._banner_slot.layout()
        while layout is not None and layout.count():
            item = layout.takeAt(0)
            if item is not None and (widget := item.widget()) is not None:
                widget.hide()
                widget.setParent(None)
        banner = self._places[place].banner()
        if banner is not None and layout is not None:
            layout.addWidget(banner)
            banner.show()
        self._banner_slot.setVisible(banner is not None)

    def _show_keys(self) -> None:
        self.key_line.show_keys(self._actions.hints())

    def _show_status(self, status: SyncStatus) -> None:
        self.top_bar.show_server(offline_since=status.offline_since, training=self._account.training)
        self.offline.setVisible(
            status.offline_since is not None or status.needs_sign_in or bool(status.disk_trouble))
        self.key_line.show_saved(status.saved_line)
        if status.refused:
            self.key_line.show_sent(f"{len(status.refused)} bị từ chối · F4 xem", waiting=True)
        elif status.waiting_count:
            self.key_line.show_sent(status.waiting_line, waiting=True)
        else:
            self.key_line.show_sent(status.received_line or "Mọi thay đổi đã lên máy chủ")
        if status.disk_trouble:
            self.offline.say_disk(status.disk_trouble)
        elif status.offline_since is not None:
            self._minute.start()
            self._tick()
            return
        elif status.needs_sign_in:
            self.offline.say_signed_out()
        self._minute.stop()

    def _tick(self) -> None:
        """The spans of the offline line grow."""
        status = self._sync.status
        if status.offline_since is None:
            return
        now = datetime.now(UTC)
        left = None if status.next_try_at is None else max(0, round((status.next_try_at - now).total_seconds()))
        self.offline.say(status.offline_since, now, left)

    def _show_machine(self) -> None:
        fact = self._machine.token
        words = fact.short or {"good": "sẵn sàng", "asking": "đang tìm", "attention": "chưa sẵn sàng"}[fact.state]
        self.top_bar.show_token(words, f"{fact.title}\n{fact.detail}")


class NothingOpen(PlaceView):
    """A place that is about one patient, while none is chosen."""

    def __init__(self, actions: ActionSet, parent: QWidget | None = None, *, title: str = "Hồ sơ",
                 words: str = "Chưa mở hồ sơ nào.") -> None:
        super().__init__(parent)
        self._title = title
        ground = QFrame()
        ground.setProperty("role", "panel")
        self._state = Empty(words, "Chọn người bệnh ở bảng khoa", key_of("place.ward"),
                            lambda: actions.trigger("place.ward"))
        ground.setLayout(column(self._state, gap=0))
        self.setLayout(column(ground, gap=0))

    def title(self) -> str:
        return self._title


def _itself(view: PlaceView) -> PlaceView:
    return view
