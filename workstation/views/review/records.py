"""Discharged records as a list: who, where, until when, how many points; what was archived last stands below."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from PyQt6.QtCore import QAbstractListModel, QModelIndex, QObject, QRect, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QPainter
from PyQt6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from records.entries import EncounterState
from records.messages import ClosingRow
from workstation.views import style
from workstation.views.widgets import times
from workstation.views.widgets.painting import ChipText, chip_width, paint_chip, paint_focus_ring

ROW_ROLE = Qt.ItemDataRole.UserRole + 1
HEIGHT = 48


def due_words(record: ClosingRow, now: datetime) -> tuple[str, str]:
    """Words and ink of the deadline: quá 10 giờ, còn 42 phút."""
    if record.state is EncounterState.ARCHIVED or record.due is None:
        return "", "ink2"
    late = now > record.due
    return f"{'quá' if late else 'còn'} {times.span(abs(record.due - now))}", "attention" if late else "ink2"


def chip_of(record: ClosingRow) -> ChipText:
    """Where the record stands, as word and colour."""
    if record.state is EncounterState.ARCHIVED:
        return ChipText(f"Lưu trữ B-{record.level}", "ok" if record.level == "LT" else "neutral", "lock")
    if record.mend:
        return ChipText(f"{record.mend} điểm", "attention")
    if record.last == "completed":
        return ChipText("Đã nhận", "ok", "check")
    return ChipText("Trả khoa" if record.last == "returned" else "Đủ", "new" if record.last == "returned" else "ok",
                    "check")


class RecordsModel(QAbstractListModel):
    """Records as rows."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.records: tuple[ClosingRow, ...] = ()

    def show(self, records: tuple[ClosingRow, ...]) -> bool:
        """These are the records now; whether that is news."""
        if records == self.records:
            return False
        self.beginResetModel()
        self.records = records
        self.endResetModel()
        return True

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008  # Qt's own default
        return 0 if parent.isValid() else len(self.records)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or index.row() >= len(self.records):
            return None
        record = self.records[index.row()]
        if role == ROW_ROLE:
            return record
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            words, _ = due_words(record, datetime.now(UTC))
            return ", ".join(part for part in (record.patient, record.ward, words, chip_of(record).spoken) if part)
        return None


class _RecordRow(QStyledItemDelegate):
    """Name and deadline above, ward and state below."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        return QSize(200, HEIGHT)

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        record = index.data(ROW_ROLE)
        if painter is None or not isinstance(record, ClosingRow):
            return
        area, chosen, now = option.rect, bool(option.state & QStyle.StateFlag.State_Selected), datetime.now(UTC)
        painter.save()
        painter.fillRect(area, style.colour("sel" if chosen else "panel"))
        painter.setPen(style.colour("line"))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        chip, (words, ink) = chip_of(record), due_words(record, now)
        inside = area.adjusted(10, 4, -10, -4)
        above = QRect(inside.x(), inside.y(), inside.width(), 20)
        below = QRect(inside.x(), inside.y() + 20, inside.width() - chip_width(chip) - 8, 20)
        _words(painter, above, words, ink, right=True)
        above.setRight(above.right() - painter.fontMetrics().horizontalAdvance(words) - 8)
        _words(painter, above, record.patient, "ink", bold=True)
        left = f" · ra {times.day_and_clock(record.discharged_at, now)}" if record.discharged_at else ""
        _words(painter, below, f"{record.ward}{left}", "ink2")
        paint_chip(painter, QRect(inside.right() - chip_width(chip), inside.y() + 20, chip_width(chip), 20), chip)
        if chosen and option.state & QStyle.StateFlag.State_HasFocus:
            paint_focus_ring(painter, area.adjusted(1, 1, -1, -1))
        painter.restore()


def _words(painter: QPainter, area: QRect, words: str, ink: str, *, bold: bool = False, right: bool = False) -> None:
    painter.setFont(style.font(bold=bold))
    painter.setPen(style.colour(ink))
    side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
    cut = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, area.width())
    painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | side, cut)


class RecordsList(QListView):
    """↑↓ chooses a record."""

    chosen = pyqtSignal(object)
    """UUID of the encounter."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows = RecordsModel(self)
        self.setModel(self.rows)
        self.setItemDelegate(_RecordRow(self))
        self.setAccessibleName("Hồ sơ chờ soát")
        selection = self.selectionModel()
        if selection is not None:
            selection.currentChanged.connect(self._moved)

    def show_records(self, records: tuple[ClosingRow, ...], current: UUID | None) -> None:
        """These records, the cursor on the one that is chosen."""
        self.rows.show(records)
        at = next((at for at, one in enumerate(records) if one.encounter == current), -1)
        if at >= 0 and self.currentIndex().row() != at:
            self.setCurrentIndex(self.rows.index(at))

    def _moved(self, index: QModelIndex) -> None:
        record = index.data(ROW_ROLE)
        if isinstance(record, ClosingRow):
            self.chosen.emit(record.encounter)
