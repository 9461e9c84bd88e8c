"""The dialog that exports images: for whom and why, with or without the patient, where to; then how far it is."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtWidgets import QCheckBox, QFileDialog, QProgressBar, QRadioButton, QWidget

from records.errors import Refusal
from workstation.media.export import Exported
from workstation.models.images.exporting import ExportModel, Stage, line_of
from workstation.views import style
from workstation.views.images.picture import free
from workstation.views.prompts import Dialog
from workstation.views.widgets.buttons import KeyButton, PrimaryButton
from workstation.views.widgets.fields import LineField
from workstation.views.widgets.text import label

_NAMED = "Có thông tin người bệnh (giao người bệnh, chuyển viện)"
_NAMELESS = "Xóa thông tin người bệnh (hội chẩn rộng, giảng dạy)"
_LOOK = ("Tên có thể nằm ngay trên hình siêu âm, nội soi, ảnh chụp màn hình: hãy xem từng ảnh trước khi giao. "
         "Báo cáo và điện tim không xóa được tên nên không được xuất.")
_NOBODY_KEEPS = "Ảnh từ đĩa, không thuộc hồ sơ nào ở đây: nhật ký của bệnh viện không ghi việc xuất này."


class ExportDialog(Dialog):
    """Every export from the archive is kept in the audit with its reason."""

    def __init__(self, model: ExportModel, parent: QWidget) -> None:
        super().__init__("Xuất hình ảnh", parent, width=620)
        self._model = model
        self.reason = LineField("Xuất cho ai, để làm gì", placeholder="Người bệnh xin mang về; hội chẩn tuyến trên…")
        self.named, self.nameless = QRadioButton(_NAMED), QRadioButton(_NAMELESS)
        self.named.setChecked(True)
        self.disc = QCheckBox("Thêm tệp ISO để ghi đĩa")
        self.which = {study.uid: QCheckBox(line_of(study)) for study in model.offered if len(model.offered) > 1}
        for box in self.which.values():
            box.setChecked(True)
            box.toggled.connect(self._choose_studies)
        self.what = label("", wrap=True)
        self.look = label(_LOOK, "attention", wrap=True)
        self.words = label("", "critical", wrap=True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(8)
        why = label("Xuất cho ai, để làm gì", "caption") if model.source.audited else label(
            _NOBODY_KEEPS, "small_second", wrap=True)
        for widget in (label(model.source.who, "bold", wrap=True),
                       *self.which.values(), self.what, why, self.reason, self.named, self.nameless, self.look,
                       self.disc, label("Thư mục có tệp DICOM, DICOMDIR và một trang web để xem bằng trình duyệt.",
                                        "small_second", wrap=True), self.bar, self.words):
            self.body.addWidget(widget)
        self.verb = PrimaryButton("Chọn nơi lưu và xuất", "Enter", on_click=self.choose)
        self.stop = KeyButton("Dừng", "Esc", on_click=self.reject)
        self.verbs(self.verb, self.stop)
        self.reason.returnPressed.connect(self.choose)
        self.nameless.toggled.connect(lambda _on: self._show())
        model.changed.connect(self._show)
        model.went_on.connect(self.bar.setValue)
        model.refused.connect(self._refused)
        self.reason.setVisible(model.source.audited)
        self._show()
        (self.reason if model.source.audited else self.verb).setFocus()

    def choose(self) -> None:
        """Ask where to, then begin; once it is done, close."""
        if self._model.stage is Stage.DONE:
            self.accept()
            return
        if not self._model.studies:
            self._say("Hãy chọn ít nhất một lần chụp.", "critical")
            return
        if self._model.source.audited and len(self.reason.text().strip()) < 3:
            self._say("Hãy ghi xuất cho ai, để làm gì: nhật ký giữ lại lý do này.", "critical")
            self.reason.setFocus()
            return
        chosen = QFileDialog.getExistingDirectory(self, "Chọn nơi lưu (USB, ổ đĩa)")
        if chosen:
            self.begin(Path(chosen))

    def begin(self, place: Path) -> None:
        """Write into a new folder in that place."""
        self.bar.setMaximum(max(1, self._model.files))
        named = self.named.isChecked()
        folder = free(place / self._model.name(named=named))
        self._model.begin(folder, self.reason.text().strip(), named=named, disc=self.disc.isChecked())

    def reject(self) -> None:
        """Esc: stop what runs; else close."""
        if self._model.stage is Stage.RUNNING:
            self._model.cancel()
            self._say("Đang dừng và xóa phần ghi dở…", "second")
            return
        super().reject()

    def _choose_studies(self) -> None:
        self._model.choose([uid for uid, box in self.which.items() if box.isChecked()])
        self._show()

    def _show(self) -> None:
        running, done = self._model.stage is Stage.RUNNING, self._model.stage is Stage.DONE
        said = f"{self._model.files} tệp." if self.which else f"{self._model.line}: {self._model.files} tệp."
        self.what.setText(said)
        for widget in (self.reason, self.named, self.nameless, self.disc, *self.which.values()):
            widget.setEnabled(not (running or done))
        self.look.setVisible(self.nameless.isChecked() and not done)
        self.bar.setVisible(running)
        self.verb.setEnabled(not running)
        self.verb.say("Đóng" if done else "Chọn nơi lưu và xuất")
        self.stop.setVisible(not done)
        self.stop.say("Dừng" if running else "Đóng")
        if running:
            self._say("Đang ghi… vẫn làm việc khác được khi xong.", "second")
        elif done and self._model.done is not None:
            self._say(_told(self._model.done, self._model.folder), "ok")
        else:
            self._say("", "second")

    def _refused(self, why: Refusal) -> None:
        self._say(" ".join(f"{reason.vietnamese} {reason.todo}".strip() for reason in why.reasons), "critical")

    def _say(self, words: str, role: str) -> None:
        style.set_role(self.words, role)
        self.words.setText(words)
        self.words.setVisible(bool(words))


def _told(done: Exported, folder: Path | None) -> str:
    words = f"Đã ghi {done.files} tệp vào {folder}."
    if done.missing:
        why = "; ".join(dict.fromkeys(reason.vietnamese for reason in done.left_out))
        words += f" {done.missing} tệp không được xuất: {why}"
    return words
