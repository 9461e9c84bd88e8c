"""What stands around a picture: corner words, orientation letters under every turn, the windows behind the keys."""

from typing import Any

import numpy as np
import pytest

from imaging.grey import FullDynamic, Window, full_window
from records.image_lists import ImageSeriesView
from tests.imaging.test_geometry import ultrasound
from tests.workstation.models.images.stacks import disc, loaded, slice_at
from workstation.models.images.corners import (
    Words,
    corners_of,
    meant,
    ruler_words,
    taken,
    told_by,
    warning_of,
    written,
)
from workstation.models.images.lens import Lens
from workstation.models.images.orientation import Edges, edges_of, ways_of
from workstation.models.images.presets import presets_of
from workstation.models.images.study_list import noun_of
from workstation.models.images.view_state import ViewState


def test_the_corners_say_series_slice_time_window_and_zoom() -> None:
    here = loaded(slice_at(disc()))
    said = corners_of(told_by(here), 167, 268, Words(note="nối cuộn"), voi=Window(-600, 1500), scale=1.41)
    assert said.top_left == ("CT chest · chuỗi 2 Trung thất", "Lát 168/268 · dày 1,25 mm · nối cuộn")
    assert said.top_right == ("16/11/2026 15:20",)
    assert said.bottom_left == ("W 1500 · L −600",)
    assert said.bottom_right == ("phóng 1,4×",)
    assert said.warning == ""
    named = corners_of(told_by(here), 0, 1, Words("CT ngực · chuỗi 1 Phổi"), voi=Window(40, 400), scale=1,
                       invert=True)
    assert named.top_left[0] == "CT ngực · chuỗi 1 Phổi"
    assert named.bottom_left == ("W 400 · L 40 · đảo",)
    whole = corners_of(told_by(here), 0, 1, Words(), voi=Window(150, 1300), scale=1, full=True)
    assert whole.bottom_left == ("W 1300 · L 150 · toàn dải",)
    bare = told_by(loaded(slice_at(disc(), Modality="", BodyPartExamined="")))
    assert bare.title == "chuỗi 2 Trung thất"


def test_a_place_is_a_slice_a_frame_or_a_picture() -> None:
    film = loaded(slice_at(np.zeros((3, 8, 8), np.uint8), ImagePositionPatient=None, Modality="US"), 2)
    dose = loaded(slice_at(np.zeros((3, 8, 8), np.uint16), ImagePositionPatient=None, Modality="RTDOSE"), 2)
    assert [told_by(here).noun for here in (loaded(slice_at(disc())), film, dose)] == ["lát", "khung hình", "lát"]
    only = corners_of(told_by(loaded(slice_at(disc()))), 0, 1, Words(), voi=Window(40, 400), scale=1)
    assert only.top_left[1].startswith("Ảnh 1/1")
    listed = corners_of(told_by(film), 1, 3, Words(noun="ảnh"), voi=Window(40, 400), scale=1)
    assert listed.top_left[1].startswith("Ảnh 2/3"), "as the list of series calls them, at each of them"


@pytest.mark.parametrize(("modality", "instances", "frames", "noun"), [
    ("CT", 40, 40, "lát"), ("MR", 1, 60, "lát"), ("US", 1, 30, "khung hình"), ("CR", 2, 2, "ảnh"),
    ("RTDOSE", 1, 15, "lát"), ("MG", 1, 50, "lát"), ("MG", 2, 2, "ảnh"), ("XA", 1, 80, "khung hình"),
    ("CT", 1, 1, "ảnh")])
def test_what_is_counted_is_called_what_it_is(modality: str, instances: int, frames: int, noun: str) -> None:
    series = ImageSeriesView(uid="1", modality=modality, instances=instances, frames=frames)
    assert noun_of(series) == noun


def test_the_panel_says_how_far_sizes_can_be_trusted() -> None:
    assert ruler_words(loaded(slice_at(disc()))) == "Hiệu chuẩn: điểm ảnh 0,700 mm"
    assert ruler_words(loaded(slice_at(disc(), PixelSpacing=None))) == "Không có thước: chỉ đo được bằng điểm ảnh"
    assert ruler_words(loaded(ultrasound())).startswith("Siêu âm: mỗi vùng có thước riêng")


@pytest.mark.parametrize(("attributes", "warning"), [
    ({"PixelSpacing": None}, "Không có thước: chỉ đo được bằng điểm ảnh"),
    ({"Modality": "DX", "PixelSpacing": None, "ImagerPixelSpacing": [0.2, 0.2]},
     "Thước theo cảm biến, không phải trong cơ thể"),
    ({"Modality": "DX", "PixelSpacing": None, "ImagerPixelSpacing": [0.2, 0.2],
      "EstimatedRadiographicMagnificationFactor": 1.2}, "Thước ước lượng theo độ phóng đại ×1,2"),
])
def test_a_picture_that_is_not_calibrated_in_the_body_warns(attributes: dict[str, Any], warning: str) -> None:
    assert warning_of(loaded(slice_at(disc(), **attributes))) == warning


def test_times_are_the_devices_and_malformed_ones_are_shown_as_they_stand() -> None:
    assert taken(loaded(slice_at(disc(), AcquisitionDateTime="20250212094107.25"))) == "12/02/2025 09:41"
    assert taken(loaded(slice_at(disc(), SeriesDate="", SeriesTime="", StudyTime="9"))) == "16/11/2026"
    assert taken(loaded(slice_at(disc(), SeriesDate="1994.11.05", SeriesTime="14:03:22"))) == "05/11/1994 14:03"
    assert written(1.25) == "1,25"
    assert written(0.00012) == "0,00012"
    assert written(-600.0) == "−600"
    assert written(1200) == "1200"


@pytest.mark.parametrize(("turns", "mirrored", "edges"), [
    (0, False, Edges("R", "L", "A", "P")), (1, False, Edges("P", "A", "R", "L")),
    (2, False, Edges("L", "R", "P", "A")), (3, False, Edges("A", "P", "L", "R")),
    (0, True, Edges("L", "R", "A", "P")), (1, True, Edges("P", "A", "L", "R")),
])
def test_orientation_letters_follow_every_turn(turns: int, mirrored: bool, edges: Edges) -> None:
    here = loaded(slice_at(disc()))
    lens = Lens.of(ViewState(quarter_turns=turns, mirrored=mirrored), (300, 300), here.frame, 1.0)
    assert edges_of(ways_of(here), lens) == edges


def test_oblique_planes_take_two_letters_and_projections_their_own() -> None:
    tilted = loaded(slice_at(disc(), ImageOrientationPatient=[0.8, 0.6, 0, 0, 0, -1]))
    lens = Lens.of(ViewState(), (300, 300), tilted.frame, 1.0)
    assert edges_of(ways_of(tilted), lens) == Edges("RA", "LP", "H", "F")
    chest = loaded(slice_at(disc(), ImagePositionPatient=None, PatientOrientation=["L", "F"]))
    assert edges_of(ways_of(chest), lens) == Edges("R", "L", "H", "F")
    assert edges_of(ways_of(loaded(slice_at(disc(), ImagePositionPatient=None))), lens) == Edges()
    horse = loaded(slice_at(disc(), ImagePositionPatient=None, PatientOrientation=["LE", "D"]))
    assert edges_of(ways_of(horse), lens) == Edges()


@pytest.mark.parametrize(("attributes", "names"), [
    ({}, ["Phổi", "Trung thất", "Xương"]),
    ({"BodyPartExamined": "HEAD"}, ["Nhu mô não", "Dưới màng cứng", "Xương"]),
    ({"BodyPartExamined": "", "SeriesDescription": "Ổ bụng"}, ["Bụng", "Gan", "Xương"]),
    ({"BodyPartExamined": "", "SeriesDescription": ""}, ["Phần mềm", "Phổi", "Xương"]),
    ({"Modality": "MR", "WindowCenter": [600, 300], "WindowWidth": [1200, 800],
      "WindowCenterWidthExplanation": ["NORMAL", ""]}, ["NORMAL", "Cửa sổ 2 của tệp"]),
])
def test_the_keys_bring_the_windows_of_the_body_part(attributes: dict[str, Any], names: list[str]) -> None:
    assert [preset.name for preset in presets_of(loaded(slice_at(disc(), **attributes)))] == names


def test_colour_has_no_windows_and_the_full_range_is_the_frames_own() -> None:
    assert presets_of(loaded(slice_at(np.zeros((8, 8, 3), np.uint8)))) == ()
    here = loaded(slice_at(disc()))
    assert meant(here, None) == Window(40, 400)
    assert meant(here, FullDynamic()) == full_window(here.grey, here.frame.values)
