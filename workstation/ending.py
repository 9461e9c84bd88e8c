"""The end of a program with a window: nobody is told anything any more, and the windows go before the application."""

from __future__ import annotations

import sys

from PyQt6.QtCore import QCoreApplication, QEvent, QObject

from workstation.emitting import fall_silent


def take_apart(*things: QObject) -> None:
    """Once, behind the loop and before the application goes.

    Left to the interpreter's end, Qt and Python take windows apart in any order and may crash on the way out. With its
    application PyQt deletes every object that Python owns, while other threads still go on.
    """
    sys.excepthook = sys.__excepthook__
    fall_silent()
    for thing in things:
        thing.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
