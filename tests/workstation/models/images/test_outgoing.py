"""A disc's images go out as the archive's do: DICOM files byte for byte with a DICOMDIR, pictures; nobody is told."""

from __future__ import annotations

import subprocess
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from pydicom import dcmread
from pytestqt.qtbot import QtBot

from imaging.image import open_image
from imaging.rendering import render
from imaging.sources import OnDisk
from tests.imaging.samples import public_files
from tests.workstation.models.images.discs import BINH, LUNG, SOFT, a_disc, slices
from workstation.background import Background
from workstation.models.images.disc import DiscPerson, DiscReading, persons_of
from workstation.models.images.exporting import ExportModel, Stage
from workstation.models.images.hanging import Hung
from workstation.models.images.loading import Loader
from workstation.models.images.local import read_folder
from workstation.models.images.outgoing import OfDisc
from workstation.models.images.picture import Drawn, PictureModel, Wanted, whole_frame
from workstation.models.images.pixel_memory import PixelMemory
from workstation.models.images.view_state import ViewState


def binh(folder: Path) -> DiscPerson:
    return persons_of(read_folder(folder).files)[0]


def exported(person: DiscPerson, folder: Path, background: Background, qtbot: QtBot, *, named: bool) -> ExportModel:
    model = ExportModel(OfDisc(person, background), person.studies)
    model.begin(folder, "", named=named, disc=named)
    qtbot.waitUntil(lambda: model.stage is Stage.DONE, timeout=20_000)
    return model


def test_a_discs_study_goes_out_byte_for_byte_with_its_directory(
        tmp_path: Path, background: Background, qtbot: QtBot) -> None:
    person = binh(a_disc(tmp_path / "cd", 4))
    source = OfDisc(person, background)
    assert (source.who, source.number, source.audited) == ("NGUYEN VAN BINH · BVT-7731", "BVT-7731", False)
    out = tmp_path / "out"
    model = exported(person, out, background, qtbot, named=True)
    assert model.done is not None
    assert (model.done.files, model.done.missing) == (10, 0)
    told = subprocess.run(["dcmdump", out / "DICOMDIR"], capture_output=True, text=True, check=True).stdout
    assert (told.count("[IMAGE]"), told.count("[PATIENT]")) == (10, 1)
    files = {file.read_bytes() for file in out.rglob("*") if file.is_file()}
    assert {file.path.read_bytes() for file in person.files.files} <= files
    assert out.with_suffix(".iso").exists()
    assert "NGUYEN VAN BINH" in (out / "INDEX.HTM").read_text("utf-8")
    bare = tmp_path / "bare"
    assert exported(person, bare, background, qtbot, named=False).name(named=False) == "ANH-KHONG-TEN"
    whole = b"".join(file.read_bytes() for file in bare.rglob("*") if file.is_file())
    assert b"BVT-7731" not in whole
    assert b"BINH" not in whole


def test_what_no_directory_can_name_is_left_out_and_told(
        tmp_path: Path, background: Background, qtbot: QtBot) -> None:
    """UIDs of a disc are anybody's: one that leads out of the folder, none at all, a file without its DICM."""
    cd = a_disc(tmp_path / "cd", 3)
    [hostile] = slices(BINH, LUNG, 1, SOPInstanceUID="../../../escaped")
    (cd / "H1").write_bytes(hostile)
    naked = dcmread(cd / "H1")
    naked.SOPInstanceUID = ""
    naked.save_as(cd / "H2")
    naked.SOPInstanceUID = "1.2.77"
    naked.save_as(cd / "H3", enforce_file_format=False)
    (cd / "H3").write_bytes((cd / "H3").read_bytes()[132:])
    model = exported(binh(cd), tmp_path / "out", background, qtbot, named=True)
    assert model.done is not None
    assert model.done.files == 9
    assert {reason.code for reason in model.done.left_out} <= {"media_file_unfit", "image_not_dicom"}
    assert model.done.missing >= 2
    assert not list(tmp_path.rglob("escaped"))


def refusals(person: DiscPerson, folder: Path, background: Background, qtbot: QtBot, *, named: bool) -> list[str]:
    model, told = ExportModel(OfDisc(person, background), person.studies), list[str]()
    model.refused.connect(lambda why: told.extend(one.code for one in why.reasons))
    model.begin(folder, "", named=named, disc=False)
    qtbot.waitUntil(lambda: model.stage is not Stage.RUNNING, timeout=120_000)
    return told


@pytest.mark.soak
def test_a_disc_of_every_public_file_goes_out(tmp_path: Path, background: Background, qtbot: QtBot) -> None:
    cd = tmp_path / "cd"
    cd.mkdir()
    for number, file in enumerate(public_files().values()):
        (cd / f"F{number:04d}").write_bytes(file.read_bytes())
    for number, person in enumerate(persons_of(read_folder(cd).files)):
        for named in (True, False):
            assert set(refusals(person, tmp_path / f"out{number}{named}", background, qtbot, named=named)) <= {
                "media_nothing"}, person.name


def test_a_discs_series_goes_out_as_pictures_of_the_one_pipeline(
        tmp_path: Path, background: Background, qtbot: QtBot) -> None:
    cd = a_disc(tmp_path / "cd", 3)
    person, loader = binh(cd), Loader(PixelMemory(64 << 20))
    try:
        reading = DiscReading(person, loader, background)
        with qtbot.waitSignal(reading.ready, timeout=10_000) as told:
            reading.want(Hung("1.9.1", SOFT))
        assert told.args is not None
        stack = told.args[1]
        model = PictureModel(OfDisc(person, background), "1.9.1")
        with qtbot.waitSignal(model.saved, timeout=10_000) as saved:
            model.save_all(Wanted([stack.fetching(place) for place in range(len(stack))],
                                  lambda here: whole_frame(here, ViewState()), tmp_path / "out", ".png",
                                  named=False), "")
        assert saved.args is not None
        drawn: Drawn = saved.args[0]
        assert (drawn.files, drawn.missing) == (6, 0)
        by_uid = {file.image.identity.instance_uid: file.path for file in person.files.files}
        for place in range(len(stack)):
            image = open_image(OnDisk(by_uid[stack.spot(place).sop_instance_uid]))
            picture = imagecodecs.png_decode((tmp_path / "out" / f"{place + 1:04d}.png").read_bytes())
            assert np.array_equal(picture, render(image.frame(1), image.grey(1)))
        reading.stop()
    finally:
        loader.stop()
