"""Opens a person's images in their place: from the chart, from the palette, at the frame that a signed sheet names."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from uuid import UUID

from PyQt6.QtCore import QObject

from records.messages import EncounterView, PatientView
from workstation.config import ZONE
from workstation.models.desk import Desk
from workstation.models.images.reading import ReadingModel
from workstation.models.images.report import write_report
from workstation.models.images.series import SeriesShelf
from workstation.models.images.stack import Spot
from workstation.views.actions import ALLOWED, NOT_NOW, ActionSet, Place
from workstation.views.chart.place import ChartPlace
from workstation.views.images.patient_place import ImagesPlace
from workstation.views.images.reporting import Reporting
from workstation.views.work import WorkPage


class ImagesDesk(QObject):
    """One person's images are open at a time; the shelf lets go of the pixels of those who were open before."""

    def __init__(self, desk: Desk, page: WorkPage, actions: ActionSet, source: SeriesShelf) -> None:
        super().__init__(page)
        self._desk, self._page, self._actions, self._source = desk, page, actions, source
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
        """Ctrl+4: whose chart is open, so that record and images never speak of two people; else who was open here."""
        chart = self._chart()
        if chart is not None:
            self.open(*chart)
        else:
            self._page.show_place(Place.IMAGES)

    def _made(self, patient: PatientView, encounter: EncounterView | None) -> ImagesPlace:
        self._source.clear()
        reading = ReadingModel(self._desk, patient, self._source)
        place = ImagesPlace(reading, encounter, self._actions)
        reading.setParent(place)
        Reporting(self._desk, place, self._actions, partial(self._write_report, patient.id))
        return place

    def _write_report(self, patient: UUID) -> bool:
        """F6: the report in this person's chart, beside which the key images wait."""
        chart, place = self._chart(), self._page.place(Place.CHART)
        if chart is None or chart[0].id != patient or not isinstance(place, ChartPlace):
            return False
        self._page.show_place(Place.CHART)
        return write_report(place.chart, datetime.now(ZONE).date())

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
