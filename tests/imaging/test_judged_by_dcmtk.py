"""Over the public test files our picture equals dcmtk's within one grey level; each exception says why."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from PIL import Image as Pillow
from pydicom.pixels.processing import apply_color_lut
from pydicom.uid import RLELossless

from imaging.codecs import HTJ2K, JPEG_2000, JPEG_LS
from imaging.grey import Grey, Table, Window
from imaging.image import Frame, Image, open_image
from imaging.rendering import View, render
from imaging.sources import OnDisk
from records.errors import Refusal
from tests.imaging.samples import public_files

FILES = public_files()

REFUSED = {
    "MR_truncated.dcm": ("image_frame_cut", "cut short on purpose"),
    "JPEG2000-embedded-sequence-delimiter.dcm": (
        "image_codestream_differs", "its codestream was overwritten within the size marker to test a parser"),
    "no_meta.dcm": ("image_not_dicom", "a stray byte stands before its first element"),
}
NO_PICTURE = {"meta_missing_tsyntax.dcm", "nested_priv_SQ.dcm", "no_meta_group_length.dcm"}
"""Parser tests: they hold a pixel data element of a few bytes and no word on its shape."""
DIFFERS = {
    "SC_ybr_full_uncompressed.dcm": (2, "dcmtk cuts YBR to RGB off where we round"),
}
BIG_ENDIAN_32 = "dcmtk exchanges the bytes of 32-bit pixels within 16-bit words; ours equals the little-endian twin"
NO_JUDGE = {
    "SC_rgb_32bit.dcm": "dcmtk reads no colour of 32 bits; pydicom judges below",
    "SC_rgb_32bit_2frame.dcm": "dcmtk reads no colour of 32 bits; pydicom judges below",
    "SC_rgb_expb_32bit.dcm": "dcmtk reads no colour of 32 bits; pydicom judges below",
    "SC_rgb_expb_32bit_2frame.dcm": "dcmtk reads no colour of 32 bits; pydicom judges below",
    "eCT_Supplemental.dcm": "dcmtk reads no windows of functional groups and no supplemental palette; told the window, "
                            "it judges the grey part below",
    "gdcm-US-ALOKA-16.dcm": "dcmtk reads no segmented palettes; pydicom judges below",
    "gdcm-US-ALOKA-16_big.dcm": "dcmtk reads no segmented palettes; pydicom judges below",
    "SC_rgb_jpeg.dcm": "dcmtk reads its fragment as cut off; its decompressed twin SC_rgb_jpeg_dcmd.dcm is judged",
    "emri_small_jpeg_2k_lossless_too_short.dcm": "dcmtk and pydicom refuse its fragments; its twin is judged",
    "GDCMJ2K_TextGBR.dcm": "dcmtk reads no JPEG 2000, and Pillow, which unpacks it for dcmtk, calls this one broken",
    "J2K_pixelrep_mismatch.dcm": "as above; its sign is tested in test_codecs.py",
    "rtdose_expb.dcm": BIG_ENDIAN_32,
    "rtdose_expb_1frame.dcm": BIG_ENDIAN_32,
}
TWINS = {
    "SC_rgb_expb_32bit.dcm": "SC_rgb_32bit.dcm", "gdcm-US-ALOKA-16_big.dcm": "gdcm-US-ALOKA-16.dcm",
    "SC_rgb_jpeg.dcm": "SC_rgb_jpeg_dcmd.dcm", "emri_small_jpeg_2k_lossless_too_short.dcm": "emri_small.dcm",
    "rtdose_expb.dcm": "rtdose.dcm", "rtdose_expb_1frame.dcm": "rtdose_1frame.dcm", "rtdose_rle.dcm": "rtdose.dcm",
    "SC_rgb_small_odd_big_endian.dcm": "SC_rgb_small_odd.dcm", "liver_expb.dcm": "liver.dcm",
}
"""Two ways to write one picture."""


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_picture_is_dcmtks_within_one_grey_level(name: str, tmp_path: Path) -> None:
    if name in REFUSED:
        with pytest.raises(Refusal) as refused:
            open_image(OnDisk(FILES[name])).frame(1)
        assert [reason.code for reason in refused.value.reasons] == [REFUSED[name][0]]
        return
    image = open_image(OnDisk(FILES[name]))
    if image.why_not is not None:
        assert image.header.pixels is None or name in NO_PICTURE
        return
    for number in sorted({1, image.format.frames}):
        frame = image.frame(number)
        if name in NO_JUDGE:
            continue
        picture = render(frame, image.grey(number), View(overlays=False))
        theirs = by_dcmtk(FILES[name], image, frame, tmp_path)
        assert picture.shape == theirs.shape
        apart = int(np.abs(picture.astype(int) - theirs).max())
        assert apart <= DIFFERS.get(name, (1, ""))[0], f"frame {number}: {apart} levels apart"


@pytest.mark.parametrize("name", TWINS)
def test_two_ways_to_write_one_picture_are_one(name: str) -> None:
    one, other = (open_image(OnDisk(FILES[file])) for file in (name, TWINS[name]))
    apart = np.abs(one.frame(1).values.astype(float) - other.frame(1).values)
    assert apart.max() <= (2 if name == "SC_rgb_jpeg.dcm" else 0)


@pytest.mark.parametrize("name", sorted(name for name, why in NO_JUDGE.items() if "pydicom judges" in why))
def test_where_dcmtk_does_not_judge_pydicom_does(name: str) -> None:
    dataset, image = pydicom.dcmread(FILES[name]), open_image(OnDisk(FILES[name]))
    pixels = dataset.pixel_array.reshape(image.format.frames, image.format.rows, image.format.columns, -1)
    for number, frame in enumerate(pixels, 1):
        theirs = frame >> 24 if frame.shape[-1] == 3 else apply_color_lut(frame[:, :, 0], dataset) >> 8
        assert np.array_equal(image.frame(number).values, theirs)


def test_the_grey_part_of_a_partly_coloured_picture_is_dcmtks(tmp_path: Path) -> None:
    file = FILES["eCT_Supplemental.dcm"]
    image = open_image(OnDisk(file))
    for number in (1, image.format.frames):
        frame, grey = image.frame(number), image.grey(number)
        assert isinstance(grey.default, Window)
        assert frame.coloured is not None
        window = ["--set-window", str(grey.default.center), str(grey.default.width)]
        subprocess.run(["dcm2pnm", "--frame", str(number), *window, "+opb", file, tmp_path / "theirs.pnm"],
                       check=True, capture_output=True)
        ours, coloured = render(frame, grey, View(overlays=False)), frame.coloured[1]
        assert 0 < coloured.sum() < coloured.size
        apart = ours.astype(int) - np.asarray(Pillow.open(tmp_path / "theirs.pnm"))[:, :, None]
        assert np.abs(apart[~coloured]).max() <= 1


def by_dcmtk(file: Path, image: Image, frame: Frame, folder: Path) -> NDArray[np.uint8]:
    """dcmtk's picture of the frame, by the same choice of window; JPEG 2000 is unpacked for it first."""
    syntax = image.header.transfer_syntax
    if syntax in (*JPEG_2000, *HTJ2K):
        dataset = pydicom.dcmread(file)
        dataset.decompress(decoding_plugin="pillow", generate_instance_uid=False)
        file = folder / "unpacked.dcm"
        dataset.save_as(file)
    program = "dcml2pnm" if syntax in JPEG_LS else "dcm2pnm" if syntax == RLELossless else "dcmj2pnm"
    out = folder / "theirs.pnm"
    subprocess.run([program, "--no-overlays", "--frame", str(frame.number), *_choice(frame, image.grey(frame.number)),
                    "+opb", file, out], check=True, capture_output=True)
    return np.asarray(Pillow.open(out))


def _choice(frame: Frame, grey: Grey) -> list[str]:
    if not frame.is_grey:
        return []
    match grey.default:
        case Window():
            return ["--use-window", "1"]
        case Table():
            return ["--use-voi-lut", "1"]
        case _:
            return ["--min-max-window"]
