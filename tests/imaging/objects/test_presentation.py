"""Presentation states: what we write reads as it was, dciodvfy finds no error, dcmtk paints the same pixels."""

from __future__ import annotations

import io
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from PIL import Image as Pillow
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from imaging.attributes import items
from imaging.grey import Shape, Window
from imaging.image import Image, open_image
from imaging.objects.graphics import Figure, Graphic, Words, outline
from imaging.objects.kinds import Kind, kind_of
from imaging.objects.presentation import Presentation, read_presentation
from imaging.objects.presentation_file import Taken, annotation_of, grouped, written_presentation
from imaging.objects.presenting import around, picture, seen
from imaging.objects.shutters import OpenCircle, OpenPolygon, OpenRectangle
from imaging.objects.shutters_file import Shut
from imaging.objects.writing import Making
from imaging.rendering import View, render
from imaging.sampling import Region
from imaging.sources import InMemory, OnDisk
from records.errors import Refusal
from tests.imaging.dciodvfy import errors_in
from tests.imaging.samples import opened, phantom, public_files, smooth

TURNS = [(mirrored, turns) for mirrored in (False, True) for turns in range(4)]
DRAWN = (
    Graphic(Figure.POLYLINE, ((10.5, 20.25), (40.0, 21.5))),
    Graphic(Figure.POINT, ((3.0, 4.0),)),
    Graphic(Figure.CIRCLE, ((20.0, 20.0), (25.0, 20.0))),
    Graphic(Figure.INTERPOLATED, ((1.0, 1.0), (5.0, 9.0), (9.0, 1.0))),
    Graphic(Figure.ELLIPSE, ((10.0, 30.0), (30.0, 30.0), (20.0, 25.0), (20.0, 35.0)), filled=False),
)
SAID = (Words("48,3 mm", anchor=(40.0, 21.5)), Words("Đông đặc\nthùy dưới", box=((1.0, 2.0), (30.0, 9.0))))


def making() -> Making:
    return Making(generate_uid(), generate_uid(), datetime(2026, 11, 16, 16, 5, tzinfo=UTC), 901)


def slice_(pixels: NDArray[Any] | None = None, **attributes: Any) -> Dataset:
    return phantom(
        smooth(64, 80) if pixels is None else pixels,
        **{
            "StudyInstanceUID": "1.2.826.0.1.3680043.8.498.1",
            "SeriesInstanceUID": "1.2.826.0.1.3680043.8.498.2",
            "StudyDate": "20261116",
            "StudyTime": "152000",
            "StudyID": "1",
            "PatientBirthDate": "19590301",
            "PatientSex": "F",
            "RescaleSlope": "2",
            "RescaleIntercept": "-1024",
            "PixelSpacing": ["0.5", "0.7"],
            **attributes,
        },
    )


PLAIN = View()


def taken(image: Image, view: View = PLAIN, number: int = 1, *, drawn: bool = False) -> Taken:
    return Taken(image, image.frame(number), view, DRAWN if drawn else (), SAID if drawn else ())


def written(*takes: Taken) -> bytes:
    return written_presentation(
        list(takes), making(), label="DOC PHIM", description="Cách trình bày", creator="Trần^Nghĩa"
    )


def read(data: bytes) -> Presentation:
    return read_presentation(open_image(InMemory(data)).dataset)


@pytest.mark.parametrize(("mirrored", "turns"), TURNS)
def test_a_view_comes_back_as_it_was(mirrored: bool, turns: int) -> None:
    image = opened(slice_())
    view = View(
        voi=Window(40, 400, Shape.SIGMOID, "Trung thất"),
        region=Region(8, 4, 33, 21),
        mirrored=mirrored,
        quarter_turns=turns,
        invert=turns == 1,
    )
    one = taken(image, view, drawn=True)
    state = read(written(one))
    back = seen(state, image, 1)
    assert replace(back.view, invert=turns == 1, shutter=True) == view
    assert back.grey.inverted == (turns == 1)
    assert back.aspect == pytest.approx(0.5 / 0.7)
    assert state.areas[0].spacing == (0.7, 0.5)
    assert (back.grey.modality.slope, back.grey.modality.intercept) == (2.0, -1024.0)
    assert state.annotations == (annotation_of(one),)
    assert (back.annotations[0].graphics, back.annotations[0].texts) == (DRAWN, SAID)
    assert (state.label, state.description, state.creator) == ("DOC PHIM", "Cách trình bày", "Trần^Nghĩa")
    assert state.layers[0].rgb == pytest.approx((255, 215, 94), abs=3)


@pytest.mark.parametrize(("mirrored", "turns"), TURNS)
def test_the_picture_of_what_was_written_is_the_picture_that_was_seen(mirrored: bool, turns: int) -> None:
    image = opened(slice_(PhotometricInterpretation="MONOCHROME1", PixelSpacing=["0.5", "0.5"]))
    region, size = Region(8, 4, 40, 20), (120, 60)
    view = View(
        voi=Window(900, 3000),
        region=region,
        mirrored=mirrored,
        quarter_turns=turns,
        invert=turns > 1,
        size=size[::-1] if turns % 2 else size,
    )
    frame = image.frame(1)
    painted = picture(read(written(taken(image, view))), image, frame, view.size)
    assert (painted == render(frame, image.grey(1), view)).all()


def files() -> dict[str, Image]:
    public = public_files()
    shown: dict[str, Image] = {
        name: open_image(OnDisk(public[name]))
        for name in (
            "CT_small.dcm",
            "MR_small.dcm",
            "eCT_Supplemental.dcm",
            "examples_ybr_color.dcm",
            "US1_UNCR.dcm",
            "RG1_UNCR.dcm",
            "mlut_18.dcm",
            "vlut_04.dcm",
            "emri_small.dcm",
        )
        if name in public
    }
    assert len(shown) > 5
    return {
        **shown,
        "ours": opened(slice_(PixelSpacing=["0.5", "0.5"])),
        "signed": opened(slice_(PixelSpacing=["0.5", "0.5"], RescaleSlope="0.0123456789", RescaleType="HU")),
    }


@pytest.mark.parametrize(("mirrored", "turns"), [(False, 0), (True, 1)])
def test_dciodvfy_finds_no_error(mirrored: bool, turns: int, tmp_path: Path) -> None:
    found = {}
    for name, image in files().items():
        view = View(mirrored=mirrored, quarter_turns=turns, invert=mirrored)
        numbers = sorted({1, image.format.frames})
        data = written(*(taken(image, view, number, drawn=number == 1) for number in numbers))
        found[name] = errors_in(data, tmp_path)
        state = read(data)
        assert seen(state, image, numbers[-1]).view.mirrored == mirrored
    assert {name: errors for name, errors in found.items() if errors} == {}


def by_dcmtk(folder: Path, dataset_file: bytes, state: bytes, frame: int = 1) -> NDArray[np.uint8]:
    (folder / "image.dcm").write_bytes(dataset_file)
    (folder / "state.dcm").write_bytes(state)
    subprocess.run(
        ["dcmp2pgm", "-f", str(frame), "-p", folder / "state.dcm", folder / "image.dcm", folder / "out.pgm"],
        check=True,
        capture_output=True,
    )
    return np.asarray(Pillow.open(folder / "out.pgm"))


def as_bytes(image: Image) -> bytes:
    return image.header.source.read(0, image.header.source.size)


@pytest.mark.parametrize("name", ["CT_small.dcm", "MR_small.dcm", "ours"])
@pytest.mark.parametrize(
    ("mirrored", "turns", "invert"),
    [(False, 0, False), (False, 1, True), (True, 0, False), (True, 3, True), (False, 2, False)],
)
def test_dcmtk_paints_the_same(name: str, mirrored: bool, turns: int, invert: bool, tmp_path: Path) -> None:
    image = files()[name]
    values = image.grey(1).modality.apply(image.frame(1).values)
    low, high = float(np.percentile(values, 5)), float(np.percentile(values, 95))
    view = View(
        voi=Window(round((low + high) / 2), round(high - low) + 2),
        mirrored=mirrored,
        quarter_turns=turns,
        invert=invert,
    )
    state = written(taken(image, view))
    ours = picture(read(state), image, image.frame(1), natural(image, turns))
    theirs = by_dcmtk(tmp_path, as_bytes(image), state)  # its pixels are never made square
    assert ours.shape == theirs.shape
    assert np.abs(ours.astype(int) - theirs).max() <= 1


def natural(image: Image, turns: int) -> tuple[int, int]:
    size = (image.format.columns, image.format.rows)
    return size[::-1] if turns % 2 else size


def changed(state: bytes, **attributes: Any) -> bytes:
    dataset = pydicom.dcmread(io.BytesIO(state))
    for keyword, value in attributes.items():
        if value is None:
            del dataset[keyword]
        else:
            setattr(dataset, keyword, value)
    out = io.BytesIO()
    dataset.save_as(out)
    return out.getvalue()


SHUTTERS = {
    "rectangle": {
        "ShutterShape": "RECTANGULAR",
        "ShutterLeftVerticalEdge": 10,
        "ShutterRightVerticalEdge": 60,
        "ShutterUpperHorizontalEdge": 5,
        "ShutterLowerHorizontalEdge": 50,
        "ShutterPresentationValue": 30000,
    },
    "circle": {
        "ShutterShape": "CIRCULAR",
        "CenterOfCircularShutter": [30, 40],
        "RadiusOfCircularShutter": 20,
        "ShutterPresentationValue": 0,
    },
    "polygon": {
        "ShutterShape": "POLYGONAL",
        "VerticesOfThePolygonalShutter": [5, 5, 5, 70, 55, 70, 30, 30],
        "ShutterPresentationValue": 65535,
    },
    "two": {
        "ShutterShape": ["RECTANGULAR", "CIRCULAR"],
        "ShutterLeftVerticalEdge": 20,
        "ShutterRightVerticalEdge": 79,
        "ShutterUpperHorizontalEdge": 5,
        "ShutterLowerHorizontalEdge": 50,
        "CenterOfCircularShutter": [30, 40],
        "RadiusOfCircularShutter": 25,
        "ShutterPresentationValue": 20000,
    },
}


@pytest.mark.parametrize("shape", SHUTTERS)
def test_dcmtk_reads_the_shutters_as_we_do(shape: str, tmp_path: Path) -> None:
    """It tells them and leaves their painting to the display: what is covered is computed below."""
    (tmp_path / "state.dcm").write_bytes(changed(written(taken(opened(slice_()))), **SHUTTERS[shape]))
    (tmp_path / "image.dcm").write_bytes(as_bytes(opened(slice_())))
    told = subprocess.run(
        ["dcmp2pgm", "-v", "-p", tmp_path / "state.dcm", tmp_path / "image.dcm", tmp_path / "o.pgm"],
        capture_output=True,
        text=True,
        check=False,
    )
    lines = {
        line.split(":", 2)[1].strip(): line.split(":", 2)[2].strip()
        for line in (told.stdout + told.stderr).splitlines()
        if " shutter:" in line
    }
    for shutter in read((tmp_path / "state.dcm").read_bytes()).shutters:
        match shutter:
            case OpenRectangle(left, right, top, bottom):
                assert lines["Rectangular shutter"] == f"LV={left} RV={right} UH={top} LH={bottom}"
            case OpenCircle(row, column, radius):
                assert lines["Circular shutter"] == f"center={column}\\{row} radius={radius}"
            case OpenPolygon(points):
                assert lines["Polygonal shutter"].count("\\") == len(points)
            case _:
                pytest.fail("another shutter")


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("shape", SHUTTERS)
def test_shutters_cover_what_lies_outside(shape: str, mirrored: bool) -> None:
    image = opened(slice_(PixelSpacing=["0.5", "0.5"]))
    y, x = np.mgrid[1:65, 1:81]
    rectangle = (x > 10) & (x < 60) & (y > 5) & (y < 50)
    open_ = {
        "rectangle": rectangle,
        "circle": (x - 40) ** 2 + (y - 30) ** 2 <= 400,
        "two": (x > 20) & (x < 79) & (y > 5) & (y < 50) & ((x - 40) ** 2 + (y - 30) ** 2 <= 625),
        # Its corners (column, row): (5, 5), (70, 5), (70, 55), (30, 30): between the diagonals and the right edge.
        "polygon": (y >= 5) & (x < 70) & (x >= y) & (y <= 30 + (x - 30) * 25 / 40) & (x >= 5),
    }[shape]
    state = changed(written(taken(image, View(voi=Window(3000, 9000), mirrored=mirrored))), **SHUTTERS[shape])
    painted = picture(read(state), image, image.frame(1))
    plain = picture(read(written(taken(image, View(voi=Window(3000, 9000), mirrored=mirrored)))), image, image.frame(1))
    level = {"rectangle": 117, "circle": 0, "polygon": 255, "two": 78}[shape]
    expected = np.where(open_[:, ::-1] if mirrored else open_, plain, level)
    off = (painted != expected).sum()
    assert off <= (90 if shape == "polygon" else 0)  # the polygon's own line
    assert (painted == level).sum() > 1000


RED = {"circle": SHUTTERS["circle"] | {"ShutterPresentationColorCIELabValue": [35579, 53662, 50858]}}


def test_a_coloured_shutter_is_painted_in_its_colour_over_grey() -> None:
    """Pure sRGB red is L* 54.29, a* 80.80, b* 69.89 under D50 (as ICC's sRGB profile says), packed by C.10.7.1.1."""
    image = opened(slice_(PixelSpacing=["0.5", "0.5"]))
    state = written(taken(image, View(voi=Window(3000, 9000))))
    painted = picture(read(changed(state, **RED["circle"])), image, image.frame(1))
    plain = picture(read(state), image, image.frame(1))
    y, x = np.mgrid[1:65, 1:81]
    open_ = (x - 40) ** 2 + (y - 30) ** 2 <= 400
    assert np.abs(painted[~open_].astype(int) - (255, 0, 0)).max() <= 2
    assert (painted[open_] == plain[open_][:, None]).all()
    grey = changed(state, **SHUTTERS["circle"], ShutterPresentationColorCIELabValue=[35000, 0x8080, 0x8080])
    assert read(grey).shutter_colour is None
    assert read(grey).shutter_level == pytest.approx(127, abs=1)  # L* 53.4 is sRGB's own middle


@pytest.mark.parametrize("shape", [*SHUTTERS, "red"])
def test_a_pictures_own_shutter_goes_into_the_state(shape: str, tmp_path: Path) -> None:
    told = RED["circle"] if shape == "red" else SHUTTERS[shape]
    pixels = np.zeros((64, 80, 3), np.uint8) if shape == "red" else smooth(64, 80)
    image = opened(slice_(pixels=pixels, PixelSpacing=["0.5", "0.5"], **told))
    state = written(taken(image, drawn=True))
    assert errors_in(state, tmp_path) == []
    back = seen(read(state), image, 1).view.veils
    assert image.shutter is not None
    assert [(veil.level, veil.colour) for veil in back] == [(image.shutter.level, image.shutter.colour)]
    assert (back[0].mask == image.shutter.mask).all()
    bare = opened(slice_(PixelSpacing=["0.5", "0.5"], SOPInstanceUID=generate_uid()))
    assert len(grouped([taken(image), taken(bare)])) == 2


@pytest.mark.parametrize("pixels", [smooth(64, 80), np.zeros((64, 80, 3), np.uint8)], ids=["grey", "colour"])
def test_a_bitmap_shutter_that_lies_on_a_picture_goes_into_the_state(pixels: NDArray[Any], tmp_path: Path) -> None:
    """PS3.3 C.7.6.15: the plane is the state's own; here with a circle beside it, which the plane takes in."""
    image = opened(slice_(pixels=pixels, PixelSpacing=["0.5", "0.5"], **SHUTTERS["rectangle"]))
    mask = np.random.default_rng(4).random((64, 80)) < 0.4
    first = written(replace(taken(image, drawn=True), laid=Shut((OpenCircle(1, 1, 9),), 117, bitmap=mask)))
    assert errors_in(first, tmp_path) == []
    told = seen(read(first), image, 1)
    [veil] = told.view.veils
    assert (veil.mask == mask).all(), "nothing of the picture's own rectangle, which another shutter took the place of"
    assert (veil.level, veil.colour) == (117, None)
    again = written(replace(taken(image), laid=told.shut))
    assert errors_in(again, tmp_path) == []
    assert (seen(read(again), image, 1).view.veils[0].mask == mask).all(), "what was laid is saved again"
    bare = written(replace(taken(image), laid=Shut()))
    assert seen(read(bare), image, 1).view.veils == (), "a state that took the shutter away takes it away again"
    assert len(grouped([taken(image), replace(taken(image), laid=told.shut)])) == 2


def test_no_window_means_the_whole_range_and_a_table_after_it_is_taken(tmp_path: Path) -> None:
    image = opened(slice_(PixelSpacing=["0.5", "0.5"], BitsStored=12, HighBit=11))
    state = changed(written(taken(image)), SoftcopyVOILUTSequence=None)
    theirs = by_dcmtk(tmp_path, as_bytes(image), state)
    assert np.abs(picture(read(state), image, image.frame(1)).astype(int) - theirs).max() <= 1
    lut = Dataset()
    lut.LUTDescriptor, lut.LUTData = [256, 0, 12], (np.linspace(0, 1, 256) ** 2 * 4095).astype("<u2").tobytes()
    lut["LUTDescriptor"].VR, lut["LUTData"].VR = "US", "OW"
    window = changed(
        written(taken(image, View(voi=Window(3000, 6000)))), PresentationLUTShape=None, PresentationLUTSequence=[lut]
    )
    theirs = by_dcmtk(tmp_path, as_bytes(image), window)
    apart = np.abs(picture(read(window), image, image.frame(1)).astype(int) - theirs)
    assert apart.max() <= 3  # a step of the table is two levels


def test_what_is_drawn_on_the_display_lies_in_the_image() -> None:
    image = opened(slice_())
    box = Words("góc", box=((0.0, 0.0), (0.25, 0.5)), box_on_display=True)
    line = Graphic(Figure.POLYLINE, ((0.0, 0.0), (1.0, 0.5)), on_display=True)
    for (mirrored, turns), (corner, end) in {
        (False, 0): ((10, 20), (50, 30)),
        (True, 0): ((50, 20), (10, 30)),
        (False, 1): ((10, 40), (30, 20)),
        (False, 2): ((50, 40), (10, 30)),
    }.items():
        view = View(region=Region(10, 20, 40, 20), mirrored=mirrored, quarter_turns=turns)
        one = replace(taken(image, view), drawings=(line,), texts=(box,))
        shown = seen(read(written(one)), image, 1).annotations[0]
        assert list(shown.graphics[0].points) == [corner, end]
        assert [words.box[0] for words in shown.texts if words.box] == [corner]


def test_an_area_is_fitted_and_what_lies_beyond_is_black() -> None:
    image = opened(slice_(PixelSpacing=["0.5", "0.5"]))
    assert around(Region(0, 0, 80, 64), (160, 64)) == Region(-40, 0, 160, 64)
    assert around(Region(0, 0, 64, 80), (64, 64)) == Region(-8, 0, 80, 80)
    assert around(Region(0, 0, 10, 10), (10, 20), aspect=2.0) == Region(0, 0, 10, 10)
    painted = picture(read(written(taken(image, View(voi=Window(-5000, 1))))), image, image.frame(1), (160, 64))
    assert not painted[:, :40].any()
    assert (painted[:, 40:120] == 255).all()


@pytest.mark.parametrize(
    ("graphic", "count", "first"),
    [
        (Graphic(Figure.CIRCLE, ((5.0, 5.0), (5.0, 8.0))), 97, (8.0, 5.0)),
        (Graphic(Figure.ELLIPSE, ((0.0, 5.0), (10.0, 5.0), (5.0, 3.0), (5.0, 7.0))), 97, (10.0, 5.0)),
        (Graphic(Figure.INTERPOLATED, ((0.0, 0.0), (4.0, 4.0), (8.0, 0.0))), 17, (0.0, 0.0)),
        (Graphic(Figure.POLYLINE, ((0.0, 0.0), (4.0, 4.0))), 2, (0.0, 0.0)),
    ],
)
def test_outlines(graphic: Graphic, count: int, first: tuple[float, float]) -> None:
    line = outline(graphic)
    assert len(line) == count
    assert line[0] == pytest.approx(first)
    if graphic.figure is Figure.INTERPOLATED:
        assert set(graphic.points) <= set(line)
    if graphic.figure is Figure.ELLIPSE:
        assert max(y for _, y in line) == pytest.approx(7.0)


def test_frames_that_cannot_share_a_state_get_their_own() -> None:
    plain, other = opened(slice_()), opened(slice_(RescaleSlope="3", SOPInstanceUID=generate_uid()))
    takes = [taken(plain), taken(other), taken(plain, View(quarter_turns=1)), taken(plain, View(quarter_turns=4))]
    assert [len(group) for group in grouped(takes)] == [2, 1, 1]
    with pytest.raises(Refusal, match="one presentation state"):
        written(*takes)


def test_states_of_other_pictures_are_refused() -> None:
    image = opened(slice_())
    state = read(written(taken(image)))
    for other, code in (
        (opened(slice_(SOPInstanceUID=generate_uid())), "presentation_other_image"),
        (
            opened(phantom(np.zeros((8, 8, 3), np.uint8), SOPInstanceUID=image.identity.instance_uid)),
            "presentation_other_colour",
        ),
    ):
        with pytest.raises(Refusal) as refused:
            seen(state, other, 1)
        assert refused.value.reasons[0].code == code
        assert refused.value.reasons[0].vietnamese
    with pytest.raises(Refusal, match="not read"):
        read_presentation(image.dataset)


def test_shutters_are_read() -> None:
    base = written(taken(opened(slice_())))
    assert read(changed(base, **SHUTTERS["two"])).shutters == (OpenRectangle(20, 79, 5, 50), OpenCircle(30, 40, 25))
    assert read(changed(base, **SHUTTERS["polygon"])).shutters == (
        OpenPolygon(((4.5, 4.5), (69.5, 4.5), (69.5, 54.5), (29.5, 29.5))),
    )
    assert read(changed(base, **SHUTTERS["rectangle"])).shutter_level == 117
    assert kind_of(open_image(InMemory(base)).dataset) is Kind.PRESENTATION
    assert len(items(open_image(InMemory(base)).dataset, "DisplayedAreaSelectionSequence")) == 1
