"""Series without pictures, from files of this machine into their panes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from imaging.image import Image
from imaging.objects.references import ImageReference
from tests.imaging.objects import test_document, test_report, test_waveform
from tests.imaging.samples import written
from tests.workstation.views.images.test_contents import pdf
from workstation.background import Background
from workstation.models.images import objects
from workstation.models.images.local import read_folder
from workstation.models.images.objects import LocalObjects, ObjectShelf, Opened
from workstation.views.images.broken import BrokenPane
from workstation.views.images.document import DocumentPane
from workstation.views.images.objects import ObjectsPane
from workstation.views.images.report import ReportPane
from workstation.views.images.waveform import WaveformPane


@pytest.fixture
def background(qapp: QApplication) -> Iterator[Background]:
    made = Background()
    yield made
    made.stop()


def datasets() -> list[Dataset]:
    return [
        test_report.report(test_report.entry("IMAGE", "Key", ReferencedSOPSequence=[test_report.image("1.2.3", 7)])),
        test_document.encapsulated(pdf()), test_waveform.recording(test_waveform.group(test_waveform.beats())),
        test_waveform.recording(test_waveform.group(test_waveform.beats(), NumberOfWaveformSamples=9000))]


def asked(shelf: ObjectShelf, qtbot: QtBot) -> tuple[Opened, ...]:
    with qtbot.waitSignal(shelf.opened, timeout=20_000) as told:
        shelf.open("1.2.3.1", "1.2.3.2")
    assert told.args is not None
    found: tuple[Opened, ...] = told.args[1]
    return found


def local(folder: Path, background: Background) -> LocalObjects:
    for number, dataset in enumerate(datasets(), 1):
        dataset.InstanceNumber = 5 - number
        (folder / f"{number}.dcm").write_bytes(written(dataset))
    return LocalObjects(read_folder(folder).files, background)


def test_the_files_of_a_series_are_shown_one_after_another(
        dressed: QApplication, background: Background, qtbot: QtBot, tmp_path: Path) -> None:
    found = asked(local(tmp_path, background), qtbot)
    assert [one.number for one in found] == [1, 2, 3, 4]
    pane = ObjectsPane(found)
    qtbot.addWidget(pane)
    pane.resize(900, 500)
    with qtbot.waitExposed(pane):
        pane.show()
    kinds = [type(pane.pane)]
    wanted: list[ImageReference] = []
    pane.wanted.connect(wanted.append)
    for _ in range(4):
        pane.on.click()
        kinds.append(type(pane.pane))
    assert kinds == [BrokenPane, WaveformPane, DocumentPane, ReportPane, ReportPane]
    assert not pane.on.isEnabled()
    assert isinstance(pane.pane, ReportPane)
    pane.pane.wanted.emit(pane.pane.report.lines[0].reference)
    assert [one.instance_uid for one in wanted] == ["1.2.3"]
    assert pane.pane.text.toPlainText() == "Key: ảnh 1, khung hình 7 ↗", "its identifier says nothing to a reader"
    pane.stop()
    assert pane.pane is None


class Sent(ObjectShelf):
    """A shelf whose files come as bytes."""

    def __init__(self, data: list[bytes], background: Background) -> None:
        super().__init__(background)
        self._data = data

    def files(self, study: str, series: str) -> Iterator[tuple[str, bytes | Image]]:
        for number, data in enumerate(self._data):
            yield f"1.2.{number}", data


def test_a_broken_file_costs_itself_and_too_many_are_told(
        background: Background, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    good = written(datasets()[0])
    found = asked(Sent([b"nothing", good], background), qtbot)
    assert [getattr(one.contents, "code", "shown") for one in found] == ["image_not_dicom", "shown"]
    monkeypatch.setattr(objects, "MOST_FILES", 2)
    found = asked(Sent([good] * 5, background), qtbot)
    assert [getattr(one.contents, "code", "shown") for one in found] == ["shown", "shown", "objects_too_many"]
    shelf = Sent([], background)
    with qtbot.waitSignal(shelf.refused, timeout=20_000):
        shelf.open("1", "2")
