"""«Đã ký hôm nay»: what I signed since midnight, newest first, and what each paper waits for next."""

from __future__ import annotations

from datetime import UTC, datetime

from PyQt6.QtCore import QAbstractListModel, QModelIndex, QObject, QRect, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QFontMetrics, QKeyEvent, QPainter
from PyQt6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from records.entries import State
from records.forms import Amending
from records.messages import SignedView
from workstation.models.cases import kind_of
from workstation.models.signing_board import BoardScope, SigningBoardModel
from workstation.views import style
from workstation.views.actions import ActionSet, key_of
from workstation.views.signing.chain import ChainPanel
from workstation.views.widgets import times
from workstation.views.widgets.buttons import KeyButton
from workstation.views.widgets.delegates import CellText, paint_cell
from workstation.views.widgets.painting import paint_focus_ring
from workstation.views.widgets.states import Empty, Loading
from workstation.views.widgets.text import PanelHead, column, frame, label, row

SIGNED_ROLE = Qt.ItemDataRole.UserRole + 1
HEIGHT, CLOCK_PX = 50, 54


def next_words(one: SignedView, now: datetime) -> CellText:
    """What became of the paper: complete, whom it waits for, corrected, cancelled."""
    if one.state is State.SIGNED:
        return CellText("đủ chữ ký", "ok", icon="shield-check")
    if one.state is State.AMENDED:
        result = kind_of(one.form).amending is Amending.NOTIFY
        return CellText("đã sửa" if result else "đã đính chính", "amended", icon="history")
    if one.state is State.CANCELLED:
        return CellText("đã hủy", "ink2", icon="x")
    if not one.next:
        return CellText("chưa đến lượt ai", "ink2", icon="lock")
    who = one.next[0].holder_name if len(one.next) == 1 else f"{len(one.next)} chỗ ký"
    due = one.next[0].due
    late = due is not None and due < now
    return CellText(f"chờ {who}" + (f", quá {times.span(now - due)}" if late and due is not None else ""),
                    "attention" if late else "ink2", icon="clock")


class SignedModel(QAbstractListModel):
    """Signatures as rows."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.signed: tuple[SignedView, ...] = ()

    def show(self, signed: tuple[SignedView, ...]) -> None:
        """These are the signatures now; when only what they wait for changed, the cursor stays."""
        if signed == self.signed:
            return
        same = [(one.entry, one.at) for one in signed] == [(one.entry, one.at) for one in self.signed]
        if not same:
            self.beginResetModel()
        self.signed = signed
        if not same:
            self.endResetModel()
        else:
            self.dataChanged.emit(self.index(0), self.index(len(signed) - 1))

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008  # Qt's own default
        return 0 if parent.isValid() else len(self.signed)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or index.row() >= len(self.signed):
            return None
        one = self.signed[index.row()]
        if role == SIGNED_ROLE:
            return one
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            after = next_words(one, datetime.now(UTC)).text
            return f"{times.clock(one.at)}, {one.title}, {one.patient}, {one.slot_label}, {after}"
        return None


class _SignedRow(QStyledItemDelegate):
    """When, what and whose; at the right what comes next."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        return QSize(200, HEIGHT)

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        one = index.data(SIGNED_ROLE)
        if painter is None or not isinstance(one, SignedView):
            return
        area, chosen = option.rect, bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.fillRect(area, style.colour("sel" if chosen else "panel"))
        painter.setPen(style.colour("line"))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        after = next_words(one, datetime.now(UTC))
        width = QFontMetrics(style.font()).horizontalAdvance(after.text) + 24
        text = QRect(area.x() + CLOCK_PX + 10, area.y() + 6, area.width() - CLOCK_PX - width - 34, 20)
        _words(painter, QRect(area.x() + 10, text.y(), CLOCK_PX, 20), times.clock(one.at), "ink2")
        version = f" · phiên bản {one.version}" if one.version > 1 else ""
        _words(painter, text, f"{one.title} {one.form.code}{version}", "ink", bold=True)
        bed = f" · Giường {one.bed}" if one.bed else ""
        _words(painter, text.translated(0, 20), f"{one.patient}{bed} · {one.slot_label}", "ink2", small=True)
        paint_cell(painter, QRect(area.right() - width - 10, area.y(), width, area.height()), after)
        if chosen and option.state & QStyle.StateFlag.State_HasFocus:
            paint_focus_ring(painter, area.adjusted(1, 1, -1, -1))
        painter.restore()


def _words(painter: QPainter, area: QRect, words: str, ink: str, *, bold: bool = False, small: bool = False) -> None:
    painter.setFont(style.font("small" if small else "text", bold=bold))
    painter.setPen(style.colour(ink))
    text = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, area.width())
    painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)


class SignedList(QListView):
    """↑↓ chooses, Enter opens."""

    chosen = pyqtSignal(int)
    entered = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows = SignedModel(self)
        self.setModel(self.rows)
        self.setItemDelegate(_SignedRow(self))
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setAccessibleName("Đã ký hôm nay")
        self.doubleClicked.connect(lambda _index: self.entered.emit())
        selection = self.selectionModel()
        if selection is not None:
            selection.currentChanged.connect(self._moved)

    def show_signed(self, signed: tuple[SignedView, ...], current: SignedView | None) -> None:
        """These signatures, the cursor on the one that is chosen."""
        self.rows.show(signed)
        if current is not None and current in signed and self.currentIndex().row() != signed.index(current):
            self.setCurrentIndex(self.rows.index(signed.index(current)))

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.entered.emit()
        elif event is not None:
            super().keyPressEvent(event)

    def _moved(self, index: QModelIndex) -> None:
        if index.isValid():
            self.chosen.emit(index.row())


class SignedPanel(QWidget):
    """The right side of the place «Ký» in its fourth scope."""

    open_wanted = pyqtSignal(object, object)
    """UUIDs of encounter and entry."""

    def __init__(self, model: SigningBoardModel, actions: ActionSet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.list = SignedList()
        self._count = label("", "second")
        self.chain = ChainPanel(model, actions)
        self._empty, self._loading = Empty("Hôm nay bạn chưa ký văn bản nào."), Loading()
        self._foot = frame("foot")
        self._foot.setLayout(row(None, KeyButton("Mở hồ sơ", key_of("signing.open"), on_click=self.open),
                                 margins=(16, 9, 14, 9)))
        layout = column(PanelHead("shield-check", "Đã ký hôm nay, mới nhất trước", self._count), self._empty,
                        self._loading, self.list, self.chain, self._foot, gap=0)
        layout.setStretch(layout.indexOf(self.list), 1)
        self.setLayout(layout)
        self.list.chosen.connect(model.choose_signed)
        self.list.entered.connect(self.open)
        self.chain.opened.connect(self.open)
        model.changed.connect(self.show_board)
        model.chain_changed.connect(self._show_next)

    def open(self) -> None:
        """The record of the chosen signature."""
        if (one := self._model.signed) is not None:
            self.open_wanted.emit(one.encounter, one.entry)

    def show_board(self) -> None:
        """What the server says of today."""
        if self._model.scope is not BoardScope.SIGNED:
            return
        board = self._model.board
        signed = board.signed if board is not None else ()
        self._loading.setVisible(board is None)
        self._empty.setVisible(board is not None and not signed)
        self.list.setVisible(bool(signed))
        complete = sum(one.state is not State.PARTLY_SIGNED for one in signed)
        self._count.setText(f"{len(signed)} chữ ký, {len(signed) - complete} văn bản còn chờ người khác"
                            if signed else "")
        self.list.show_signed(signed, self._model.signed)
        self._show_next()

    def _show_next(self) -> None:
        """The chain of what waits for somebody else; a paper that is complete needs only its button."""
        some = self._model.scope is BoardScope.SIGNED and self._model.signed is not None
        self.chain.setVisible(some and self._model.paper is not None)
        self._foot.setVisible(some and self._model.paper is None)
