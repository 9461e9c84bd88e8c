"""The foot of the editor answers «may I sign»: what is missing, who holds it up, since when."""

from __future__ import annotations

from datetime import timedelta

from PyQt6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from records.entries import State
from records.messages import ChainView, SlotView
from tests.workstation import hospital
from tests.workstation.models.desks import draft
from tests.workstation.models.test_holding_up import CONSENT, NOTE, NOW, RECORD, mark, part
from tests.workstation.views.chart.conftest import Open, Opened
from workstation.views.chart.before_signing import HEIGHT, BeforeSigning


def foot_of(chart: Opened) -> BeforeSigning:
    foot = chart.place.writing.foot
    assert foot is not None
    return foot


def told(chart: Opened) -> str:
    return "\n".join(one.toolTip() or one.text() for one in foot_of(chart).findChildren(QLabel) if one.isVisible())


def test_the_closing_names_the_director_who_holds_the_cover_up(opened: Open, qtbot: QtBot) -> None:
    at = NOW - timedelta(hours=3)  # the run may be minutes old
    cover = part("cover", state=State.PARTLY_SIGNED, signatures=(mark("ward_head", at),), open_slots=("director",))
    chart = opened([part("part_a"), part("part_b"), cover])
    chart.little.chains[cover.id] = ChainView(
        entry=cover.id, title="Bìa bệnh án", patient="Nguyễn Văn Bình", bed="12",
        slots=(SlotView(slot="director", label="Giám đốc bệnh viện", state="open", who=("Hoàng Minh Tuấn",)),))
    chart.place.write(draft(form=RECORD.model_copy(update={"kind": "closing"}), values={}))
    qtbot.waitUntil(lambda: "Hoàng Minh Tuấn" in told(chart), timeout=10_000)
    assert "Chờ Bìa bệnh án: chữ ký “Giám đốc bệnh viện” · Hoàng Minh Tuấn, từ" in told(chart)
    assert "(3 giờ" in told(chart)
    assert foot_of(chart).height() > HEIGHT
    assert "Hoàng Minh Tuấn" in foot_of(chart).accessibleName()


def test_an_operation_note_says_in_words_what_is_missing_before_the_knife(opened: Open, qtbot: QtBot) -> None:
    chart = opened([])
    chart.place.write(draft(form=NOTE, values={"performed_at": NOW.isoformat()}))
    qtbot.waitUntil(lambda: "Chưa có giấy cam kết" in told(chart), timeout=10_000)
    assert "hai bác sĩ ký" in told(chart), "what to do is in the tip"


def test_a_consent_that_waits_for_the_patient_stands_there_with_its_time(opened: Open, qtbot: QtBot) -> None:
    paper = hospital.entry(part("cover").id, form=CONSENT, state=State.PARTLY_SIGNED, open_slots=("patient",),
                           signatures=(mark("surgeon", NOW), mark("anaesthetist", NOW - timedelta(minutes=20))))
    chart = opened([paper])
    chart.place.write(draft(form=NOTE, values={"performed_at": NOW.isoformat()}))
    qtbot.waitUntil(lambda: "chữ ký “Người bệnh hoặc người đại diện” · người bệnh, từ" in told(chart), timeout=10_000)


def test_a_row_that_waits_for_nothing_keeps_its_one_line(opened: Open, qtbot: QtBot) -> None:
    chart = opened([])
    chart.place.write(draft(form=hospital.ROW, values=dict(hospital.GOOD)))
    qtbot.waitUntil(lambda: chart.place.writing.foot is not None)
    assert foot_of(chart).height() == HEIGHT
