"""With the mouse alone: what has no button above the pictures is in the menu at the bar's end."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QMenu

from tests.workstation.views.images.shelf import Reader
from workstation.models.images.view_state import Tool
from workstation.views.image_actions import IMAGE_ACTIONS
from workstation.views.images.more import MORE

BY_HAND = {
    "images.scroll", "images.next", "images.previous", "images.page_down", "images.page_up", "images.first",
    "images.last",  # the wheel, the stripe at the edge
    "images.nearer", "images.farther",  # Ctrl and the wheel, the tool
    "images.next_viewport", "images.previous_viewport",  # a click
    "images.aim",  # what the mouse does, by keys
    "images.key_image", "images.report", "images.sign",  # buttons in the panel
}


def menu_of(opened: Reader) -> QMenu:
    """A click on the bar's last button."""
    click = QTest
    click.mouseClick(opened.place.bar.more, Qt.MouseButton.LeftButton)  # type: ignore[call-overload]
    menu = opened.place.bar.more.findChild(QMenu)
    assert menu is not None
    return menu


def test_every_act_on_images_can_be_done_with_the_mouse(opened: Reader) -> None:
    reached = BY_HAND | set(opened.place.bar.buttons) | {action for _, group in MORE for action in group}
    assert {action.id for action in IMAGE_ACTIONS} - reached == set()


def test_a_tool_without_a_button_is_taken_from_the_menu(opened: Reader) -> None:
    menu = menu_of(opened)
    lines = {words: one for inside in menu.actions() if (under := inside.menu()) is not None
             for one in under.actions() for words in [one.text().partition("\t")[0]]}
    assert "Lấy vào những ảnh mới nhận" not in lines, "nothing came: it may not be done now"
    lines["Đo góc Cobb"].trigger()
    assert opened.place.grid.viewport.state.tool is Tool.COBB
    before = opened.place.panel.isVisible()
    lines["Số đo, ảnh chính, lần trước"].trigger()
    assert opened.place.panel.isVisible() is not before
    menu.close()

