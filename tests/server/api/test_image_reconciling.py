"""Whose images are they: a person decides with a reason, another decision follows; bytes stay, answers follow."""

from __future__ import annotations

import io
from typing import Any

from pydicom import dcmread
from sqlalchemy import select

from records.order_states import OrderState
from server.services import image_devices, image_receiving, imaging_orders
from server.store import base
from server.store import imaging_orders as order_store
from server.store.image_search import Level, Wanted
from server.store.tables import audit_events, image_decisions
from tests.server.house import ROW, VALUES, House, key, reasons, send
from tests.server.pictures import a_slice, as_file, uid

WHY = "Máy gõ nhầm mã, đã hỏi kỹ thuật viên"


def arrived(house: House, study: str = "study", **changes: Any) -> bytes:
    file = as_file(a_slice(study, **changes))
    image_receiving.receive(house.hospital, file, sender="CT1")
    return file


def waiting(client: Any, study: str = "study") -> dict[str, Any]:
    answer = client.get("/api/image-studies/unsettled")
    assert answer.status_code == 200, answer.text
    [found] = [one for one in answer.json() if one["uid"] == uid(study)]
    return dict(found)


def decide(client: Any, decision: str, study: str = "study", **changes: Any) -> Any:
    known = len(waiting(client, study)["decisions"])
    return client.post(f"/api/image-studies/{uid(study)}/decisions", headers={"Idempotency-Key": key()}, json={
        "decision": decision, "reason": WHY, "known": known, **changes})


def answered(house: House, study: str = "study") -> list[tuple[str, str]]:
    """What a device is told of the study."""
    rows = image_devices.search(house.hospital, "CT1", Wanted(Level.STUDY, {"StudyInstanceUID": uid(study)}))
    return [(row["PatientID"], row["PatientName"]) for row in rows]


def test_an_unknown_patients_images_are_tied_set_aside_and_opened_again(house: House) -> None:
    file = arrived(house, PatientID="WRONG-9", PatientName="TEST^X", PatientSex="F")
    assert answered(house) == [("WRONG-9", "TEST^X")]
    with house.sign_in("lan") as client:
        found = waiting(client)
        assert (found["state"], found["patient"], found["differences"]) == (
            "open", None, [{"field": "patient_no", "sent": "WRONG-9", "known": ""}])
        tied = decide(client, "tie", patient=str(house.patient))
        assert tied.status_code == 200, tied.text
        assert (tied.json()["state"], tied.json()["patient"]["patient_no"]) == ("matched", "TEST-1")
        assert tied.json()["patient_no"] == "WRONG-9", "the list goes on to say what the images say"
        assert answered(house) == [("TEST-1", "Nguyễn^Văn Bình")]
        assert decide(client, "set_aside").json()["state"] == "set_aside"
        assert answered(house) == []
        assert image_devices.listed(house.hospital, {"study": [uid("study")]}) == (), "nor sent"
        again = decide(client, "reopen").json()
        assert (again["state"], again["patient"], len(again["differences"])) == ("open", None, 1)
        assert answered(house) == [("WRONG-9", "TEST^X")]
        assert [(one["decision"], one["patient_no"], one["person_name"]) for one in again["decisions"]] == [
            ("tie", "TEST-1", "CN. Vũ Thị Lan"), ("set_aside", "", "CN. Vũ Thị Lan"),
            ("reopen", "", "CN. Vũ Thị Lan")]
    kept = image_devices.listed(house.hospital, {"study": [uid("study")]})
    assert [image_devices.read(house.hospital, one) for one in kept] == [file]
    assert dcmread(io.BytesIO(file)).PatientID == "WRONG-9"
    with base.single(house.hospital.engine) as db:
        assert len(db.execute(select(image_decisions)).all()) == 3
        told = db.execute(select(audit_events.c.facts).where(audit_events.c.action == "images.decide")).scalars().all()
    assert [one["decision"] for one in told] == ["tie", "set_aside", "reopen"]


def test_images_of_the_right_patient_with_a_wrong_name_make_their_order_taken_once_they_are_tied(house: House) -> None:
    version = house.version(form=ROW, values={
        **VALUES, "orders": [{"kind": "imaging", "name": "CT ngực"}]})
    with house.sign_in("ha") as client:
        assert send(client, house, version, house.sign(version)).status_code == 201
        [order] = client.get(f"/api/encounters/{house.encounter}/imaging-orders").json()
        assert (order["state"], order["entry"], order["row"]) == ("ordered", str(version.entry), 0)
    arrived(house, AccessionNumber=order["accession"], PatientName="NGUYEN^VAN BINHH")

    def state() -> OrderState:
        with base.transaction(house.hospital.engine) as db:
            of_stay = house.hospital.keys.of(db, house.encounter)
            imaging_orders.refresh(db, of_stay)
            [one] = order_store.of_encounter(db, of_stay)
            return imaging_orders.view(one).state

    assert state() is OrderState.ORDERED, "nobody said yet that the images are this patient's"
    with house.sign_in("lan") as client:
        found = waiting(client)
        assert found["order_patient"]["patient_no"] == found["patient"]["patient_no"] == "TEST-1"
        decide(client, "tie", patient=str(house.patient))
        assert state() is OrderState.TAKEN
        decide(client, "set_aside")
    assert state() is OrderState.ORDERED


def test_what_is_no_decision_is_refused(house: House) -> None:
    arrived(house, PatientID="WRONG-9")
    with house.sign_in("lan") as client:
        cases: tuple[tuple[dict[str, Any], str], ...] = (
            ({"reason": "ngắn"}, "image_decision_reason_missing"), ({"known": 3}, "image_decided_meanwhile"),
            ({"patient": None}, "thing_unknown"))
        for changes, reason in cases:
            assert reasons(decide(client, "tie", **{"patient": str(house.patient), **changes})) == [reason]
            assert waiting(client)["state"] == "open"


def test_images_that_contradict_one_that_was_there_first_stand_on_the_list(house: House) -> None:
    arrived(house)
    for number in (1, 2):
        arrived(house, number=number)
        for _ in range(2):
            arrived(house, number=number, StudyDescription="khác")
    arrived(house, StudyInstanceUID=uid("second"), SOPInstanceUID=uid("other"))
    with house.sign_in("lan") as client:
        found = client.get("/api/image-studies/strays").json()
    assert {(one["study"], one["why"], one["count"]) for one in found} == {
        (uid("study"), "other_content", 2), (uid("second"), "other_series", 1)}
    assert {tuple(one["senders"]) for one in found} == {("CT1",)}
    with house.sign_in("ha") as client:
        assert reasons(client.get("/api/image-studies/strays")) == ["right_missing"]


def test_who_may_not_decide_neither_sees_nor_decides(house: House) -> None:
    arrived(house, PatientID="WRONG-9")
    arrived(house, "right")
    with house.sign_in("ha") as client:
        assert reasons(client.get("/api/image-studies/unsettled")) == ["right_missing"]
        answer = client.post(f"/api/image-studies/{uid('study')}/decisions", headers={"Idempotency-Key": key()}, json={
            "decision": "tie", "patient": str(house.patient), "reason": WHY, "known": 0})
        assert reasons(answer) == ["right_missing"]
    with house.sign_in("lan") as client:
        answer = client.post(f"/api/image-studies/{uid('right')}/decisions", headers={"Idempotency-Key": key()}, json={
            "decision": "set_aside", "reason": WHY, "known": 0})
        assert reasons(answer) == ["image_study_not_open"], "what differs in nothing is nobody's to settle"
