"""F1: the keys that work here and now."""

from __future__ import annotations

from PyQt6.QtWidgets import QWidget

from workstation.views.actions import ACTIONS, ActionSet, key_of
from workstation.views.prompts import Notice
from workstation.views.widgets.text import KeyCap, column, label, row


def show_help(actions: ActionSet, window: QWidget) -> None:
    """Over the window."""
    content = QWidget()
    layout = column(gap=6)
    for action in ACTIONS:
        if action.key and actions.why_not(action.id) == "":
            cap = KeyCap(key_of(action.id))
            cap.setMinimumWidth(72)
            layout.addLayout(row(cap, label(action.text), None))
    content.setLayout(layout)
    Notice("Các phím dùng được ở đây", content, window).show_over()
