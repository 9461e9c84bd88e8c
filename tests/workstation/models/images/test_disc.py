"""A disc from elsewhere: read with progress until somebody says stop, by persons; sent once, whatever happens."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from PyQt6 import sip
from pytestqt.qtbot import QtBot

from imaging.sources import MIB
from records.errors import Refusal, Trouble
from server.store import base, images
from server.store.image_search import Sight
from tests.imaging.bombs import around, deep
from tests.server.pictures import a_slice, as_file
from tests.workstation.models.images.discs import BINH, HERS, HOA, LUNG, SOFT, a_disc, slices, spoil
from tests.workstation.models.images.test_remote import Ward, ward
from workstation.background import Background
from workstation.client.image_storing import Stored, StoringRoutes
from workstation.models.images.disc import DiscModel, DiscPerson, DiscReading, DiscStage, DiscThumbnails
from workstation.models.images.disc_sending import DiscSending, SendingStage
from workstation.models.images.hanging import Hung
from workstation.models.images.loading import Loader
from workstation.models.images.local import LocalImages, read_folder
from workstation.models.images.pixel_memory import PixelMemory
from workstation.models.images.reading import Reading

__all__ = ["ward"]


@pytest.fixture
def model(background: Background) -> DiscModel:
    return DiscModel(background)


def read(model: DiscModel, place: Path, qtbot: QtBot) -> tuple[DiscPerson, ...]:
    model.read(place)
    qtbot.waitUntil(lambda: model.stage is DiscStage.READ, timeout=20_000)
    return model.persons


def test_a_disc_is_listed_by_whose_name_is_on_it(model: DiscModel, tmp_path: Path, qtbot: QtBot) -> None:
    told: list[tuple[int, int]] = []
    model.went_on.connect(lambda done, of: told.append((done, of)))
    binh, hoa = read(model, a_disc(tmp_path / "cd"), qtbot)
    assert (binh.name, binh.named.patient_no, binh.named.birth_date, hoa.name) == (
        "NGUYEN VAN BINH", "BVT-7731", "19590312", "TRẦN THỊ HÒA")
    assert [(one.uid, one.frames) for one in binh.studies[0].series] == [(LUNG, 12), (SOFT, 6)]
    assert hoa.studies[0].series[0].uid == HERS
    assert not model.unreadable
    assert told[0] == (0, 22)
    assert [done for done, _ in told] == sorted({done for done, _ in told})


def test_a_dicomdir_is_read_as_its_folder_is_whatever_the_system_made_of_its_names(
        model: DiscModel, tmp_path: Path, qtbot: QtBot) -> None:
    folder = a_disc(tmp_path / "cd")
    by_folder = read(model, folder, qtbot)
    by_directory = read(model, folder / "DICOMDIR", qtbot)
    assert [person.studies[0].series for person in by_directory] == [
        person.studies[0].series for person in by_folder]
    # Linux shows the names of a disc in small letters when nothing says otherwise.
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rename(path.with_name(path.name.lower()))
    assert len(read(model, folder / "dicomdir", qtbot)[0].files.files) == 18


def test_no_dicomdir_leads_out_of_its_own_folder(tmp_path: Path) -> None:
    outside = tmp_path / "outside.dcm"
    outside.write_bytes(next(slices(BINH, LUNG, 1)))
    folder = a_disc(tmp_path / "cd")
    directory = folder / "DICOMDIR"
    told = directory.read_bytes()
    named = next(one for one in sorted(folder.rglob("*")) if one.is_file() and one.name != "DICOMDIR")
    forged = "\\".join(named.relative_to(folder).parts).encode()
    directory.write_bytes(told.replace(forged, b"..\\outside.dcm".ljust(len(forged))))
    found = read_folder(directory)
    assert all(folder in file.path.parents for file in found.files)


def test_broken_files_say_why_and_their_series_open(model: DiscModel, tmp_path: Path, qtbot: QtBot,
                                                    background: Background) -> None:
    loader = Loader(PixelMemory(64 * MIB))
    binh, _ = read(model, spoil(a_disc(tmp_path / "cd")), qtbot)
    assert len(model.unreadable) == 1, "a movie and a text are no images, and no broken ones"
    assert model.unreadable[0][1].vietnamese
    reading = DiscReading(binh, loader, background)
    hung = Hung("1.9.1", LUNG)
    with qtbot.waitSignal(reading.ready, timeout=10_000) as came:
        reading.want(hung)
    assert came.args is not None
    stack = came.args[1]
    stack.look_at(0)
    whole = len(stack)
    qtbot.waitUntil(lambda: all(stack.loaded(place) or stack.why_not(place) for place in range(whole)), timeout=20_000)
    reasons = [why.vietnamese for place in range(whole) if (why := stack.why_not(place)) is not None]
    assert reasons
    assert all(reasons)
    assert sum(stack.loaded(place) is not None for place in range(whole)) >= whole - 2
    reading.stop()
    assert reading.memory_words(LUNG).startswith("Bộ nhớ ảnh 0/"), "nothing stays of a disc that was closed"
    assert loader.stop()


def test_a_shelf_tells_nothing_to_a_reader_that_is_closed(
        model: DiscModel, tmp_path: Path, qtbot: QtBot, background: Background) -> None:
    binh, _ = read(model, a_disc(tmp_path / "cd"), qtbot)
    loader = Loader(PixelMemory(64 * MIB))
    shelf = LocalImages(binh.files, loader, background)
    reading = Reading(shelf, background)
    sip.delete(reading)
    shelf.not_grown.emit(LUNG, Refusal.because("unexpected", "series"))  # an error in a slot fails the test
    assert loader.stop()


@pytest.mark.parametrize("broken", [1, 5])
def test_a_series_whose_middle_is_broken_is_drawn_small_by_the_nearest_slice(
        broken: int, model: DiscModel, tmp_path: Path, qtbot: QtBot, background: Background) -> None:
    folder = tmp_path / "cd"
    folder.mkdir()
    for number, file in enumerate(slices(HOA, HERS, 9)):
        whole = number not in range(4, 4 + broken)
        (folder / f"IM{number}").write_bytes(file if whole else file[:-9000])
    [hers] = read(model, folder, qtbot)
    loader = Loader(PixelMemory(64 * MIB))
    thumbnails = DiscThumbnails(hers.files.files, loader.decoders, background)
    [series] = hers.studies[0].series
    drawn = thumbnails.draw(hers.studies[0].uid, series)
    near = next(file.image for file in hers.files.files if file.path.name == "IM3")
    assert drawn == thumbnails._drawn(near)
    assert loader.stop()


def test_stopping_leaves_nothing_and_another_disc_may_be_read_at_once(model: DiscModel, tmp_path: Path,
                                                                     qtbot: QtBot) -> None:
    folder = a_disc(tmp_path / "cd")
    stages: list[DiscStage] = []
    model.changed.connect(lambda: stages.append(model.stage))
    model.read(folder)
    model.cancel()
    assert stages == [DiscStage.READING, DiscStage.WAITING]
    assert len(read(model, folder, qtbot)) == 2
    assert stages.count(DiscStage.READ) == 1, "what was stopped never comes back"


def test_a_drive_without_images_says_so(model: DiscModel, tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "phim.avi").write_bytes(bytes(5000))
    assert read(model, tmp_path, qtbot) == ()
    (tmp_path / "gone").mkdir()
    assert read(model, tmp_path / "gone", qtbot) == ()


class Archive:
    """The real archive's routes; the line can be cut after some messages."""

    def __init__(self, routes: StoringRoutes) -> None:
        self._routes, self.left, self.sent = routes, 1 << 30, 0
        self.open, self.asked = threading.Event(), threading.Event()
        self.open.set()

    def store_files(self, files: Sequence[bytes]) -> Stored:
        self.asked.set()
        assert self.open.wait(20)
        if self.left <= 0:
            raise Trouble.because("server_away", detail="cut off")
        self.left -= 1
        self.sent += len(files)
        return self._routes.store_files(files)


@pytest.fixture
def on_disc(model: DiscModel, tmp_path: Path, qtbot: QtBot) -> DiscPerson:
    folder = a_disc(tmp_path / "cd", 40)
    foreign = next(slices(BINH, SOFT, 1, SOPInstanceUID="1.9.bad.1"))
    (folder / "ZZZ").write_bytes(foreign)
    return read(model, folder, qtbot)[0]


@pytest.fixture
def sending(ward: Ward, on_disc: DiscPerson, background: Background) -> tuple[DiscSending, Archive]:
    archive = Archive(StoringRoutes(ward.client.door))
    return DiscSending(on_disc, archive, background), archive


def in_archive(ward: Ward) -> int:
    with base.single(ward.house.hospital.engine) as db:
        return len(images.instances_among(db, {"series": [LUNG]}, Sight()))


def until(sending: DiscSending, stage: SendingStage, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: sending.stage is stage, timeout=20_000)


def test_a_disc_is_sent_once_goes_on_where_it_was_cut_off_and_tells_what_was_turned_away(
        sending: tuple[DiscSending, Archive], ward: Ward, background: Background, qtbot: QtBot) -> None:
    model, archive = sending
    archive.left = 1
    model.begin()
    until(model, SendingStage.STOPPED, qtbot)
    cut = model.sent.done
    assert 0 < cut == len(model.sent.kept) == archive.sent < model.files
    archive.left = 1 << 30
    archive.open.clear()
    archive.asked.clear()
    model.begin()
    assert archive.asked.wait(20)
    model.cancel()
    archive.open.set()
    until(model, SendingStage.STOPPED, qtbot)
    assert cut < len(model.sent.kept) < model.files, "what was under way is kept, and no more is sent"
    model.begin()
    until(model, SendingStage.DONE, qtbot)
    assert [(name, why.code) for name, why in model.sent.refused] == [("ZZZ", "disc_file_refused")]
    assert len(model.sent.kept) == model.files - 1 == 46
    assert in_archive(ward) == 40
    # Sent again, whole: the archive has each file once.
    again = DiscSending(model.person, archive, background)
    again.begin()
    until(again, SendingStage.DONE, qtbot)
    assert len(again.sent.kept) == 46
    assert in_archive(ward) == 40


def test_a_header_made_to_swell_is_named_and_the_images_beside_it_are_read(tmp_path: Path) -> None:
    (tmp_path / "IMG1").write_bytes(as_file(a_slice()))
    (tmp_path / "IMG2").write_bytes(around(deep(1000)))
    found = read_folder(tmp_path)
    assert [one.path.name for one in found.files] == ["IMG1"]
    [(path, why)] = found.unreadable
    assert (path.name, why.code) == ("IMG2", "image_header_too_deep")
    assert "lồng nhau" in why.vietnamese
