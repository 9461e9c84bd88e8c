"""Data sets that were turned to a native syntax: the same values, judged by dcmtk's tools and by pydicom's reading."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import Dataset, FileMetaDataset, dcmread, uid

from imaging.apart import Apart
from imaging.codecs import JPEG, JPEG_LS
from imaging.image import Image, open_image
from imaging.sources import InMemory, OnDisk
from imaging.transcoding import TARGETS, as_stored, native
from records.errors import Refusal
from tests.imaging.dciodvfy import errors_in
from tests.imaging.samples import compressed, opened, phantom, public_files, written
from tests.imaging.test_codecs import COLOUR, GREY, LOSSLESS, jpeg_2000, jpeg_ls

FILES = public_files()
TOOLS = {**dict.fromkeys(JPEG, "dcmdjpeg"), **dict.fromkeys(JPEG_LS, "dcmdjpls"), uid.RLELossless: "dcmdrle"}
TWINS = {
    "MR_small_bigendian.dcm": "MR_small.dcm", "liver_expb_1frame.dcm": "liver_1frame.dcm",
    "rtdose_expb_1frame.dcm": "rtdose_1frame.dcm", "SC_rgb_small_odd_big_endian.dcm": "SC_rgb_small_odd.dcm",
}
"""Files in big endian, of 16, 1, 32 and 8 bits, and the same ones in little endian."""
NO_JUDGE = {"SC_rgb_jpeg.dcm"}
"""dcmtk reads its fragment as cut off."""


def turned(image: Image, syntax: uid.UID = TARGETS[0]) -> bytes:
    """The whole file in that syntax."""
    head = Dataset()
    head.file_meta = FileMetaDataset()
    head.file_meta.TransferSyntaxUID = syntax
    head.file_meta.MediaStorageSOPClassUID = uid.UID(image.dataset.get("SOPClassUID", "1.2"))
    head.file_meta.MediaStorageSOPInstanceUID = uid.UID(image.dataset.get("SOPInstanceUID", "1.2.3"))
    out = io.BytesIO()
    head.save_as(out, enforce_file_format=True)
    return out.getvalue() + b"".join(native(image, syntax))


def read(image: Image, syntax: uid.UID = TARGETS[0]) -> Dataset:
    return dcmread(io.BytesIO(turned(image, syntax)))


def opened_or_none(file: Path) -> Image | None:
    try:
        return open_image(OnDisk(file))
    except Refusal:
        return None


def judged(file: Path, folder: Path) -> Dataset:
    """What dcmtk makes of a compressed file."""
    made = folder / "dcmtk.dcm"
    subprocess.run([TOOLS[open_image(OnDisk(file)).header.transfer_syntax], str(file), str(made)], check=True,
                   capture_output=True, timeout=60)
    return dcmread(made)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(("syntax", "encode", "values"), LOSSLESS)
def test_values_that_were_compressed_without_loss_come_out_as_they_went_in(
    syntax: uid.UID, encode: Any, values: NDArray[Any], target: uid.UID,
) -> None:
    out = read(opened(compressed(phantom(values), [encode(values)], syntax)), target)
    assert (out.pixel_array == values).all()
    assert out.PhotometricInterpretation == ("RGB" if values.ndim == 3 else "MONOCHROME2")
    assert "LossyImageCompression" not in out


def test_public_files_come_out_as_dcmtk_decodes_them(tmp_path: Path) -> None:
    """JPEG of every process, JPEG-LS and RLE; with loss too, value by value."""
    seen = set()
    for name, file in FILES.items():
        image = opened_or_none(file)
        if image is None or image.header.transfer_syntax not in TOOLS or image.why_not or name in NO_JUDGE:
            continue
        theirs, ours = judged(file, tmp_path), read(image)
        assert (ours.pixel_array == theirs.pixel_array).all(), name
        for keyword in ("PhotometricInterpretation", "PlanarConfiguration", "BitsStored", "LossyImageCompression"):
            assert ours.get(keyword) == theirs.get(keyword), (name, keyword)
        seen.add(image.header.transfer_syntax)
    assert seen >= {uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit, uid.JPEGLosslessSV1, uid.JPEGLSLossless,
                    uid.JPEGLSNearLossless, uid.RLELossless}


@pytest.mark.parametrize(("name", "twin"), TWINS.items())
def test_big_endian_and_little_endian_become_each_other(name: str, twin: str) -> None:
    big, little = open_image(OnDisk(FILES[name])), open_image(OnDisk(FILES[twin]))
    for before, after in ((big, read(little, uid.ExplicitVRBigEndian)), (little, read(big))):
        again = open_image(InMemory(turned(before, after.file_meta.TransferSyntaxUID)))
        assert [element for element in again.dataset if element.VR != "UN"] == [
            element for element in before.dataset if element.VR != "UN"]
        assert (after.pixel_array == dcmread(before.header.source.path).pixel_array).all()  # type: ignore[attr-defined]


def test_words_of_tables_and_overlays_turn_with_the_pixels() -> None:
    values = GREY % 200
    image = opened(phantom(values))
    image.dataset.add_new(0x60003000, "OW", bytes(range(64)))
    image.dataset.add_new(0x00282000, "OB", b"profile!")
    out = read(image, uid.ExplicitVRBigEndian)
    assert out[0x60003000].value == bytes(one ^ 1 for one in range(64)), "each pair changed places"
    assert out[0x00282000].value == b"profile!"
    assert image.dataset[0x60003000].value == bytes(range(64)), "what was opened is as it was"


def test_what_lost_something_says_so_and_what_lost_nothing_does_not() -> None:
    def told(stream: bytes, syntax: uid.UID, **attributes: Any) -> tuple[Any, Any]:
        out = read(opened(compressed(phantom(GREY, **attributes), [stream], syntax)))
        return out.get("LossyImageCompression"), out.get("LossyImageCompressionMethod")

    near = bytes(imagecodecs.jpegls_encode(GREY, level=3))
    assert told(near, uid.JPEGLSNearLossless) == ("01", "ISO_14495_1")
    assert told(jpeg_2000(GREY), uid.JPEG2000) == ("01", "ISO_15444_1")
    assert told(jpeg_2000(GREY), uid.JPEG2000, LossyImageCompression="00") == ("00", None)
    assert told(jpeg_ls(GREY), uid.JPEGLSLossless, LossyImageCompression="01") == ("01", None), "it lost it before"


def test_many_frames_come_out_one_after_the_other_and_the_judge_finds_no_new_error(tmp_path: Path) -> None:
    frames = np.stack([GREY, GREY[::-1], GREY // 2])
    dataset = compressed(phantom(frames), [jpeg_ls(frame) for frame in frames], uid.JPEGLSLossless)
    decoder = Apart()
    try:
        pieces = list(native(opened(dataset), TARGETS[0], decoder))
    finally:
        decoder.close()
    assert max(map(len, pieces[1:])) == GREY.nbytes, "never more than a frame"
    assert (read(opened(dataset)).pixel_array == frames).all()
    assert set(errors_in(turned(opened(dataset)), tmp_path)) <= set(errors_in(written(dataset), tmp_path))


def test_colour_keeps_its_meaning_and_odd_lengths_are_padded() -> None:
    odd = np.ascontiguousarray(COLOUR[:3, :3])
    image = opened(compressed(phantom(odd, PhotometricInterpretation="YBR_RCT"), [bytes(imagecodecs.jpeg2k_encode(
        odd, codecformat="j2k", reversible=True, mct=True))], uid.JPEG2000Lossless))
    out = read(image)
    assert (out.PhotometricInterpretation, len(out.PixelData)) == ("RGB", 28)
    assert (out.pixel_array == odd).all()


@pytest.mark.parametrize(("name", "code"), [
    ("MR_truncated.dcm", "image_pixels_cut"), ("JPEG2000-embedded-sequence-delimiter.dcm", "image_codestream_differs"),
])
def test_what_cannot_be_turned_says_why(name: str, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        turned(open_image(OnDisk(FILES[name])))
    assert refused.value.reasons[0].code == code


def test_a_length_beyond_what_a_value_holds_is_refused_before_a_frame_is_decoded() -> None:
    dataset = compressed(phantom(GREY), [jpeg_ls(GREY)], uid.JPEGLSLossless)
    dataset.NumberOfFrames, dataset.Rows, dataset.Columns = 90_000, 512, 512
    with pytest.raises(Refusal) as refused:
        turned(opened(dataset))
    assert refused.value.reasons[0].code == "image_too_large_native"


@pytest.mark.parametrize("name", ["MR_small_RLE.dcm", "image_dfl.dcm", "MR_small_implicit.dcm"])
def test_as_stored_is_the_file_without_its_preamble_and_meta(name: str) -> None:
    data = FILES[name].read_bytes()
    length = int.from_bytes(data[140:144], "little")
    assert b"".join(as_stored(InMemory(data))) == data[144 + length:]
