"""A signal as a callback: heard while its object lives, and no end of the program when it does not."""

from __future__ import annotations

import threading

from PyQt6 import sip
from PyQt6.QtCore import QCoreApplication, QEvent, QObject, Qt, pyqtSignal
from pytestqt.qtbot import QtBot

from records.errors import Refusal
from tests.workstation.outliving import outlives
from workstation.background import Background, Query
from workstation.emitting import emitter


class Asker(QObject):
    """Asks, and is told."""

    refused = pyqtSignal(object)
    came = pyqtSignal(int, str)


def test_it_says_what_the_signal_says(qapp: QCoreApplication) -> None:
    asker, heard = Asker(), list[tuple[int, str]]()
    asker.came.connect(lambda number, words: heard.append((number, words)))
    emitter(asker, asker.came)(3, "ba")
    assert heard == [(3, "ba")]


def test_an_object_that_is_gone_is_told_nothing(qapp: QCoreApplication) -> None:
    asker = Asker()
    kept = emitter(asker, asker.refused)
    sip.delete(asker)
    kept(None)


def test_who_is_closed_while_the_server_thinks_hears_no_refusal(background: Background, qtbot: QtBot) -> None:
    def refuse() -> None:
        raise Refusal.because("unexpected", "a test")

    asker, heard = Asker(), list[object]()
    asker.refused.connect(heard.append)
    job = background.run(Query("ask", refuse, heard.append, emitter(asker, asker.refused)))
    with qtbot.waitSignal(job.ended, timeout=10_000):
        asker.deleteLater()
        QCoreApplication.sendPostedEvents(asker, QEvent.Type.DeferredDelete.value)
        assert sip.isdeleted(asker)
    assert heard == []


def test_what_another_thread_says_is_emitted_on_the_ui_thread_and_in_order(
        background: Background, qtbot: QtBot) -> None:
    asker, heard, where = Asker(), list[int](), set[threading.Thread]()

    def hear(number: int, _words: str) -> None:
        heard.append(number)
        where.add(threading.current_thread())

    asker.came.connect(hear, Qt.ConnectionType.DirectConnection)  # type: ignore[call-arg]  # the stubs know less
    tell = emitter(asker, asker.came)
    job = background.run(Query("tell", lambda: [tell(number, "") for number in range(100)], lambda _: heard.append(-1)))
    with qtbot.waitSignal(job.ended, timeout=10_000):
        pass
    assert heard == [*range(100), -1], "what was told on the way comes before the end"
    assert where == {threading.main_thread()}


def test_work_that_ends_after_its_window_is_silent(background: Background) -> None:
    begun, go_on, threw = threading.Event(), threading.Event(), list[str]()

    def work() -> None:
        begun.set()
        go_on.wait(20)

    job = background.run(Query("last words", work, lambda _: None), lane="last")
    watched, threading.excepthook = threading.excepthook, lambda told: threw.append(str(told.exc_value))
    try:
        assert begun.wait(20)
        sip.delete(job)
        go_on.set()
        background.stop()
        assert threw == []
    finally:
        threading.excepthook = watched


def test_an_emitter_is_made_where_its_object_cannot_go_meanwhile(background: Background, qtbot: QtBot) -> None:
    asker, heard = Asker(), list[BaseException]()

    def work() -> None:
        try:
            emitter(asker, asker.refused)
        except RuntimeError as why:
            heard.append(why)

    with qtbot.waitSignal(background.run(Query("late", work, lambda _: None)).ended, timeout=20_000):
        pass
    assert "UI thread" in str(heard[0])


_SCRIPT = """
import sys, threading, time
from PyQt6.QtCore import QCoreApplication, QEvent, QObject, pyqtSignal
from workstation.emitting import emitter
application = QCoreApplication([])
class Model(QObject):
    went_on = pyqtSignal(int, int)
    def __init__(self):
        super().__init__()
        self.went_on.connect(self.hear)
    def hear(self, done, of):
        pass
        self.tell = emitter(self, self.went_on)
models, over = [Model()], time.monotonic() + float(sys.argv[1])
def read():
    while time.monotonic() < over:
        tell = models[0].tell
        for number in range(200):
            tell(number, 200)
threads = [threading.Thread(target=read) for _ in range(2)]
for thread in threads: thread.start()
while time.monotonic() < over:
    closed, models[0] = models[0], Model()
    closed.deleteLater()
    application.processEvents()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
for thread in threads: thread.join()
print("ALIVE")
"""


def test_a_dialog_may_be_closed_while_another_thread_tells_it_how_far_it_is() -> None:
    outlives(_SCRIPT, "0.5")


_EXIT = """
import atexit, sys, threading
def late():
    go_on.set()
    teller.join(20)
    print("ALIVE", flush=True)
go_on = threading.Event()
atexit.register(late)  # before PyQt registers its own: called after it
from PyQt6.QtCore import QCoreApplication, QObject, pyqtSignal
from workstation.emitting import emitter
class Model(QObject):
    went_on = pyqtSignal(int)
application, model = QCoreApplication([]), Model()
tell = emitter(model, model.went_on)
def go():
    go_on.wait(20)
    tell(1)
threading.excepthook = lambda told: print(told.exc_value, flush=True)
teller = threading.Thread(target=go, daemon=True)
teller.start()
"""


def test_who_still_works_when_the_program_is_at_its_end_may_say_so() -> None:
    outlives(_EXIT)
