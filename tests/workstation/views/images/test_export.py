"""«Xuất hình ảnh» where several studies hang: which of them goes out is chosen."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydicom import dcmread
from PyQt6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from tests.workstation.models.images.discs import BINH, LUNG, a_disc, slices
from tests.workstation.views.conftest import dressed
from workstation.background import Background
from workstation.media.dicomdir import write_folder
from workstation.models.images.disc import DiscPerson, persons_of
from workstation.models.images.exporting import ExportModel, Stage
from workstation.models.images.local import read_folder
from workstation.models.images.outgoing import OfDisc
from workstation.views.images.export import ExportDialog

__all__ = ["dressed"]
OLDER = {**BINH, "StudyInstanceUID": "1.9.3", "StudyDescription": "X-quang", "StudyDate": "20250212"}


def is_image(file: Path) -> bool:
    return file.is_file() and not file.suffix and file.name != "DICOMDIR"


def person(folder: Path) -> DiscPerson:
    write_folder(folder, [*slices(BINH, LUNG, 4), *slices(OLDER, "1.9.3.1", 2)])
    return persons_of(read_folder(folder).files)[0]


@pytest.fixture
def over(dressed: QApplication, qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    return made


@pytest.fixture
def dialog(over: QWidget, background: Background, tmp_path: Path) -> ExportDialog:
    who = person(tmp_path / "cd")
    return ExportDialog(ExportModel(OfDisc(who, background), who.studies), over)


def test_the_prior_that_hangs_beside_it_may_stay_here(dialog: ExportDialog, tmp_path: Path, qtbot: QtBot) -> None:
    assert [box.text() for box in dialog.which.values()] == ["CT nguc 02/11/2026", "X-quang 12/02/2025"]
    assert dialog.what.text() == "6 tệp."
    dialog.which["1.9.3"].setChecked(False)
    assert dialog.what.text() == "4 tệp."
    assert dialog.grab().save(str(tmp_path / "two.png"))
    dialog.begin(tmp_path)
    qtbot.waitUntil(lambda: dialog._model.stage is Stage.DONE, timeout=20_000)
    assert dialog._model.folder is not None
    out = [dcmread(file) for file in dialog._model.folder.rglob("*") if is_image(file)]
    assert {str(one.StudyInstanceUID) for one in out} == {"1.9.1"}
    assert "12/02/2025" not in (dialog._model.folder / "INDEX.HTM").read_text("utf-8")


def test_nothing_goes_out_when_none_is_chosen(dialog: ExportDialog) -> None:
    for box in dialog.which.values():
        box.setChecked(False)
    dialog.choose()
    assert "Hãy chọn ít nhất một lần chụp" in dialog.words.text()
    assert dialog._model.stage is Stage.ASKING


def test_one_study_is_not_asked_about(over: QWidget, background: Background, tmp_path: Path) -> None:
    who = persons_of(read_folder(a_disc(tmp_path / "cd", 4)).files)[0]
    asked = ExportDialog(ExportModel(OfDisc(who, background), who.studies), over)
    assert asked.which == {}
    assert asked.what.text() == "CT nguc 02/11/2026: 10 tệp."
    assert asked.grab().save(str(tmp_path / "one.png"))
