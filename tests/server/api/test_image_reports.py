"""A report with key images is taken in when each is the patient's own, of the kept file; a forged pixel is found."""

from __future__ import annotations

import hashlib
import re
import zlib
from typing import Any

import numpy as np
import pytest

from imaging.png import png
from records.entries import FormRef, Version
from records.pictures import as_text
from records.render import render_entry
from server.services.image_receiving import Outcome, receive
from server.store import base
from tests.forgeries.signing import relaid
from tests.server.api.test_amending import audited
from tests.server.api.test_correction_notices import RESULT, result
from tests.server.api.test_record import accepted
from tests.server.house import House, key, reasons, send
from tests.server.pictures import a_slice, as_file, uid


@pytest.fixture
def house(house: House) -> House:
    """Nguyễn Văn Sơn also takes pictures."""
    with base.transaction(house.hospital.engine) as db:
        db.exec_driver_sql("UPDATE people SET roles = ARRAY['technician', 'doctor'] WHERE username = 'son'")
    return house


def received(house: House, **changes: Any) -> dict[str, Any]:
    """An image that came from a device, as a key image."""
    data = a_slice(PatientName="NGUYEN^VAN BINH", **changes)
    file = as_file(data)
    assert receive(house.hospital, file, sender="CT1").outcome is Outcome.NEW
    picture = np.kron(np.arange(64, dtype=np.uint8).reshape(8, 8), np.ones((8, 8), np.uint8))
    return {"study": str(data.StudyInstanceUID), "series": str(data.SeriesInstanceUID),
            "instance": str(data.SOPInstanceUID), "frame": 1, "sha256": hashlib.sha256(file).hexdigest(),
            "words": "Lát 1: mờ đáy phổi phải", "picture": as_text(png(picture))}


def report(house: House, *images: dict[str, Any]) -> Version:
    before = result(house)
    return before.model_copy(update={"values": {**before.values, "key_images": list(images)}})


def handed_in(house: House, version: Version, file: bytes) -> Any:
    with house.sign_in("son") as client:
        return send(client, house, version, file, "technician")


def test_a_report_with_its_patients_image_is_taken_in_and_gives_the_picture_back(house: House) -> None:
    image = received(house)
    version = report(house, image)
    assert version.form == RESULT
    entry = accepted(handed_in(house, version, house.sign(version, "technician", "son")))
    assert entry.body["values"]["key_images"] == [image]


def test_somebody_elses_image_and_another_file_are_refused(house: House) -> None:
    image = received(house)
    stranger = received(house, study="other", PatientID="ELSE-9")
    for wrong, code in ((stranger, "key_image_of_nobody"), ({**image, "sha256": "ab" * 32}, "key_image_of_other_file"),
                        ({**image, "instance": str(uid("never"))}, "key_image_of_nobody")):
        version = report(house, image, wrong)
        answer = handed_in(house, version, house.sign(version, "technician", "son"))
        assert reasons(answer) == [code]


def numbered(house: House) -> str:
    """The number of an order of the stay."""
    ask = FormRef(code="08/BV2", edition="2024-01-01", kind="request")
    values = {"diagnosis": {"text": "Viêm phổi", "code": "J18.9"}, "examination": "X-quang ngực thẳng", "urgency": "1"}
    order = house.version("ha", form=ask, values=values)
    with house.sign_in("ha") as client:
        accepted(send(client, house, order, house.sign(order, "doctor", "ha"), "doctor"))
        found = client.get(f"/api/encounters/{order.stay.id}/imaging-orders").json()
    return str(found[0]["accession"])


def test_a_report_answers_an_order_of_its_own_stay_and_no_other(house: House) -> None:
    number = numbered(house)
    named = result(house)
    for wrong in ("9900000001", "2699999999"):
        version = named.model_copy(update={"values": {**named.values, "order": wrong}})
        assert reasons(handed_in(house, version, house.sign(version, "technician", "son"))) == ["order_of_nobody"]
    version = named.model_copy(update={"values": {**named.values, "order": number}})
    entry = accepted(handed_in(house, version, house.sign(version, "technician", "son")))
    with house.sign_in("ha") as client:
        (standing,) = client.get(f"/api/encounters/{version.stay.id}/chart").json()["imaging_orders"]
    assert (standing["accession"], standing["state"], standing["result"]) == (number, "reported", str(entry.id))


def redrawn(pdf: bytes, change: int) -> bytes:
    """The unsigned file with the first grey level of its picture changed by so much."""
    def edit(number: int, data: bytes) -> bytes:
        head, _, rest = data.partition(b"stream\n")
        if b"/Image" not in head:
            return data
        samples = bytearray(zlib.decompressobj().decompress(rest))
        samples[0] ^= change
        packed = zlib.compress(bytes(samples))
        told = re.sub(rb"/Length \d+", b"/Length %d" % len(packed), head)
        return told + b"stream\n" + packed + b"\nendstream\nendobj\n"

    return relaid(pdf, edit)


def test_a_pixel_that_differs_from_the_signed_data_is_found(house: House) -> None:
    version = report(house, received(house))
    forged = house.sign(version, "technician", "son", pdf=redrawn(render_entry(version), 0x01))
    assert "page_differs" in reasons(handed_in(house, version, forged))
    same = house.sign(version, "technician", "son", pdf=redrawn(render_entry(version), 0x00))
    accepted(handed_in(house, version, same))


def test_the_reader_is_told_which_file_is_kept_and_a_stranger_is_not(house: House) -> None:
    image = received(house)
    path = f"/api/image-files/{image['study']}/{image['series']}/{image['instance']}"
    with house.sign_in("ha") as client:
        told = client.get(path).json()
    assert told["sha256"] == image["sha256"]
    with house.sign_in("long") as client:
        assert client.get(path).status_code in (403, 404)


def test_what_leaves_the_house_is_on_record_with_its_reason(house: House) -> None:
    image = received(house)
    given = {"studies": [image["study"]], "named": False, "reason": "Giảng dạy tại khoa"}
    with house.sign_in("ha") as client:
        answer = client.post("/api/image-exports", json=given, headers={"Idempotency-Key": key()})
        assert answer.status_code == 204, answer.text
        unknown = client.post("/api/image-exports", json={**given, "studies": ["1.2.3"]},
                              headers={"Idempotency-Key": key()})
        assert unknown.status_code == 404
    assert audited(house).count("images.export") == 1
