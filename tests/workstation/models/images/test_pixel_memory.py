"""The memory of decoded frames: bounded, and never at the cost of what is on the screen."""

from __future__ import annotations

import gc
import mmap
import weakref
from contextlib import closing
from dataclasses import replace
from typing import Any

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydicom.uid import JPEGBaseline8Bit

from imaging.apart import Apart
from imaging.grey import Grey
from imaging.image import Frame, Image
from tests.imaging.samples import compressed, opened, phantom
from workstation.models.images.pixel_memory import EncodedMemory, PixelMemory, on_own_pages, size_of
from workstation.models.images.stack import Loaded, Spot

STEP = 100
IMAGE: Image = opened(phantom(np.zeros((4, 4), np.uint16)))


def spot(number: int) -> Spot:
    return Spot("1", "2", str(number))


def frame(number: int, size: int = STEP) -> Loaded:
    return Loaded(spot(number), IMAGE, Frame(1, np.zeros((1, size), np.uint8)), Grey())


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(
    st.tuples(st.just("put"), st.integers(0, 12), st.integers(1, 3)),
    st.tuples(st.just("get"), st.integers(0, 12), st.just(0)),
    st.tuples(st.just("show"), st.integers(0, 12), st.integers(0, 2)),
    st.tuples(st.just("want"), st.integers(0, 12), st.integers(0, 4)),
    st.tuples(st.just("drop"), st.integers(0, 12), st.just(0)),
), max_size=60))
def test_what_is_shown_never_goes_and_the_rest_keeps_to_the_bound(acts: list[tuple[str, int, int]]) -> None:
    memory, shown, here = PixelMemory(5 * STEP), set[Spot](), dict[Spot, int]()
    for act, number, more in acts:
        one = spot(number)
        match act:
            case "put":
                memory.put(one, frame(number, more * STEP))
                here[one] = more * STEP
            case "get":
                found = memory.get(one)
                assert found is None or found.spot == one
            case "show":
                shown = {spot(number + step) for step in range(more)}
                memory.show(shown)
            case "want":
                memory.want({spot(number + step) for step in range(more)})
            case "drop":
                memory.drop([one])
                here.pop(one, None)
        for gone in [held for held in here if held not in memory]:
            assert gone not in shown
            here.pop(gone)
        assert memory.used == sum(here.values())
        others = [size for held, size in here.items() if held not in shown]
        if act == "put":  # only what is shown, and what has just come, may stand above the bound
            assert memory.used <= memory.bound or not others or list(others) == [here[one]]


def test_the_least_recently_used_goes_first_and_what_is_wanted_last() -> None:
    memory = PixelMemory(3 * STEP)
    for number in (1, 2, 3):
        memory.put(spot(number), frame(number))
    memory.get(spot(1))
    memory.put(spot(4), frame(4))
    assert [number for number in range(1, 5) if spot(number) in memory] == [1, 3, 4]
    memory.want({spot(3), spot(4)})
    memory.put(spot(5), frame(5))
    assert [number for number in range(1, 6) if spot(number) in memory] == [3, 4, 5]


def test_what_a_viewport_still_holds_is_found_again_and_counted() -> None:
    memory = PixelMemory(2 * STEP)
    held = frame(1)
    memory.put(spot(1), held)
    memory.put(spot(2), frame(2))
    memory.put(spot(3), frame(3))
    assert memory.get(spot(1)) is held
    assert memory.used <= 3 * STEP
    del held
    gc.collect()
    assert memory.get(spot(1)) is None
    assert memory.used <= memory.bound


@pytest.mark.parametrize("kind", ["overlay", "coloured"])
def test_every_plane_of_a_frame_counts(kind: str) -> None:
    mask = np.zeros((4, 4), np.bool_)
    colours = (np.zeros((4, 4, 3), np.uint8), mask)
    made = Frame(1, np.zeros((4, 4), np.uint16), mask if kind == "overlay" else None,
                 colours if kind == "coloured" else None)
    assert size_of(Loaded(spot(1), IMAGE, made, Grey())) == 32 + (16 if kind == "overlay" else 64)


def test_encoded_frames_have_a_part_of_their_own_and_count() -> None:
    memory = PixelMemory(8 * STEP)
    memory.encoded.put(spot(1), bytes(STEP), 4 * STEP)
    memory.encoded.put(spot(2), bytes(STEP), 4 * STEP)
    assert (memory.used, memory.encoded.get(spot(1))) == (2 * STEP, bytes(STEP))
    memory.encoded.put(spot(3), bytes(STEP), 4 * STEP)
    assert [memory.encoded.get(spot(number)) is None for number in (1, 2, 3)] == [False, True, False]
    memory.encoded.put(spot(4), bytes(STEP), STEP)
    assert memory.encoded.get(spot(4)) is None, "no smaller than the frame itself"
    for number in range(10, 20):
        memory.put(spot(number), frame(number))
    assert memory.used <= memory.bound
    memory.drop([spot(1), spot(3)])
    assert memory.encoded.used == 0


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 40)), max_size=40))
def test_encoded_frames_keep_to_their_bound(puts: list[tuple[int, int]]) -> None:
    memory = EncodedMemory(60)
    for number, size in puts:
        memory.put(spot(number), bytes(size), 100)
        assert memory.used <= memory.bound
        assert memory.used == sum(len(memory.get(spot(one)) or b"") for one in range(6))


@pytest.mark.parametrize("values", [
    np.arange(1 << 17).reshape(256, 512).astype(np.int16), np.ones((300, 400, 3), np.uint8),
    np.arange(1 << 18, dtype=np.uint16).reshape(512, 512)[:, ::-1], np.ones((256, 256), np.float64)])
def test_pixels_on_pages_of_their_own_are_the_same_and_go_with_their_frame(values: NDArray[Any]) -> None:
    kept = on_own_pages(Loaded(spot(1), IMAGE, Frame(1, values), Grey()))
    assert np.array_equal(kept.frame.values, values)
    assert kept.frame.values.dtype == values.dtype
    assert size_of(kept) == values.nbytes
    under: Any = kept.frame.values
    while isinstance(under.base, np.ndarray):
        under = under.base
    pages = getattr(under.base, "obj", under.base)
    assert isinstance(pages, mmap.mmap)
    gone = weakref.ref(pages)
    del kept, under, pages
    assert gone() is None


def test_a_small_frame_stays_where_it_is() -> None:
    small = frame(1)
    assert on_own_pages(small) is small


def test_what_a_decoder_sent_lies_on_such_pages_already() -> None:
    colours = np.full((400, 300, 3), 90, np.uint8)
    stream = bytes(imagecodecs.jpeg8_encode(colours, level=90, colorspace="RGB", outcolorspace="YCBCR"))
    image = opened(compressed(phantom(colours, PhotometricInterpretation="YBR_FULL_422"), [stream], JPEGBaseline8Bit))
    with closing(Apart()) as decoder:
        came = Loaded(spot(1), image, image.frame(1, decoder), Grey())
        part = replace(came, frame=replace(came.frame, values=came.frame.values[:200]))
    assert on_own_pages(came) is came
    assert on_own_pages(part) is not part, "half of a frame would keep the whole of its pages"
