"""What hangs first is what the server has now, where it answers; else what this PC keeps."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pytestqt.qtbot import QtBot

from records.image_lists import ImageSeriesView, ImageStudyView
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


def test_a_report_that_comes_to_a_listed_study_is_told_and_taken_in(
        desks: Desks, little: LittleServer, qtbot: QtBot) -> None:
    """Only pictures were counted: a report, an ECG or a document was not seen before the images were opened anew."""
    picture = ImageSeriesView(uid="1.2.1", modality="US", instances=1, frames=30)
    others = [ImageSeriesView(uid=f"1.2.{number}", modality=modality, instances=count, shown=False)
              for number, (modality, count) in enumerate((("SR", 2), ("ECG", 1), ("PR", 1), ("KO", 1)), 2)]

    def listed(*series: ImageSeriesView) -> PatientImages:
        return PatientImages(studies=(replace(of("1.2").studies[0], series=series),))

    desk = desks.open()
    little.images = listed(picture)
    model = StudiesModel(desk, hospital.patient())
    with qtbot.waitSignal(model.loaded):
        model.load()
    little.images = listed(replace(picture, frames=32), *others)
    with qtbot.waitSignal(model.news_changed):
        model.look_again()
    assert model.news.words == "Có 2 khung hình mới, 2 báo cáo mới và 1 điện tim mới"
    model.take_in()
    assert len(model.studies[0].series) == 5
    assert not model.news.words
