"""The place «Ký»: what waits for my signature, by deadline; what exactly it says; sign what is chosen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

from PyQt6.QtCore import QSize, pyqtSignal
from PyQt6.QtGui import QFontMetrics
from PyQt6.QtWidgets import QAbstractItemView, QPushButton, QStackedWidget, QWidget

from workstation.models.account import Account
from workstation.models.awaited import AwaitedModel
from workstation.models.signing import Line, Task
from workstation.models.signing_board import BoardScope, SigningBoardModel
from workstation.models.waiting import Waiting, WaitingModel
from workstation.views import style
from workstation.views.actions import ALLOWED, NOT_NOW, ActionSet, key_of
from workstation.views.signing.awaited import AwaitedPanel
from workstation.views.signing.corrections import CorrectionDialog, CorrectionsPanel
from workstation.views.signing.document import DocumentPanel
from workstation.views.signing.holders import HoldersPanel
from workstation.views.signing.lines import LinesList
from workstation.views.signing.reminded import RemindedLine, times_words
from workstation.views.signing.signed_today import SignedPanel
from workstation.views.signing.to_know import show_others, show_reviews
from workstation.views.widgets import times
from workstation.views.widgets.buttons import KeyButton, PrimaryButton
from workstation.views.widgets.delegates import CellText
from workstation.views.widgets.place import PlaceView
from workstation.views.widgets.states import Empty, Loading
from workstation.views.widgets.text import Elided, KeyCap, PanelHead, column, frame, label, row

_MINE = ("signing.choose", "signing.open", "signing.mark", "signing.read", "signing.sign", "signing.sign_all",
         "signing.remind", "signing.step", "signing.scope", "signing.scope.me", "signing.scope.ward",
         "signing.scope.house", "signing.scope.signed", "signing.put_away", "signing.ward", "signing.corrected")
_SCOPES = {BoardScope.ME: "Chờ tôi", BoardScope.WARD: "Khoa tôi", BoardScope.HOUSE: "Toàn viện",
           BoardScope.SIGNED: "Đã ký hôm nay"}
_WARD_OF_ANOTHER = "Khoa ký thay"
"""What the ward's button says while it shows a ward in which one only signs for another (R29)."""
LIST_WIDTH = 560


class ScopeButton(QPushButton):
    """One scope with how much waits in it; pressed while it is shown."""

    def __init__(self, name: str, on_click: Callable[[], object], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self.setText(name)  # before the first count too: a screen reader meets no button without a name
        self.setCheckable(True)
        self.setProperty("role", "scope")
        self.clicked.connect(lambda _checked: on_click())

    def show_count(self, count: int | None, *, chosen: bool, name: str) -> None:
        """This much waits in what is called so."""
        self._name = name
        self.setText(self._name if count is None else f"{self._name} {count}")
        self.setChecked(chosen)

    def sizeHint(self) -> QSize:
        """Room for the bold words of the chosen one, so that none of them moves when another is chosen."""
        return QSize(QFontMetrics(style.font(bold=True)).horizontalAdvance(self.text()) + 28, style.px("field"))


def due_words(item: Waiting, now: datetime) -> CellText:
    """quá 22 phút, còn 3 giờ 10."""
    if item.due is None:
        return CellText("không hạn", "ink2")
    late = now > item.due
    said = f"{'quá' if late else 'còn'} {times.span(abs(item.due - now))}"
    return CellText(said, "attention" if late else "ink2", icon="clock")


class SigningPlace(PlaceView):
    """Left: what waits for me. Right: what it says."""

    sign_wanted = pyqtSignal(list)
    """list of Task."""
    chart_wanted = pyqtSignal(object, object)
    """UUIDs of encounter and entry, or None for the record itself."""
    count_changed = pyqtSignal(int)
    reminded_changed = pyqtSignal(bool)
    """Somebody asks me for a signature, or nobody does any more."""
    corrected_changed = pyqtSignal(bool)
    """A result that I ordered was corrected and I have not seen it (R36), or none is any more."""

    def __init__(self, waiting: WaitingModel, board: SigningBoardModel, actions: ActionSet,
                 see: Callable[[Task], object], parent: QWidget | None = None, *,
                 awaited: AwaitedModel | None = None) -> None:
        super().__init__(parent)
        self.awaited = AwaitedPanel(awaited, self) if awaited is not None else None
        self._waiting, self._board, self._actions, self._see = waiting, board, actions, see
        self._seen: set[tuple[str, str]] = set()
        self._left_out: set[str] = set()
        self.list = LinesList(self._result)
        self.document = DocumentPanel()
        self._count = label("", "bold")
        self.sign = PrimaryButton("Ký", key_of("signing.sign"), icon="signature",
                                  on_click=lambda: actions.trigger("signing.sign"))
        self.holders = HoldersPanel(board, actions)
        self.signed = SignedPanel(board, actions)
        for panel in (self.holders, self.signed):
            panel.open_wanted.connect(self.chart_wanted)
        self._build()
        self._bind()
        self.list.moved.connect(self._moved)
        self.list.marked.connect(self._mark)
        self.list.paged.connect(self.document.page)
        self.document.looked.connect(self._looked)
        self.document.longer.connect(self._read_on.setVisible)
        self.list.entered.connect(self._open_mine)
        self.list.doubleClicked.connect(lambda _index: self._open_mine())
        waiting.changed.connect(self._show)
        board.changed.connect(self._show_scope)
        self._show()
        self._show_scope()

    def _build(self) -> None:
        head = PanelHead("signature", "Chờ tôi ký, theo hạn", self._count)
        self.list.setAccessibleName("Văn bản chờ tôi ký")
        self._states = QStackedWidget()
        self._states.setProperty("role", "panel")
        self._empty = Empty("Không có văn bản nào chờ bạn ký.")
        for part in (self.list, self._empty, Loading()):
            self._states.addWidget(part)
        left = QWidget()
        left.setFixedWidth(LIST_WIDTH)
        self.corrections = CorrectionsPanel(self._actions)
        layout = column(self.corrections, head, gap=0)
        if self.awaited is not None:
            layout.addWidget(self.awaited)
        layout.addWidget(self._states, 1)
        self._others, self._reviews = column(gap=0), column(gap=0)
        layout.addLayout(self._reviews)
        layout.addLayout(self._others)
        left.setLayout(layout)
        divider = frame("divider")
        divider.setFixedWidth(1)
        self._foot = frame("foot")
        self._read_on = QWidget(self)
        self._read_on.setLayout(row(KeyCap(key_of("signing.read")), label("đọc hết mới tính là đã xem", "small_second"),
                                    gap=6))
        self._read_on.hide()
        self._foot.setLayout(row(
            KeyCap(key_of("signing.mark")), label("chọn, bỏ", "small_second"), 8, self._read_on, None,
            KeyButton("Mở hồ sơ", key_of("signing.open"), on_click=lambda: self._actions.trigger("signing.open")),
            self.sign, margins=(16, 9, 14, 9)))
        right = column(self.document, gap=0)
        right.setStretch(0, 1)
        right.addWidget(self._foot)
        mine = QWidget()
        mine.setLayout(right)
        self._right = QStackedWidget()
        self._right.addWidget(mine)
        self._right.addWidget(self.holders)
        self._right.addWidget(self.signed)
        body = row(left, divider, gap=0)
        body.addWidget(self._right, 1)
        whole = column(self._scope_bar(), gap=0)
        whole.addLayout(body, 1)
        self.setLayout(whole)

    def _scope_bar(self) -> QWidget:
        """Whose signatures are shown: buttons with their counts, one pressed; who reminded me; the hospital's times."""
        bar = frame("band")
        self.reminded = RemindedLine(self._actions)
        self.times = Elided("", "small_second")
        self._buttons = {scope: ScopeButton(_SCOPES[scope], partial(self._board.choose_scope, scope), bar)
                         for scope in BoardScope}
        layout = row(label("Chữ ký", "title"), 6, *self._buttons.values(), 12, self.reminded, gap=6,
                     margins=(12, 6, 12, 6))
        layout.addWidget(self.times, 1)
        bar.setLayout(layout)
        return bar

    @property
    def scopes(self) -> dict[BoardScope, ScopeButton]:
        """The buttons of what this person may look at now: a delegation may begin or end meanwhile."""
        return {scope: self._buttons[scope] for scope in self._board.scopes}

    def _scope_name(self, scope: BoardScope) -> str:
        ward = self._board.ward if scope is BoardScope.WARD else None
        return _WARD_OF_ANOTHER if ward is not None and self._board.in_place_of(ward) else _SCOPES[scope]

    def _show_scope(self) -> None:
        """Another scope, or other counts."""
        for scope, button in self._buttons.items():
            button.setVisible(scope in self._board.scopes)
        for scope, button in self.scopes.items():
            told = self._board.told(scope)
            counts = {BoardScope.ME: len(self._waiting.items), BoardScope.SIGNED: self._board.signed_today}
            counted = counts.get(scope, told.value.in_scope if told else None)
            button.show_count(counted, chosen=scope is self._board.scope, name=self._scope_name(scope))
        shown = {BoardScope.ME: 0, BoardScope.SIGNED: 2}.get(self._board.scope, 1)
        if shown != self._right.currentIndex():
            self._right.setCurrentIndex(shown)
            self._list.setFocus()
        self.reminded.show_reminders(self._board.reminders)
        self.reminded_changed.emit(bool(self._board.reminders))
        self.corrections.show_notices(self._board.corrections)
        self.corrected_changed.emit(bool(self._board.corrections))
        self.times.say(times_words(self._board.times))
        show_reviews(self._reviews, self._board.reviews)
        self._actions.refresh()

    def _bind(self) -> None:
        bind = self._actions.bind
        bind("signing.choose", self._to_list, self._needs_lines)
        bind("signing.mark", self.list.mark, self._needs_some)
        bind("signing.read", partial(self.document.page, 1), self._needs_some)
        bind("signing.open", self._open, self._needs_lines)
        bind("signing.sign", self._sign, self._needs_some)
        bind("signing.sign_all", self._sign_all, self._needs_some)
        bind("signing.remind", self._board.remind, self._why_no_reminder)
        bind("signing.put_away", self._board.put_away, lambda: ALLOWED if self._board.reminders else NOT_NOW)
        bind("signing.corrected", self._see_correction, lambda: ALLOWED if self._board.corrections else NOT_NOW)
        bind("signing.step", self.holders.list.setFocus, self._has_more)
        bind("signing.scope", self.setFocus)
        for scope in BoardScope:
            bind(f"signing.scope.{scope.value}", partial(self._board.choose_scope, scope),
                 partial(self._may_show, scope))

    # The place

    def title(self) -> str:
        return "Ký"

    def enter(self) -> None:
        self._waiting.watch()
        self._board.watch()
        self.list.setFocus()

    def leave(self) -> None:
        self._waiting.rest()
        self._board.rest()

    def stop(self) -> None:
        self._waiting.rest()
        self._board.rest()
        self._actions.unbind(*_MINE)

    def account_changed(self, _account: Account) -> None:
        """What this person may sign for others is different from now on."""
        self._board.account_changed()

    # What is shown

    def shows(self, scope: BoardScope) -> bool:
        """Whether that scope is on the screen, as the server said it."""
        told = self._board.told(scope)
        return self._board.scope is scope and told is not None and not told.cached

    def lines(self) -> tuple[Line, ...]:
        """Every document that waits; what was seen is chosen until the person leaves it out."""
        found = []
        for item in self._waiting.items:
            task = item.task
            seen = task.seen or (task.key, task.wording) in self._seen
            found.append(Line(task, chosen=seen and task.key not in self._left_out, seen=seen))
        return tuple(found)

    def _show(self) -> None:
        lines = self.lines()
        self.list.show_lines(lines)
        people = len({line.task.patient.id for line in lines})
        self._count.setText(f"{len(lines)} văn bản, {people} người bệnh" if lines else "")
        self.count_changed.emit(len(lines))
        self._states.setCurrentIndex(0 if lines else 1 if self._waiting.loaded else 2)
        show_others(self._others, self._waiting.others)
        self._foot.setVisible(bool(lines))
        self._show_current()
        self._show_verb(lines)
        self._show_scope()

    def _may_show(self, scope: BoardScope) -> str:
        return ALLOWED if scope in self.scopes else NOT_NOW

    def _has_more(self) -> str:
        held = self._board.scope in (BoardScope.WARD, BoardScope.HOUSE)
        return ALLOWED if held and len(self._board.papers) > 1 else NOT_NOW

    def _why_no_reminder(self) -> str:
        return NOT_NOW if self._board.scope is BoardScope.ME else self._board.why_no_reminder()

    def _show_verb(self, lines: tuple[Line, ...]) -> None:
        count = sum(line.chosen for line in lines)
        self.sign.say(f"Ký {count} văn bản" if count > 1 else "Ký")
        self.sign.refuse("" if lines else "Không có văn bản nào chờ bạn ký.")

    def _moved(self, _key: str) -> None:
        self._show_current()

    def _show_current(self) -> None:
        self.document.show_line(self.list.current_line())

    def _looked(self, task: Task) -> None:
        """The whole of it was on the screen."""
        known = next((line for line in self.lines() if line.task.key == task.key), None)
        if known is not None and not known.seen:
            self._left_out.add(task.key)  # seen, but chosen only by the person
        self._seen.add((task.key, task.wording))
        self._see(task)
        self.list.show_lines(self.lines())

    def _result(self, line: Line) -> CellText:
        item = next((item for item in self._waiting.items if item.task.key == line.task.key), None)
        if item is None:
            return CellText("")
        if not line.seen:
            return CellText("chưa xem", "attention")
        return due_words(item, datetime.now(UTC))

    # Acts

    def _needs_some(self) -> str:
        return ALLOWED if self._waiting.items else NOT_NOW

    def _mark(self, key: str) -> None:
        self._left_out ^= {key}
        self._show()

    @property
    def _list(self) -> QAbstractItemView:
        """The list of the scope that is shown."""
        lists: dict[BoardScope, QAbstractItemView] = {
            BoardScope.ME: self.list, BoardScope.SIGNED: self.signed.list}
        return lists.get(self._board.scope, self.holders.list)

    def _to_list(self) -> None:
        self._list.setFocus()

    def _needs_lines(self) -> str:
        model = self._list.model()
        return ALLOWED if model is not None and model.rowCount() else NOT_NOW

    def _open(self) -> None:
        """The record of what is chosen in the scope that is shown."""
        if self._board.scope is BoardScope.ME:
            self._open_mine()
        elif self._board.scope is BoardScope.SIGNED:
            self.signed.open()
        else:
            self.holders.open()

    def _open_mine(self) -> None:
        if (line := self.list.current_line()) is not None:
            encounter: UUID = line.task.encounter.id
            self.chart_wanted.emit(encounter, line.task.entry)

    def _sign(self) -> None:
        """What is chosen; with nothing chosen, the one that the cursor is on."""
        tasks = [line.task for line in self.lines() if line.chosen]
        current = self.list.current_line()
        if not tasks and current is not None:
            tasks = [current.task]
        self.sign_wanted.emit(tasks)

    def _see_correction(self) -> None:
        """The newest result of which I am told: both texts, then «Đã xem»."""
        notice = next(iter(self._board.corrections), None)
        if notice is None:
            return
        dialog = CorrectionDialog(notice, self, on_seen=partial(self._board.seen, notice),
                                  on_chart=lambda: self.chart_wanted.emit(notice.encounter, notice.entry))
        self._board.texts_of(notice, dialog.show_texts, dialog.tell)
        dialog.show_over()

    def _sign_all(self) -> None:
        """All that the person has looked at; the rest is shown too, and left out."""
        self.sign_wanted.emit([line.task for line in self.lines()])
