"""The strip at the left: studies newest first, each series small; Enter or a drag puts one into a viewport."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from PyQt6.QtCore import QMimeData, QModelIndex, QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPixmap
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QListWidget,
    QListWidgetItem,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from records.image_lists import ImageSeriesView, ImageStudyView
from workstation.models.images.key_frames import KeyFrames
from workstation.models.images.study_list import StudyList, noun_of, series_words, study_words, told_words, written_day
from workstation.models.images.thumbnails import HEIGHT, WIDTH, Thumbnails
from workstation.views import style
from workstation.views.images.dark import image_pen
from workstation.views.widgets.icons import image_icon_pixmap

STRIP_WIDTH = 126
MIME = "application/x-benhan-series"
_HEAD, _LINE, _PAD = 38, 16, 6
ROW = Qt.ItemDataRole.UserRole + 1


@dataclass(frozen=True)
class StripRow:
    """A study's head, or one of its series."""

    study: ImageStudyView
    series: ImageSeriesView | None = None


class Strip(QListWidget):
    """What there is of this person; nothing in it moves by itself, but the series that is opened comes into sight."""

    wanted = pyqtSignal(str, str)
    """Study and series: into the active viewport."""

    def __init__(self, studies: StudyList, thumbnails: Thumbnails, keys: KeyFrames,
                 parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studies, self._thumbnails, self._keys = studies, thumbnails, keys
        self._shown: frozenset[str] = frozenset()
        self._active = ""
        self.setProperty("role", "viewer")
        self.setFixedWidth(STRIP_WIDTH)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setDragEnabled(True)
        self.setItemDelegate(_Painter(self))
        self.setAccessibleName("Các lần chụp và chuỗi ảnh")
        self.itemActivated.connect(self._opened)
        self.itemClicked.connect(self._opened)
        # Bound methods, not lambdas: Qt lets go of these with the widget, however late a picture comes.
        thumbnails.arrived.connect(self._came)
        keys.changed.connect(self._repaint)

    def load(self) -> None:
        """The studies as they are now; where it was scrolled to and what was marked stay."""
        at, marked = self._scrolled, self._marked
        self.clear()
        for study in self._studies.studies:
            head = self._add(StripRow(study), f"{written_day(study)} {study_words(study)}")
            head.setFlags(Qt.ItemFlag.ItemIsEnabled)
            for series in study.series:
                self._thumbnails.want(study.uid, series)
                self._add(StripRow(study, series), f"Chuỗi {series_words(series)}, {count_words(series)}")
        self._go_back(at, marked)

    @property
    def _scrolled(self) -> int:
        bar = self.verticalScrollBar()
        return bar.value() if bar is not None else 0

    @property
    def _marked(self) -> str:
        item = self.currentItem()
        row = item.data(ROW) if item is not None else None
        return row.series.uid if isinstance(row, StripRow) and row.series is not None else ""

    def _go_back(self, scrolled: int, marked: str) -> None:
        for number in range(self.count()):
            item = self.item(number)
            row = item.data(ROW) if item is not None else None
            if marked and isinstance(row, StripRow) and row.series is not None and row.series.uid == marked:
                self.setCurrentRow(number)
        if (bar := self.verticalScrollBar()) is not None:
            bar.setValue(scrolled)

    def mark(self, shown: Collection[str], active: str) -> None:
        """Which series are in viewports, and which in the active one."""
        moved = active != self._active
        self._shown, self._active = frozenset(shown), active
        if moved:
            self._bring(active)
        self._repaint()

    def _bring(self, series: str) -> None:
        """Scroll until it is seen, with its study's day where both have room; what is seen already stays."""
        head = None
        for item in map(self.item, range(self.count())):
            row = item.data(ROW) if item is not None else None
            if not isinstance(row, StripRow) or row.series is None:
                head = item
            elif row.series.uid == series:
                self.scrollToItem(head)
                self.scrollToItem(item)

    def keys_in(self, series: str) -> int:
        """How many key images it has."""
        return self._keys.count(series)

    def is_shown(self, series: str) -> bool:
        """Whether it is in a viewport."""
        return series in self._shown

    def is_active(self, series: str) -> bool:
        """Whether it is in the active viewport."""
        return series == self._active

    def picture(self, series: str) -> QPixmap | None:
        """The small picture, when it is here."""
        found = self._thumbnails.picture(series)
        pixmap = QPixmap()
        return pixmap if found is not None and pixmap.loadFromData(found) else None

    def why_not(self, series: ImageSeriesView) -> str:
        """Why there is no small picture."""
        if not series.shown:
            return told_words(series)
        return self._thumbnails.why_not_short(series.uid)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        # Letters belong to the tools of the viewport, not to a search in the list.
        if event is not None and event.text() and not event.text().isspace() and event.key() not in (
                Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.ignore()
            return
        super().keyPressEvent(event)

    def mimeData(self, items: object) -> QMimeData | None:
        found = self.currentItem()
        row = found.data(ROW) if found is not None else None
        if not isinstance(row, StripRow) or row.series is None or not row.series.shown:
            return None
        data = QMimeData()
        data.setData(MIME, f"{row.study.uid} {row.series.uid}".encode())
        return data

    def _add(self, row: StripRow, spoken: str) -> QListWidgetItem:
        item = QListWidgetItem(self)
        item.setData(ROW, row)
        item.setData(Qt.ItemDataRole.AccessibleTextRole, spoken)
        self._tip(item, row)
        return item

    def _tip(self, item: QListWidgetItem, row: StripRow) -> None:
        """The strip is too narrow for most names; and why there is no small picture."""
        why = self._thumbnails.why_not(row.series.uid) if row.series is not None else ""
        item.setToolTip("\n".join(filter(None, (item.data(Qt.ItemDataRole.AccessibleTextRole), why))))

    def _opened(self, item: QListWidgetItem) -> None:
        row = item.data(ROW)
        if isinstance(row, StripRow) and row.series is not None:
            self.wanted.emit(row.study.uid, row.series.uid)

    def _came(self, series: str) -> None:
        for item in map(self.item, range(self.count())):
            row = item.data(ROW) if item is not None else None
            if item is not None and isinstance(row, StripRow) and row.series is not None and row.series.uid == series:
                self._tip(item, row)
        self._repaint()

    def _repaint(self) -> None:
        if (view := self.viewport()) is not None:
            view.update()


def count_words(series: ImageSeriesView) -> str:
    """«268 lát», «30 khung hình», «1 ảnh»."""
    if series.frames > 1:
        return f"{series.frames} {noun_of(series)}"
    return "1 ảnh" if series.shown else told_words(series)


class _Painter(QStyledItemDelegate):
    """Draws a study's head, or a series with its small picture."""

    def __init__(self, strip: Strip) -> None:
        super().__init__(strip)
        self._strip = strip

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        row = index.data(ROW)
        if row.series is None:
            return QSize(STRIP_WIDTH - 2, _HEAD)
        return QSize(STRIP_WIDTH - 2, (HEIGHT if row.series.shown else 0) + 2 * _LINE + 2 * _PAD + 2)

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        if painter is None:
            return
        row = index.data(ROW)
        painter.save()
        if row.series is None:
            self._head(painter, option.rect, row.study)
        else:
            self._series(painter, option.rect, row.series, index.row())
        painter.restore()

    @staticmethod
    def _head(painter: QPainter, area: QRect, study: ImageStudyView) -> None:
        painter.setFont(style.font("small", bold=True))
        painter.setPen(style.image_colour("strong"))
        inner = area.adjusted(_PAD, 4, -4, 0)
        painter.drawText(inner, Qt.AlignmentFlag.AlignTop, written_day(study))
        painter.setFont(style.font("small"))
        painter.setPen(style.image_colour("ink"))
        words = QFontMetrics(painter.font()).elidedText(study_words(study), Qt.TextElideMode.ElideRight, inner.width())
        painter.drawText(inner.adjusted(0, _LINE, 0, 0), Qt.AlignmentFlag.AlignTop, words)

    def _series(self, painter: QPainter, area: QRect, series: ImageSeriesView, row_number: int) -> None:
        strip = self._strip
        box = area.adjusted(_PAD - 1, 2, -5, -3)
        painter.fillRect(box, style.image_colour("chosen" if strip.is_active(series.uid) else "ground"))
        lit = strip.is_active(series.uid) or strip.is_shown(series.uid)
        focused = strip.hasFocus() and strip.currentRow() == row_number
        painter.setPen(image_pen("strong" if focused else "reference" if lit else "edge",
                                 2 if strip.is_active(series.uid) or focused else 1))
        painter.drawRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5))
        if series.shown:
            picture = strip.picture(series.uid)
            place = QRect(box.x() + (box.width() - WIDTH) // 2, box.y() + 2, WIDTH, HEIGHT)
            if picture is not None:
                painter.drawPixmap(place.intersected(box.adjusted(1, 1, -1, -1)), picture)
            elif why := strip.why_not(series):
                painter.setPen(style.image_colour("alert"))
                painter.setFont(style.font("small"))
                painter.drawText(place, Qt.AlignmentFlag.AlignCenter, why)
        if keys := strip.keys_in(series.uid):
            self._star(painter, box, str(keys))
        self._words(painter, box, series)

    def _star(self, painter: QPainter, box: QRect, words: str) -> None:
        """A star and how many key images there are, on a ground of its own: small pictures are of any grey."""
        painter.setFont(style.font("small", bold=True))
        wide = 14 + QFontMetrics(painter.font()).horizontalAdvance(words) + 8
        room = QRect(box.right() - wide - 2, box.y() + 3, wide, 16)
        painter.fillRect(room, style.image_colour("ground"))
        painter.drawPixmap(room.x() + 2, room.y() + 1,
                           image_icon_pixmap("star", "length", 14, self._strip.devicePixelRatioF()))
        painter.setPen(style.image_colour("length"))
        painter.drawText(room.adjusted(18, 0, -2, 0), Qt.AlignmentFlag.AlignVCenter, words)

    @staticmethod
    def _words(painter: QPainter, box: QRect, series: ImageSeriesView) -> None:
        painter.setFont(style.font("small"))
        painter.setPen(style.image_colour("strong"))
        metrics = QFontMetrics(painter.font())
        below = box.bottom() - 2 * _LINE - 1
        for number, words in enumerate((series_words(series), count_words(series))):
            painter.drawText(QRect(box.x() + 4, below + number * _LINE, box.width() - 6, _LINE),
                             Qt.AlignmentFlag.AlignVCenter,
                             metrics.elidedText(words, Qt.TextElideMode.ElideRight, box.width() - 8))
            painter.setPen(style.image_colour("ink"))
