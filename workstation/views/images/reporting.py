"""Key images, the report and export beside the pictures: K takes a frame in, F6 writes, the palette exports."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PyQt6.QtCore import QObject
from PyQt6.QtWidgets import QLabel

from records.errors import Refusal
from workstation.models.desk import Desk
from workstation.models.images.choosing import Choosing
from workstation.models.images.exporting import ExportModel
from workstation.models.images.key_images import spot_of
from workstation.models.images.picture import PictureModel
from workstation.models.images.readings import headline
from workstation.models.images.report import devices
from workstation.models.images.stack import Loaded
from workstation.models.images.study_list import series_words, study_words
from workstation.views.actions import ALLOWED, NOT_NOW, ActionSet, key_of
from workstation.views.images.dark import ViewerButton
from workstation.views.images.export import ExportDialog
from workstation.views.images.key_images import KeyImageList, picture_size, pixels_of
from workstation.views.images.patient_place import ImagesPlace
from workstation.views.images.picture import PictureDialog, Shot
from workstation.views.widgets.text import label

_MINE = ("images.key_image", "images.report", "images.export", "images.picture")
"""Bound here; the place lets go of them together with its own."""
MOST_WORDS = 200
"""Of what is said of a picture when it is chosen; the writer may say more."""


class Reporting(QObject):
    """Joins one place of images to its patient's report; `write` opens the report on a study that these devices made,
    and says whether it could.
    """

    def __init__(self, desk: Desk, place: ImagesPlace, actions: ActionSet,
                 write: Callable[[str, Sequence[str]], bool]) -> None:
        super().__init__(place)
        self._desk, self._place, self._write = desk, place, write
        self.choosing = Choosing(desk, place.reading.patient.id, self)
        self.caption: QLabel = label("", "viewer_caption")
        self.images = KeyImageList()
        choose = ViewerButton("Chọn ảnh chính", key_of("images.key_image"), icon="star", on_click=self.choose)
        report = ViewerButton("Viết phiếu kết quả", key_of("images.report"), icon="pencil", on_click=self.write)
        for widget in (self.caption, self.images, choose):
            place.panel.key_images.addWidget(widget)
        place.panel.report.addWidget(label("PHIẾU KẾT QUẢ", "viewer_caption"))
        place.panel.report.addWidget(report)
        for action, act in zip(_MINE, (self.choose, self.write, self.export, self.save_picture), strict=True):
            actions.bind(action, act, self._reads)
        self.images.opened.connect(lambda item: place.show_spot(spot_of(item)))
        self.images.dropped.connect(self.choosing.drop)
        self.choosing.changed.connect(self._show)
        self.choosing.refused.connect(self._refused)
        self._show()

    def choose(self) -> None:
        """The frame in the active viewport, as it looks now; once more takes it in as it looks then."""
        viewport = self._place.grid.viewport
        if viewport.here is None:
            self._place.tell("Khung này chưa có ảnh.")
            return
        picture = pixels_of(viewport.snapshot(picture_size(viewport.width(), viewport.height())))
        self.choosing.choose(viewport.here.spot, self._said(viewport.here), picture)

    def write(self) -> None:
        """Into the report on what is read now, with the key images at hand."""
        grid, studies = self._place.grid, self._place.reading.studies
        hung = grid.hanging.ports[0] if grid.active.hung.prior and grid.hanging.ports else grid.active.hung
        found = studies.series(hung.series_uid)
        made = devices(studies.study(hung.study_uid), found[1] if found is not None else None)
        if not self._write(hung.study_uid, made):
            self._place.tell("Chưa mở hồ sơ của người bệnh này, hoặc bạn không được viết phiếu kết quả.")

    def save_picture(self) -> None:
        """The frame that is shown in the active viewport, as a PNG or JPEG."""
        cell, patient = self._place.grid.active, self._place.reading.patient
        here = cell.viewport.here
        if here is None:
            self._place.tell("Khung này chưa có ảnh.")
            return
        where = self._said(here).partition(":")[0]
        shot = Shot(here, cell.viewport.state, cell.viewport.snapshot(),
                    f"{patient.full_name.upper()} · {patient.patient_no} · {where}", f"ANH-{patient.patient_no}")
        PictureDialog(PictureModel(self._desk, cell.hung.study_uid, self), shot, self._place).show_over()

    def export(self) -> None:
        """Every study whose pictures hang now."""
        studies = self._place.reading.studies
        hung = dict.fromkeys(cell.hung.study_uid for cell in self._place.grid.cells if cell.hung.study_uid)
        shown = [study for uid in hung if (study := studies.study(uid)) is not None]
        if shown:
            model = ExportModel(self._desk, self._place.reading.patient, shown, self)
            ExportDialog(model, self._place).show_over()

    def _said(self, here: Loaded) -> str:
        """«CT ngực, chuỗi 1 Phổi, lát 168: dài 48,3 mm»."""
        reading = self._place.reading
        found, at = reading.studies.series(here.spot.series_uid), reading.place_of(here.spot)
        where = f"{study_words(found[0])}, chuỗi {series_words(found[1])}" if found is not None else "Ảnh"
        if found is not None and at is not None and found[1].frames > 1:
            where += f", lát {at[1] + 1}"
        said = "; ".join(headline(mark.reading) for mark in reading.marks.all()
                         if mark.spot == here.spot and mark.reading is not None)
        return (f"{where}: {said}" if said else where)[:MOST_WORDS]

    def _show(self) -> None:
        chosen = self.choosing.chosen
        self.caption.setText(f"ẢNH CHÍNH · {len(chosen)} ảnh vào phiếu" if chosen else "ẢNH CHÍNH")
        self.images.show_images(chosen)

    def _refused(self, why: Refusal) -> None:
        self._place.tell(" ".join(f"{reason.vietnamese} {reason.todo}".strip() for reason in why.reasons))

    def _reads(self) -> str:
        return ALLOWED if self._place.grid.cells else NOT_NOW
