"""A scanner sends slices; a doctor reads them by keyboard and measures; on another PC her measurement is there."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from server.demo.home import hospital_data
from server.demo.pictures import SLICES, Who, studies
from server.dicom.settings import read_dicom
from tests.journeys.conftest import Town
from tests.journeys.places import PATIENT_NO, Place, SitDown, sit_down
from tests.workstation.views.keyboard import press
from workstation.config import ZONE
from workstation.models.images.archive_outgoing import OfArchive
from workstation.models.images.exporting import ExportModel, Stage
from workstation.models.images.loading import Loader
from workstation.models.images.marks import Kind, Mark
from workstation.models.images.patient_reading import ReadingModel
from workstation.models.images.picture import Drawn, PictureModel, Wanted
from workstation.models.images.pixel_memory import PixelMemory
from workstation.models.images.remote import RemoteImages
from workstation.views.actions import ActionSet
from workstation.views.actions import Place as Where
from workstation.views.images.export import ExportDialog
from workstation.views.images.patient_place import ImagesPlace
from workstation.views.images.reporting import Begun, Chart, Reporting

__all__ = ["sit_down"]
pytestmark = pytest.mark.xdist_group("journeys")
BOUND = 256 << 20


@pytest.fixture
def sent(town: Town, tmp_path: Path) -> None:
    """A chest CT of two series, as storescu sends a folder of files; newer than what other journeys had taken."""
    patient = next(one for one in hospital_data()["patients"] if one["patient_no"] == PATIENT_NO)
    who = Who(PATIENT_NO, patient["full_name"], patient["birth_date"], patient["sex"])
    folder = tmp_path / "scanner"
    folder.mkdir()
    for number, one in enumerate(next(studies(who, datetime.now(ZONE) + timedelta(hours=1)))):
        one.save_as(folder / f"{number:04}.dcm", enforce_file_format=True)
    dicom = read_dicom(town.home.folder / "keys" / "dicom.toml")
    assert dicom is not None
    done = subprocess.run(["storescu", "-aec", dicom.aet, "-aet", "STORESCU", "+sd", dicom.host, str(dicom.port),
                           str(folder)], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr


class Eyes:
    """The place «Hình ảnh» of somebody at a PC, over the server's real images."""

    def __init__(self, place: Place, until: Callable[[Callable[[], bool]], None]) -> None:
        chart = place.chart.chart
        assert chart is not None
        self.loader = Loader(PixelMemory(BOUND), place.desk.sync)
        shelf = RemoteImages(place.desk.client, self.loader, place.desk.background, place.desk.sync)
        self.window = QWidget()
        layout = QVBoxLayout(self.window)
        layout.setContentsMargins(0, 0, 0, 0)
        self.actions = actions = ActionSet(self.window)
        self.place = ImagesPlace(ReadingModel(place.desk, chart.patient, shelf), chart.encounter, actions, self.window)
        layout.addWidget(self.place)
        self.window.resize(1366, 636)
        self.window.show()
        self.window.activateWindow()
        actions.enter(Where.IMAGES)
        self.place.enter()
        until(lambda: bool(self.place.grid.cells) and self.place.grid.viewport.here is not None)
        self.viewport = self.place.grid.viewport

    def close(self) -> None:
        self.place.leave()
        self.place.stop()
        self.window.close()
        self.window.deleteLater()
        assert self.loader.stop()


@pytest.mark.usefixtures("sent")
def test_what_was_measured_is_there_on_another_pc(sit_down: SitDown, qtbot: QtBot, tmp_path: Path) -> None:
    def until(so: Callable[[], bool]) -> None:
        qtbot.waitUntil(so, timeout=30_000)

    here = sit_down(pc="here")
    until(lambda: here.chart.chart is not None)
    eyes = Eyes(here, until)
    study = eyes.place.reading.studies.studies[0]
    assert [series.frames for series in study.series] == [SLICES, SLICES]
    assert eyes.viewport.gaze.count == SLICES

    start = eyes.viewport.gaze.seen
    for _ in range(3):
        press(eyes.viewport, Qt.Key.Key_Down)
    until(lambda: eyes.viewport.gaze.seen == start + 3)
    until(lambda: eyes.place.grid.cells[1].viewport.gaze.seen == start + 3)
    seen = eyes.viewport.here
    assert seen is not None

    mark = Mark.new(seen.spot, Kind.LENGTH, ((100.0, 100.0), (180.0, 160.0)))
    eyes.place.reading.marks.put(mark)
    press(eyes.viewport, Qt.Key.Key_Up)
    press(eyes.viewport, Qt.Key.Key_Down)
    until(lambda: eyes.viewport.gaze.seen == start + 3)
    drawn = eyes.place.reading.marks.get(mark.id)
    assert drawn is not None
    assert drawn.reading is not None
    assert drawn.reading.size == pytest.approx(100 * 1.125)  # pixels of 1.125 mm
    eyes.close()
    until(lambda: not here.desk.sync.status.waiting)

    there = sit_down(pc="there")
    until(lambda: there.chart.chart is not None)
    others = Eyes(there, until)
    until(lambda: others.place.reading.marks.get(mark.id) is not None)
    back = others.place.reading.marks.get(mark.id)
    assert back == drawn
    others.place.show_mark(back)
    until(lambda: others.viewport.here is not None and others.viewport.here.spot == mark.spot)
    assert others.viewport.chosen_mark == mark.id
    key_image_and_export(there, others, tmp_path, until)
    others.close()


def key_image_and_export(place: Place, eyes: Eyes, tmp_path: Path, until: Callable[[Callable[[], bool]], None]) -> None:
    """K: the server names the very file that it gives out. The study then leaves without its patient."""
    reporting = Reporting(place.desk, eyes.place, eyes.actions, Chart(lambda study, modalities: Begun.ASKED))
    press(eyes.viewport, Qt.Key.Key_K)
    until(lambda: len(reporting.choosing.chosen) == 1)
    (chosen,) = reporting.choosing.chosen
    file = place.desk.client.image_file(chosen["study"], chosen["series"], chosen["instance"])
    assert hashlib.sha256(file).hexdigest() == chosen["sha256"]
    assert "112,5 mm" in chosen["words"]

    study = eyes.place.reading.studies.studies[0]
    model = ExportModel(OfArchive(place.desk, eyes.place.reading.patient), (study,))
    dialog = ExportDialog(model, eyes.window)
    dialog.reason.setText("Giảng dạy tại khoa")
    dialog.nameless.setChecked(True)
    dialog.show_over()
    dialog.begin(tmp_path)
    until(lambda: model.stage is Stage.DONE)
    assert model.folder is not None
    assert dialog.words.text() == f"Đã ghi {2 * SLICES} tệp vào {model.folder}."
    told = subprocess.run(["dcmdump", model.folder / "DICOMDIR"], capture_output=True, text=True, check=True).stdout
    assert told.count("[IMAGE]") == 2 * SLICES
    name = place.chart.chart.patient.full_name.split()[-1].upper() if place.chart.chart is not None else "?"
    whole = b"".join(file.read_bytes() for file in model.folder.rglob("*") if file.is_file())
    assert PATIENT_NO.encode() not in whole
    assert name.encode() not in whole
    dialog.choose()

    stack, drawn = eyes.viewport.gaze.stack, list[object]()
    assert stack is not None
    pictures = PictureModel(model.source, study.uid)
    pictures.saved.connect(drawn.append)
    likeness = eyes.viewport.likeness()()
    pictures.save_all(Wanted([stack.fetching(at) for at in range(len(stack))], partial(likeness.frame, named=False),
                             tmp_path / "anh", ".jpg", named=False), "Giảng dạy tại khoa")
    until(lambda: bool(drawn))
    assert drawn == [Drawn(tmp_path / "anh", len(stack))]
