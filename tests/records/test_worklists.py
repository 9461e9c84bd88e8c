"""A worklist's keys are matched as DICOM says, and names are written as devices take them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from records.deadlines import ZONE
from records.image_identity import birth_date, person_name
from records.worklists import due, fits, oldest, plain, same_name, within


@pytest.mark.parametrize(("asked", "name", "same"), [
    ("", "Nguyễn Văn Bình", True), ("*", "Nguyễn Văn Bình", True), ("NGUYEN*", "Nguyễn Văn Bình", True),
    ("Nguyễn^Văn Bình", "Nguyễn Văn Bình", True), ("NGUYEN^VAN^BINH", "Nguyễn Văn Bình", True),
    ("*BINH", "Nguyễn Văn Bình", True), ("NGUYEN", "Nguyễn Văn Bình", False), ("TRAN*", "Nguyễn Văn Bình", False),
    ("DO?N*", "Đoàn Thị Hà", True),
])
def test_names(asked: str, name: str, same: bool) -> None:
    assert same_name(asked, name) is same


@pytest.mark.parametrize(("asked", "value", "inside"), [
    ("", "20261125", True), ("20261125", "20261125", True), ("20261124", "20261125", False),
    ("20261124-20261126", "20261125", True), ("20261126-", "20261125", False), ("-20261125", "20261125", True),
    ("-20261124", "20261125", False), ("08-10", "093000", True), ("0800-0930", "093000", True),
    ("0800-0930", "093100", False), ("080000.0-", "075959", False), ("-093000.000", "093000", True),
])
def test_ranges(asked: str, value: str, inside: bool) -> None:
    assert within(asked, value) is inside


def test_values() -> None:
    assert fits("CT\\MR", "MR")
    assert not fits("CT", "MR")
    assert fits("26*7", "2600000007")
    assert not fits("2[6]*", "26"), "only * and ? are wildcards"


@pytest.mark.parametrize(("name", "written", "ascii_only"), [
    ("Nguyễn Văn Bình", "Nguyễn^Văn Bình", "Nguyen^Van Binh"), ("ĐỖ THỊ  ĐÀO", "ĐỖ^THỊ ĐÀO", "DO^THI DAO"),
    ("Y", "Y", "Y"), ("H'Hen^Niê=x", "H'Hen^Niê x", "H'Hen^Nie x"),
])
def test_names_are_written_with_a_caret_and_in_ascii_when_need_be(name: str, written: str, ascii_only: str) -> None:
    assert person_name(name) == written
    assert plain(person_name(name)) == ascii_only


def test_what_has_no_ascii_is_a_question_mark_and_not_rubbish() -> None:
    assert plain("≥ 5 µg").isascii()


def test_an_order_of_yesterday_is_due_today() -> None:
    now = datetime(2026, 11, 25, 1, tzinfo=UTC)
    assert due(now - timedelta(days=2), now, ZONE) == datetime(2026, 11, 25, 0, tzinfo=ZONE)
    assert due(now - timedelta(hours=2), now, ZONE) == now - timedelta(hours=2), "already today: its own time"
    assert due(now + timedelta(days=2), now, ZONE) == now + timedelta(days=2)
    assert oldest(now) == now - timedelta(days=7)
    assert (birth_date("1959-03-12"), birth_date("1959")) == ("19590312", "")
