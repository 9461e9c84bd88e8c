"""Places, sizes and measures equal what is computed for phantoms: to 0.1 mm, 0.1 degree and 1 HU."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from imaging.geometry import Calibration, Plane, Spacing, plane_of, spacing_at, spacing_of, ultrasound_regions
from imaging.grey import Grey, Modality, Padding
from imaging.measures import Ellipse, Polygon, Rectangle, angle, cobb, distance, region
from imaging.stacks import Slice, linked, reference_line, stacks
from imaging.suv import Suv, suv_of
from imaging.volumes import Volume, reslice, standard_plane, volume_of
from records.errors import Reason
from tests.imaging.samples import opened, phantom, smooth

SPACING = Spacing(0.7, 0.9, Calibration.CALIBRATED)


def turned(a: float, b: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Two directions at right angles, turned out of the axes."""
    ca, sa, cb, sb = math.cos(a), math.sin(a), math.cos(b), math.sin(b)
    return np.array([ca, sa * cb, sa * sb]), np.array([-sa, ca * cb, ca * sb])


def test_a_pixels_place_in_the_patient_and_back() -> None:
    across, down = turned(0.3, 0.4)
    image = opened(phantom(smooth(), PixelSpacing=[0.9, 0.7], ImagePositionPatient=[-100.5, 20, 33],
                           ImageOrientationPatient=[*across, *down], FrameOfReferenceUID="1.2.9"))
    plane = plane_of(image.dataset, image.groups, 1)
    assert plane is not None
    assert plane.patient((0.5, 0.5)) == pytest.approx([-100.5, 20, 33])
    place = plane.patient((30, 40))
    assert place == pytest.approx(np.array([-100.5, 20, 33]) + across * 29.5 * 0.7 + down * 39.5 * 0.9, abs=1e-6)
    point, away = plane.pixel(place + plane.normal * 12)
    assert point == pytest.approx((30, 40))
    assert away == pytest.approx(12)


@pytest.mark.parametrize("seed", range(20))
def test_distances_and_angles_are_the_bodys(seed: int) -> None:
    chance = np.random.default_rng(seed)
    plane = Plane(chance.uniform(-200, 200, 3), *turned(*chance.uniform(-1, 1, 2)), SPACING.x_mm, SPACING.y_mm)
    one, corner, other = (tuple(chance.uniform(0, 400, 2)) for _ in range(3))
    first, middle, last = (plane.patient(point) for point in (one, corner, other))
    assert distance(one, other, SPACING).value == pytest.approx(float(np.linalg.norm(first - last)), abs=0.1)
    arms = first - middle, last - middle
    truth = math.degrees(math.acos(arms[0] @ arms[1] / np.linalg.norm(arms[0]) / np.linalg.norm(arms[1])))
    assert angle(one, corner, other, SPACING).value == pytest.approx(truth, abs=0.1)
    assert cobb((corner, one), (corner, other), SPACING).value == pytest.approx(min(truth, 180 - truth), abs=0.1)


@pytest.mark.parametrize(("attributes", "calibration", "x_mm"), [
    ({"Modality": "CT", "PixelSpacing": [0.5, 0.4]}, Calibration.CALIBRATED, 0.4),
    ({"Modality": "DX", "ImagerPixelSpacing": [0.15, 0.14]}, Calibration.AT_DETECTOR, 0.14),
    ({"Modality": "DX", "ImagerPixelSpacing": [0.15, 0.15], "PixelSpacing": [0.15, 0.15]},
     Calibration.AT_DETECTOR, 0.15),
    ({"Modality": "DX", "ImagerPixelSpacing": [0.15, 0.15], "PixelSpacing": [0.12, 0.12]},
     Calibration.CALIBRATED, 0.12),
    ({"Modality": "CR", "PixelSpacing": [0.2, 0.2]}, Calibration.AT_DETECTOR, 0.2),
    ({"Modality": "CR", "PixelSpacing": [0.2, 0.2], "PixelSpacingCalibrationType": "FIDUCIAL"},
     Calibration.CALIBRATED, 0.2),
    ({"Modality": "MG", "ImagerPixelSpacing": [0.1, 0.1], "EstimatedRadiographicMagnificationFactor": 1.25},
     Calibration.ESTIMATED, 0.08),
    ({"Modality": "OT"}, Calibration.NONE, 1.0),
    ({"Modality": "CT", "PixelSpacing": [0, 0]}, Calibration.NONE, 1.0),
])
def test_what_a_pixel_spacing_means_is_said_plainly(attributes: dict[str, Any], calibration: Calibration,
                                                    x_mm: float) -> None:
    image = opened(phantom(smooth(), **attributes))
    found = spacing_of(image.dataset, image.groups, 1)
    assert found.calibration is calibration
    assert found.x_mm == pytest.approx(x_mm)


def test_nothing_is_measured_in_millimetres_without_calibration() -> None:
    image = opened(phantom(smooth(), Modality="OT"))
    spacing = spacing_of(image.dataset, image.groups, 1)
    for measure in (distance((0, 0), (9, 9), spacing), region(Rectangle(0, 0, 5, 5), smooth(), Grey(), spacing).area):
        assert measure.value is None
        assert measure.reason is not None
        assert "milimét" in measure.reason.vietnamese
    assert angle((10, 0), (0, 0), (0, 10), spacing, aspect=1.0).value == pytest.approx(90)
    assert angle((1, 1), (1, 1), (0, 10), spacing).value is None


def ultrasound() -> Dataset:
    regions = []
    for left, right, units in ((0, 39, (3, 3)), (40, 79, (4, 7))):
        entry = Dataset()
        entry.RegionLocationMinX0, entry.RegionLocationMinY0 = left, 0
        entry.RegionLocationMaxX1, entry.RegionLocationMaxY1 = right, 63
        entry.PhysicalUnitsXDirection, entry.PhysicalUnitsYDirection = units
        entry.PhysicalDeltaX, entry.PhysicalDeltaY = 0.02, 0.03
        entry.RegionFlags, entry.RegionDataType, entry.RegionSpatialFormat = 0, 1, 1
        regions.append(entry)
    return phantom(smooth(), Modality="US", SequenceOfUltrasoundRegions=Sequence(regions))


def test_ultrasound_is_measured_within_one_region_of_tissue_only() -> None:
    image = opened(ultrasound())
    assert [entry.x_unit for entry in ultrasound_regions(image.dataset)] == ["cm", "s"]

    def between(one: tuple[float, float], other: tuple[float, float]) -> float | None:
        return distance(one, other, spacing_at(image.dataset, image.groups, 1, one, other)).value

    assert between((1, 1), (31, 41)) == pytest.approx(math.hypot(30 * 0.2, 40 * 0.3), abs=0.1)
    assert between((1, 1), (60, 41)) is None
    assert between((50, 1), (60, 41)) is None


@pytest.mark.parametrize(("tissue_flags", "doppler_flags", "measured"), [(1, 0, False), (0, 1, True)])
def test_where_ultrasound_regions_overlap_the_one_that_lies_above_counts(
        tissue_flags: int, doppler_flags: int, measured: bool) -> None:
    dataset = ultrasound()
    tissue, doppler = dataset.SequenceOfUltrasoundRegions
    tissue.RegionFlags, doppler.RegionFlags, doppler.RegionLocationMinX0 = tissue_flags, doppler_flags, 10
    image = opened(dataset)
    inside, outside = ((12, 5), (30, 40)), ((2, 5), (30, 40))
    found = spacing_at(image.dataset, image.groups, 1, *inside)
    assert (found.calibration is Calibration.CALIBRATED) is measured
    assert spacing_at(image.dataset, image.groups, 1, *outside).calibration is Calibration.CALIBRATED


def test_a_disc_of_known_density_measures_what_it_was_made_of() -> None:
    y, x = np.mgrid[:200, :200] + 0.5
    hounsfield = np.where((x - 100) ** 2 + (y - 90) ** 2 <= 40 ** 2, 57, -800).astype(np.int16)
    stored, grey = (hounsfield + 1024).astype(np.uint16), Grey(Modality(1, -1024, unit="HU"))
    found = region(Ellipse(65, 55, 135, 125), stored, grey, SPACING)
    assert (found.mean, found.deviation, found.least, found.greatest, found.unit) == (57, 0, 57, 57, "HU")
    assert found.area.value == pytest.approx(math.pi * 35 * 35 * 0.63, abs=0.1)
    assert found.pixels == pytest.approx(math.pi * 35 * 35, rel=0.01)
    whole = region(Rectangle(0, 0, 200, 200), stored, grey, SPACING)
    assert whole.mean == pytest.approx(hounsfield.mean(), abs=0.01)
    assert whole.deviation == pytest.approx(hounsfield.std(ddof=1), abs=0.01)
    square = Polygon(((10, 10), (20, 10), (20, 30), (10, 30)))
    assert region(square, stored, grey, SPACING).pixels == 200
    assert region(square, stored, grey, SPACING).area.value == pytest.approx(200 * 0.63)


def test_a_region_leaves_padding_out_and_off_the_image_has_nothing() -> None:
    stored = np.full((10, 10), 50, np.uint16)
    stored[:5] = 0
    found = region(Rectangle(0, 0, 10, 10), stored, Grey(padding=Padding(0, 0)), SPACING)
    assert (found.pixels, found.mean) == (50, 50)
    assert region(Ellipse(50, 50, 60, 60), stored, Grey(), SPACING).mean is None


def axial(z: float, reference: str = "1") -> Plane:
    return Plane(np.array([0, 0, z]), np.array([1.0, 0, 0]), np.array([0, 1.0, 0]), 1, 1, reference)


CORONAL = Plane(np.array([0, 30.0, 60.0]), np.array([1.0, 0, 0]), np.array([0, 0, -1.0]), 1, 1, "1")


def test_slices_stand_in_order_and_a_localizer_apart() -> None:
    slices = [Slice(str(z), axial(z)) for z in (30, 10, 20, 0)] + [Slice("localizer", CORONAL)]
    assert [[one.key for one in stack] for stack in stacks(slices)] == [["0", "10", "20", "30"], ["localizer"]]


def test_a_slice_draws_its_line_on_another_where_it_cuts_it() -> None:
    line = reference_line(axial(20), (101, 101), CORONAL, (101, 61))
    assert line is not None
    assert sorted(line) == [pytest.approx((0, 40.5)), pytest.approx((101, 40.5))]
    assert reference_line(axial(20), (101, 101), axial(30), (101, 101)) is None
    assert reference_line(axial(20, "other"), (101, 101), CORONAL, (101, 61)) is None
    assert reference_line(axial(200), (101, 101), CORONAL, (101, 61)) is None


def test_a_linked_series_follows_by_place() -> None:
    stack = [Slice(str(z), axial(z)) for z in (0, 5, 10, 15)]
    assert linked(axial(9), (101, 101), stack) == 2
    assert linked(axial(90), (101, 101), stack) is None
    assert linked(axial(9, "other"), (101, 101), stack) is None


def field(place: NDArray[np.float64]) -> NDArray[np.float64]:
    """A density that is linear in space: trilinear sampling must give it exactly."""
    return np.asarray(place @ np.array([3.0, -2.0, 5.0]) + 100)


def slanted(tilt: float) -> Volume:
    across, down = turned(0.2, 0.1)
    step = np.cross(across, down) * 2.5 + down * tilt
    planes = [Plane(np.array([-20.0, -30, 5]) + step * index, across, down, 0.8, 0.6, "1") for index in range(30)]
    rows, columns = np.mgrid[:50, :40] + 0.5
    values = [field(plane.position + (columns[..., None] - 0.5) * 0.8 * across + (rows[..., None] - 0.5) * 0.6 * down)
              for plane in planes]
    made = volume_of(values, planes)
    assert isinstance(made, Volume)
    return made


@pytest.mark.parametrize("tilt", [0.0, 0.7])
@pytest.mark.parametrize("name", ["axial", "coronal", "sagittal"])
def test_a_reformatted_slice_shows_what_lies_there(tilt: float, name: str) -> None:
    volume = slanted(tilt)
    middle = volume.place(np.array([15.0, 25, 20]))
    plane, width, height = standard_plane(volume, name, middle)
    made = reslice(volume, plane, width, height, outside=np.nan)
    shown = np.argwhere(np.isfinite(made))
    assert len(shown) > 300
    for row, column in shown[:: max(1, len(shown) // 200)]:
        place = plane.patient((column + 0.5, row + 0.5))
        index = volume.to_index @ (place - volume.first.position)
        if ((index >= 0) & (index <= np.array(volume.values.shape) - 1)).all():
            assert made[row, column] == pytest.approx(field(place), abs=0.1)
    point, away = plane.pixel(middle)
    assert abs(away) < 1e-6
    assert made[round(point[1] - 0.5), round(point[0] - 0.5)] == pytest.approx(field(middle), abs=5)


def test_slices_that_make_no_volume_say_why() -> None:
    values = [np.zeros((4, 4))] * 4
    codes = []
    for planes in ([axial(z) for z in (0, 5, 10, 22)], [axial(0), axial(5), axial(10), CORONAL], [axial(0)]):
        found = volume_of(values[:len(planes)], planes)
        assert isinstance(found, Reason)
        codes.append(found.code)
    assert codes == ["volume_slices_uneven", "volume_slices_turn", "volume_too_few_slices"]
    taller = replace(axial(10), y_mm=axial(10).y_mm * 2)
    turned = replace(axial(10), across=axial(10).down, down=-axial(10).across)
    for odd in (taller, turned):
        found = volume_of(values, [axial(0), axial(5), odd, axial(15)])
        assert isinstance(found, Reason)
        assert found.code == "volume_slices_turn"


def pet(**attributes: Any) -> Dataset:
    drug = Dataset()
    drug.RadionuclideTotalDose, drug.RadionuclideHalfLife = 370e6, 6586.2
    drug.RadiopharmaceuticalStartTime = "235000"
    told = {"Modality": "PT", "Units": "BQML", "CorrectedImage": ["DECY", "ATTN"], "DecayCorrection": "START",
            "PatientWeight": 70, "SeriesDate": "20261125", "SeriesTime": "005000.0", "AcquisitionDate": "20261125",
            "AcquisitionTime": "005000.0", "RadiopharmaceuticalInformationSequence": Sequence([drug])}
    return phantom(smooth(), **{**told, **attributes})


def test_uptake_is_corrected_for_the_hour_between_injection_and_scan_also_over_midnight() -> None:
    found = suv_of(opened(pet()).dataset)
    assert isinstance(found, Suv)
    assert 5000 * found.factor == pytest.approx(5000 * 70000 / (370e6 * 2 ** (-3600 / 6586.2)), rel=1e-9)


@pytest.mark.parametrize(("units", "kind", "name"), [
    ("GML", "", "SUVbw"), ("GML", "BW", "SUVbw"), ("GML", "LBM", "SUVlbm"), ("GML", "LBMJANMA", "SUVlbm"),
    ("GML", "IBW", "SUVibw"), ("CM2ML", "BSA", "SUVbsa")])
def test_uptake_that_the_scanner_computed_is_named_by_what_it_is_related_to(units: str, kind: str, name: str) -> None:
    assert suv_of(opened(pet(Units=units, SUVType=kind)).dataset) == Suv(1.0, name)


def test_counts_become_uptake_by_the_makers_own_factor_else_by_its_activity_and_the_dose() -> None:
    counts = pet(Units="CNTS")
    block = counts.private_block(0x7053, "Philips PET Private Group", create=True)
    block.add_new(9, "DS", "1.25")
    by_dose = suv_of(opened(counts).dataset)
    assert isinstance(by_dose, Suv)
    assert by_dose.factor == pytest.approx(1.25 * 70000 / (370e6 * 2 ** (-3600 / 6586.2)), rel=1e-9)
    block.add_new(0, "DS", "0.000551")
    assert suv_of(opened(counts).dataset) == Suv(0.000551)
    counts.CorrectedImage = ["DECY"]
    found = suv_of(opened(counts).dataset)
    assert isinstance(found, Reason)
    assert found.code == "suv_not_corrected"


@pytest.mark.parametrize(("attributes", "code"), [
    ({"Modality": "CT"}, "suv_not_pet"), ({"Units": "CNTS"}, "suv_units_unknown"),
    ({"CorrectedImage": ["ATTN"]}, "suv_not_corrected"), ({"DecayCorrection": "NONE"}, "suv_not_corrected"),
    ({"PatientWeight": None}, "suv_attribute_missing"), ({"RadiopharmaceuticalInformationSequence": None},
                                                         "suv_attribute_missing"),
    ({"SeriesTime": "", "AcquisitionTime": ""}, "suv_attribute_missing"),
])
def test_uptake_that_cannot_be_computed_says_why(attributes: dict[str, Any], code: str) -> None:
    found = suv_of(opened(pet(**attributes)).dataset)
    assert isinstance(found, Reason)
    assert found.code == code
    assert found.vietnamese
