"""The worklist as devices see it: dcmtk's findscu asks for what signed entries order."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pydicom import Dataset, dcmread
from sqlalchemy import func, select, text

from records.deadlines import ZONE
from records.entries import FormRef
from records.imaging_orders import forms
from records.order_states import OrderState, state_of
from server.dicom.listener import Listener
from server.dicom.settings import DicomSettings, Letters, May, Peer
from server.services import image_receiving, imaging_orders
from server.services.hospital import Hospital
from server.store import base
from server.store import imaging_orders as store
from server.store.tables import audit_events, image_studies, imaging_order_views
from tests.server.dicom.devices import Ward, tool
from tests.server.pictures import a_slice, as_file, uid

LIST = frozenset({May.WORKLIST})
Asking = Callable[..., list[Dataset]]


@pytest.fixture
def ward(hospital: Hospital) -> Ward:
    return Ward.of(hospital, allergies=({"substance": "Penicillin"}, {"substance": "Thuốc cản quang I-ốt"}))


@pytest.fixture
def port(hospital: Hospital) -> Iterator[str]:
    listener = Listener(hospital, DicomSettings(host="127.0.0.1", port=0, peers=(
        Peer(aet="CT1", host="127.0.0.1", may=LIST, modalities=("CT",)),
        Peer(aet="CT2", host="127.0.0.1", may=LIST | {May.STORE}, modalities=("CT",), letters=Letters.UNICODE),
        Peer(aet="CR1", host="127.0.0.1", may=LIST, modalities=("CR",), letters=Letters.PLAIN),
        Peer(aet="RIS", host="127.0.0.1", may=LIST),
        Peer(aet="READS", host="127.0.0.1", may=frozenset({May.FIND})),
    )))
    yield str(listener.start())
    listener.stop()


@pytest.fixture
def ask(port: str, tmp_path: Path) -> Asking:
    out = tmp_path / "answers"
    out.mkdir()

    def found(*keys: str, aet: str = "RIS") -> list[Dataset]:
        for file in out.iterdir():
            file.unlink()
        asked = [part for key in keys for part in ("-k", key)]
        done = tool("findscu", "-W", "-X", "-od", out, *asked, "127.0.0.1", port, aet=aet)
        assert done.returncode == 0, done.stderr
        assert "Received Final Find Response (Success)" in done.stderr, done.stderr
        return [dcmread(file, force=True) for file in sorted(out.glob("rsp*.dcm"))]

    return found


STEP = "ScheduledProcedureStepSequence[0]"


def names(answers: list[Dataset]) -> list[str]:
    return [one.RequestedProcedureDescription for one in answers]


def test_a_signed_order_is_on_the_list_with_all_that_a_device_writes_into_its_images(ward: Ward, ask: Asking) -> None:
    ward.order("CT ngực không tiêm thuốc cản quang", note="Ngồi xe lăn")
    [told] = ask("SpecificCharacterSet=ISO_IR 192", f"{STEP}.Modality=CT", f"{STEP}.ScheduledPerformingPhysicianName",
                 "PatientName", "Allergies", "RequestingPhysician", "AdmissionID", "RequestedProcedureComments",
                 "PatientWeight", "ReferencedStudySequence", aet="CT2")
    order = ward.orders()["CT ngực không tiêm thuốc cản quang"]
    assert (told.AccessionNumber, told.StudyInstanceUID) == (order.accession, order.study_uid)
    assert (str(told.PatientName), told.PatientID) == ("Nguyễn^Văn Bình", ward.patient_no)
    assert (told.PatientBirthDate, told.PatientSex, told.RequestedProcedurePriority) == ("19590312", "M", "ROUTINE")
    assert (told.RequestedProcedureID, told.PatientWeight) == (f"R{order.accession}", None)
    assert list(told.Allergies) == ["Penicillin", "Thuốc cản quang I-ốt"]
    assert (str(told.RequestingPhysician), told.RequestedProcedureComments) == ("Lê^Thu Hà^^Bác sĩ", "Ngồi xe lăn")
    [step] = told.ScheduledProcedureStepSequence
    assert (step.Modality, step.ScheduledProcedureStepID) == ("CT", f"S{order.accession}")
    assert list(step.ScheduledStationAETitle) == ["CT2", "CT1", "RIS"], "itself first; one that may do all is one too"
    assert step.ScheduledProcedureStepStartDate == datetime.now(ZONE).strftime("%Y%m%d")
    assert step.ScheduledPerformingPhysicianName == ""
    assert len(told.AccessionNumber) <= 16


def test_each_device_is_told_in_letters_that_it_can_show(ward: Ward, ask: Asking) -> None:
    ward.order("CT ngực")
    for keys, aet, name in (
        ((), "CT1", "Nguyen^Van Binh"), (("SpecificCharacterSet=ISO_IR 100",), "CT1", "Nguyen^Van Binh"),
        (("SpecificCharacterSet=ISO_IR 192",), "CT1", "Nguyễn^Văn Bình"), ((), "CT2", "Nguyễn^Văn Bình"),
    ):
        [told] = ask(*keys, "PatientName", f"{STEP}.Modality=CT", aet=aet)
        assert str(told.PatientName) == name, (keys, aet)
        assert names([told]) == ["CT ngực" if "ễ" in name else "CT nguc"]


def test_a_device_sees_only_what_it_does(ward: Ward, ask: Asking) -> None:
    ward.order("CT ngực", "X-quang ngực thẳng", "Siêu âm bụng", "Chụp gì đó")
    assert names(ask("PatientName", aet="CT1")) == ["CT nguc", "Chup gi do"]
    assert names(ask(f"{STEP}.Modality=US", aet="CT1")) == []
    [one, other] = ask(f"{STEP}.Modality=CR", aet="CR1")
    assert one.ScheduledProcedureStepSequence[0].Modality == "CR", "an order for DX may be made on CR"
    assert sorted(names([one, other])) == ["Chup gi do", "X-quang nguc thang"]
    assert len(ask("PatientName")) == 4


def test_each_key_matches(ward: Ward, ask: Asking, hospital: Hospital) -> None:
    other = Ward.of(hospital, "Trần Thị Sen", birth_date="1980", sex="2")
    ward.order("CT ngực")
    other.order("CT bụng", start=(datetime.now(ZONE) + timedelta(days=2)).replace(microsecond=0).isoformat())
    today, later = (f"{datetime.now(ZONE) + timedelta(days=days):%Y%m%d}" for days in (0, 2))
    order = ward.orders()["CT ngực"]
    for key, both in {
        "PatientName=NGUYEN*": 1, "PatientName=*BINH": 1, "PatientName=LE*": 0, f"PatientID={ward.patient_no}": 1,
        f"AccessionNumber={order.accession}": 1, "AccessionNumber=99*": 0, f"StudyInstanceUID={order.study_uid}": 1,
        f"RequestedProcedureID=R{order.accession}": 1, f"{STEP}.ScheduledProcedureStepID=S{order.accession}": 1,
        f"{STEP}.ScheduledStationAETitle=CT2": 2, f"{STEP}.ScheduledStationAETitle=CR1": 0,
        f"{STEP}.ScheduledProcedureStepStartDate={today}": 1, f"{STEP}.ScheduledProcedureStepStartDate={later}-": 1,
        f"{STEP}.ScheduledProcedureStepStartDate={today}-{later}": 2, f"{STEP}.Modality=CT": 2,
        f"{STEP}.Modality=MR": 0, "PatientBirthDate=19590312": 2, "PatientBirthDate=19590313": 1, "PatientSex=M": 1,
        "AdmissionID=26-*": 2, "AdmissionID=25-*": 0, "ReferringPhysicianName=LE*": 2, "RequestingPhysician=TRAN*": 0,
    }.items():
        assert len(ask(key)) == both, key


def test_a_device_is_told_where_a_key_of_its_question_narrows_nothing(ward: Ward, port: str) -> None:
    ward.order("CT ngực")
    for key, status in {"PatientWeight": "Pending", "PatientWeight=60": "PendingWarning",
                        f"{STEP}.ScheduledPerformingPhysicianName": "Pending",
                        f"{STEP}.ScheduledPerformingPhysicianName=LE*": "PendingWarning"}.items():
        said = tool("findscu", "-d", "-W", "-k", "PatientName=*", "-k", key, "127.0.0.1", port, aet="RIS").stderr
        assert ("0xff01" if status == "PendingWarning" else "0xff00") in said, said


def test_an_order_that_was_not_taken_on_its_day_stands_on_todays_list_for_a_week(ward: Ward, ask: Asking) -> None:
    now = datetime.now(UTC)
    ward.order("CT ngực", at=now - timedelta(days=3))
    ward.order("CT bụng", at=now - timedelta(days=8))
    [told] = ask(f"{STEP}.ScheduledProcedureStepStartDate={datetime.now(ZONE):%Y%m%d}")
    assert names([told]) == ["CT nguc"]


def test_what_is_corrected_or_cancelled_leaves_the_list(ward: Ward, ask: Asking) -> None:
    first = ward.order("CT sọ não", "Siêu âm bụng")
    before = ward.orders()
    assert len(ask("PatientName")) == 2
    second = ward.order("CT ngực", "Siêu âm bụng", before=first)
    assert sorted(names(ask("PatientName"))) == ["CT nguc", "Sieu am bung"]
    after = ward.orders()
    assert {name: one.state for name, one in after.items()} == {
        "CT sọ não": OrderState.CANCELLED, "CT ngực": OrderState.LISTED, "Siêu âm bụng": OrderState.LISTED}
    assert after["Siêu âm bụng"].accession == before["Siêu âm bụng"].accession
    assert after["CT ngực"].accession not in {one.accession for one in before.values()}
    ward.cancel(second)
    assert ask("PatientName") == []
    assert {one.status for one in ward.orders().values()} == {"revoked"}
    third = ward.order("Siêu âm bụng", before=second)
    assert [one.AccessionNumber for one in ask("PatientName")] == [before["Siêu âm bụng"].accession]
    assert third.version == 3


def test_a_patient_who_left_is_on_no_list(ward: Ward, ask: Asking, hospital: Hospital) -> None:
    ward.order("CT ngực")
    with base.transaction(hospital.engine) as db:
        db.execute(text("UPDATE encounters SET state = 'closed', discharged_at = now()"))
    assert ask("PatientName") == []


SERIES = {"08/BV2": "DX", "09/BV2": "CT", "10/BV2": "MR", "11/BV2": "US", "12/BV2": "ECG", "13/BV2": "EEG",
          "14/BV2": "ES"}


def test_a_result_takes_its_order_off_the_list_whichever_form_of_the_series_it_is(ward: Ward, ask: Asking) -> None:
    """The same words on each form: a result answers the order of its own device only, one after the other."""
    refs = {code: FormRef(code=code, edition="2024-01-01", kind="request") for code in SERIES}
    for ref in refs.values():
        ward.write(ref, diagnosis={"text": "Ho"}, examination="Như trên", urgency="2", remark="Thở ô xy")
    assert sorted(told.ScheduledProcedureStepSequence[0].Modality for told in ask("PatientName")) \
        == sorted(SERIES.values())
    [told] = ask("PatientName", "RequestedProcedureComments", aet="CR1")
    assert (told.RequestedProcedurePriority, told.RequestedProcedureComments) == ("STAT", "Tho o xy")
    left = list(SERIES.values())
    for ref in refs.values():
        left.pop(0)
        ward.write(ref.model_copy(update={"kind": "result"}), orderer="Lê Thu Hà", examination="Như trên",
                   performed_at="2026-11-25T08:00:00+07:00", findings="x", conclusion="y")
        ward.orders()
        assert sorted(one.ScheduledProcedureStepSequence[0].Modality for one in ask("PatientName")) == sorted(left)
    with base.single(ward.hospital.engine) as db:
        states = {one.asked.modality: state_of(one.facts) for one in store.of_encounter(
            db, ward.hospital.keys.of(db, ward.encounter))}
    assert states == dict.fromkeys(SERIES.values(), OrderState.SIGNED)


def test_of_two_orders_of_one_name_a_result_answers_the_one_that_it_names_through_its_corrections(
    ward: Ward, hospital: Hospital,
) -> None:
    ask, answer = (FormRef(code="08/BV2", edition="2024-01-01", kind=kind) for kind in ("request", "result"))

    def states() -> dict[str, tuple[str, UUID | None]]:
        with base.transaction(hospital.engine) as db:
            key = hospital.keys.of(db, ward.encounter)
            return {one.accession: (one.state.value, one.result) for one in imaging_orders.read(db, key)}

    for _ in range(2):
        ward.write(ask, diagnosis={"text": "Ho"}, examination="Ngực thẳng", urgency="1")
    first, second = sorted(states())
    said: dict[str, Any] = {"orderer": "Lê Thu Hà", "examination": "Ngực thẳng",
                            "performed_at": "2026-11-25T08:00:00+07:00", "findings": "x", "conclusion": "y"}
    named = ward.write(answer, **said, order=second)
    assert states() == {first: ("ordered", None), second: ("signed", named.entry)}
    again = ward.write(answer, named, **{**said, "conclusion": "z"}, order=second)
    assert states() == {first: ("ordered", None), second: ("signed", named.entry)}
    ward.write(answer, again, **said, order=first)
    assert states() == {first: ("signed", named.entry), second: ("ordered", None)}, "it was put down to the wrong one"
    plain = ward.write(answer, **said)
    assert states()[second] == ("signed", plain.entry), "one that names none answers the only one that is left"


def test_the_database_marks_each_form_that_orders_or_reports(hospital: Hospital) -> None:
    with base.single(hospital.engine) as db:
        source = db.execute(text("SELECT prosrc FROM pg_proc WHERE proname = 'mark_imaging_orders'")).scalar_one()
    assert set(re.findall(r"'(\S+?)'", source)) == {code for code, _ in forms()}


def test_images_that_bear_the_orders_number_or_study_make_it_taken(
    ward: Ward, ask: Asking, port: str, tmp_path: Path, hospital: Hospital,
) -> None:
    """The device's own way: what findscu was told is what storescu's file bears. No MPPS is needed."""
    ward.order("CT ngực", "CT bụng", "CT sọ")
    for number, told in enumerate(ask("PatientName", "PatientBirthDate", "PatientSex", aet="CT1")[:2]):
        same: dict[str, Any] = {
            "PatientID": told.PatientID, "PatientName": told.PatientName, "PatientSex": told.PatientSex,
            "PatientBirthDate": told.PatientBirthDate}
        bears = ({"AccessionNumber": told.AccessionNumber}, {"StudyInstanceUID": told.StudyInstanceUID})[number]
        file = tmp_path / f"{number}.dcm"
        file.write_bytes(as_file(a_slice(f"study{number}", **same, **bears)))
        assert tool("storescu", "127.0.0.1", port, file, aet="CT2").returncode == 0
    assert names(ask("PatientName", aet="CT1")) == ["CT so"]
    assert sorted(one.state for one in ward.orders().values()) == ["listed", "taken", "taken"]
    with base.single(hospital.engine) as db:
        rows = db.execute(select(image_studies)).all()
        assert {row.encounter for row in rows} == {ward.encounter}
        standing = {one.row: one.studies for one in store.standing(db, ward.encounter)}
    places = {one.id: one.row for one in ward.orders().values()}
    assert {places[row.imaging_order]: (row.uid,) for row in rows} == {
        place: studies for place, studies in standing.items() if studies}
    assert len(standing) == 3


def test_images_of_another_patients_order_or_of_a_cancelled_one_wait_for_a_person(
    ward: Ward, ask: Asking, hospital: Hospital,
) -> None:
    other = Ward.of(hospital, "Trần Thị Sen", birth_date="1960-01-01", sex="2")
    entry = ward.order("CT ngực")
    accession = ward.orders()["CT ngực"].accession

    def differs(study: str, **bears: Any) -> tuple[str, list[dict[str, str]]]:
        image_receiving.receive(hospital, as_file(a_slice(study, AccessionNumber=accession, **bears)), sender="CT1")
        with base.single(hospital.engine) as db:
            row = db.execute(select(image_studies).where(image_studies.c.uid == uid(study))).one()
        return row.state, row.differences

    assert differs("other", PatientID=other.patient_no, PatientName="TRAN^THI SEN", PatientBirthDate="1960",
                   PatientSex="F") == ("open", [{"field": "order", "sent": accession, "known": ward.patient_no}])
    assert len(ask("PatientName")) == 1, "it was not taken of this patient"
    ward.cancel(entry)
    assert differs("late", PatientID=ward.patient_no, PatientName="NGUYEN^VAN BINH") \
        == ("open", [{"field": "order", "sent": accession, "known": ""}])


def test_the_projection_can_be_thrown_away(ward: Ward, hospital: Hospital, ask: Asking) -> None:
    first = ward.order("CT sọ não", "Siêu âm bụng")
    ward.order("CT ngực", "Siêu âm bụng", before=first)
    ask("PatientName")
    before = ward.orders()
    with base.transaction(hospital.engine) as db:
        db.execute(imaging_order_views.delete())
    assert imaging_orders.rebuild(hospital) == 1
    assert ward.orders() == before


def test_who_may_not_ask_is_told_so_and_who_asked_is_in_the_audit(
    ward: Ward, ask: Asking, port: str, hospital: Hospital,
) -> None:
    ward.order("CT ngực")
    assert "0x124" in tool("findscu", "-W", "-k", "PatientName", "127.0.0.1", port, aet="READS").stderr
    assert "0x124" in tool("findscu", "-S", "-k", "QueryRetrieveLevel=STUDY", "127.0.0.1", port, aet="CT1").stderr
    ask("PatientName", aet="CT1")
    with base.single(hospital.engine) as db:
        [told] = db.execute(select(audit_events.c.person_name, audit_events.c.facts)
                            .where(audit_events.c.action == "worklist.give")).all()
        assert db.execute(select(func.count()).select_from(imaging_order_views)).scalar_one() == 1
    assert (told.person_name, told.facts["orders"]) == ("CT1", [ward.orders()["CT ngực"].accession])
