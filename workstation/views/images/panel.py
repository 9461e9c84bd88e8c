"""The panel at the right: whose images, what was measured, what is chosen for the report, what was there before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QModelIndex, QObject, QPoint, QRect, QRectF, QSize, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QFont, QFontMetrics, QKeyEvent, QPainter, QResizeEvent
from PyQt6.QtWidgets import (
    QApplication,
    QFrame,
    QListWidget,
    QListWidgetItem,
    QScrollArea,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from records.image_lists import ImageStudyView
from workstation.models.bed import bed_words
from workstation.models.images.marks import KIND_WORDS, Mark
from workstation.models.images.readings import headline
from workstation.models.images.study_list import study_words, written_day
from workstation.views import style
from workstation.views.images.dark import image_pen, paint_viewer_key
from workstation.views.widgets import times
from workstation.views.widgets.banner import Stripe, allergy_words, sex_word
from workstation.views.widgets.icons import image_icon_pixmap
from workstation.views.widgets.painting import key_width
from workstation.views.widgets.text import column, frame, label, row

if TYPE_CHECKING:  # images from a disc are read without the language of the wire
    from records.messages import EncounterView, PatientView

PANEL_WIDTH = 260
HIGH = 28
SETTLED_MS = 50
"""After so long everything in it has found its place."""
LINE = Qt.ItemDataRole.UserRole + 1
_INKS = {"circle-dashed": "region", "ruler-measure": "length", "angle": "length"}
WhereWords = Callable[[Mark], str]

_MARKS, _PRIORS = 6, 4
"""Rows of the lists that are seen at once."""


class Lines(QListWidget):
    """Rows of an icon, words, and a figure or a key at the right; as high as its rows."""

    opened = pyqtSignal(int)
    """The row that Enter or a click asks for."""

    def __init__(self, name: str, most: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._most = most
        self.setProperty("role", "viewer")
        self.setAccessibleName(name)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setItemDelegate(_LinePainter(self))
        self.itemActivated.connect(lambda item: self.opened.emit(self.row(item)))
        self.itemClicked.connect(lambda item: self.opened.emit(self.row(item)))
        self.show_lines(())

    def show_lines(self, lines: Sequence[tuple[str, str, str, bool]]) -> None:
        """Icon, words, what stands at the right, whether it is strong."""
        chosen = self.currentRow()
        self.clear()
        for line in lines:
            item = QListWidgetItem(self)
            item.setData(LINE, line)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{line[1]}: {line[2]}")
            item.setToolTip(line[1])
        self.setCurrentRow(min(chosen, self.count() - 1))
        self.show_at_most(self._most)
        self.setVisible(bool(lines) or self.isVisible())

    def show_at_most(self, most: int) -> None:
        """So many rows at once; the others are scrolled to."""
        self._most = most
        self.setFixedHeight(HIGH * min(most, max(1, self.count())) + 2)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is not None and event.text() and event.text().isprintable():
            event.ignore()  # letters belong to the tools
            return
        super().keyPressEvent(event)


class _LinePainter(QStyledItemDelegate):
    """Draws one row on the dark ground."""

    def __init__(self, lines: Lines) -> None:
        super().__init__(lines)
        self._lines = lines

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        return QSize(PANEL_WIDTH - 24, HIGH)

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        if painter is None:
            return
        icon_name, words, right, strong = index.data(LINE)
        painter.save()
        area = option.rect
        if self._lines.hasFocus() and index.row() == self._lines.currentRow():
            painter.fillRect(area, style.image_colour("chosen"))
            painter.setPen(image_pen("reference"))
            painter.drawRect(QRectF(area).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.setPen(image_pen("edge"))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        ink = _INKS.get(icon_name, "ink")
        painter.drawPixmap(area.x() + 2, area.y() + 6, image_icon_pixmap(
            icon_name, ink, 16, self._lines.devicePixelRatioF()))
        width = self._right(painter, area, right)
        painter.setPen(style.image_colour("strong" if strong else "ink"))
        room = area.adjusted(24, 0, -width - 8, 0)
        told, font = fitting(words, room.width(), bold=strong)
        painter.setFont(font)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, told)
        painter.restore()

    @staticmethod
    def _right(painter: QPainter, area: QRect, right: str) -> int:
        if len(right) == 1:
            width = key_width(right)
            paint_viewer_key(painter, QRect(area.right() - width - 2, area.y(), width, area.height()), right)
            return width + 4
        painter.setFont(style.font(bold=True))
        painter.setPen(style.image_colour("strong"))
        painter.drawText(area.adjusted(0, 0, -4, 0), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, right)
        return QFontMetrics(painter.font()).horizontalAdvance(right) + 6


def fitting(words: str, width: int, *, bold: bool = False) -> tuple[str, QFont]:
    """Words as large as there is room for: smaller, then without the kind that the icon says too («Dài, …»), and cut
    only where even that is too long.
    """
    plain, small = style.font(bold=bold), style.font("small", bold=bold)
    for told, font in ((words, plain), (words, small), (words.partition(", ")[2], small)):
        if told and QFontMetrics(font).horizontalAdvance(told) <= width:
            return told, font
    return QFontMetrics(plain).elidedText(words, Qt.TextElideMode.ElideRight, width), plain


class _Room(QScrollArea):
    """What is in it has at least the room that is there, and is pressed together before it is scrolled: Qt's own way
    (`setWidgetResizable`) gives wrapped lines what they would like, and scrolls where everything had its place.
    """

    def fit(self) -> None:
        """As high as there is room for; higher where even its least height is more."""
        ground, view = self.widget(), self.viewport()
        layout = ground.layout() if ground is not None else None
        if ground is None or view is None or layout is None:
            return
        least = (layout.minimumHeightForWidth(view.width()) if layout.hasHeightForWidth()
                 else layout.minimumSize().height())
        ground.resize(view.width(), max(least, view.height()))

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self.fit()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if watched is self.widget() and event is not None and event.type() == QEvent.Type.LayoutRequest:
            self.fit()
        return super().eventFilter(watched, event)


class ImagesPanel(QFrame):
    """Fixed width; what others put into `key_images` and `report` stands at its own places."""

    mark_wanted = pyqtSignal(object)
    """Mark: to its frame."""
    prior_wanted = pyqtSignal(str)
    """Study Instance UID: beside the active one."""

    def __init__(self, head: QWidget, prior_key: str, kept: str = "giữ lại khi đóng",
                 parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "viewer_side")
        self.setFixedWidth(PANEL_WIDTH)
        self._prior_key = prior_key
        self._marks: tuple[Mark, ...] = ()
        self._priors: tuple[ImageStudyView, ...] = ()
        self.marks, self.priors = Lines("Số đo", _MARKS), Lines("Lần trước", _PRIORS)
        self.calibration = label("", "viewer_small", wrap=True)
        self.no_marks = label("Chưa có số đo nào.", "viewer")
        self.no_priors = label("", "viewer", wrap=True)
        self.prior_note = label("", "viewer_small", wrap=True)
        """What must be known of these priors."""
        self.key_images: QVBoxLayout = column(gap=4)
        self.report: QVBoxLayout = column(gap=4)
        self.marks.opened.connect(self._mark)
        self.priors.opened.connect(self._prior)
        inner = column(gap=4, margins=(10, 8, 10, 8))
        inner.addWidget(label(f"SỐ ĐO · {kept}", "viewer_caption"))
        for widget in (self.no_marks, self.marks, self.calibration):
            inner.addWidget(widget)
        inner.addSpacing(6)
        inner.addLayout(self.key_images)
        inner.addSpacing(6)
        inner.addWidget(label("LẦN TRƯỚC · so sánh cùng lúc", "viewer_caption"))
        inner.addWidget(self.no_priors)
        inner.addWidget(self.prior_note)
        inner.addWidget(self.priors)
        inner.addSpacing(6)
        inner.addLayout(self.report)
        inner.addStretch(1)
        self._inner = inner
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(SETTLED_MS)
        self._settled.timeout.connect(self._bring_now)
        self._room = _Room()
        """A low screen (150 %) has not the height for all of it: it is scrolled to, and nothing lies over another."""
        layout = column(head, gap=0)
        layout.addWidget(self._scrolled(inner), 1)
        self.setLayout(layout)
        self.show_marks((), lambda _mark: "")
        self.show_priors((), set())

    def _scrolled(self, inner: QVBoxLayout) -> _Room:
        ground = QWidget()
        ground.setProperty("role", "viewer_scrolled")
        ground.setLayout(inner)
        self._room.setWidget(ground)
        self._room.setFrameShape(QFrame.Shape.NoFrame)
        self._room.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._room.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        if (bar := self._room.verticalScrollBar()) is not None:
            bar.rangeChanged.connect(self.bring)  # a report that opens finds its size in several steps
        return self._room

    def bring(self, *_range: int) -> None:
        """What has the keys comes into sight, where there is not the height for all: once everything has its place."""
        self._settled.start()

    def _bring_now(self) -> None:
        focused = QApplication.focusWidget()
        if focused is not None and self._room.isAncestorOf(focused):
            # Not `ensureWidgetVisible`: of a text that sees to its cursor's line only.
            ground = self._room.widget() or self
            top = focused.mapTo(ground, QPoint())
            self._room.ensureVisible(top.x(), top.y() + focused.height(), 0, 8)
            self._room.ensureVisible(top.x(), top.y(), 0, 8)

    def show_marks(self, marks: Sequence[Mark], where: WhereWords) -> None:
        """All that was measured on what is open, the oldest first; others' with their names."""
        self._marks = tuple(marks)
        self.marks.show_lines([(
            _icon_of(mark), f"{KIND_WORDS[mark.kind]}, {where(mark)}" + (f" · {mark.author}" if mark.author else ""),
            headline(mark.reading) if mark.reading is not None else "…", False) for mark in self._marks])
        self.marks.setVisible(bool(marks))
        self.no_marks.setVisible(not marks)

    def make_room(self, *, wanted: bool) -> None:
        """A report is written here: it takes what height there is, and the lists show fewer lines at once."""
        self._inner.setStretchFactor(self.report, 100 if wanted else 0)
        self.marks.show_at_most(3 if wanted else _MARKS)
        self.priors.show_at_most(1 if wanted else _PRIORS)

    def show_calibration(self, words: str) -> None:
        """How far sizes in the active viewport can be trusted."""
        self.calibration.setText(words)
        self.calibration.setVisible(bool(words))

    def show_priors(self, priors: Sequence[ImageStudyView], opened: set[str], known: str = "") -> None:
        """The person's other studies of that part; the first that is not open is one key away. `known`: by what else
        they were chosen.
        """
        self._priors = tuple(priors)
        key = next((one.uid for one in priors if one.uid not in opened), "")
        self.priors.show_lines([(
            "photo", f"{written_day(one)} {study_words(one)}",
            "đang mở" if one.uid in opened else self._prior_key if one.uid == key else "", one.uid in opened)
            for one in self._priors])
        self.priors.setVisible(bool(priors))
        self.no_priors.setText("Không có lần chụp trước nào." if known else
                               "Không có lần chụp trước nào của cùng bộ phận.")
        self.no_priors.setVisible(not priors)
        self.prior_note.setText(known)
        self.prior_note.setVisible(bool(known and priors))

    def _mark(self, number: int) -> None:
        if 0 <= number < len(self._marks):
            self.mark_wanted.emit(self._marks[number])

    def _prior(self, number: int) -> None:
        if 0 <= number < len(self._priors):
            self.prior_wanted.emit(self._priors[number].uid)


def _icon_of(mark: Mark) -> str:
    return "circle-dashed" if mark.kind.is_region else "ruler-measure" if mark.kind.value == "length" else "angle"


def patient_head(patient: PatientView, encounter: EncounterView | None, now: datetime) -> QFrame:
    """The patient, small: the viewer has no row to spare above the pictures."""
    who = " · ".join(filter(None, (times.age(patient.birth_date, now), sex_word(patient.sex), bed_words(encounter))))
    name = label(patient.full_name.upper(), "viewer_title", wrap=True)  # names are never cut
    words = column(name, label(who, "viewer"), gap=1, margins=(8, 8, 8, 8))
    if patient.allergies:
        words.addWidget(label(f"Dị ứng: {allergy_words(patient.allergies)}", "viewer_alert", wrap=True))
    ground = frame("viewer_row")
    layout = row(Stripe(patient.id), gap=0)
    layout.addLayout(words, 1)
    ground.setLayout(layout)
    ground.setAccessibleName(f"Người bệnh {patient.full_name}, {who}")
    return ground
