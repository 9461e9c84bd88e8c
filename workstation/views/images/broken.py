"""The pane of a file that cannot be shown: why, and what to do."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QWidget

from records.errors import Reason
from workstation.views.widgets.text import column, label


class BrokenPane(QWidget):
    """Words in the middle."""

    def __init__(self, reason: Reason, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.reason = reason
        self.setProperty("role", "viewer_ground")  # light words: never on a light ground
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        lines = [label(reason.vietnamese, "viewer_strong", wrap=True)]
        if reason.todo:
            lines.append(label(reason.todo, "viewer", wrap=True))
        for line in lines:
            line.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setLayout(column(None, *lines, None, margins=(24, 16, 24, 16)))
        self.setAccessibleName(" ".join(filter(None, (reason.vietnamese, reason.todo))))
