"""Which report is written beside which pictures: the form of their device, a draft that is open, or a choice."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from records.entries import FormRef
from records.forms import Role
from records.image_lists import ImageSeriesView, ImageStudyView
from records.messages import ImagingOrderStanding
from records.order_states import OrderState
from tests.workstation import hospital
from tests.workstation.little_server import LittleServer
from tests.workstation.models.desks import Desks, draft
from workstation.config import ZONE
from workstation.drafts import LocalDraft
from workstation.models.account import utc_now
from workstation.models.beginning import Made
from workstation.models.chart import ChartModel
from workstation.models.images.key_images import key_image
from workstation.models.images.report import devices, made_of, reports, write_report
from workstation.models.images.stack import Spot

ON = date(2026, 11, 25)
SCAN = hospital.entry(UUID(int=7), form=FormRef(code="11/BV2", edition="2024-01-01", kind="request"), body={
    "values": {"diagnosis": {"text": "Đau bụng"}, "examination": "Ổ bụng", "urgency": "1"}})


@pytest.fixture
def chart(desks: Desks, little: LittleServer, qtbot: QtBot) -> ChartModel:
    standing = ImagingOrderStanding(accession="2600000007", entry=SCAN.id, version=SCAN.version, row=0,
                                    state=OrderState.TAKEN, studies=("1.7",))
    told = hospital.chart([SCAN]).model_copy(update={"imaging_orders": (standing,)})
    little.charts[hospital.ENCOUNTER] = told.model_dump_json().encode()
    model = ChartModel(desks.open(), hospital.ENCOUNTER)
    with qtbot.waitSignal(model.loaded):
        model.load()
    return model


def test_each_device_has_its_form_and_an_unknown_one_leaves_the_choice() -> None:
    assert [form.code for form, _ in reports(ON, ("US",))] == ["11/BV2"]
    assert [form.code for form, _ in reports(ON, ("OT",))] == [f"{number:02}/BV2" for number in range(8, 15)]
    assert reports(date(2023, 12, 31), ("US",)) == ()


def test_what_is_no_picture_is_reported_on_as_the_study_that_it_belongs_to() -> None:
    study = ImageStudyView(uid="1", modalities=("SR", "US"), received_at=utc_now())
    assert devices(study, ImageSeriesView(uid="1.1", modality="SR", instances=1)) == ("SR", "US")
    assert devices(study, ImageSeriesView(uid="1.2", modality="US", instances=1)) == ("US",)
    assert devices(None, None) == ()


def test_a_new_report_begins_on_the_devices_form_with_the_order_of_the_study(chart: ChartModel, qtbot: QtBot) -> None:
    with qtbot.waitSignal(chart.draft_ready) as told:
        assert write_report(chart, ON, "1.7", ("US",)) == ()
    made = told.args[0] if told.args else None
    assert isinstance(made, LocalDraft)
    assert (made.form.code, made.form.kind, made.values["examination"]) == ("11/BV2", "result", "Ổ bụng")


@pytest.mark.parametrize(("minutes", "known"), [(-1, True), (-60 * 24, False), (60, False)])
def test_when_the_pictures_were_made_is_filled_in_as_the_device_says_it(
        chart: ChartModel, qtbot: QtBot, minutes: int, known: bool) -> None:
    """A device's clock that says «before it was ordered» or «after now» is not believed: the blank stays empty."""
    taken = (utc_now() + timedelta(minutes=minutes)).replace(microsecond=0).astimezone(ZONE)
    ordered = chart.items[0].occurred_at
    if known:
        taken = max(taken, ordered.astimezone(ZONE))
    with qtbot.waitSignal(chart.draft_ready) as told:
        assert write_report(chart, ON, "1.7", ("US",), Made(taken)) == ()
    made = told.args[0] if told.args else None
    assert isinstance(made, LocalDraft)
    assert made.values.get("performed_at") == (taken.isoformat() if known else None)


@pytest.mark.parametrize(("day", "time", "moment"), [
    ("20261126", "230215.5", "2026-11-26T23:02:15+07:00"), ("20261126", "2302", "2026-11-26T23:02:00+07:00"),
    ("20261126", "23", ""), ("20261126", "", ""), ("", "230215", ""), ("20261399", "230215", ""),
    ("20261126", "ab:cd", "")])
def test_a_studys_moment_is_told_to_the_minute_or_not_at_all(day: str, time: str, moment: str) -> None:
    told = made_of(ImageStudyView(uid="1", date=day, time=time, received_at=utc_now())).at
    assert (told.isoformat() if told is not None else "") == moment


@pytest.mark.parametrize(("study", "device", "words", "said"), [
    ("1.7", "US", "ABDOMEN ROUTINE", "Ổ bụng"), ("1.99", "ECG", "Điện tim 12 chuyển đạo", "Điện tim 12 chuyển đạo"),
    ("1.99", "ECG", "", None)])
def test_what_was_made_is_the_orders_word_else_the_devices(
        chart: ChartModel, qtbot: QtBot, study: str, device: str, words: str, said: str | None) -> None:
    """Without an order it was typed anew, beside pictures that say it."""
    with qtbot.waitSignal(chart.draft_ready) as told:
        assert write_report(chart, ON, study, (device,), Made(words=words)) == ()
    made = told.args[0] if told.args else None
    assert isinstance(made, LocalDraft)
    assert made.values.get("examination") == said


def test_a_report_that_is_begun_in_the_chart_begins_with_the_pictures_chosen_of_its_order(
        chart: ChartModel, qtbot: QtBot) -> None:
    """Who chose them and then began it from the chart signed it without them."""
    chosen = [dict(key_image(Spot(study, f"{study}.1", f"{study}.1.1", 1), "0" * 64, "dài 48,3 mm",
                             np.full((48, 64), 90, np.uint8))) for study in ("1.7", "1.8")]
    for item in chosen:
        chart.desk.key_images.choose(hospital.patient().id, item)
    [(form, kind)] = reports(ON, ("US",))
    with qtbot.waitSignal(chart.draft_ready) as told:
        chart.begin(form, kind)
    made = told.args[0] if told.args else None
    assert isinstance(made, LocalDraft)
    assert (made.values["order"], made.values["key_images"]) == ("2600000007", chosen[:1])
    request = form.kind("request")
    with qtbot.waitSignal(chart.draft_ready) as told:
        chart.begin(form, request)
    assert told.args
    assert "key_images" not in told.args[0].values


def test_an_open_draft_of_that_form_goes_on_and_one_of_another_form_does_not(
    chart: ChartModel, desks: Desks, qtbot: QtBot,
) -> None:
    def open_one(code: str, number: int) -> LocalDraft:
        ref = FormRef(code=code, edition="2024-01-01", kind="result")
        made = draft(entry=UUID(int=number), values={"findings": "x"}, form=ref, encounter=hospital.ENCOUNTER)
        with qtbot.waitSignal(chart.changed):
            chart.desk.sync.save(made)
        return made

    open_one("09/BV2", 90)
    with qtbot.waitSignal(chart.draft_ready) as told:
        write_report(chart, ON, "1.7", ("US",))
    assert told.args is not None
    assert told.args[0].form.code == "11/BV2"
    mine = open_one("11/BV2", 91)
    with qtbot.waitSignal(chart.draft_ready) as told:
        write_report(chart, ON, "1.7", ("US",))
    assert told.args is not None
    assert told.args[0].entry == mine.entry


def test_a_draft_that_answers_another_order_is_left_alone(chart: ChartModel, qtbot: QtBot) -> None:
    """Two orders of one name: the pictures of the second are not written into the report on the first."""
    ref = FormRef(code="11/BV2", edition="2024-01-01", kind="result")

    def open_one(number: int, order: str) -> LocalDraft:
        made = draft(entry=UUID(int=number), values={"findings": "x", "order": order}, form=ref,
                     encounter=hospital.ENCOUNTER)
        with qtbot.waitSignal(chart.changed):
            chart.desk.sync.save(made)
        return made

    def written() -> LocalDraft:
        with qtbot.waitSignal(chart.draft_ready) as told:
            write_report(chart, ON, "1.7", ("US",))
        assert told.args is not None
        assert isinstance(told.args[0], LocalDraft)
        return told.args[0]

    other = open_one(91, "2600000099")
    begun = written()
    assert begun.entry != other.entry
    assert begun.values["order"] == "2600000007"
    mine = open_one(92, "2600000007")
    open_one(93, "2600000099")
    assert written().entry == mine.entry


def test_an_unknown_device_leaves_the_choice_to_the_reader(chart: ChartModel) -> None:
    kinds = write_report(chart, ON, "1.9", ("OT",))
    assert kinds is not None
    assert len(kinds) == 7


def test_who_may_not_write_is_told_why_and_without_a_chart_nothing_begins(
    chart: ChartModel, desks: Desks, qtbot: QtBot,
) -> None:
    assert write_report(ChartModel(chart.desk, UUID(int=99)), ON, "1.7", ("US",)) is None
    account: Any = chart.desk.account
    nurse = account.person.model_copy(update={"roles": (Role.NURSE,)})
    object.__setattr__(account, "person", nurse)
    with qtbot.waitSignal(chart.refused) as told:
        assert write_report(chart, ON, "1.9", ("OT",)) == ()
    assert told.args is not None
    assert told.args[0].reasons
