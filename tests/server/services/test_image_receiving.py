"""Images that arrive: kept as sent, filed, matched to a patient or left for a person; a contradiction loses none."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pydicom.data
import pytest
from sqlalchemy import select, text

from records.errors import Refusal
from server.services import image_devices, image_headers
from server.services.hospital import Hospital
from server.services.image_receiving import Intake, Outcome, Received, receive
from server.store import base, images
from server.store.blobs import name_of
from server.store.tables import image_series, image_strays, image_studies
from tests.databases import Database
from tests.server import builders, house
from tests.server.pictures import a_slice, as_file, uid


@pytest.fixture
def hospital(database: Database, tmp_path: Path) -> Iterator[Hospital]:
    _, made = house.build(tmp_path, database.dsn)
    with base.transaction(made.engine) as db:
        ward = builders.a_ward(db)
        patient = builders.a_patient(db, birth_date="1959-03-12", sex="1")
        db.exec_driver_sql("UPDATE patients SET patient_no = 'TEST-1'")
        builders.an_encounter(db, made.keys, ward, patient.id)
    yield made
    made.close()


def study(hospital: Hospital, name: str = "study") -> Any:
    with base.single(hospital.engine) as db:
        return db.execute(select(image_studies).where(image_studies.c.uid == uid(name))).one()


def send(hospital: Hospital, data: Any) -> Outcome:
    return receive(hospital, as_file(data), sender="CT1").outcome


def receive_all(hospital: Hospital, files: Sequence[bytes]) -> list[Received | Refusal]:
    intake = Intake(hospital, sender="CT1")
    for file in files:
        intake.take(file)
    return intake.filed()


def test_an_image_comes_back_byte_for_byte_and_in_parts(hospital: Hospital) -> None:
    file = as_file(a_slice(PixelData=os.urandom(700_000), Rows=10, Columns=35_000))
    assert receive(hospital, file, sender="CT1").outcome is Outcome.NEW
    with base.single(hospital.engine) as db:
        kept = images.instance(db, uid("study", "series", 1))
        assert kept is not None
        sealed = images.open_file(hospital.images, hospital.keys.of(db, kept.study), kept.file)
    assert sealed.read() == file
    assert sealed.size == kept.length == len(file)
    for start, length in ((0, 132), (131_000, 300), (131_071, 2), (len(file) - 5, 99), (len(file), 1)):
        assert sealed.read(start, length) == file[start:start + length], (start, length)


def test_a_study_that_two_messages_begin_is_one_and_has_the_images_of_both(hospital: Hospital) -> None:
    """Neither knew of the other's when it came: what lay under the key of the later one is put under the first one's.
    """
    files = [as_file(a_slice(number=number)) for number in (1, 2, 3)]
    first, second = Intake(hospital, sender="CT1"), Intake(hospital, sender="CT2")
    for intake, file in ((first, files[0]), (second, files[1]), (second, files[2])):
        intake.take(file)
    for one in (*first.begun, *second.begun):
        one.result()
    for intake in (first, second):
        assert {one.outcome for one in intake.filed() if isinstance(one, Received)} == {Outcome.NEW}
    with base.single(hospital.engine) as db:
        kept = [images.instance(db, uid("study", "series", number)) for number in (1, 2, 3)]
    assert [image_devices.read(hospital, one) for one in kept if one] == files
    assert study(hospital).instances == len(list(hospital.settings.home.glob("images/??/??/*"))) == len(files)


def test_an_image_that_lies_where_images_lay_before_is_found_there(hospital: Hospital) -> None:
    file = as_file(a_slice())
    receive(hospital, file, sender="CT1")
    [lying] = hospital.settings.home.glob("images/??/??/*")
    with base.single(hospital.engine) as db:
        kept = images.instance(db, uid("study", "series", 1))
        assert kept is not None
        before = hospital.settings.home / "images" / name_of(kept.file, kept.study)
        before.parent.mkdir(parents=True)
        lying.rename(before)
        key = hospital.keys.of(db, kept.study)
    assert images.open_file(hospital.images, key, kept.file).read() == file


def test_many_at_once_come_from_several_studies_each_judged_by_itself(hospital: Hospital) -> None:
    good = [as_file(a_slice(study=name, number=number)) for name in ("one", "two") for number in range(1, 6)]
    told = receive_all(hospital, (*good[:3], b"no image", *good[3:], good[0]))
    outcomes = [one.outcome if isinstance(one, Received) else None for one in told]
    assert outcomes == [Outcome.NEW] * 3 + [None] + [Outcome.NEW] * 7 + [Outcome.AGAIN]
    assert [study(hospital, name).instances for name in ("one", "two")] == [5, 5]
    folders = {file.parent for file in hospital.settings.home.glob("images/??/??/*")}
    assert len(folders) == 2


def test_two_messages_with_the_same_images_in_other_orders_do_not_wait_for_each_other(hospital: Hospital) -> None:
    send(hospital, a_slice(number=1))
    files = [as_file(a_slice(number=number)) for number in (2, 3, 4)]
    copied = text("INSERT INTO image_instances (id, study, series, uid, sop_class, transfer_syntax, frames, file, "
                  "length) SELECT gen_random_uuid(), study, series, :uid, sop_class, transfer_syntax, frames, file, "
                  "length FROM image_instances LIMIT 1")
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = "
                   "current_database()")
    with ThreadPoolExecutor(2) as senders, hospital.engine.connect() as rival, base.single(hospital.engine) as watching:
        # The UID in the middle is taken for a moment: until it is free again each message has come as far as that.
        rival.execute(copied, {"uid": uid("study", "series", 3)})
        told = [senders.submit(receive_all, hospital, order) for order in (files, files[::-1])]
        until = time.monotonic() + 20
        while watching.execute(waiting).scalar_one() < len(told) and time.monotonic() < until:
            time.sleep(0.02)
        rival.rollback()
        outcomes = [one.outcome for message in told for one in message.result() if isinstance(one, Received)]
    assert sorted(outcomes) == [Outcome.AGAIN] * 3 + [Outcome.NEW] * 3
    assert study(hospital).instances == 4


def test_nothing_of_it_can_be_read_on_the_disk(hospital: Hospital) -> None:
    send(hospital, a_slice())
    lying = b"".join(file.read_bytes() for file in hospital.settings.home.glob("images/??/??/*"))
    assert lying
    assert b"NGUYEN" not in lying
    assert b"DICM" not in lying


def test_a_bit_that_differs_on_the_disk_is_refused(hospital: Hospital) -> None:
    send(hospital, a_slice())
    file = next(hospital.settings.home.glob("images/??/??/*"))
    data = bytearray(file.read_bytes())
    data[-20] ^= 1
    file.write_bytes(data)
    with base.single(hospital.engine) as db:
        kept = images.instance(db, uid("study", "series", 1))
        assert kept is not None
        sealed = images.open_file(hospital.images, hospital.keys.of(db, kept.study), kept.file)
    with pytest.raises(Refusal, match="damaged"):
        sealed.read()


def test_spelling_without_diacritics_is_the_same_patient(hospital: Hospital) -> None:
    send(hospital, a_slice())
    found = study(hospital)
    assert (found.state, found.differences) == ("matched", [])
    assert found.encounter is not None


@pytest.mark.parametrize(("changes", "fields"), [
    ({"PatientName": "NGUYEN^VAN BINH="}, []),
    ({"PatientName": "Nguyễn Văn  Bình^"}, []),
    ({"PatientName": "NGUYEN^VAN BINE"}, ["full_name"]),
    ({"PatientName": ""}, ["full_name"]),
    ({"PatientBirthDate": "19590313"}, ["birth_date"]),
    ({"PatientBirthDate": ""}, []),
    ({"PatientSex": "F"}, ["sex"]),
    ({"PatientSex": ""}, []),
    ({"PatientID": "NOBODY"}, ["patient_no"]),
    ({"PatientID": ""}, ["patient_no"]),
    ({"PatientName": "A^B", "PatientSex": "F"}, ["full_name", "sex"]),
])
def test_what_is_said_otherwise_waits_for_a_person_and_is_kept(
    hospital: Hospital, changes: dict[str, Any], fields: list[str],
) -> None:
    assert send(hospital, a_slice(**changes)) is Outcome.NEW
    found = study(hospital)
    assert [one["field"] for one in found.differences] == fields
    assert found.state == ("open" if fields else "matched")
    assert found.instances == 1


def test_the_same_image_twice_is_one(hospital: Hospital) -> None:
    assert [send(hospital, a_slice()) for _ in range(3)] == [Outcome.NEW, Outcome.AGAIN, Outcome.AGAIN]
    assert study(hospital).instances == 1


def test_another_image_under_the_same_name_is_kept_beside_it(hospital: Hospital) -> None:
    send(hospital, a_slice())
    other = a_slice(StudyDescription="khác")
    assert [send(hospital, other) for _ in range(2)] == [Outcome.STRAY, Outcome.STRAY]
    with base.single(hospital.engine) as db:
        strays = db.execute(select(image_strays)).all()
        assert [one.why for one in strays] == ["other_content"]
        sealed = images.open_file(hospital.images, hospital.keys.of(db, strays[0].study), strays[0].file)
    assert sealed.read() == as_file(other)
    assert study(hospital).description == "CT ngực"


def test_a_series_that_names_another_study_is_kept_apart(hospital: Hospital) -> None:
    send(hospital, a_slice())
    assert send(hospital, a_slice(StudyInstanceUID=uid("second"), SOPInstanceUID=uid("other"))) is Outcome.STRAY
    with base.single(hospital.engine) as db:
        assert db.execute(select(image_strays.c.why)).scalars().all() == ["other_series"]


def test_an_image_that_names_another_patient_than_its_study_is_in_no_chart(hospital: Hospital) -> None:
    """The first image was matched; what came after it under the study's UID went unseen into that patient's chart."""
    assert send(hospital, a_slice()) is Outcome.NEW
    before = study(hospital)
    cases: tuple[tuple[dict[str, Any], bool], ...] = (
        ({"PatientID": "SOMEBODY-ELSE"}, False), ({"PatientName": "Tran^Thi Bay"}, False), ({"PatientSex": "F"}, False),
        ({"PatientBirthDate": "19010101"}, False), ({}, True),
        ({"PatientID": "", "PatientName": "", "PatientSex": "", "PatientBirthDate": ""}, True))
    for place, (changes, fits) in enumerate(cases):
        later = a_slice(SOPInstanceUID=uid("later", place), SeriesInstanceUID=uid("later series"), **changes)
        assert send(hospital, later) is (Outcome.NEW if fits else Outcome.STRAY), changes
        assert send(hospital, later) is (Outcome.AGAIN if fits else Outcome.STRAY), changes
    assert (study(hospital).state, study(hospital).instances) == (before.state, 3)
    with base.single(hospital.engine) as db:
        assert db.execute(select(image_strays.c.why)).scalars().all() == ["other_patient"] * 4


def test_a_study_that_began_without_a_name_is_of_the_first_one_who_is_named(hospital: Hospital) -> None:
    """A dose report or a picture taken before the patient was chosen says nothing: two others came into one chart."""
    nobody, other = dict.fromkeys(("PatientID", "PatientName", "PatientBirthDate", "PatientSex"), ""), {
        "PatientID": "TEST-2", "PatientName": "TRAN^THI SEN", "PatientSex": "F"}
    assert [send(hospital, a_slice(number=1, **nobody)), send(hospital, a_slice(number=2, PatientSex="")),
            send(hospital, a_slice(number=3)), send(hospital, a_slice(number=4, **nobody))] == [Outcome.NEW] * 4
    assert send(hospital, a_slice(number=5, **other)) is Outcome.STRAY
    now = study(hospital)
    assert (now.state, now.patient_no, now.sex, now.sent["full_name"], now.instances) == (
        "open", "TEST-1", "M", "NGUYEN^VAN BINH", 4)
    [first, second] = receive_all(hospital, [as_file(a_slice("new", number=number, **told)) for number, told in (
        (1, nobody), (2, other))])
    assert isinstance(first, Received)
    assert isinstance(second, Received)
    assert send(hospital, a_slice("new", number=3)) is Outcome.STRAY


def test_one_message_with_images_of_two_patients_files_those_of_the_first(hospital: Hospital) -> None:
    files = [as_file(a_slice()), as_file(a_slice(number=2, PatientID="SOMEBODY-ELSE")), as_file(a_slice(number=3))]
    told = receive_all(hospital, files)
    assert [one.outcome for one in told if isinstance(one, Received)] == [Outcome.NEW, Outcome.STRAY, Outcome.NEW]
    assert study(hospital).instances == 2


def test_studies_count_what_they_hold(hospital: Hospital) -> None:
    for series, number in (("a", 1), ("a", 2), ("b", 1)):
        send(hospital, a_slice(series=series, number=number, Modality="CT" if series == "a" else "SR"))
    found = study(hospital)
    assert (found.instances, sorted(found.modalities)) == (3, ["CT", "SR"])
    with base.single(hospital.engine) as db:
        assert sorted(db.execute(select(image_series.c.instances)).scalars()) == [1, 2]


@pytest.mark.parametrize(("file", "code"), [
    (b"", "image_not_dicom"), (b"%PDF-1.7", "image_not_dicom"), (b"\0" * 128 + b"DICM", "image_uid_wrong"),
    (b"\0" * 128 + b"DICM" + b"\xff" * 40, "image_u"),
])
def test_what_is_no_image_is_refused_and_leaves_nothing(hospital: Hospital, file: bytes, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        receive(hospital, file, sender="CT1")
    assert refused.value.reasons[0].code.startswith(code)
    assert not list(hospital.settings.home.glob("images/??/??/*"))


@pytest.mark.parametrize("keyword", ["SOPInstanceUID", "SOPClassUID", "StudyInstanceUID", "SeriesInstanceUID"])
def test_an_image_without_a_name_or_a_place_is_refused(hospital: Hospital, keyword: str) -> None:
    data = a_slice()
    delattr(data, keyword)
    data.file_meta.MediaStorageSOPInstanceUID = uid("x")
    with pytest.raises(Refusal) as refused:
        receive(hospital, as_file(data), sender="CT1")
    assert refused.value.reasons[0].where == keyword


def test_a_header_reads_the_same_whether_its_letters_are_plain_or_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of pydicom's own files, once by the short way for plain letters and once by pydicom alone."""
    def filed(data: bytes) -> tuple[object, ...] | str:
        try:
            head = image_headers.read_header(data)
        except Refusal as refusal:
            return refusal.reasons[0].code
        return head.uid, head.sop_class, head.study, head.series

    folder = Path(pydicom.data.__file__).parent
    files = [file.read_bytes() for kind in ("test_files", "charset_files") for file in (folder / kind).glob("*.dcm")]
    short = [filed(data) for data in files]
    monkeypatch.setattr(image_headers, "_plain", lambda *_: None)
    assert short == [filed(data) for data in files]
    assert sum(isinstance(one, tuple) for one in short) > 50
