"""What stands at a viewport's rim lies over nothing else there, and a Cobb angle's two lines are seen to be one."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import QRect
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from imaging.objects.report import Line, Report
from workstation.models.images.corners import Corners
from workstation.models.images.drawing import tie
from workstation.models.images.marks import Kind
from workstation.models.images.orientation import Edges
from workstation.views.images.corner_painting import boxes, letter_places
from workstation.views.images.report import ReportPane

CORNERS = Corners(("PET toàn thân · chuỗi 1 PET AC", "Lát 1/12 · dày 4 mm"), ("25/11/2026 03:01",),
                  ("W 459001 · L 1024500,5 · toàn dải",), ("phóng 1,6×",), "Không có thước: chỉ đo được bằng điểm ảnh")
EDGES = Edges(left="R", right="L", top="A", bottom="P")


@pytest.mark.parametrize("wide", [260, 320, 480, 970])
def test_no_letter_lies_over_the_words_below(dressed: QApplication, wide: int) -> None:
    """In 3×3 the P lay in the midst of «toàn dải»."""
    room = QRect(0, 0, wide, 206)
    *words, _left, _right, _top, below = boxes(room, CORNERS, EDGES)
    assert not any(below.shared(box) for box in words)
    place = dict(letter_places(room, EDGES, CORNERS))["P"]
    assert place.bottom() <= room.bottom()
    assert place.top() > room.center().y()


def test_the_lines_of_a_cobb_angle_are_joined_at_their_middles() -> None:
    points = ((0.0, 0.0), (10.0, 0.0), (0.0, 40.0), (10.0, 50.0))
    assert tie(Kind.COBB, points) == ((5.0, 0.0), (5.0, 45.0))
    assert tie(Kind.COBB, points[:3]) is None
    assert tie(Kind.ANGLE, points) is None


def test_in_a_low_viewport_a_report_shows_its_words(dressed: QApplication, qtbot: QtBot) -> None:
    pane = ReportPane(Report("Diagnostic Imaging Report", "Đã hoàn tất", "Đã xác nhận", "27/11/2026 02:41", (),
                             (Line(0, "Kết luận", "Viêm phổi thùy dưới phải."),)))
    qtbot.addWidget(pane)
    pane.resize(320, 160)
    pane.show()
    assert pane.text.height() > 80
    assert not any(line.isVisible() for line in pane._more)
    pane.resize(320, 500)
    assert all(line.isVisible() for line in pane._more)
