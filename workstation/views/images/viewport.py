"""The viewport: the widget in which one stack is read, by pointer, wheel and keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

from PyQt6.QtCore import QEvent, QPoint, QPointF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import (
    QFocusEvent,
    QHelpEvent,
    QHideEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QWheelEvent,
)
from PyQt6.QtWidgets import QSizePolicy, QToolTip, QWidget

from imaging.geometry import Point
from imaging.grey import Window, full_window
from workstation.models.images.corners import Words
from workstation.models.images.gaze import Gaze
from workstation.models.images.graphics import ReferenceLine
from workstation.models.images.lens import Lens
from workstation.models.images.marks import Marks
from workstation.models.images.orientation import LEGEND
from workstation.models.images.stack import Loaded, Spot, Stack
from workstation.models.images.view_state import Tool, ViewState
from workstation.views import style
from workstation.views.actions import Place, widget_action
from workstation.views.images import corner_painting as rim
from workstation.views.images.aim import Aim
from workstation.views.images.cine import Cine
from workstation.views.images.face import Face, Laying
from workstation.views.images.hand import Act, Hand
from workstation.views.images.viewport_acts import ACTS

if TYPE_CHECKING:
    from workstation.views.images.likeness import Likeness

WHEEL_STEP = 120
NAME = "Khung ảnh"


class Viewport(QWidget):
    """Shows one place of one stack. What it looks at and what is seen: `gaze`, which also says when they change."""

    activated = pyqtSignal()
    """The reader clicked here or the keys go here now."""
    chosen = pyqtSignal(object)
    """The `Mark` that is chosen, or None."""
    told = pyqtSignal(str)
    """Words for the foot of the place: why an act did nothing."""

    def __init__(self, marks: Marks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._marks = marks
        self._hand = Hand(self)
        self.gaze: Gaze = Gaze(marks, lambda: self._hand.busy, self)
        self.aim: Aim = Aim(self, self._hand)
        self.cine = Cine(self)
        self._face = Face(self.gaze, marks, self._hand, self.aim, pace=self.cine.words)
        self._active = self._on_bar = False
        self._wheel = 0
        self.cine.due.connect(self._cine_due)
        self.cine.changed.connect(self.redraw)
        self.gaze.turned.connect(self._turned)
        self.gaze.shown.connect(self._shown)
        self.gaze.counted.connect(self._counted)
        marks.redrawn.connect(self.redraw)
        marks.taken.connect(self._take)
        self._take(marks.tool or Tool.SELECT)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(120, 120)
        self.setAccessibleName(NAME)

    # What the place says to it.

    def show_stack(self, stack: Stack | None, words: Words | None = None, state: ViewState | None = None) -> None:
        """Another stack, from the beginning or as `state` says; the tool stays in the hand."""
        self.cine.stop()
        self._hand.drop()
        self._face.words = words or Words()
        self._face.surface.clear()
        self._face.laid = None
        self.choose(None)
        self.gaze.open(stack, None if state is None else replace(state, tool=self.state.tool))

    def set_words(self, words: Words) -> None:
        """What the place knows of the stack."""
        self._face.words = words
        self.update()

    def set_lines(self, lines: Sequence[ReferenceLine]) -> None:
        """Reference lines over what is seen now; they go when another picture is seen (`gaze.shown`)."""
        self._face.lines = lines
        self.update()

    def lay(self, laying: Laying | None) -> None:
        """What a presentation state puts over the pictures, with whose it is; None takes it off."""
        self._face.laid = laying
        self.update()

    @property
    def laid(self) -> Laying | None:
        """What lies on it."""
        return self._face.laid

    def tell_keys(self, words: Callable[[Spot], str]) -> None:
        """Who says of a frame that it is a key image."""
        self._face.keys = words
        self.update()

    def show_overlays(self, shown: bool) -> None:
        """The file's own overlay planes."""
        self._face.overlays = shown
        self.update()

    def set_active(self, active: bool) -> None:
        """Whether this is the viewport that the tool bar and the keys are for."""
        self._active = active
        self.update()

    def act(self, action_id: str) -> bool:
        """Do an action of the table here; answers whether it is one of a viewport's (`viewport_acts.ACTS`)."""
        if action_id in ACTS:
            ACTS[action_id](self)
        return action_id in ACTS

    def snapshot(self, size: QSize | None = None, *, planes: bool = True) -> QImage:
        """The picture with its marks and graphics, without the words at its rim, or the file's own overlay planes."""
        return self._face.snapshot(size or QSize(*self.size_px), planes=planes)

    def likeness(self) -> Callable[[], Likeness]:
        """How every frame of the stack would be shown here."""
        return self._face.likeness(self.size_px)

    # What it is.

    @property
    def state(self) -> ViewState:
        """How it looks."""
        return self.gaze.state

    @property
    def here(self) -> Loaded | None:
        """What is seen."""
        return self.gaze.here

    @property
    def marks(self) -> Marks:
        """What is measured, here and in the other viewports."""
        return self._marks

    @property
    def chosen_mark(self) -> UUID | None:
        """The mark with handles."""
        return self._face.chosen

    @property
    def overlays(self) -> bool:
        """Whether the file's own overlay planes are seen."""
        return self._face.overlays

    @property
    def ratio(self) -> float:
        """Device pixels to one of the widget's."""
        return self.devicePixelRatioF()

    def lens(self) -> Lens | None:
        """Where the picture lies, in device pixels; None while there is none."""
        return None if self.here is None else Lens.of(self.state, self.size_px, self.here.frame, self.gaze.aspect)

    def base_window(self) -> Window | None:
        """The window from which a drag begins; a table gives way to the frame's full range."""
        if self.here is None or not self.here.frame.is_grey:
            return None
        window = self._face.surface.window(self.here, self.state.voi)
        return window if isinstance(window, Window) else full_window(self.here.grey, self.here.frame.values)

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height in device pixels."""
        return round(self.width() * self.ratio), round(self.height() * self.ratio)

    # What its hand and its keys do.

    def become(self, state: ViewState) -> None:
        """The reader looks another way."""
        if state.place != self.state.place:
            self.cine.stop()
        self.gaze.become(state.at(state.place, self.gaze.count))
        self._marks.take(state.tool)

    def scroll_to(self, place: int) -> None:
        """The reader goes to another place."""
        self.become(self.state.at(place, self.gaze.count))

    def choose(self, mark_id: UUID | None) -> None:
        """Another mark has the handles."""
        if mark_id != self._face.chosen:
            self._face.chosen = mark_id
            self.chosen.emit(None if mark_id is None else self._marks.get(mark_id))
            self.update()

    def settle(self) -> None:
        """A mark is finished: a picture that came meanwhile may be shown."""
        self.gaze.settle()

    def say(self, words: str) -> None:
        """Into the ear of who does not see the picture: a changed name of what has the focus is read out."""
        self.setAccessibleName(f"{NAME}. {words}" if words else NAME)

    def tell(self, words: str) -> None:
        """At the foot of the place."""
        self.told.emit(words)

    def redraw(self) -> None:
        """Something over the picture has changed."""
        self.update()

    def holds(self) -> bool:
        """Whether there is something that Esc lets go of."""
        return (self.cine.running or self._hand.busy or self.aim.shown or self._face.chosen is not None
                or self.state.tool is not Tool.SELECT)

    def drop(self) -> bool:
        """Esc: let go of the first thing that is held; False when there is none."""
        if self.cine.running:
            self.cine.stop()
        elif self._hand.drop():
            self.aim.release()
            self.settle()
        elif self.aim.hide():
            pass
        elif self._face.chosen is not None:
            self.choose(None)
        elif self.state.tool is not Tool.SELECT:
            self.become(replace(self.state, tool=Tool.SELECT))
        else:
            return False
        self.update()
        return True

    def drop_drawing(self) -> bool:
        """Let go of a mark that is not finished; answers whether there was one."""
        dropped = self._hand.let_go(scrolling=True)
        self.aim.release()
        self.update()
        return dropped

    def _turned(self, before: ViewState) -> None:
        if self.state.tool is not before.tool or self.state.place != before.place:
            self._hand.let_go(scrolling=self.state.tool is before.tool)
            self.aim.release()
        self.update()

    def _shown(self) -> None:
        """Another picture: lines and handles were those of the former one."""
        self._face.lines = ()
        self._face.follow(self.size_px)
        mark = None if self._face.chosen is None else self._marks.get(self._face.chosen)
        if mark is None or self.here is None or mark.spot != self.here.spot:
            self.choose(None)
        reason = self.gaze.reason
        self.setAccessibleDescription(reason.vietnamese if reason is not None else "Chưa có ảnh" if self.here is None
                                      else f"Lát {self.gaze.seen + 1} trên {self.gaze.count}")
        self.update()

    def _counted(self) -> None:
        if self.cine.running and self.gaze.stack is not None:
            self.cine.start(self.gaze.seen, self.gaze.count, self.gaze.stack.frame_time_ms)
        self.setAccessibleDescription(f"Lát {self.gaze.seen + 1} trên {self.gaze.count}")
        self.update()

    def _take(self, tool: Tool) -> None:
        """The reader took a tool, here or in another viewport."""
        if tool is not self.state.tool:
            self.gaze.look(replace(self.state, tool=tool))

    def _cine_due(self, place: int) -> None:
        """The next place of cine; one whose pixels are late is dropped, and asked for."""
        if not self._hand.busy and self.gaze.ready(place):
            self.gaze.scroll_to(place)

    # Painting, pointer and keys.

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        lens, drag, at = self.lens(), self._hand.drag, self._hand.at
        if lens is None or lens.seen != (0, 0, lens.width, lens.height):
            painter.fillRect(self.rect(), style.image_colour("ground"))
        if lens is not None:
            self._face.picture(painter, self._face.surface, lens, self.ratio)
            self._face.over(painter, lens, self.ratio)
            if drag is not None and drag.act is Act.MAGNIFY and at is not None:
                self._face.magnifier(painter, lens, at, self.ratio)
        self._face.rim(painter, self.rect(), lens, active=self._active or self.hasFocus())

    def _device(self, at: QPointF) -> Point:
        return at.x() * self.ratio, at.y() * self.ratio

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        if event is None:
            return
        self.activated.emit()
        self.aim.hide()
        at = event.position()
        on_bar = self.gaze.count > 1 and rim.bar_of(self.rect()).contains(at.toPoint()) and not self._hand.busy
        if on_bar and event.button() is Qt.MouseButton.LeftButton:
            self._on_bar = True
            self._scroll_on_bar(at)
        else:
            self._hand.press(event.button(), self._device(at))

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and self._on_bar:
            self._scroll_on_bar(event.position())
        elif event is not None:
            self._hand.move(self._device(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and not self._on_bar:
            self._hand.release(self._device(event.position()))
        self._on_bar = False

    def _scroll_on_bar(self, at: QPointF) -> None:
        self.scroll_to(rim.place_on_bar(rim.bar_of(self.rect()), at.y(), self.gaze.count))

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        if event is None:
            return
        event.accept()
        self._wheel += event.angleDelta().y()
        steps = int(self._wheel / WHEEL_STEP)
        self._wheel -= steps * WHEEL_STEP
        lens = self.lens()
        if not steps:
            return
        if not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.scroll_to(self.state.place - steps)
        elif lens is not None:
            self.become(lens.zoomed_at(self._device(event.position()), 1.15 ** steps))

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is None:
            return
        if self.aim.key(event):
            event.accept()
            return
        if event.key() == Qt.Key.Key_Enter:  # of the number pad
            self.aim.enter()
            return
        action = widget_action(event, Place.IMAGES)
        event.setAccepted(self.drop() if event.key() == Qt.Key.Key_Escape else
                          action is not None and self.act(action.id))

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab goes to the next point while the crosshair is shown."""
        return not self.aim.shown and super().focusNextPrevChild(forward)

    def event(self, event: QEvent | None) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride and (
                event.key() == Qt.Key.Key_Escape and self.holds()):
            event.accept()  # Esc lets go of the tool first; only then does it leave the place
            return True
        if isinstance(event, QHelpEvent):
            self._tell_tip(event.pos(), event.globalPos())
            return True
        return super().event(event)

    def _tell_tip(self, at: QPoint, on_screen: QPoint) -> None:
        """The legend over the letters, and over a mark why it says less than one would wish."""
        lens, words = self.lens(), ""
        if lens is not None and self.here is not None:
            grip = self._hand.grip(self._device(QPointF(at)), lens)
            reason = None if grip is None or grip.mark.reading is None else grip.mark.reading.reason
            words = "" if reason is None else reason.vietnamese
            if self._face.legend_at(self.rect(), lens, at):
                words = LEGEND
        QToolTip.showText(on_screen, words, self)

    def focusInEvent(self, event: QFocusEvent | None) -> None:
        super().focusInEvent(event)
        self.activated.emit()
        self.update()

    def hideEvent(self, event: QHideEvent | None) -> None:
        self.cine.stop()
        super().hideEvent(event)
