"""Small pictures come when the server is back, and say why there is none where there will be none."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PyQt6.QtTest import QSignalSpy
from pytestqt.qtbot import QtBot

from records.errors import Refusal, Trouble
from records.image_lists import ImageSeriesView
from workstation.background import Background
from workstation.models.images import thumbnails
from workstation.models.images.thumbnails import Thumbnails

SERIES = ImageSeriesView(uid="1.2", modality="CT", number=1, instances=3, middle="1.2.2")


class Drawn(Thumbnails):
    """What the server answers, one after the other."""

    def __init__(self, background: Background, *answers: Refusal | bytes) -> None:
        super().__init__(background)
        self.answers = list(answers)

    def draw(self, study: str, series: ImageSeriesView) -> bytes:
        answer = self.answers.pop(0)
        if isinstance(answer, Refusal):
            raise answer
        return answer


def test_a_small_picture_that_the_network_kept_back_comes_by_itself(
        background: Background, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thumbnails, "AGAIN_MS", 20)
    drawn = Drawn(background, Trouble.because("server_away", detail="cut"), b"png")
    arrived = QSignalSpy(drawn.arrived)
    drawn.want("1", SERIES)
    qtbot.waitUntil(lambda: drawn.picture("1.2") == b"png", timeout=10_000)
    assert (drawn.why_not("1.2"), len(arrived)) == ("", 1)


def test_names_that_stand_in_the_pixels_are_told_in_the_place_of_the_small_picture(
        background: Background, qtbot: QtBot) -> None:
    drawn = Drawn(background, Refusal.because("image_names_in_pixels", "1.2.2"))
    with qtbot.waitSignal(drawn.arrived, timeout=10_000):
        drawn.want("1", SERIES)
    assert drawn.why_not_short("1.2") == "tên nằm trên ảnh"
    assert "thông tin người bệnh nằm ngay trên ảnh" in drawn.why_not("1.2")


def test_nothing_is_asked_for_a_report(background: Background, qtbot: QtBot) -> None:
    """The strip told an error of each: «Tệp không chứa ảnh»."""
    drawn = Drawn(background, b"png")
    drawn.want("1", replace(SERIES, uid="1.2.9", modality="SR", shown=False))
    with qtbot.waitSignal(drawn.arrived) as told:
        drawn.want("1", SERIES)
    assert told.args == [SERIES.uid]
    assert (drawn.answers, drawn.why_not("1.2.9")) == ([], "")
