"""A place where images are read: studies, viewports, what was measured; what is read never moves by itself."""

from __future__ import annotations

from functools import partial

from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QApplication, QStackedWidget, QWidget

from imaging.objects.references import ImageReference
from workstation.models.images.corners import ruler_words
from workstation.models.images.hanging import Hanging, Hung, shown_series, told_series
from workstation.models.images.marks import Mark
from workstation.models.images.reading import Reading
from workstation.models.images.stack import Spot
from workstation.views.actions import ALLOWED, NOT_NOW, ActionSet, Place, widget_action
from workstation.views.images.comparing import Comparing
from workstation.views.images.floating import Floating
from workstation.views.images.grid import Grid
from workstation.views.images.key_frames import MarkingKeys
from workstation.views.images.more import show_more
from workstation.views.images.panel import ImagesPanel
from workstation.views.images.presenting import Presenting
from workstation.views.images.strip import Strip
from workstation.views.images.tool_bar import ViewerBar
from workstation.views.images.viewport_acts import ACTS
from workstation.views.widgets.place import PlaceView
from workstation.views.widgets.states import Loading
from workstation.views.widgets.text import column, frame, label, row

FOLD_BELOW = 1200
NEXT_PLANE = {"": "coronal", "coronal": "sagittal", "sagittal": ""}
_MINE = ("images.strip", "images.panel", "images.layout", "images.link", "images.prior", "images.plane",
         "images.keep_look", "images.take_in", "images.next_viewport", "images.previous_viewport", "images.key_image",
         "images.report", "images.sign", "images.export", "images.picture", "images.state", "images.state_off",
         "images.mark_key", "images.save_keys", "images.only_keys")
"""What a place of images binds, here or in its subclasses: unbound together."""


class ReaderPlace(PlaceView):
    """Whose images, and where they come from, is for its subclasses to say."""

    entered = pyqtSignal()
    """It is looked at from now on."""

    def __init__(self, reading: Reading, panel: ImagesPanel, actions: ActionSet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.reading, self.panel, self._actions = reading, panel, actions
        self._hung = self._narrow = False
        self._wanted: tuple[str, Spot | None] = ("", None)
        self._seek: Spot | None = None
        self._pick: Mark | None = None
        self.bar = ViewerBar(self._do, lambda over: show_more(over, self._actions, self._do))
        self.strip = Strip(reading.studies, reading.thumbnails, reading.key_frames)
        self.grid = Grid(reading)
        self.told_words = label("", "viewer_alert")
        self.comparing = Comparing(reading, self.grid, panel, self._show_active)
        self.presenting = Presenting(reading.annexes, self.grid)
        self.keys = MarkingKeys(reading, self.grid)
        self.above = column(gap=0)
        """What stands above the pictures for as long as it is true."""
        self._build()
        self._bind()
        self._listen()

    def _build(self) -> None:
        middle = QWidget()
        middle.setProperty("role", "viewer_ground")
        inside = column(gap=0, margins=(1, 1, 1, 1))
        inside.addLayout(self.above)
        inside.addWidget(self.grid, 1)
        middle.setLayout(inside)
        self.told = Floating(middle, row(self.told_words, margins=(10, 4, 10, 4)), Qt.Edge.BottomEdge)
        left = self._left = frame("viewer_left")
        self.below_strip = column(gap=0)
        """What is told of the list, where it moves nothing that is read."""
        beside = column(gap=0)
        beside.addWidget(self.strip, 1)
        beside.addLayout(self.below_strip)
        left.setLayout(beside)
        body = row(left, gap=0)
        body.addWidget(middle, 1)
        body.addWidget(self.panel)
        reader = QWidget()
        reader.setProperty("role", "viewer_ground")
        outer = column(self.bar, gap=0)
        outer.addLayout(body, 1)
        reader.setLayout(outer)
        self.pages = QStackedWidget()
        self.pages.addWidget(reader)
        self._state: QWidget = Loading("Đang tìm hình ảnh…")
        self.pages.addWidget(self._state)
        self.pages.setCurrentWidget(self._state)
        self.setLayout(column(self.pages, gap=0))
        self._fade = QTimer(self)
        self._fade.setSingleShot(True)
        self._fade.setInterval(6000)
        self._fade.timeout.connect(self.told.hide)

    def _bind(self) -> None:
        acts = {
            "images.strip": self._toggle_strip, "images.panel": self._toggle_panel,
            "images.layout": self._next_layout, "images.link": self.grid.toggle_link, "images.plane": self._next_plane,
            "images.prior": self.comparing.toggle, "images.keep_look": self.grid.keep_look,
            "images.state": self.presenting.next, "images.state_off": self.presenting.off,
            "images.mark_key": self.keys.mark, "images.save_keys": self.keys.save,
            "images.only_keys": self.keys.toggle_only,
            "images.next_viewport": lambda: self.grid.step(1), "images.previous_viewport": lambda: self.grid.step(-1),
        }
        for action, act in acts.items():
            self._actions.bind(action, act, self._reads_picture if action == "images.plane" else self._reads)
        for action in ACTS:
            self._actions.bind(action, partial(self._do, action), self._reads_picture)

    def _listen(self) -> None:
        reading, grid = self.reading, self.grid
        reading.studies.loaded.connect(self._loaded)
        reading.marks.redrawn.connect(self._show_marks)
        reading.filled.connect(self._tell_note)
        grid.opened.connect(self._show_active)
        grid.opened.connect(self._go_on)
        self.strip.wanted.connect(self._open_series)
        grid.spot_wanted.connect(self._show_reference)
        self.panel.mark_wanted.connect(self.show_mark)
        self.comparing.told.connect(self.tell)
        self.presenting.told.connect(self.tell)
        self.keys.told.connect(self.tell)
        grid.active_changed.connect(self._show_active)
        grid.turned.connect(self._show_tools)
        grid.turned.connect(self._pick_up)
        grid.told.connect(self.tell)

    # The place

    def note(self) -> str:
        return self.reading.memory_words(self.grid.active.hung.series_uid) if self.grid.cells else ""

    def enter(self) -> None:
        self.entered.emit()
        self.reading.studies.watch(on=True)
        self.take_keys()

    def take_keys(self) -> None:
        """To the pictures; to the place itself while there is none."""
        if self.grid.cells:
            self.grid.active.take_keys()
        else:
            self.setFocus()

    def leave(self) -> None:
        self.reading.keeper.flush()
        self.reading.studies.watch(on=False)

    def back(self) -> bool:
        return bool(self.grid.cells) and self.grid.viewport.drop()

    def stop(self) -> None:
        self._actions.unbind(*_MINE, *ACTS)
        self.reading.stop()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """A tool's letter that was pressed in the strip or the panel is meant for the active viewport."""
        action = widget_action(event, Place.IMAGES) if event is not None and self.grid.cells else None
        if event is not None and action is not None and action.id != "images.aim":  # Enter on a button is not for it
            event.setAccepted(True)
            self._act(action.id)

    def resizeEvent(self, event: object) -> None:  # narrow (125 %): both sides fold away for the pictures
        narrow = self.width() < FOLD_BELOW  # only when it becomes so: the line of an outage takes nothing away
        if narrow != self._narrow:
            self._narrow = narrow
            self.panel.setVisible(not narrow)

    # What is opened

    def open_at(self, study: str = "", spot: Spot | None = None) -> None:
        """A study, or one frame of it (from a signed sheet, a key image, a list)."""
        self._wanted = (study or (spot.study_uid if spot is not None else ""), spot)
        if self.reading.studies.known:
            self._open_wanted()

    def show_mark(self, mark: Mark) -> None:
        """Jump to the frame that a mark belongs to."""
        self._pick = mark
        self.show_spot(mark.spot)
        self._pick_up()
        self.grid.active.take_keys()

    def _pick_up(self) -> None:
        """The mark that was jumped to gets its handles as soon as its frame is seen."""
        here, mark = self.grid.viewport.here, self._pick
        if mark is not None and here is not None and here.spot == mark.spot:
            self._pick = None
            self.grid.viewport.choose(mark.id)

    def show_spot(self, spot: Spot) -> None:
        """Go to a frame: in the viewport that shows its series, else in the active one."""
        at = next((number for number, cell in enumerate(self.grid.cells)
                   if cell.hung.series_uid == spot.series_uid and not cell.hung.plane), None)
        if at is None:
            self.grid.put(Hung(spot.study_uid, spot.series_uid))
        else:
            self.grid.activate(at)
        self._seek = spot
        self._go_on()

    def _go_on(self) -> None:
        """To the frame that was asked for, as soon as its series is open."""
        pane, wanted = self.grid.active.pane, self._seek
        if pane is not None and wanted is not None and self.grid.active.hung.series_uid == wanted.series_uid:
            self._seek = None
            pane.show_file(wanted.sop_instance_uid)
        found = self.reading.place_of(self._seek) if self._seek is not None else None
        if found is not None and self.grid.active.filled and self.grid.active.hung.series_uid == found[0].series_uid:
            self._seek = None
            self.keys.show_all(self.grid.active)
            self.grid.viewport.gaze.scroll_to(found[1])

    def _tell_note(self) -> None:
        self.note_changed.emit(self.note())

    def _loaded(self) -> None:
        self.strip.load()
        if not self._hung:
            self._open_wanted()
        self._show_active()
        self._actions.refresh()

    def _open_wanted(self) -> None:
        studies = self.reading.studies
        uid, spot = self._wanted
        asked = studies.study(uid)
        if uid and asked is None and spot is None:
            self.tell("Lần chụp này chưa có trong danh sách. Nếu vừa chụp xong, bấm F5 để lấy vào.")
            if self._hung:
                self._wanted = ("", None)
                return
        chosen = asked or next((one for told in (shown_series, told_series) for one in studies.studies if told(one)),
                               None)
        if chosen is None:
            self.show_nothing()
            return
        hangs = spot is not None and self._hung and any(
            (cell.hung.series_uid, cell.hung.plane) == (spot.series_uid, "") for cell in self.grid.cells)
        self._hung, self._wanted = True, ("", None)
        self.pages.setCurrentIndex(0)
        if spot is not None and asked is None and not hangs:  # destroyed, or another's: it says so, and nothing beside
            self.grid.hang(Hanging(1, 1, (Hung(spot.study_uid, spot.series_uid),)))
        elif not hangs:
            self.grid.hang(self.reading.hanging_of(chosen))
        if spot is not None:
            self.show_spot(spot)
        if self._actions.place is Place.IMAGES:
            self.grid.active.take_keys()

    def show_nothing(self) -> None:
        """There is no picture at all."""

    def show_page(self, page: QWidget) -> None:
        """Words in the place of pictures."""
        self.pages.removeWidget(self._state)
        self._state.hide()
        self._state.deleteLater()
        self._state = page
        self.pages.addWidget(page)
        self.pages.setCurrentWidget(page)

    # What is shown

    def _show_active(self) -> None:
        if not self.grid.cells:
            return
        active = self.grid.active.hung
        shown = {cell.hung.series_uid for cell in self.grid.cells if cell.hung.series_uid}
        self.strip.mark(shown, active.series_uid)
        self.comparing.show()
        self._show_tools()
        self._show_marks()
        self.note_changed.emit(self.note())
        self._actions.refresh()

    def _show_tools(self) -> None:
        viewport = self.grid.viewport
        self.bar.show_state(viewport, self.grid.hanging.rows, self.grid.hanging.columns, linked=self.grid.linked)
        here = viewport.here
        self.panel.show_calibration(ruler_words(here) if here is not None else "")

    def _show_marks(self) -> None:
        """Those of the study that is read before those of others."""
        read = self.grid.active.hung.study_uid if self.grid.cells else ""
        marks = sorted(self.reading.marks.all(), key=lambda mark: mark.spot.study_uid != read)
        self.panel.show_marks(marks, partial(self.reading.where, read=read))

    def tell(self, words: str) -> None:
        """Why an act did nothing, for a few seconds at the foot."""
        self.told_words.setText(words)
        self.told.say(shown=True)
        self._fade.start()

    # What a person does

    def _act(self, action: str) -> None:
        """In the active viewport; where no picture is, a report or a strip of waves says so."""
        if self.grid.active.pane is not None and (action in ACTS or action == "images.plane"):
            self.tell(self.grid.active.no_picture)
        elif not self.grid.viewport.act(action):
            self._actions.trigger(action)

    def _do(self, action: str) -> None:
        self._act(action)
        self._show_tools()
        self.grid.active.take_keys()

    def _reads(self) -> str:
        return ALLOWED if self._hung else NOT_NOW

    def _reads_picture(self) -> str:
        """What is done to a picture: a report, a document or a strip of waves is none."""
        return self._reads() if self.grid.cells and self.grid.active.pane is None else NOT_NOW

    def _open_series(self, study: str, series: str) -> None:
        first = self.grid.hanging.ports[0].study_uid if self.grid.hanging.ports else ""
        self.grid.put(Hung(study, series, prior=study != first))
        self.grid.active.take_keys()

    def _show_reference(self, wanted: ImageReference) -> None:
        """A report's reader asks for an image: in the next viewport, so that the report stays in sight."""
        found = self.reading.studies.series(wanted.series_uid)
        if found is None:
            self.tell("Ảnh này không có trong các lần chụp của người bệnh.")
            return
        if len(self.grid.cells) == 1:
            self.grid.lay_out(1, 2)
        self.grid.step(1)
        frame = wanted.frames[0] if wanted.frames else 1
        self.show_spot(Spot(found[0].uid, wanted.series_uid, wanted.instance_uid, frame))

    def _toggle_strip(self) -> None:
        """F2: the cursor into the list; from there, fold it, as in the chart."""
        if self._left.isHidden() or not self.strip.hasFocus():
            self._left.show()
            self.strip.setFocus()
            return
        self._left.hide()
        self.take_keys()

    def _toggle_panel(self) -> None:
        """F4. The keys come back to the pictures with it: Qt would give them to the top bar."""
        focused = QApplication.focusWidget()
        inside = focused is not None and self.panel.isAncestorOf(focused)
        self.panel.setVisible(self.panel.isHidden())
        if inside:
            self.take_keys()

    def _next_layout(self) -> None:
        self.grid.next_layout()
        self.grid.active.take_keys()

    def _next_plane(self) -> None:
        """The active series as it was taken, then through it from the front, then from the side."""
        hung = self.grid.active.hung
        if hung.series_uid:
            self.grid.put(Hung(hung.study_uid, hung.series_uid, hung.preset, NEXT_PLANE[hung.plane], hung.prior))
            self.grid.active.take_keys()
