"""Every transfer syntax gives back the samples that went in, and no header is believed before it is judged."""

from __future__ import annotations

import struct
import subprocess
import sys
import zlib
from typing import Any

import imagecodecs
import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import uid

from imaging.codecs import READABLE
from imaging.image import Image, open_image
from imaging.sources import InMemory, Limits, OnDisk
from records.errors import Refusal
from tests.imaging.samples import compressed, opened, phantom, public_files, smooth, written

GREY = smooth()
COLOUR = np.stack([smooth(top=250), 255 - smooth(top=250), smooth(top=90)], axis=-1).astype(np.uint8)


def rle(values: NDArray[Any]) -> bytes:
    """By the standard's words (PS3.5 G), most significant byte first."""
    planes = [values] if values.ndim == 2 else [values[:, :, sample] for sample in range(3)]
    segments = [imagecodecs.packbits_encode(np.ascontiguousarray(plane).view(np.uint8).reshape(
        *plane.shape, -1)[:, :, byte].tobytes()) for plane in planes for byte in reversed(range(plane.dtype.itemsize))]
    segments = [segment + b"\0" * (len(segment) % 2) for segment in segments]
    starts = [64 + sum(map(len, segments[:index])) for index in range(len(segments))]
    return struct.pack("<16I", len(segments), *starts, *[0] * (15 - len(segments))) + b"".join(segments)


def jpeg_ls(values: NDArray[Any]) -> bytes:
    return bytes(imagecodecs.jpegls_encode(values))


def jpeg_lossless(values: NDArray[Any]) -> bytes:
    return bytes(imagecodecs.ljpeg_encode(values))


def jpeg_2000(values: NDArray[Any]) -> bytes:
    return bytes(imagecodecs.jpeg2k_encode(values, codecformat="j2k", reversible=True, mct=False))


def htj2k(values: NDArray[Any]) -> bytes:
    return bytes(imagecodecs.htj2k_encode(values, reversible=True))


LOSSLESS = [
    (uid.RLELossless, rle, GREY), (uid.RLELossless, rle, COLOUR), (uid.JPEGLSLossless, jpeg_ls, GREY),
    (uid.JPEGLSLossless, jpeg_ls, COLOUR), (uid.JPEGLossless, jpeg_lossless, GREY),
    (uid.JPEG2000Lossless, jpeg_2000, GREY), (uid.JPEG2000Lossless, jpeg_2000, COLOUR),
    (uid.HTJ2KLossless, htj2k, GREY), (uid.HTJ2KLosslessRPCL, htj2k, COLOUR),
]


@pytest.mark.parametrize(("syntax", "encode", "values"), LOSSLESS)
def test_a_lossless_syntax_gives_back_what_went_in(syntax: uid.UID, encode: Any, values: NDArray[Any]) -> None:
    image = opened(compressed(phantom(values), [encode(values)], syntax))
    assert (image.frame(1).values == values).all()


@pytest.mark.parametrize("syntax", [uid.JPEG2000, uid.HTJ2K])
def test_openjph_and_openjpeg_read_one_high_throughput_stream_alike(syntax: uid.UID) -> None:
    stream = htj2k(GREY)
    assert (imagecodecs.jpeg2k_decode(stream) == GREY).all()
    assert (opened(compressed(phantom(GREY), [stream], syntax)).frame(1).values == GREY).all()


def test_a_lossy_jpeg_of_12_bits_and_of_colour_is_near_what_went_in() -> None:
    stream = bytes(imagecodecs.jpeg8_encode(GREY, level=98, bitspersample=12))
    twelve = opened(compressed(phantom(GREY, BitsStored=12, HighBit=11), [stream], uid.JPEGExtended12Bit))
    assert np.abs(twelve.frame(1).values.astype(int) - GREY).mean() < 4
    eight = opened(compressed(phantom(COLOUR, PhotometricInterpretation="YBR_FULL_422"),
                              [bytes(imagecodecs.jpeg8_encode(COLOUR, level=98))], uid.JPEGBaseline8Bit))
    assert np.abs(eight.frame(1).values.astype(int) - COLOUR).mean() < 3


def test_what_a_lossy_stream_gives_back_above_the_brightest_value_stays_bright() -> None:
    edge = np.zeros((64, 64), np.uint16)
    edge[:, 20:] = 4095
    stream = bytes(imagecodecs.jpeg2k_encode(edge, level=30, codecformat="j2k", reversible=False))
    assert imagecodecs.jpeg2k_decode(stream).max() > 4095
    image = opened(compressed(phantom(edge, BitsStored=12, HighBit=11), [stream], uid.JPEG2000))
    assert image.frame(1).values[:, 24:].min() > 3500


@pytest.mark.parametrize("syntax", [uid.ImplicitVRLittleEndian, uid.ExplicitVRLittleEndian,
                                    uid.DeflatedExplicitVRLittleEndian])
def test_native_pixels_of_every_little_endian_syntax(syntax: uid.UID) -> None:
    assert (opened(phantom(GREY, syntax)).frame(1).values == GREY).all()


def test_every_syntax_that_is_claimed_is_tried_here_or_in_the_public_files() -> None:
    tried = {syntax for syntax, _, _ in LOSSLESS} | {
        uid.JPEG2000, uid.HTJ2K, uid.JPEGExtended12Bit, uid.JPEGBaseline8Bit, uid.ImplicitVRLittleEndian,
        uid.ExplicitVRLittleEndian, uid.DeflatedExplicitVRLittleEndian}
    from_files = {open_image(OnDisk(public_files()[name])).header.transfer_syntax for name in (
        "MR_small_bigendian.dcm", "JPEG-LL.dcm", "JPEGLSNearLossless_16.dcm")}
    assert tried | from_files == set(READABLE)


def test_a_sign_that_stream_and_header_tell_differently_is_the_headers() -> None:
    values = open_image(OnDisk(public_files()["J2K_pixelrep_mismatch.dcm"])).frame(1).values
    assert values.min() == -2000


def test_bits_and_sign_are_taken_from_where_the_header_says() -> None:
    meant = np.array([[-2048, -1], [0, 2047]], np.int16)
    shifted = ((meant.astype(np.int32) & 0xFFF) << 4).astype(np.uint16)
    image = opened(phantom(shifted, BitsStored=12, HighBit=15, PixelRepresentation=1))
    assert (image.frame(1).values == meant).all()


@pytest.mark.parametrize("how", [{"has_bot": True}, {"has_bot": False}, {"fragments_per_frame": 3, "has_bot": True},
                                 {"fragments_per_frame": 3, "has_bot": False}])
def test_frames_are_found_with_and_without_an_offset_table(how: dict[str, Any]) -> None:
    frames = np.stack([GREY, GREY[::-1], GREY // 2])
    image = opened(compressed(phantom(frames), [jpeg_ls(frame) for frame in frames], uid.JPEGLSLossless, **how))
    for number in (3, 1, 2):
        assert (image.frame(number).values == frames[number - 1]).all()


def test_frames_are_found_by_the_extended_offset_table() -> None:
    from pydicom.encaps import encapsulate_extended

    frames = [jpeg_ls(GREY), jpeg_ls(GREY // 3)]
    dataset = compressed(phantom(np.stack([GREY, GREY // 3])), frames, uid.JPEGLSLossless)
    dataset.PixelData, dataset.ExtendedOffsetTable, dataset.ExtendedOffsetTableLengths = encapsulate_extended(frames)
    image = opened(dataset)
    assert (image.frame(2).values == GREY // 3).all()


def test_one_frame_of_many_is_read_without_the_others() -> None:
    class Watched(InMemory):
        """Counts what is taken."""

        taken = 0

        def read(self, offset: int, length: int) -> bytes:
            found = super().read(offset, length)
            type(self).taken += len(found)
            return found

    frames = np.repeat(smooth(512, 512)[None], 40, axis=0)
    source = Watched(written(phantom(frames)))
    open_image(source).encoded(17)
    assert Watched.taken < 2 * 1024 * 1024 < source.size / 8


def refusal(image: Image) -> str:
    with pytest.raises(Refusal) as refused:
        image.frame(1)
    reason = refused.value.reasons[0]
    assert reason.english
    assert reason.vietnamese
    return reason.code


def test_a_forged_size_takes_no_memory() -> None:
    assert refusal(opened(phantom(GREY, Rows=65535, Columns=65535))) == "image_frame_too_large"
    assert refusal(opened(phantom(GREY, Rows=6000, Columns=6000))) == "image_frame_cut"
    assert refusal(opened(phantom(GREY, NumberOfFrames=2_000_000_000))) == "image_too_many_frames"


def test_a_codestream_larger_than_its_header_is_not_decoded() -> None:
    for encode, syntax in ((jpeg_ls, uid.JPEGLSLossless), (jpeg_lossless, uid.JPEGLossless),
                           (jpeg_2000, uid.JPEG2000Lossless), (htj2k, uid.HTJ2KLossless)):
        image = opened(compressed(phantom(GREY[:32]), [encode(GREY)], syntax))
        assert refusal(image) == "image_codestream_differs"


def test_a_deflated_file_that_grows_without_end_is_stopped() -> None:
    file = bytearray(written(phantom(GREY, uid.DeflatedExplicitVRLittleEndian)))
    start = 132 + 12 + int.from_bytes(file[140:144], "little")
    packer = zlib.compressobj(wbits=-15)
    bomb = packer.compress(b"\0" * (64 << 20)) + packer.flush()
    with pytest.raises(Refusal) as refused:
        open_image(InMemory(bytes(file[:start]) + bomb), Limits(inflated_bytes=8 << 20))
    assert refused.value.reasons[0].code == "image_inflates_too_far"


def test_a_header_without_end_is_stopped() -> None:
    with pytest.raises(Refusal) as refused:
        opened(phantom(GREY, ICCProfile=b"\0" * (4 << 20)), Limits(header_bytes=1 << 20))
    assert refused.value.reasons[0].code == "image_header_too_large"


def test_what_is_no_dicom_file_is_refused() -> None:
    for data in (b"", b"%PDF-1.7" + b" " * 500, b"\0" * 4096, b"\x89PNG\r\n\x1a\n" * 40):
        with pytest.raises(Refusal) as refused:
            open_image(InMemory(data))
        assert refused.value.reasons[0].code == "image_not_dicom"


@pytest.mark.parametrize(("sets", "value", "meant"), [
    ("ISO_IR 192", "Nguyễn^Thị Ánh".encode(), "Nguyễn^Thị Ánh"),
    ("ISO_IR 100", "Buc^J\xe9r\xf4me".encode("latin-1"), "Buc^Jérôme"),
    ("\\ISO 2022 IR 87", b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B",
     "Yamada^Tarou=山田^太郎=やまだ^たろう"),
    ("\\ISO 2022 IR 149",
     b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf",
     "Hong^Gildong=洪^吉洞=홍^길동"),
    ("\\ISO 2022 IR 58", b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab=", "Zhang^XiaoDong=张^小东="),
    ("GB18030", "Wang^XiaoDong=王^小东=".encode("gb18030"), "Wang^XiaoDong=王^小东="),
])
def test_a_name_in_every_character_set(sets: str, value: bytes, meant: str) -> None:
    dataset = phantom(GREY)
    dataset.SpecificCharacterSet, dataset.PatientName = sets.split("\\"), "PLACE^HOLDER"
    from pydicom.dataelem import DataElement

    dataset[0x00100010] = DataElement(0x00100010, "LO", "")
    dataset[0x00100010] = DataElement(0x00100010, "UN", value + b" " * (len(value) % 2))
    file = written(dataset).replace(b"\x10\x00\x10\x00UN\0\0" + struct.pack("<I", len(value) + len(value) % 2),
                                    b"\x10\x00\x10\x00PN" + struct.pack("<H", len(value) + len(value) % 2))
    assert open_image(InMemory(file)).identity.patient_name.rstrip("=") == meant.rstrip("=")


def test_a_decoders_process_needs_no_pydicom() -> None:
    """It is half of what such a process would take of an old PC's memory, once for each core."""
    told = subprocess.run([sys.executable, "-c", "import sys, imaging.apart; print('pydicom' in sys.modules)"],
                          capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"
