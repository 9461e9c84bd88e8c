"""`benhan-server image render` writes the viewer's pixels; `image info` says what a file is and what it cannot show."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from imaging.grey import Window
from imaging.image import open_image
from imaging.objects.key_objects import written_key_objects
from imaging.objects.presenting import picture as presented
from imaging.rendering import View, render
from imaging.sources import OnDisk
from server.cli import main
from tests.imaging.bombs import around, deep
from tests.imaging.objects import test_document, test_key_objects, test_presentation
from tests.imaging.samples import opened, phantom, public_files, smooth, written


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
    assert main(["image", "info", str(public_files()["rtplan.dcm"])]) == 1
    told = capsys.readouterr().out
    assert "object  other (Đối tượng khác)" in told
    assert "cannot be shown: The file holds no picture (modality RTPLAN)." in told
    assert "Tệp không chứa ảnh (loại RTPLAN)." in told


def test_info_tells_what_is_in_objects_that_are_no_pictures(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["image", "info", str(public_files()["test-SR.dcm"])]) == 0
    told = capsys.readouterr().out
    assert "object  report (Báo cáo có cấu trúc)" in told
    assert "    Diameter: 3 Length Unit" in told
    assert main(["image", "info", str(public_files()["waveform_ecg.dcm"])]) == 0
    assert "waveform  RHYTHM: I, II, III, aVR, aVL, aVF, V1, V2, V3, V4, V5, V6; 1000 Hz, 10 s, mV" in (
        capsys.readouterr().out)
    file = tmp_path / "ko.dcm"
    file.write_bytes(written_key_objects(test_key_objects.chosen(), test_key_objects.picture(),
                                         test_key_objects.making()))
    assert main(["image", "info", "--json", str(file)]) == 0
    told_ = json.loads(capsys.readouterr().out)["object"]
    assert (told_["kind"], told_["title_words"]) == ("key objects", "Đáng chú ý")
    assert told_["images"][1]["frames"] == [3, 12]
    state = test_presentation.written(test_presentation.taken(opened(test_presentation.slice_()), drawn=True))
    file.write_bytes(state)
    assert main(["image", "info", str(file)]) == 0
    assert "label  DOC PHIM" in capsys.readouterr().out
    file.write_bytes(written(test_document.encapsulated(b"no pdf")))
    assert main(["image", "info", str(file)]) == 1
    assert "Tài liệu trong tệp bị thiếu, bị cắt hoặc không phải PDF." in capsys.readouterr().out


def test_render_shows_a_picture_as_a_state_leaves_it_with_its_shutter(tmp_path: Path) -> None:
    image = opened(test_presentation.slice_(PixelSpacing=["0.5", "0.5"]))
    state = test_presentation.changed(
        test_presentation.written(test_presentation.taken(image, View(voi=Window(3000, 9000), quarter_turns=1))),
        **test_presentation.SHUTTERS["rectangle"])
    (tmp_path / "image.dcm").write_bytes(test_presentation.as_bytes(image))
    (tmp_path / "state.dcm").write_bytes(state)
    out = tmp_path / "out.png"
    assert main(["image", "render", str(tmp_path / "image.dcm"), "--state", str(tmp_path / "state.dcm"),
                 "--out", str(out)]) == 0
    with Pillow.open(out) as picture:
        painted = np.asarray(picture)
    assert painted.shape == (80, 64)
    assert (painted == presented(test_presentation.read(state), image, image.frame(1))).all()
    covered = np.ones((64, 80), bool)
    covered[5:49, 10:59] = False
    assert (painted[np.rot90(covered, -1)] == 117).all()
    assert (painted[np.rot90(~covered, -1)] != 117).mean() > 0.9


def test_render_covers_what_the_file_itself_covers_unless_asked_not_to(tmp_path: Path) -> None:
    file, out = tmp_path / "file.dcm", tmp_path / "out.png"
    file.write_bytes(written(phantom(
        smooth(40, 40), ShutterShape="RECTANGULAR", ShutterLeftVerticalEdge=5, ShutterRightVerticalEdge=35,
        ShutterUpperHorizontalEdge=5, ShutterLowerHorizontalEdge=35)))
    assert main(["image", "render", str(file), "--out", str(out)]) == 0
    with Pillow.open(out) as picture:
        assert not np.asarray(picture)[:5].any()
        assert np.asarray(picture)[5:34, 5:34].any()
    assert main(["image", "render", str(file), "--no-overlays", "--out", str(out)]) == 0
    with Pillow.open(out) as picture:
        assert np.asarray(picture)[:5].any()


def test_info_says_why_a_header_that_was_made_to_swell_is_not_read(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "bomb.dcm"
    file.write_bytes(around(deep(1000)))
    assert main(["image", "info", str(file)]) != 0
    told = capsys.readouterr()
    assert "nested more than 64 levels deep" in told.out + told.err


def test_a_picture_without_pixels_is_not_called_too_large(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(public_files()["CT_small.dcm"])
    for size in (("0", "0"), ("-5", "10")):
        assert main(["image", "render", file, "--size", *size, "--out", str(tmp_path / "no.png")]) != 0
        told = capsys.readouterr()
        assert f"{size[0]} × {size[1]} has no pixels" in told.out + told.err
    assert not (tmp_path / "no.png").exists()
