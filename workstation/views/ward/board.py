"""The ward: who needs me first? Counters, the table of beds, and the panel of the chosen patient."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

from PyQt6.QtCore import QEvent, QModelIndex, QObject, Qt
from PyQt6.QtGui import QKeyEvent, QResizeEvent
from PyQt6.QtWidgets import QApplication, QFrame, QStackedWidget, QWidget

from records.early_warning import EarlyWarning, Level
from records.errors import Refusal
from workstation.models.status import SyncStatus
from workstation.models.sync import SyncModel
from workstation.models.worklist import (
    CLOCK_ROLE,
    SPARK_ROLE,
    WARNING_ROLE,
    BoardFilter,
    BoardModel,
    BoardOrder,
    Column,
)
from workstation.views.actions import NOT_NOW, ActionSet, key_of
from workstation.views.ward.counters import CounterButton
from workstation.views.ward.panel import WIDTH, PatientPanel
from workstation.views.ward.table import BoardTable
from workstation.views.widgets import times
from workstation.views.widgets.choice import ChoiceField
from workstation.views.widgets.fields import LineField
from workstation.views.widgets.place import PlaceView
from workstation.views.widgets.states import Empty, InTrouble, Loading
from workstation.views.widgets.text import KeyCap, column, frame, label, row, ward_words
from workstation.views.widgets.waiting import WaitingPanel

_ORDER_WORDS = {
    BoardOrder.BED: "Xếp theo giường", BoardOrder.URGENCY: "Xếp theo cảnh báo", BoardOrder.DEADLINE: "Xếp theo hạn",
}
_MINE = (
    "ward.open", "ward.write", "ward.choose", "ward.find", "ward.filter", "ward.next", "ward.previous", "ward.order",
    "ward.change", "ward.waiting", *(f"ward.filter.{which}" for which in BoardFilter),
)


FOLD_BELOW, NARROW_BELOW = 1200, 1000


class WardView(PlaceView):
    """The place «Khoa»."""

    def __init__(self, board: BoardModel, sync: SyncModel, actions: ActionSet, *,
                 on_open: Callable[[UUID], object] | None = None, on_write: Callable[[UUID], object] | None = None,
                 parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._board, self._sync, self._actions = board, sync, actions
        self._on_open, self._on_write = on_open, on_write
        self.table = BoardTable(board)
        self.panel = PatientPanel(actions)
        self.waiting = WaitingPanel(sync)
        self.right = QStackedWidget()
        self.right.setFixedWidth(WIDTH)
        self.right.addWidget(self.panel)
        self.right.addWidget(self.waiting)
        self.search = LineField("Tìm trong khoa", icon_name="search", placeholder="Tên hoặc giường")
        self.counters: dict[BoardFilter, CounterButton] = {}
        self._chosen: UUID | None = None
        self.folded = False
        self._build()
        self._bind()
        self._listen()
        self._show_wards()
        self._show_counters()
        self._show_choice()

    # What it is made of

    def _build(self) -> None:
        self.ward = ChoiceField("Khoa", icon_name="bed")
        self.ward.setFixedWidth(200)
        self._counter_row = row(gap=8)
        self.order_words, self.as_of = label("", "small_second"), label("", "small_second")
        self.search.setFixedWidth(190)
        self.search.hide()
        head = frame("band")
        head.setFixedHeight(46)
        layout = row(self.ward, gap=8, margins=(10, 0, 10, 0))
        layout.addLayout(self._counter_row)
        layout.addStretch(1)
        self._order_key = KeyCap(key_of("ward.order"))
        for widget in (self.search, self.order_words, self._order_key, self.as_of):
            layout.addWidget(widget)
        head.setLayout(layout)
        divider = QFrame()
        divider.setProperty("role", "divider")
        divider.setFixedWidth(1)
        self.left = QStackedWidget()
        self.left.setProperty("role", "panel")
        self._state: QWidget = Loading()
        self.left.addWidget(self.table)
        self.left.addWidget(self._state)
        self.left.setCurrentWidget(self._state)
        body = row(gap=0)
        body.addWidget(self.left, 1)
        body.addWidget(divider)
        body.addWidget(self.right)
        outer = column(head, gap=0)
        outer.addLayout(body, 1)
        self.setLayout(outer)
        self.setTabOrder(self.ward, self.table)
        self.setTabOrder(self.table, self.panel.open)

    def _bind(self) -> None:
        actions = self._actions
        chosen = self._needs_patient
        if self._on_open is not None:
            actions.bind("ward.open", self._open, chosen)
        if self._on_write is not None:
            actions.bind("ward.write", self._write, chosen)
        actions.bind("ward.choose", self.table.setFocus)
        actions.bind("ward.find", self._begin_search)
        actions.bind("ward.filter", self.table.setFocus)
        actions.bind("ward.next", lambda: self._step(1))
        actions.bind("ward.previous", lambda: self._step(-1))
        actions.bind("ward.order", self._board.next_order)
        actions.bind("ward.waiting", self._toggle_waiting)
        actions.bind("ward.change", self.ward.showPopup, lambda: "" if len(self._board.wards) > 1 else NOT_NOW)
        for which in BoardFilter:
            actions.bind(f"ward.filter.{which}", partial(self._filter, which), partial(self._has_counter, which))

    def _listen(self) -> None:
        board = self._board
        board.loaded.connect(self._loaded)
        board.modelAboutToBeReset.connect(self._remember)
        board.modelReset.connect(self._laid_out)
        board.ward_changed.connect(self._ward_changed)
        board.counters_changed.connect(self._show_counters)
        board.wards_changed.connect(self._show_wards)
        board.refused.connect(self._refused)
        self._sync.status_changed.connect(self._status_changed)
        self.ward.activated.connect(self._ward_chosen)
        self.table.opened.connect(lambda: self._actions.trigger("ward.open"))
        self.table.typed.connect(self._typed)
        selection = self.table.selectionModel()
        if selection is not None:
            selection.currentRowChanged.connect(lambda *_: self._show_choice())
        self.search.textChanged.connect(board.set_words)
        self.search.installEventFilter(self)

    # The place

    def title(self) -> str:
        return ward_words(self._board.ward.name) if self._board.ward is not None else "Khoa"

    def enter(self) -> None:
        if self._board.ward is None:
            self._board.load_wards()
            if self._board.wards:
                self._board.open_ward(self._board.wards[0].id)
        else:
            self._board.refresh()
        self.table.setFocus()

    def stop(self) -> None:
        self._actions.unbind(*_MINE)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        # Narrow (125 %, 150 %): the side folds away for the table; F4 brings it back when it is needed.
        super().resizeEvent(event)
        narrow, folded = self.width() < NARROW_BELOW, self.width() < FOLD_BELOW
        self.table.setColumnHidden(Column.DOCTOR, narrow)
        self.ward.setFixedWidth(140 if narrow else 200)
        self.table.fit_columns()
        self.as_of.setMaximumWidth(0 if narrow else 400)
        for counter in self.counters.values():
            counter.be_brief(folded)
        if folded != self.folded:
            self.folded = folded
            self.right.setVisible(not folded)
        self._show_search(shown=self.search.isVisibleTo(self))

    # What is shown

    def _remember(self) -> None:
        bed = self.table.current_row()
        self._chosen = bed.encounter if bed is not None and bed.encounter is not None else self._chosen

    def _laid_out(self) -> None:
        """Other rows, or in another order: the chosen patient stays chosen."""
        number = self._board.row_of(self._chosen) if self._chosen is not None else -1
        self.table.choose(max(0, number))
        if self._board.as_of is not None:
            self._show_rows()
        self._show_choice()

    def _loaded(self) -> None:
        self._say_when()
        self._show_rows()
        self.title_changed.emit(self.title())

    def _show_rows(self) -> None:
        if self._board.rowCount():
            self.left.setCurrentWidget(self.table)
            return
        searching = bool(self.search.text()) or self._board.filter is not None
        self._show_state(Empty("Không có giường nào như đang lọc." if searching else "Khoa này chưa có giường nào."))

    def _ward_changed(self) -> None:
        self._show_state(Loading())
        self._show_wards()
        self.title_changed.emit(self.title())

    def _status_changed(self, _status: SyncStatus) -> None:
        self._say_when()

    def _say_when(self) -> None:
        at = self._board.as_of
        words = "" if at is None else f"Cập nhật {times.clock(at)}"
        if at is not None and (self._board.cached or self._sync.status.offline_since is not None):
            words = f"Bản lúc {times.clock(at)}"
        self.as_of.setText(words)
        self.as_of.setVisible(bool(words))
        self.order_words.setText(_ORDER_WORDS[self._board.order])

    def _show_state(self, state: QWidget) -> None:
        self.left.removeWidget(self._state)
        self._state.hide()
        self._state.deleteLater()
        self._state = state
        self.left.addWidget(state)
        self.left.setCurrentWidget(state)

    def _refused(self, why: Refusal) -> None:
        if self._board.as_of is None:
            words = " ".join(reason.vietnamese for reason in why.reasons)
            self._show_state(InTrouble(words, " ".join(reason.todo for reason in why.reasons)))

    def _show_wards(self) -> None:
        self.ward.clear()
        for ward in self._board.wards:
            placed = " · ký thay" if self._board.is_given(ward) else ""
            self.ward.addItem(f"{ward.name.removeprefix('Khoa ')}{placed}", str(ward.id))
        if self._board.ward is not None:
            self.ward.setCurrentIndex(self.ward.findData(str(self._board.ward.id)))
        self._actions.refresh()

    def _show_counters(self) -> None:
        for counter in self._board.counters:
            if counter.filter is BoardFilter.RESULTS and not counter.count:
                continue
            button = self.counters.get(counter.filter)
            if button is None:
                button = self.counters[counter.filter] = CounterButton(counter)
                button.be_brief(self.folded)
                button.clicked.connect(lambda _on, which=counter.filter: self._filter(which))
                self._counter_row.addWidget(button)
            button.show_counter(counter, chosen=self._board.filter is counter.filter)
        self.order_words.setText(_ORDER_WORDS[self._board.order])
        self._actions.refresh()

    def _show_choice(self) -> None:
        index = self.table.currentIndex()
        bed = self.table.current_row()
        warning = index.data(WARNING_ROLE) if index.isValid() else None
        scores = tuple(index.data(SPARK_ROLE) or ()) if index.isValid() else ()
        self.panel.show_row(bed, warning, scores, datetime.now(UTC))
        self._actions.refresh()

    # What a person does

    def _needs_patient(self) -> str:
        bed = self.table.current_row()
        return "" if bed is not None and bed.encounter is not None else "Giường này đang trống: hãy chọn người bệnh."

    def _has_counter(self, which: BoardFilter) -> str:
        return "" if which in self.counters else NOT_NOW

    def _open(self) -> None:
        bed = self.table.current_row()
        if bed is not None and bed.encounter is not None and self._on_open is not None:
            self._on_open(bed.encounter)

    def _write(self) -> None:
        bed = self.table.current_row()
        if bed is not None and bed.encounter is not None and self._on_write is not None:
            self._on_write(bed.encounter)

    def _filter(self, which: BoardFilter) -> None:
        self._board.set_filter(which)

    def _step(self, by: int) -> None:
        """To the next bed (or the one before) whose early warning or deadline asks to be seen to."""
        count = self._board.rowCount()
        here = self.table.currentIndex().row()
        for distance in range(1, count + 1):
            number = (here + by * distance) % count
            if self._wants_a_look(self._board.index(number, 0)):
                self.table.choose(number)
                return

    @staticmethod
    def _wants_a_look(index: QModelIndex) -> bool:
        warning, clock = index.data(WARNING_ROLE), index.data(CLOCK_ROLE)
        pressing = isinstance(warning, EarlyWarning) and warning.level is not Level.LOW
        return pressing or (clock is not None and clock.state in ("near", "past"))

    def _toggle_waiting(self) -> None:
        if self.folded and not self.right.isVisible():
            self.right.show()
            return
        shown = self.right.currentWidget() is self.waiting
        if self.folded and shown:
            self.right.hide()
        self.right.setCurrentWidget(self.panel if shown else self.waiting)

    def _ward_chosen(self, number: int) -> None:
        ward = self.ward.itemData(number)
        if ward:
            self._board.open_ward(UUID(ward))
            self.table.setFocus()

    # Typing a name

    def _begin_search(self) -> None:
        self._show_search(shown=True)
        self.search.setFocus()

    def _show_search(self, *, shown: bool) -> None:
        """In the place of how the board is sorted: no counter is cut for it."""
        self.search.setVisible(shown)
        self.order_words.setVisible(not shown and not self.folded)
        self._order_key.setVisible(not shown and self.width() >= NARROW_BELOW)

    def _typed(self, event: QKeyEvent) -> None:
        self._begin_search()
        QApplication.sendEvent(self.search, QKeyEvent(
            QEvent.Type.KeyPress, event.key(), event.modifiers(), event.text()))

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if watched is self.search and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress \
                and not self.search.composing:
            return self._search_key(event)
        if watched is self.search and event is not None and event.type() == QEvent.Type.FocusOut:
            self._show_search(shown=bool(self.search.text()))
        return super().eventFilter(watched, event)

    def _search_key(self, event: QKeyEvent) -> bool:
        if event.key() == Qt.Key.Key_Escape:
            self.search.clear()
            self.table.setFocus()
        elif event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.table.choose(self.table.currentIndex().row() + (1 if event.key() == Qt.Key.Key_Down else -1))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._actions.trigger("ward.open")
            self.search.clear()  # who was looked for is found: who comes back sees the ward again, with them chosen
            self._show_search(shown=False)
        else:
            return False
        return True


