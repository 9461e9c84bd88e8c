"""The pane of a report, of key objects and of a presentation state: plain text, and the way to its images."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QFontMetricsF, QKeyEvent, QMouseEvent, QResizeEvent
from PyQt6.QtWidgets import QPlainTextEdit, QWidget

from imaging.objects.references import ImageReference
from imaging.objects.report import Line, Report
from workstation.views import style
from workstation.views.widgets.text import column, frame, label

_STEP = "    "
LOW = 240
"""Pixels below which a report has no room for more than its title above it."""


class ReportText(QPlainTextEdit):
    """The lines; Enter or a double click on one that refers to an image asks for it."""

    wanted = pyqtSignal(object)
    """An `ImageReference`."""

    def __init__(self, lines: tuple[Line, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        shown = [(line, part) for line in _numbered(lines) for part in line.words.split("\n")]
        self._lines = [line for line, _ in shown]
        self.setReadOnly(True)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse
                                     | Qt.TextInteractionFlag.TextSelectableByKeyboard)
        self.setFont(style.font())
        self.setTabStopDistance(QFontMetricsF(style.font()).horizontalAdvance(_STEP))
        self.setPlainText("\n".join(_STEP * line.depth + part + (" ↗" if line.reference else "")
                                    for line, part in shown))
        self.setAccessibleName("Nội dung báo cáo")

    @property
    def here(self) -> ImageReference | None:
        """The image that the line under the cursor refers to."""
        number = self.textCursor().blockNumber()
        return self._lines[number].reference if number < len(self._lines) else None

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.here is not None:
            self.wanted.emit(self.here)
            return
        super().keyPressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        super().mouseDoubleClickEvent(event)
        if self.here is not None:
            self.wanted.emit(self.here)


def _numbered(lines: tuple[Line, ...]) -> Iterator[Line]:
    """Instances by number in the order of the report: their identifiers say nothing to a reader."""
    numbers: dict[str, str] = {}
    for line in lines:
        if line.reference is None:
            yield line
            continue
        uid = line.reference.instance_uid
        yield replace(line, value=line.value.replace(uid, numbers.setdefault(uid, str(len(numbers) + 1))))


class ReportPane(QWidget):
    """Title, standing, who verified it, and the text."""

    wanted = pyqtSignal(object)
    """An `ImageReference` that the reader asks for."""

    def __init__(self, report: Report, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.report = report
        self.text = ReportText(report.lines)
        self.text.wanted.connect(self.wanted)
        head = frame("head")
        standing = " · ".join(filter(None, (report.completion, report.verification, report.moment)))
        lines = [label(report.title, "title", wrap=True)]
        self._more = [label(words, "small_second", wrap=True) for words in (
            standing, *(f"Người xác nhận: {name}" for name in report.verifiers)) if words]
        if report.cut:
            self._more.append(label("Báo cáo dài hơn mức hiển thị: phần sau không được nêu.", "attention", wrap=True))
        if any(line.reference for line in report.lines):
            self._more.append(label("Dòng có ↗: Enter hoặc nhấp đúp để mở ảnh.", "small_second", wrap=True))
        head.setLayout(column(*lines, *self._more, margins=(12, 8, 12, 8)))
        self.setLayout(column(head, self.text, gap=0))
        self.setFocusProxy(self.text)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """In a low viewport (3×3) the report's words come before what is said of it: both lay over each other."""
        super().resizeEvent(event)
        for line in self._more:
            line.setVisible(self.height() >= LOW)
