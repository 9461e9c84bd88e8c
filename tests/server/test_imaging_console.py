"""`benhan-server image render` writes the viewer's pixels; `image info` says what a file is and what it cannot show."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from imaging.grey import Window
from imaging.image import open_image
from imaging.rendering import View, render
from imaging.sources import OnDisk
from server.cli import main
from tests.imaging.samples import phantom, public_files, smooth, written


def test_render_writes_exactly_what_the_viewer_paints(tmp_path: Path) -> None:
    file, out = public_files()["emri_small.dcm"], tmp_path / "out.png"
    assert main(["image", "render", str(file), "--frame", "7", "--window", "300", "700", "--size", "201", "130",
                 "--out", str(out)]) == 0
    image = open_image(OnDisk(file))
    painted = render(image.frame(7), image.grey(7), View(voi=Window(300, 700), size=(201, 130)))
    with Pillow.open(out) as picture:
        assert (np.asarray(picture) == painted).all()
    assert painted.shape == (130, 201)
    assert painted[:, :30].max() == 0


def test_render_of_colour_is_a_colour_picture(tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    assert main(["image", "render", str(public_files()["examples_rgb_color.dcm"]), "--out", str(out)]) == 0
    with Pillow.open(out) as picture:
        assert picture.mode == "RGB"


def test_pixels_that_are_not_square_are_drawn_square(tmp_path: Path) -> None:
    file, out = tmp_path / "file.dcm", tmp_path / "out.png"
    file.write_bytes(written(phantom(smooth(40, 40), PixelSpacing=[2.0, 1.0])))
    assert main(["image", "render", str(file), "--out", str(out)]) == 0
    with Pillow.open(out) as picture:
        assert picture.size == (40, 80)


def test_render_refuses_in_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = public_files()["MR_truncated.dcm"]
    assert main(["image", "render", str(file), "--out", str(tmp_path / "out.png")]) == 1
    assert capsys.readouterr().err == "The file ends before frame 1 does.\n"


def test_info_tells_what_a_file_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["image", "info", "--json", str(public_files()["CT_small.dcm"])]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["identity"]["patient_name"] == "CompressedSamples^CT1"
    assert told["pixels"]["rows"] == 128
    assert told["spacing"]["calibration"] == "calibrated"
    assert told["grey"]["unit"] == "HU"
    assert told["cannot_show"] == []


def test_info_says_in_both_languages_what_cannot_be_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["image", "info", str(public_files()["test-SR.dcm"])]) == 1
    told = capsys.readouterr().out
    assert "cannot be shown: The file holds no picture (modality SR)." in told
    assert "Tệp không chứa ảnh (loại SR)." in told
