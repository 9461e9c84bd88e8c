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
from workstation.models.answering import choosable, filled_in
from workstation.models.beginning import new_draft

NOW = datetime(2026, 11, 17, 3, 10, tzinfo=UTC)
CODES = ("08/BV2", "09/BV2", "10/BV2", "11/BV2", "12/BV2", "13/BV2", "14/BV2")


def request(number: int, code: str = "08/BV2", **changes: Any) -> EntryView:
    values = {"diagnosis": {"text": "Viêm phổi"}, "examination": "Ngực thẳng", "urgency": "1"}
    return hospital.entry(UUID(int=number), form=FormRef(code=code, edition="2024-01-01", kind="request"),
                          occurred_at=NOW - timedelta(minutes=number), **{"body": {"values": values}, **changes})


def a_row(number: int, *names: str) -> EntryView:
    orders = [{"kind": "lab", "name": "CRP"}, *({"kind": "imaging", "name": name} for name in names)]
    return hospital.entry(UUID(int=number), occurred_at=NOW - timedelta(minutes=number),
                          body={"values": {"orders": orders}})


def begun(*entries: EntryView, code: str = "08/BV2", study: str = "",
          orders: Sequence[ImagingOrderStanding] = (), about: UUID | None = None) -> dict[str, Any]:
    whole = form(code, "2024-01-01")
    chart = hospital.chart(entries).model_copy(update={"imaging_orders": tuple(orders)})
    return dict(new_draft(whole, whole.kind("result"), chart, account(), NOW, study=study, about=about).values)


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


def waiting(view: EntryView, number: str, state: OrderState = OrderState.TAKEN, **changes: Any) -> ImagingOrderStanding:
    return ImagingOrderStanding(**{"accession": number, "entry": view.id, "version": view.version, "row": 0,
                                   "state": state, **changes})


def test_of_two_orders_of_one_name_the_one_that_it_was_begun_from_or_whose_study_is_read_is_named() -> None:
    first, second = request(20), request(10)
    orders = [waiting(first, "2601", studies=("1.1",)), waiting(second, "2602", studies=("1.2",))]
    assert begun(first, second, orders=orders) == {}
    read = begun(first, second, orders=orders, study="1.1")
    assert (read["order"], datetime.fromisoformat(read["ordered_at"])) == ("2601", first.occurred_at)
    assert begun(first, second, orders=orders, about=second.id)["order"] == "2602"
    assert begun(first, second, orders=orders, about=UUID(int=999)) == {}
    answer = result({**read, "examination": "Nói khác"})
    left = begun(first, second, answer, orders=orders)
    assert left["order"] == "2602", "its number decides, though its words are others"
    assert begun(first, second, orders=[waiting(first, ""), orders[1]], about=first.id).keys() >= {"orderer"}


def test_what_may_be_chosen_is_what_waits_and_what_this_result_answers_already() -> None:
    kind = form("08/BV2", "2024-01-01").kind("result")
    first, second, third, other = request(30), request(20), request(10), request(5, "09/BV2")
    mine = UUID(int=77)
    orders = [waiting(first, "2601", OrderState.SIGNED, result=mine), waiting(second, "2602"),
              waiting(third, "2603", OrderState.SIGNED, result=UUID(int=78)), waiting(other, "2604")]
    chart = hospital.chart([first, second, third, other]).model_copy(update={"imaging_orders": tuple(orders)})

    def numbers(entry: UUID, number: str = "") -> list[str]:
        return [one.number for one in choosable(kind, chart, entry, number)]

    assert numbers(mine) == ["2602", "2601"]
    assert numbers(UUID(int=99)) == ["2602"]
    assert numbers(UUID(int=99), "2603") == ["2603", "2602"], "what it names is seen, however it stands"
    assert choosable(form("36/BV2", "2024-01-01").kind("row"), chart, mine, "") == ()


def test_another_order_fills_in_who_and_when_and_leaves_what_the_writer_said_was_made() -> None:
    kind = form("08/BV2", "2024-01-01").kind("result")
    first, second = request(20), request(10, body={"values": {"examination": "Ngực nghiêng"}})
    chart = hospital.chart([first, second]).model_copy(update={
        "imaging_orders": (waiting(first, "2601"), waiting(second, "2602"))})
    two, one = choosable(kind, chart, UUID(int=99), "")
    values = filled_in(kind, {}, one, None)
    assert (values["order"], values["examination"]) == ("2601", "Ngực thẳng")
    assert filled_in(kind, values, two, one)["examination"] == "Ngực nghiêng"
    changed = filled_in(kind, {**values, "examination": "Ngực thẳng, hai tư thế"}, two, one)
    assert set(changed) == {"order", "orderer", "ordered_at"}
    assert datetime.fromisoformat(changed["ordered_at"]) == second.occurred_at
