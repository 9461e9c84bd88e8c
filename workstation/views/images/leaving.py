"""«Xuất hình ảnh», «Lưu ảnh»: out of any place where images are read, the archive's or a disc's."""

from __future__ import annotations

from PyQt6.QtCore import QObject

from imaging.image import Frame, Image
from imaging.rendering import Picture
from workstation.media.page import Draw
from workstation.models.images import said
from workstation.models.images.exporting import ExportModel
from workstation.models.images.outgoing import Outgoing
from workstation.models.images.picture import PictureModel
from workstation.models.images.stack import Loaded, Spot
from workstation.models.images.study_list import noun_of
from workstation.views.actions import ALLOWED, NOT_NOW, ActionSet
from workstation.views.images.dark import ViewerButton
from workstation.views.images.export import ExportDialog
from workstation.views.images.picture import PictureDialog, Shot
from workstation.views.images.place import ReaderPlace
from workstation.views.widgets.text import label


class Leaving(QObject):
    """Joins one place of images to where they may go; the place lets go of the actions together with its own."""

    def __init__(self, source: Outgoing, place: ReaderPlace, actions: ActionSet) -> None:
        super().__init__(place)
        self._source, self._place = source, place
        actions.bind("images.export", self.export, self._reads)
        actions.bind("images.picture", self.save_picture, self._reads)

    def offer(self) -> None:
        """In the panel, where a disc has no report."""
        for widget in (label("ĐƯA RA NGOÀI", "viewer_caption"),
                       ViewerButton("Lưu ảnh PNG, JPEG", icon="photo", on_click=self.save_picture),
                       ViewerButton("Xuất ra thư mục, đĩa", icon="device-floppy", on_click=self.export)):
            self._place.panel.report.addWidget(widget)

    def save_picture(self) -> None:
        """The frame that is shown in the active viewport, or all of its series, as PNG or JPEG."""
        cell, reading = self._place.grid.active, self._place.reading
        viewport, number = cell.viewport, self._source.number
        here, stack = viewport.here, viewport.gaze.stack
        if here is None or stack is None:
            self._place.tell(cell.no_picture if viewport.gaze.reason is None else
                             "Ảnh này không mở được: cuộn tới ảnh khác của chuỗi rồi lưu.")
            return
        series = reading.studies.series(here.spot.series_uid)
        which = "" if series is None or series[1].number is None else f"-CHUOI-{series[1].number}"
        shot = Shot(here, viewport.likeness(), viewport.snapshot(), viewport.snapshot(planes=False),
                    f"{self._source.who} · {said.place_of(reading, here.spot)}", f"ANH-{number}",
                    tuple(map(stack.fetching, range(len(stack)))),
                    f"{self._source.who} · {said.series_of(reading, here.spot)}", f"ANH-{number}{which}",
                    "ảnh" if series is None else noun_of(series[1]))
        PictureDialog(PictureModel(self._source, cell.hung.study_uid, self), shot, self._place).show_over()

    def export(self) -> None:
        """Every study whose pictures hang now."""
        studies = self._place.reading.studies
        hung = dict.fromkeys(cell.hung.study_uid for cell in self._place.grid.cells if cell.hung.study_uid)
        shown = [study for study in map(studies.study, hung) if study is not None]
        if shown:
            ExportDialog(ExportModel(self._source, shown, self, draw=self._draw()), self._place).show_over()

    def _draw(self) -> Draw:
        """On the page the images on which a presentation state lies now are seen so, each as it says."""
        laid = {cell.hung.series_uid: cell.viewport.likeness()() for cell in self._place.grid.cells
                if cell.viewport.laid is not None}

        def draw(image: Image, number: int, frame: Frame) -> Picture | None:
            who, likeness = image.identity, laid.get(image.identity.series_uid)
            spot = Spot(who.study_uid, who.series_uid, who.instance_uid, number)
            return None if likeness is None else likeness.on_page(Loaded(spot, image, frame, image.grey(number)))

        return draw

    def _reads(self) -> str:
        return ALLOWED if self._place.grid.cells else NOT_NOW
