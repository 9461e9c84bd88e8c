"""What a viewer works with, over HTTPS: a person's studies newest first, marks that only grow, each its author's."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text

from records.messages import ImageMarks, PatientImages
from server.services.image_receiving import receive
from server.store import base
from tests.server.house import House, key, reasons
from tests.server.pictures import a_slice, as_file, uid

MINE: dict[str, Any] = {"PatientID": "TEST-1", "PatientName": "NGUYEN^VAN BINH", "PatientBirthDate": "19590312",
                        "PatientSex": "M"}
STUDY, SERIES, FIRST = (str(uid("study")), str(uid("study", "series")), str(uid("study", "series", 1)))


@pytest.fixture
def sent(house: House) -> House:
    for number in (1, 2, 3):
        receive(house.hospital, as_file(a_slice(number=number, **MINE)), sender="CT1")
    old = a_slice("old", "view", StudyDate="20250212", Modality="DX", StudyDescription="X-quang", **MINE)
    receive(house.hospital, as_file(old), sender="XQ1")
    another = a_slice("other", "view", PatientID="TEST-1", PatientName="TRAN^VAN CUONG", PatientBirthDate="19800101",
                      PatientSex="M")
    receive(house.hospital, as_file(another), sender="XQ1")
    return house


def given(mark: UUID, x: float = 3.5, **changes: Any) -> dict[str, Any]:
    return {"mark": str(mark), "series_uid": SERIES, "sop_instance_uid": FIRST, "frame": 1, "removed": False,
            "content": {"kind": "length", "points": [[x, 4], [20, 9]]}, "made_at": datetime.now(UTC).isoformat(),
            **changes}


def put(client: httpx.Client, what: dict[str, Any], study: str = STUDY) -> httpx.Response:
    return client.post(f"/api/image-studies/{study}/marks", json=what, headers={"Idempotency-Key": key()})


def marks(client: httpx.Client) -> ImageMarks:
    return ImageMarks.model_validate_json(client.get(f"/api/image-studies/{STUDY}/marks").content)


def test_studies_come_newest_first_with_what_a_strip_shows(sent: House) -> None:
    with sent.sign_in("ha") as client:
        answer = client.get(f"/api/patients/{sent.patient}/images")
        assert answer.status_code == 200, answer.text
        told = PatientImages.model_validate_json(answer.content)
    assert [(one.date, one.description, one.modalities) for one in told.studies] == [
        ("20261125", "CT ngực", ("CT",)), ("20250212", "X-quang", ("DX",))]
    [series] = told.studies[0].series
    assert (series.uid, series.instances, series.frames, series.middle, series.shown) == (
        SERIES, 3, 3, str(uid("study", "series", 2)), True)
    assert told.unsettled == 1


def test_a_mark_is_read_back_by_everybody_with_its_authors_name(sent: House) -> None:
    which = uuid4()
    with sent.sign_in("ha") as here, sent.sign_in("son") as another:
        assert put(here, given(which)).status_code == 204
        [mark] = marks(another).marks
    assert (mark.mark, mark.sop_instance_uid, mark.frame) == (which, FIRST, 1)
    assert mark.content["points"] == [[3.5, 4], [20, 9]]
    assert "Hà" in mark.person_name


def test_a_change_and_a_removal_are_rows_of_their_own(sent: House) -> None:
    which, other = uuid4(), uuid4()
    with sent.sign_in("ha") as client:
        for what in (given(which), given(other), given(which, 7.25)):
            assert put(client, what).status_code == 204
        assert [one.content["points"][0][0] for one in marks(client).marks] == [3.5, 7.25]
        assert put(client, given(other, removed=True, content={})).status_code == 204
        assert [one.mark for one in marks(client).marks] == [which]
    with base.single(sent.hospital.engine) as db:
        assert db.execute(text("SELECT count(*) FROM image_marks")).scalar() == 4
        lying = b"".join(db.execute(text("SELECT content FROM image_marks")).scalars())
        told = db.execute(text(
            "SELECT facts FROM audit_events WHERE action = 'images.mark' ORDER BY id")).scalars().all()
    assert b"length" not in lying
    assert [one["removed"] for one in told] == [False, False, False, True]
    assert {one["image"] for one in told} == {FIRST}


def test_nobody_changes_anothers_mark(sent: House) -> None:
    which = uuid4()
    with sent.sign_in("ha") as here, sent.sign_in("son") as another:
        put(here, given(which))
        for what in (given(which, 9), given(which, removed=True, content={})):
            answer = put(another, what)
            assert (answer.status_code, reasons(answer)) == (422, ["image_mark_of_another"])
        assert [one.content["points"][0][0] for one in marks(here).marks] == [3.5]


@pytest.mark.parametrize("changes", [
    {"frame": 2}, {"sop_instance_uid": str(uid("study", "series", 9))}, {"series_uid": str(uid("old", "view"))}])
def test_a_mark_belongs_to_a_frame_that_is_there(sent: House, changes: dict[str, Any]) -> None:
    with sent.sign_in("ha") as client:
        answer = put(client, given(uuid4(), **changes))
    assert (answer.status_code, reasons(answer)) == (404, ["thing_unknown"])


def test_who_does_not_see_the_study_sees_no_marks_and_draws_none(sent: House) -> None:
    with sent.sign_in("ha") as client:
        put(client, given(uuid4()))
    with sent.sign_in("huy") as it:
        assert it.get(f"/api/patients/{sent.patient}/images").status_code == 403
        assert it.get(f"/api/image-studies/{STUDY}/marks").status_code == 403
        assert put(it, given(uuid4())).status_code == 403
