"""S marks the frame that matters, Shift+S saves the marked ones into the study for everybody, A shows only such."""

from __future__ import annotations

from dataclasses import replace

from pydicom.dataset import Dataset
from PyQt6.QtCore import QObject, Qt, pyqtSignal
from PyQt6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from imaging.objects.key_objects import CHOICES, TITLES
from imaging.objects.writing import Code
from workstation.models.images.corners import Words
from workstation.models.images.key_frames import KeyFrames
from workstation.models.images.key_stack import KeyStack
from workstation.models.images.reading import Reading
from workstation.views.images.cell import Cell
from workstation.views.images.grid import Grid
from workstation.views.prompts import Dialog
from workstation.views.widgets.buttons import KeyButton, PrimaryButton
from workstation.views.widgets.fields import LineField
from workstation.views.widgets.text import label

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
        here = self._grid.viewport.here
        if here is None or not here.spot.sop_instance_uid:
            self.told.emit("Khung này chưa có ảnh." if here is None else
                           "Mặt dựng không phải ảnh của máy chụp: hãy đánh dấu lát gốc của chuỗi.")
            return
        marked, count = self.frames.toggle(here), len(self.frames.waiting)
        self.told.emit(f"Đã đánh dấu ảnh then chốt: {count} ảnh chờ lưu, Shift+S để lưu vào lần chụp." if marked else
                       f"Đã bỏ đánh dấu: còn {count} ảnh chờ lưu.")

    def save(self) -> None:
        """Ask why they matter, then send them."""
        waiting = self.frames.waiting
        if not waiting:
            self.told.emit("Chưa đánh dấu ảnh nào: bấm S trên ảnh then chốt trước.")
            return
        if missing := [one for one in waiting if self._header(one.study_uid) is None]:
            self.told.emit(f"{len(missing)} ảnh đã đánh dấu thuộc lần chụp chưa mở: hãy mở lần chụp đó rồi lưu.")
            return
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
            self.told.emit("Chuỗi này chưa có ảnh then chốt nào." if stack is not None else "Khung này chưa có ảnh.")
            return
        state, few = cell.viewport.state, KeyStack(stack, places, cell)
        cell.words = Words(cell.words.title, " · ".join(filter(None, (cell.words.note, ONLY))))
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


class KeyFramesDialog(Dialog):
    """Why these images matter: one title of PS3.16 CID 7010, and words for those who open them."""

    chosen = pyqtSignal(object, str)
    """Code, words."""

    def __init__(self, count: int, parent: QWidget) -> None:
        super().__init__(f"Lưu {count} ảnh then chốt vào lần chụp", parent)
        self.titles = QListWidget()
        self.titles.setAccessibleName("Vì sao những ảnh này là then chốt")
        for code in CHOICES:
            item = QListWidgetItem(TITLES[code.value], self.titles)
            item.setData(Qt.ItemDataRole.UserRole, code)
        self.titles.setCurrentRow(0)
        self.titles.setFixedHeight(8 * 24)
        self.words = LineField("Ghi chú", placeholder="Ví dụ: đám mờ thùy dưới phổi phải")
        self.words.setMaxLength(200)
        for widget in (label("Vì sao là then chốt", "caption"), self.titles, label("Ghi chú", "caption"), self.words,
                       label("Ai mở lần chụp này cũng thấy; đã lưu thì không sửa được, chỉ lưu thêm.", "small_second",
                             wrap=True)):
            self.body.addWidget(widget)
        self.verbs(PrimaryButton("Lưu", "Enter", on_click=self._choose), KeyButton("Đóng", "Esc", on_click=self.reject))
        self.words.returnPressed.connect(self._choose)
        self.titles.itemActivated.connect(lambda _item: self._choose())
        self.titles.setFocus()

    def _choose(self) -> None:
        item = self.titles.currentItem()
        if item is not None:
            self.chosen.emit(item.data(Qt.ItemDataRole.UserRole), self.words.text().strip())
            self.accept()
