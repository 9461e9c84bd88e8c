"""What a viewer keeps (presentation states, key objects) goes to the server by STOW-RS and comes back as it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from pytestqt.qtbot import QtBot

from imaging.grey import Window
from imaging.image import Image, open_image
from imaging.objects.key_objects import CHOICES, read_key_objects
from imaging.objects.presentation import read_presentation
from imaging.sources import InMemory
from records.errors import Refusal
from server.services.image_receiving import receive
from tests.imaging.dciodvfy import errors_in
from tests.server.api.test_dicomweb import MINE, STUDY, viewer
from tests.server.house import House
from tests.server.pictures import a_slice, as_file
from tests.workstation.models.images.stacks import loaded_of
from workstation.background import Background
from workstation.client.door import Door
from workstation.client.image_storing import StoringRoutes
from workstation.models.images.marks import Kind, Mark
from workstation.models.images.measuring import measured
from workstation.models.images.stack import Loaded
from workstation.models.images.state_saving import StateSaver
from workstation.models.images.states import kept, laid
from workstation.models.images.view_state import ViewState

LOOK = ViewState(voi=Window(40, 400), quarter_turns=1, mirrored=True)


@pytest.fixture
def shown(house: House) -> Loaded:
    data = a_slice(number=1, **MINE)
    receive(house.hospital, as_file(data), sender="CT1")
    return loaded_of(open_image(InMemory(as_file(data))))


@contextmanager
def saver(house: House, username: str) -> Iterator[StateSaver]:
    """That person's, over a door of its own."""
    background = Background()
    with closing(door(house, username)) as own:
        yield StateSaver(StoringRoutes(own), background, "Lê^Thu Hà", lambda: datetime(2026, 11, 16, tzinfo=UTC))
        background.stop()


def door(house: House, username: str) -> Door:
    made = Door(house.url, house.settings.home / "tls" / "ca.pem")
    with house.sign_in(username) as client:
        made.token = client.headers["Authorization"].removeprefix("Bearer ")
    return made


def objects(house: House, modality: str) -> list[Image]:
    """What the server has of a kind, as it gives it back."""
    with viewer(house, "ha") as client:
        found: list[Dataset] = [one for series in client.search_for_series(STUDY) if series["00080060"]["Value"] == [
            modality] for one in client.retrieve_series(STUDY, series["0020000E"]["Value"][0])]
    return [open_image(InMemory(as_file(one))) for one in found]


def test_a_look_with_its_marks_is_kept_at_the_server(
        house: House, shown: Loaded, qtbot: QtBot, tmp_path: Path) -> None:
    mark = measured(Mark.new(shown.spot, Kind.LENGTH, [(10.0, 10.0), (30.0, 10.0)]), shown)
    with saver(house, "ha") as keeping, qtbot.waitSignal(keeping.saved, timeout=20_000) as told:
        keeping.save_state([kept(shown, LOOK, (400, 400), [mark])], "Đọc phim")
    assert told.args == ["Đã lưu cách trình bày của 1 ảnh."]
    [file] = objects(house, "PR")
    state = read_presentation(file.dataset)
    assert (state.description, state.creator) == ("Đọc phim", "Lê^Thu Hà")
    back = laid(state, shown, (400, 400), ViewState())
    assert (back.look.voi, back.look.quarter_turns, back.look.mirrored) == (LOOK.voi, 1, True)
    assert len(back.graphics) == 2
    assert file.identity.patient_name == MINE["PatientName"]
    assert errors_in(file.header.source.read(0, file.header.source.size), tmp_path) == []


def test_key_objects_are_kept_at_the_server(
        house: House, shown: Loaded, qtbot: QtBot) -> None:
    with saver(house, "ha") as keeping, qtbot.waitSignal(keeping.saved, timeout=20_000):
        keeping.save_key_objects([kept(shown, LOOK, (400, 400), []).reference], {STUDY: shown.image.dataset},
                                 CHOICES[2], "Đám đông đặc")
    [file] = objects(house, "KO")
    selected = read_key_objects(file.dataset)
    assert selected.title_words == "Cho hội chẩn"
    assert (selected.description, selected.observer) == ("Đám đông đặc", "Lê^Thu Hà")
    assert [(one.instance_uid, one.study_uid) for one in selected.images] == [(shown.spot.sop_instance_uid, STUDY)]


def test_what_the_server_refuses_is_told(house: House, shown: Loaded, qtbot: QtBot) -> None:
    with saver(house, "ha") as keeping, qtbot.waitSignal(keeping.refused, timeout=20_000) as told:
        keeping.save_state([])
    assert told.args is not None
    assert told.args[0].reasons[0].code == "objects_nothing_to_keep"
    with closing(door(house, "ha")) as own, pytest.raises(Refusal) as refused:
        StoringRoutes(own).store_objects("1.2.3", [b"no DICOM at all"])
    assert refused.value.reasons[0].code == "objects_not_kept"
