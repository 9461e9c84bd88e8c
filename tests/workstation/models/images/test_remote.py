"""Images of the real server, over TLS, in a stack: order, pixels, frames of long files, outage and what is broken."""

from __future__ import annotations

import os
import signal
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRBigEndian, JPEGLSLossless
from pytestqt.qtbot import QtBot

from imaging.codecs import decode
from imaging.image import open_image
from imaging.sources import MIB, InMemory
from records.errors import Refusal
from records.image_lists import ImageSeriesView
from server.services.image_receiving import receive
from tests.databases import Database
from tests.imaging.samples import compressed, phantom, public_files, smooth, written
from tests.imaging.test_codecs import jpeg_ls
from tests.server.house import PASSWORD, House, build, served, settle_in
from workstation.background import Background
from workstation.client import Client
from workstation.models.images.loading import Loader
from workstation.models.images.pixel_memory import PixelMemory
from workstation.models.images.remote import RemoteImages
from workstation.models.images.remote_thumbnails import RemoteThumbnails
from workstation.models.images.stream import Streamed

STUDY, SERIES = "1.2.3.1", "1.2.3.2"
NOBODY = "https://127.0.0.1:1"
MINE: dict[str, Any] = {"PatientID": "TEST-1", "PatientName": "NGUYEN^VAN BINH", "PatientBirthDate": "19590312",
                        "PatientSex": "M"}


@dataclass
class Ward:
    """A doctor's PC and the hospital's server."""

    house: House
    client: Client
    loader: Loader
    images: RemoteImages
    qtbot: QtBot

    def send(self, file: bytes) -> None:
        receive(self.house.hospital, file, sender="CT1")

    def open(self, study: str = STUDY, series: str = SERIES) -> Streamed:
        with self.qtbot.waitSignal(self.images.opened) as told:
            self.images.open(study, series)
        assert told.args is not None
        stack: Streamed = told.args[1]
        return stack

    def until_here(self, stack: Streamed, place: int) -> None:
        self.qtbot.waitUntil(partial(_is_here, stack, place))


def _is_here(stack: Streamed, place: int) -> bool:
    return stack.loaded(place) is not None


@pytest.fixture
def ward(database: Database, tmp_path: Path, background: Background, qtbot: QtBot) -> Iterator[Ward]:
    settings, hospital = build(tmp_path / "server", database.dsn)
    ca = tmp_path / "server" / "tls" / "ca.pem"
    house = House(settings, hospital, f"https://127.0.0.1:{settings.port}", ssl.create_default_context(cafile=ca), {})
    settle_in(house)
    client, loader = Client(house.url, ca, workstation="PC-3"), Loader(PixelMemory(64 * MIB))
    with served(settings):
        client.sign_in("ha", PASSWORD)
        yield Ward(house, client, loader, RemoteImages(client, loader, background), qtbot)
        assert loader.stop()
        client.close()
    hospital.close()


def a_slice(number: int, **attributes: Any) -> bytes:
    return written(phantom(smooth(64, 64) + np.uint16(number), **{
        "InstanceNumber": number, "SOPInstanceUID": f"1.2.3.4.{number}", "PixelSpacing": [0.5, 0.5],
        "ImageOrientationPatient": [1, 0, 0, 0, 1, 0], "ImagePositionPatient": [0, 0, 100 - number],
        "FrameOfReferenceUID": "1.2.9", **MINE, **attributes}))


def test_a_series_is_in_order_before_it_is_here_and_its_pixels_are_the_files(ward: Ward) -> None:
    for number in (3, 1, 5, 2, 4):
        ward.send(a_slice(number))
    stack = ward.open()
    assert [stack.spot(place).sop_instance_uid[-1] for place in range(5)] == list("12345")
    planes = [stack.plane(place) for place in range(5)]
    assert [plane.position[2] for plane in planes if plane is not None] == [99, 98, 97, 96, 95]
    assert {(plane.x_mm, plane.frame_of_reference) for plane in planes if plane is not None} == {(0.5, "1.2.9")}
    stack.look_at(2)
    ward.qtbot.waitUntil(lambda: stack.held == 5)
    for place in range(5):
        loaded = stack.loaded(place)
        assert loaded is not None
        assert np.array_equal(loaded.frame.values, smooth(64, 64) + np.uint16(place + 1))
        assert loaded.image.identity.patient_id == "TEST-1"
        assert loaded.image.header.source.size == 0, "the file's bytes are not kept beside its pixels"
    assert ward.images.used_bytes == 5 * 64 * 64 * 2


def test_a_file_of_many_frames_comes_frame_by_frame(ward: Ward) -> None:
    frames = np.stack([smooth(64, 64) + np.uint16(number) for number in range(40)])
    data = phantom(frames, SOPInstanceUID="1.2.3.5", FrameTime=40, **MINE)
    streams = [jpeg_ls(frame) for frame in frames]
    ward.send(written(compressed(data, streams, JPEGLSLossless)))
    stack = ward.open()
    assert len(stack) == 40
    stack.look_at(20)
    ward.until_here(stack, 20)
    ward.qtbot.waitUntil(lambda: stack.held == 40)
    for place in (0, 20, 39):
        loaded = stack.loaded(place)
        assert loaded is not None
        assert np.array_equal(loaded.frame.values, frames[place])
    assert stack.frame_time_ms == 40


def test_frames_that_do_not_fit_are_kept_as_they_came(ward: Ward) -> None:
    frames = np.stack([smooth(64, 64) + np.uint16(number) for number in range(40)])
    data = phantom(frames, SOPInstanceUID="1.2.3.5", **MINE)
    ward.send(written(compressed(data, [jpeg_ls(frame) for frame in frames], JPEGLSLossless)))
    memory = ward.loader.memory
    memory.bound, memory.encoded.bound = 16 * frames[0].nbytes, 4 * frames[0].nbytes
    stack = ward.open()
    stack.look_at(0)
    ward.until_here(stack, 3)
    kept = [place for place in range(40) if stack.instance(place).at_hand(place + 1)]
    assert kept
    assert 0 < memory.encoded.used <= memory.encoded.bound
    ward.client.door.http.base_url = httpx.URL(NOBODY)
    [again] = stack.instance(kept[0]).read([kept[0] + 1], decode, threading.Event())
    assert np.array_equal(again.frame.values, frames[kept[0]])


def test_frames_look_the_same_by_whichever_way_they_come(ward: Ward) -> None:
    """A file of many frames is read through metadata and frames; here beside the file itself."""
    for number, data in enumerate((big_endian(), one_bit(), planes_apart(), palette())):
        for keyword, value in {**MINE, "SOPInstanceUID": f"1.2.3.6.{number}", "SeriesInstanceUID": f"1.6.{number}"
                               }.items():
            setattr(data, keyword, value)
        file = written(data)
        ward.send(file)
        stack = ward.open(series=f"1.6.{number}")
        stack.look_at(0)
        ward.qtbot.waitUntil(partial(is_whole, stack))
        image = open_image(InMemory(file))
        for place in range(3):
            loaded = stack.loaded(place)
            assert loaded is not None, stack.why_not(place)
            assert np.array_equal(loaded.frame.values, image.frame(place + 1).values)


def is_whole(stack: Streamed) -> bool:
    return stack.held == len(stack) or stack.why_not(0) is not None


def big_endian() -> Dataset:
    data = phantom(np.stack([smooth(64, 64)] * 3), ExplicitVRBigEndian)
    data.PixelData = np.stack([smooth(64, 64)] * 3).astype(">u2").tobytes()
    return data


def one_bit() -> Dataset:
    data = phantom(np.zeros((3, 16, 24), np.uint8), BitsAllocated=1, BitsStored=1, HighBit=0)
    data.PixelData = np.random.default_rng(1).integers(0, 256, 3 * 16 * 24 // 8, np.uint8).tobytes()
    return data


def planes_apart() -> Dataset:
    return phantom(np.random.default_rng(2).integers(0, 256, (3, 16, 24, 3), np.uint8), PlanarConfiguration=1)


def palette() -> Dataset:
    data = phantom(np.random.default_rng(2).integers(0, 4, (3, 16, 24), np.uint8))
    data.PhotometricInterpretation = "PALETTE COLOR"
    for place, name in enumerate(("Red", "Green", "Blue")):
        setattr(data, f"{name}PaletteColorLookupTableDescriptor", [4, 0, 16])
        setattr(data, f"{name}PaletteColorLookupTableData", (np.arange(4) * 10_000 + place).astype("<u2").tobytes())
    return data


def test_a_broken_file_of_the_server_says_why_and_the_others_open(ward: Ward, background: Background) -> None:
    for number in (1, 2, 3):
        file = a_slice(number)
        ward.send(file[:-4000] if number == 2 else file)
    report = phantom(smooth(8, 8), SOPInstanceUID="1.2.3.9", InstanceNumber=9, **{**MINE, "Modality": "SR"})
    for keyword in ("PixelData", "Rows", "Columns"):
        del report[keyword]
    ward.send(written(report))
    stack = ward.open()
    stack.look_at(1)
    ward.qtbot.waitUntil(lambda: stack.held == 2 and stack.why_not(1) is not None)
    told = [why.code for place in range(4) if (why := stack.why_not(place)) is not None]
    assert told == ["image_frame_cut", "image_has_no_pixels"]
    small = RemoteThumbnails(ward.client, background).draw(
        STUDY, ImageSeriesView(uid=SERIES, instances=4, middle="1.2.3.4.2"))
    assert small[:8] == b"\x89PNG\r\n\x1a\n", "drawn by a neighbour of the broken one in the middle"


def test_when_the_server_is_away_what_is_here_stays_and_the_rest_comes_later(ward: Ward) -> None:
    for number in range(1, 7):
        ward.send(a_slice(number))
    ward.loader.memory.bound = 64 * 64 * 2
    stack = ward.open()
    stack.look_at(0)
    ward.until_here(stack, 0)
    port, ward.client.door.http.base_url = ward.client.door.http.base_url, httpx.URL(NOBODY)
    with ward.qtbot.waitSignal(stack.failed):
        stack.look_at(5)
    why, other = stack.why_not(5), stack.why_not(3)
    assert why is not None
    assert other is not None
    assert (why.code, other.code) == ("server_away", "server_away")
    assert stack.loaded(0) is not None
    with ward.qtbot.waitSignal(ward.images.refused) as told:
        ward.images.open(STUDY, "1.9.9")
    assert told.args is not None
    assert isinstance(told.args[1], Refusal)
    ward.client.door.http.base_url = port
    ward.until_here(stack, 5)  # by itself, after a while
    assert stack.why_not(5) is None


def test_a_courier_that_is_killed_while_a_series_comes_costs_no_slice(ward: Ward) -> None:
    for number in range(1, 13):
        ward.send(a_slice(number))
    stack = ward.open()
    first = ward.client.door.errands.pid
    assert first is not None
    failed: list[int] = []
    stack.failed.connect(failed.append)
    stack.look_at(6)
    os.kill(first, signal.SIGKILL)
    ward.qtbot.waitUntil(lambda: stack.held == 12)
    assert ward.client.door.errands.pid not in (None, first)
    assert failed == []
    assert [int(loaded.frame.values[0, 0]) for place in range(12) if (loaded := stack.loaded(place)) is not None] == [
        int(smooth(64, 64)[0, 0]) + number for number in range(1, 13)]


def test_who_may_not_see_the_patient_gets_no_stack(ward: Ward) -> None:
    ward.send(a_slice(1))
    with ward.qtbot.waitSignal(ward.images.refused) as told:
        ward.images.open(STUDY, "1.2.3.77")
    assert told.args is not None
    assert told.args[1].reasons[0].code == "thing_unknown"


def test_public_files_come_through_unchanged(ward: Ward) -> None:
    ward.client.sign_in("lan", PASSWORD)  # the records office sees what belongs to nobody yet
    names = ("CT_small.dcm", "emri_small_jpeg_ls_lossless.dcm", "examples_ybr_color.dcm")
    for file in (path.read_bytes() for found, path in public_files().items() if Path(found).name in names):
        ward.send(file)
        image = open_image(InMemory(file))
        stack = ward.open(image.identity.study_uid, image.identity.series_uid)
        last = len(stack) - 1
        assert len(stack) == image.format.frames
        stack.look_at(last)
        ward.until_here(stack, last)
        loaded = stack.loaded(last)
        assert loaded is not None
        assert np.array_equal(loaded.frame.values, image.frame(loaded.spot.frame).values)
        assert loaded.grey.presets == image.grey(loaded.spot.frame).presets
