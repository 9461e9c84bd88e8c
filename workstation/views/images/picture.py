"""The dialog that saves pictures: the shown frame or its series, with or without name, where to, how far it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QRect, Qt
from PyQt6.QtGui import QFontMetrics, QImage, QPainter
from PyQt6.QtWidgets import QButtonGroup, QCheckBox, QFileDialog, QProgressBar, QRadioButton, QWidget

from records.errors import Refusal
from workstation.models.images.picture import Drawn, Names, PictureModel, Wanted, names_in
from workstation.models.images.stack import Fetch, Loaded
from workstation.views import style
from workstation.views.images.key_images import pixels_of
from workstation.views.images.likeness import Likeness
from workstation.views.prompts import Dialog
from workstation.views.widgets.buttons import KeyButton, PrimaryButton
from workstation.views.widgets.fields import LineField
from workstation.views.widgets.text import label

_WARNINGS = {
    Names.NONE: "",
    Names.PERHAPS: "Máy loại này hay ghi tên ngay trên hình: hãy nhìn kỹ hình trước khi giao.",
    Names.SAID: "Tệp ghi rõ là tên nằm ngay trên hình (Burned In Annotation): không lưu hình không tên được.",
}
_NOBODY_KEEPS = "Ảnh từ đĩa, không thuộc hồ sơ nào ở đây: nhật ký của bệnh viện không ghi việc lưu này."
_LINE, _PAD = 26, 8


@dataclass(frozen=True)
class Shot:
    """What hangs in the viewport when the dialog is asked for."""

    here: Loaded
    likeness: Callable[[], Likeness]
    """How it, and every other frame of the stack, is shown there."""
    seen: QImage
    """As the viewport shows it, with its marks."""
    bare: QImage
    """The same without what the file's own overlay planes draw, which may be a name."""
    caption: str
    """Name, number, study, slice."""
    name: str
    """Of the file, when it may name the patient."""
    series: Sequence[Fetch] = ()
    """All frames that are scrolled through there."""
    series_caption: str = ""
    series_name: str = ""
    noun: str = "ảnh"
    """What one of them is called."""


class PictureDialog(Dialog):
    """What leaves the archive is kept in the audit with its reason, as every export."""

    def __init__(self, model: PictureModel, shot: Shot, parent: QWidget) -> None:
        super().__init__("Lưu ảnh thành PNG, JPEG", parent, width=620)
        self._model, self._shot, self._names = model, shot, names_in(shot.here)
        self._running = False
        self.reason = LineField("Lưu cho ai, để làm gì", placeholder="Hội chẩn qua điện thoại; bài giảng…")
        self.one = QRadioButton("Ảnh đang xem")
        self.all = QRadioButton(f"Cả chuỗi: {len(shot.series)} ảnh, mỗi ảnh một tệp đánh số, như khung đang hiện")
        self.named = QRadioButton("Có tên: một dòng dưới hình ghi tên, mã, lần chụp, số của ảnh")
        self.nameless = QRadioButton("Không tên: chỉ có hình, tên tệp không dẫn tới ai, bỏ lớp phủ, chữ người khác ghi")
        self.png = QRadioButton("PNG: đúng từng điểm ảnh")
        self.jpeg = QRadioButton("JPEG: nhẹ hơn, để gửi qua điện thoại")
        self.marks = QCheckBox("Đúng phần đang thấy, vẽ cả số đo (bỏ chọn: cả khung hình, từng điểm ảnh)")
        self.which, self.kind = label("Lưu gì", "caption"), label("Loại tệp", "caption")
        self.look, self.words = label("", "attention", wrap=True), label("", "critical", wrap=True)
        self.bar = QProgressBar()
        self.verb = PrimaryButton("Chọn nơi lưu", "Enter", on_click=self.choose)
        self.stop = KeyButton("Đóng", "Esc", on_click=self.reject)
        self._build()
        model.saved.connect(self._saved)
        model.refused.connect(self._refused)
        model.went_on.connect(self._went_on)
        (self.reason if model.source.audited else self.verb).setFocus()

    def _build(self) -> None:
        for pair, first in (((self.one, self.all), self.one), ((self.named, self.nameless), self.named),
                            ((self.png, self.jpeg), self.png)):
            group = QButtonGroup(self)
            for button in pair:
                group.addButton(button)
            first.setChecked(True)
        self.nameless.setEnabled(self._names is not Names.SAID)
        self.marks.setChecked(True)
        self.bar.setMaximum(max(1, len(self._shot.series)))
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(8)
        self.look.setText(_WARNINGS[self._names])
        why = label("Lưu cho ai, để làm gì", "caption") if self._model.source.audited else label(
            _NOBODY_KEEPS, "small_second", wrap=True)
        for widget in (label(self._shot.caption, "bold", wrap=True), why, self.reason, self.which, self.one, self.all,
                       self.marks, label("Tên người bệnh", "caption"), self.named, self.nameless, self.look, self.kind,
                       self.png, self.jpeg, self.bar, self.words):
            self.body.addWidget(widget)
        if not self._model.source.audited:
            self.reason.hide()
        for part in (self.which, self.one, self.all):
            part.setVisible(len(self._shot.series) > 1)
        self.look.setVisible(self._names is not Names.NONE)
        self.words.hide()
        self.verbs(self.verb, self.stop)
        self.reason.returnPressed.connect(self.choose)
        self.all.toggled.connect(lambda _on: self._show())
        self._show()

    def _show(self) -> None:
        for widget in (self.one, self.all, self.named, self.marks, self.png, self.jpeg, self.reason):
            widget.setEnabled(not self._running)
        self.nameless.setEnabled(not self._running and self._names is not Names.SAID)
        for part in (self.kind, self.png, self.jpeg):
            part.setVisible(self.all.isChecked())
        self.bar.setVisible(self._running and self.all.isChecked())
        self.verb.setEnabled(not self._running)
        self.stop.say("Dừng" if self._running and self.all.isChecked() else "Đóng")
        self.fit()

    def choose(self) -> None:
        """Ask where to: a file, PNG or JPEG by the name that is chosen; or a place for a series' folder."""
        if self._model.source.audited and len(self.reason.text().strip()) < 3:
            self._say("Hãy ghi lưu cho ai, để làm gì: nhật ký giữ lại lý do này.", "critical")
            self.reason.setFocus()
            return
        if self.all.isChecked():
            place = QFileDialog.getExistingDirectory(self, "Chọn nơi lưu (USB, ổ đĩa)")
            if place:
                self.begin_all(Path(place))
            return
        name = self._shot.name if self.named.isChecked() else "anh"
        chosen, _ = QFileDialog.getSaveFileName(self, "Nơi lưu ảnh", f"{name}.png", "PNG (*.png);;JPEG (*.jpg)")
        if chosen:
            self.begin(Path(chosen))

    def begin(self, file: Path) -> None:
        """Write the shown frame; a name without an ending is a PNG."""
        file = file if file.suffix.lower() in (".png", ".jpg", ".jpeg") else file.with_name(f"{file.name}.png")
        named, shot = self.named.isChecked(), self._shot
        seen = pixels_of(shot.seen if named else shot.bare) if self.marks.isChecked() else None
        caption = partial(captioned, shot.caption) if named else _as_it_is
        frame = partial(shot.likeness().frame, shot.here, named=named)
        self._model.save(lambda: caption(seen if seen is not None else frame()), file, self.reason.text().strip(),
                         named=named)
        self._run()

    def begin_all(self, place: Path) -> None:
        """Write the series into a new folder in that place."""
        named, shot = self.named.isChecked(), self._shot
        folder = free(place / (shot.series_name if named else "ANH-KHONG-TEN"))
        caption: Callable[[int, NDArray[np.uint8]], NDArray[np.uint8]] | None = None
        if named:
            def caption(number: int, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
                return captioned(f"{shot.series_caption}, {shot.noun} {number}/{len(shot.series)}", picture)
        likeness, as_seen = shot.likeness(), self.marks.isChecked()

        def draw(here: Loaded) -> NDArray[np.uint8]:
            return pixels_of(likeness.image(here, named=named)) if as_seen else likeness.frame(here, named=named)

        self._model.save_all(Wanted(shot.series, draw, folder, ".png" if self.png.isChecked() else ".jpg", named,
                                    caption), self.reason.text().strip())
        self._run()

    def reject(self) -> None:
        """Esc: stop a series that is being written; else close."""
        if self._running and self.all.isChecked():
            self._model.cancel()
            self._say("Đang dừng và xóa phần ghi dở…", "second")
            return
        super().reject()

    def _run(self) -> None:
        self._running = True
        self.bar.setValue(0)
        self._show()

    def _went_on(self, done: int) -> None:
        self.bar.setValue(done)
        self._say(f"Đang ghi: {done}/{len(self._shot.series)} ảnh.", "second")

    def _saved(self, done: Path | Drawn | None) -> None:
        self._running = False
        self._show()
        if done is None:
            self._say("Đã dừng: không có ảnh nào được lưu.", "second")
        elif isinstance(done, Drawn):
            why = "; ".join(dict.fromkeys(reason.vietnamese for reason in done.left_out))
            left = f" {done.missing} ảnh không được lưu: {why}" if done.missing else ""
            self._say(f"Đã lưu {done.files} ảnh vào {done.folder}.{left}", "attention" if done.missing else "ok")
        else:
            self._say(f"Đã lưu {done}.", "ok")

    def _refused(self, why: Refusal) -> None:
        self._running = False
        self._show()
        self._say(" ".join(f"{reason.vietnamese} {reason.todo}".strip() for reason in why.reasons), "critical")

    def _say(self, words: str, role: str) -> None:
        style.set_role(self.words, role)
        self.words.setText(words)
        self.words.show()
        self.fit()


def free(folder: Path) -> Path:
    """A folder of that name, or with a number behind it, that is not there yet, nor a disc image of that name."""
    number, wanted = 1, folder
    while wanted.exists() or wanted.with_suffix(".iso").exists():
        number += 1
        wanted = folder.with_name(f"{folder.name}-{number}")
    return wanted


def _as_it_is(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return picture


def captioned(words: str, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
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
