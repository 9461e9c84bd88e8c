"""Whoever turns DICOMweb against the house: forged addresses, bombs, a sight or a key that is gone while they read."""

from __future__ import annotations

import contextlib
import io
import zlib
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian
from sqlalchemy import text

from imaging.header import meta_of
from imaging.sources import InMemory
from server.services import image_headers
from server.services.image_receiving import receive
from server.store import base
from tests.imaging.bombs import around, deep, many_items, many_numbers, many_windows
from tests.server.api.test_dicomweb import IMAGE, MINE, SERIES, STUDY, post
from tests.server.house import House, key, reasons
from tests.server.pictures import a_slice, as_file, uid

MANY = 48 << 20
"""Less than the file has: after sixteen the reader is asked for again."""
FORGED = (
    "/dicomweb/studies?PatientName=%00", "/dicomweb/studies?StudyDate=%00-", "/dicomweb/studies/%00/metadata",
    f"{IMAGE}/bulkdata/%00", f"{IMAGE}/rendered?viewport=9999,9999", f"{IMAGE}/rendered?window=1e999,1",
)


def events(house: House, action: str) -> list[Any]:
    with base.single(house.hospital.engine) as db:
        return list(db.execute(text("SELECT * FROM audit_events WHERE action = :action ORDER BY id"),
                               {"action": action}))


def test_a_forged_address_is_refused_and_writes_into_no_header(house: House) -> None:
    receive(house.hospital, as_file(a_slice(**MINE)), sender="CT1")
    with house.sign_in("ha") as client:
        for path in FORGED:
            assert client.get(path).status_code == 422, path
        for path in ("1e1", "0x420011", "-0000001", "FFFFFFFFFF", "00100010"):
            assert client.get(f"{IMAGE}/bulkdata/{path}").status_code == 404, path
        answer = client.get('/dicomweb/studies?Tên=1&a%0d%0aSet-Cookie:%20x=1&b"%2c=2')
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers
        assert answer.headers["warning"] == '299 benhan "Not matched here: T?n, a??Set?Cookie??x, b??."'


QUESTIONS = {
    "NumberOfStudyRelatedInstances=1": 1, "NumberOfStudyRelatedInstances=0": 0, "limit=0": 0,
    "limit=99999999&offset=99999999": 0, "PatientName=" + "*a" * 2000: 0, "PatientName=*": 1,
    "StudyInstanceUID=" + ",".join(["1.2"] * 5000): 0, "StudyDate=99999999-": 0, "StudyDate=-": 1,
    "StudyDate=2026*": 1, "StudyDate=20261101-20261131": 1, "StudyTime=00-": 1, "StudyTime=0000-2359": 1,
    "StudyDate=": 1,
    "limit=99999999999999999&offset=99999999999": 0,
}
MALFORMED = ("StudyDate=abc", "StudyDate=2026", "00080020=26112026x", "StudyDate=20261101-2026", "StudyTime=9 giờ",
             "StudyDate=20261132",
             "NumberOfStudyRelatedInstances=x", "limit=-1", "limit=abc", "limit=1.5", "offset=-1", "limit=²")


def test_any_question_is_answered(house: House) -> None:
    receive(house.hospital, as_file(a_slice(**MINE)), sender="CT1")
    with house.sign_in("ha") as client:
        for question, found in QUESTIONS.items():
            answer = client.get(f"/dicomweb/studies?{question}")
            assert (answer.status_code, len(answer.json())) == (200, found), question[:60]


def test_what_no_attribute_can_be_is_refused_in_words(house: House) -> None:
    """«Nothing was made on that day» was the answer to a day that is none (PS3.18 8.3.4.1, 10.6.3)."""
    with house.sign_in("ha") as client:
        for question in MALFORMED:
            answer = client.get(f"/dicomweb/studies?{question}")
            name = question.partition("=")[0].replace("00080020", "StudyDate")
            assert (answer.status_code, name in answer.text) == (400, True), question


def test_a_question_tells_nothing_of_patients_who_are_not_in_sight(house: House) -> None:
    """Neither wildcards nor pages nor warnings: whoever is not in sight is not there."""
    receive(house.hospital, as_file(a_slice(**MINE)), sender="CT1")
    for number in range(3):
        receive(house.hospital, as_file(a_slice(f"other{number}", PatientID=f"X{number}", StudyDate="20261126")),
                sender="CT1")
    with house.sign_in("ha") as client:
        for question in ("PatientID=X*", "PatientID=*", "limit=1", "limit=2", f"StudyInstanceUID={uid('other1')}",
                         "offset=1", "PatientName=NGUYEN*&limit=1"):
            told = client.get(f"/dicomweb/studies?{question}")
            shown = {one["0020000D"]["Value"][0] for one in told.json()}
            assert shown <= {STUDY}, question
            assert "more" not in told.headers.get("warning", "") or question.endswith("limit=1"), question
        hidden, nowhere = (client.get(f"/dicomweb/studies/{which}/metadata") for which in (uid("other1"), "1.2.3"))
    assert (hidden.status_code, hidden.content) == (nowhere.status_code, nowhere.content)


def test_a_look_that_is_refused_is_in_the_audit(house: House) -> None:
    receive(house.hospital, as_file(a_slice("other", PatientID="X")), sender="CT1")
    with house.sign_in("ha") as client, house.sign_in("huy") as it:
        assert client.get(f"/dicomweb/studies/{uid('other')}").status_code == 404
        assert it.get(f"/dicomweb/studies/{uid('other')}/metadata").status_code == 403
    assert [(row.person_name, row.facts["study"], row.facts["why"]) for row in events(house, "images.refused")] == [
        ("Lê Thu Hà", str(uid("other")), "thing_unknown"), ("Phan Quốc Huy", str(uid("other")), "right_missing")]


def test_what_is_refused_by_any_address_of_images_is_in_the_audit(house: House) -> None:
    hidden = str(uid("other"))
    receive(house.hospital, as_file(a_slice("other", PatientID="X")), sender="CT1")
    mark = {"mark": key(), "series_uid": "1.2", "sop_instance_uid": "1.3", "frame": 1, "removed": True, "content": {},
            "made_at": "2026-11-26T08:00:00+07:00"}
    decision = {"decision": "set_aside", "reason": "không rõ của ai", "known": 0}
    with house.sign_in("ha") as client, house.sign_in("huy") as it:
        for who, path, body, status in (
                (client, f"/api/image-studies/{hidden}/marks", None, 404),
                (client, f"/api/image-studies/{hidden}/marks", mark, 404),
                (client, f"/api/image-files/{hidden}/1.2/1.3", None, 404),
                (client, "/api/image-exports", {"studies": [hidden], "named": True, "reason": "Hội chẩn"}, 404),
                (it, f"/api/patients/{house.patient}/images", None, 403),
                (it, "/api/image-studies/unsettled", None, 403), (it, "/api/image-studies/strays", None, 403),
                (it, f"/api/image-studies/{hidden}/decisions", decision, 403),
                (it, f"/dicomweb/studies/{hidden}/series", None, 403)):
            answer = who.get(path) if body is None else who.post(path, json=body, headers={"Idempotency-Key": key()})
            assert answer.status_code == status, (path, answer.text)
        assert post(it, "/dicomweb/studies", as_file(a_slice(**MINE))).status_code == 403
    told = events(house, "images.refused")
    assert [row.facts.get("study", row.facts.get("list")) for row in told] == [
        *[hidden] * 4, "patient", "unsettled", "strays", hidden, hidden, ""]
    assert [row.facts["why"] for row in told] == ["thing_unknown"] * 4 + ["right_missing"] * 6
    assert [row.facts.get("act") for row in told if "act" in row.facts] == ["mark", "export", "set_aside", "add"]
    assert told[4].patient == house.patient, "who wanted to see this person's images is answered"


def test_frames_are_not_asked_for_by_the_gigabyte(house: House) -> None:
    side = 2048
    data = a_slice(**MINE, Rows=side, Columns=side, PixelData=bytes(2 * side * side))
    receive(house.hospital, as_file(data), sender="CT1")
    with house.sign_in("ha") as client:
        answer = client.get(f"{IMAGE}/frames/" + ",".join(["1"] * 33))
        assert (answer.status_code, reasons(answer)) == (422, ["image_frames_too_many"])
        assert client.get(f"{IMAGE}/frames/1,1").status_code == 200


def test_a_small_file_that_unpacks_to_gigabytes_is_filed_and_not_unpacked(
    house: House, monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = deflated_bomb()
    assert len(file) < 1 << 20
    monkeypatch.setattr(image_headers, "_INFLATED", 1 << 20)
    receive(house.hospital, file, sender="CT1")
    with house.sign_in("ha") as client:
        [told] = client.get(f"{IMAGE}/metadata").json()
        assert told["00100010"]["Value"][0]["Alphabetic"] == MINE["PatientName"]
        for path in ("frames/1", "rendered"):
            answer = client.get(f"{IMAGE}/{path}")
            assert (answer.status_code, reasons(answer)) == (422, ["image_inflates_too_far"]), path


def deflated_bomb() -> bytes:
    """Its pixels are a hundred and thirty megabytes of zeros."""
    data, pixels = a_slice(**MINE), 130 << 20
    del data.PixelData
    plain = as_file(data)
    inner = plain[meta_of(InMemory(plain))[1]:] + b"\xe0\x7f\x10\x00OW\0\0" + pixels.to_bytes(4, "little")
    packing = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = b"".join((packing.compress(inner), *(packing.compress(bytes(1 << 20)) for _ in range(pixels >> 20)),
                       packing.flush()))
    data.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    deflated = as_file(data)
    return deflated[:meta_of(InMemory(deflated))[1]] + packed


def test_a_transfer_syntax_that_would_write_headers_is_not_told_on(house: House) -> None:
    file = as_file(a_slice(**MINE)).replace(b"1.2.840.10008.1.2.1\0", b"1.2\r\nX-Evil: yes!\r\n\0", 1)
    assert len(file) == len(as_file(a_slice(**MINE)))
    receive(house.hospital, file, sender="CT1")
    with house.sign_in("ha") as client:
        answer = client.get(f"/dicomweb/studies/{STUDY}")
    headers = answer.content.split(b"\r\n\r\n")[0].split(b"\r\n")
    assert headers[1] == b"Content-Type: application/dicom; transfer-syntax="


def test_long_values_of_a_big_endian_file_come_in_little_endian(house: House) -> None:
    words = b"".join(number.to_bytes(2, "big") for number in range(2000))
    data = a_slice(**MINE)
    data.add_new(0x00281201, "OW", words)
    data.PixelData = bytes(2 * 64 * 64)
    data.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    out = io.BytesIO()
    data.save_as(out, little_endian=False, implicit_vr=False, enforce_file_format=True)
    receive(house.hospital, out.getvalue(), sender="CT1")
    with house.sign_in("ha") as client:
        value = client.get(f"{IMAGE}/bulkdata/00281201", headers={"Accept": "application/octet-stream"}).content
    assert value == b"".join(number.to_bytes(2, "little") for number in range(2000))


def sign_out(house: House) -> None:
    with base.transaction(house.hospital.engine) as db:
        db.execute(text("UPDATE sessions SET ended_at = clock_timestamp()"))


def move_away(house: House) -> None:
    with base.transaction(house.hospital.engine) as db:
        db.execute(text("UPDATE ward_stays SET ward = (SELECT id FROM wards WHERE code <> 'NOI' LIMIT 1)"))


def destroy(house: House) -> None:
    """The one erasure that there is: the study's key."""
    with base.transaction(house.hospital.engine) as db:
        [study] = db.execute(text("SELECT id FROM image_studies WHERE uid = :uid"), {"uid": STUDY}).scalars()
        [person] = db.execute(text("SELECT id FROM people LIMIT 1")).scalars()
        house.hospital.keys.destroy(db, study, person, "hết hạn lưu trữ")


def test_who_may_see_it_no_longer_reads_no_further(house: House) -> None:
    side = 4096
    receive(house.hospital, as_file(a_slice(**MINE, Rows=side, Columns=side, NumberOfFrames=2,
                                            PixelData=bytes(2 * 2 * side * side))), sender="CT1")
    for lose, accept in ((sign_out, "application/dicom"), (move_away, 'multipart/related; type="application/dicom"')):
        assert read_until_cut_off(house, lose, accept) < MANY, lose
    with base.transaction(house.hospital.engine) as db:
        db.execute(text("UPDATE ward_stays SET ward = (SELECT id FROM wards WHERE code = 'NOI')"))
    assert read_until_cut_off(house, destroy, "application/dicom") < MANY


def read_until_cut_off(house: House, lose: Callable[[House], None], accept: str) -> int:
    """Bytes of an answer whose reader loses the images after its first piece."""
    read = 0
    with house.sign_in("ha") as client, client.stream("GET", IMAGE, headers={"Accept": accept}) as answer:
        with contextlib.suppress(httpx.RemoteProtocolError):
            for piece in answer.iter_raw(1 << 16):
                if not read:
                    lose(house)
                read += len(piece)
        assert answer.status_code == 200
    return read


WAYS = ("", "/metadata", "/frames/1", "/rendered", "/frames/1/rendered", "/bulkdata/00420011")


def test_a_destroyed_key_closes_every_way_to_the_images_at_once(house: House) -> None:
    receive(house.hospital, as_file(a_slice(**MINE)), sender="CT1")
    with house.sign_in("ha") as client, house.sign_in("lan") as office:
        for way in WAYS[:-1]:
            assert client.get(IMAGE + way).status_code == 200, way
        destroy(house)
        for who in (client, office):
            for path in (*(IMAGE + way for way in WAYS), f"/dicomweb/studies/{STUDY}",
                         f"/dicomweb/studies/{STUDY}/series/{SERIES}/metadata", f"/api/image-studies/{STUDY}/marks"):
                answer = who.get(path)
                assert (answer.status_code, reasons(answer)) == (410, ["image_study_destroyed"]), path
        assert post(client, "/dicomweb/studies", as_file(a_slice(number=2, **MINE))).status_code == 409


def test_headers_made_to_swell_are_refused_one_by_one_and_what_is_only_long_is_kept_whole(house: House) -> None:
    long = around(many_numbers(1 << 20))
    with house.sign_in("ha") as client, house.sign_in("lan") as office:
        answer = post(client, "/dicomweb/studies", around(many_items(2 << 20)), long, around(deep(1000)))
        assert answer.status_code == 202
        said = [item["00090097" if "00090097" in item else "00000902"]["Value"][0]
                for item in answer.json()["00081198"]["Value"]]
        assert said == ["What stands before the pixels has more than 500000 parts.",
                        "What stands before the pixels is nested more than 64 levels deep"]
        kept = f"/dicomweb/studies/{uid('study')}"
        assert office.get(f"{kept}/metadata").status_code == 200
        assert long in office.get(kept).content


def test_a_value_too_long_to_be_told_is_fetched_by_its_address(house: House) -> None:
    value = b"1\\" * 600_000
    receive(house.hospital, around(many_windows(len(value))), sender="CT1")
    with house.sign_in("lan") as client:
        [told] = client.get(f"/dicomweb/studies/{uid('study')}/metadata").json()
        address = urlsplit(told["00281050"]["BulkDataURI"]).path
        assert client.get(address, headers={"Accept": "application/octet-stream"}).content == value
