"""What a record lacks, as a list: what must be mended first, each with its place, and who can mend it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from PyQt6.QtCore import QAbstractListModel, QModelIndex, QObject, QRect, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent, QPainter
from PyQt6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from records.errors import Reason
from records.messages import ClosingPoint
from workstation.views import style
from workstation.views.widgets import times
from workstation.views.widgets.icons import icon_pixmap
from workstation.views.widgets.painting import paint_focus_ring

ITEM_ROLE = Qt.ItemDataRole.UserRole + 1
HEIGHT, HEAD = 48, 28
_ICONS = {"R14": "shield-check", "R16": "shield-check", "R25": "clock", "R23": "list-check", "R27": "info-circle",
          "R28": "signature", "R29": "signature", "R30": "file-text"}


@dataclass(frozen=True)
class Heading:
    """A line over the points of one weight."""

    text: str
    detail: str
    ink: str


Item = ClosingPoint | Heading
MEND = Heading("Phải sửa trước khi nhận, lưu trữ", "Khoa sửa, không ai sửa thay", "critical")
LOOK = Heading("Nên xem", "Không chặn, nhưng ở lại với hồ sơ", "attention")


def items_of(points: tuple[ClosingPoint, ...]) -> tuple[Item, ...]:
    """The points under their headings."""
    found: list[Item] = []
    for heading, gravity in ((MEND, "mend"), (LOOK, "look")):
        group = [point for point in points if point.gravity == gravity]
        found += [heading, *group] if group else []
    return tuple(found)


def second_line(point: ClosingPoint, now: datetime) -> str:
    """What to do, and since when it waits."""
    since = f"từ {times.day_and_clock(point.since, now)}" if point.since is not None else ""
    only = "chỉ chặn lưu trữ" if point.blocks == "archive" else ""
    return " · ".join(part for part in (Reason.from_json(point.reason).todo, since, only) if part)


class PointsModel(QAbstractListModel):
    """Points and their headings as rows; a heading cannot be chosen."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.items: tuple[Item, ...] = ()

    def show(self, items: tuple[Item, ...]) -> bool:
        """These are the points now; whether that is news."""
        if items == self.items:
            return False
        self.beginResetModel()
        self.items = items
        self.endResetModel()
        return True

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008  # Qt's own default
        return 0 if parent.isValid() else len(self.items)

    def flags(self, index: QModelIndex) -> Qt.ItemFlag:
        if isinstance(self.data(index, ITEM_ROLE), Heading):
            return Qt.ItemFlag.NoItemFlags
        return super().flags(index)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or index.row() >= len(self.items):
            return None
        item = self.items[index.row()]
        if role == ITEM_ROLE:
            return item
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            if isinstance(item, Heading):
                return item.text
            return f"{Reason.from_json(item.reason).vietnamese}, {', '.join(item.who)}"
        if role == Qt.ItemDataRole.ToolTipRole and isinstance(item, ClosingPoint):
            reason = Reason.from_json(item.reason)
            return f"{reason.vietnamese}\n{reason.todo}\n{item.rule}".replace("\n\n", "\n")
        return None


class _PointRow(QStyledItemDelegate):
    """What is so, what to do, who can mend it; a heading stands over each weight."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        return QSize(200, HEAD if isinstance(index.data(ITEM_ROLE), Heading) else HEIGHT)

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        item = index.data(ITEM_ROLE)
        if painter is None:
            return
        painter.save()
        if isinstance(item, Heading):
            self._paint_heading(painter, option.rect, item)
        elif isinstance(item, ClosingPoint):
            self._paint_point(painter, option, item)
        painter.restore()

    @staticmethod
    def _paint_heading(painter: QPainter, area: QRect, item: Heading) -> None:
        painter.fillRect(area, style.colour("alt"))
        painter.setPen(style.colour("line"))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        inside = area.adjusted(12, 0, -12, 0)
        _words(painter, inside, item.text, item.ink, bold=True)
        inside.setLeft(inside.left() + painter.fontMetrics().horizontalAdvance(item.text) + 12)
        _words(painter, inside, item.detail, "ink2")

    @staticmethod
    def _paint_point(painter: QPainter, option: QStyleOptionViewItem, item: ClosingPoint) -> None:
        area, chosen = option.rect, bool(option.state & QStyle.StateFlag.State_Selected)
        painter.fillRect(area, style.colour("sel" if chosen else "panel"))
        painter.setPen(style.colour("line"))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        device = painter.device()
        scale = device.devicePixelRatioF() if device is not None else 1.0
        ink = "critical" if item.gravity == "mend" else "attention"
        picture = icon_pixmap(_ICONS.get(item.rule, "file-text"), ink, 16, scale)
        painter.drawPixmap(area.x() + 12, area.y() + 16, picture)
        who_width, go_width = 210, 54
        second = second_line(item, datetime.now(UTC))
        text = QRect(area.x() + 40, area.y() + (4 if second else 14), area.width() - 60 - who_width - go_width, 20)
        _words(painter, text, Reason.from_json(item.reason).vietnamese, "ink", bold=True)
        _words(painter, text.translated(0, 20), second, "ink2")
        who = QRect(text.right() + 12, area.y(), who_width, area.height())
        _words(painter, who, ", ".join(item.who), "ink2")
        if item.entry is not None:
            go = QRect(area.right() - go_width, area.y(), go_width, area.height())
            painter.drawPixmap(go.x(), go.center().y() - 7, icon_pixmap("chevron-right", "primary", 14, scale))
            _words(painter, go.adjusted(18, 0, 0, 0), "Tới", "primary")
        if chosen and option.state & QStyle.StateFlag.State_HasFocus:
            paint_focus_ring(painter, area.adjusted(1, 1, -1, -1))


def _words(painter: QPainter, area: QRect, words: str, ink: str, *, bold: bool = False) -> None:
    painter.setFont(style.font(bold=bold))
    painter.setPen(style.colour(ink))
    cut = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, area.width())
    painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, cut)


class PointsList(QListView):
    """↑↓ chooses a point, Enter goes to it."""

    entered = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows = PointsModel(self)
        self.setModel(self.rows)
        self.setItemDelegate(_PointRow(self))
        self.setAccessibleName("Điểm cần xem của hồ sơ")

    @property
    def point(self) -> ClosingPoint | None:
        """The point that is chosen."""
        item = self.currentIndex().data(ITEM_ROLE)
        return item if isinstance(item, ClosingPoint) else None

    def show_points(self, points: tuple[ClosingPoint, ...]) -> None:
        """These points; the cursor stays at its row, or goes to the first."""
        at = self.currentIndex().row()
        if self.rows.show(items_of(points)) and points:
            self._stand(at if 0 < at < self.rows.rowCount() else 1, 1)

    def step(self, by: int) -> None:
        """The next point, or the one before; round the ends."""
        if any(isinstance(item, ClosingPoint) for item in self.rows.items):
            self._stand((self.currentIndex().row() + by) % self.rows.rowCount(), by)

    def _stand(self, at: int, by: int) -> None:
        while isinstance(self.rows.items[at], Heading):
            at = (at + by) % len(self.rows.items)
        self.setCurrentIndex(self.rows.index(at))

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.entered.emit()
        else:
            super().keyPressEvent(event)
