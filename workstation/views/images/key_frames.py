"""S marks the frame that matters, Shift+S saves the marked ones into the study for everybody, A shows only such."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pydicom.dataset import Dataset
from PyQt6.QtCore import QObject, pyqtSignal

from imaging.objects.references import ImageReference
from imaging.objects.writing import Code
from workstation.models.images.hanging import ABOUT_OTHERS
from workstation.models.images.key_frames import KeyFrames
from workstation.models.images.key_stack import KeyStack
from workstation.models.images.reading import Reading
from workstation.models.images.stack import Spot
from workstation.views.images.cell import Cell
from workstation.views.images.grid import Grid

if TYPE_CHECKING:  # papers are heavy to load
    from workstation.views.images.objects import ObjectsPane

ONLY = "chỉ ảnh then chốt"


class MarkingKeys(QObject):
    """Acts on the active viewport; a mark that waits to be saved survives closing."""

    told = pyqtSignal(str)

    def __init__(self, reading: Reading, grid: Grid) -> None:
        super().__init__(grid)
        self._reading, self._grid = reading, grid

    @property
    def frames(self) -> KeyFrames:
        """All that is marked."""
        return self._reading.key_frames

    def mark(self) -> None:
        """The frame that is seen, or its mark back."""
        cell = self._grid.active
        if cell.pane is not None:
            self._mark_object(cell, cell.pane)
            return
        here = self._grid.viewport.here
        if here is None or not here.spot.sop_instance_uid:
            self.told.emit(self._grid.active.no_picture if here is None else
                           "Mặt dựng không phải ảnh của máy chụp: hãy đánh dấu lát gốc của chuỗi.")
            return
        marked, count = self.frames.toggle(here), len(self.frames.waiting)
        self.told.emit(f"Đã đánh dấu ảnh then chốt: {count} ảnh chờ lưu, Shift+S để lưu vào lần chụp." if marked else
                       f"Đã bỏ đánh dấu: còn {count} ảnh chờ lưu.")

    def _mark_object(self, cell: Cell, pane: ObjectsPane) -> None:
        """A strip, a report or a document may be a key object's too (PS3.3 A.35.4: any composite object)."""
        shown, hung = pane.shown, cell.hung
        found = self._reading.studies.series(hung.series_uid)
        if shown.header is None or not shown.class_uid:
            self.told.emit("Tệp này không đọc được nên không đánh dấu được.")
            return
        if found is not None and found[1].modality in ABOUT_OTHERS:
            self.told.emit("Đây là ghi chú về ảnh khác: hãy đánh dấu chính ảnh được nhắc tới.")
            return
        marked = self.frames.turn(Spot(hung.study_uid, hung.series_uid, shown.uid), ImageReference(
            shown.class_uid, shown.uid, (), hung.series_uid, hung.study_uid), shown.header)
        count = len(self.frames.waiting)
        self.told.emit(f"Đã đánh dấu {pane.noun} này là then chốt: {count} mục chờ lưu, Shift+S để lưu vào lần chụp."
                       if marked else f"Đã bỏ đánh dấu: còn {count} mục chờ lưu.")

    def save(self) -> None:
        """Ask why they matter, then send them."""
        waiting = self.frames.waiting
        if not waiting:
            self.told.emit("Chưa đánh dấu ảnh nào: bấm S trên ảnh then chốt trước.")
            return
        if missing := [one for one in waiting if self._header(one.study_uid) is None]:
            self.told.emit(f"{len(missing)} ảnh đã đánh dấu thuộc lần chụp chưa mở: hãy mở lần chụp đó rồi lưu.")
            return
        from workstation.views.images.key_frames_dialog import KeyFramesDialog

        dialog = KeyFramesDialog(len(waiting), self._grid)
        dialog.chosen.connect(self._send)
        dialog.show_over()

    def toggle_only(self) -> None:
        """Only the key images of the active series, or all of it again."""
        cell = self._grid.active
        stack = cell.viewport.gaze.stack
        if isinstance(stack, KeyStack):
            self.show_all(cell)
            return
        places = [] if stack is None else self.frames.places(stack)
        if stack is None or not places:
            self.told.emit("Chuỗi này chưa có ảnh then chốt nào." if stack is not None else cell.no_picture)
            return
        state, few = cell.viewport.state, KeyStack(stack, places, cell)
        cell.words = replace(cell.words, note=" · ".join(filter(None, (cell.words.note, ONLY))))
        cell.viewport.show_stack(few, cell.words, replace(state, place=few.nearest(state.place)))
        self.told.emit(f"Chỉ {len(places)} ảnh then chốt trong {len(stack)} ảnh; A lần nữa để xem cả chuỗi.")

    def show_all(self, cell: Cell) -> None:
        """The whole series, at the frame that is seen."""
        stack = cell.viewport.gaze.stack
        if isinstance(stack, KeyStack):
            state = cell.viewport.state
            cell.words = self._grid.words_of(cell.hung)
            cell.viewport.show_stack(stack.whole, cell.words, replace(state, place=stack.in_whole(state.place)))
            stack.deleteLater()

    def _header(self, study: str) -> Dataset | None:
        shown = (cell.viewport.here for cell in self._grid.cells)
        return self.frames.header(study) or next(
            (here.image.dataset for here in shown if here is not None and here.spot.study_uid == study), None)

    def _send(self, title: Code, words: str) -> None:
        sent = self.frames.waiting
        headers = {uid: header for uid in {one.study_uid for one in sent}
                   if (header := self._header(uid)) is not None}
        self._reading.saver.save_key_objects(sent, headers, title, words, lambda: self.frames.saved(sent))
