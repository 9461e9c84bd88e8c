"""Each state of a panel says what is so and what to do, by word, shape and colour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from PyQt6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from records.entries import EncounterState
from records.errors import Reason
from tests.workstation.hospital import encounter
from tests.workstation.views.hospital import patient
from workstation.drafts import CommandState, OutboxCommand, OutboxItem
from workstation.ids import new_id
from workstation.models.status import SyncStatus
from workstation.views.ward.board import WardView
from workstation.views.widgets import times
from workstation.views.widgets.banner import AllergyBox, ArchivedChip, Banner, dialog_head
from workstation.views.widgets.buttons import KeyButton, PrimaryButton
from workstation.views.widgets.chip import amended_chip, draft_chip, signed_chip
from workstation.views.widgets.painting import ChipText, chip_width
from workstation.views.widgets.states import Empty, Loading, OfflineLine, ReadOnly, Refused
from workstation.views.widgets.text import Elided, label

NOW = datetime(2026, 11, 17, 3, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _look(dressed: QApplication) -> None:
    """All in day colours."""


def words(widget: QWidget) -> str:
    return " ".join(found.text() for found in widget.findChildren(QLabel))


def test_an_empty_panel_offers_the_one_next_act(qtbot: QtBot) -> None:
    done: list[str] = []
    panel = Empty("Chưa có phiếu chăm sóc nào trong ngày.", "Tạo phiếu", "F6", on_act=lambda: done.append("made"))
    qtbot.addWidget(panel)
    (button,) = panel.findChildren(KeyButton)
    assert button.accessibleName() == "Tạo phiếu (F6)"
    button.click()
    assert done == ["made"]


def test_loading_shows_nothing_at_first_and_bars_later(qtbot: QtBot) -> None:
    panel = Loading()
    qtbot.addWidget(panel)
    panel.show()
    assert not panel.bars.isVisible()
    qtbot.waitUntil(panel.bars.isVisible, timeout=5_000)


def test_a_refusal_says_what_is_so_and_then_what_to_do(qtbot: QtBot) -> None:
    reason = Reason("program_bug", "x")
    panel = Refused("Chưa ký được", [reason])
    qtbot.addWidget(panel)
    said = words(panel)
    assert said.index("Chưa ký được") < said.index(reason.vietnamese) < said.index(reason.todo)


def test_the_offline_line_says_since_when_what_is_safe_and_when_it_is_tried_again(qtbot: QtBot) -> None:
    line = OfflineLine()
    qtbot.addWidget(line)
    line.say(NOW - timedelta(minutes=25), NOW, 12)
    said = words(line)
    for part in ("Mất kết nối với máy chủ từ 09:47 (25 phút).", "an toàn trên máy này", "Thử lại sau 12 giây"):
        assert part in said


def test_the_line_promises_nothing_when_the_disk_fails(qtbot: QtBot) -> None:
    line = OfflineLine()
    qtbot.addWidget(line)
    line.say_disk("Không ghi được vào đĩa của máy này.")
    assert "an toàn" not in words(line)


def test_read_only_names_the_lawful_way_on(qtbot: QtBot) -> None:
    panel = ReadOnly("Hồ sơ đã lưu trữ 02/10/2026. Muốn bổ sung: tạo phụ lục.")
    qtbot.addWidget(panel)
    assert "tạo phụ lục" in panel.accessibleName()


@pytest.mark.parametrize(("chip", "tone", "icon"), [
    (draft_chip, "attention", "pencil"), (signed_chip, "ok", "shield-check"), (amended_chip, "amended", "git-compare"),
])
def test_a_state_is_word_shape_and_colour_at_once(qtbot: QtBot, chip: type, tone: str, icon: str) -> None:
    made = chip()
    qtbot.addWidget(made)
    assert (made.chip.tone, made.chip.icon) == (tone, icon)
    assert made.accessibleName()
    assert made.sizeHint().width() >= chip_width(ChipText(made.chip.text, icon=icon))


def test_a_button_that_may_not_be_pressed_says_why(qtbot: QtBot) -> None:
    button = PrimaryButton("Ký", "F9")
    qtbot.addWidget(button)
    button.refuse("Còn thiếu chẩn đoán.")
    assert (button.isEnabled(), button.toolTip()) == (False, "Còn thiếu chẩn đoán.")
    button.refuse("")
    assert button.isEnabled()


def test_the_banner_names_the_patient_in_full_and_every_allergy(qtbot: QtBot) -> None:
    banner = Banner(patient(1), None, NOW)
    qtbot.addWidget(banner)
    assert "ĐẶNG VĂN CHIẾN" in words(banner)
    assert "Dị ứng: Aspirin" in words(banner)


@pytest.mark.parametrize(("level", "words_", "tone"), [
    ("LT", "Lưu trữ 17/11/2026, đủ bằng chứng lâu dài", "ok"),
    ("T", "Lưu trữ 17/11/2026, bằng chứng chưa đủ", "attention"),
    ("B", "Lưu trữ 17/11/2026, bằng chứng yếu, không dấu thời gian", "attention"),
    ("", "Lưu trữ 17/11/2026", "attention"),
])
def test_an_archived_record_says_so_and_a_weaker_one_looks_weaker(
    qtbot: QtBot, level: str, words_: str, tone: str,
) -> None:
    archived = encounter(state=EncounterState.ARCHIVED, archived_at=datetime(2026, 11, 17, 3, tzinfo=UTC),
                         archived_level=level)
    banner = Banner(patient(1), archived, NOW)
    qtbot.addWidget(banner)
    (chip,) = banner.findChildren(ArchivedChip)
    assert (chip.chip.spoken, chip.chip.tone) == (words_, tone)
    assert chip.accessibleName() == words_
    open_still = Banner(patient(1), encounter(), NOW)
    qtbot.addWidget(open_still)
    assert not open_still.findChildren(ArchivedChip)


def test_nobody_having_asked_is_not_the_same_as_no_allergy(qtbot: QtBot) -> None:
    unasked, none = AllergyBox(patient(6)), AllergyBox(patient(0))
    qtbot.addWidget(unasked)
    qtbot.addWidget(none)
    assert unasked.accessibleName() == "Chưa hỏi dị ứng"
    assert none.accessibleName().startswith("Không dị ứng, đã hỏi")


def test_a_dialogs_head_names_the_patient(qtbot: QtBot) -> None:
    head = dialog_head(patient(12), "Giường 13")
    qtbot.addWidget(head)
    assert "MAI XUÂN PHÚC" in words(head)


def test_a_name_that_looks_like_markup_is_read_as_it_is(qtbot: QtBot) -> None:
    shown = label("<b>Nguyễn</b> & con")
    qtbot.addWidget(shown)
    shown.show()
    assert shown.text() == "<b>Nguyễn</b> & con"
    assert shown.sizeHint().width() > label("Nguyễn & con").sizeHint().width()


def test_a_cut_line_shows_its_whole_text_in_the_tip(qtbot: QtBot) -> None:
    text = "Xơ gan mất bù do rượu, cổ trướng mức độ nhiều, xuất huyết do vỡ giãn tĩnh mạch thực quản"
    line = Elided(text)
    qtbot.addWidget(line)
    line.resize(120, 20)
    line.show()
    assert line.text().endswith("…")
    assert line.toolTip() == line.accessibleName() == text


@pytest.mark.parametrize(("length", "spoken"), [
    (timedelta(seconds=30), "0 phút"), (timedelta(minutes=25), "25 phút"), (timedelta(hours=3, minutes=10), "3 giờ 10"),
    (timedelta(hours=13, minutes=5), "13 giờ"), (timedelta(seconds=-5), "0 phút"),
    (timedelta(hours=34), "34 giờ"),
])
def test_spans_are_said_as_on_the_ward(length: timedelta, spoken: str) -> None:
    assert times.span(length) == spoken


@pytest.mark.parametrize(("born", "age"), [
    ("1959-03-12", "67 tuổi"), ("1959", "67 tuổi"), ("2025-08-18", "14 tháng"), ("2025-08-17", "15 tháng"),
    ("2020-11-18", "71 tháng"), ("2020-11-17", "6 tuổi"),
])
def test_ages_are_in_years_and_in_months_for_small_children(born: str, age: str) -> None:
    assert times.age(born, NOW) == age


def test_what_waits_and_what_was_refused_is_listed_with_its_reason(ward: WardView) -> None:
    command = OutboxCommand(id=new_id(), kind="sign", method="POST", path="/api/x", body=b"", created_at=NOW,
                            label="Tờ điều trị, lần ghi 02:55", patient_name="Mai Xuân Phúc")
    waiting = OutboxItem(number=1, command=command, size=2048)
    refused = OutboxItem(number=2, command=command, state=CommandState.REFUSED,
                         reasons=(Reason("program_bug", "x").as_json(),))
    ward.waiting.show_status(SyncStatus(waiting=(waiting,), refused=(refused,), offline_since=NOW))
    said = words(ward.waiting)
    assert "thứ 1" in said
    assert "bị từ chối" in said
    assert Reason("program_bug", "x").vietnamese in said
    assert "Vẫn làm được" in said
