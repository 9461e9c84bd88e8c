"""The top bar: places, the Ctrl+K field, server, token, person; 38 px in every window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from PyQt6.QtCore import QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PyQt6.QtWidgets import QAbstractButton, QFrame, QSizePolicy, QWidget

from workstation.views import style
from workstation.views.widgets import times
from workstation.views.widgets.icons import Icon, icon_pixmap
from workstation.views.widgets.painting import paint_focus_ring
from workstation.views.widgets.text import KeyCap, column, frame, label, row

_AROUND_ALL = 12 + 10 + 16 + 4 + 4 + 10 + 1
"""Margins, gaps and the line before the person."""


@dataclass(frozen=True)
class PlaceTab:
    """A place as its tab shows it."""

    id: str
    text: str
    icon: str
    key: str


class _Tab(QAbstractButton):
    """One place; a light line stands under the one that is open."""

    def __init__(self, tab: PlaceTab, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon_name = tab.icon
        self._badge = ""
        self.setCheckable(True)
        self.setText(tab.text)
        self.setToolTip(f"{tab.text} ({tab.key})")
        self.setAccessibleName(f"{tab.text} ({tab.key})")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_badge(self, count: int, *, reminded: bool, corrected: bool) -> None:
        words = (str(count or ""), "nhắc" if reminded else "", "kết quả sửa" if corrected else "")
        self._badge = " · ".join(word for word in words if word)
        spoken = (f"{count} đang chờ" if count else "", "có lời nhắc" if reminded else "",
                  "có kết quả đã sửa" if corrected else "")
        self.setAccessibleDescription(", ".join(word for word in spoken if word))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        width = 12 + 16 + 6 + self._metrics().horizontalAdvance(self.text()) + 12
        if self._badge:
            width += 6 + self._badge_width()
        return QSize(width, style.px("top_bar"))

    def _metrics(self) -> QFontMetrics:
        return QFontMetrics(style.font(bold=self.isChecked()))

    def _badge_width(self) -> int:
        return max(17, QFontMetrics(style.font("small", bold=True)).horizontalAdvance(self._badge) + 9)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = "top_ink" if self.isChecked() or self.underMouse() else "top_ink2"
        if self.isChecked():
            painter.fillRect(self.rect(), style.colour("top_field"))
            painter.fillRect(QRect(0, self.height() - 3, self.width(), 3), style.colour("top_mark"))
        painter.drawPixmap(12, 11, icon_pixmap(self._icon_name, ink, 16, self.devicePixelRatioF()))
        painter.setPen(style.colour(ink))
        painter.setFont(style.font(bold=self.isChecked()))
        width = self._metrics().horizontalAdvance(self.text())
        painter.drawText(QRect(34, 0, width + 2, self.height()), Qt.AlignmentFlag.AlignVCenter, self.text())
        if self._badge:
            self._paint_badge(painter, 34 + width + 6)
        if self.hasFocus():
            paint_focus_ring(painter, self.rect().adjusted(2, 2, -2, -4))

    def _paint_badge(self, painter: QPainter, x: int) -> None:
        box = QRectF(x, 11.5, self._badge_width(), 16)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(style.colour("badge"))
        painter.drawRoundedRect(box, 8, 8)
        painter.setPen(style.colour("badge_ink"))
        painter.setFont(style.font("small", bold=True))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self._badge)


class _SearchButton(QAbstractButton):
    """The field that opens the command palette; it looks like a field and is one key away."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText("Tìm, ra lệnh")
        self.setAccessibleName("Tìm, ra lệnh (Ctrl+K)")
        self.setFixedHeight(26)
        self.setMinimumWidth(124)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._key = KeyCap("Ctrl+K", on_top=True)
        self.setLayout(row(None, self._key, margins=(8, 0, 8, 0)))

    def sizeHint(self) -> QSize:
        return QSize(190, 26)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(style.colour("top_edge"))
        painter.setBrush(style.colour("top_field"))
        radius = style.px("radius")
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
        painter.drawPixmap(8, 5, icon_pixmap("search", "top_ink2", 16, self.devicePixelRatioF()))
        painter.setPen(style.colour("top_ink2"))
        painter.setFont(style.font())
        free = self.width() - 30 - self._key.sizeHint().width() - 12
        fits = QFontMetrics(painter.font()).horizontalAdvance(self.text()) <= free
        painter.drawText(self.rect().adjusted(30, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter,
                         self.text() if fits else self.text().partition(",")[0])
        if self.hasFocus():
            paint_focus_ring(painter, self.rect())


class _State(QFrame):
    """Icon and word for the server or the token; amber ground when something is away."""

    def __init__(self, icon_name: str, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon = Icon(icon_name, "top_ink")
        self._text = label(text, "top")
        self._whole, self._short = text, False
        self.setLayout(row(self._icon, self._text, gap=5, margins=(8, 0, 8, 0)))
        self.setFixedHeight(26)

    def wide(self) -> int:
        """How much room all its words take."""
        return 8 + 16 + 5 + self._text.fontMetrics().horizontalAdvance(self._whole) + 8

    def shorten(self, *, short: bool) -> None:
        """In a narrow window what is well stands by its last words, whole; what is away is always said whole."""
        self._short = short
        self._text.setText(self._whole.rpartition(": ")[2] if short else self._whole)

    def say(self, icon_name: str, text: str, *, amber: bool = False, tip: str = "") -> None:
        self._icon.show_as(icon_name, "attention" if amber else "top_ink")
        self._whole = text
        style.set_role(self._text, "attention_bold" if amber else "top")
        style.set_role(self, "offline" if amber else "")
        self.shorten(short=self._short)
        self.setToolTip(tip or text)
        self.setAccessibleName(text)


class _Person(QAbstractButton):
    """Who works here, where, and in whose place; it opens the menu of what is theirs."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name, self.where = label("", "top"), label("", "top_second")
        for line in (self.name, self.where):
            line.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setLayout(column(None, self.name, self.where, None, gap=0, margins=(4, 0, 4, 0)))

    def sizeHint(self) -> QSize:
        layout = self.layout()
        return layout.sizeHint() if layout is not None else super().sizeHint()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Down):
            self.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        if self.underMouse():
            painter.fillRect(self.rect(), style.colour("top_field"))
        if self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            paint_focus_ring(painter, self.rect().adjusted(1, 2, -1, -2))


class TopBar(QFrame):
    """Says where you are, whether the server and the token are there, and who works here."""

    place_chosen = pyqtSignal(str)
    search_wanted = pyqtSignal()
    menu_wanted = pyqtSignal()
    """The menu of what is the person's own."""

    def __init__(self, places: Sequence[PlaceTab], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "top_bar")
        self.setFixedHeight(style.px("top_bar"))
        self._counts: dict[str, int] = {}
        self._reminded: set[str] = set()
        self._corrected: set[str] = set()
        self._tabs = {tab.id: _Tab(tab) for tab in places}
        self._search = _SearchButton()
        self._search.clicked.connect(lambda _checked: self.search_wanted.emit())
        self._server = _State("server", "Máy chủ: đang hỏi")
        self._token = _State("usb", "Token: chưa cắm")
        self.person = _Person()
        self.person.clicked.connect(lambda _checked: self.menu_wanted.emit())
        divider = frame("top_divider")
        divider.setFixedSize(1, 30)
        layout = row(label("Bệnh Án", "top_brand"), 16, gap=0, margins=(12, 0, 10, 0))
        for place, tab in self._tabs.items():
            tab.clicked.connect(lambda _checked, place=place: self.place_chosen.emit(place))
            layout.addWidget(tab)
        layout.addStretch(1)
        for widget, gap in ((self._search, 4), (self._server, 0), (self._token, 4), (divider, 10)):
            layout.addWidget(widget)
            layout.addSpacing(gap)
        layout.addWidget(self.person)
        self._brand = layout.itemAt(0)
        self.setLayout(layout)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Where there is no room for all words (150 %), server and token stand by their last ones; none is cut."""
        others = (self._search.minimumWidth(), self.person.sizeHint().width(), _AROUND_ALL,
                  self._brand.sizeHint().width() if self._brand is not None else 0,
                  *(tab.sizeHint().width() for tab in self._tabs.values()))
        short = sum(others) + self._server.wide() + self._token.wide() > self.width()
        for state in (self._server, self._token):
            state.shorten(short=short)

    def show_place(self, place: str) -> None:
        """Mark the place that is open."""
        for name, tab in self._tabs.items():
            tab.setChecked(name == place)
            tab.updateGeometry()

    def show_badge(self, place: str, count: int) -> None:
        """How many things wait in a place."""
        self._counts[place] = count
        self._tabs[place].show_badge(count, reminded=place in self._reminded, corrected=place in self._corrected)
        self._fit()

    def show_reminded(self, place: str, reminded: bool) -> None:
        """Somebody asks for something in a place: one word beside its count."""
        (self._reminded.add if reminded else self._reminded.discard)(place)
        self.show_badge(place, self._counts.get(place, 0))

    def show_corrected(self, place: str, corrected: bool) -> None:
        """A result that the person ordered was corrected, and they have not seen it (R36)."""
        (self._corrected.add if corrected else self._corrected.discard)(place)
        self.show_badge(place, self._counts.get(place, 0))

    def show_person(self, name: str, where: str, tip: str = "") -> None:
        """Who works here, and in which ward or in whose place."""
        self.person.name.setText(name)
        self.person.where.setText(where)
        self.person.setToolTip(tip)
        self.person.setAccessibleName(f"{name}, {where}")
        self.person.setAccessibleDescription(tip)
        self.person.updateGeometry()
        self._fit()

    def show_server(self, *, offline_since: datetime | None = None, training: bool = False) -> None:
        """The server answers, or since when it does not."""
        if offline_since is not None:
            self._server.say("cloud-off", f"Mất kết nối từ {times.clock(offline_since)}", amber=True)
        else:
            self._server.say("server", "Máy chủ: tập huấn" if training else "Máy chủ: tốt")
        self._fit()

    def show_token(self, text: str, tip: str = "", *, amber: bool = False) -> None:
        """What the token process says: «sẵn sàng», «chưa cắm»."""
        self._token.say("usb", f"Token: {text}", amber=amber, tip=tip)
        self._fit()
