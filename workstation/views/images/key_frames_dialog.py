"""«Lưu ảnh then chốt»: why the marked images matter, asked before they are saved for everybody."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from imaging.objects.key_objects import CHOICES, TITLES
from workstation.views.prompts import Dialog
from workstation.views.widgets.buttons import KeyButton, PrimaryButton
from workstation.views.widgets.fields import LineField
from workstation.views.widgets.text import label


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
