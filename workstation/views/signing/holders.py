"""Who holds up what: holders with their papers by deadline, how many waited lately."""

from __future__ import annotations

from datetime import UTC, datetime

from PyQt6.QtCore import QAbstractListModel, QModelIndex, QObject, QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from records.messages import DayCount, HolderView, SigningBoard, WaitingView
from workstation.models.signing_board import BoardScope, SigningBoardModel
from workstation.views import style
from workstation.views.actions import ActionSet
from workstation.views.signing.chain import ChainPanel
from workstation.views.signing.ward_choice import WardChoice
from workstation.views.widgets import times
from workstation.views.widgets.painting import paint_focus_ring
from workstation.views.widgets.states import Empty, Loading
from workstation.views.widgets.text import PanelHead, column, frame, label, row

HOLDER_ROLE = Qt.ItemDataRole.UserRole + 1
ROW, BAR_PX = 30, 12
INKS = {"overdue": "attention", "today": "attention_edge", "later": "primary_edge"}
_LEGEND = (("overdue", "quá hạn"), ("today", "hôm nay"), ("later", "sau đó"))


class HoldersModel(QAbstractListModel):
    """Holders as rows."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.holders: tuple[HolderView, ...] = ()

    def show(self, holders: tuple[HolderView, ...]) -> None:
        """These are the holders now."""
        if holders != self.holders:
            self.beginResetModel()
            self.holders = holders
            self.endResetModel()

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008  # Qt's own default
        return 0 if parent.isValid() else len(self.holders)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or index.row() >= len(self.holders):
            return None
        holder = self.holders[index.row()]
        if role == HOLDER_ROLE:
            return holder
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{holder.name}, {holder.role}: {holder.count} việc, {holder.overdue} quá hạn"
        return None


class _HolderRow(QStyledItemDelegate):
    """Name, role, count, bar, the oldest, the nearest deadline."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        return QSize(200, ROW)

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        holder = index.data(HOLDER_ROLE)
        if painter is None or not isinstance(holder, HolderView):
            return
        area, chosen = option.rect, bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.fillRect(area, style.colour("sel" if chosen else "panel"))
        painter.setPen(style.colour("line"))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        columns = _columns(area)
        now = datetime.now(UTC)
        _words(painter, columns["name"], holder.name, bold=True)
        _words(painter, columns["role"], holder.role, "ink2", cut=True)
        _words(painter, columns["count"], str(holder.count), bold=True, right=True)
        _bar(painter, columns["bar"], holder, max(one.count for one in _shown(index)))
        late = bool(holder.overdue)
        _words(painter, columns["oldest"], times.span(now - holder.oldest), "attention" if late else "ink2")
        nearest = times.day_and_clock(holder.nearest, now) if holder.nearest is not None else "không hạn"
        _words(painter, columns["nearest"], nearest)
        if chosen and option.state & QStyle.StateFlag.State_HasFocus:
            paint_focus_ring(painter, area.adjusted(1, 1, -1, -1))
        painter.restore()


def _shown(index: QModelIndex) -> tuple[HolderView, ...]:
    model = index.model()
    return model.holders if isinstance(model, HoldersModel) else ()


def _columns(area: QRect) -> dict[str, QRect]:
    """Where each column of a holder's row lies; the bar takes what is left."""
    widths = {"name": 176, "role": 150, "count": 30, "bar": 0, "oldest": 96, "nearest": 96}
    widths["bar"] = max(60, area.width() - sum(widths.values()) - 8 * len(widths))
    found, x = {}, area.x() + 8
    for name, width in widths.items():
        found[name] = QRect(x, area.y(), width, area.height())
        x += width + 8
    return found


def _words(painter: QPainter, area: QRect, words: str, ink: str = "ink", *, bold: bool = False, right: bool = False,
           cut: bool = False) -> None:
    painter.setFont(style.font(bold=bold))
    painter.setPen(style.colour(ink))
    side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
    text = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, area.width()) if cut else words
    painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | side, text)


def _bar(painter: QPainter, area: QRect, holder: HolderView, most: int) -> None:
    later = holder.count - holder.overdue - holder.today
    x, unit = float(area.x()), area.width() / max(most, 1)
    for name, count in (("overdue", holder.overdue), ("today", holder.today), ("later", later)):
        box = QRectF(x, area.center().y() - BAR_PX / 2 + 1, unit * count, BAR_PX)
        painter.fillRect(box, style.colour(INKS[name]))
        x += box.width()


class HoldersHead(QWidget):
    """The columns' titles over the holders."""

    _TITLES = {"name": "Người giữ", "role": "Chỗ ký", "bar": "Văn bản theo hạn", "oldest": "Lâu nhất",
               "nearest": "Hạn gần nhất"}

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(24)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), style.colour("alt"))
        columns = _columns(self.rect())
        for name, title in self._TITLES.items():
            _words(painter, columns[name], title, "ink2", bold=True)
        painter.setPen(style.colour("line2"))
        painter.drawLine(self.rect().bottomLeft(), self.rect().bottomRight())


class HoldersList(QListView):
    """↑↓ chooses a holder, ←→ one of the papers that they hold up."""

    chosen = pyqtSignal(object)
    """HolderView."""
    stepped = pyqtSignal(int)
    entered = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows = HoldersModel(self)
        self.setModel(self.rows)
        self.setItemDelegate(_HolderRow(self))
        self.setAccessibleName("Ai đang giữ văn bản")
        selection = self.selectionModel()
        if selection is not None:
            selection.currentChanged.connect(self._moved)

    def show_holders(self, holders: tuple[HolderView, ...], current: HolderView | None) -> None:
        """These holders, the cursor on the one that is chosen."""
        self.rows.show(holders)
        if current is not None and current in holders:
            self.setCurrentIndex(self.rows.index(holders.index(current)))

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is None:
            return
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.stepped.emit(1 if event.key() == Qt.Key.Key_Right else -1)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.entered.emit()
        else:
            super().keyPressEvent(event)

    def _moved(self, index: QModelIndex) -> None:
        holder = index.data(HOLDER_ROLE)
        if isinstance(holder, HolderView):
            self.chosen.emit(holder)


class DaysChart(QWidget):
    """Papers that waited at the end of each day, today until now."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._days: tuple[DayCount, ...] = ()
        self.setFixedHeight(104)

    def show_days(self, days: tuple[DayCount, ...]) -> None:
        """These days."""
        self._days = days
        self.setAccessibleName("Chờ ký lúc cuối ngày: " + ", ".join(
            f"{one.day:%d/%m} {one.waiting}" for one in days))
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setFont(style.font("small"))
        most = max((one.waiting for one in self._days), default=0) or 1
        step, room = self.width() / max(len(self._days), 1), self.height() - 40
        for number, one in enumerate(self._days):
            height = room * one.waiting / most
            left = number * step
            bar = QRectF(left + step / 2 - 14, 18 + room - height, 28, height)
            last = number == len(self._days) - 1
            painter.fillRect(bar, style.colour("primary" if last else "primary_edge"))
            painter.setPen(style.colour("ink2"))
            painter.drawText(QRectF(left, bar.y() - 18, step, 16), Qt.AlignmentFlag.AlignCenter, str(one.waiting))
            day = f"{one.day.day}/{one.day.month}"
            painter.drawText(QRectF(left, 20 + room, step, 18), Qt.AlignmentFlag.AlignCenter, day)
        painter.setPen(style.colour("line2"))
        painter.drawLine(0, 18 + room, self.width(), 18 + room)


class HoldersPanel(QWidget):
    """The right side of the place «Ký» when it shows a ward or the house."""

    open_wanted = pyqtSignal(object, object)
    """UUIDs of encounter and entry; of a review there is no entry."""

    def __init__(self, model: SigningBoardModel, actions: ActionSet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model, self._actions = model, actions
        self.list = HoldersList()
        self._head = PanelHead("users", "Ai đang giữ văn bản", *_legend())
        self.wards = WardChoice(model, actions, self)
        self.chain = ChainPanel(model, actions)
        self._days_head = PanelHead("chart-line", "Chờ ký lúc cuối ngày, 14 ngày qua")
        self.days = DaysChart()
        self._empty, self._loading = Empty("Không có văn bản nào chờ ký."), Loading()
        self._build()
        self.list.chosen.connect(model.choose_holder)
        self.list.stepped.connect(model.step)
        self.list.entered.connect(self.open)
        self.chain.opened.connect(self.open)
        model.changed.connect(self.show_board)

    def _build(self) -> None:
        self._titles = HoldersHead()
        layout = column(self._head, self.wards, self._empty, self._loading, self._titles, self.list, self.chain,
                        self._days_head, gap=0)
        foot = frame("panel")
        foot.setLayout(column(self.days, margins=(16, 4, 16, 4)))
        layout.addWidget(foot)
        layout.setStretch(layout.indexOf(self.list), 1)
        self.setLayout(layout)

    def open(self) -> None:
        """The record of the shown paper."""
        if (paper := self._model.paper) is not None:
            self.open_wanted.emit(paper.encounter, paper.entry if isinstance(paper, WaitingView) else None)

    def show_board(self) -> None:
        """The board of the chosen scope."""
        if self._model.scope is BoardScope.SIGNED:
            return
        board = self._model.board
        self._head.title.setText(f"Ai đang giữ văn bản · {self._model.place}")
        some = board is not None and bool(board.holders)
        self._loading.setVisible(board is None)
        self._empty.setVisible(board is not None and not some)
        for part in (self._titles, self.list, self.chain):
            part.setVisible(some)
        if board is not None:
            self.list.show_holders(board.holders, self._model.holder)
            self._show_days(board)
        self.chain.show_chain()

    def _show_days(self, board: SigningBoard) -> None:
        for part in (self._days_head, self.days):
            part.setVisible(bool(board.days))
        self.days.show_days(board.days)


def _legend() -> list[QWidget]:
    """Squares with their words."""
    return [_Square(INKS[name], words) for name, words in _LEGEND]


class _Square(QWidget):
    """A coloured square and what it means."""

    def __init__(self, ink: str, words: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ink = ink
        self.setLayout(row(14, label(words, "small_second"), gap=0))

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.fillRect(QRect(0, (self.height() - 9) // 2, 9, 9), style.colour(self._ink))
