"""Grey levels by the standard's own figures, the same on every way; padding, tables, palettes, overlays, sampling."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Pillow
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from imaging.grey import FullDynamic, Grey, Modality, Padding, Shape, Table, Window, levels, lookup, paint, shade
from imaging.image import Frame, open_image
from imaging.rendering import View, paint_view, paint_words, render, sampled
from imaging.sampling import Region, sample
from imaging.sources import OnDisk
from records.errors import Refusal
from tests.imaging.samples import opened, phantom, public_files, smooth, written

TABLE = Table(-300, (np.arange(2000) ** 2 // 1000).astype(np.uint16), 12)
VOIS = [Window(40, 400), Window(40.5, 1), Window(-600, 1500, Shape.LINEAR_EXACT), Window(100, 350, Shape.SIGMOID),
        TABLE, Window(1e9, 3e9), Window(0, 1e-3, Shape.SIGMOID)]
MODALITIES = [Modality(), Modality(1, -1024), Modality(0.37, 12.5), Modality(-2, 100), Modality(table=TABLE)]


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.int16])
@pytest.mark.parametrize("modality", MODALITIES)
@pytest.mark.parametrize("voi", VOIS)
def test_the_table_gives_what_the_formula_gives(dtype: type, modality: Modality, voi: Window | Table) -> None:
    chance = np.random.default_rng(7)
    ends = np.iinfo(dtype)
    stored = chance.integers(ends.min, ends.max, (40, 50), dtype, endpoint=True)
    for grey in (Grey(modality), Grey(modality, inverted=True), Grey(modality, padding=Padding(5, 60))):
        for invert in (False, True):
            direct = shade(stored, grey, voi, invert=invert)
            assert (paint(stored, lookup(stored.dtype, grey, voi, invert=invert)) == direct).all()
            wide = shade(stored.astype(np.int32), grey, voi, invert=invert)
            assert (wide == direct).all()


@pytest.mark.parametrize(("window", "value", "meant"), [
    (Window(2048, 4096), 0, 0), (Window(2048, 4096), 4095, 255), (Window(2048, 1), 2047, 0),
    (Window(2048, 1), 2048, 255),
    (Window(0, 100), -50, 0), (Window(0, 100), 49, 255), (Window(0, 100), -0.5, 127.5), (Window(0, 100), 50, 255),
    (Window(0, 100, Shape.LINEAR_EXACT), -50, 0), (Window(0, 100, Shape.LINEAR_EXACT), 0, 127.5),
    (Window(0, 100, Shape.LINEAR_EXACT), 50, 255), (Window(0, 1, Shape.LINEAR_EXACT), 0.25, 191.25),
    (Window(0, 100, Shape.SIGMOID), 0, 127.5), (Window(0, 100, Shape.SIGMOID), 50, 255 / (1 + np.exp(-2))),
])
def test_windows_by_the_standards_own_examples(window: Window, value: float, meant: float) -> None:
    assert window.apply(np.array([value]))[0] * 255 == pytest.approx(meant)


def test_hounsfield_units_are_what_the_rescale_says() -> None:
    image = opened(phantom(np.array([[0, 1024], [1064, 2024]], np.uint16), RescaleSlope=1, RescaleIntercept=-1024))
    assert image.grey(1).modality.apply(image.frame(1).values).tolist() == [[-1024, 0], [40, 1000]]
    assert image.grey(1).modality.unit == "HU"


def test_monochrome1_is_white_where_values_are_small_and_padding_is_black_in_both() -> None:
    values = np.array([[0, 10, 20, 30]], np.uint16)
    for photometric, meant in (("MONOCHROME2", [0, 0, 128, 255]), ("MONOCHROME1", [0, 255, 128, 0])):
        image = opened(phantom(values, PhotometricInterpretation=photometric, PixelPaddingValue=0))
        assert render(image.frame(1), image.grey(1)).tolist() == [meant]


def test_a_padding_range_and_a_sign_that_a_file_mixes_up() -> None:
    values = np.array([[-2000, -1999, -1000, 0, 1000]], np.int16)
    image = opened(phantom(values, PixelPaddingValue=-2000, PixelPaddingRangeLimit=-1990))
    assert render(image.frame(1), image.grey(1)).tolist() == [[0, 0, 0, 128, 255]]


def test_full_dynamic_meets_both_ends_also_of_real_and_of_constant_pixels() -> None:
    for values in (np.array([[3, 77]], np.uint16), np.array([[-5, 9]], np.int16), np.array([[0.1, 0.7]], np.float32),
                   np.array([[-70000, 90000]], np.int32), np.array([[0.0, np.nan, 1e30]])):
        painted = levels(values, Grey(), FullDynamic())
        assert painted.min() == 0
        assert painted.max() == 255
    assert levels(np.full((4, 4), 9, np.uint16), Grey(), FullDynamic()).max() == 0


def test_a_voi_table_of_8_bits_packed_in_words() -> None:
    lut = Dataset()
    lut.LUTDescriptor, lut.LUTExplanation = [256, 0, 8], "negative"
    lut.add_new(0x00283006, "OW", bytes(range(255, -1, -1)))
    image = opened(phantom(np.arange(256, dtype=np.uint8).reshape(16, 16), VOILUTSequence=Sequence([lut])))
    assert (render(image.frame(1), image.grey(1)) == np.arange(255, -1, -1).reshape(16, 16)).all()


def test_windows_of_functional_groups_belong_to_their_frame() -> None:
    image = open_image(OnDisk(public_files()["eCT_Supplemental.dcm"]))
    first = image.grey(1)
    assert isinstance(first.default, Window)
    assert first.modality.unit == "HU" or first.modality.slope
    frame = image.frame(1)
    assert frame.coloured is not None
    picture = render(frame, first)
    where = frame.coloured[1]
    assert picture.shape == (512, 512, 3)
    assert (picture[where] == frame.coloured[0][where]).all()
    plain = picture[~where]
    assert (plain[:, 0] == plain[:, 1]).all()


def test_an_overlay_in_unused_bits_and_one_of_its_own() -> None:
    words = np.zeros((8, 8), np.uint16) + 100
    words[2, 3] |= 1 << 12
    dataset = phantom(words, BitsStored=12, HighBit=11, WindowCenter=2000, WindowWidth=4000)
    for element, vr, value in ((0x10, "US", 8), (0x11, "US", 8), (0x40, "CS", "G"), (0x50, "SS", [1, 1]),
                               (0x100, "US", 16), (0x102, "US", 12)):
        dataset.add_new((0x6000, element), vr, value)
    more: tuple[tuple[int, str, object], ...] = ((0x10, "US", 2), (0x11, "US", 8), (0x40, "CS", "G"),
        (0x50, "SS", [7, 5]), (0x100, "US", 1), (0x102, "US", 0), (0x3000, "OW", b"\x01\x00"))
    for element, vr, held in more:
        dataset.add_new((0x6002, element), vr, held)
    image = opened(dataset)
    frame = image.frame(1)
    assert frame.values.max() == 100
    assert frame.overlay is not None
    assert np.argwhere(frame.overlay).tolist() == [[2, 3], [6, 4]]
    picture = render(frame, image.grey(1))
    assert picture[2, 3] == picture[6, 4] == 255
    assert render(frame, image.grey(1), View(overlays=False)).max() < 10


def test_sampling_takes_means_when_it_shrinks_and_mixes_no_padding() -> None:
    values = np.arange(64, dtype=np.uint16).reshape(8, 8)
    whole = Region(0, 0, 8, 8)
    assert (sample(values, whole, 8, 8) == values).all()
    assert (sample(values, whole, 4, 4) == np.rint(values.reshape(4, 2, 4, 2).mean(axis=(1, 3)))).all()
    padded = np.where(values % 8 < 3, 60000, values).astype(np.uint16)
    small = sample(padded, whole, 5, 5, padded == 60000)
    assert set(np.unique(small)) <= set(np.unique(padded)) | set(range(64))


def test_a_linear_ramp_stays_one_when_it_grows() -> None:
    ramp = np.tile(np.arange(0, 1000, 10, dtype=np.uint16), (10, 1))
    grown = sample(ramp, Region(0, 0, 100, 10), 250, 10).astype(int)
    steps = np.diff(grown[5, 5:-5])
    assert set(steps) <= {3, 4, 5}


def test_what_shrinks_is_the_mean_of_all_that_it_covers() -> None:
    """A share of a pixel too: fine patterns (a grid, dithered colours) else become coarse ones that are not there."""
    line = np.random.default_rng(8).integers(0, 4000, 48)
    fine = np.repeat(line, 20)  # twenty parts of each pixel, so that means over parts are means over shares
    for count in (40, 32, 30):
        told = sample(np.tile(line.astype(np.float64), (2, 1)), Region(0, 0, 48, 2), count, 2)[0]
        assert told == pytest.approx(fine.reshape(count, -1).mean(axis=1), abs=0.01), count
    board = (np.indices((48, 64)).sum(axis=0) % 2 * 255).astype(np.uint8)
    for picture in (board, np.repeat(board[:, :, None], 3, axis=2)):
        small = sample(picture, Region(0, 0, 64, 48), 34, 26).astype(int)
        assert np.abs(small - 127.5).max() < 35, "neither black nor white is left of a board of single pixels"


@pytest.mark.parametrize("region", [Region(0, 0, 40, 30), Region(-3.5, 2.25, 31, 50), Region(10.3, 20.2, 3.5, 4)])
@pytest.mark.parametrize("size", [(50, 37), (31, 23), (200, 150)])
def test_colours_are_mixed_as_each_of_their_samples_alone(region: Region, size: tuple[int, int]) -> None:
    """Words of three samples; the same picture as real numbers give, to the one level that rounding leaves."""
    chance = np.random.default_rng(4)
    for colours in (chance.integers(0, 256, (30, 40, 3)), chance.integers(0, 2, (30, 40, 3)) * 255):
        mixed = sample(colours.astype(np.uint8), region, *size)
        alone = np.stack([sample(colours[:, :, part].astype(np.float64), region, *size) for part in range(3)], axis=-1)
        assert mixed.dtype == np.uint8
        assert np.abs(mixed - alone).max() < 0.8
    white = np.full((30, 40, 3), 255, np.uint8)
    assert (sample(white, region, *size) == 255).all()
    red = np.where(np.arange(3) == 0, white, 0).astype(np.uint8)
    assert (sample(red, region, *size) == (255, 0, 0)).all(), "no sample spills over into another"


def test_a_view_is_mirrored_first_and_then_turned_clockwise() -> None:
    values = np.array([[0, 50], [100, 255]], np.uint8)
    frame, grey = Frame(1, values), Grey(presets=(Window(128, 256),))
    assert (render(frame, grey, View(quarter_turns=1)) == np.rot90(values, -1)).all()
    assert (render(frame, grey, View(mirrored=True)) == values[:, ::-1]).all()
    assert (render(frame, grey, View(mirrored=True, quarter_turns=3)) == np.rot90(values[:, ::-1], 1)).all()
    assert (render(frame, grey, View(invert=True)) == 255 - values).all()


def test_a_dragged_window_repaints_the_sample_and_gives_what_a_fresh_picture_gives() -> None:
    image = opened(phantom(smooth(300, 400)))
    frame, grey = image.frame(1), image.grey(1)
    for size, region in (((200, 200), None), ((333, 222), Region(10.5, 20.25, 133.0, 90.0))):
        shown = sampled(frame, grey, View(size=size, region=region))
        for center in (500, 1500, 3000):
            view = View(voi=Window(center, 800), size=size, region=region)
            assert (paint_view(shown, grey, view) == render(frame, grey, view)).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.int16])
@pytest.mark.parametrize("padding", [None, Padding(3, 9)])
def test_a_table_for_the_values_that_are_there_paints_as_the_whole_table(dtype: type, padding: Padding | None) -> None:
    chance = np.random.default_rng(5)
    ends = np.iinfo(dtype)
    for low, high in ((int(ends.min), int(ends.max)), (max(ends.min, -40), 90), (5, 5)):
        stored = chance.integers(low, high, (40, 30), dtype, endpoint=True)
        grey = Grey(Modality(2.5, -30), inverted=low < 0, padding=padding)
        for voi in (Window(20, 75), Window(0, 9, Shape.SIGMOID), FullDynamic()):
            part = levels(stored, grey, voi, span=(int(stored.min()), int(stored.max())))
            assert (part == levels(stored, grey, voi)).all()


@pytest.mark.parametrize("name", ["CT_small.dcm", "MR_small.dcm", "examples_overlay.dcm", "examples_palette.dcm",
                                  "SC_rgb.dcm", "MR-SIEMENS-DICOM-WithOverlays.dcm"])
def test_a_screens_words_are_the_picture_itself(name: str) -> None:
    image = open_image(OnDisk(public_files()[name]))
    frame, grey, kept = image.frame(1), image.grey(1), None
    part = Region(3, 4, 20, 30)
    for view in (View(), View(invert=True, size=(90, 70)), View(FullDynamic(), region=part, size=(77, 60)),
                 View(Window(300, 900), region=part, size=(77, 60), quarter_turns=1)):
        shown = sampled(frame, grey, view)
        picture = paint_view(shown, grey, view)
        rgb = picture.astype(np.uint32) if picture.ndim == 3 else np.repeat(picture[:, :, None], 3, 2).astype(np.uint32)
        wanted = 0xFF000000 + (rgb[:, :, 0] << 16) + (rgb[:, :, 1] << 8) + rgb[:, :, 2]
        for again in (False, True):
            kept = paint_words(shown, grey, view, kept, again=again)
            assert (kept == wanted).all()


@pytest.mark.parametrize(("photometric", "shape", "inverted"), [
    ("MONOCHROME1", "", True), ("MONOCHROME1", "INVERSE", True), ("MONOCHROME1", "IDENTITY", False),
    ("MONOCHROME2", "IDENTITY", False), ("MONOCHROME2", "INVERSE", True), ("MONOCHROME1", "LIN OD", True)])
def test_a_presentation_lut_shape_rules_over_the_photometric_interpretation_as_dcmtk_has_it(
        photometric: str, shape: str, inverted: bool, tmp_path: Path) -> None:
    dataset = phantom(smooth(), PhotometricInterpretation=photometric, PresentationLUTShape=shape)
    assert opened(dataset).grey(1).inverted is inverted
    if shape == "LIN OD":
        return  # film, in dcmtk through the densities of a calibrated printer
    (tmp_path / "file.dcm").write_bytes(written(dataset))
    subprocess.run(["dcm2pnm", "--min-max-window", "+opb", tmp_path / "file.dcm", tmp_path / "theirs.pnm"], check=True)
    image = opened(dataset)
    ours = render(image.frame(1), image.grey(1), View())
    assert np.abs(ours.astype(int) - np.asarray(Pillow.open(tmp_path / "theirs.pnm"))).max() <= 1


def test_a_palettes_segments_may_be_copies_of_earlier_ones() -> None:
    values = np.arange(256, dtype=np.uint8).reshape(16, 16)
    first, line = [0, 2, 0, 0x2000], [1, 62, 0xF000]
    copies = [2, 2, 0, 0] * 3
    plain = first + line + first + line + first + line + first + line

    def colours(segments: list[int]) -> NDArray[np.uint8]:
        dataset = phantom(values, PhotometricInterpretation="PALETTE COLOR")
        for name in ("Red", "Green", "Blue"):
            setattr(dataset, f"{name}PaletteColorLookupTableDescriptor", [256, 0, 16])
            setattr(dataset, f"Segmented{name}PaletteColorLookupTableData", np.array(segments, "<u2").tobytes())
        return np.asarray(opened(dataset).frame(1).values)

    assert np.array_equal(colours(first + line + copies), colours(plain))
    for broken in ([*first, 2, 9, 400, 0], [*first, 2, 1, 8, 0, 2, 1, 8, 0], [2, 1, 0, 0], [*first, 2, 1]):
        with pytest.raises(Refusal):
            colours(broken)
