"""Broken, cut and forged objects: each is read or refused in words; nothing crashes, hangs or takes too much."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from pydicom.dataset import Dataset

from imaging.image import Image, open_image
from imaging.objects.document import read_document
from imaging.objects.graphics import outline
from imaging.objects.key_objects import read_key_objects, written_key_objects
from imaging.objects.kinds import Kind, kind_of
from imaging.objects.presentation import read_presentation
from imaging.objects.presenting import picture, seen
from imaging.objects.report import read_report
from imaging.objects.tracing import is_standard, rows_sheet, standard_sheet
from imaging.objects.waveform import read_waveforms
from imaging.rendering import View
from imaging.sources import InMemory, Limits
from records.errors import Refusal
from tests.imaging.objects import test_document, test_key_objects, test_presentation, test_waveform
from tests.imaging.samples import opened, public_files, written

ROOT = Path(__file__).parents[3]
MEMORY = 2 << 30
LIMITS = Limits(header_bytes=32 << 20, inflated_bytes=64 << 20, frame_bytes=64 << 20)


@cache
def pictured() -> Image:
    return opened(test_presentation.slice_())


@cache
def samples() -> tuple[bytes, ...]:
    """One of each kind that we write or that others have written."""
    state = test_presentation.written(test_presentation.taken(pictured(), View(quarter_turns=1), drawn=True))
    shut = test_presentation.changed(state, **test_presentation.SHUTTERS["two"])
    selected = written_key_objects(test_key_objects.chosen(), test_key_objects.picture(), test_key_objects.making())
    real = [public_files()[name].read_bytes() for name in ("test-SR.dcm", "reportsi.dcm", "waveform_ecg.dcm")]
    ecg = written(test_waveform.recording(test_waveform.group(test_waveform.beats(600))))
    return (state, shut, selected, written(test_document.encapsulated()), ecg, *real)


def mutated(seed: int) -> bytes:
    chance = random.Random(seed)
    data = bytearray(chance.choice(samples()))
    match chance.randrange(5):
        case 0:
            del data[chance.randrange(len(data)):]
        case 1:
            for _ in range(chance.choice((1, 8, 64))):
                data[chance.randrange(len(data))] = chance.randrange(256)
        case 2:  # where sizes and lengths stand
            for _ in range(chance.choice((1, 2, 4, 12))):
                data[chance.randrange(132, min(len(data), 6000))] = chance.choice((0, 1, 0x7F, 0x80, 0xFE, 0xFF))
        case 3:
            at, length = chance.randrange(len(data)), chance.choice((1, 2, 7, 512))
            data[at:at] = chance.randbytes(length) if chance.random() < 0.5 else data[at:at + length]
        case _:  # figures in text: rates, counts, places
            places = [at for at in range(132, min(len(data), 40_000)) if chr(data[at]).isdigit()]
            for at in chance.sample(places, min(len(places), 20)):
                data[at] = chance.choice(b"0123456789-.eE")
    return bytes(data)


def shown(dataset: Dataset) -> None:
    """All that a screen would ask of it."""
    match kind_of(dataset):
        case Kind.PRESENTATION:
            state = read_presentation(dataset)
            image = pictured()
            for annotation in seen(state, image, 1).annotations:
                for graphic in annotation.graphics:
                    assert outline(graphic)
            assert picture(state, image, image.frame(1), (200, 150)).shape[:2] == (150, 200)
        case Kind.KEY_OBJECTS:
            assert read_key_objects(dataset).title_words
        case Kind.REPORT:
            assert read_report(dataset).plain
        case Kind.DOCUMENT:
            assert read_document(dataset).pdf
        case Kind.WAVEFORM:
            for group in read_waveforms(dataset).groups:
                for sheet in (rows_sheet(group), standard_sheet(group) if is_standard(group) else rows_sheet(group)):
                    assert sum(len(trace.stroke) for trace in sheet.traces) < 60_000 * len(sheet.traces)
        case _:
            raise Refusal.because("object_other_kind", wanted="object")


def read_all(first: int, count: int) -> dict[str, int]:
    told = {"shown": 0, "refused": 0, "wordless": 0}
    for seed in range(first, first + count):
        try:
            shown(open_image(InMemory(mutated(seed)), LIMITS).dataset)
            told["shown"] += 1
        except Refusal as refused:
            told["refused" if all(reason.vietnamese for reason in refused.reasons) else "wordless"] += 1
        except BaseException as error:
            raise AssertionError(f"seed {seed}") from error
    return told


def in_a_bounded_process(first: int, count: int) -> dict[str, int]:
    program = (f"import json, resource; resource.setrlimit(resource.RLIMIT_AS, ({MEMORY}, {MEMORY}));"
               "import tests.imaging.objects.test_hostile_objects as hostile;"
               f"print(json.dumps(hostile.read_all({first}, {count})))")
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, text=True, capture_output=True, check=False,
                          timeout=60 + count, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert done.returncode == 0, done.stderr[-3000:]
    told: dict[str, int] = json.loads(done.stdout)
    return told


def test_broken_objects_are_read_or_refused_in_words() -> None:
    told = in_a_bounded_process(0, 120)
    assert told["shown"] + told["refused"] == 120
    assert told["shown"] > 20
    assert told["refused"] > 20


@pytest.mark.soak
@pytest.mark.parametrize("first", range(10_000, 12_000, 500))
def test_two_thousand_broken_objects(first: int, record_property: Callable[[str, object], None]) -> None:
    told = in_a_bounded_process(first, 500)
    for outcome, count in told.items():
        record_property(outcome, count)
    assert sum(told.values()) == 500
