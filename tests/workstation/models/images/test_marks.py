"""Marks: kept as they were drawn, taken back step by step, and measured to the computed truth of phantoms."""

import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PyQt6.QtCore import QObject

from imaging.geometry import Calibration
from imaging.suv import Suv, suv_of
from records.errors import Refusal
from tests.imaging.test_geometry import pet, ultrasound
from tests.workstation.models.images.stacks import disc, loaded, slice_at
from workstation.models.images.corners import warning_of
from workstation.models.images.marks import POINTS, Kind, Mark, Marks
from workstation.models.images.measuring import measured, reading_of
from workstation.models.images.readings import Reading, decimal, headline, words_of
from workstation.models.images.stack import Loaded, Spot

SPOT = Spot("1.2", "1.2.3", "1.2.3.4", 7)
places = st.floats(-5000, 5000, allow_nan=False)


@st.composite
def marks(draw: st.DrawFn) -> Mark:
    kind = draw(st.sampled_from(Kind))
    count = POINTS.get(kind) or draw(st.integers(3, 12))
    return Mark.new(SPOT, kind, draw(st.lists(st.tuples(places, places), min_size=count, max_size=count)))


@given(marks())
def test_a_mark_comes_back_from_json_as_it_was(mark: Mark) -> None:
    read = replace(mark, reading=Reading(48.3, "mm", Calibration.CALIBRATED, mean=31.0, values_unit="HU", pixels=4))
    for one in (mark, read):
        assert Mark.from_json(json.loads(json.dumps(one.as_json()))) == one


@pytest.mark.parametrize("change", [
    {"kind": "volume"}, {"points": [[1, 2]]}, {"points": [[1, 2], [math.nan, 0]]}, {"points": "no"}, {"id": "x"},
    {"frame": "first"}, {"reading": {"unit": "mm"}}, {"reading": 3},
])
def test_what_no_mark_can_be_is_refused(change: dict[str, Any]) -> None:
    good = Mark.new(SPOT, Kind.LENGTH, [(1, 2), (3, 4)]).as_json()
    Mark.from_json(good)
    with pytest.raises(Refusal) as refused:
        Mark.from_json({**good, **change})
    assert refused.value.reasons[0].code == "mark_unreadable"


class Heard(QObject):
    """Keeps marks as whoever stores them does."""

    def __init__(self, model: Marks) -> None:
        super().__init__()
        self.kept: dict[Any, Mark] = {}
        model.changed.connect(lambda mark: self.kept.__setitem__(mark.id, mark))
        model.removed.connect(lambda mark: self.kept.pop(mark.id))


@given(st.lists(st.tuples(st.sampled_from(["put", "move", "remove", "undo", "redo"]), st.integers(0, 3)), max_size=40))
def test_undo_takes_back_act_by_act_and_the_keeper_hears_of_each(acts: list[tuple[str, int]]) -> None:
    model = Marks()
    heard = Heard(model)
    states: list[dict[Any, Mark]] = [{}]
    undone: list[dict[Any, Mark]] = []
    for act, which in acts:
        held = model.all()
        if act == "undo":
            model.undo()
            if len(states) > 1:
                undone.append(states.pop())
        elif act == "redo":
            model.redo()
            if undone:
                states.append(undone.pop())
        elif act == "put":
            undone.clear()
            model.put(Mark.new(SPOT, Kind.LENGTH, [(which, 0), (9, 9)]))
            states.append({mark.id: mark for mark in model.all()})
        elif held and act == "remove":
            undone.clear()
            model.remove(held[which % len(held)].id)
            states.append({mark.id: mark for mark in model.all()})
        elif held:
            undone.clear()
            moved = held[which % len(held)].moved(1, (which, len(states) + 100.0))
            model.put(moved)
            states.append({mark.id: mark for mark in model.all()})
        assert {mark.id: mark for mark in model.all()} == states[-1] == heard.kept
        assert (model.can_undo, model.can_redo) == (len(states) > 1, bool(undone))


def test_kept_marks_come_back_without_being_kept_again_and_lie_on_their_own_frame() -> None:
    model = Marks()
    heard = Heard(model)
    mark = Mark.new(SPOT, Kind.LENGTH, [(0, 0), (3, 4)])
    model.restore([mark])
    assert model.of(SPOT) == (mark,)
    assert model.of(replace(SPOT, frame=8)) == ()
    assert not heard.kept
    assert model.undo() is None
    model.forget()
    assert model.all() == ()


@pytest.fixture(scope="module")
def here() -> Loaded:
    return loaded(slice_at(disc(), PixelSpacing=[0.5, 0.8]))


def said(here: Loaded, kind: Kind, *points: tuple[float, float]) -> Reading:
    return reading_of(Mark.new(here.spot, kind, points), here)


def test_lengths_angles_and_regions_are_true_to_the_phantom(here: Loaded) -> None:
    length = said(here, Kind.LENGTH, (10, 20), (40, 60))
    assert length.size == pytest.approx(math.hypot(30 * 0.8, 40 * 0.5), abs=1e-9)
    assert words_of(length) == ("31,2 mm",)
    angle = said(here, Kind.ANGLE, (20, 10), (10, 10), (20, 26))
    assert angle.size == pytest.approx(math.degrees(math.atan2(16 * 0.5, 10 * 0.8)), abs=1e-9)
    cobb = said(here, Kind.COBB, (10, 10), (30, 10), (30, 40), (10, 20))
    assert cobb.size == pytest.approx(math.degrees(math.atan2(20 * 0.5, 20 * 0.8)), abs=1e-9)
    lesion = said(here, Kind.ELLIPSE, (45, 54), (37, 46))
    assert (lesion.mean, lesion.deviation, lesion.least, lesion.greatest) == (300, 0, 300, 300)
    assert lesion.size == pytest.approx(math.pi / 4 * 8 * 0.8 * 8 * 0.5)
    assert words_of(lesion)[0] == "TB 300 HU · SD 0 · 20,1 mm²"
    assert headline(lesion) == "TB 300 HU"
    both = said(here, Kind.RECTANGLE, (41, 44), (61, 56))
    assert both.least == 40
    assert both.greatest == 300
    drawn = said(here, Kind.FREEHAND, (37, 46), (45, 46), (45, 54), (37, 54))
    assert (drawn.mean, drawn.pixels) == (300, 64)


@pytest.mark.parametrize(("attributes", "unit", "words"), [
    ({"PixelSpacing": None}, "px", "68,7 px"),
    ({"Modality": "DX", "PixelSpacing": None, "ImagerPixelSpacing": [0.2, 0.2], "ImagePositionPatient": None}, "mm",
     "theo cảm biến"),
    ({"Modality": "DX", "PixelSpacing": None, "ImagerPixelSpacing": [0.2, 0.2], "ImagePositionPatient": None,
      "EstimatedRadiographicMagnificationFactor": 2}, "mm", "≈ 6,9 mm"),
])
def test_what_the_file_does_not_calibrate_is_said_and_never_millimetres(attributes: dict[str, Any], unit: str,
                                                                        words: str) -> None:
    found = said(loaded(slice_at(disc(), **attributes)), Kind.LENGTH, (10.0, 10.0), (60.0, 57.1))
    assert found.unit == unit
    assert words in " ".join(words_of(found))
    if unit == "px":
        assert found.why == "measure_not_calibrated"
        area = said(loaded(slice_at(disc(), **attributes)), Kind.RECTANGLE, (10, 10), (20, 20))
        assert (area.size, area.unit, area.mean is not None) == (100, "px²", True)


def test_an_angle_of_points_that_meet_has_a_reason_instead_of_a_figure(here: Loaded) -> None:
    found = said(here, Kind.ANGLE, (1, 1), (1, 1), (5, 5))
    assert found.size is None
    assert found.why == "measure_points_meet"
    assert "không có góc" in " ".join(words_of(found))


def test_a_colour_picture_gives_an_area_and_its_colours_and_says_that_they_are_no_measure() -> None:
    picture = np.zeros((32, 32, 3), np.uint8)
    picture[4:20, 4:20] = (200, 60, 20)
    picture[8:12, 4:20] = (0, 60, 20)  # a quarter of the rectangle
    colour = loaded(slice_at(picture, RescaleSlope=None, RescaleIntercept=None))
    found = said(colour, Kind.RECTANGLE, (4, 4), (20, 20))
    assert found.mean is None, "no grey values"
    assert found.size == pytest.approx((16 * 0.7) ** 2)
    assert found.colours == (150.0, 60.0, 20.0)
    assert words_of(found) == ("TB đỏ 150, lục 60, lam 20 /255 · 1,3 cm²", "màu trên hình, không phải trị số của mô")
    assert headline(found) == "1,3 cm²"
    back = Reading.from_json(json.loads(json.dumps(found.as_json())))
    assert back == found, "kept and brought back"
    outside = said(colour, Kind.RECTANGLE, (-40, -40), (-30, -30))
    assert outside.colours is None


def test_a_grey_picture_that_came_as_colours_tells_one_brightness() -> None:
    """As nearly all ultrasound pictures come."""
    grey = loaded(slice_at(np.full((32, 32, 3), 61, np.uint8), RescaleSlope=None, RescaleIntercept=None))
    assert words_of(said(grey, Kind.ELLIPSE, (4, 4), (20, 20)))[0].startswith("TB sáng 61/255 · ")


def test_a_mark_that_moves_forgets_what_it_said(here: Loaded) -> None:
    mark = measured(Mark.new(here.spot, Kind.LENGTH, [(0, 0), (3, 0)]), here)
    assert mark.reading is not None
    assert mark.moved(0, (1, 1)).reading is None
    assert mark.shifted((1, 1)).points == ((1, 1), (4, 1))


def test_figures_are_written_the_vietnamese_way() -> None:
    assert [decimal(48.26, 1), decimal(-0.01, 0), decimal(-600, 0), decimal(0, 1)] == ["48,3", "0", "−600", "0,0"]


def test_an_ultrasound_mark_is_measured_within_one_region_of_tissue_and_in_pixels_anywhere_else() -> None:
    here = loaded(ultrasound())
    within = said(here, Kind.LENGTH, (1, 1), (31, 41))
    assert within.size == pytest.approx(math.hypot(30 * 0.2, 40 * 0.3), abs=0.1)
    assert within.unit == "mm"
    for one, other, why, words in (((1.0, 1.0), (60.0, 41.0), "measure_across_regions", "qua hai vùng thước"),
                                   ((1.0, 1.0), (300.0, 41.0), "measure_outside_regions", "ra ngoài vùng có thước"),
                                   ((50.0, 1.0), (60.0, 41.0), "measure_not_calibrated", "không có thước")):
        found = said(here, Kind.LENGTH, one, other)
        assert (found.unit, found.why) == ("px", why)
        assert words in words_of(found)[1]
        assert found.reason is not None, "and the tip says what to do"
    assert warning_of(here) == ""  # each region has its own rule: the mark says which holds
    area = said(here, Kind.RECTANGLE, (2, 2), (12, 12))
    assert area.size == pytest.approx(10 * 0.2 * 10 * 0.3)
    assert area.unit == "mm²"
    wide = said(here, Kind.RECTANGLE, (2, 2), (62, 12))
    assert (wide.unit, wide.why) == ("px²", "measure_across_regions")


def test_uptake_is_told_where_the_tags_allow_it_and_the_files_own_values_elsewhere() -> None:
    here = loaded(pet())
    factor = suv_of(here.image.dataset)
    assert isinstance(factor, Suv)
    values = here.grey.modality.apply(here.frame.values[10:20, 10:20]).astype(float) * factor.factor
    found = said(here, Kind.RECTANGLE, (10, 10), (20, 20))
    assert found.mean == pytest.approx(values.mean())
    assert found.greatest == pytest.approx(values.max())
    assert "SUVbw" in words_of(found)[0]
    untold = said(loaded(pet(CorrectedImage=["ATTN"])), Kind.RECTANGLE, (10, 10), (20, 20))
    assert untold.mean == pytest.approx(values.mean() / factor.factor)
    assert "SUV" not in untold.values_unit
