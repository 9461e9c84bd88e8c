"""«Mở ảnh từ đĩa, thư mục»: choose, read with progress, then whose images they are; sending them to the archive."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QFileDialog, QListWidget, QListWidgetItem, QProgressBar, QWidget

from records.errors import Reason, Refusal
from records.image_identity import compared, is_somebody_else
from records.image_lists import ImageStudyView
from records.messages import PatientView
from workstation.models.images.disc import DiscModel, DiscPerson, DiscStage
from workstation.models.images.disc_sending import DiscSending, SendingStage
from workstation.models.images.disc_words import fit_words, named_words
from workstation.models.images.study_list import study_words, written_day
from workstation.views import style
from workstation.views.prompts import Dialog
from workstation.views.widgets.buttons import KeyButton, PrimaryButton
from workstation.views.widgets.text import label

_ROW = Qt.ItemDataRole.UserRole + 1
_MOST_TOLD = 40
"""Broken files that are named one by one: more is a list that nobody reads."""
OpenDisc = Callable[[DiscPerson, str, tuple[tuple[Path, Reason], ...]], object]


class DiscDialog(Dialog):
    """Nothing is opened before a person has seen whose name stands on the images."""

    def __init__(self, model: DiscModel, patient: PatientView | None, on_open: OpenDisc, parent: QWidget) -> None:
        super().__init__("Mở ảnh từ đĩa, thư mục", parent, width=720)
        self._model, self._patient, self._on_open = model, patient, on_open
        self.words = label("", "second", wrap=True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(8)
        self.list = QListWidget()
        self.list.setAccessibleName("Lần chụp trên đĩa")
        self.list.setFixedHeight(300)
        self.list.itemActivated.connect(lambda _item: self.go_on())
        self.broken = label("", "attention", wrap=True)
        self.folder = KeyButton("Chọn đĩa, thư mục…", "F2", on_click=self.choose_folder)
        self.file = KeyButton("Chọn tệp DICOMDIR…", "F3", on_click=self.choose_file)
        for widget in (label(self._asked(), "second", wrap=True), self.words, self.bar, self.list, self.broken):
            self.body.addWidget(widget)
        self.verb = PrimaryButton("Chọn đĩa, thư mục…", "Enter", on_click=self.go_on)
        self.stop = KeyButton("Đóng", "Esc", on_click=self.reject)
        self.verbs(self.verb, self.file, self.folder, self.stop)
        model.changed.connect(self._show)
        model.went_on.connect(self._went_on)
        model.refused.connect(self._refused)
        self._show()
        self.verb.setFocus()

    def _asked(self) -> str:
        who = f"Người bệnh đang mở: {self._patient.full_name.upper()}, {self._patient.patient_no}. " \
            if self._patient is not None else ""
        return who + "Ảnh chỉ được xem; không có gì được ghi vào hồ sơ hay vào đĩa."

    def choose_folder(self) -> None:
        """A disc's drive, a USB stick, a folder."""
        chosen = QFileDialog.getExistingDirectory(self, "Chọn đĩa, USB hoặc thư mục có ảnh")
        if chosen:
            self._model.read(Path(chosen))

    def choose_file(self) -> None:
        """A DICOMDIR, or one DICOM file."""
        chosen, _ = QFileDialog.getOpenFileName(self, "Chọn tệp DICOMDIR", filter="DICOMDIR (DICOMDIR*);;Mọi tệp (*)")
        if chosen:
            self._model.read(Path(chosen))

    def go_on(self) -> None:
        """Choose what to read; once it is read, open the study that is marked."""
        item = self.list.currentItem()
        if self._model.stage is DiscStage.READ and item is not None:
            person, study = item.data(_ROW)
            self.accept()
            self._on_open(person, study.uid, self._model.unreadable)
        elif self._model.stage is not DiscStage.READING:
            self.choose_folder()

    def reject(self) -> None:
        """Esc: stop what is being read; else close."""
        if self._model.stage is DiscStage.READING:
            self._model.cancel()
            self._say("Đã dừng, chưa mở gì.", "second")
            self.verb.setFocus()
            return
        super().reject()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        acts = {Qt.Key.Key_F2: self.choose_folder, Qt.Key.Key_F3: self.choose_file}
        act = acts.get(Qt.Key(event.key())) if event is not None else None
        if act is None:
            super().keyPressEvent(event)
        elif self._model.stage is not DiscStage.READING:
            act()

    def _went_on(self, done: int, of: int) -> None:
        self.bar.setMaximum(max(1, of))
        self.bar.setValue(done)
        self._say(f"Đang đọc {self._model.place}: {done}/{of} tệp…", "second")

    def _show(self) -> None:
        stage, found = self._model.stage, bool(self._model.persons)
        self.bar.setVisible(stage is DiscStage.READING)
        self.bar.setMaximum(0)
        self.list.setVisible(found)
        reading = stage is DiscStage.READING
        for button in (self.folder, self.file):
            button.setVisible(not reading and (found or button is self.file))
        self.verb.setVisible(not reading)
        self.verb.say("Xem ảnh" if found else "Chọn đĩa, thư mục…")
        self.stop.say("Dừng" if reading else "Đóng")
        self._say(f"Đang tìm tệp trong {self._model.place}…" if reading else "", "second")
        if stage is DiscStage.READ:
            self._show_found()
        self._show_broken()
        self.fit()

    def _show_found(self) -> None:
        self.list.clear()
        for person in self._model.persons:
            self._add_person(person)
        if self._model.persons:
            files = sum(len(person.files.files) for person in self._model.persons)
            self._say(f"{self._model.place}: {files} tệp ảnh.", "second")
            self.list.setCurrentRow(1)
            self.list.setFocus()
        else:
            self._refused(Refusal.because("disc_empty", place=self._model.place.name or str(self._model.place)))

    def _add_person(self, person: DiscPerson) -> None:
        head = QListWidgetItem(named_words(person.named, person.name), self.list)
        head.setFlags(Qt.ItemFlag.NoItemFlags)
        head.setFont(style.font(bold=True))
        head.setForeground(style.colour("ink"))
        if self._patient is not None:
            fit = compared(person.named, self._patient)
            head.setText(f"{head.text()}\n{fit_words(fit)}")
            head.setForeground(style.colour("critical" if is_somebody_else(fit) else "ink"))
        for study in person.studies:
            item = QListWidgetItem(f"      {_study_line(study)}", self.list)
            item.setData(_ROW, (person, study))

    def _show_broken(self) -> None:
        bad = self._model.unreadable
        told = "; ".join(f"{path.name}: {why.vietnamese}" for path, why in bad[:3])
        self.broken.setText(f"{len(bad)} tệp hỏng, không mở được: {told}" + ("…" if len(bad) > 3 else ""))
        self.broken.setToolTip("\n".join(f"{path}: {why.vietnamese}" for path, why in bad[:_MOST_TOLD]))
        self.broken.setVisible(bool(bad))

    def _refused(self, why: Refusal) -> None:
        self._say(" ".join(f"{reason.vietnamese} {reason.todo}".strip() for reason in why.reasons), "critical")
        self.fit()

    def _say(self, words: str, role: str) -> None:
        style.set_role(self.words, role)
        self.words.setText(words)
        self.words.setVisible(bool(words))


def _study_line(study: ImageStudyView) -> str:
    shown = sum(one.frames for one in study.series if one.shown)
    kinds = "/".join(study.modalities)
    return (f"{written_day(study)}   {study_words(study)}   {kinds}   {len(study.series)} chuỗi, "
            f"{shown} ảnh" + (f", {study.instances} tệp" if study.instances != shown else ""))


class SendDialog(Dialog):
    """«Gửi vào kho ảnh»: how far it is, what the archive turned away and why; goes on where it stopped."""

    def __init__(self, model: DiscSending, patient: PatientView | None, parent: QWidget) -> None:
        super().__init__("Gửi ảnh từ đĩa vào kho ảnh", parent, width=620)
        self._model = model
        named = model.person.named
        fit = compared(named, patient) if patient is not None else ()
        self.bar = QProgressBar()
        self.bar.setMaximum(max(1, model.files))
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(8)
        self.words = label("", "second", wrap=True)
        self.refusals = label("", "attention", wrap=True)
        self.body.addWidget(label(f"Trên ảnh: {named_words(named, model.person.name)}", "bold", wrap=True))
        if patient is not None:
            differs = is_somebody_else(fit)
            self.body.addWidget(label(f"So với {patient.full_name.upper()}, {patient.patient_no}: {fit_words(fit)}.",
                                      "critical" if differs else "second", wrap=True))
        self.body.addWidget(label(
            "Kho ảnh giữ nguyên từng tệp. Ảnh có mã, tên, ngày sinh, giới đúng với một người bệnh ở đây thì vào hồ sơ "
            "người ấy; ảnh khác thì chờ kỹ thuật viên gắn đúng người ở «Ảnh chưa rõ của ai».", wrap=True))
        for widget in (self.bar, self.words, self.refusals):
            self.body.addWidget(widget)
        self.verb = PrimaryButton(f"Gửi {model.files} tệp", "Enter", on_click=self.go_on)
        self.stop = KeyButton("Đóng", "Esc", on_click=self.reject)
        self.verbs(self.verb, self.stop)
        model.changed.connect(self._show)
        model.went_on.connect(self._went_on)
        model.refused.connect(self._refused)
        self._show()
        self.verb.setFocus()

    def go_on(self) -> None:
        """Begin, go on, or close when all is settled."""
        if self._model.stage is SendingStage.DONE:
            self.accept()
        else:
            self._model.begin()

    def reject(self) -> None:
        """Esc: stop what runs; else close."""
        if self._model.stage is SendingStage.RUNNING:
            self._model.cancel()
            self._say("Đang dừng sau tệp đang gửi…", "second")
            return
        super().reject()

    def _went_on(self, done: int) -> None:
        self.bar.setValue(done)
        self._say(f"Đang gửi: {done}/{self._model.files} tệp.", "second")
        self._show_refusals()

    def _show(self) -> None:
        stage, sent = self._model.stage, self._model.sent
        running = stage is SendingStage.RUNNING
        self.bar.setVisible(stage is not SendingStage.WAITING)
        self.bar.setValue(sent.done)
        self.verb.setVisible(not running)
        left = self._model.files - sent.done
        self.verb.say({SendingStage.DONE: "Đóng", SendingStage.STOPPED: f"Gửi tiếp {left} tệp"}.get(
            stage, f"Gửi {self._model.files} tệp"))
        self.stop.setVisible(stage is not SendingStage.DONE)
        self.stop.say("Dừng" if running else "Đóng")
        if stage is SendingStage.DONE:
            self._say(f"Kho ảnh đã giữ {len(sent.kept)}/{self._model.files} tệp.", "ok")
        elif stage is SendingStage.STOPPED:
            self._say(f"Đã dừng: kho ảnh đã giữ {len(sent.kept)} tệp, còn {left} tệp.", "second")
        self._show_refusals()

    def _show_refusals(self) -> None:
        bad = self._model.sent.refused
        lines = [f"{name}: {why.vietnamese}" for name, why in bad]
        self.refusals.setText("\n".join([*lines[:5], *([f"và {len(lines) - 5} tệp nữa"] if len(lines) > 5 else [])]))
        self.refusals.setToolTip("\n".join(lines[:_MOST_TOLD]))
        self.refusals.setVisible(bool(bad))
        self.fit()

    def _refused(self, why: Refusal) -> None:
        self._say(self.words.text() + " " + " ".join(
            f"{reason.vietnamese} {reason.todo}".strip() for reason in why.reasons), "critical")
        self.fit()

    def _say(self, words: str, role: str) -> None:
        style.set_role(self.words, role)
        self.words.setText(words)
        self.words.setVisible(bool(words))
