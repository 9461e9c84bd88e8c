"""A signal as a callback: heard while its object lives, and no end of the program when it does not."""

from __future__ import annotations

from PyQt6 import sip
from PyQt6.QtCore import QCoreApplication, QEvent, QObject, pyqtSignal
from pytestqt.qtbot import QtBot

from records.errors import Refusal
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
