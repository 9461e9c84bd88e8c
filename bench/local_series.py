"""From launch to the first picture of a local series, beside Aeskulap, by what stands on the screen of an Xvfb.

Ours is the installed program as a doctor's file manager starts it: `benhan --images FOLDER`.
"""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench.house import ROOT
from bench.installed import compile_all
from bench.measure import Figure
from tests.imaging.samples import written
from tests.workstation.models.images.stacks import slice_at

SLICES, LAUNCHES, PATIENCE_S, WIDTH, HEIGHT = 100, 5, 30.0, 1366, 768
_DISPLAY = ":87"
_LEAST_RUN, _DARK = 60, 100


def run() -> list[Figure]:
    """Medians of warm launches, one of each in turn."""
    compile_all()
    with tempfile.TemporaryDirectory() as told:
        folder = Path(told)
        files = _series(folder / "cd")
        screen = subprocess.Popen(["Xvfb", _DISPLAY, "-screen", "0", f"{WIDTH}x{HEIGHT}x24", "-fbdir", told],
                                  stderr=subprocess.DEVNULL)
        try:
            return _figures(folder, files)
        finally:
            screen.terminate()
            screen.wait(10)


def _figures(folder: Path, files: Sequence[str]) -> list[Figure]:
    ours = [str(Path(sys.executable).with_name("benhan")), "--images", str(folder / "cd")]
    peer = ["aeskulap", *files]
    mine, theirs = list[float](), list[float]()
    for launch in range(LAUNCHES + 1):  # the first of each is not counted
        mine += [_launch(ours, folder)][:launch]
        theirs += [_launch(peer, folder)][:launch]
    name = f"launch to first picture, local series of {SLICES} CT slices, median of {LAUNCHES} warm launches"
    one, other = statistics.median(mine), statistics.median(theirs)
    return [Figure(name, one, other, "s", "Aeskulap", "faster than Aeskulap", one < other)]


def _series(folder: Path) -> list[str]:
    """A bright disc on black: nothing else on either program's screen looks like it."""
    folder.mkdir()
    y, x = np.mgrid[:512, :512]
    values = np.where((x - 256) ** 2 + (y - 256) ** 2 < 200 ** 2, 3000, 0).astype(np.uint16)
    files = []
    for number in range(1, SLICES + 1):
        file = folder / f"IM{number:04}"
        file.write_bytes(written(slice_at(
            values, number, SOPInstanceUID=f"1.9.1.1.{number}", WindowCenter=500, WindowWidth=1000)))
        files.append(str(file))
    return files


def _launch(command: Sequence[str], folder: Path) -> float:
    """Seconds until the disc is seen."""
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={
        **os.environ, "DISPLAY": _DISPLAY, "HOME": str(folder), "QT_QPA_PLATFORM": "xcb"})
    try:
        while not _seen(folder / "Xvfb_screen0"):
            if time.perf_counter() - start > PATIENCE_S:
                raise RuntimeError(f"{command[0]} shows no picture")
            time.sleep(0.01)
        return time.perf_counter() - start
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        while _seen(folder / "Xvfb_screen0"):
            time.sleep(0.05)


def _seen(screen: Path) -> bool:
    """Whether a row of the screen goes from dark to white for a while and to dark again (XWD, 32 bits a pixel)."""
    data = screen.read_bytes() if screen.exists() else b""
    start = len(data) - WIDTH * HEIGHT * 4
    if start <= 0:
        return False
    header, colours = int.from_bytes(data[:4], "big"), int.from_bytes(data[76:80], "big")
    pixels = np.frombuffer(data, np.uint8, WIDTH * HEIGHT * 4, header + 12 * colours).reshape(HEIGHT, WIDTH, 4)
    return any(_has_disc(row) for row in pixels[8::16, :, 1])


def _has_disc(row: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> bool:
    edges = np.flatnonzero(np.diff(np.concatenate(([0], (row >= 250).astype(np.int8), [0]))))
    return any(end - begin >= _LEAST_RUN and begin >= 4 and end + 4 < len(row)
               and row[begin - 4] < _DARK and row[end + 3] < _DARK
               for begin, end in zip(edges[::2], edges[1::2], strict=True))
