"""The page that somebody reads before confirming: large, for a finger, and it knows when the end was seen."""

from __future__ import annotations

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtPdfWidgets import QPdfView
from PyQt6.QtWidgets import QScroller, QVBoxLayout, QWidget

from workstation.views.preview import PdfPane
from workstation.views.widgets.buttons import TouchButton
from workstation.views.widgets.text import column, label, row

LARGE, LARGEST, STEP = 1.18, 3.5, 1.25
"""Times the width of the pane: the first cuts only the paper's white margins off."""
NEAR_END_PX = 8
PART = 0.85
"""Of the screen that «Đọc tiếp» goes on by."""


class ReadingPage(QWidget):
    """Pages below each other with big buttons; `read` tells that the last line was on the screen."""

    read = pyqtSignal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.has_read = False
        self._zoom = LARGE
        self.pdf = PdfPane(self)
        self.pdf.setZoomMode(QPdfView.ZoomMode.Custom)
        QScroller.grabGesture(self.pdf.viewport(), QScroller.ScrollerGestureType.TouchGesture)
        self.where = label("", "second")
        self.back = TouchButton("Quay lại", icon="chevron-up", on_click=lambda: self.turn(-1))
        self.on = TouchButton("Đọc tiếp", icon="chevron-down", on_click=lambda: self.turn(1))
        self.smaller = TouchButton("Chữ nhỏ hơn", icon="minus", on_click=lambda: self.zoom(1 / STEP))
        self.larger = TouchButton("Chữ to hơn", icon="search", on_click=lambda: self.zoom(STEP))
        layout: QVBoxLayout = column(gap=6)
        layout.addWidget(self.pdf, 1)
        layout.addLayout(row(self.back, self.on, self.where, None, self.smaller, self.larger, gap=6))
        self.setLayout(layout)
        down, across = self.pdf.verticalScrollBar(), self.pdf.horizontalScrollBar()
        if down is not None and across is not None:
            down.valueChanged.connect(lambda _value: self._look())
            down.rangeChanged.connect(lambda _low, _high: self._look())
            across.rangeChanged.connect(lambda low, high: across.setValue((low + high) // 2))

    def show_pdf(self, pdf: bytes) -> None:
        """This page now, from its top."""
        self.pdf.show_pdf(pdf)
        self._apply()
        self.pdf.setFocus()
        self._look()

    def stop(self) -> None:
        """Let go of the file."""
        self.pdf.stop()

    def turn(self, way: int) -> None:
        """Nearly a screen on (1) or back (-1), never past a line that was not shown."""
        bar = self.pdf.verticalScrollBar()
        if bar is not None:
            bar.setValue(bar.value() + round(way * PART * bar.pageStep()))

    def zoom(self, times: float) -> None:
        """Larger or smaller letters; never so small that nobody reads them."""
        self._zoom = min(LARGEST, max(LARGE, self._zoom * times))
        self._apply()

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]  # Qt gives a QResizeEvent
        self._apply()

    @property
    def _page(self) -> int:
        navigator = self.pdf.pageNavigator()
        return navigator.currentPage() if navigator is not None else 0

    def _apply(self) -> None:
        viewport, document = self.pdf.viewport(), self.pdf.document_
        if viewport is None or document.pageCount() < 1:
            return
        points = document.pagePointSize(0).width()
        self.pdf.setZoomFactor(self._zoom * viewport.width() / (points * self.logicalDpiX() / 72))
        self.smaller.setEnabled(self._zoom > LARGE)
        self.larger.setEnabled(self._zoom < LARGEST)

    def _look(self) -> None:
        pages, bar = self.pdf.document_.pageCount(), self.pdf.verticalScrollBar()
        if pages < 1 or bar is None:
            return
        at_end = bar.maximum() > 0 and bar.value() >= bar.maximum() - NEAR_END_PX
        self.where.setText(f"Trang {self._page + 1}/{pages}")
        self.back.setEnabled(bar.value() > bar.minimum())
        self.on.setEnabled(not at_end)
        if at_end and self.isVisible() and not self.has_read:
            self.has_read = True
            self.read.emit()
