"""What a stack tells of changes, and that only what was really on the screen counts as looked at."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QMainWindow
from pytestqt.qtbot import QtBot

from records.entries import FieldChange
from records.sight import Change, Hand, Sight, Signed
from tests.workstation import hospital
from tests.workstation.little_server import LittleServer
from tests.workstation.models.desks import draft
from tests.workstation.signing_room import Room
from tests.workstation.tokens import PIN
from tests.workstation.views.keyboard import press, write
from tests.workstation.views.signing.test_dialogs import texts
from workstation.models.signing import LineState, Stage, Task
from workstation.views.prompts import Question
from workstation.views.signing import shown
from workstation.views.signing.dialogs import StackDialog
from workstation.views.signing.shown import MOMENT_MS
from workstation.views.signing.words import hand_words, sight_caption, sight_words

NOW = datetime(2026, 11, 17, 3, 15, tzinfo=UTC)
SEEN_AT = NOW - timedelta(minutes=51)
LONG = "\n".join(f"Dòng {number}: tiếp tục theo dõi sát mạch, huyết áp, nước tiểu." for number in range(60))


def change(key: str = "plan", label: str = "Y lệnh", by: str = "ĐD. Nguyễn Thị Mai", **sides: Any) -> Change:
    return Change(FieldChange(key=key, label=label, **sides), Hand(by=by, at=NOW - timedelta(minutes=44)))


def opened(room: Room, window: QMainWindow, *tasks: Task) -> StackDialog:
    dialog = StackDialog(room.model.begin(tasks), window)
    dialog.show_over()
    room.until(lambda: dialog.act.stage is Stage.READY)
    return dialog


def unseen(room: Room, **values: Any) -> Task:
    task = room.task(draft(values={**hospital.GOOD, **values}))
    return replace(task, seen=False, sight=Sight())


def test_a_long_document_is_seen_only_when_it_was_read_to_its_end(room: Room, window: QMainWindow) -> None:
    dialog = opened(room, window, unseen(room, plan=LONG))
    room.until(lambda: "đọc tiếp: đọc hết mới tính là đã xem" in texts(dialog))
    assert not dialog.act.lines[0].seen
    for _ in range(12):
        press(dialog.list, Qt.Key.Key_PageDown)
    room.until(lambda: dialog.act.lines[0].seen)
    assert "đọc tiếp: đọc hết mới tính là đã xem" not in texts(dialog)
    room.until(lambda: len(room.desk.store.looks()) == 1)


def test_a_jump_to_the_end_leaves_the_middle_unread(room: Room, window: QMainWindow, qtbot: QtBot) -> None:
    dialog = opened(room, window, unseen(room, plan=LONG))
    room.until(lambda: "đọc tiếp: đọc hết mới tính là đã xem" in texts(dialog))
    bar = dialog.document.verticalScrollBar()
    assert bar is not None
    bar.setValue(bar.maximum())
    qtbot.wait(3 * MOMENT_MS)
    assert not dialog.act.lines[0].seen


def test_who_runs_through_the_list_has_looked_only_at_what_stood_there(
    room: Room, window: QMainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch,
) -> None:
    # However slow this machine is, the arrows are quicker than a minute; the last document then stands its moment.
    monkeypatch.setattr(shown, "MOMENT_MS", 60_000)
    dialog = opened(room, window, *(unseen(room) for _ in range(4)))
    for _ in range(3):
        press(dialog.list, Qt.Key.Key_Down)
    dialog.document._sight._moment.start(MOMENT_MS)
    room.until(lambda: dialog.act.lines[3].seen)
    assert [line.seen for line in dialog.act.lines] == [False, False, False, True]
    qtbot.wait(2 * MOMENT_MS)
    assert len(room.desk.store.looks()) == 1


def test_what_lies_behind_a_dialog_is_on_nobodys_screen(room: Room, window: QMainWindow, qtbot: QtBot) -> None:
    from workstation.models.signing import Line
    from workstation.views.signing.document import DocumentPanel

    panel = DocumentPanel()
    window.setCentralWidget(panel)
    looked: list[Task] = []
    panel.looked.connect(looked.append)
    question = Question("Bỏ nháp", "Bỏ nháp này?", "Bỏ", window, on_yes=lambda: None)
    question.show_over()
    qtbot.waitUntil(question.isVisible)
    panel.show_line(Line(unseen(room)))
    qtbot.wait(2 * MOMENT_MS)
    assert not looked
    question.reject()
    qtbot.waitUntil(lambda: len(looked) == 1)


def test_the_preview_tells_field_old_new_who_and_when(room: Room, window: QMainWindow) -> None:
    sight = Sight(last=datetime.now(UTC) - timedelta(minutes=51), changes=(
        change(new="Meropenem liều 1 đã thực hiện lúc 02:30"),
        change("objective", "Diễn biến (O)", by="", old="Huyết áp 90/60", new="Huyết áp 98/60")),
        signed=(Signed("Bác sĩ điều trị", "BS. Nguyễn Văn Sơn", datetime.now(UTC)),))
    dialog = opened(room, window, replace(unseen(room), sight=sight), room.task())
    said = texts(dialog)
    assert "THAY ĐỔI TỪ LẦN BẠN XEM GẦN NHẤT (" in said
    assert "Y lệnh · ĐD. Nguyễn Thị Mai sửa lúc " in said
    assert "Diễn biến (O) · bạn sửa lúc " in said
    assert "− Huyết áp 90/60\n+ Huyết áp 98/60" in said
    assert "+ Meropenem liều 1 đã thực hiện lúc 02:30" in said
    assert "Đã ký với vai trò Bác sĩ điều trị: BS. Nguyễn Văn Sơn" in said
    model = dialog.list.model()
    assert model is not None
    spoken = [model.index(number, 0).data(Qt.ItemDataRole.AccessibleTextRole) for number in (0, 1)]
    assert "3 thay đổi" in spoken[0]
    assert "bạn viết" in spoken[1]


@pytest.mark.parametrize(("sight", "caption", "short"), [
    (Sight(), "BẠN CHƯA XEM LẦN NÀO", "chưa xem lần nào"),
    (Sight(own=True), "BẠN VIẾT, CHƯA XEM LẠI LẦN NÀO", "bạn viết"),
    (Sight(last=SEEN_AT), "KHÔNG ĐỔI TỪ LẦN BẠN XEM GẦN NHẤT (09:24)", "không đổi"),
    (Sight(last=SEEN_AT - timedelta(days=1), changes=(change(old="a"),)),
     "THAY ĐỔI TỪ LẦN BẠN XEM GẦN NHẤT (16/11 09:24)", "1 thay đổi"),
    (Sight(last=SEEN_AT, new_version=True), "PHIÊN BẢN MỚI TỪ LẦN BẠN XEM GẦN NHẤT (09:24), CÁC Ô KHÔNG ĐỔI",
     "phiên bản mới"),
    (Sight(last=SEEN_AT, signed=(Signed("Bác sĩ", "Hà", NOW),)), "CÓ THÊM CHỮ KÝ TỪ LẦN BẠN XEM GẦN NHẤT (09:24)",
     "1 thay đổi"),
])
def test_how_a_document_stands_is_said_in_words(room: Room, sight: Sight, caption: str, short: str) -> None:
    from workstation.models.signing import Line

    assert sight_caption(sight, NOW) == caption
    assert sight_words(Line(replace(room.task(), sight=sight))).text == short


def test_a_change_of_nobody_knows_whom_says_so() -> None:
    nobody = Change(FieldChange(key="plan", label="Y lệnh", new="a"))
    assert hand_words(nobody, NOW) == "Y lệnh · không rõ người sửa"


def test_a_draft_that_another_hand_changed_under_the_stack_is_not_signed_unseen(
    room: Room, window: QMainWindow, little: LittleServer,
) -> None:
    dialog = opened(room, window, *(room.task() for _ in range(3)))
    theirs = dialog.act.lines[1].task
    stale = replace(theirs, values={**theirs.values, "plan": "chữ mà người ký đã xem"})
    dialog.act._lines[theirs.key] = replace(dialog.act.lines[1], task=stale)
    write(dialog.bar.pin, PIN)
    press(dialog.bar.pin, Qt.Key.Key_Return)
    room.until(lambda: dialog.act.stage is Stage.DONE and len(little.signed) == 2)
    refused = dialog.act.lines[1]
    assert (refused.state, [reason.code for reason in refused.refusals]) == (LineState.REFUSED, ["changed_since_shown"])
    assert theirs.entry not in {file.entry for file in little.signed}
