"""Frames loaded from files: outward from the reader, through breaks, jumps, dead decoders and a full memory."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from pydicom.uid import JPEGLSLossless
from pytestqt.qtbot import QtBot

from imaging.apart import Apart
from imaging.image import Decoder
from imaging.sources import MIB
from tests.imaging.samples import compressed, opened, phantom, smooth, written
from tests.imaging.test_codecs import jpeg_ls
from workstation.background import Background
from workstation.models.images import decoders
from workstation.models.images.instances import Instance, loaded_from
from workstation.models.images.loading import Loader
from workstation.models.images.local import LocalImages, arranged_files, read_files, read_folder, studies_of
from workstation.models.images.ordering import Place, arranged
from workstation.models.images.pixel_memory import PixelMemory
from workstation.models.images.plan import outward
from workstation.models.images.stack import Loaded, Spot
from workstation.models.images.stream import Streamed

Room = Callable[..., Loader]


@pytest.fixture
def room(qtbot: QtBot) -> Iterator[Room]:
    made: list[Loader] = []

    def make(bound: int = 64 * MIB, threads: int = 3) -> Loader:
        made.append(Loader(PixelMemory(bound), threads=threads))
        return made[-1]

    yield make
    for loader in made:
        assert loader.stop(), "a loading thread was left behind"


def a_slice(number: int, **attributes: Any) -> bytes:
    return written(phantom(smooth(64, 64) + np.uint16(number % 4096), InstanceNumber=number, PixelSpacing=[1, 1],
                           ImageOrientationPatient=[1, 0, 0, 0, 1, 0], ImagePositionPatient=[0, 0, 100 - number],
                           SOPInstanceUID=f"1.2.3.{number % 4096}", **attributes))


def folder_of(folder: Path, count: int = 12) -> Path:
    folder.mkdir()
    for number in range(1, count + 1):
        (folder / f"{count - number:03}.dcm").write_bytes(a_slice(number))
    return folder


def stack_of(loader: Loader, folder: Path) -> Streamed:
    return Streamed(loader, arranged_files(read_folder(folder).files))


def is_here(stack: Streamed, place: int) -> bool:
    return stack.loaded(place) is not None


def number_at(stack: Streamed, place: int) -> int:
    loaded = stack.loaded(place)
    assert loaded is not None
    return int(loaded.frame.values[0, 0]) - int(smooth(64, 64)[0, 0])


def test_a_folder_becomes_a_stack_whose_pixels_arrive_outward_from_the_reader(
        qtbot: QtBot, room: Room, tmp_path: Path) -> None:
    stack = stack_of(room(threads=1), folder_of(tmp_path / "ct"))
    came: list[int] = []
    stack.arrived.connect(came.append)
    assert stack.loaded(6) is None
    assert stack.why_not(6) is None
    stack.look_at(6)
    qtbot.waitUntil(lambda: len(came) == len(stack) == 12)
    assert came[:5] == [6, 7, 8, 9, 5]
    assert [number_at(stack, place) for place in range(12)] == list(range(1, 13))
    plane = stack.plane(3)
    assert plane is not None
    assert plane.position[2] == 96
    assert (stack.parts, stack.held) == ((range(12),), 12)


def test_the_others_wait_until_what_was_awaited_is_painted(
        qtbot: QtBot, room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for patience in ("ALONE_S", "PAINTED_S"):
        monkeypatch.setattr(f"workstation.models.images.loading.{patience}", 1000.0)
    stack = stack_of(room(), folder_of(tmp_path / "ct"))
    held: list[int] = []
    stack.arrived.connect(lambda _place: held.append(stack.held))
    stack.look_at(0)
    qtbot.waitUntil(lambda: len(held) == len(stack))
    assert held[0] == 1, "a hundred slices that rush in hold the interpreter, and the first picture waits"


def test_outward_is_nearest_first_and_further_ahead() -> None:
    assert list(outward(2, 6, 0)) == [3, 1, 4, 0, 5]
    assert list(outward(2, 8, 1)) == [3, 4, 5, 1, 6, 7, 0]
    assert list(outward(5, 8, -1)) == [4, 3, 2, 6, 1, 0, 7]
    assert list(outward(0, 1, 1)) == []


def test_a_broken_file_in_the_middle_says_why_and_the_others_open(qtbot: QtBot, room: Room, tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "ct")
    cut = folder / "006.dcm"
    cut.write_bytes(cut.read_bytes()[:-3000])
    (folder / "readme.txt").write_text("no image")
    (folder / "rubbish.dcm").write_bytes(a_slice(99)[:400])
    read = read_folder(folder)
    assert [path.name for path, _ in read.unreadable] in ([], ["rubbish.dcm"])
    stack = Streamed(room(), arranged_files(file for file in read.files if file.path.name != "rubbish.dcm"))
    failed: list[int] = []
    stack.failed.connect(failed.append)
    stack.look_at(0)
    qtbot.waitUntil(lambda: stack.held == 11 and failed == [5])
    why = stack.why_not(5)
    assert why is not None
    assert why.code == "image_frame_cut"
    assert stack.loaded(5) is None
    assert stack.why_not(4) is None


def test_a_file_without_picture_says_so_at_once(qtbot: QtBot, room: Room, tmp_path: Path) -> None:
    report = phantom(smooth(8, 8), InstanceNumber=2, SOPInstanceUID="1.2.3.2", Modality="SR")
    del report.PixelData
    (tmp_path / "a").write_bytes(a_slice(1))
    (tmp_path / "b").write_bytes(written(report))
    stack = stack_of(room(), tmp_path)
    why = stack.why_not(1)
    assert why is not None
    assert why.code == "image_has_no_pixels"
    stack.look_at(1)
    qtbot.waitUntil(lambda: stack.loaded(0) is not None)


def test_a_full_memory_keeps_what_is_around_the_reader(qtbot: QtBot, room: Room, tmp_path: Path) -> None:
    loader = room(bound=5 * 64 * 64 * 2)
    stack = stack_of(loader, folder_of(tmp_path / "ct", 20))
    for place in (0, 10, 19, 18, 17):
        stack.look_at(place)
        qtbot.waitUntil(partial(is_here, stack, place))
    qtbot.waitUntil(lambda: all(stack.spot(place) in loader.memory for place in (17, 16, 15, 14)))
    assert loader.memory.used <= loader.memory.bound


def test_a_killed_decoder_is_started_again(qtbot: QtBot, room: Room, tmp_path: Path) -> None:
    values = smooth(64, 64)
    for number in range(1, 10):
        (tmp_path / f"{number}.dcm").write_bytes(written(compressed(
            phantom(values, InstanceNumber=number, SOPInstanceUID=f"1.2.3.{number}"), [jpeg_ls(values)],
            JPEGLSLossless)))
    loader = room(bound=3 * values.nbytes)
    stack = stack_of(loader, tmp_path)
    for place in (0, 4, 8):
        stack.look_at(place)
        qtbot.waitUntil(partial(is_here, stack, place))
        loaded = stack.loaded(place)
        assert loaded is not None
        assert np.array_equal(loaded.frame.values, values)
        for child in decoding():
            child.kill()


def decoding() -> Iterator[psutil.Process]:
    """The children that decode."""
    for child in psutil.Process().children():
        # One that died and is not buried yet has no command line.
        with contextlib.suppress(psutil.ZombieProcess, psutil.NoSuchProcess):
            if "imaging.apart" in child.cmdline():
                yield child


def test_closing_waits_for_no_decoder_that_hangs(
        qtbot: QtBot, room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The window stood for the rest of the twenty seconds that a frame may take."""
    monkeypatch.setattr(decoders, "Apart", partial(Apart, 600))
    values = smooth(64, 64)
    (tmp_path / "1.dcm").write_bytes(written(compressed(phantom(values), [jpeg_ls(values)], JPEGLSLossless)))
    loader = room()
    loader.decoders.warm()
    for child in decoding():
        child.suspend()
    stack_of(loader, tmp_path).look_at(0)
    qtbot.waitUntil(lambda: any(one._lock.locked() for one in loader.decoders._all))
    closing = threading.Thread(target=loader.stop, daemon=True)
    closing.start()
    closing.join(20)
    hung = closing.is_alive()
    for child in decoding():
        child.kill()
    assert not hung


def test_a_disc_that_is_away_is_told_and_tried_again(qtbot: QtBot, room: Room, tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "ct", 3)
    loader = room(bound=64 * 64 * 2 + 1)
    stack = stack_of(loader, folder)
    stack.look_at(0)
    qtbot.waitUntil(lambda: stack.loaded(0) is not None)
    folder.rename(tmp_path / "away")
    with qtbot.waitSignal(stack.failed):
        stack.look_at(2)
    why = stack.why_not(2)
    assert why is not None
    assert why.code == "image_file_away"
    assert stack.loaded(0) is not None, "what is here stays"
    (tmp_path / "away").rename(folder)
    loader.try_again()
    qtbot.waitUntil(lambda: stack.loaded(2) is not None)
    assert stack.why_not(2) is None


class Slow(Instance):
    """A file over a line that gives nothing until it may."""

    def __init__(self, number: int, expected_bytes: int) -> None:
        super().__init__(Spot("1", "2", f"3.{number}"), expected_bytes)
        self.may, self.begun, self.given_up = threading.Event(), threading.Event(), False
        self.image = opened(phantom(smooth(64, 64) + np.uint16(number)))

    def read(self, numbers: Sequence[int], decoder: Decoder, given_up: threading.Event) -> Iterator[Loaded]:
        self.begun.set()
        while not self.may.wait(0.005):
            if given_up.is_set():
                self.given_up = True
                return
        yield loaded_from(self.image, self.first, decoder)


def slow_stack(loader: Loader, count: int, expected_bytes: int = 64 * 64 * 2) -> tuple[Streamed, list[Slow]]:
    instances = [Slow(number, expected_bytes) for number in range(count)]
    return Streamed(loader, arranged([Place(one.first, one, number=place) for place, one in enumerate(instances)])
                    ), instances


def test_who_jumps_does_not_wait_for_what_was_on_its_way(qtbot: QtBot, room: Room) -> None:
    stack, instances = slow_stack(room(bound=1024 * MIB), 100, 4 * MIB)
    stack.look_at(0)
    qtbot.waitUntil(instances[0].begun.is_set)
    instances[60].may.set()
    stack.look_at(60)
    qtbot.waitUntil(lambda: stack.loaded(60) is not None)
    assert instances[0].given_up
    assert stack.loaded(0) is None
    assert stack.why_not(0) is None
    for one in instances:
        one.may.set()
    stack.look_at(0)
    qtbot.waitUntil(lambda: stack.held == 100)
    assert [number_at(stack, place) for place in (0, 60)] == [0, 60]


def test_many_arrivals_do_not_hold_up_the_window(qtbot: QtBot, room: Room) -> None:
    stack, instances = slow_stack(room(), 300)
    turns: list[int] = []
    stack.arrived.connect(turns.append)
    for one in instances:
        one.may.set()
    stack.look_at(150)
    qtbot.waitUntil(lambda: len(turns) == 300)
    assert sorted(turns) == list(range(300))


def test_what_was_closed_takes_no_memory(qtbot: QtBot, room: Room, tmp_path: Path, background: Background) -> None:
    loader = room()
    read = read_folder(folder_of(tmp_path / "ct"))
    shelf = LocalImages(read, loader, background)
    [study] = studies_of(read.files)
    [series] = study.series
    assert (study.uid, series.instances, series.frames, series.shown) == ("1.2.3.1", 12, 12, True)
    with qtbot.waitSignal(shelf.opened) as told:
        shelf.open(study.uid, series.uid)
    assert told.args is not None
    uid, stack = told.args
    stack.look_at(0)
    qtbot.waitUntil(lambda: shelf.held(uid) == (12, 12))
    with qtbot.waitSignal(shelf.opened):
        shelf.open(study.uid, series.uid)
    assert shelf.used_bytes == 12 * 64 * 64 * 2
    shelf.clear()
    assert shelf.used_bytes == 0
    with qtbot.waitSignal(shelf.refused):
        shelf.open(study.uid, "9.9")


def test_several_directions_of_one_series_are_its_parts_and_a_multiframe_file_its_frames(
        room: Room, tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "ct", 4)
    side = phantom(smooth(64, 64), InstanceNumber=9, SOPInstanceUID="1.2.4", PixelSpacing=[1, 1],
                   ImageOrientationPatient=[0, 1, 0, 0, 0, -1], ImagePositionPatient=[0, 0, 0])
    (folder / "side").write_bytes(written(side))
    cine = phantom(np.stack([smooth(64, 64)] * 3), InstanceNumber=5, SOPInstanceUID="1.2.5", FrameTime=40)
    (folder / "cine").write_bytes(written(cine))
    stack = stack_of(room(), folder)
    assert stack.parts == (range(4), range(4, 5), range(5, 8))
    assert [stack.spot(place).sop_instance_uid for place in (0, 3, 4)] == ["1.2.3.1", "1.2.3.4", "1.2.4"]
    assert [stack.spot(place).frame for place in (5, 6, 7)] == [1, 2, 3]


def test_the_frame_time_is_the_files_own(qtbot: QtBot, room: Room, tmp_path: Path) -> None:
    (tmp_path / "cine").write_bytes(written(phantom(np.stack([smooth(64, 64)] * 3), FrameTime=40)))
    stack = stack_of(room(), tmp_path)
    stack.look_at(0)
    qtbot.waitUntil(lambda: stack.held == 3)
    assert stack.frame_time_ms == 40


def test_positions_rule_over_numbers_and_the_devices_own_way_is_kept(tmp_path: Path) -> None:
    def made(number: int, height: float) -> Path:
        path = tmp_path / f"{number}"
        path.write_bytes(written(phantom(
            smooth(8, 8), InstanceNumber=number, SOPInstanceUID=f"1.2.3.{number}", PixelSpacing=[1, 1],
            ImageOrientationPatient=[1, 0, 0, 0, 1, 0], ImagePositionPatient=[0, 0, height])))
        return path

    files = read_files([made(1, 30), made(2, 10), made(3, 20), made(4, 0)]).files
    order = [place.spot.sop_instance_uid[-1] for place in arranged_files(files).places]
    assert order == ["1", "3", "2", "4"]


def test_a_series_grows_below_its_reader_and_nothing_is_fetched_again(
        qtbot: QtBot, room: Room, tmp_path: Path, background: Background) -> None:
    folder, loader = folder_of(tmp_path / "cd", 6), room()
    shelf = LocalImages(read_folder(folder), loader, background)
    with qtbot.waitSignal(shelf.opened) as told:
        shelf.open("1.2.3.1", "1.2.3.2")
    assert told.args is not None
    old: Streamed = told.args[1]
    old.look_at(2)
    qtbot.waitUntil(lambda: old.held == 6)
    held = [old.loaded(place) for place in range(6)]
    shelf.renew("1.2.3.1", "1.2.3.2")
    qtbot.waitUntil(lambda: background.running == 0)
    assert shelf.held("1.2.3.2") == (6, 6)
    assert old.successor is None, "nothing came, nothing changes"
    for number in (0, -1, 7, 8):
        (folder / f"more{number}.dcm").write_bytes(a_slice(number))
    shelf.files = read_folder(folder)
    with qtbot.waitSignal(shelf.grown) as told:
        shelf.renew("1.2.3.1", "1.2.3.2")
    assert told.args is not None
    new: Streamed = told.args[1]
    assert [new.spot(place).sop_instance_uid for place in range(10)] == [
        f"1.2.3.{number % 4096}" for number in range(-1, 9)]
    assert new.at == 4, "who reads the third slice reads the fifth of more"
    assert [new.loaded(place) for place in range(2, 8)] == held, "the very same pixels"
    qtbot.waitUntil(lambda: new.held == 10)
    shelf.clear()
    assert loader.memory.used == 0


def test_what_was_on_its_way_when_a_series_grew_lands_in_its_place(qtbot: QtBot, room: Room) -> None:
    loader = room()
    old, slow = slow_stack(loader, 6)
    old.look_at(1)
    qtbot.waitUntil(lambda: any(one.begun.is_set() for one in slow))
    more = Slow(99, 64 * 64 * 2)
    more.may.set()
    new = old.grown(arranged([Place(one.first, one, number=number) for number, one in enumerate([more, *slow])]))
    assert new is not None
    loader.replace(old, new)
    for one in slow:
        one.may.set()
    qtbot.waitUntil(lambda: new.held == 7)
    assert all(new.loaded(place) is not None for place in range(7))
