"""Headers made to cost time and memory: read within bounds, or refused in words; what is large and honest opens."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pydicom import Dataset, Sequence

from imaging.image import open_image
from imaging.sources import LIMITS, MIB, InMemory, Limits
from records.errors import Refusal
from tests.imaging import bombs
from tests.imaging.samples import opened
from tests.server.pictures import a_slice

ROOT = Path(__file__).parents[2]
SMALL = Limits(parts=20_000, nested_bytes=2 * MIB)
TOO_MANY, TOO_DEEP, TOO_LARGE = "image_header_too_many", "image_header_too_deep", "image_header_too_large"
OUTCOMES = {
    "many_elements": TOO_MANY, "many_items": TOO_MANY, "many_items_to_the_end": TOO_MANY,
    "many_items_of_no_kind": TOO_MANY, "deep": TOO_LARGE, "deep_to_the_end": "image_unreadable", "many_windows": "",
    "many_numbers": "", "many_alphabets": TOO_MANY, "many_escapes": "", "deflated": TOO_MANY}
"""What becomes of each: the reason of its refusal, or nothing where the rest of the file is read."""
CPU_SECONDS, MEMORY_MB = 60, 700
"""For one file, at most; a reader that goes on is killed by the system."""


def outcome(data: bytes, limits: Limits) -> str:
    try:
        image = open_image(InMemory(data), limits)
    except Refusal as refused:
        return refused.reasons[0].code if refused.reasons[0].vietnamese else "wordless"
    assert image.format.rows == 64
    assert len(image.identity.patient_id) < 100
    return ""


def test_each_way_to_swell_is_refused_or_passed_over() -> None:
    assert {name: outcome(data, SMALL) for name, data in bombs.bombs(MIB // 4)} == OUTCOMES


def test_sequences_beyond_the_levels_that_anybody_writes_are_refused() -> None:
    assert outcome(bombs.around(bombs.deep(1000)), LIMITS) == TOO_DEEP


def test_an_enhanced_file_of_six_hundred_frames_is_opened() -> None:
    def item(**values: object) -> Dataset:
        made = Dataset()
        for keyword, value in values.items():
            setattr(made, keyword, value)
        return made

    frames = [item(
        FrameContentSequence=Sequence([item(StackID="1", InStackPositionNumber=one, TemporalPositionIndex=1,
                                            DimensionIndexValues=[1, one, 1], FrameAcquisitionDuration=1.0)]),
        PlanePositionSequence=Sequence([item(ImagePositionPatient=[0, 0, one])]),
        PlaneOrientationSequence=Sequence([item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])]),
        PixelMeasuresSequence=Sequence([item(PixelSpacing=[1, 1], SliceThickness=1)]),
        PixelValueTransformationSequence=Sequence([item(RescaleSlope=1, RescaleIntercept=0, RescaleType="HU")]),
        FrameVOILUTSequence=Sequence([item(WindowCenter=40, WindowWidth=400)])) for one in range(600)]
    image = opened(a_slice(NumberOfFrames=600, PerFrameFunctionalGroupsSequence=Sequence(frames),
                           PixelData=bytes(2 * 64 * 64 * 600)))
    assert len(image.groups.per_frame) == 600
    assert image.grey(599).presets


def read_one(file: Path, reader: str) -> dict[str, object]:
    """In a process of its own: what became of one bomb, the processor's seconds and the memory's growth."""
    program = f"""
import json, pathlib, resource, time
from imaging.apart import Apart
from records.errors import Refusal
import {reader.partition(":")[0]} as module
def peak_kb():  # of this program: ru_maxrss begins with that of whoever started it
    return int(pathlib.Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])
data = pathlib.Path({str(file)!r}).read_bytes()
resource.setrlimit(resource.RLIMIT_CPU, ({CPU_SECONDS}, {CPU_SECONDS}))
before, start = peak_kb(), time.process_time()
try:
    module.{reader.partition(":")[2]}(data, Apart())
    code = ""
except Refusal as refused:
    code = refused.reasons[0].code
print(json.dumps(dict(code=code, seconds=time.process_time() - start,
                      mb=(peak_kb() - before) // 1024)))
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, text=True, capture_output=True, check=False,
                          timeout=900, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert done.returncode == 0, done.stderr[-2000:]
    told: dict[str, object] = json.loads(done.stdout)
    return told


@pytest.mark.soak
@pytest.mark.parametrize("which", range(len(OUTCOMES)), ids=list(OUTCOMES))
@pytest.mark.parametrize("reader", ["tests.imaging.test_hostile:read_alone",
                                    "tests.server.services.test_hostile_images:read_as_the_server"],
                         ids=["viewer", "server"])
def test_each_bomb_of_sixteen_megabytes(
    which: int, reader: str, tmp_path: Path, record_property: Callable[[str, object], None],
) -> None:
    file = tmp_path / "bomb.dcm"
    file.write_bytes([data for _, data in bombs.bombs(16 * MIB)][which])
    told = read_one(file, reader)
    for name, value in told.items():
        record_property(name, value)
    assert told["code"] == [*OUTCOMES.values()][which]
    assert float(str(told["seconds"])) < CPU_SECONDS
    assert int(str(told["mb"])) < MEMORY_MB
