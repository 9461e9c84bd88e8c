"""One viewport of the grid with what hangs in it; until a picture is there it says what is awaited, or why none is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QDragEnterEvent, QDropEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import QApplication, QSizePolicy, QStackedWidget, QWidget

from workstation.models.images.corners import Words
from workstation.models.images.hanging import Hung
from workstation.models.images.marks import Marks
from workstation.models.images.presets import presets_of
from workstation.models.images.stack import Stack
from workstation.models.images.view_state import ViewState
from workstation.views import style
from workstation.views.images.dark import image_pen
from workstation.views.images.strip import MIME
from workstation.views.images.viewport import Viewport
from workstation.views.widgets.text import column, label

if TYPE_CHECKING:  # loaded with the first series that is no pictures
    from workstation.views.images.objects import ObjectsPane

PRESETS = {"lung": "Phổi", "mediastinum": "Trung thất", "bone": "Xương"}
EMPTY = "Khung trống: chọn một chuỗi ở bên trái rồi bấm Enter"
_RING = 2
LEAST = 120, 120
FROM_THE_MIDDLE = 16
"""A volume opens in its middle, where its small picture is from; a short series and a film at their beginning."""


class Cell(QWidget):
    """Holds the viewport; takes a series that is dropped on it."""

    dropped = pyqtSignal(str, str)
    """Study and series."""

    def __init__(self, marks: Marks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.viewport = Viewport(marks)
        self.hung = Hung()
        self.words = Words()
        self._preset = ""
        self._pane: ObjectsPane | None = None
        self._message = label("", "viewer", wrap=True)
        self._message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._active = False
        self._empty = QWidget()
        self._empty.setProperty("role", "viewer_ground")
        self._empty.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._empty.setLayout(column(None, self._message, None, margins=(24, 8, 24, 8)))
        self._pages = QStackedWidget()
        self._edge = column(self._pages, gap=0)
        self.setLayout(self._edge)
        self._pages.addWidget(self.viewport)
        self._pages.addWidget(self._empty)
        self.setAcceptDrops(True)
        # All viewports of a layout are of one size, whatever hangs in them: a strip's buttons make none larger.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.setMinimumSize(*LEAST)
        self.viewport.gaze.shown.connect(self._first_seen)
        self.say(EMPTY)

    @property
    def filled(self) -> bool:
        """Whether a stack is in it."""
        return self.viewport.gaze.stack is not None

    @property
    def pane(self) -> ObjectsPane | None:
        """What stands here in place of a picture."""
        return self._pane

    @property
    def no_picture(self) -> str:
        """Why an act on a picture does nothing here."""
        return "Khung này chưa có ảnh." if self._pane is None else (
            f"Khung này đang hiện {self._pane.noun}, không phải ảnh.")

    def hang(self, hung: Hung, words: Words) -> None:
        """This is awaited here from now on; what was here goes."""
        self._drop_pane()
        self.hung, self.words, self._preset = hung, words, hung.preset
        self.viewport.show_stack(None)
        self.say("Đang mở…" if hung.series_uid else EMPTY)

    def take(self, stack: Stack) -> None:
        """What was awaited is open."""
        middle = len(stack) // 2
        # By its planes, not by its frame time: that is known only when the first frame is here.
        place = middle if len(stack) >= FROM_THE_MIDDLE and stack.plane(middle) is not None else 0
        self._turn_to(self.viewport)
        self.viewport.show_stack(stack, self.words, ViewState(place=place, tool=self.viewport.state.tool))

    def show_pane(self, pane: ObjectsPane) -> None:
        """A report, a document or a waveform stands here in place of a picture."""
        self._drop_pane()
        self._pane = pane
        self._pages.addWidget(pane)
        self._turn_to(pane)

    def hasHeightForWidth(self) -> bool:
        """No: what wraps in it, wraps in the room that the layout gives it."""
        return False

    def take_keys(self) -> None:
        """The keys go to what is shown here: the picture, the pane, or the words in their place."""
        shown = self._pages.currentWidget()
        if shown is not None:
            shown.setFocus()

    def set_active(self, *, active: bool) -> None:
        """Whether this is the one that the tool bar and the keys are for."""
        self._active = active
        self.viewport.set_active(active)
        self.update()

    def _turn_to(self, page: QWidget) -> None:
        """Another page. The keys stay here, if they are: Qt would give them to whatever comes next in the window."""
        keys = self._has_keys
        if keys:
            self.setFocus()
        self._pages.setCurrentWidget(page)
        edge = 0 if page is self.viewport else _RING
        self._edge.setContentsMargins(edge, edge, edge, edge)
        if keys:
            self.take_keys()

    @property
    def _has_keys(self) -> bool:
        focused = QApplication.focusWidget()
        return focused is not None and (focused is self or self.isAncestorOf(focused))

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """The ring of the active one, where no viewport draws it."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), style.image_colour("ground"))
        if self._active:
            painter.setPen(image_pen("reference", _RING))
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))

    def _drop_pane(self) -> None:
        if self._pane is not None:
            self._pane.stop()
            self._turn_to(self._empty)
            self._pages.removeWidget(self._pane)
            self._pane.hide()
            self._pane.deleteLater()
            self._pane = None

    def note(self, words: str) -> None:
        """After the slice's number: «nối cuộn»."""
        self.viewport.set_words(replace(self.words, note=" · ".join(filter(None, (self.words.note, words)))))

    def say(self, words: str) -> None:
        """There is no picture: what is awaited, or why none comes."""
        self._message.setText(words)
        self._turn_to(self._empty)

    @property
    def message(self) -> str:
        """What is said while there is no picture."""
        return self._message.text() if self._pages.currentWidget() is self._empty else ""

    def _first_seen(self) -> None:
        here = self.viewport.here
        if here is None or not self._preset:
            return
        name, self._preset = PRESETS.get(self._preset, ""), ""
        for preset in presets_of(here):
            if preset.name == name:
                self.viewport.gaze.look(self.viewport.state.windowed(preset.voi))

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:
        data = event.mimeData() if event is not None else None
        if event is not None and data is not None and data.hasFormat(MIME):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent | None) -> None:
        data = event.mimeData() if event is not None else None
        if event is not None and data is not None and data.hasFormat(MIME):
            study, _, series = bytes(data.data(MIME).data()).decode().partition(" ")
            event.acceptProposedAction()
            self.dropped.emit(study, series)
