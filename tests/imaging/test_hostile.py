"""Broken, cut and forged files: each is shown or refused in words; nothing crashes, hangs or takes too much."""

from __future__ import annotations

import importlib
import json
import os
import random
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from pydicom import uid

from imaging.apart import Apart
from imaging.codecs import decode
from imaging.image import Image, open_image
from imaging.sources import InMemory, Limits, OnDisk
from records.errors import Refusal
from tests.imaging.samples import compressed, opened, phantom, public_files, smooth
from tests.imaging.test_codecs import jpeg_ls

ROOT = Path(__file__).parents[2]
MEMORY = 3 << 30
"""Address space of the process that reads: its libraries map a good part of a gigabyte before the first file."""
LIMITS = Limits(header_bytes=32 << 20, inflated_bytes=64 << 20, frame_bytes=64 << 20)
SECONDS = 20.0
SEEDS = (
    "CT_small.dcm", "MR_small_RLE.dcm", "MR_small_bigendian.dcm", "JPEG-lossy.dcm", "JPEG2000.dcm", "693_J2KI.dcm",
    "JPEGLSNearLossless_16.dcm", "SC_rgb_jpeg_gdcm.dcm", "SC_rgb_dcmtk_+eb+cy+np.dcm", "SC_rgb_rle_16bit_2frame.dcm",
    "emri_small_jpeg_ls_lossless.dcm", "emri_small_RLE.dcm", "emri_small_jpeg_2k_lossless.dcm", "image_dfl.dcm",
    "MR_small_jp2klossless.dcm", "SC_rgb_jls_lossy_line.dcm", "examples_palette.dcm", "liver_1frame.dcm",
    "rtdose_rle_1frame.dcm", "SC_ybr_full_422_uncompressed.dcm", "MR_small_implicit.dcm", "GDCMJ2K_TextGBR.dcm")


def mutated(seed: int) -> tuple[str, bytes]:
    """One public file, broken in a way that the seed decides."""
    chance = random.Random(seed)
    name = chance.choice(SEEDS)
    data = bytearray(public_files()[name].read_bytes())
    match chance.randrange(6):
        case 0:
            del data[chance.randrange(len(data)):]
        case 1:
            for _ in range(chance.choice((1, 8, 64))):
                data[chance.randrange(len(data))] = chance.randrange(256)
        case 2:  # the header, where sizes and lengths stand
            for _ in range(chance.choice((1, 2, 4, 12))):
                data[chance.randrange(132, min(len(data), 3000))] = chance.choice((0, 1, 0x7F, 0x80, 0xFE, 0xFF))
        case 3:  # the pixels' own headers
            start = max(0, data.find(b"\xe0\x7f\x10\x00"))
            for _ in range(chance.choice((1, 4, 16))):
                data[min(len(data) - 1, start + chance.randrange(400))] = chance.randrange(256)
        case 4:
            at, length = chance.randrange(len(data)), chance.choice((1, 2, 7, 512))
            data[at:at] = chance.randbytes(length) if chance.random() < 0.5 else data[at:at + length]
        case _:
            at = chance.randrange(len(data))
            del data[at:at + chance.choice((1, 2, 8, 512))]
    return name, bytes(data)


Read = Callable[[bytes, Apart], str]
"""What reads one file: "shown" or "refused"."""


def read_all(first: int, count: int, reader: str) -> dict[str, int]:
    """Read each mutation, decoders apart; anything but a picture or a refusal is raised. `reader`: module:function."""
    module, _, name = reader.partition(":")
    read: Read = getattr(importlib.import_module(module), name)
    told = {"shown": 0, "refused": 0, "decoder died": 0}
    decoder = Apart(seconds=SECONDS, memory=512 << 20)
    for seed in range(first, first + count):
        name, data = mutated(seed)
        try:
            told[_outcome(read, data, decoder)] += 1
        except BaseException as error:
            raise AssertionError(f"seed {seed} ({name})") from error
    decoder.close()
    return told


def _outcome(read: Read, data: bytes, decoder: Apart) -> str:
    try:
        return read(data, decoder)
    except Refusal as refused:
        words = [reason.vietnamese for reason in refused.reasons]
        return "decoder died" if "image_decoder" in refused.reasons[0].code else "refused" if all(words) else "wordless"


def read_alone(data: bytes, decoder: Apart) -> str:
    """By the pipeline alone: what `image render` does."""
    from imaging.geometry import plane_of, spacing_at
    from imaging.rendering import View, render
    from imaging.suv import suv_of

    image = open_image(InMemory(data), LIMITS)
    if image.why_not is not None:
        assert image.why_not.vietnamese
        return "refused"
    suv_of(image.dataset)
    for number in sorted({1, min(2, image.format.frames), image.format.frames}):
        plane_of(image.dataset, image.groups, number)
        spacing_at(image.dataset, image.groups, number, (1, 1))
        picture = render(image.frame(number, decoder), image.grey(number), View(size=(200, 150)))
        assert picture.shape[:2] == (150, 200)
    return "shown"


def in_a_bounded_process(first: int, count: int, reader: str = f"{__name__}:read_alone") -> dict[str, int]:
    """The same in a child whose address space ends at MEMORY, as a whole: a crash there is a failure here."""
    program = (f"import json, resource; resource.setrlimit(resource.RLIMIT_AS, ({MEMORY}, {MEMORY}));"
               "import tests.imaging.test_hostile as hostile;"
               f"print(json.dumps(hostile.read_all({first}, {count}, {reader!r})))")
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, text=True, capture_output=True, check=False,
                          timeout=120 + count * 4, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert done.returncode == 0, done.stderr[-3000:]
    told: dict[str, int] = json.loads(done.stdout)
    return told


def demand_a_sample(reader: str) -> None:
    """Thirty files through that reader: some are shown, some refused, none gets lost."""
    told = in_a_bounded_process(0, 30, reader)
    assert sum(told.values()) == 30
    assert told["shown"] > 4
    assert told["refused"] > 4


def demand_a_long_run(first: int, reader: str, record_property: Callable[[str, object], None]) -> None:
    """An eighth of two thousand, counted."""
    told = in_a_bounded_process(first, 250, reader)
    for outcome, count in told.items():
        record_property(outcome, count)
    assert sum(told.values()) == 250


def test_broken_files_are_shown_or_refused_in_words() -> None:
    told = in_a_bounded_process(0, 150)
    assert told["shown"] + told["refused"] + told["decoder died"] == 150
    assert told["shown"] > 20
    assert told["refused"] > 20


@pytest.mark.soak
@pytest.mark.parametrize("first", range(1000, 3000, 250))
def test_two_thousand_broken_files(first: int, record_property: Callable[[str, object], None]) -> None:
    told = in_a_bounded_process(first, 250)
    for outcome, count in told.items():
        record_property(outcome, count)
    assert sum(told.values()) == 250


def test_a_child_decodes_as_we_do() -> None:
    decoder = Apart()
    for name in ("MR_small_RLE.dcm", "SC_rgb_dcmtk_+eb+cy+np.dcm", "693_J2KI.dcm", "CT_small.dcm"):
        image = open_image(OnDisk(public_files()[name]))
        assert (image.frame(1, decoder).values == image.frame(1, decode).values).all()
    decoder.close()


def test_a_refusal_comes_back_from_the_child_in_words() -> None:
    decoder = Apart()
    image = opened(compressed(phantom(smooth()[:32]), [jpeg_ls(smooth())], uid.JPEGLSLossless))
    with pytest.raises(Refusal) as refused:
        image.frame(1, decoder)
    assert refused.value.reasons[0].code == "image_codestream_differs"
    decoder.close()


def noise(side: int) -> Image:
    """A frame that takes a decoder its time."""
    values = np.random.default_rng(1).integers(0, 4096, (side, side)).astype(np.uint16)
    return opened(compressed(phantom(values), [jpeg_ls(values)], uid.JPEGLSLossless))


def test_a_child_that_dies_costs_one_frame() -> None:
    decoder, image = Apart(), noise(3000)
    small().frame(1, decoder)
    child = decoder._child
    assert child is not None
    killing = threading.Timer(0.05, child.kill)
    killing.start()
    with pytest.raises(Refusal) as refused:
        image.frame(1, decoder)
    killing.join()
    assert refused.value.reasons[0].code == "image_decoder_died"
    assert image.frame(1, decoder).rows == 3000
    decoder.close()


def small() -> Image:
    """A frame that takes none."""
    return opened(compressed(phantom(smooth()), [jpeg_ls(smooth())], uid.JPEGLSLossless))


def test_what_a_child_takes_to_start_is_not_its_first_frames_time() -> None:
    """On a busy machine the first image was said to be too slow to decode."""
    with closing(Apart(seconds=0.01)) as decoder:
        assert small().frame(1, decoder).rows == small().format.rows


def test_a_child_that_hangs_is_stopped() -> None:
    decoder = Apart(seconds=0.01)
    small().frame(1, decoder)
    with pytest.raises(Refusal) as refused:
        noise(1500).frame(1, decoder)
    assert refused.value.reasons[0].code == "image_decoder_too_slow"
    decoder.close()


def test_a_child_that_wants_too_much_memory_says_so() -> None:
    image = noise(4000)
    decoder = Apart(memory=-370 << 20)  # less than its libraries and this frame take
    with pytest.raises(Refusal) as refused:
        image.frame(1, decoder)
    assert refused.value.reasons[0].code in ("image_decoder_out_of_memory", "image_codec_failed", "image_decoder_died")
    decoder.close()
