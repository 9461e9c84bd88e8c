"""The viewports: laid out 1×1 to 3×3, one active; linked scrolling, reference lines and a prior that goes along."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import chain, repeat

from PyQt6.QtCore import QTimer, pyqtSignal
from PyQt6.QtWidgets import QApplication, QGridLayout, QWidget

from records.errors import Refusal
from workstation.models.images.corners import SERIES, Words
from workstation.models.images.graphics import ReferenceLine
from workstation.models.images.hanging import Hanging, Hung, relaid
from workstation.models.images.key_stack import KeyStack
from workstation.models.images.linking import beside, line_on, same_place
from workstation.models.images.objects import Opened
from workstation.models.images.planes import PLANE_WORDS
from workstation.models.images.reading import Gathered, Reading
from workstation.models.images.stack import Spot, Stack
from workstation.models.images.study_list import noun_of, series_words, span_words, study_words, written_day
from workstation.views.images.cell import Cell
from workstation.views.images.viewport import Viewport

LAYOUTS = ((1, 1), (1, 2), (2, 2), (2, 3), (3, 3))
"""What F3 goes through."""


class Grid(QWidget):
    """What hangs where. A viewport that stays in the layout keeps its picture, its place and its window."""

    active_changed = pyqtSignal()
    turned = pyqtSignal()
    """The active viewport looks another way, or shows another picture."""
    told = pyqtSignal(str)
    opened = pyqtSignal()
    """A series that was awaited is in its viewport."""
    spot_wanted = pyqtSignal(object)
    """ImageReference: a report's reader asks for that image."""

    def __init__(self, reading: Reading, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._reading = reading
        self.hanging = Hanging(1, 1, (Hung(),))
        self.cells: list[Cell] = []
        self.linked = True
        self._active = 0
        self._paired: tuple[Cell, Cell] | None = None
        self._following = False
        self._layout = QGridLayout()
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(1)
        self.setLayout(self._layout)
        self.setProperty("role", "viewer_ground")
        self._lines = QTimer(self)
        self._lines.setSingleShot(True)
        self._lines.setInterval(0)
        self._lines.timeout.connect(self._draw_lines)
        if isinstance(application := QApplication.instance(), QApplication):
            application.focusChanged.connect(self._keys_went)
        reading.ready.connect(self._ready)
        reading.refused.connect(self._refused)
        reading.gathered.connect(self._gathered)
        reading.exchanged.connect(self._exchanged)
        reading.line_back.connect(self._ask_again)
        reading.objects.opened.connect(self._opened)
        reading.objects.refused.connect(self._not_opened)
        reading.saver.saved.connect(self.told)
        reading.key_frames.changed.connect(self._retold)
        reading.saver.refused.connect(lambda why: self.told.emit(why.reasons[0].vietnamese))

    def _retold(self) -> None:
        for cell in self.cells:
            cell.viewport.redraw()
            if cell.pane is not None:
                cell.pane.retell()

    def _key_words(self, hung: Hung, uid: str) -> str:
        """Whether a file that is no picture matters."""
        words = self._reading.key_frames.words(Spot(hung.study_uid, hung.series_uid, uid))
        return words.replace("Ảnh then chốt", "Then chốt", 1)

    def keep_look(self) -> None:
        """The active viewport's look and marks go to the server as a presentation state."""
        gaze, size = self.viewport.gaze, (self.viewport.width(), self.viewport.height())
        laid = self.viewport.laid
        lies = None if laid is None or gaze.here is None else laid.over(gaze.here)
        self._reading.saver.save_look(gaze.here, gaze.state, size, self._reading.marks, lies)

    # What hangs

    def hang(self, hanging: Hanging) -> None:
        """Open a study: everything hangs anew."""
        self._paired = None
        self.hanging = hanging
        self._arrange()
        # None keeps what hung in it before: that would be another study's.
        for cell, hung in zip(self.cells, chain(hanging.ports, repeat(Hung())), strict=False):
            self._put(cell, hung)
        self.activate(0)

    def lay_out(self, rows: int, columns: int) -> None:
        """Another layout: a viewport that has room in it goes to its place as it is, picture, window and all."""
        before, was = self.active, self.hanging
        there = {(at // was.columns, at % was.columns): cell for at, cell in enumerate(self.cells)}
        self.hanging = relaid(was, rows, columns)
        wanted = [there.pop((at // columns, at % columns), None) for at in range(rows * columns)]
        self.cells = [cell or self._made() for cell in wanted]
        self._active = 0
        for cell in there.values():
            self._let_go(cell)
        self._arrange()
        self._paired = self._paired if self._paired and set(self._paired) <= set(self.cells) else None
        self.activate(self.cells.index(before) if before in self.cells else 0)

    def next_layout(self) -> None:
        """F3: one more viewport, and after the largest layout one again."""
        now = (self.hanging.rows, self.hanging.columns)
        self.lay_out(*LAYOUTS[(LAYOUTS.index(now) + 1) % len(LAYOUTS)] if now in LAYOUTS else LAYOUTS[0])

    def put(self, hung: Hung, at: int | None = None) -> None:
        """A series into a viewport: the active one, or another. What stands in the first one is what is read: the
        others say how long before or after it they were made.
        """
        number = self._active if at is None else at
        hung = replace(hung, prior=hung.prior and number > 0)
        ports = list(self.hanging.ports) + [Hung()] * (len(self.cells) - len(self.hanging.ports))
        ports[number] = hung
        self.hanging = Hanging(self.hanging.rows, self.hanging.columns, tuple(ports))
        self._put(self.cells[number], hung)
        for cell in self.cells if number == 0 else ():
            cell.words = self.words_of(cell.hung)
            cell.note("")
        self.activate(number)

    @property
    def active(self) -> Cell:
        """The viewport that the tool bar and the keys are for."""
        return self.cells[self._active]

    @property
    def viewport(self) -> Viewport:
        """The same, as its own widget."""
        return self.active.viewport

    def activate(self, number: int) -> None:
        """Another viewport is active."""
        self._active = min(max(0, number), len(self.cells) - 1)
        for at, cell in enumerate(self.cells):
            cell.set_active(active=at == self._active)
        self.active_changed.emit()
        self._lines.start()

    def step(self, by: int) -> None:
        """The next viewport, and the keys with it."""
        self.activate((self._active + by) % len(self.cells))
        self.active.take_keys()

    def _arrange(self) -> None:
        count = self.hanging.rows * self.hanging.columns
        while len(self.cells) < count:
            self.cells.append(self._made())
        gone = self.cells[count:]
        # Out of the list first: their keys go to another one, which is active from then on.
        del self.cells[count:]
        self._active = min(self._active, count - 1)
        for cell in gone:
            self._let_go(cell)
        for at in range(3):
            self._layout.setRowStretch(at, int(at < self.hanging.rows))
            self._layout.setColumnStretch(at, int(at < self.hanging.columns))
        for at, cell in enumerate(self.cells):
            self._layout.addWidget(cell, at // self.hanging.columns, at % self.hanging.columns)
            cell.show()

    def _let_go(self, cell: Cell) -> None:
        self._reading.forget_plane(cell.hung)
        self._layout.removeWidget(cell)
        cell.hang(Hung(), Words())
        cell.hide()
        cell.deleteLater()

    def _made(self) -> Cell:
        cell = Cell(self._reading.marks)
        viewport = cell.viewport
        viewport.tell_keys(self._reading.key_frames.words)
        viewport.activated.connect(lambda: self._touched(cell))
        viewport.told.connect(self.told)
        viewport.gaze.scrolled.connect(partial(self._scrolled, cell))
        viewport.gaze.turned.connect(lambda _before: self._turned(cell))
        viewport.gaze.shown.connect(lambda: self._seen(cell))
        cell.dropped.connect(lambda study, series: self.put(Hung(study, series), self.cells.index(cell)))
        return cell

    def _put(self, cell: Cell, hung: Hung) -> None:
        if cell.hung != hung:
            self._reading.forget_plane(cell.hung)
        cell.hang(hung, self.words_of(hung))
        found = self._reading.studies.series(hung.series_uid)
        if found is not None and not found[1].shown:
            self._reading.objects.open(hung.study_uid, hung.series_uid)
        elif hung.series_uid and (stack := self._reading.want(hung)) is not None and not cell.filled:
            cell.take(stack)

    def words_of(self, hung: Hung) -> Words:
        """What stands in the corner: study, series, and how long ago a prior was made."""
        found = self._reading.studies.series(hung.series_uid)
        if found is None:
            return Words()
        study, series = found
        if hung.plane:
            return Words(f"{PLANE_WORDS[hung.plane]} (MPR){SERIES}{series_words(series)}", "số đo ở đây không giữ lại",
                         "lát")
        newest = self._reading.studies.study(self.hanging.ports[0].study_uid) if self.hanging.ports else None
        note = span_words(study, newest) if hung.prior and newest is not None else ""
        return Words(f"{study_words(study)}{SERIES}{series_words(series)}", note, noun_of(series))

    def _moment_of(self, hung: Hung) -> str:
        """«18/11/2026 10:15 · Điện tim 12 chuyển đạo · lần trước, 8 ngày trước», for what has no corners."""
        study = self._reading.studies.study(hung.study_uid)
        if study is None:
            return ""
        clock = f"{study.time[:2]}:{study.time[2:4]}" if study.time[:4].isdecimal() and len(study.time) >= 4 else ""
        return " · ".join(filter(None, (f"{written_day(study)} {clock}".strip(), study_words(study),
                                        self.words_of(hung).note)))

    # What comes

    def _cells_of(self, hung: Hung) -> list[Cell]:
        return [cell for cell in self.cells if (cell.hung.series_uid, cell.hung.plane) == (hung.series_uid, hung.plane)]

    def _ready(self, hung: Hung, stack: Stack) -> None:
        for cell in self._cells_of(hung):
            if not cell.filled:
                cell.take(stack)
        self.opened.emit()

    def _exchanged(self, hung: Hung, stack: Stack) -> None:
        """The series has grown: what is shown stays, where it stands is counted anew."""
        for cell in self._cells_of(hung):
            seen = cell.viewport.gaze.stack
            if seen is not None:
                cell.viewport.gaze.exchange(seen.over(stack, cell) if isinstance(seen, KeyStack) else stack)
        self._lines.start()
        self.opened.emit()

    def _refused(self, hung: Hung, why: Refusal) -> None:
        for cell in self._cells_of(hung):
            if not cell.filled:
                cell.say(" ".join(f"{one.vietnamese} {one.todo}".strip() for one in why.reasons))

    def _ask_again(self) -> None:
        """The server is back: what a viewport said of it is out of date."""
        for cell in self.cells:
            if cell.hung.series_uid and not cell.filled and cell.pane is None:
                self._put(cell, cell.hung)

    def _not_opened(self, series: str, why: Refusal) -> None:
        self._refused(Hung("", series), why)

    def _opened(self, series: str, objects: Sequence[Opened]) -> None:
        for cell in self._cells_of(Hung("", series)):
            from workstation.views.images.objects import ObjectsPane  # rare, and papers are heavy to load

            pane = ObjectsPane(objects, cell)
            pane.wanted.connect(self.spot_wanted)
            pane.tell_keys(partial(self._key_words, cell.hung))
            pane.tell_words(self._moment_of(cell.hung))
            cell.show_pane(pane)
        self.opened.emit()

    def _gathered(self, hung: Hung, how: Gathered) -> None:
        for cell in self._cells_of(hung):
            if not cell.filled:
                cell.say(f"Đang dựng {PLANE_WORDS[hung.plane].lower()}: {how.done}/{how.of} lát")

    # What goes along

    def toggle_link(self) -> None:
        """The other way round."""
        self.set_linked(linked=not self.linked)

    def set_linked(self, *, linked: bool) -> None:
        """L: whether the others scroll along."""
        self.linked = linked
        if linked:
            self._scrolled(self.active, self.viewport.state.place)
        self._lines.start()
        self.turned.emit()

    @property
    def paired(self) -> bool:
        """Whether a prior goes along with the active study."""
        return self._paired is not None

    def pair(self, now: Cell, prior: Cell) -> None:
        """B: the prior beside, at the same anatomical place, as near and with the same window, until it is let go."""
        self._paired = (now, prior)
        self._turned(now)
        self._scrolled(now, now.viewport.state.place)

    def unpair(self) -> None:
        """The two go their own ways again."""
        if self._paired is not None:
            self._paired[1].note("")
        self._paired = None

    def _keys_went(self, _from: QWidget | None, to: QWidget | None) -> None:
        """Into a report, a document or a waveform, or the words where nothing is shown: that one is active now."""
        for cell in self.cells:
            if to is not None and cell.isAncestorOf(to):
                self._touched(cell)
                return

    def _touched(self, cell: Cell) -> None:
        if cell in self.cells and cell is not self.active:
            self.activate(self.cells.index(cell))

    def _seen(self, cell: Cell) -> None:
        self._lines.start()
        if cell.filled and self._paired is not None and cell in self._paired and not self._following:
            self._follow_pair(self._paired[0])
        if cell in self.cells and cell is self.active:
            self.turned.emit()

    def _turned(self, cell: Cell) -> None:
        if self._paired is not None and cell in self._paired and not self._following:
            self._follow_look(cell)
        if cell in self.cells and cell is self.active:
            self.turned.emit()

    def _scrolled(self, cell: Cell, place: int) -> None:
        stack = cell.viewport.gaze.stack
        if stack is None:
            return
        for other in self.cells:
            theirs = other.viewport.gaze.stack
            if other is cell or theirs is None or theirs is stack or not self.linked:
                continue
            found = same_place(stack, place, theirs)
            if found is not None:
                other.viewport.gaze.go_to(found)
            other.note("nối cuộn" if found is not None else "")
        if self._paired is not None and cell in self._paired:
            self._follow_pair(cell)
        self._lines.start()

    def _follow_pair(self, cell: Cell) -> None:
        if self._paired is None:
            return
        other = self._paired[1] if cell is self._paired[0] else self._paired[0]
        seen, theirs = cell.viewport.gaze.stack, other.viewport.gaze.stack
        if seen is None or theirs is None:
            return
        found = beside(seen, cell.viewport.state.place, theirs)
        if found is not None and len(theirs) > 1:
            self._following = True
            other.viewport.gaze.go_to(found.place)
            self._following = False
            self._paired[1].note("đi cùng theo tỉ lệ chiều dài" if found.by_share else "đi cùng vị trí")

    def _follow_look(self, cell: Cell) -> None:
        if self._paired is None:
            return
        other = self._paired[1] if cell is self._paired[0] else self._paired[0]
        if not other.filled or not cell.filled:
            return
        mine, theirs = cell.viewport.state, other.viewport.state
        voi = mine.voi if self._same_values(cell, other) else theirs.voi
        self._following = True
        other.viewport.gaze.look(replace(theirs, voi=voi, zoom=mine.zoom, centre=mine.centre, invert=mine.invert))
        self._following = False

    def _same_values(self, cell: Cell, other: Cell) -> bool:
        """A window in Hounsfield units means nothing on an X-ray."""
        one, two = cell.viewport.here, other.viewport.here
        return one is not None and two is not None and one.grey.modality.unit == two.grey.modality.unit == "HU"

    def _draw_lines(self) -> None:
        if not self.cells:
            return
        seen, place = self.viewport.gaze.stack, self.viewport.gaze.seen
        for cell in self.cells:
            theirs = cell.viewport.gaze.stack
            found = None
            if self.linked and cell is not self.active and seen is not None and theirs is not None:
                found = line_on(seen, place, theirs, cell.viewport.gaze.seen)
            cell.viewport.set_lines([ReferenceLine(*found)] if found is not None else [])
