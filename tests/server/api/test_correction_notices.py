"""A corrected or cancelled X-ray result is told to who ordered it, once, on record until they have seen it (R36)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from records.canonical import sha256
from records.deadlines import ZONE
from records.entries import FormRef, State, Version
from records.messages import CorrectionNotice, DraftView, EntryHistory, EntryView, SigningBoard, ToldView
from server.store import base
from server.store import correction_notices as store
from tests.server.api.test_amending import audited, post, restored
from tests.server.api.test_delegations import given
from tests.server.api.test_events import listening, next_of
from tests.server.api.test_record import accepted
from tests.server.house import BY_NAME, House, naming_changes, reasons, send

RESULT = FormRef(code="08/BV2", edition="2024-01-01", kind="result")
WRONG = "Viêm phổi thùy dưới phải"
WHY = "Ghi nhầm bên; đọc lại phim"


@pytest.fixture
def house(house: House) -> House:
    """Nguyễn Văn Sơn also takes pictures."""
    with base.transaction(house.hospital.engine) as db:
        db.exec_driver_sql("UPDATE people SET roles = ARRAY['technician', 'doctor'] WHERE username = 'son'")
    return house


def result(house: House, orderer: str = "BS. Lê Thu Hà", **changes: Any) -> Version:
    taken = (datetime.now(ZONE) - timedelta(hours=1)).replace(microsecond=0)
    values = {"orderer": orderer, "examination": "X-quang ngực thẳng", "performed_at": taken.isoformat(),
              "findings": "Đám mờ thùy dưới phải.", "conclusion": WRONG}
    return house.version("son", **{"form": RESULT, "values": values, **changes})


def half(house: House, version: Version) -> bytes:
    """The technician says that the picture was made."""
    file = house.sign(version, "technician", "son")
    with house.sign_in("son") as client:
        accepted(send(client, house, version, file, "technician"))
    return file


def released(house: House, version: Version, specialist: str = "thanh") -> Any:
    """Signed by the technician and by the specialist; the entry as the server shows it."""
    file = house.sign(version, "specialist", specialist, pdf=half(house, version))
    with house.sign_in(specialist) as client:
        answer = send(client, house, version, file, "specialist")
        assert accepted(answer).state is State.SIGNED
    return answer.json()["entry"]


def correction(house: House, before: dict[str, Any], **changes: Any) -> Version:
    old = Version.model_validate(before["body"])
    values = {**old.values, "findings": "Đám mờ thùy dưới trái.", "conclusion": "Viêm phổi thùy dưới trái", **changes}
    made = house.correction(before, form=RESULT, values=values, author=old.author, written_at=datetime.now(ZONE))
    assert made.correction is not None
    return naming_changes(made.model_copy(update={
        "correction": made.correction.model_copy(update={"reason": WHY})}), before)


def corrected(house: House, orderer: str = "BS. Lê Thu Hà", specialist: str = "thanh") -> Any:
    return released(house, correction(house, released(house, result(house, orderer), specialist)), specialist)


def notices(house: House, username: str) -> tuple[CorrectionNotice, ...]:
    with house.sign_in(username) as client:
        return SigningBoard.model_validate_json(
            client.get("/api/signing-board", params={"scope": "me"}).content).corrections


def told(house: House, entry: str, number: int, username: str = "ha") -> tuple[ToldView, ...]:
    with house.sign_in(username) as client:
        history = EntryHistory.model_validate_json(client.get(f"/api/entries/{entry}/history").content)
    return next(one.told for one in history.versions if one.number == number)


def seen(house: House, username: str, notice: UUID) -> Any:
    with house.sign_in(username) as client:
        return post(client, f"/api/correction-notices/{notice}/known")


def test_who_ordered_is_told_when_all_have_signed_the_correction_and_not_before(house: House) -> None:
    before = released(house, result(house))
    assert notices(house, "ha") == ()
    made = correction(house, before)
    file = half(house, made)
    assert notices(house, "ha") == ()
    with house.sign_in("ha") as client, listening(client) as heard:
        with house.sign_in("thanh") as specialist:
            accepted(send(specialist, house, made, house.sign(made, "specialist", "thanh", pdf=file), "specialist"))
        assert next_of(heard, "correction")
        client.delete("/api/sessions/current")
    (notice,) = notices(house, "ha")
    assert (notice.title, notice.patient, notice.birth_date, notice.ward_name, notice.bed) == (
        "Kết quả X-quang", "Nguyễn Văn Bình", "1959-03-12", "Khoa NOI", "12")
    assert (notice.number, notice.of_number, notice.cancelled) == (2, 1, False)
    assert (notice.reason, notice.changed, notice.by, notice.named, notice.for_name) == (
        WHY, ("Mô tả", "Kết luận"), "BSCKI. Đỗ Văn Thành", True, "")
    assert [notices(house, name) for name in ("son", "thanh", "mai", "long", "tuan")] == [()] * 5


def test_it_is_on_record_that_they_were_told_and_since_when_they_know(house: House) -> None:
    entry = corrected(house)["id"]
    (notice,) = notices(house, "ha")
    assert [(one.who, one.named, one.cancelled, one.known_at) for one in told(house, entry, 2)] == [
        ("BS. Lê Thu Hà", True, False, None)]
    assert [reasons(seen(house, name, notice.id)) for name in ("son", "tuan")] == [["thing_unknown"]] * 2
    assert seen(house, "ha", notice.id).status_code == 204
    (first,) = told(house, entry, 2)
    assert first.known_at is not None
    assert first.known_by == ""
    assert seen(house, "ha", notice.id).status_code == 204, "a second look changes nothing"
    assert told(house, entry, 2) == (first,)
    assert told(house, entry, 1) == ()
    assert notices(house, "ha") == ()
    actions = audited(house)
    assert (actions.count("correction.told"), actions.count("correction.known")) == (1, 1)


def test_who_was_told_reads_both_texts_though_the_patient_lies_in_no_ward_of_theirs(house: House) -> None:
    """R39: what one ordered is one's own care; the rest of the record stays shut."""
    with house.sign_in("long") as client:
        entry = corrected(house, orderer="Phạm Đức Long")["id"]
        assert [client.get(f"/api/entries/{entry}/versions/{number}").status_code for number in (1, 2)] == [200, 200]
        assert client.get(f"/api/entries/{entry}/history").status_code == 200
        assert reasons(client.get(f"/api/encounters/{house.encounter}/chart")) == ["ward_closed_to_person"]
        cancel = post(client, f"/api/entries/{entry}/cancel", version=2, reason="Không phải việc của tôi")
        assert reasons(cancel) == ["ward_closed_to_person"]


def test_the_released_file_stays_and_the_history_names_it(house: House) -> None:
    """R33: what was signed is readable and printable, whatever came after."""
    entry = corrected(house)["id"]
    with house.sign_in("ha") as client:
        history = EntryHistory.model_validate_json(client.get(f"/api/entries/{entry}/history").content)
        files = [client.get(f"/api/files/{one.file}").content for one in history.versions]
        bodies = [client.get(f"/api/entries/{entry}/versions/{one.number}").content for one in history.versions]
    assert [one.number for one in history.versions] == [2, 1]
    assert all(file.startswith(b"%PDF") for file in files)
    assert files[0] != files[1]
    assert [one.sha256 for one in history.versions] == [sha256(body) for body in bodies]


def test_the_reason_lies_encrypted(house: House) -> None:
    corrected(house)
    with base.transaction(house.hospital.engine) as db:
        (content,) = db.exec_driver_sql("SELECT content FROM correction_notices").scalars()
    assert WHY.encode() not in bytes(content)
    assert "Kết luận".encode() not in bytes(content)


def test_a_mended_orderers_name_takes_the_notice_from_nobody(house: House) -> None:
    """Who had read the wrong result hears of it, and so does who is named now."""
    released(house, correction(house, released(house, result(house, "Nguyễn Văn Sơn")), orderer="Lê Thu Hà"))
    (one,), (other,) = notices(house, "ha"), notices(house, "son")
    assert one.id != other.id
    assert one.changed == ("Bác sĩ chỉ định", "Mô tả", "Kết luận")


def test_when_nobody_here_bears_the_name_the_wards_doctors_are_told(house: House) -> None:
    entry = corrected(house, orderer="BS. Người Đã Nghỉ")["id"]
    views = told(house, entry, 2)
    assert [(one.who, one.named) for one in views] == [
        ("BSCKI. Đỗ Văn Thành", False), ("BS. Lê Thu Hà", False), ("BS. Nguyễn Văn Sơn", False)]
    assert [one.who for one in views if one.known_at] == ["BSCKI. Đỗ Văn Thành"], "whose own hand released it knows"
    assert notices(house, "thanh") == ()
    assert not notices(house, "ha")[0].named


def test_who_acts_for_the_orderer_is_told_in_their_place_and_the_record_says_who_saw_it(house: House) -> None:
    given(house, "thanh", role="ward_head", receiver="long")
    entry = corrected(house, orderer="Đỗ Văn Thành", specialist="ha")["id"]
    (notice,) = notices(house, "long")
    assert notice.for_name == "BSCKI. Đỗ Văn Thành"
    assert notices(house, "thanh")[0].for_name == ""
    assert seen(house, "long", notice.id).status_code == 204
    (view,) = told(house, entry, 2)
    assert (view.who, view.known_by) == ("BSCKI. Đỗ Văn Thành", "BS. Phạm Đức Long")
    assert notices(house, "thanh") == ()
    with base.transaction(house.hospital.engine) as db:
        facts = db.exec_driver_sql("SELECT facts FROM audit_events WHERE action = 'correction.known'").scalar_one()
    assert facts["in_place_of"] == "Đỗ Văn Thành"


def test_a_cancelled_result_is_told_and_its_restored_text_again(house: House) -> None:
    """R33, R34, R36: what was acted upon is gone, and comes back as another version."""
    before = released(house, result(house))
    with house.sign_in("thanh") as head:
        post(head, f"/api/entries/{before['id']}/cancel", version=1, reason="Nhầm người bệnh").raise_for_status()
        (notice,) = notices(house, "ha")
        assert (notice.cancelled, notice.reason, notice.changed) == (True, "Nhầm người bệnh", ())
        assert [one.cancelled for one in told(house, before["id"], 1)] == [True]
        back = post(head, f"/api/entries/{before['id']}/restore", version=1, restores=1, reason="Hủy nhầm phiếu")
        assert back.status_code == 200, back.text
    with house.sign_in("son") as client:
        (draft,) = client.get("/api/drafts").json()
        again = restored(EntryView.model_validate(back.json()), DraftView.model_validate(draft))
    released(house, again)
    assert [(one.number, one.of_number) for one in notices(house, "ha")] == [(2, 1), (1, 1)]


@pytest.mark.parametrize("kind", ["row", "half"])
def test_what_was_never_released_and_what_nobody_ordered_is_told_to_nobody(house: House, kind: str) -> None:
    if kind == "row":
        version = house.version()
        with house.sign_in("ha") as client:
            before = send(client, house, version, house.sign(version)).json()["entry"]
            made = house.correction(before)
            accepted(send(client, house, made, house.sign(made)))
    else:
        version = result(house)
        half(house, version)
        with house.sign_in("son") as client:
            before = client.get(f"/api/entries/{version.entry}").json()
        released(house, correction(house, before))
    assert notices(house, "ha") == ()
    assert "correction.told" not in audited(house)


def test_an_optional_signature_later_tells_nobody_again(house: House) -> None:
    """The notice is one for each version and person, whatever else is signed: the table itself holds to it."""
    corrected(house)
    with base.transaction(house.hospital.engine) as db:
        row = db.exec_driver_sql("SELECT entry, encounter, person FROM correction_notices").one()
        what = store.What(row.entry, 2, 1, WHY)
        key = house.hospital.keys.of(db, row.encounter)
        assert not store.tell(db, key, uuid4(), what, to=BY_NAME["ha"].id, named=True, by=row.person)
    assert len(notices(house, "ha")) == 1
