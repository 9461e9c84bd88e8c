"""Cycles of Python objects, closed windows among them, are taken apart on the UI thread only."""

from __future__ import annotations

import gc
import threading
from functools import partial

import pytest
from PyQt6.QtCore import QObject
from pytestqt.qtbot import QtBot

from tests.workstation.outliving import outlives
from workstation import collecting
from workstation.background import Background, Query
from workstation.collecting import YOUNG_OBJECTS, Collector


class Closed:
    """Something that was closed and still holds itself, as a dialog whose button calls one of its methods does."""

    ended: list[threading.Thread]

    def __init__(self) -> None:
        self.myself = self

    def __del__(self) -> None:
        self.ended.append(threading.current_thread())


@pytest.fixture
def ended() -> list[threading.Thread]:
    Closed.ended = []
    return Closed.ended


def many_objects() -> None:
    """As many as the code of a series or the entries of a chart; the collector is due."""
    made = [[number] for number in range(11 * YOUNG_OBJECTS)]
    assert made


def test_what_is_closed_ends_on_the_ui_thread_while_others_make_the_objects(
        qtbot: QtBot, ended: list[threading.Thread], background: Background) -> None:
    collector = Collector(background)
    collector._timer.stop()  # on a busy machine it would look, rightly, while the objects are made
    gc.collect()
    Closed()
    with qtbot.waitSignal(background.run(Query("many", many_objects, lambda _: None)).ended):
        pass
    assert not ended
    many = [[number] for number in range(2 * YOUNG_OBJECTS)]
    collector.look()
    assert many
    assert ended == [threading.main_thread()]


def test_older_generations_are_looked_at_too(background: Background, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "YOUNG_OBJECTS", 1000)
    monkeypatch.setattr(collecting, "ROUNDS", 2)
    collector, looked = Collector(background), list[int]()

    def note(phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            looked.append(info["generation"])

    gc.collect()
    gc.callbacks.append(note)
    kept = []
    for _ in range(20):
        kept.append([list[int]() for _ in range(1010)])
        collector.look()
    gc.callbacks.remove(note)
    assert looked[:4] == [0, 0, 0, 1]
    assert 2 in looked


def test_a_program_that_begins_in_a_test_keeps_nothing_of_the_tests_before_it(background: Background) -> None:
    """A worker of the suite grew by a megabyte with each."""
    frozen, left = gc.get_freeze_count(), [[number] for number in range(YOUNG_OBJECTS)]
    Collector(background)
    assert left
    assert gc.get_freeze_count() <= frozen


def _tell(_who: QObject, _result: object) -> None:
    """Holds who asked."""


def test_a_job_that_came_back_holds_nobody(qtbot: QtBot, background: Background) -> None:
    asked: list[QObject] = [QObject()]
    gone: list[bool] = []
    asked[0].destroyed.connect(lambda: gone.append(True))
    job = background.run(Query("ask", lambda: None, partial(_tell, asked[0])))
    with qtbot.waitSignal(job.ended):
        asked.clear()
    assert gone == [True], "its thread may be the last that holds the job"


_SCRIPT = """
import gc, sys, threading, time
from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QApplication, QPushButton, QWidget
from workstation.collecting import Collector
application = QApplication([])
class Dialog(QWidget):
    def __init__(self):
        super().__init__()
        self.timer = QTimer(self)
        self.timer.timeout.connect(lambda: self.isVisible())
        self.timer.start(0)
gc.set_threshold(50, 2, 2)
collector = Collector()
over = time.monotonic() + float(sys.argv[1])
def load():
    while time.monotonic() < over:
        [[] for _ in range(100)]
        time.sleep(0)
threads = [threading.Thread(target=load) for _ in range(2)]
gc.collect(); gc.freeze()
for thread in threads: thread.start()
while time.monotonic() < over:
    Dialog(); application.processEvents()
for thread in threads: thread.join()
print("ALIVE")
"""


def test_dialogs_that_are_closed_while_images_load_end_nothing() -> None:
    outlives(_SCRIPT, "0.5")
