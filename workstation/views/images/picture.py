"""The dialog that saves the shown frame as a picture: for whom and why, with or without name and marks, where to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QRect, Qt
from PyQt6.QtGui import QFontMetrics, QImage, QPainter
from PyQt6.QtWidgets import QCheckBox, QFileDialog, QRadioButton, QWidget

from records.errors import Refusal
from workstation.models.images.picture import Names, PictureModel, names_in, whole_frame
from workstation.models.images.stack import Loaded
from workstation.models.images.view_state import ViewState
from workstation.views import style
from workstation.views.images.key_images import pixels_of
from workstation.views.prompts import Dialog
from workstation.views.widgets.buttons import KeyButton, PrimaryButton
from workstation.views.widgets.fields import LineField
from workstation.views.widgets.text import label

_WARNINGS = {
    Names.NONE: "",
    Names.PERHAPS: "Máy loại này hay ghi tên ngay trên hình: hãy nhìn kỹ hình trước khi giao.",
    Names.SAID: "Tệp ghi rõ là tên nằm ngay trên hình (Burned In Annotation): không lưu hình không tên được.",
}
_LINE, _PAD = 26, 8


@dataclass(frozen=True)
class Shot:
    """What hangs in the viewport when the dialog is asked for."""

    here: Loaded
    look: ViewState
    seen: QImage
    """As the viewport shows it, with its marks."""
    caption: str
    """Name, number, study, slice."""
    name: str
    """Of the file, when it may name the patient."""


class PictureDialog(Dialog):
    """Kept in the audit with its reason, as every export."""

    def __init__(self, model: PictureModel, shot: Shot, parent: QWidget) -> None:
        super().__init__("Lưu ảnh đang xem", parent, width=620)
        self._model, self._shot, self._names = model, shot, names_in(shot.here)
        self.reason = LineField("Lưu cho ai, để làm gì", placeholder="Hội chẩn qua điện thoại; bài giảng…")
        self.named = QRadioButton("Có tên: một dòng dưới hình ghi tên, mã, lần chụp, lát")
        self.nameless = QRadioButton("Không tên: chỉ có hình, tên tệp không dẫn tới ai")
        self.nameless.setEnabled(self._names is not Names.SAID)
        self.named.setChecked(True)
        self.marks = QCheckBox("Đúng phần đang thấy, vẽ cả số đo (bỏ chọn: cả khung hình, từng điểm ảnh)")
        self.marks.setChecked(True)
        self.look = label(_WARNINGS[self._names], "attention", wrap=True)
        self.look.setVisible(self._names is not Names.NONE)
        self.words = label("", "critical", wrap=True)
        self.words.hide()
        for widget in (label(shot.caption, "bold", wrap=True), label("Lưu cho ai, để làm gì", "caption"), self.reason,
                       self.named, self.nameless, self.marks, self.look, self.words):
            self.body.addWidget(widget)
        self.verb = PrimaryButton("Chọn nơi lưu", "Enter", on_click=self.choose)
        self.verbs(self.verb, KeyButton("Đóng", "Esc", on_click=self.reject))
        self.reason.returnPressed.connect(self.choose)
        model.saved.connect(self._saved)
        model.refused.connect(self._refused)
        self.reason.setFocus()

    def choose(self) -> None:
        """Ask where to, PNG or JPEG by the name that is chosen."""
        if len(self.reason.text().strip()) < 3:
            self._say("Hãy ghi lưu cho ai, để làm gì: nhật ký giữ lại lý do này.", "critical")
            self.reason.setFocus()
            return
        name = self._shot.name if self.named.isChecked() else "anh"
        chosen, _ = QFileDialog.getSaveFileName(self, "Nơi lưu ảnh", f"{name}.png", "PNG (*.png);;JPEG (*.jpg)")
        if chosen:
            self.begin(Path(chosen))

    def begin(self, file: Path) -> None:
        """Write it; a name without an ending is a PNG."""
        file = file if file.suffix.lower() in (".png", ".jpg", ".jpeg") else file.with_name(f"{file.name}.png")
        named = self.named.isChecked()
        seen = pixels_of(self._shot.seen) if self.marks.isChecked() else None
        caption = partial(_captioned, self._shot.caption) if named else None
        frame = partial(whole_frame, self._shot.here, self._shot.look)
        self.verb.setEnabled(False)
        self._model.save(lambda: _made(seen if seen is not None else frame(), caption), file,
                         self.reason.text().strip(), named=named)

    def _saved(self, file: Path) -> None:
        self.verb.setEnabled(True)
        self._say(f"Đã lưu {file}.", "ok")

    def _refused(self, why: Refusal) -> None:
        self.verb.setEnabled(True)
        self._say(" ".join(f"{reason.vietnamese} {reason.todo}".strip() for reason in why.reasons), "critical")

    def _say(self, words: str, role: str) -> None:
        style.set_role(self.words, role)
        self.words.setText(words)
        self.words.show()
        self.fit()


def _made(picture: NDArray[np.uint8], caption: partial[NDArray[np.uint8]] | None) -> NDArray[np.uint8]:
    return picture if caption is None else caption(picture)


def _captioned(words: str, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture, not one pixel of it touched, and a line below it."""
    width = picture.shape[1]
    line = QImage(width, _LINE, QImage.Format.Format_RGB32)
    line.fill(style.image_colour("ground"))
    painter = QPainter(line)
    painter.setFont(style.font("small"))
    painter.setPen(style.image_colour("strong"))
    room = QRect(_PAD, 0, width - 2 * _PAD, _LINE)
    painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, QFontMetrics(painter.font()).elidedText(
        words, Qt.TextElideMode.ElideRight, room.width()))
    painter.end()
    strip = pixels_of(line)
    colours = strip if strip.ndim == 3 else np.repeat(strip[:, :, None], 3, axis=2)
    above = picture if picture.ndim == 3 else np.repeat(picture[:, :, None], 3, axis=2)
    return np.ascontiguousarray(np.vstack((above, colours)))
