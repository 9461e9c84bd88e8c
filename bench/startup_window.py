"""`benhan`, which says SHOWN as soon as its sign-in window is drawn, and ends."""

from __future__ import annotations

import sys

from PyQt6.QtCore import QEvent, QObject, QTimer
from PyQt6.QtWidgets import QApplication

from workstation.__main__ import main


class FirstPaint(QObject):
    """Says when the first window was painted."""

    said = False

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """The first paint; it is done when the event loop comes round again."""
        if not self.said and event is not None and event.type() == QEvent.Type.Paint:
            self.said = True
            QTimer.singleShot(0, _say)
        return False


def _say() -> None:
    print("SHOWN", flush=True)
    QApplication.closeAllWindows()
    QApplication.quit()


def watch_from_the_loop() -> None:
    """Look at the application from the moment when its event loop begins: windows are painted inside it."""
    run = QApplication.exec

    def watched() -> int:
        application = QApplication.instance()
        look = FirstPaint(application)
        if application is not None:
            application.installEventFilter(look)
        return run()

    setattr(QApplication, "exec", staticmethod(watched))  # noqa: B010 -- mypy forbids the plain assignment to a method


if __name__ == "__main__":
    watch_from_the_loop()
    sys.exit(main())
