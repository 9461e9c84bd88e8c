"""Key images in the viewer: small pictures in the report's order; Enter opens, Delete takes out; pixels stay pixels."""

from __future__ import annotations

import numpy as np
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtGui import QColor, QContextMenuEvent, QImage
from PyQt6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from tests.workstation.views.keyboard import press
from workstation.models.images.key_images import LONGEST_SIDE, key_image
from workstation.models.images.stack import Spot
from workstation.views import style
from workstation.views.images.key_images import KeyImageList, picture_size, pixels_of


def image(number: int) -> dict[str, object]:
    spot = Spot("1.2", "1.2.3", f"1.2.3.{number}", 1)
    return dict(key_image(spot, "ab" * 32, f"Lát {number}", np.full((40, 60), 50 * number, np.uint8)))


def test_enter_opens_and_delete_takes_out(qapp: QApplication, qtbot: QtBot) -> None:
    style.apply(qapp, "day")
    shown = KeyImageList()
    qtbot.addWidget(shown)
    assert shown.isHidden()
    shown.show_images((image(1), image(2)))
    shown.show()
    shown.setCurrentRow(1)
    with qtbot.waitSignal(shown.opened) as opened:
        press(shown, Qt.Key.Key_Return)
    with qtbot.waitSignal(shown.dropped) as dropped:
        press(shown, Qt.Key.Key_Delete)
    assert opened.args[0]["words"] == dropped.args[0]["words"] == "Lát 2"
    assert not shown.grab().isNull()


def test_the_right_button_takes_out_and_numbers_are_read_on_light_paper(qapp: QApplication, qtbot: QtBot) -> None:
    """With the mouse alone nothing took a key image out; on an ECG's paper its number was white on white."""
    style.apply(qapp, "day")
    shown = KeyImageList()
    qtbot.addWidget(shown)
    white = np.full((74, 108), 255, np.uint8)
    paper = dict(key_image(Spot("1.2", "1.2.3", "1.2.3.9", 1), "ab" * 32, "Điện tim", white))
    shown.show_images((paper, image(2)))
    shown.show()
    item, view = shown.item(0), shown.viewport()
    assert item is not None
    assert view is not None
    corner = shown.visualItemRect(item).topLeft() + QPoint(4, 4)
    seen = view.grab().toImage()
    lights = {seen.pixelColor(corner + QPoint(x, y)).lightness() for x in range(8) for y in range(12)}
    assert min(lights) < 60
    assert max(lights) > 200
    QApplication.sendEvent(view, QContextMenuEvent(
        QContextMenuEvent.Reason.Mouse, shown.visualItemRect(item).center(), view.mapToGlobal(corner)))
    menu = shown.findChild(QMenu)
    assert menu is not None
    with qtbot.waitSignal(shown.dropped) as dropped:
        menu.actions()[0].trigger()
    assert dropped.args[0]["words"] == "Điện tim"
    menu.close()


def test_a_grey_picture_has_one_channel_and_a_coloured_mark_makes_three() -> None:
    image = QImage(7, 5, QImage.Format.Format_RGB32)
    image.fill(QColor(90, 90, 90))
    assert pixels_of(image).shape == (5, 7)
    assert set(pixels_of(image).flat) == {90}
    image.setPixelColor(3, 2, QColor(255, 215, 94))
    coloured = pixels_of(image)
    assert coloured.shape == (5, 7, 3)
    assert tuple(coloured[2, 3]) == (255, 215, 94)
    assert tuple(coloured[0, 0]) == (90, 90, 90)


def test_a_report_takes_the_picture_in_the_viewports_shape() -> None:
    wide = picture_size(700, 350)
    assert (wide.width(), wide.height()) == (LONGEST_SIDE, LONGEST_SIDE // 2)
    assert max(picture_size(10, 4000).height(), 1) == LONGEST_SIDE
