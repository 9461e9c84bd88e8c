"""Performed steps over the network (MPPS): a device begins, goes on and ends, across a restart; the order follows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from pydicom import Dataset, Sequence
from pynetdicom import AE
from pynetdicom.sop_class import ModalityPerformedProcedureStep  # type: ignore[attr-defined] # made at import
from sqlalchemy import select

from records.order_states import OrderState
from records.worklists import STEP_HOURS, begun_since
from server.dicom.listener import Listener
from server.dicom.settings import DicomSettings, May, Peer
from server.services import image_receiving
from server.services.hospital import Hospital
from server.store import base, imaging_orders
from server.store.tables import performed_steps
from tests.server.dicom.devices import Ward, tool
from tests.server.pictures import a_slice, as_file, uid

STEP = "ScheduledProcedureStepSequence[0]"
PEERS = (Peer(aet="CT1", host="127.0.0.1", may=frozenset({May.PERFORM, May.WORKLIST})),
         Peer(aet="CT2", host="127.0.0.1", may=frozenset({May.PERFORM})),
         Peer(aet="SENDS", host="127.0.0.1"))


def listening(hospital: Hospital) -> tuple[Listener, int]:
    listener = Listener(hospital, DicomSettings(host="127.0.0.1", port=0, peers=PEERS))
    return listener, listener.start()


@pytest.fixture
def port(hospital: Hospital) -> Iterator[int]:
    listener, made = listening(hospital)
    yield made
    listener.stop()




def send(port: int, how: str, data: Dataset, step: str = "step", aet: str = "CT1") -> Dataset:
    """The status that the service answers to one message."""
    device = AE(aet)
    device.add_requested_context(ModalityPerformedProcedureStep)
    association = device.associate("127.0.0.1", port, ae_title="BENHAN")
    assert association.is_established
    try:
        send = association.send_n_create if how == "create" else association.send_n_set
        status, _ = send(data, ModalityPerformedProcedureStep, uid(step))
        return status
    finally:
        association.release()


def a_beginning(accession: str = "", study: str = "", **changes: Any) -> Dataset:
    data, item = Dataset(), Dataset()
    item.AccessionNumber, item.StudyInstanceUID = accession, study or uid("unscheduled")
    item.RequestedProcedureID, item.ScheduledProcedureStepID = "", ""
    data.SpecificCharacterSet = "ISO_IR 192"
    data.ScheduledStepAttributesSequence = Sequence([item])
    data.PatientName, data.PatientID = "Nguyễn^Văn Bình", "x"
    data.PerformedProcedureStepID, data.PerformedStationAETitle, data.Modality = "P1", "CT1", "CT"
    data.PerformedProcedureStepStartDate, data.PerformedProcedureStepStartTime = "20261125", "081500"
    data.PerformedProcedureStepStatus = "IN PROGRESS"
    for keyword, value in changes.items():
        setattr(data, keyword, value)
    return data


def an_end(status: str = "COMPLETED", *, series: bool = True) -> Dataset:
    data = Dataset()
    data.PerformedProcedureStepStatus = status
    data.PerformedProcedureStepEndDate, data.PerformedProcedureStepEndTime = "20261125", "083000"
    if series:
        item = Dataset()
        item.SeriesInstanceUID, item.ProtocolName = uid("series"), "Ngực"
        data.PerformedSeriesSequence = Sequence([item])
    return data


def listed(port: int) -> bool:
    return "Pending" in tool("findscu", "-W", "-k", "PatientName", "127.0.0.1", str(port)).stderr


def test_the_order_is_taken_when_the_device_completed_it(hospital: Hospital, port: int) -> None:
    ward = Ward.of(hospital)
    ward.order("CT ngực")
    order = ward.orders()["CT ngực"]
    assert listed(port)
    assert send(port, "create", a_beginning(order.accession)).Status == 0x0000
    assert ward.orders()["CT ngực"].state is OrderState.LISTED
    assert send(port, "set", an_end()).Status == 0x0000
    assert ward.orders()["CT ngực"].state is OrderState.TAKEN
    assert not listed(port)


def test_the_study_names_the_order_too_and_what_was_broken_off_stays_to_be_done(hospital: Hospital, port: int) -> None:
    ward = Ward.of(hospital)
    ward.order("CT ngực")
    order = ward.orders()["CT ngực"]
    assert send(port, "create", a_beginning(study=order.study_uid)).Status == 0x0000
    assert send(port, "set", an_end("DISCONTINUED", series=False)).Status == 0x0000
    assert listed(port)
    assert send(port, "create", a_beginning(order.accession), "again").Status == 0x0000
    assert send(port, "set", an_end(), "again").Status == 0x0000
    assert ward.orders()["CT ngực"].state is OrderState.TAKEN


def test_each_wrong_message_hears_why(hospital: Hospital, port: int) -> None:
    assert send(port, "create", a_beginning(PerformedProcedureStepStatus="COMPLETED")).Status == 0x0106
    short = a_beginning()
    del short.Modality
    assert send(port, "create", short).Status == 0x0120
    assert send(port, "set", an_end(), "never begun").Status == 0x0112
    assert send(port, "create", a_beginning()).Status == 0x0000
    assert send(port, "create", a_beginning()).Status == 0x0111
    assert send(port, "set", an_end(), aet="CT2").Status == 0x0112, "another device's step"
    assert send(port, "set", an_end("SCHEDULED")).Status == 0x0106
    assert send(port, "set", an_end(series=False)).Status == 0x0120
    assert send(port, "create", a_beginning(), "x", aet="SENDS").Status == 0x0124
    assert send(port, "set", an_end()).Status == 0x0000
    for status in ("IN PROGRESS", "COMPLETED", "DISCONTINUED"):
        refused = send(port, "set", an_end(status))
        assert (refused.Status, refused.ErrorID) == (0x0110, 0xA710)
    with base.single(hospital.engine) as db:
        rows = db.execute(select(performed_steps).order_by(performed_steps.c.message)).all()
    assert [row.status for row in rows] == ["IN PROGRESS", "COMPLETED"], "what was refused left nothing"
    assert "Bình".encode() not in b"".join(bytes(row.content) for row in rows)


def status_told(port: int, *keys: str) -> list[str]:
    """The steps' status as findscu is told it."""
    asked = [part for key in keys or (f"{STEP}.ScheduledProcedureStepStatus",) for part in ("-k", key)]
    done = tool("findscu", "-W", *asked, "127.0.0.1", str(port))
    # What it asks is printed before what it hears.
    return re.findall(r"^I: +\(0040,0020\) CS \[(\w+)", done.stderr.partition("Find Response")[2], re.MULTILINE)


def test_the_worklist_tells_where_a_step_stands_and_can_be_asked_by_it(hospital: Hospital, port: int) -> None:
    """SCHEDULED until a device begins, STARTED while it is at it, its first images included; then off the list."""
    ward = Ward.of(hospital)
    ward.order("CT ngực")
    order = ward.orders()["CT ngực"]
    asked = {name: f"{STEP}.ScheduledProcedureStepStatus={name}" for name in ("SCHEDULED", "STARTED", "ARRIVED")}

    def told() -> dict[str, list[str]]:
        return {name: found for name, key in asked.items() if (found := status_told(port, key))}

    assert told() == {"SCHEDULED": ["SCHEDULED"]}
    assert send(port, "create", a_beginning(order.accession)).Status == 0x0000
    assert told() == {"STARTED": ["STARTED"]}
    image_receiving.receive(hospital, as_file(a_slice(
        AccessionNumber=order.accession, PatientID=ward.patient_no, PatientName="NGUYEN^VAN BINH")), sender="CT1")
    assert ward.orders()["CT ngực"].state is OrderState.TAKEN
    assert told() == {"STARTED": ["STARTED"]}, "the device is still at it"
    assert send(port, "set", an_end()).Status == 0x0000
    assert told() == {}


def test_what_was_broken_off_or_never_ended_is_to_be_done_again(hospital: Hospital, port: int) -> None:
    ward = Ward.of(hospital)
    ward.order("CT ngực")
    order = ward.orders()["CT ngực"]
    assert send(port, "create", a_beginning(order.accession)).Status == 0x0000
    assert send(port, "set", an_end("DISCONTINUED", series=False)).Status == 0x0000
    assert status_told(port) == ["SCHEDULED"]
    assert send(port, "create", a_beginning(order.accession), "again").Status == 0x0000
    assert status_told(port) == ["STARTED"]
    with base.single(hospital.engine) as db:
        moment = base.now(db)
        for later, started in ((STEP_HOURS - 1, True), (STEP_HOURS + 1, False)):
            [row] = imaging_orders.open_rows(
                db, moment - timedelta(days=1), begun_since(moment + timedelta(hours=later)), ())
            assert row.is_started is started, "a device that broke down ends nothing"


def test_a_step_goes_on_after_the_service_was_started_again(hospital: Hospital) -> None:
    ward = Ward.of(hospital)
    ward.order("CT ngực")
    order = ward.orders()["CT ngực"]
    listener, port = listening(hospital)
    assert send(port, "create", a_beginning(order.accession)).Status == 0x0000
    listener.stop()
    again = Hospital.open(hospital.settings)
    listener, port = listening(again)
    try:
        assert send(port, "create", a_beginning(order.accession)).Status == 0x0111
        assert send(port, "set", an_end()).Status == 0x0000
        assert send(port, "set", an_end()).Status == 0x0110
    finally:
        listener.stop()
        again.close()
    assert ward.orders()["CT ngực"].state is OrderState.TAKEN


def test_two_steps_of_one_order_and_one_step_of_two(hospital: Hospital, port: int) -> None:
    """An order goes on while one of its steps does, and is done once one is completed; a step may answer several."""
    ward = Ward.of(hospital)
    ward.order("CT ngực", "CT sọ não", "CT bụng")
    one, *others = (order.accession for order in ward.orders().values())
    for step in ("first", "second"):
        assert send(port, "create", a_beginning(one), step).Status == 0x0000
    assert sorted(status_told(port)) == ["SCHEDULED", "SCHEDULED", "STARTED"]
    assert send(port, "set", an_end("DISCONTINUED", series=False), "first").Status == 0x0000
    assert sorted(status_told(port)) == ["SCHEDULED", "SCHEDULED", "STARTED"], "the second one goes on"
    assert send(port, "set", an_end(), "second").Status == 0x0000
    assert status_told(port) == ["SCHEDULED", "SCHEDULED"]
    group = a_beginning(others[0])
    group.ScheduledStepAttributesSequence.append(a_beginning(others[1]).ScheduledStepAttributesSequence[0])
    assert send(port, "create", group, "group").Status == 0x0000
    assert status_told(port) == ["STARTED", "STARTED"]
    assert send(port, "set", an_end(), "group").Status == 0x0000
    assert status_told(port) == []
    assert {one.state for one in ward.orders().values()} == {OrderState.TAKEN}
