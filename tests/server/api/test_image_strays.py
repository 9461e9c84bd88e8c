"""Images that were kept apart go into their study when a person says that they are of its patient, and only then."""

from __future__ import annotations

import io
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psycopg
import pytest
from pydicom import Dataset, dcmread
from pydicom.uid import CTImageStorage
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from server.services import image_filing, image_receiving
from server.services import image_strays as image_strays_service
from server.services.image_receiving import Outcome
from server.store import base, images, walk
from server.store.tables import audit_events, image_series, image_stray_settlements, image_strays, image_studies
from tests.server import builders
from tests.server.house import BY_NAME, WARDS, House, key, reasons
from tests.server.pictures import a_slice, as_file, uid

WHY = "Kỹ thuật viên sửa tên giữa lúc chụp, đã hỏi phòng CT"
WRONG = {"PatientID": "TEST-1X", "PatientName": "NGUYEN^VAN BINHH"}
"""What the device said before, or after, somebody mended it."""


def arrived(house: House, number: int = 1, series: str = "series", **changes: Any) -> Outcome:
    file = as_file(a_slice("study", series, number, **changes))
    return image_receiving.receive(house.hospital, file, sender="CT1").outcome


@pytest.fixture
def mixed(house: House) -> House:
    """A study of the house's patient; after two images the device names somebody else."""
    told = [arrived(house), arrived(house, 2), arrived(house, 3, **WRONG),
            arrived(house, 1, "late", SeriesNumber=2, Modality="SR", SeriesDescription="Liều tia", **WRONG),
            arrived(house, 4, PatientName="TRAN^THI SAU", PatientID="OTHER-7")]
    assert told == [Outcome.NEW] * 2 + [Outcome.STRAY] * 3
    return house


def groups(client: httpx.Client) -> dict[str, dict[str, Any]]:
    """By the number that they name."""
    answer = client.get("/api/image-studies/strays")
    assert answer.status_code == 200, answer.text
    return {one["names"]["patient_no"]: one for one in answer.json()}


def decide(client: httpx.Client, group: dict[str, Any], decision: str = "release", **changes: Any) -> httpx.Response:
    headers = {"Idempotency-Key": changes.pop("command", key())}
    return client.post(f"/api/image-studies/{group['study']}/strays/decisions", headers=headers, json={
        "decision": decision, "why": group["why"], "names": group["names"], "known": group["count"], "reason": WHY,
        **changes})


def study(house: House) -> Any:
    with base.single(house.hospital.engine) as db:
        return db.execute(select(image_studies).where(image_studies.c.uid == uid("study"))).one()


def test_released_images_are_filed_as_if_they_had_come_so(mixed: House) -> None:
    path = f"/dicomweb/studies/{uid('study')}/instances"
    with mixed.sign_in("lan") as client, mixed.sign_in("ha") as doctor:
        _told(groups(client))
        group = groups(client)["TEST-1X"]
        _refused(client, doctor, group)
        assert len(doctor.get(path).json()) == 2
        command = key()
        with psycopg.connect(base.plain_dsn(mixed.hospital.settings.dsn), autocommit=True) as hearing:
            hearing.execute(f"LISTEN {base.CHANNEL}")
            done = decide(client, group, command=command)
            heard = [json.loads(one.payload) for one in hearing.notifies(timeout=10, stop_after=2)]
        assert heard == [{"topic": "images", "encounter": str(mixed.encounter)}, {"topic": "images_unsettled"}]
        assert (done.status_code, done.json()) == (200, {"settled": 2, "here": 0, "left": 0})
        assert decide(client, group, command=command).json() == done.json(), "sent again it is done once"
        assert reasons(decide(client, group)) == ["image_decided_meanwhile"]
        shown = {one["00080018"]["Value"][0] for one in doctor.get(path).json()}
        assert shown == {uid("study", "series", number) for number in (1, 2, 3)} | {uid("study", "late", 1)}
        assert len(doctor.get(f"/dicomweb/studies/{uid('study')}/metadata").json()) == 4
        one = f"/dicomweb/studies/{uid('study')}/series/{uid('study', 'series')}/instances/{uid('study', 'series', 3)}"
        body = doctor.get(one, headers={"Accept": 'multipart/related; type="application/dicom"'}).content
        assert as_file(a_slice("study", "series", 3, **WRONG)) in body, "as the device sent it"
        found = groups(client)
    assert (found["TEST-1X"]["settled"], found["OTHER-7"]["settled"]) == ("release", "")
    [said] = found["TEST-1X"]["decisions"]
    assert (said["decision"], said["reason"], said["person_name"]) == ("release", WHY, "CN. Vũ Thị Lan")
    _kept(mixed)


def _told(found: dict[str, dict[str, Any]]) -> None:
    """What each group names beside what the study does."""
    assert set(found) == {"TEST-1X", "OTHER-7"}
    mine = found["TEST-1X"]
    assert (mine["why"], mine["count"], mine["here"], mine["settled"], mine["fits"]) == (
        "other_patient", 2, 0, "", False)
    assert (mine["patient_no"], mine["full_name"], mine["patient"]["patient_no"]) == (
        "TEST-1", "NGUYEN^VAN BINH", "TEST-1")
    assert mine["names"] == {"patient_no": "TEST-1X", "full_name": "NGUYEN^VAN BINHH", "birth_date": "19590312",
                             "sex": "M"}
    assert mine["differs"] == ["patient_no", "full_name"]
    assert mine["series"] == [{"number": 1, "modality": "CT", "description": "Nhu mô", "count": 1},
                              {"number": 2, "modality": "SR", "description": "Liều tia", "count": 1}]


def _refused(client: httpx.Client, doctor: httpx.Client, group: dict[str, Any]) -> None:
    """What is no decision; who may not take one."""
    for changes, code in (
            ({"reason": "ngắn"}, "image_decision_reason_missing"), ({"known": 1}, "image_decided_meanwhile"),
            ({"names": {"patient_no": "NOBODY"}}, "image_decided_meanwhile"),
            ({"names": None}, "image_stray_first_stands"), ({"why": "other_content"}, "image_stray_first_stands"),
            ({"why": "other_series"}, "image_stray_first_stands")):
        assert reasons(decide(client, group, **changes)) == [code], changes
    assert reasons(decide(doctor, group)) == ["right_missing"]


def _kept(house: House) -> None:
    """What stands in the tables of it: counts, modalities, who and which; why only sealed, and none of it changes."""
    now = study(house)
    assert (now.instances, sorted(now.modalities), now.patient) == (4, ["CT", "SR"], house.patient)
    with base.single(house.hospital.engine) as db:
        assert sorted(db.execute(select(image_series.c.instances)).scalars()) == [1, 3]
        [note] = db.execute(select(audit_events).where(audit_events.c.action == "images.release"))
        assert WHY not in str(db.execute(text("SELECT t::text FROM image_stray_decisions AS t")).scalars().all())
        walked = walk.images(db, house.hospital.keys, house.hospital.images, whole=True)
    assert (walked.looked_at, walked.broken) == (5, ()), "each file once, where it lies"
    assert (note.person, note.facts["study"], note.facts["why"]) == (
        BY_NAME["lan"].id, uid("study"), "other_patient")
    assert set(note.facts["images"]) == {uid("study", "series", 3), uid("study", "late", 1)}
    for statement in ("DELETE FROM image_stray_settlements", "UPDATE image_stray_decisions SET decision = 'apart'"):
        with pytest.raises(DBAPIError), base.transaction(house.hospital.engine) as db:
            db.execute(text(statement))


def _destroy_meanwhile(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The study goes when the files of its images were read and before they are filed."""
    filing = image_filing.file_kept

    def late(*given: Any) -> set[str]:
        with base.transaction(house.hospital.engine) as db:
            house.hospital.keys.destroy(db, study(house).id, BY_NAME["lan"].id, "biên bản 3")
        return filing(*given)

    monkeypatch.setattr(image_filing, "file_kept", late)


def test_what_comes_later_in_the_same_words_follows_the_last_decision(
    mixed: House, monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = {"PatientName": "TRAN^THI SAU", "PatientID": "OTHER-7"}
    with mixed.sign_in("lan") as client:
        decide(client, groups(client)["TEST-1X"])
        assert arrived(mixed, 3, **WRONG) is Outcome.AGAIN
        assert arrived(mixed, 5, **WRONG) is Outcome.NEW
        assert arrived(mixed, 6, **other) is Outcome.STRAY
        assert decide(client, groups(client)["OTHER-7"], "apart").json() == {"settled": 2, "here": 0, "left": 0}
        kept = groups(client)["OTHER-7"]
        assert (kept["settled"], kept["count"], kept["decisions"][0]["decision"]) == ("apart", 2, "apart")
        assert arrived(mixed, 7, **other) is Outcome.STRAY
        again = groups(client)["OTHER-7"]
        assert (again["settled"], again["count"]) == ("", 3), "what came since waits for a decision"
        assert decide(client, again).json()["settled"] == 3, "what was left apart may be released later"
        assert study(mixed).instances == 8
        assert arrived(mixed, 8, **other | {"PatientSex": "F"}) is Outcome.STRAY
        _destroy_meanwhile(mixed, monkeypatch)
        [late] = [one for one in client.get("/api/image-studies/strays").json() if not one["settled"]]
        assert reasons(decide(client, late)) == ["key_destroyed"]
        assert study(mixed).instances == 8
        assert client.get("/api/image-studies/strays").json() == []
        assert reasons(decide(client, kept)) == ["image_study_destroyed"]
    with base.single(mixed.hospital.engine) as db:
        for table in ("image_strays", "image_stray_decisions", "image_stray_settlements", "audit_events"):
            told = str(db.execute(text(f"SELECT t::text FROM {table} AS t")).scalars().all())
            assert "BINHH" not in told, table
            assert WHY not in told, table


def test_what_is_here_by_now_is_not_released_and_said_so(mixed: House) -> None:
    assert arrived(mixed, 3) is Outcome.NEW, "the device sent it again, mended"
    moved = a_slice("second", "own", SeriesInstanceUID=uid("elsewhere"))
    assert image_receiving.receive(mixed.hospital, as_file(moved), sender="CT1").outcome is Outcome.NEW
    assert arrived(mixed, 9, SeriesInstanceUID=uid("elsewhere"), **WRONG) is Outcome.STRAY
    with mixed.sign_in("lan") as one, mixed.sign_in("lan") as other, ThreadPoolExecutor(2) as hands:
        group = groups(one)["TEST-1X"]
        assert (group["count"], group["here"]) == (3, 1)
        answers = list(hands.map(lambda client: decide(client, group), (one, other)))
        [done] = [answer for answer in answers if answer.status_code == 200]
        [refused] = [answer for answer in answers if answer.status_code != 200]
        assert done.json() == {"settled": 1, "here": 2, "left": 2}
        assert reasons(refused) == ["image_decided_meanwhile"], "two people at once: one decides"
        left = next(found for found in one.get("/api/image-studies/strays").json()
                    if found["names"]["patient_no"] == "TEST-1X" and found["settled"] == "")
        assert (left["count"], left["here"]) == (2, 1)
        assert reasons(decide(one, left)) == ["image_stray_here"]
        assert decide(one, left, "apart").json()["settled"] == 2
    assert study(mixed).instances == 4
    with base.single(mixed.hospital.engine) as db:
        assert len(db.execute(select(image_stray_settlements)).all()) == 3


def test_those_who_name_the_patient_to_whom_the_study_is_tied_are_offered(
    house: House, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A wrong number first, mended at the device: the study waits, what came after is apart."""
    monkeypatch.setattr(image_strays_service, "MOST", 1)
    assert [arrived(house, 1, **WRONG), arrived(house, 2)] == [Outcome.NEW, Outcome.STRAY]
    _as_before(house, 3)
    with house.sign_in("lan") as client:
        group = groups(client)["TEST-1"]
        assert (group["study_state"], group["fits"], group["count"]) == ("open", False, 2)
        tied = client.post(f"/api/image-studies/{uid('study')}/decisions", headers={"Idempotency-Key": key()}, json={
            "decision": "tie", "patient": str(house.patient), "reason": WHY, "known": 0})
        assert tied.status_code == 200, tied.text
        group = groups(client)["TEST-1"]
        assert (group["study_state"], group["fits"], group["differs"]) == ("matched", True, [])
        assert study(house).instances == 1, "tied, and nothing went in unseen"
        assert decide(client, group).json() == {"settled": 1, "here": 0, "left": 1}, "so many in one act, then the rest"
        group = next(one for one in client.get("/api/image-studies/strays").json() if not one["settled"])
        assert decide(client, group).json() == {"settled": 1, "here": 0, "left": 0}
    assert (study(house).instances, study(house).patient) == (3, house.patient)


def _as_before(house: House, number: int) -> None:
    """One that was kept apart before its words were kept: its file says them."""
    file = as_file(a_slice("study", "series", number))
    with base.transaction(house.hospital.engine) as db:
        row = db.execute(select(image_strays)).one()
        of_study = house.hospital.keys.of(db, row.study)
        sha256 = images.put(house.hospital.images, of_study, file)
        images.settle(house.hospital.images, [(of_study, sha256)])
        db.execute(image_strays.insert().values({**row._mapping, "id": key(), "told": None, "file": sha256,
                                                 "uid": uid("study", "series", number), "length": len(file)}))


SAU: dict[str, Any] = {"PatientName": "TRAN^THI SAU", "PatientID": "OTHER-7"}


def test_a_second_patients_images_become_a_study_of_that_patients_own(mixed: House) -> None:
    with base.transaction(mixed.hospital.engine) as db:
        hers = builders.a_patient(db, "Trần Thị Sáu", birth_date="1959-03-12", sex="1")
        db.execute(text("UPDATE patients SET patient_no = 'OTHER-7' WHERE id = :id"), {"id": hers.id})
        builders.an_encounter(db, mixed.hospital.keys, WARDS["NOI"], hers.id)
    assert arrived(mixed, 1, "keys", Modality="KO", SeriesNumber=9, **SAU,
                   CurrentRequestedProcedureEvidenceSequence=_evidence(4)) is Outcome.STRAY
    with mixed.sign_in("lan") as client, mixed.sign_in("ha") as doctor:
        group = groups(client)["OTHER-7"]
        assert reasons(decide(doctor, group, "move")) == ["right_missing"]
        command = key()
        done = decide(client, group, "move", command=command)
        assert (done.status_code, done.json()) == (200, {"settled": 2, "here": 0, "left": 0}), done.text
        assert decide(client, group, "move", command=command).json() == done.json()
        [found] = doctor.get("/dicomweb/studies", params={"PatientID": "OTHER-7"}).json()
        own = found["0020000D"]["Value"][0]
        assert (found["00201208"]["Value"], own == uid("study")) == ([2], False)
        assert study(mixed).instances == 2, "the first patient's study is what it was"
        _copied_truly(doctor, own)
        assert arrived(mixed, 4, **SAU) is Outcome.STRAY, "sent again it changes nothing"
        assert (groups(client)["OTHER-7"]["settled"], groups(client)["OTHER-7"]["count"]) == ("move", 2)
        for decision in ("move", "release", "apart"):
            assert reasons(decide(client, groups(client)["OTHER-7"], decision)) == ["image_decided_meanwhile"]
        assert arrived(mixed, 6, **SAU) is Outcome.STRAY
        assert len(doctor.get(f"/dicomweb/studies/{own}/instances").json()) == 3, "it follows into the same study"
        assert (groups(client)["OTHER-7"]["settled"], groups(client)["OTHER-7"]["count"]) == ("move", 3)
        assert arrived(mixed, 6, **SAU) is Outcome.STRAY, "sent again it changes nothing"
        assert arrived(mixed, 6, **SAU, InstanceNumber=60) is Outcome.STRAY, "what would be there twice waits"
        assert arrived(mixed, 7, **SAU | {"PatientSex": "F"}) is Outcome.STRAY, "other words, another decision"
        assert sorted((one["count"], one["names"]["sex"]) for one in client.get("/api/image-studies/strays").json()
                      if not one["settled"] and one["names"]["patient_no"] == "OTHER-7") == [(1, "F"), (1, "M")]
        assert len(doctor.get(f"/dicomweb/studies/{own}/instances").json()) == 3
    with base.transaction(mixed.hospital.engine) as db:
        assert walk.images(db, mixed.hospital.keys, mixed.hospital.images, whole=True).broken == ()
        notes = db.execute(select(audit_events.c.facts).where(audit_events.c.action.in_((
            "images.move", "images.follow"))).order_by(audit_events.c.id)).scalars().all()
        assert [sorted(one["images"]) for one in notes] == [
            sorted([uid("study", "series", 4), uid("study", "keys", 1)]), [uid("study", "series", 6)]]
        assert notes[0]["decision"] == notes[1]["decision"]
        assert "SAU" not in str(notes)
        mixed.hospital.keys.destroy(db, study(mixed).id, BY_NAME["lan"].id, "biên bản 3")
    with mixed.sign_in("ha") as doctor:
        assert len(doctor.get(f"/dicomweb/studies/{own}/metadata").json()) == 3, "it has a key of its own"


def _evidence(number: int) -> list[Dataset]:
    """The reference of a key object to one image of the study."""
    image, series, around = Dataset(), Dataset(), Dataset()
    image.ReferencedSOPClassUID, image.ReferencedSOPInstanceUID = CTImageStorage, uid("study", "series", number)
    series.SeriesInstanceUID, series.ReferencedSOPSequence = uid("study", "series"), [image]
    around.StudyInstanceUID, around.ReferencedSeriesSequence = uid("study"), [series]
    return [around]


def _copied_truly(doctor: httpx.Client, own: str) -> None:
    """New UIDs, the same pixels and patient; what was stands beside; the key object leads to the image's new place."""
    answer = doctor.get(f"/dicomweb/studies/{own}", headers={"Accept": 'multipart/related; type="application/dicom"'})
    files = [dcmread(io.BytesIO(bytes(128) + b"DICM" + part.rpartition(b"\r\n--")[0]))
             for part in answer.content.split(b"DICM")[1:]]
    image, keys = sorted(files, key=lambda one: one.Modality)
    was = a_slice("study", "series", 4, **SAU)
    assert (image.PixelData, image.PatientName, image.InstanceNumber) == (was.PixelData, was.PatientName, 4)
    [told] = image.OriginalAttributesSequence[0].ModifiedAttributesSequence
    assert [told.StudyInstanceUID, told.SeriesInstanceUID, told.SOPInstanceUID] == [
        uid("study"), uid("study", "series"), uid("study", "series", 4)]
    [around] = keys.CurrentRequestedProcedureEvidenceSequence
    [series] = around.ReferencedSeriesSequence
    assert (around.StudyInstanceUID, series.SeriesInstanceUID, series.ReferencedSOPSequence[0].ReferencedSOPInstanceUID
            ) == (own, image.SeriesInstanceUID, image.SOPInstanceUID)
