"""DICOMweb as an outside client (dicomweb-client) and a browser see it, over HTTPS with a person's session."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import imagecodecs
import numpy as np
import pytest
import requests
from dicomweb_client.api import DICOMwebClient
from PIL import Image as Picture
from pydicom import Dataset, dcmread
from pydicom.encaps import encapsulate
from pydicom.uid import ExplicitVRLittleEndian, JPEGLSLossless
from sqlalchemy import text

from server.services.image_receiving import receive
from server.store import base
from tests.server.house import BY_NAME, House, reasons
from tests.server.pictures import a_slice, as_file, uid

STUDY, SERIES, FIRST = str(uid("study")), str(uid("study", "series")), str(uid("study", "series", 1))
IMAGE = f"/dicomweb/studies/{STUDY}/series/{SERIES}/instances/{FIRST}"
MINE: dict[str, Any] = {
    "PatientID": "TEST-1", "PatientName": "NGUYEN^VAN BINH", "PatientBirthDate": "19590312", "PatientSex": "M"}


@contextmanager
def viewer(house: House, username: str) -> Iterator[DICOMwebClient]:
    """The library, signed in as that person."""
    with house.sign_in(username) as client, requests.Session() as session:
        session.headers["Authorization"] = client.headers["Authorization"]
        session.trust_env = False
        session.verify = str(house.settings.home / "tls" / "ca.pem")
        made = DICOMwebClient(f"{house.url}/dicomweb", session=session)
        made.set_http_retry_params(retry=False)
        yield made


@pytest.fixture
def sent(house: House) -> list[Dataset]:
    """Three slices of the patient in the ward NOI."""
    made = [a_slice(number=number, **MINE) for number in (1, 2, 3)]
    for data in made:
        receive(house.hospital, as_file(data), sender="CT1")
    return made


def test_a_doctor_finds_the_patients_images_level_by_level(house: House, sent: list[Dataset]) -> None:
    with viewer(house, "ha") as client:
        [study] = client.search_for_studies(search_filters={"PatientName": "nguyen*", "StudyDate": "20261101-"})
        assert study["0020000D"]["Value"] == [STUDY]
        assert study["00201208"]["Value"] == [3]
        assert client.search_for_studies(search_filters={"00100020": "OTHER"}) == []
        [series] = client.search_for_series(STUDY)
        assert (series["0020000E"]["Value"], series["0008103E"]["Value"]) == ([SERIES], ["Nhu mô"])
        found = client.search_for_instances(STUDY, SERIES)
        assert [one["00200013"]["Value"] for one in found] == [[1], [2], [3]]
        assert len(client.search_for_instances(STUDY, limit=1, offset=2)) == 1


@pytest.mark.parametrize("what", ["studies", "series", "instances"])
def test_whole_numbers_and_patterns_find_the_same_and_leave_the_same_line(
    house: House, sent: list[Dataset], what: str,
) -> None:
    receive(house.hospital, as_file(a_slice("other", **MINE | {"StudyDate": "20261001"})), sender="CT1")
    with house.sign_in("ha") as client:
        by_number, by_pattern, narrowed, nobody = (
            client.get(f"/dicomweb/{what}", params=asked).json()
            for asked in ({"PatientID": "TEST-1"}, {"PatientID": "TEST-?"},
                          {"PatientID": "TEST-1", "StudyInstanceUID": STUDY, "offset": "1", "limit": "1"},
                          {"AccessionNumber": "TEST-1"}))
    assert by_number == by_pattern
    assert len(by_number) == (4 if what == "instances" else 2)
    assert narrowed == (by_number[1:2] if what == "instances" else [])
    assert nobody == []
    with base.single(house.hospital.engine) as db:
        lines = db.execute(text("SELECT person_name, facts FROM audit_events WHERE action = 'images.search' "
                                "ORDER BY id")).all()
    counts = [len(by_number), len(by_number), len(narrowed), 0]
    assert [(name, facts["found"]) for name, facts in lines] == [(BY_NAME["ha"].full_name, count) for count in counts]


def test_what_is_read_is_what_was_sent(house: House, sent: list[Dataset]) -> None:
    with viewer(house, "ha") as client:
        back = client.retrieve_series(STUDY, SERIES)
        assert [one.to_json() for one in back] == [dcmread(io.BytesIO(as_file(one))).to_json() for one in sent]
        one = client.retrieve_instance(STUDY, SERIES, FIRST)
        assert one.PixelData == sent[0].PixelData
        told = client.retrieve_instance_metadata(STUDY, SERIES, FIRST)
        read = Dataset.from_json(told, lambda *_: b"")
        assert (read.PatientName, read.StudyDescription, read.Rows) == ("NGUYEN^VAN BINH", "CT ngực", 64)
        assert "PixelData" in read
        [frame] = client.retrieve_instance_frames(STUDY, SERIES, FIRST, [1])
        assert frame == sent[0].PixelData


def test_a_compressed_frame_comes_as_stored_to_who_takes_it_and_decoded_to_others(house: House) -> None:
    data = a_slice(**MINE)
    plain = bytes(data.PixelData)
    pixels = np.frombuffer(plain, "<u2").reshape(64, 64)
    data.PixelData = encapsulate([bytes(imagecodecs.jpegls_encode(pixels))])
    data.file_meta.TransferSyntaxUID = JPEGLSLossless
    receive(house.hospital, as_file(data), sender="CT1")
    with viewer(house, "ha") as client:
        [decoded] = client.retrieve_instance_frames(
            STUDY, SERIES, FIRST, [1], media_types=("application/octet-stream",))
        assert decoded == plain
        [stored] = client.retrieve_instance_frames(STUDY, SERIES, FIRST, [1], media_types=("image/jls",))
        assert stored[:3] == b"\xff\xd8\xff"


def test_a_file_is_decoded_for_who_names_plain_little_endian(house: House, sent: list[Dataset]) -> None:
    """PS3.18 8.7.3: of a study in two syntaxes each file comes in the one that was named, value for value."""
    data = a_slice(number=9, **MINE)
    plain = bytes(data.PixelData)
    data.PixelData = encapsulate([bytes(imagecodecs.jpegls_encode(np.frombuffer(plain, "<u2").reshape(64, 64)))])
    data.file_meta.TransferSyntaxUID = JPEGLSLossless
    receive(house.hospital, as_file(data), sender="CT1")
    with viewer(house, "ha") as client:
        whole = client.retrieve_study(STUDY, media_types=(("application/dicom", ExplicitVRLittleEndian),))
        [one] = [read for read in whole if read.InstanceNumber == 9]
        assert len(whole) == 4
        assert {read.file_meta.TransferSyntaxUID for read in whole} == {ExplicitVRLittleEndian}
        assert (one.PixelData, one.SOPInstanceUID) == (plain, data.SOPInstanceUID)
        as_sent = client.retrieve_instance(STUDY, SERIES, data.SOPInstanceUID)
        assert as_sent.file_meta.TransferSyntaxUID == JPEGLSLossless
    with house.sign_in("ha") as web:
        alone = web.get(f"/dicomweb/studies/{STUDY}/series/{SERIES}/instances/{data.SOPInstanceUID}",
                        headers={"Accept": f"application/dicom; transfer-syntax={ExplicitVRLittleEndian}"})
        assert alone.headers["content-type"] == "application/dicom"
        assert dcmread(io.BytesIO(alone.content)).PixelData == plain


XML, SHOWN = 'multipart/related; type="application/dicom+xml"', "application/dicom+json;q=0.2, image/png"
REFUSED = (
    ("/dicomweb/studies", "application/dicom+xml"), ("/dicomweb/studies", "text/html"), (f"{IMAGE}/metadata", XML),
    (IMAGE, "application/dicom; transfer-syntax=1.2.840.10008.1.2.4.90"), (IMAGE, "application/dicom+json"),
    (IMAGE, "application/dicom;q=0"), (f"{IMAGE}/frames/1", 'multipart/related; type="image/jp2"'),
    (f"{IMAGE}/frames/1", "application/octet-stream; transfer-syntax=1.2.840.10008.1.2.4.80"),
    (f"{IMAGE}/rendered", "image/gif"), (f"{IMAGE}/rendered", "video/*"), (f"{IMAGE}/bulkdata/00281201", "text/plain"),
)
TAKEN = (
    ("/dicomweb/studies", "text/html, application/xhtml+xml, */*;q=0.8", "application/dicom+json"),
    ("/dicomweb/studies", "application/json", "application/dicom+json"),
    ("/dicomweb/studies?accept=application/dicom+json", "text/html", "application/dicom+json"),
    (f"{IMAGE}/metadata", SHOWN, "application/dicom+json"), (f"{IMAGE}/rendered", SHOWN, "image/png"),
    (f"{IMAGE}/rendered", "image/*", "image/png"), (f"{IMAGE}/rendered", "*/*", "image/png"),
    (f"{IMAGE}/rendered", "image/jpeg", "image/jpeg"),
    (f"{IMAGE}/rendered", "image/jpeg, image/png;q=0.5", "image/jpeg"),
    (f"{IMAGE}/rendered", 'multipart/related; type="image/jpeg"', "multipart/related"),
    (f"{IMAGE}/frames/1", "image/jls, application/octet-stream;q=0.1", "application/octet-stream"),
    (f"{IMAGE}/frames/1", "*/*", "multipart/related"), (IMAGE, "*/*", "multipart/related"),
    (IMAGE, "application/dicom; transfer-syntax=*", "application/dicom"),
)


def test_what_is_asked_for_comes_or_is_refused_and_nothing_else_comes_for_it(house: House, sent: list[Dataset]) -> None:
    """RFC 9110 12.5.1, PS3.18 8.7.5: a program that asks for JPEG 2000 reads whatever comes as that."""
    with house.sign_in("ha") as client:
        for path, wanted in REFUSED:
            answer = client.get(path, headers={"Accept": wanted})
            assert (answer.status_code, reasons(answer)) == (406, ["media_not_offered"]), (path, wanted)
        for path, wanted, media in TAKEN:
            answer = client.get(path, headers={"Accept": wanted})
            got = answer.headers["content-type"].partition(";")[0]
            assert (answer.status_code, got) == (200, media), (path, wanted)


def test_frames_are_drawn_many_at_once_and_as_jpeg_for_who_takes_that(house: House) -> None:
    data = a_slice(**MINE)
    data.NumberOfFrames, data.PixelData = 3, bytes(data.PixelData) * 3
    receive(house.hospital, as_file(data), sender="CT1")
    with house.sign_in("ha") as client:
        three = client.get(f"{IMAGE}/frames/1,2,3/rendered", headers={"Accept": "image/png"})
        assert three.content.count(b"\x89PNG") == 3
        drawn = [client.get(f"{IMAGE}/rendered", headers={"Accept": media}).content
                 for media in ("image/png", "image/jpeg")]
        one, other = (np.asarray(Picture.open(io.BytesIO(picture))).astype(int) for picture in drawn)
        assert np.abs(one - other).mean() < 3
        many = client.get(f"{IMAGE}/frames/{','.join(['1'] * 9)}/rendered", params={"viewport": "4096,4096"})
        assert reasons(many) == ["image_frames_too_many"]


def test_an_answer_says_where_it_is_and_how_many_series_and_what_was_not_done(
        house: House, sent: list[Dataset]) -> None:
    """PS3.18 tables 10.6.3-3 to 10.6.3-5, 8.3.4.2 (fuzzymatching)."""
    receive(house.hospital, as_file(a_slice(series="another", **MINE)), sender="CT1")
    with house.sign_in("ha") as client:
        [study] = client.get("/dicomweb/studies", params={"PatientID": "TEST-1"}).json()
        assert study["00201206"]["Value"] == [2]
        for path in (f"/studies/{STUDY}/series", f"/studies/{STUDY}/series/{SERIES}/instances"):
            study = client.get(f"/dicomweb{path}").json()[0]
            address = study["00081190"]["Value"][0]
            assert address.startswith(f"{house.settings.public_url}/dicomweb{path.rpartition('/')[0]}")
            assert client.get(address.removeprefix(house.settings.public_url)).status_code == 200
        said = client.get("/dicomweb/studies?fuzzymatching=true&includefield=00101010,StudyDate&includefield=all"
                          "&includefield=x%0d%0ay").headers["warning"]
    assert said == ('299 benhan "Not included here: x??y. The fuzzymatching parameter is not supported. '
                    'Only literal matching has been performed."')


def test_a_picture_is_the_viewers(house: House, sent: list[Dataset]) -> None:
    with house.sign_in("ha") as client:
        whole = client.get(f"{IMAGE}/rendered", params={"window": "40,400"})
        small = client.get(f"{IMAGE}/frames/1/rendered", params={"viewport": "32,32"})
    assert whole.headers["content-type"] == "image/png"
    grey = np.asarray(Picture.open(io.BytesIO(whole.content)))
    # 1064 - 1024 = 40 HU in the middle of the window; air is black.
    assert grey.shape == (64, 64)
    assert abs(int(grey[32, 32]) - 128) <= 1
    assert int(grey[0, 0]) == 0
    assert np.asarray(Picture.open(io.BytesIO(small.content))).shape == (32, 32)


def test_long_values_are_fetched_apart(house: House) -> None:
    data = a_slice(**MINE)
    data.add_new(0x00420011, "OB", bytes(range(256)) * 20)
    receive(house.hospital, as_file(data), sender="CT1")
    with house.sign_in("ha") as client:
        [told] = client.get(f"{IMAGE}/metadata").json()
        address = told["00420011"]["BulkDataURI"]
        assert address.startswith(house.settings.public_url)
        body = client.get(address.removeprefix(house.settings.public_url)).content
    assert bytes(range(256)) * 20 in body


def test_stow_keeps_each_part_and_tells_of_each(house: House, sent: list[Dataset]) -> None:
    with viewer(house, "ha") as client:
        reply = client.store_instances([dcmread(io.BytesIO(as_file(a_slice(number=number, **MINE))))
                                        for number in (3, 4, 5)])
        assert len(reply.ReferencedSOPSequence) == 3
        assert len(client.search_for_instances(STUDY)) == 5
    with house.sign_in("ha") as client:
        answer = post(client, "/dicomweb/studies", as_file(a_slice(number=6, **MINE)), b"no image at all")
        assert answer.status_code == 202
        assert (len(answer.json()["00081199"]["Value"]), len(answer.json()["00081198"]["Value"])) == (1, 1)
        assert post(client, "/dicomweb/studies", b"none").status_code == 409
        other = post(client, f"/dicomweb/studies/{uid('another')}", as_file(a_slice(number=7, **MINE)))
        assert other.status_code == 409


def test_a_message_that_breaks_off_leaves_nothing_that_is_found(house: House, sent: list[Dataset]) -> None:
    with house.sign_in("ha") as client:
        for cut in (as_file(a_slice(number=9, **MINE)), as_file(a_slice("new", **MINE))):
            body = b"--x\r\n\r\n" + cut + b"\r\n--x\r\n\r\n" + cut[:300]
            answer = client.post("/dicomweb/studies", content=body, headers={
                "Content-Type": 'multipart/related; type="application/dicom"; boundary=x'})
            assert reasons(answer) == ["request_malformed"]
        found = client.get("/dicomweb/instances", params={"PatientID": "TEST-1"}).json()
        assert len(found) == len(sent)
        assert len(client.get("/dicomweb/studies").json()) == 1


def test_images_of_a_destroyed_study_are_refused_one_by_one(house: House, sent: list[Dataset]) -> None:
    with base.transaction(house.hospital.engine) as db:
        which = db.execute(text("SELECT id FROM image_studies")).scalar_one()
        house.hospital.keys.destroy(db, which, BY_NAME["lan"].id, "Hết hạn lưu trữ")
    with house.sign_in("ha") as client:
        answer = post(client, "/dicomweb/studies", as_file(a_slice(number=4, **MINE)), as_file(a_slice("new", **MINE)))
        assert answer.status_code == 202
        [kept], [failed] = (answer.json()[tag]["Value"] for tag in ("00081199", "00081198"))
    assert kept["00081155"]["Value"] == [str(uid("new", "series", 1))]
    assert "key" in failed["00000902"]["Value"][0]


def post(client: httpx.Client, path: str, *parts: bytes) -> httpx.Response:
    body = b"".join(b"--x\r\nContent-Type: application/dicom\r\n\r\n" + part + b"\r\n" for part in parts) + b"--x--\r\n"
    return client.post(path, content=body,
                       headers={"Content-Type": 'multipart/related; type="application/dicom"; boundary=x'})


NOT_THERE = (
    "/dicomweb/studies/1.2.3", f"/dicomweb/studies/{STUDY}/series/1.2.3", f"{IMAGE}9", f"{IMAGE}/frames/2",
    f"{IMAGE}/frames/0", f"{IMAGE}/bulkdata/00420011", f"{IMAGE}/bulkdata/x", f"{IMAGE}/frames/99999/rendered",
)
NONSENSE = (
    f"{IMAGE}/frames/a", f"{IMAGE}/frames/1,,2", f"{IMAGE}/rendered?window=1", f"{IMAGE}/rendered?window=1,0",
    f"{IMAGE}/rendered?viewport=0,5", f"{IMAGE}/rendered?viewport=99999,5",
)
NO_MESSAGES = (
    ("application/dicom", b"x"), ("multipart/related", b"x"), ("multipart/related; boundary=x", b"--x\r\n\r\n"),
    ("multipart/related; boundary=x", b"--x\r\nno end\r\n--x--"), ("multipart/related; boundary=x", b""),
)


def test_what_is_not_there_is_a_404_and_what_cannot_be_meant_a_422(house: House, sent: list[Dataset]) -> None:
    with house.sign_in("ha") as client:
        for path in NOT_THERE:
            answer = client.get(path)
            assert (answer.status_code, reasons(answer)) == (404, ["thing_unknown"]), path
        for path in NONSENSE:
            assert client.get(path).status_code == 422, path
        for content_type, body in NO_MESSAGES:
            answer = client.post("/dicomweb/studies", content=body, headers={"Content-Type": content_type})
            assert (answer.status_code, reasons(answer)) == (422, ["request_malformed"]), (content_type, body)


def test_one_file_is_read_whole_or_in_ranges(house: House) -> None:
    """RFC 9110 14: a large cine is read piece by piece, and only the chunks around a piece are decrypted."""
    rows = 512
    file = as_file(a_slice(**MINE, Rows=rows, Columns=rows, NumberOfFrames=5,
                           PixelData=np.arange(5 * rows * rows, dtype="<u4").astype("<u2").tobytes()))
    receive(house.hospital, file, sender="US1")
    alone = {"Accept": "application/dicom"}
    with house.sign_in("ha") as client:
        whole = client.get(IMAGE, headers=alone)
        assert (whole.status_code, whole.content, whole.headers["content-type"]) == (200, file, "application/dicom")
        assert "content-encoding" not in whole.headers
        end = len(file)
        for asked, start, stop in (("0-131", 0, 132), ("131070-262150", 131070, 262151), ("-5", end - 5, end),
                                   ("1000-99999999", 1000, end), ("1000-", 1000, end)):
            part = client.get(IMAGE, headers={**alone, "Range": f"bytes={asked}"})
            assert (part.status_code, part.content == file[start:stop]) == (206, True), asked
            assert part.headers["content-range"] == f"bytes {start}-{stop - 1}/{end}"
            assert part.headers["etag"] == whole.headers["etag"]
        beyond = client.get(IMAGE, headers={**alone, "Range": f"bytes={end}-"})
        assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{end}")
        told = client.head(IMAGE, headers=alone)
        for answer in (told, whole):
            del answer.headers["date"]  # a second may have passed
        assert (told.status_code, told.content, told.headers) == (200, b"", whole.headers)
        damage(house, last=True)
        assert client.get(IMAGE, headers={**alone, "Range": "bytes=0-131"}).status_code == 206
        assert client.get(IMAGE, headers={**alone, "Range": "bytes=-5"}).status_code == 422


def test_who_has_the_file_already_is_told_so_and_a_part_fits_only_to_the_same_file(house: House) -> None:
    """RFC 9110 13.1: a file never changes, so its tag is all that a cache has to ask by."""
    file = as_file(a_slice(**MINE))
    receive(house.hospital, file, sender="CT1")
    alone = {"Accept": "application/dicom"}
    with house.sign_in("ha") as client:
        tag = client.get(IMAGE, headers=alone).headers["etag"]
        for asked in (tag, f"W/{tag}", "*", f'"another", {tag}'):
            again = client.get(IMAGE, headers={**alone, "If-None-Match": asked})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag), asked
        assert client.get(IMAGE, headers={**alone, "If-None-Match": '"another"'}).content == file
        part = {**alone, "Range": "bytes=0-3"}
        assert client.get(IMAGE, headers={**part, "If-Range": tag}).status_code == 206
        assert client.get(IMAGE, headers={**part, "If-Range": '"another"'}).status_code == 200


def damage(house: House, *, last: bool) -> None:
    """One bit of the only image's file, in its last chunk or its first."""
    [place] = [file for file in (house.settings.home / "images").rglob("*") if file.is_file()]
    data = bytearray(place.read_bytes())
    data[-1 if last else 100] ^= 1
    place.write_bytes(data)


def test_frames_come_many_at_once_or_one_alone(house: House) -> None:
    frames = [bytes([number, 0]) * 64 * 64 for number in range(1, 6)]
    receive(house.hospital, as_file(a_slice(**MINE, NumberOfFrames=5, PixelData=b"".join(frames))), sender="US1")
    with viewer(house, "ha") as client:
        assert client.retrieve_instance_frames(STUDY, SERIES, FIRST, [5, 1, 2]) == [frames[4], frames[0], frames[1]]
    with house.sign_in("ha") as web:
        one = web.get(f"{IMAGE}/frames/3", headers={"Accept": "application/octet-stream; transfer-syntax=*"})
        assert one.content == frames[2]
        assert one.headers["content-type"] == "application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1"


def test_a_series_is_told_without_opening_a_file(house: House, sent: list[Dataset]) -> None:
    for file in (house.settings.home / "images").rglob("*.*"):
        file.unlink()
    with house.sign_in("ha") as client:
        told = client.get(f"/dicomweb/studies/{STUDY}/series/{SERIES}/metadata").json()
        assert [one["00200013"]["Value"] for one in told] == [[1], [2], [3]]
        assert client.get(f"{IMAGE}/frames/1").status_code == 422
    with base.single(house.hospital.engine) as db:
        kept: Any = db.execute(text("SELECT metadata FROM image_instances LIMIT 1")).scalar()
    assert b"NGUYEN" not in kept


def test_what_is_not_matched_here_is_said(house: House, sent: list[Dataset]) -> None:
    with house.sign_in("ha") as client:
        whole = client.get("/dicomweb/studies", params={"includefield": "all", "fuzzymatching": "false"})
        assert "warning" not in whole.headers
        some = client.get("/dicomweb/studies", params={"ProtocolName": "x", "limit": "1"})
    assert len(some.json()) == 1
    assert some.headers["warning"] == \
        '299 benhan "Not matched here: ProtocolName. There may be more: ask on with offset."'


def test_who_does_not_see_the_patient_sees_no_image_either(house: House, sent: list[Dataset]) -> None:
    """R39: another ward, IT, and strangers; and what belongs to nobody yet only those who file it."""
    receive(house.hospital, as_file(a_slice(study="nobodys", PatientID="?")), sender="CT1")
    with house.guest() as client:
        assert client.get("/dicomweb/studies").status_code == 401
        assert post(client, "/dicomweb/studies", b"x").status_code == 401
    for username, sees in (("ha", {STUDY}), ("lan", {STUDY, str(uid("nobodys"))})):
        with house.sign_in(username) as client:
            found = client.get("/dicomweb/studies").json()
            assert {one["0020000D"]["Value"][0] for one in found} == sees, username
    with base.transaction(house.hospital.engine) as db:
        db.execute(text("UPDATE ward_stays SET ward = (SELECT id FROM wards WHERE code <> 'NOI' LIMIT 1)"))
    with house.sign_in("ha") as client:
        assert client.get("/dicomweb/studies").json() == []
        assert client.get(f"{IMAGE}/metadata").status_code == 404


def test_what_was_read_a_moment_ago_is_refused_as_soon_as_sight_or_key_are_gone(
    house: House, sent: list[Dataset],
) -> None:
    """Where frames lie is remembered; who may see them, and whether their key still exists, never is."""
    frame = f"{IMAGE}/frames/1"
    with house.sign_in("ha") as ha, house.sign_in("lan") as lan:
        assert [ha.get(frame).status_code for _ in range(2)] == [200, 200]
        with base.transaction(house.hospital.engine) as db:
            db.execute(text("UPDATE ward_stays SET ward = (SELECT id FROM wards WHERE code <> 'NOI' LIMIT 1)"))
        assert ha.get(frame).status_code == 404
        assert lan.get(frame).status_code == 200
        with base.transaction(house.hospital.engine) as db:
            which: Any = db.execute(text("SELECT id FROM image_studies")).scalar()
            house.hospital.keys.destroy(db, which, BY_NAME["lan"].id, "Hết hạn lưu trữ")
        assert reasons(lan.get(frame)) == ["image_study_destroyed"]
    with base.single(house.hospital.engine) as db:
        looks = db.execute(text("SELECT person FROM audit_events WHERE action = 'images.view' ORDER BY id")).scalars()
        assert list(looks) == [BY_NAME["ha"].id, BY_NAME["ha"].id, BY_NAME["lan"].id]


def test_a_file_that_is_lost_or_damaged_after_it_was_read_is_refused(house: House, sent: list[Dataset]) -> None:
    with house.sign_in("ha") as client:
        assert client.get(f"{IMAGE}/frames/1").status_code == 200
        with base.single(house.hospital.engine) as db:
            name: Any = db.execute(text("SELECT file FROM image_instances WHERE uid = :uid"), {"uid": FIRST}).scalar()
        [file] = house.settings.home.glob(f"images/??/??/{name}*")
        whole = file.read_bytes()
        file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        assert reasons(client.get(f"{IMAGE}/frames/1")) == ["ciphertext_damaged"]
        file.unlink()
        assert reasons(client.get(f"{IMAGE}/frames/1")) == ["blob_missing"]


def test_each_look_is_audited(house: House, sent: list[Dataset]) -> None:
    with house.sign_in("ha") as client:
        client.get(f"{IMAGE}/metadata")
    with base.single(house.hospital.engine) as db:
        row: Any = db.execute(text("SELECT * FROM audit_events WHERE action = 'images.view'")).one()
    assert (row.patient, row.encounter, row.facts["image"]) == (house.patient, house.encounter, FIRST)
    assert json.dumps(row.facts)
