"""The palette: acts at once, patients a moment later, without diacritics, and without the server."""

from __future__ import annotations

from PyQt6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from tests.workstation import hospital
from tests.workstation.little_server import LittleServer
from tests.workstation.models.desks import Desks
from workstation.models.act import Act
from workstation.models.search import HIT_ROLE, SearchModel
from workstation.models.worklist import BoardModel

ACTS = (Act(key="sign", title="Ký văn bản", keys="F9"), Act(key="lock", title="Khóa màn hình", words="rời máy"),
        Act(key="ward", title="Bảng khoa", group="place"))


def titles(model: SearchModel) -> list[str]:
    return [model.index(row).data(HIT_ROLE).title for row in range(model.rowCount())]


def test_acts_are_found_at_once_by_letters_without_marks(desks: Desks) -> None:
    model = SearchModel(desks.open(), ACTS)
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal, model)
    assert titles(model) == [act.title for act in ACTS]
    model.set_words("khoa")
    assert titles(model) == ["Khóa màn hình", "Bảng khoa"]
    model.set_words("roi may")
    assert titles(model) == ["Khóa màn hình"]


def test_patients_come_from_the_server_once_for_what_was_typed(
    qtbot: QtBot, desks: Desks, little: LittleServer,
) -> None:
    model = SearchModel(desks.open(), ACTS)
    with qtbot.waitSignal(model.searched):
        for end in range(1, 5):
            model.set_words("binh"[:end])
    assert titles(model) == ["Nguyễn Văn Bình"]
    assert little.times("GET", "/api/patients") == 1
    model.set_words("binh x")
    assert titles(model) == []
    model.set_words("")
    assert titles(model) == [act.title for act in ACTS]


def test_without_the_server_patients_of_the_boards_seen_before_are_found(
    qtbot: QtBot, desks: Desks, little: LittleServer,
) -> None:
    desk = desks.open()
    board = BoardModel(desk)
    with qtbot.waitSignal(board.loaded):
        board.open_ward(hospital.WARD.id)
    desks.settle()
    little.down()
    model = SearchModel(desk, ACTS)
    with qtbot.waitSignal(model.searched):
        model.set_words("nga dang")
    hit = model.hit(model.index(0))
    assert hit is not None
    assert hit.patient is not None
    assert (hit.patient.full_name, hit.patient.encounter is not None) == ("Đặng Thị Ngà", True)
