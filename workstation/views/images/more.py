"""What the tool bar has no room for, for who reads with the mouse alone: every act on pictures, by what it is about."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PyQt6.QtCore import QPoint
from PyQt6.QtWidgets import QMenu, QWidget

from workstation.views.actions import ALLOWED, BY_ID, ActionSet, key_of
from workstation.views.widgets.icons import icon

MORE: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Hai bên", ("images.strip", "images.panel")),
    ("Đo, xem kỹ", ("images.cobb", "images.rectangle", "images.freehand", "images.magnifier", "images.select")),
    ("Số đo đã có", ("images.undo", "images.redo", "images.next_mark", "images.delete_mark")),
    ("Cách xem", ("images.reset", "images.full", "images.own_window", "images.one_to_one", "images.flip",
                  "images.overlays", "images.prior", "images.plane")),
    ("Trình bày đã lưu", ("images.state", "images.state_off", "images.keep_look")),
    ("Ảnh then chốt", ("images.mark_key", "images.save_keys", "images.only_keys")),
    ("Lấy vào, đưa ra", ("images.take_in", "images.picture", "images.export", "open_disc", "images.send_disc",
                         "images.leave_disc")),
)


def show_more(over: QWidget, actions: ActionSet, do: Callable[[str], object]) -> QMenu:
    """The menu below the button; what may not be done now is not in it."""
    menu = QMenu(over)
    menu.setAccessibleName("Việc khác với hình ảnh")
    for words, group in MORE:
        allowed = [action for action in group if actions.why_not(action) == ALLOWED]
        if not allowed or (inside := menu.addMenu(words)) is None:
            continue
        for action in allowed:
            key, told = key_of(action), BY_ID[action]
            act = inside.addAction(icon(told.icon, "ink"), f"{told.text}\t{key}" if key else told.text)
            if act is not None:
                act.triggered.connect(partial(_chosen, do, action))
    menu.aboutToHide.connect(menu.deleteLater)
    menu.popup(over.mapToGlobal(QPoint(over.width() - menu.sizeHint().width(), over.height())))
    return menu


def _chosen(do: Callable[[str], object], action: str, _on: bool = False) -> None:
    do(action)
