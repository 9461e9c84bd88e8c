"""A frame decoded and its window dragged, beside the bare codec, bare NumPy and pydicom in the same run."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from contextlib import closing
from functools import partial
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread, uid
from pydicom.filebase import DicomBytesIO

from bench.measure import Figure, times_ms
from imaging.apart import Apart
from imaging.grey import Grey, Modality, Window
from imaging.image import Frame, Image, open_image
from imaging.rendering import View, paint_view, render, sampled
from imaging.sources import InMemory
from tests.imaging.samples import compressed, phantom, written
from tests.imaging.test_codecs import htj2k, jpeg_2000, jpeg_lossless, jpeg_ls, rle

RUNS = 25
FRAME_60, FRAME_30 = 1000 / 60, 1000 / 30
CODECS: dict[str, tuple[uid.UID, Callable[[NDArray[Any]], bytes], Callable[[bytes], Any]]] = {
    "JPEG lossless": (uid.JPEGLossless, jpeg_lossless, imagecodecs.jpeg8_decode),
    "JPEG-LS": (uid.JPEGLSLossless, jpeg_ls, imagecodecs.jpegls_decode),
    "JPEG 2000": (uid.JPEG2000Lossless, jpeg_2000, imagecodecs.jpeg2k_decode),
    "HTJ2K": (uid.HTJ2KLossless, htj2k, imagecodecs.htj2k_decode),
}


def run() -> list[Figure]:
    """Medians; the limits on the ratios are our own, those in milliseconds the issue's frame rates."""
    values = slice_of(512)
    found = [_decoded(name, values) for name in CODECS]
    return [*found, _rle(values), _opened(values), _apart(values), *_dragged(), _drawn()]


def slice_of(side: int) -> NDArray[np.uint16]:
    """A body of soft shades with the noise of a scanner."""
    y, x = np.mgrid[:side, :side] / side * 512
    noise = np.random.default_rng(1).normal(0, 12, (side, side))
    made: NDArray[np.uint16] = (1000 + 800 * np.sin(x / 40) * np.cos(y / 33) + noise).astype(np.uint16)
    return made


def _medians(ours: Callable[[], object], theirs: Callable[[], object]) -> tuple[float, float]:
    """Of both, run in turn: a burst of other work on the machine then meets both."""
    mine: list[float] = []
    peers: list[float] = []
    for warm in (2, *[0] * (RUNS - 1)):
        mine += times_ms(ours, 1, warm)
        peers += times_ms(theirs, 1, warm)
    return statistics.median(mine), statistics.median(peers)


def _image(values: NDArray[Any], stream: bytes, syntax: uid.UID) -> Image:
    return open_image(InMemory(written(compressed(phantom(values), [stream], syntax))))


def _decoded(name: str, values: NDArray[Any]) -> Figure:
    syntax, encode, bare = CODECS[name]
    stream = encode(values)
    ours, theirs = _medians(partial(_image(values, stream, syntax).frame, 1), partial(bare, stream))
    return Figure(f"one CT frame decoded, {name}", ours, theirs, "ms", "the bare codec", "at most 1.3 times",
                  ours <= 1.3 * theirs)


def _rle(values: NDArray[Any]) -> Figure:
    file = written(compressed(phantom(values), [rle(values)], uid.RLELossless))

    def theirs() -> object:
        return dcmread(DicomBytesIO(file)).pixel_array

    ours, peer = _medians(partial(open_image(InMemory(file)).frame, 1), theirs)
    return Figure("one CT frame decoded, RLE", ours, peer, "ms", "pydicom alone, file read", "faster", ours < peer)


def _opened(values: NDArray[Any]) -> Figure:
    file = written(phantom(values))

    def ours() -> object:
        image = open_image(InMemory(file))
        return image.frame(1), image.grey(1)

    def theirs() -> object:
        return dcmread(DicomBytesIO(file)).pixel_array

    mine, peer = _medians(ours, theirs)
    return Figure("a plain CT file opened, its frame and grey levels read", mine, peer, "ms", "pydicom, pixels only",
                  "at most 3 times", mine <= 3 * peer)


def _apart(values: NDArray[Any]) -> Figure:
    image = _image(values, jpeg_ls(values), uid.JPEGLSLossless)
    with closing(Apart()) as decoder:
        ours, here = _medians(partial(image.frame, 1, decoder), partial(image.frame, 1))
    return Figure("one CT frame decoded in a process of its own, JPEG-LS", ours, here, "ms", "in our process",
                  "at most 2 times", ours <= 2 * here)


def _dragged() -> list[Figure]:
    found = []
    cases = ((512, View(), FRAME_60), (3000, View(), FRAME_30), (3000, View(size=(1000, 1000)), FRAME_30))
    for side, view, limit in cases:
        frame, grey = Frame(1, slice_of(side)), Grey(Modality(1, -1024), presets=(Window(40, 400),))
        shown = sampled(frame, grey, view)
        table, out = np.zeros(1 << 16, np.uint8), np.empty(shown.values.shape, np.uint8)
        ours, bare = _medians(partial(paint_view, shown, grey, view),
                              partial(np.take, table, shown.values, mode="clip", out=out))
        seen = f"{side}² at {shown.size[0]}²"
        found.append(Figure(f"window dragged, {seen}, one frame painted", ours, bare, "ms", "bare numpy.take",
                            f"under {limit:.1f} ms", ours < limit))
    return found


def _drawn() -> Figure:
    frame, grey, view = Frame(1, slice_of(3000)), Grey(Modality(1, -1024)), View(Window(40, 400), size=(1000, 1000))

    def bare() -> object:
        return frame.values.reshape(1000, 3, 1000, 3).mean(axis=(1, 3))

    ours, peer = _medians(partial(render, frame, grey, view), bare)
    return Figure("3000² sampled to 1000² and painted", ours, peer, "ms", "numpy's mean of blocks", "faster",
                  ours < peer)
