"""A corrected result in the place «Ký»: told in words, both texts shown, and known when the person says so (R36)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLabel, QMainWindow
from pytestqt.qtbot import QtBot

from records import canonical
from records.entries import Version
from records.errors import Refusal
from records.messages import CorrectionNotice
from tests.workstation import hospital
from tests.workstation.little_server import LittleServer
from tests.workstation.views.keyboard import press
from tests.workstation.views.signing.test_dialogs import texts
from tests.workstation.views.signing.test_place import Scene, scene
from tests.workstation.views.signing.test_signed_today import board
from workstation.models.desk import Told
from workstation.models.signing_board import BoardScope
from workstation.views.actions import ALLOWED, NOT_NOW, Place
from workstation.views.signing.corrections import SHOWN, CorrectionDialog
from workstation.views.widgets.top_bar import PlaceTab, TopBar

__all__ = ["scene"]
ENTRY = UUID(int=880)
AT = datetime(2026, 11, 17, 3, 10, tzinfo=UTC)
WRONG, RIGHT = "Viêm phổi thùy dưới phải.", "Viêm phổi thùy dưới trái."


def notice(**changes: Any) -> CorrectionNotice:
    good: dict[str, Any] = {
        "id": UUID(int=881), "entry": ENTRY, "encounter": hospital.ENCOUNTER, "form": hospital.RESULT,
        "title": "Kết quả X-quang", "patient": "Nguyễn Văn Bình", "birth_date": "1959-03-12", "ward": hospital.WARD.id,
        "ward_name": hospital.WARD.name, "bed": "12", "number": 2, "of_number": 1,
        "reason": "Ghi nhầm bên; đọc lại phim", "changed": ("Mô tả", "Kết luận"),
        "by": "BSCKI. Đỗ Văn Thành", "at": AT, "named": True}
    return CorrectionNotice(**{**good, **changes})


def told(scene: Scene, *notices: CorrectionNotice) -> None:
    """The server's board says so."""
    now = datetime.now(UTC)
    said = board(scope="me", at=now + timedelta(hours=1), corrections=notices)
    scene.board._take(BoardScope.ME, Told(said, now, cached=False))


def shown(scene: Scene) -> str:
    """What the panel says, also where the line is cut."""
    scene.room.desks.settle()
    return "\n".join(one.accessibleName() or one.text() for one in scene.place.corrections.findChildren(QLabel)
                     if one.isVisible())


def kept(little: LittleServer, *versions: Version) -> None:
    for version in versions:
        little.versions[str(version.entry), str(version.version)] = canonical.encode(version)


def opened(scene: Scene) -> CorrectionDialog:
    scene.actions.trigger("signing.corrected")
    dialog = scene.dialog()
    assert isinstance(dialog, CorrectionDialog)
    return dialog


def both(little: LittleServer) -> None:
    kept(little, hospital.result(ENTRY, WRONG), hospital.result(ENTRY, RIGHT, version=2))


def test_what_was_corrected_stands_above_what_waits_and_the_top_bar_says_so(scene: Scene) -> None:
    corrected: list[bool] = []
    scene.place.corrected_changed.connect(corrected.append)
    assert scene.actions.why_not("signing.corrected") == NOT_NOW
    told(scene, notice())
    scene.room.until(lambda: "Nguyễn Văn Bình" in shown(scene))
    said = shown(scene)
    for words in ("Kết quả đã sửa, bạn chưa xem", "Nguyễn Văn Bình, 1959 · Nội tổng hợp, giường 12",
                  "Kết quả X-quang đã sửa: Mô tả, Kết luận", "Lý do: Ghi nhầm bên; đọc lại phim"):
        assert words in said
    assert (corrected[-1], scene.actions.why_not("signing.corrected")) == (True, ALLOWED)
    told(scene)
    scene.room.until(lambda: "Kết quả" not in shown(scene))
    assert corrected[-1] is False


def test_many_are_counted(scene: Scene) -> None:
    told(scene, *(notice(id=UUID(int=900 + number)) for number in range(SHOWN + 3)))
    scene.room.until(lambda: "và 3 kết quả nữa" in shown(scene))


@pytest.mark.parametrize(("changes", "words"), [
    ({"for_name": "BSCKI. Đỗ Văn Thành"}, "báo cho BSCKI. Đỗ Văn Thành, bạn đang ký thay"),
    ({"named": False}, "không tìm thấy người chỉ định, báo các bác sĩ của khoa"),
    ({"of_number": 2, "changed": ()}, "Kết quả X-quang đã hủy"),
])
def test_it_says_why_it_is_told_to_this_person(scene: Scene, changes: dict[str, Any], words: str) -> None:
    told(scene, notice(**changes))
    scene.room.until(lambda: words in shown(scene))


def test_enter_after_both_texts_were_shown_says_that_i_have_seen_it(
    scene: Scene, little: LittleServer, qtbot: QtBot,
) -> None:
    both(little)
    told(scene, notice())
    dialog = opened(scene)
    scene.room.until(dialog.seen.isEnabled)
    said = texts(dialog)
    for words in ("Kết quả X-quang đã sửa", "Phiên bản 2 thay phiên bản 1, BSCKI. Đỗ Văn Thành ký lúc 10:10 17/11/2026",
                  "Lý do: Ghi nhầm bên; đọc lại phim", "X-quang ngực thẳng", "Kết luận"):
        assert words in said
    assert "phải" in said
    assert "trái" in said
    with qtbot.waitSignal(scene.place.corrected_changed) as changed:
        press(dialog.seen, Qt.Key.Key_Return)
    assert changed.args == [False]
    path = f"/api/correction-notices/{notice().id}/known"
    scene.room.until(lambda: ("POST", path) in little.asked)
    scene.room.desks.settle()


def test_later_is_not_seen(scene: Scene, little: LittleServer) -> None:
    both(little)
    told(scene, notice())
    dialog = opened(scene)
    scene.room.until(dialog.seen.isEnabled)
    press(dialog, Qt.Key.Key_Escape)
    scene.room.desks.settle()
    assert not any(path.endswith("/known") for _, path in little.asked)
    assert scene.board.corrections


def test_what_could_not_be_shown_is_not_seen(scene: Scene, little: LittleServer) -> None:
    kept(little, hospital.result(ENTRY, WRONG))
    told(scene, notice())
    dialog = opened(scene)
    scene.room.until(lambda: "Đang mở hai bản…" not in texts(dialog))
    assert not dialog.seen.isEnabled()
    press(dialog, Qt.Key.Key_Escape)


def test_of_a_cancelled_result_what_was_said_is_struck_out(scene: Scene, little: LittleServer) -> None:
    kept(little, hospital.result(ENTRY, WRONG))
    told(scene, notice(number=1, changed=(), reason="Nhầm người bệnh"))
    dialog = opened(scene)
    scene.room.until(dialog.seen.isEnabled)
    said = texts(dialog)
    assert "Kết quả X-quang đã hủy" in said
    assert "Phiên bản 1 đã hủy" in said
    assert "line-through" in said
    press(dialog, Qt.Key.Key_Escape)


def test_when_the_server_did_not_take_it_it_is_told_again(scene: Scene, little: LittleServer, qtbot: QtBot) -> None:
    both(little)
    little.refusals["/known"] = (404, "thing_unknown")
    told(scene, notice())
    dialog = opened(scene)
    scene.room.until(dialog.seen.isEnabled)
    with qtbot.waitSignal(scene.board.refused) as refused:
        press(dialog.seen, Qt.Key.Key_Return)
    assert refused.args is not None
    assert isinstance(refused.args[0], Refusal)
    scene.room.desks.settle()


def test_the_top_bar_says_in_two_words_that_a_result_was_corrected(window: QMainWindow) -> None:
    bar = TopBar([PlaceTab(Place.SIGNING, "Ký", "signature", "Ctrl+3")])
    window.setCentralWidget(bar)
    bar.show_badge(Place.SIGNING, 3)
    for corrected, said in ((True, "3 đang chờ, có kết quả đã sửa"), (False, "3 đang chờ")):
        bar.show_corrected(Place.SIGNING, corrected)
        assert bar._tabs[Place.SIGNING].accessibleDescription() == said
