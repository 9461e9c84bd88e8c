"""The shown frame as a picture: the pixels of the one pipeline, with or without a name, audited first."""

from __future__ import annotations

from pathlib import Path

import imagecodecs
import numpy as np
from pytestqt.qtbot import QtBot

from imaging.grey import Window
from imaging.rendering import View, render
from tests.workstation.models.images.stacks import disc, loaded, slice_at
from tests.workstation.views.images.shelf import CT, Reader
from tests.workstation.views.images.test_reporting import reporting, written
from workstation.models.images.picture import Names, names_in
from workstation.views.images.key_images import pixels_of
from workstation.views.images.picture import PictureDialog
from workstation.views.images.reporting import Reporting

__all__ = ["reporting", "written"]


def asked(reader: Reader, reporting: Reporting) -> PictureDialog:
    reporting.save_picture()
    [found] = [one for one in reader.window.findChildren(PictureDialog) if one.isVisible()]
    return found


def saved(dialog: PictureDialog, file: Path, qtbot: QtBot) -> Path:
    with qtbot.waitSignal(dialog._model.saved, timeout=10_000) as told:
        dialog.begin(file)
    assert told.args is not None
    done: Path = told.args[0]
    return done


def test_the_shown_frame_is_saved_pixel_for_pixel_with_or_without_its_patient(
        opened: Reader, reporting: Reporting, tmp_path: Path, qtbot: QtBot) -> None:
    viewport = opened.place.grid.viewport
    viewport.gaze.scroll_to(4)
    viewport.become(viewport.state.windowed(Window(100, 500)).turned())
    here = viewport.here
    assert here is not None
    dialog = asked(opened, reporting)
    dialog.choose()
    assert "nhật ký" in dialog.words.text(), "nothing leaves without a reason"
    dialog.reason.setText("Hội chẩn qua điện thoại")
    dialog.nameless.setChecked(True)
    dialog.marks.setChecked(False)
    file = saved(dialog, tmp_path / "anh", qtbot)
    assert file.suffix == ".png"
    truth = render(here.frame, here.grey, View(Window(100, 500), quarter_turns=1))
    assert np.array_equal(imagecodecs.png_decode(file.read_bytes()), truth)
    assert dialog.grab().save(str(tmp_path / "dialog.png"))
    dialog.marks.setChecked(True)
    seen = imagecodecs.png_decode(saved(dialog, tmp_path / "seen.png", qtbot).read_bytes())
    assert np.array_equal(seen, pixels_of(viewport.snapshot()))
    dialog.named.setChecked(True)
    named = imagecodecs.png_decode(saved(dialog, tmp_path / "named.png", qtbot).read_bytes())
    assert named.shape[0] > seen.shape[0]
    assert np.array_equal(named[:seen.shape[0], :, 0], seen if seen.ndim == 2 else seen[:, :, 0])
    assert named[seen.shape[0]:].max() > 100, "words stand below it"
    assert saved(dialog, tmp_path / "anh.jpg", qtbot).read_bytes()[:2] == b"\xff\xd8"
    assert [(one.studies, one.named) for one in opened.desks.little.exports] == [
        ((CT,), False), ((CT,), False), ((CT,), True), ((CT,), True)], "each is told before it is written"


def test_what_stands_in_the_pixels_is_said() -> None:
    assert names_in(loaded(slice_at(disc(), BurnedInAnnotation="YES"))) is Names.SAID
    assert names_in(loaded(slice_at(disc(), Modality="US"))) is Names.PERHAPS
    assert names_in(loaded(slice_at(disc(), Modality="US", BurnedInAnnotation="NO"))) is Names.NONE
    assert names_in(loaded(slice_at(disc()))) is Names.NONE
