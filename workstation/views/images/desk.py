"""Opens a person's images in their place: from the chart, from the palette, at the frame that a signed sheet names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from uuid import UUID

from PyQt6.QtCore import QObject

from records.errors import Reason
from records.messages import EncounterView, PatientView
from workstation.config import ZONE
from workstation.models.beginning import Made
from workstation.models.desk import Desk
from workstation.models.editor import EditorModel
from workstation.models.images.archive_outgoing import OfArchive
from workstation.models.images.disc import DiscModel, DiscPerson, DiscReading
from workstation.models.images.disc_sending import DiscSending, sends_images, to_archive
from workstation.models.images.loading import Loader
from workstation.models.images.outgoing import OfDisc
from workstation.models.images.patient_reading import ReadingModel
from workstation.models.images.report import made_of, write_report
from workstation.models.images.series import SeriesShelf
from workstation.models.images.stack import Spot
from workstation.views.actions import ALLOWED, NOT_NOW, ActionSet, Place
from workstation.views.chart.kinds_menu import show_kinds
from workstation.views.chart.place import ChartPlace
from workstation.views.images.disc import DiscDialog, SendDialog
from workstation.views.images.disc_place import DiscPlace
from workstation.views.images.leaving import Leaving
from workstation.views.images.patient_place import ImagesPlace
from workstation.views.images.reporting import Begun, Chart, Reporting
from workstation.views.work import NothingOpen, WorkPage


class ImagesDesk(QObject):
    """One person's images are open at a time; the shelf lets go of the pixels of those who were open before."""

    def __init__(self, desk: Desk, page: WorkPage, actions: ActionSet, source: SeriesShelf, loader: Loader) -> None:
        super().__init__(page)
        self._desk, self._page, self._actions, self._source, self._loader = desk, page, actions, source, loader
        self._sending: DiscSending | None = None
        """The last disc that was sent, or part of it: it goes on where it stopped."""
        actions.bind("open_disc", self.ask_for_disc)
        actions.bind("place.images", self.show)
        actions.bind("chart.images", self.open_of_chart, self._has_chart)
        desk.key_images.wanted.connect(self._wanted)

    def open(self, patient: PatientView, encounter: EncounterView | None = None, study: str = "",
             spot: Spot | None = None) -> ImagesPlace:
        """The place, on this person; a study or a frame of it when it is named."""
        place = self._page.place(Place.IMAGES)
        if not isinstance(place, ImagesPlace) or place.reading.patient.id != patient.id:
            self._page.put(Place.IMAGES, partial(self._made, patient, encounter))
            place = self._page.place(Place.IMAGES)
        if not isinstance(place, ImagesPlace):
            raise TypeError("the place of images holds something else")
        self._page.show_place(Place.IMAGES)
        if study or spot is not None:
            place.open_at(study, spot)
        return place

    def open_of_chart(self) -> None:
        """F7 in a chart: whose chart is open."""
        chart = self._chart()
        if chart is not None:
            self.open(*chart)

    def show(self) -> None:
        """Ctrl+4: whose chart is open, so that record and images never speak of two people; else who was open here.

        A disc's images stay until they are closed or the key is pressed before them: their band says whose they are.
        """
        chart, place = self._chart(), self._page.place(Place.IMAGES)
        if isinstance(place, DiscPlace) and self._page.open_place is not Place.IMAGES:
            place.compare(chart[0] if chart is not None else None)
            self._page.show_place(Place.IMAGES)
        elif chart is not None:
            self.open(*chart)
        else:
            self._page.show_place(Place.IMAGES)

    def ask_for_disc(self) -> DiscDialog:
        """Ctrl+O: which disc or folder, then whose images of it."""
        chart = self._chart()
        model = DiscModel(self._desk.background)
        dialog = DiscDialog(model, chart[0] if chart is not None else None, self.open_disc, self._page)
        model.setParent(dialog)
        dialog.show_over()
        return dialog

    def open_disc(self, person: DiscPerson, study: str, unreadable: tuple[tuple[Path, Reason], ...]) -> DiscPlace:
        """One person's images of a disc, in the place of the hospital's."""
        self._page.put(Place.IMAGES, partial(self._made_of_disc, person, unreadable))
        place = self._page.place(Place.IMAGES)
        if not isinstance(place, DiscPlace):
            raise TypeError("the place of images holds something else")
        chart = self._chart()
        place.compare(chart[0] if chart is not None else None)
        place.open_at(study)
        self._page.show_place(Place.IMAGES)
        return place

    def leave_disc(self) -> None:
        """Back to the images of whose chart is open, or to nobody's."""
        chart = self._chart()
        if chart is not None:
            self.open(*chart)
        else:
            self._page.put(Place.IMAGES, lambda: NothingOpen(self._actions, title="Hình ảnh",
                                                             words="Chưa mở hình ảnh của ai."))

    def _made_of_disc(self, person: DiscPerson, unreadable: tuple[tuple[Path, Reason], ...]) -> DiscPlace:
        self._source.clear()
        reading = DiscReading(person, self._loader, self._desk.background)
        place = DiscPlace(reading, unreadable, self._actions, leave=self.leave_disc,
                          send=self._send_disc if sends_images(self._desk.account) else None)
        reading.setParent(place)
        Leaving(OfDisc(person, self._desk.background), place, self._actions).offer()
        return place

    def _send_disc(self, person: DiscPerson) -> None:
        chart = self._chart()
        if self._sending is None or self._sending.person is not person:
            self._sending = to_archive(person, self._desk, self)
        dialog = SendDialog(self._sending, chart[0] if chart is not None else None, self._page)
        dialog.show_over()

    def _made(self, patient: PatientView, encounter: EncounterView | None) -> ImagesPlace:
        self._source.clear()
        reading = ReadingModel(self._desk, patient, self._source)
        place = ImagesPlace(reading, encounter, self._actions)
        reading.setParent(place)
        Reporting(self._desk, place, self._actions, Chart(
            partial(self._write_report, patient.id), partial(self._draft, patient.id),
            partial(self._page.show_place, Place.CHART), self._sign_report))
        Leaving(OfArchive(self._desk, patient), place, self._actions)
        return place

    def _write_report(self, patient: UUID, study: str, modalities: Sequence[str]) -> Begun:
        """F6: the report on the study in this person's chart, beside which the key images wait; a menu in the chart
        where the device does not say which form it is.
        """
        chart, place = self._chart(), self._page.place(Place.CHART)
        if chart is None or chart[0].id != patient or not isinstance(place, ChartPlace):
            return Begun.NOT_HERE
        opened, refused = list[object](), list[object]()
        heard = ((place.chart.draft_ready, opened.append), (place.chart.refused, refused.append))
        for told, hears in heard:
            told.connect(hears)
        made = self._made_of(study)
        kinds = write_report(place.chart, datetime.now(ZONE).date(), study, modalities, made)
        for told, hears in heard:
            told.disconnect(hears)
        if kinds is None:
            return Begun.NOT_HERE
        if opened:
            return Begun.OPEN
        if not refused:  # which is said over the pictures
            self._page.show_place(Place.CHART)
        if kinds:
            show_kinds(place.head, kinds, lambda form, kind: place.chart.begin(form, kind, study, made=made))
        return Begun.ASKED

    def _made_of(self, study: str) -> Made:
        """What the device says of the study that is read."""
        images = self._page.place(Place.IMAGES)
        return made_of(images.reading.studies.study(study) if isinstance(images, ImagesPlace) else None)

    def _draft(self, patient: UUID) -> EditorModel | None:
        """What is being written in this person's chart."""
        chart, place = self._chart(), self._page.place(Place.CHART)
        if chart is None or chart[0].id != patient or not isinstance(place, ChartPlace):
            return None
        return place.writing.model

    def _sign_report(self) -> None:
        """F9: the whole paper is seen before it is signed."""
        self._page.show_place(Place.CHART)
        self._actions.trigger("chart.sign")

    def _wanted(self, patient: UUID, spot: Spot) -> None:
        chart, place = self._chart(), self._page.place(Place.IMAGES)
        if chart is not None and chart[0].id == patient:
            self.open(*chart, spot=spot)
        elif isinstance(place, ImagesPlace) and place.reading.patient.id == patient:
            self.open(place.reading.patient, spot=spot)

    def _chart(self) -> tuple[PatientView, EncounterView] | None:
        place = self._page.place(Place.CHART)
        chart = place.chart.chart if isinstance(place, ChartPlace) else None
        return None if chart is None else (chart.patient, chart.encounter)

    def _has_chart(self) -> str:
        return ALLOWED if self._chart() is not None else NOT_NOW
