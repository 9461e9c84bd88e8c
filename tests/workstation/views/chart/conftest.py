"""A chart in its window, on a real desk and a little server over real HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from PyQt6.QtWidgets import QApplication, QMainWindow
from pytestqt.qtbot import QtBot

from records.messages import Chart, EntryView
from tests.workstation import hospital
from tests.workstation.little_server import LittleServer
from tests.workstation.models.desks import Desks, made
from tests.workstation.views.chart import charts
from workstation.background import Background
from workstation.client import Client
from workstation.models.chart import ChartModel
from workstation.models.desk import Desk
from workstation.models.editor import EditorModel
from workstation.views import style
from workstation.views.actions import ActionSet, Place
from workstation.views.chart.place import ChartPlace


@dataclass
class Opened:
    """A chart that is open, and what stands around it."""

    window: QMainWindow
    actions: ActionSet
    place: ChartPlace
    chart: ChartModel
    desk: Desk
    little: LittleServer
    entries: tuple[EntryView, ...]

    def first(self, form_code: str) -> EntryView:
        """The newest entry of a form."""
        return next(view for view in self.entries if view.form.code == form_code)

    @property
    def editor(self) -> EditorModel:
        """What is being written."""
        model = self.place.writing.model
        assert model is not None
        return model


Open = Callable[..., Opened]


@pytest.fixture
def desks(tmp_path: Path, little: LittleServer, client_of: Callable[..., Client], background: Background,
          qtbot: QtBot) -> Iterator[Desks]:
    yield from made(tmp_path, little, client_of, background, qtbot)


@pytest.fixture
def opened(qapp: QApplication, desks: Desks, little: LittleServer, qtbot: QtBot) -> Iterator[Open]:
    """Opens Nguyễn Văn Bình's chart with these entries (the demo's, when none are named)."""
    style.apply(qapp, "day")
    shown: list[Opened] = []

    def open_chart(entries: Sequence[EntryView] | None = None, *, desk: Desk | None = None,
                   answer: Chart | None = None) -> Opened:
        now = charts.now()
        listed = tuple(entries) if entries is not None else charts.demo_entries(charts.BINH, now)
        chart = answer or charts.chart_of(listed, now)
        little.charts[hospital.ENCOUNTER] = chart.model_dump_json().encode()
        at_desk = desk or desks.open()
        window = QMainWindow()
        window.resize(1366, 636)
        actions = ActionSet(window)
        model = ChartModel(at_desk, hospital.ENCOUNTER)
        place = ChartPlace(at_desk, model, actions)
        model.setParent(place)
        window.setCentralWidget(place)
        actions.enter(Place.CHART)
        window.show()
        window.activateWindow()
        qtbot.waitUntil(lambda: model.chart is not None and not model.cached, timeout=10_000)
        shown.append(Opened(window, actions, place, model, at_desk, little, listed))
        return shown[-1]

    yield open_chart
    for one in shown:
        one.place.stop()
        one.window.close()
        one.window.deleteLater()
    desks.settle()
    qapp.processEvents()
