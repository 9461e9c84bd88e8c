"""What hangs first is what the server has now, where it answers; else what this PC keeps."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pytestqt.qtbot import QtBot

from records.image_lists import ImageStudyView
from records.messages import PatientImages
from tests.workstation import hospital
from tests.workstation.little_server import LittleServer
from tests.workstation.models.desks import Desks
from workstation.models.images.studies import StudiesModel


def of(*uids: str) -> PatientImages:
    return PatientImages(studies=tuple(
        ImageStudyView(uid=uid, received_at=datetime(2026, 11, 26, tzinfo=UTC)) for uid in uids))


@pytest.mark.parametrize("away", [False, True])
def test_what_came_today_is_seen_at_once_and_what_is_kept_only_while_the_server_is_away(
        desks: Desks, little: LittleServer, qtbot: QtBot, away: bool) -> None:
    """Yesterday's picture hung alone, as the newest, with a line in the corner that another one had come."""
    desk = desks.open()
    little.images = of("1.2", "1.1")
    desk.store.put_cache(f"images:{hospital.patient().id}", of("1.1").model_dump_json().encode())
    if away:
        desk.client.door.token = None
    model, seen = StudiesModel(desk, hospital.patient()), list[list[str]]()
    model.loaded.connect(lambda: seen.append([study.uid for study in model.studies]))
    model.load()
    qtbot.waitUntil(lambda: bool(seen))
    desks.settle()
    assert seen == ([["1.1"]] if away else [["1.2", "1.1"]])
    assert not model.news.words
