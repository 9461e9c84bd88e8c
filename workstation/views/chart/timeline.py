"""The time line: entries by day, newest first, with icons and state words; «/» filters it."""

from __future__ import annotations

from functools import cache
from uuid import UUID

from PyQt6.QtCore import QEvent, QModelIndex, QObject, QPoint, QRect, QSize, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QKeyEvent, QPainter
from PyQt6.QtWidgets import QFrame, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from workstation.models.chart import GONE, ITEM_ROLE, ChartModel, DayHead, TimelineItem
from workstation.views import style
from workstation.views.chart.states import SHOWN, known_icon, word_of
from workstation.views.widgets import times
from workstation.views.widgets.fields import LineField
from workstation.views.widgets.icons import icon_pixmap
from workstation.views.widgets.painting import paint_focus_ring
from workstation.views.widgets.text import column, label, row

DAY_HEIGHT = 24
ITEM_HEIGHT = 37
_LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
_RIGHT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight


@cache
def _icon(name: str) -> str:
    return known_icon(name)


class TimelineDelegate(QStyledItemDelegate):
    """A day's heading, or an entry: icon, title, state, and a second line with time and author."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        return QSize(100, DAY_HEIGHT if isinstance(index.data(ITEM_ROLE), DayHead) else ITEM_HEIGHT)

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        if painter is None:
            return
        shown = index.data(ITEM_ROLE)
        if isinstance(shown, DayHead):
            _paint_day(painter, option.rect, shown)
        elif isinstance(shown, TimelineItem):
            chosen = bool(option.state & QStyle.StateFlag.State_Selected)
            _paint_item(painter, option.rect, shown, chosen=chosen)
            if chosen and option.state & QStyle.StateFlag.State_HasFocus:
                paint_focus_ring(painter, option.rect)


def _paint_day(painter: QPainter, area: QRect, head: DayHead) -> None:
    painter.fillRect(area, style.colour("alt"))
    painter.setPen(style.colour("line"))
    painter.drawLine(area.bottomLeft(), area.bottomRight())
    painter.setPen(style.colour("ink2"))
    painter.setFont(style.font("small", bold=True))
    inner = area.adjusted(10, 0, -10, 0)
    painter.drawText(inner, _LEFT, head.text)
    if head.day_of_stay > 0:
        painter.drawText(inner, _RIGHT, f"ngày {head.day_of_stay}")


def _paint_item(painter: QPainter, area: QRect, item: TimelineItem, *, chosen: bool) -> None:
    painter.fillRect(area, style.colour("sel" if chosen else "panel"))
    painter.setPen(style.colour("line"))
    painter.drawLine(area.bottomLeft(), area.bottomRight())
    if chosen:
        painter.fillRect(QRect(area.x(), area.y(), 3, area.height()), style.colour("primary"))
    device = painter.device()
    scale = device.devicePixelRatioF() if device is not None else 1.0
    painter.drawPixmap(area.x() + 10, area.y() + 4, icon_pixmap(_icon(item.icon), "ink", 16, scale))
    state = SHOWN[item.state]
    painter.drawPixmap(QPoint(area.right() - 22, area.y() + 5), icon_pixmap(state.icon, state.ink, 14, scale))
    gone = item.state in GONE
    painter.setFont(style.font(bold=chosen))
    painter.setPen(style.colour("ink3" if gone else "ink"))
    first = QRect(area.x() + 34, area.y() + 1, area.width() - 62, 19)
    cut = Qt.TextElideMode.ElideRight
    numbered = item.title.count(" ") < 3 and any(letter.isdigit() for letter in item.code)
    title = f"{item.title} {item.code}" if numbered else item.title
    painter.drawText(first, _LEFT, painter.fontMetrics().elidedText(title, cut, first.width()))
    second = QRect(area.x() + 34, area.y() + 19, area.width() - 40, 16)
    painter.setFont(style.font("small"))
    painter.setPen(style.colour("ink2" if not chosen else "ink"))
    word = word_of(item)
    words = f"{item.line} · {word}" if word else item.line
    if word and painter.fontMetrics().horizontalAdvance(words) > second.width():
        words = f"{times.clock(item.occurred_at)} · {word}"
    painter.drawText(second, _LEFT, painter.fontMetrics().elidedText(words, cut, second.width()))


class Timeline(QFrame):
    """The left column of the chart."""

    chosen = pyqtSignal(object)
    """UUID: the entry that the cursor is on."""
    opened = pyqtSignal(object)
    """UUID: Enter or a double click: go to it."""

    def __init__(self, chart: ChartModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.setFixedWidth(style.px("time_line"))
        self._chart = chart
        self._wanted: UUID | None = None
        self._quiet = False
        self.filter = LineField("Lọc dòng thời gian", icon_name="search", placeholder="Lọc  /")
        self.filter.setFixedWidth(128)
        self.filter.textChanged.connect(chart.set_words)
        self.filter.installEventFilter(self)
        self._count = label("", "small_second")
        self.list = QListView()
        self.list.setModel(chart)
        self.list.setItemDelegate(TimelineDelegate(self.list))
        self.list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setAccessibleName("Dòng thời gian")
        self.list.activated.connect(lambda index: self._tell(index, self.opened))
        self.list.clicked.connect(lambda index: self._tell(index, self.chosen))
        selection = self.list.selectionModel()
        if selection is not None:
            selection.currentChanged.connect(self._moved)
        head = row(self.filter, None, self._count, margins=(10, 5, 10, 5))
        layout = column(gap=0)
        layout.addLayout(head)
        layout.addWidget(self.list, 1)
        self.setLayout(layout)
        self._top: tuple[UUID, int] | None = None
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._stand)
        chart.modelAboutToBeReset.connect(self._note_place)
        chart.modelReset.connect(self._relaid)
        self._relaid()

    def choose(self, entry: UUID | None) -> None:
        """Put the cursor on an entry; nothing is told."""
        self._wanted = entry
        number = self._chart.row_of(entry) if entry is not None else -1
        self._quiet = True
        if number >= 0:
            self.list.setCurrentIndex(self._chart.index(number))
        else:
            self.list.setCurrentIndex(QModelIndex())
        self._quiet = False

    @property
    def entry(self) -> UUID | None:
        """The entry that the cursor is on."""
        return self._wanted

    def begin_filter(self) -> None:
        """The cursor into the filter (/)."""
        self.filter.setFocus()
        self.filter.selectAll()

    def _moved(self, index: QModelIndex, before: QModelIndex) -> None:
        del before
        item = index.data(ITEM_ROLE)
        if isinstance(item, TimelineItem) and not self._quiet:
            self._wanted = item.entry
            self.chosen.emit(item.entry)

    def _tell(self, index: QModelIndex, signal: object) -> None:
        item = index.data(ITEM_ROLE)
        if isinstance(item, TimelineItem):
            self._wanted = item.entry
            (self.opened if signal == self.opened else self.chosen).emit(item.entry)

    def _relaid(self) -> None:
        """The rows are new: the cursor stays on its entry."""
        count = len(self._chart.items)
        self._count.setText(f"{count} văn bản")
        self.choose(self._wanted)
        self._soon.start(0)

    def _note_place(self) -> None:
        """Which entry stands at the top, and how far below the edge."""
        if self._soon.isActive():
            return
        self._top = None
        bar = self.list.verticalScrollBar()
        if bar is None or not bar.value():
            return
        for y in (1, DAY_HEIGHT + 1):
            index = self.list.indexAt(QPoint(4, y))
            item = index.data(ITEM_ROLE)
            if isinstance(item, TimelineItem):
                self._top = (item.entry, self.list.visualRect(index).y())
                return

    def _stand(self) -> None:
        """A draft that was saved must not move what somebody reads further down."""
        bar = self.list.verticalScrollBar()
        number = self._chart.row_of(self._top[0]) if self._top is not None else -1
        if self._top is not None and number >= 0 and bar is not None:
            self.list.scrollTo(self._chart.index(number), QListView.ScrollHint.PositionAtTop)
            bar.setValue(bar.value() - self._top[1])

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if watched is not self.filter or not isinstance(event, QKeyEvent) or self.filter.composing:
            return False
        if event.type() == QEvent.Type.ShortcutOverride and event.key() == Qt.Key.Key_Escape and self.filter.text():
            event.accept()
            return True
        if event.type() != QEvent.Type.KeyPress:
            return False
        if event.key() == Qt.Key.Key_Escape and self.filter.text():
            self.filter.clear()
            return True
        if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._into_list()
            return True
        return False

    def _into_list(self) -> None:
        self.list.setFocus()
        if not self.list.currentIndex().isValid() and self._chart.rowCount() > 1:
            self.list.setCurrentIndex(self._chart.index(1))
