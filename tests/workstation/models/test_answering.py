"""A result begins with the order that it answers: of its own form, of a treatment row, of the study that is read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from records.entries import FormRef, State
from records.forms import form
from records.messages import EntryView, ImagingOrderStanding
from records.order_states import OrderState
from tests.workstation import hospital
from tests.workstation.models.desks import account
from workstation.models.beginning import new_draft

NOW = datetime(2026, 11, 17, 3, 10, tzinfo=UTC)
CODES = ("08/BV2", "09/BV2", "10/BV2", "11/BV2", "12/BV2", "13/BV2", "14/BV2")


def request(number: int, code: str = "08/BV2", **changes: Any) -> EntryView:
    values = {"diagnosis": {"text": "Viêm phổi"}, "examination": "Ngực thẳng", "urgency": "1"}
    return hospital.entry(UUID(int=number), form=FormRef(code=code, edition="2024-01-01", kind="request"),
                          occurred_at=NOW - timedelta(minutes=number), body={"values": values}, **changes)


def a_row(number: int, *names: str) -> EntryView:
    orders = [{"kind": "lab", "name": "CRP"}, *({"kind": "imaging", "name": name} for name in names)]
    return hospital.entry(UUID(int=number), occurred_at=NOW - timedelta(minutes=number),
                          body={"values": {"orders": orders}})


def begun(*entries: EntryView, code: str = "08/BV2", study: str = "",
          orders: Sequence[ImagingOrderStanding] = ()) -> dict[str, Any]:
    whole = form(code, "2024-01-01")
    chart = hospital.chart(entries).model_copy(update={"imaging_orders": tuple(orders)})
    return dict(new_draft(whole, whole.kind("result"), chart, account(), NOW, study=study).values)


def result(values: dict[str, Any], number: int = 30, code: str = "08/BV2") -> EntryView:
    return hospital.entry(UUID(int=number), form=FormRef(code=code, edition="2024-01-01", kind="result"),
                          body={"values": values})


@pytest.mark.parametrize("code", CODES)
def test_a_result_begins_with_who_ordered_what_when_one_request_is_open(code: str) -> None:
    """R36: who is to be told later is not typed by hand."""
    asked, others = request(10, code), [request(11 + at, other) for at, other in enumerate(CODES) if other != code]
    first = begun(asked, *others, code=code)
    assert (first["orderer"], first["examination"]) == ("Bác sĩ Lê Thu Hà", "Ngực thẳng")
    assert datetime.fromisoformat(first["ordered_at"]) == asked.occurred_at
    answer = result(first, code=code)
    assert begun(asked, answer, code=code) == {}, "it has its result"
    cancelled = answer.model_copy(update={"state": State.CANCELLED})
    assert begun(asked, cancelled, code=code) == first
    assert begun(asked, answer, request(20, code), code=code)["ordered_at"] != first["ordered_at"]


def test_of_several_open_requests_or_an_unsigned_one_nothing_is_filled_in() -> None:
    assert begun(request(10), request(20)) == {}
    assert begun(request(10, state=State.PARTLY_SIGNED)) == {}
    assert begun(request(10, state=State.CANCELLED)) == {}
    assert begun() == {}


def test_an_order_of_a_treatment_row_is_answered_on_the_form_of_its_device() -> None:
    row = a_row(10, "CT ngực", "Siêu âm bụng", "X-quang ngực thẳng")
    for code, name in (("09/BV2", "CT ngực"), ("11/BV2", "Siêu âm bụng"), ("08/BV2", "X-quang ngực thẳng")):
        assert begun(row, code=code)["examination"] == name
    assert begun(row, code="14/BV2") == {}
    both = a_row(11, "CT ngực", "CT sọ não")
    assert begun(both, code="09/BV2") == {}
    told = {"ordered_at": both.occurred_at.isoformat(), "examination": "ct NGỰC"}
    assert begun(both, result(told, code="09/BV2"), code="09/BV2")["examination"] == "CT sọ não"
    reworded = {**told, "examination": "CT ngực có tiêm"}
    assert begun(both, result(reworded, code="09/BV2"), code="09/BV2") == {}, "which of the two it was is not known"


def test_the_server_says_which_order_has_its_result_and_whose_the_study_is() -> None:
    row = a_row(10, "CT ngực", "CT sọ não")

    def standing(place: int, state: OrderState, *studies: str) -> ImagingOrderStanding:
        return ImagingOrderStanding(entry=row.id, version=row.version, row=place, state=state, studies=studies)

    taken = [standing(1, OrderState.TAKEN, "1.1"), standing(2, OrderState.TAKEN, "1.2")]
    assert begun(row, code="09/BV2", orders=taken) == {}
    assert begun(row, code="09/BV2", study="1.2", orders=taken)["examination"] == "CT sọ não"
    assert begun(row, code="09/BV2", study="1.9", orders=taken) == {}
    done = [standing(1, OrderState.REPORTED, "1.1"), standing(2, OrderState.LISTED)]
    assert begun(row, code="09/BV2", orders=done)["examination"] == "CT sọ não"
    assert begun(row, code="09/BV2", study="1.1", orders=done)["examination"] == "CT ngực", "it is read once more"
